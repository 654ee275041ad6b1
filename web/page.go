package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/gin-gonic/gin"
)

//go:embed templates/*.html
var templates embed.FS

// page is what the layout shows, and around it what one page is about.
type page struct {
	Title  string // without the name of the site
	Path   string // of this page without the language's prefix; of the switch of languages
	Query  string // with its question mark, or empty
	Form   bool   // a form is under way, which has a switch of languages of its own (#bahasa) that takes along what was filled in
	Inside bool   // a reporter's session is open: the layout offers to end it
	Desk   *frame // of a page of the desk; nil: of all others
	Data   any
}

// pageSet are the pages of one language, by name.
type pageSet map[string]*template.Template

// parsePages parses all templates once for each language.
func parsePages() (map[language]pageSet, error) {
	names, err := fs.Glob(templates, "templates/*.html")
	if err != nil {
		return nil, err
	}
	all := map[language]pageSet{}
	for _, l := range languages {
		all[l] = pageSet{}
		for _, name := range names {
			short := strings.TrimSuffix(path.Base(name), ".html")
			if short == "layout" || short == "parts" {
				continue
			}
			t := template.New("layout.html").Funcs(functions(l)).Option("missingkey=error")
			if t, err = t.ParseFS(templates, "templates/layout.html", "templates/parts.html", name); err != nil {
				return nil, fmt.Errorf("parse page %s: %w", short, err)
			}
			all[l][short] = t
		}
	}
	return all, nil
}

// show answers with a page. The title is a key of the words unless it is given
// by title.
func (s *server) show(c *gin.Context, status int, name string, p page) error {
	l := languageOf(c)
	if p.Path == "" {
		p.Path = strings.TrimPrefix(c.Request.URL.Path, l.prefix())
		if c.Request.Method == http.MethodGet && c.Request.URL.RawQuery != "" {
			p.Query = "?" + c.Request.URL.RawQuery
		}
	}
	if p.Title == "" {
		p.Title = l.say("title." + name)
	}
	if status == http.StatusUnprocessableEntity || status == http.StatusConflict {
		p.Title = l.say("summary.prefix") + " " + p.Title // who reads with his ears hears it first
	}
	t, ok := s.pages[l][name]
	if !ok {
		return fmt.Errorf("no page %q", name)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	c.Data(status, "text/html; charset=utf-8", b.Bytes())
	return nil
}

// goTo answers a form that was sent with the page to read next.
func (s *server) goTo(c *gin.Context, path string) error {
	c.Redirect(http.StatusSeeOther, languageOf(c).url(path))
	return nil
}
