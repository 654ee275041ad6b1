package web

import (
	"crypto/sha256"
	"embed"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"

	"github.com/gin-gonic/gin"
)

//go:embed static
var staticFiles embed.FS

// kinds are the media types of what lies in static, beside those of mime.
var kinds = map[string]string{
	".webmanifest": "application/manifest+json", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml", ".png": "image/png", ".json": "application/json", ".geojson": "application/geo+json",
}

// asset is a file of static.
type asset struct {
	url, kind string
	body      []byte
}

// bundle is all of static by name.
var bundle = func() map[string]asset {
	all := map[string]asset{}
	err := fs.WalkDir(staticFiles, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := staticFiles.ReadFile(name)
		if err != nil {
			return err
		}
		short := name[len("static/"):]
		kind := kinds[path.Ext(short)]
		if kind == "" {
			kind = mime.TypeByExtension(path.Ext(short))
		}
		all[short] = asset{fmt.Sprintf("/aset/%.8x/%s", sha256.Sum256(b), short), kind, b}
		return nil
	})
	if err != nil {
		panic(err) // an embedded folder can be read
	}
	return all
}()

// assetURL is the address of a file of static: another when it changes.
func assetURL(name string) (string, error) {
	a, ok := bundle[name]
	if !ok {
		return "", fmt.Errorf("no asset %q", name)
	}
	return a.url, nil
}

// assets lays the routes of static. The service worker and the manifest keep
// their names: browsers come back to them.
func (s *server) assets(e *gin.Engine) error {
	for name, a := range bundle {
		serve := func(cache string) gin.HandlerFunc {
			return func(c *gin.Context) {
				c.Header("Cache-Control", cache)
				c.Writer.Header().Del("Vary")
				c.Data(http.StatusOK, a.kind, a.body)
			}
		}
		e.GET(a.url, serve("public, max-age=31536000, immutable"))
		switch name {
		case "sw.js", "manifest.webmanifest", "icon-192.png", "icon-512.png":
			e.GET("/"+name, serve("no-cache"))
		}
	}
	return nil
}
