package issuer_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/auth"
	"github.com/kawal-id/kawal/internal/issuer"
)

func start(t *testing.T) (string, string) {
	t.Helper()
	var h http.Handler
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r) }))
	t.Cleanup(srv.Close)
	key := filepath.Join(t.TempDir(), "issuer.pem")
	i, err := issuer.New(issuer.Config{URL: srv.URL, KeyFile: key, Audience: "kawal", Now: time.Now,
		Console: issuer.Console{ID: "temporal-ui", Secret: "rahasia", Callback: "http://127.0.0.1:9999/sso"},
		Personas: []issuer.Persona{{Subject: "petugas.pupr", Name: "Petugas PUPR"},
			{Subject: "pengawas", Name: "Pengawas", Permissions: []string{"kawal:read"}}}})
	require.NoError(t, err)
	h = i.Handler()
	return srv.URL, key
}

// browser follows no redirects, so that each step can be looked at.
var browser = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func get(t *testing.T, address string) (*http.Response, string) {
	t.Helper()
	res, err := browser.Get(address)
	require.NoError(t, err)
	return res, body(t, res)
}

func post(t *testing.T, address string, form url.Values) (*http.Response, string) {
	t.Helper()
	res, err := browser.PostForm(address, form)
	require.NoError(t, err)
	return res, body(t, res)
}

func body(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	return string(b)
}

func authorize(base, challenge string) string {
	q := url.Values{"client_id": {"kawal"}, "response_type": {"code"}, "scope": {"openid profile"}, "state": {"s"},
		"redirect_uri": {"http://127.0.0.1:9999/callback"}}
	if challenge != "" {
		q.Set("code_challenge", challenge)
		q.Set("code_challenge_method", "S256")
	}
	return base + "/authorize?" + q.Encode()
}

// choose logs in as a persona and returns the code that the client gets.
func choose(t *testing.T, base, login, subject string) string {
	t.Helper()
	_, page := get(t, base+login)
	require.Contains(t, page, "Petugas PUPR")
	id := regexp.MustCompile(`name="id" value="([^"]+)"`).FindStringSubmatch(page)
	require.Len(t, id, 2)
	res, _ := post(t, base+"/login", url.Values{"id": {id[1]}, "subject": {subject}})
	require.Equal(t, http.StatusFound, res.StatusCode)
	next, err := url.Parse(res.Header.Get("Location"))
	require.NoError(t, err)
	baseURL, err := url.Parse(base)
	require.NoError(t, err)
	res, _ = get(t, baseURL.ResolveReference(next).String())
	back, err := url.Parse(res.Header.Get("Location"))
	require.NoError(t, err)
	code := back.Query().Get("code")
	require.NotEmpty(t, code, back.String())
	return code
}

// grant is what the token endpoint answers.
type grant struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	ExpiresIn    int    `json:"expires_in"`
}

func TestTheConsoleRenewsATokenThatSaysWhatItsPersonMayDo(t *testing.T) {
	t.Parallel()
	base, _ := start(t)
	q := url.Values{"client_id": {"temporal-ui"}, "response_type": {"code"}, "scope": {"openid profile offline_access"}, "state": {"s"},
		"redirect_uri": {"http://127.0.0.1:9999/sso"}}
	ask := func(subject string) grant {
		res, _ := get(t, base+"/authorize?"+q.Encode())
		form := url.Values{"grant_type": {"authorization_code"}, "code": {choose(t, base, res.Header.Get("Location"), subject)},
			"redirect_uri": {"http://127.0.0.1:9999/sso"}, "client_id": {"temporal-ui"}, "client_secret": {"salah"}}
		refused, _ := post(t, base+"/oauth/token", form)
		require.GreaterOrEqual(t, refused.StatusCode, 400, "without its secret nobody is the console")
		form.Set("client_secret", "rahasia")
		return exchange(t, base, form)
	}
	given := ask("pengawas")
	require.Equal(t, []any{"kawal:read"}, claims(t, given.AccessToken)["permissions"])
	require.LessOrEqual(t, given.ExpiresIn, 600)
	renew := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {given.RefreshToken}, "client_id": {"temporal-ui"}, "client_secret": {"rahasia"}}
	next := exchange(t, base, renew)
	require.Equal(t, "pengawas", claims(t, next.AccessToken)["sub"])
	require.Equal(t, []any{"kawal:read"}, claims(t, next.AccessToken)["permissions"])
	again, _ := post(t, base+"/oauth/token", renew)
	require.GreaterOrEqual(t, again.StatusCode, 400, "a refresh token is good once")
	require.NotContains(t, claims(t, ask("petugas.pupr").AccessToken), "permissions")
}

