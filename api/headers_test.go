package api_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/api"
	"github.com/kawal-id/kawal/internal/fault"
)

// armour is what every answer carries.
var armour = map[string]string{
	"Content-Security-Policy":      "default-src 'none'",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Referrer-Policy":              "no-referrer",
	"X-Content-Type-Options":       "nosniff",
}

// armoured checks an answer. None sends anybody elsewhere.
func armoured(t *testing.T, r *http.Request, w *httptest.ResponseRecorder) {
	t.Helper()
	for name, want := range armour {
		require.Contains(t, w.Header().Get(name), want, "%s %s answered %d without %s", r.Method, r.URL, w.Code, name)
	}
	require.NotEmpty(t, w.Header().Get("Cache-Control"))
	if w.Code >= 400 {
		require.Equal(t, "no-store", w.Header().Get("Cache-Control"), "%s %s answered %d", r.Method, r.URL, w.Code)
	}
	if w.Code != http.StatusCreated { // names what was made, here
		require.Empty(t, w.Header().Get("Location"), "%s %s", r.Method, r.URL)
	}
	require.Empty(t, w.Header().Get("Server"))
	require.Empty(t, w.Header().Get("Access-Control-Allow-Origin"))
	require.Empty(t, w.Header().Get("Set-Cookie"))
}

// broken is a source of randomness that gives none.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("nothing there") }

// TestEveryAnswerIsArmoured asks every route of the contract with every way to
// answer, and what no route answers.
func TestEveryAnswerIsArmoured(t *testing.T) {
	t.Parallel()
	doc, err := strictContract()
	require.NoError(t, err)
	seen := map[int]bool{}
	ask := func(d *door, method, path, body string, headers as) {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		for k, v := range headers {
			r.Header.Set(k, v)
		}
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		seen[w.Code] = true
		armoured(t, r, w)
	}
	parameter := regexp.MustCompile(`\{[^}]*\}`)
	panics := errors.New("panics")
	faults := []error{nil, panics, errors.New("ours"), context.DeadlineExceeded, fault.New(fault.Invalid, "x"), fault.New(fault.Unauthenticated, "x"),
		fault.New(fault.Forbidden, "x"), fault.New(fault.NotFound, "x"), fault.New(fault.Conflict, "x"), fault.New(fault.Gone, "x"),
		fault.New(fault.TooLarge, "x"), fault.New(fault.TooMany, "x"), fault.New(fault.Unavailable, "x")}
	for _, f := range faults {
		d := newDoor(t)
		d.desk.err = f
		if errors.Is(f, panics) {
			d.desk.hook = func(context.Context) error { panic("the cupboard is bare") }
		}
		for path, item := range doc.Paths.Map() {
			for _, who := range []as{nobody, staff, reporter, {"Authorization": "Bearer stolen"}, {"Authorization": "Bearer issuer-away"}} {
				path := parameter.ReplaceAllString(path, someID)
				for method := range item.Operations() {
					ask(d, method, path, "", who)
				}
				ask(d, http.MethodTrace, path, "", who)
			}
		}
		ask(d, http.MethodPost, "/v1/reports", submission, nobody)
		ask(d, http.MethodGet, "/v1/categories", "", nobody)
	}
	d := newDoor(t)
	for _, path := range []string{"/", "/docs", "/docs/", "/docs/style.css", "/v1/openapi.json", "/livez", "/readyz", "/nowhere", "/v1/reports/", "//evil.example/..", "/v1//reports", "/V1/REPORTS"} {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodDelete, "BREW"} {
			ask(d, method, path, "", nobody)
		}
	}
	w := d.ask(t, http.MethodGet, "/v1/openapi.json", "", nobody)
	ask(d, http.MethodGet, "/v1/openapi.json", "", as{"If-None-Match": w.Header().Get("ETag")})
	ask(d, http.MethodPost, "/v1/reports", with(t, "body", strings.Repeat("x", 1<<20)), nobody)
	ask(d, http.MethodPost, "/v1/reports", submission, as{"Content-Type": "text/plain"})
	d.parts[api.Database] = errors.New("away")
	ask(d, http.MethodGet, "/readyz", "", nobody)
	now := time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	narrow := guarded(t, &now)
	for range 5 {
		ask(narrow, http.MethodGet, "/v1/categories", "", nobody)
	}
	ask(newDoor(t, func(c *api.Config) { c.Random = broken{} }), http.MethodGet, "/v1/categories", "", nobody)
	for _, code := range []int{200, 201, 304, 400, 401, 403, 404, 405, 409, 410, 413, 415, 429, 500, 503} {
		require.True(t, seen[code], "no answer was a %d", code)
	}
}
