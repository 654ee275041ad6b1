package e2e_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// standIn is an issuer that believes whoever comes: the code is the subject. The real
// one is tested in packages auth and web.
type standIn struct{}

// Address is where nobody goes: a test comes back by itself.
func (standIn) Address(_ context.Context, state, _, _ string) (string, error) {
	return "http://127.0.0.1/masuk?state=" + url.QueryEscape(state), nil
}

// Subject is the code.
func (standIn) Subject(_ context.Context, code, _, _ string) (string, error) { return code, nil }

// onceOnly follows no redirects.
var onceOnly = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// signIn opens the desk for a member of staff and returns the browser's cookies, with
// all that the browser was given on the way.
func signIn(t testing.TB, base, subject string) (cookies []*http.Cookie, given string) {
	t.Helper()
	get := func(path string) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
		require.NoError(t, err)
		for _, c := range cookies {
			r.AddCookie(c)
		}
		res, err := onceOnly.Do(r)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, http.StatusSeeOther, res.StatusCode, path)
		cookies = slices.DeleteFunc(append(cookies, res.Cookies()...), func(c *http.Cookie) bool { return c.MaxAge < 0 })
		given += strings.Join(res.Header.Values("Set-Cookie"), "\n") + res.Header.Get("Location")
		return res
	}
	away, err := url.Parse(get("/meja/masuk").Header.Get("Location"))
	require.NoError(t, err)
	get("/meja/selesai?" + url.Values{"state": {away.Query().Get("state")}, "code": {subject}}.Encode())
	return cookies, given
}

// deskParts are the pages of the desk that are about no single report.
var deskParts = []string{"/meja", "/meja/laporan", "/meja/laporan?q=jalan", "/meja/tertahan", "/meja/konsep", "/meja/templat", "/meja/massal", "/meja/identitas",
	"/meja/kalender/national", "/meja/temporal", "/meja/pemberitahuan", "/meja/audit"}

// desk asks for every page of the desk, in the name of each watcher who is staff, and
// keeps what the cookies hold.
func (a *aviary) desk(s sinks) {
	a.t.Helper()
	var all strings.Builder
	for who, c := range a.watchers() {
		if c.subject == "" {
			continue
		}
		cookies, given := signIn(a.t, a.api.URL, c.subject)
		all.WriteString(given)
		for _, path := range deskParts {
			_, s["api:"+who+" "+path] = a.visit(http.MethodGet, path, nil, cookies...)
		}
		for _, b := range a.birds {
			_, s["api:"+who+" desk "+b.id] = a.visit(http.MethodGet, "/meja/laporan/"+b.id, nil, cookies...)
		}
	}
	s["cookie:desk"] = []byte(all.String())
}

// pagesOf are the pages that the blind of a pair ask for: "page " and a path.
func pagesOf(town []filed, secret filed, c caller) []string {
	paths := []string{"/", "/en/", "/laporan", "/laporan?q=" + secret.id, "/laporan/" + secret.id, "/laporan/" + town[0].id, "/peta", "/peta?zoom=12&lat=-7&long=107.5",
		"/statistik", "/instansi", "/instansi/tirtajaya", "/topik"}
	if c.subject != "" {
		paths = append(slices.Clone(deskParts), "/meja/laporan/"+secret.id, "/meja/laporan/"+town[0].id)
	}
	var all []string
	for _, p := range paths {
		all = append(all, "page "+p)
	}
	return all
}
