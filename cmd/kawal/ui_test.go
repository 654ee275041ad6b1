package main

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

// backend is a UI that logs somebody in at /auth/sso/callback, with his token in
// two cookies, as the real one does.
func backend(t *testing.T) *url.URL {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Seen-Host", r.Host)
		if r.URL.Path == "/auth/sso/callback" {
			user := base64.StdEncoding.EncodeToString([]byte(`{"AccessToken":"token-of-auditor","Name":"Auditor"}`))
			http.SetCookie(w, &http.Cookie{Name: "user1", Value: user[10:]})
			http.SetCookie(w, &http.Cookie{Name: "user0", Value: user[:10]})
		}
	}))
	t.Cleanup(srv.Close)
	u, err := url.Parse(srv.URL)
	require.NoError(t, err)
	return u
}

func TestTheCodecOfTheLocalUIKnowsWhoIsLoggedIn(t *testing.T) {
	t.Parallel()
	var asked []string
	codec := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path+" "+r.Header.Get("Authorization"))
	})
	h := consoleProxy(backend(t), codec)
	do := func(path string, cookies ...*http.Cookie) *http.Response {
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8233"+path, nil)
		for _, c := range cookies {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result()
	}
	do("/codec/decode")
	page := do("/namespaces")
	require.Equal(t, "127.0.0.1:8233", page.Header.Get("Seen-Host"))
	require.Empty(t, page.Cookies(), "a page that logs nobody in sets no token")
	in := do("/auth/sso/callback").Cookies()
	given := in[len(in)-1]
	require.Equal(t, tokenCookie, given.Name)
	require.True(t, given.HttpOnly)
	require.Equal(t, http.SameSiteStrictMode, given.SameSite)
	require.Equal(t, codecPath, given.Path, "the token goes to the codec only")
	do("/codec/decode", given)
	require.Equal(t, []string{"/decode ", "/decode Bearer token-of-auditor"}, asked)
}