func exchange(t *testing.T, base string, form url.Values) grant {
	t.Helper()
	res, text := post(t, base+"/oauth/token", form)
	require.Equal(t, http.StatusOK, res.StatusCode, text)
	var g grant
	require.NoError(t, json.Unmarshal([]byte(text), &g))
	return g
}

func claims(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	var c map[string]any
	require.NoError(t, json.Unmarshal(b, &c))
	return c
}

func TestTheCodeFlowWithPKCEGivesATokenThatTheAPITakes(t *testing.T) {
	t.Parallel()
	base, _ := start(t)
	verifier := strings.Repeat("v", 64)
	sum := sha256.Sum256([]byte(verifier))
	res, _ := get(t, authorize(base, base64.RawURLEncoding.EncodeToString(sum[:])))
	require.Equal(t, http.StatusFound, res.StatusCode)
	code := choose(t, base, res.Header.Get("Location"), "petugas.pupr")

	form := url.Values{"grant_type": {"authorization_code"}, "client_id": {"kawal"}, "code": {code}, "redirect_uri": {"http://127.0.0.1:9999/callback"}}
	wrong, _ := post(t, base+"/oauth/token", form)
	require.GreaterOrEqual(t, wrong.StatusCode, 400, "without the verifier the code is worth nothing")
	form.Set("code_verifier", verifier)
	res, text := post(t, base+"/oauth/token", form)
	require.Equal(t, http.StatusOK, res.StatusCode, text)
	var tokens struct {
		IDToken     string `json:"id_token"`
		AccessToken string `json:"access_token"`
	}
	require.NoError(t, json.Unmarshal([]byte(text), &tokens))
	v, err := auth.New(auth.Config{Issuer: base, Audience: "kawal", Now: time.Now})
	require.NoError(t, err)
	for _, token := range []string{tokens.IDToken, tokens.AccessToken} {
		subject, err := v.Verify(t.Context(), token)
		require.NoError(t, err)
		require.Equal(t, "petugas.pupr", subject)
	}
}

func TestWithoutPKCENothingBegins(t *testing.T) {
	t.Parallel()
	base, _ := start(t)
	res, _ := get(t, authorize(base, ""))
	require.NotContains(t, res.Header.Get("Location"), "/login")
}

func TestNobodyElseCanBeChosen(t *testing.T) {
	t.Parallel()
	base, _ := start(t)
	res, _ := post(t, base+"/login", url.Values{"id": {"x"}, "subject": {"petugas.pupr"}})
	require.Equal(t, http.StatusBadRequest, res.StatusCode)
}

func TestTheIssuerServesLoopbackOnly(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"http://10.0.0.1:80", "http://0.0.0.0:80", "https://masuk.example", "http://[2001:db8::1]:80"} {
		_, err := issuer.New(issuer.Config{URL: address, KeyFile: filepath.Join(t.TempDir(), "k"), Audience: "kawal", Now: time.Now})
		require.ErrorContains(t, err, "loopback", address)
	}
}

func TestMintingNeedsTheKeyThatIsThere(t *testing.T) {
	t.Parallel()
	_, err := issuer.Mint(filepath.Join(t.TempDir(), "none"), "http://127.0.0.1:1", "kawal", "admin", time.Minute, time.Now())
	require.ErrorIs(t, err, os.ErrNotExist)
	_, key := start(t)
	require.NoError(t, os.Chmod(key, 0o644))
	_, err = issuer.Mint(key, "http://127.0.0.1:1", "kawal", "admin", time.Minute, time.Now())
	require.ErrorContains(t, err, "read by others")
}

func TestTheKeyOutlivesARestart(t *testing.T) {
	t.Parallel()
	base, key := start(t)
	before, err := os.ReadFile(key)
	require.NoError(t, err)
	_, err = issuer.New(issuer.Config{URL: base, KeyFile: key, Audience: "kawal", Now: time.Now})
	require.NoError(t, err)
	after, err := os.ReadFile(key)
	require.NoError(t, err)
	require.Equal(t, before, after)
	info, err := os.Stat(key)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}
