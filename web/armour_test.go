package web_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/door"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/web"
)

// armour is what every answer of the pages carries.
var armour = map[string]string{
	"Content-Security-Policy":      "default-src 'none'",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy":           "geolocation=()",
	"Referrer-Policy":              "same-origin",
	"X-Content-Type-Options":       "nosniff",
}

// faulty is an office whose reports and catalogue fail.
type faulty struct {
	web.Office
	err error // nil: it panics
}

func (f faulty) fails() error {
	if f.err == nil {
		panic("the cupboard is bare")
	}
	return f.err
}

// Report fails.
func (f faulty) Report(context.Context, office.Caller, string) (office.ReportView, error) {
	return office.ReportView{}, f.fails()
}

// Listing fails.
func (f faulty) Listing(context.Context) (office.Listing, error) { return office.Listing{}, f.fails() }

// quiet keeps what is broken on purpose out of the test's log.
func quiet(c *web.Config) { c.Log = slog.New(slog.DiscardHandler) }

// noRandom is a source of randomness that gives none.
type noRandom struct{}

func (noRandom) Read([]byte) (int, error) { return 0, errors.New("nothing there") }

// Pages, redirects, files, refusals, panics and what no route answers: all carry the
// same protection. Tried by setting the headers after a request has its name.
func TestEveryAnswerOfThePagesIsArmoured(t *testing.T) {
	t.Parallel()
	seen := map[int]bool{}
	ask := func(w *town, method, path string, form url.Values, headers ...string) answered {
		v := w.visitor()
		v.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		got := v.send(method, path, form, headers...)
		seen[got.status] = true
		for name, want := range armour {
			require.Contains(t, got.header.Get(name), want, "%s %s answered %d without %s", method, path, got.status, name)
		}
		require.NotEmpty(t, got.header.Get("Cache-Control"), "%s %s", method, path)
		if got.status >= 400 {
			require.Equal(t, "no-store", got.header.Get("Cache-Control"), "%s %s answered %d", method, path, got.status)
		}
		require.Empty(t, got.header.Get("Server"))
		require.Empty(t, got.header.Get("Access-Control-Allow-Origin"))
		return got
	}
	w := newTown(t)
	r := w.file()
	w.forward(r.ID, "Jalan berlubang", "Lubang di depan pasar.")
	home := ask(w, http.MethodGet, "/", nil)
	files := regexp.MustCompile(`(?:href|src)="(/[^"]+\.(?:css|js|svg|png|webmanifest))"`).FindAllStringSubmatch(home.body, -1)
	require.NotEmpty(t, files)
	paths := []string{"/", "/en", "/en/", "/lapor", "/lacak", "/kode-hilang", "/laporan", "/laporan/" + r.ID, "/laporan/KWL-0000-0000-0", "/instansi", "/topik",
		"/statistik", "/tentang", "/privasi", "/aman", "/keluar", "/nowhere", "/laporan/" + r.ID + "/tindakan", "//evil.example/..", "/laporan?halaman=x", "/LACAK"}
	for _, f := range files {
		paths = append(paths, f[1])
	}
	for _, path := range paths {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodOptions, http.MethodDelete, http.MethodTrace, "BREW"} {
			ask(w, method, path, nil)
		}
		ask(w, http.MethodPost, path, url.Values{"id": {"x"}}, "Sec-Fetch-Site", "cross-site")
	}
	ask(w, http.MethodPost, "/laporan/"+r.ID, url.Values{"code": {r.AccessCode}})
	ask(w, http.MethodPost, "/lacak", url.Values{"id": {"x"}})
	ask(w, http.MethodPost, "/lacak", url.Values{"id": {"\xff"}})
	ask(w, http.MethodPost, "/lapor", url.Values{"body": {strings.Repeat("x", 1<<21)}})

	for _, err := range []error{nil, errors.New("ours"), fault.New(fault.Unavailable, "x"), fault.New(fault.Gone, "x"), context.DeadlineExceeded} {
		w := newTown(t, quiet, func(c *web.Config) { c.Office = faulty{c.Office, err} })
		for _, path := range []string{"/", "/lapor", "/laporan", "/laporan/" + r.ID, "/instansi"} {
			ask(w, http.MethodGet, path, nil)
		}
	}
	narrow := newTown(t, func(c *web.Config) {
		c.Gate = door.NewGate(door.Limits{Requests: door.Rate{PerSecond: 1, Burst: 1}, Filings: door.Rate{PerSecond: 1, Burst: 1}})
	})
	for range 2 {
		ask(narrow, http.MethodGet, "/lacak", nil)
	}
	ask(newTown(t, quiet, func(c *web.Config) { c.Random = noRandom{} }), http.MethodGet, "/lacak", nil)
	for _, code := range []int{200, 303, 308, 400, 403, 404, 405, 410, 413, 422, 429, 500, 503} {
		require.True(t, seen[code], "no answer was a %d", code)
	}
}
