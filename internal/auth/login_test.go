package auth_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/auth"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/issuer"
)

const (
	back = "http://127.0.0.1:9/meja/selesai" // nobody listens there: the browser stops before it
	his  = "verifier-verifier-verifier-verifier-verifier-1"
	hers = "verifier-verifier-verifier-verifier-verifier-2"
)

func login(t *testing.T, address string) *auth.Login {
	t.Helper()
	l, err := auth.NewLogin(auth.Config{Issuer: address, Now: time.Now}, auth.Client{ID: "kawal", Callback: back})
	require.NoError(t, err)
	return l
}

// door is an issuer with one person.
func door(t *testing.T) string {
	t.Helper()
	var h http.Handler
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r) }))
	t.Cleanup(srv.Close)
	i, err := issuer.New(issuer.Config{URL: srv.URL, KeyFile: filepath.Join(t.TempDir(), "k"), Audience: "kawal", Now: time.Now,
		Personas: []issuer.Persona{{Subject: "petugas.pupr", Name: "Petugas"}}})
	require.NoError(t, err)
	h = i.Handler()
	return srv.URL
}

// goThrough signs in at an address of the issuer and returns what it sends back.
func goThrough(t *testing.T, base, address string) url.Values {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	browser := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), back) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	res, err := browser.Get(address)
	require.NoError(t, err)
	page, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	id := regexp.MustCompile(`name="id" value="([^"]+)"`).FindStringSubmatch(string(page))
	require.Len(t, id, 2, string(page))
	res, err = browser.PostForm(base+"/login", url.Values{"id": {id[1]}, "subject": {"petugas.pupr"}})
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	u, err := url.Parse(res.Header.Get("Location"))
	require.NoError(t, err)
	return u.Query()
}

// Tried by leaving out the nonce's comparison, and the verifier.
func TestASignInSaysWhoSomebodyIsOnce(t *testing.T) {
	t.Parallel()
	base := door(t)
	l := login(t, base)
	address, err := l.Address(t.Context(), "keadaan", "sekali", his)
	require.NoError(t, err)
	require.Contains(t, address, "code_challenge_method=S256")
	require.NotContains(t, address, his)
	got := goThrough(t, base, address)
	require.Equal(t, "keadaan", got.Get("state"))
	subject, err := l.Subject(t.Context(), got.Get("code"), "sekali", his)
	require.NoError(t, err)
	require.Equal(t, "petugas.pupr", subject)
	_, err = l.Subject(t.Context(), got.Get("code"), "sekali", his)
	require.Equal(t, fault.Unauthenticated, fault.KindOf(err), "a code is good once")
}

func TestAnotherSignInsCodeIsRefused(t *testing.T) {
	t.Parallel()
	base := door(t)
	l := login(t, base)
	for name, x := range map[string]struct{ nonce, verifier string }{
		"another verifier": {"sekali", hers}, "another nonce": {"lain", his}, "no nonce": {"", his}, "no verifier": {"sekali", ""},
	} {
		address, err := l.Address(t.Context(), "keadaan", "sekali", his)
		require.NoError(t, err)
		_, err = l.Subject(t.Context(), goThrough(t, base, address).Get("code"), x.nonce, x.verifier)
		require.Equal(t, fault.Unauthenticated, fault.KindOf(err), name)
	}
	_, err := l.Subject(t.Context(), "karangan", "sekali", his)
	require.Equal(t, fault.Unauthenticated, fault.KindOf(err), "an invented code")
}

func TestWithoutTheIssuerNobodySignsIn(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	l := login(t, srv.URL)
	_, err := l.Address(t.Context(), "a", "b", his)
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	_, err = l.Subject(t.Context(), "a", "b", his)
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	for _, c := range []auth.Client{{Callback: back}, {ID: "kawal"}} {
		_, err := auth.NewLogin(auth.Config{Issuer: "https://masuk.example", Now: time.Now}, c)
		require.ErrorContains(t, err, "required")
	}
}
