package auth_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/auth"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/issuer"
	"github.com/kawal-id/kawal/internal/outbound"
)

// local starts a real issuer and returns its address and key file.
func local(t *testing.T) (url, key string) {
	t.Helper()
	var h http.Handler
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r) }))
	t.Cleanup(srv.Close)
	key = filepath.Join(t.TempDir(), "issuer.pem")
	i, err := issuer.New(issuer.Config{URL: srv.URL, KeyFile: key, Audience: "kawal", Now: time.Now})
	require.NoError(t, err)
	h = i.Handler()
	return srv.URL, key
}

func verifier(t *testing.T, url string) *auth.Verifier {
	t.Helper()
	v, err := auth.New(auth.Config{Issuer: url, Audience: "kawal", Now: time.Now})
	require.NoError(t, err)
	return v
}

func TestATokenOfTheIssuerSaysWhoSomebodyIs(t *testing.T) {
	t.Parallel()
	url, key := local(t)
	token, err := issuer.Mint(key, url, "kawal", "admin.tirtajaya", time.Minute, time.Now())
	require.NoError(t, err)
	subject, err := verifier(t, url).Verify(t.Context(), token)
	require.NoError(t, err)
	require.Equal(t, "admin.tirtajaya", subject)
}

func TestEveryOtherTokenIsRefused(t *testing.T) {
	t.Parallel()
	url, key := local(t)
	mint := func(iss, aud, sub, file string, at time.Time) string {
		token, err := issuer.Mint(file, iss, aud, sub, time.Minute, at)
		require.NoError(t, err)
		return token
	}
	_, otherKey := local(t)
	good := mint(url, "kawal", "admin", key, time.Now())
	hs, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(strings.Repeat("k", 32))}, nil)
	require.NoError(t, err)
	symmetric, err := jwt.Signed(hs).Claims(jwt.Claims{Issuer: url, Subject: "admin", Audience: jwt.Audience{"kawal"},
		Expiry: jwt.NewNumericDate(time.Now().Add(time.Minute))}).Serialize()
	require.NoError(t, err)
	_, payload, _ := strings.Cut(good, ".")
	payload, _, _ = strings.Cut(payload, ".")
	for name, token := range map[string]string{
		"expired":            mint(url, "kawal", "admin", key, time.Now().Add(-time.Hour)),
		"of another issuer":  mint("http://127.0.0.1:1", "kawal", "admin", key, time.Now()),
		"for somebody else":  mint(url, "other", "admin", key, time.Now()),
		"of nobody":          mint(url, "kawal", "", key, time.Now()),
		"with another key":   mint(url, "kawal", "admin", otherKey, time.Now()),
		"symmetric":          symmetric,
		"unsigned":           "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + payload + ".",
		"with a bit changed": good[:len(good)-8] + "AAAAAAAA",
		"no token":           "x",
		"empty":              "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := verifier(t, url).Verify(context.WithoutCancel(t.Context()), token)
			require.Error(t, err)
			require.ErrorIs(t, err, fault.Unauthenticated)
		})
	}
}

// fickle is an issuer whose documents can be away, or never come.
func fickle(t *testing.T, away func(path string) bool, hang func(path string) bool) (url, token string) {
	t.Helper()
	var h http.Handler
	done := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case hang(r.URL.Path):
			<-done
		case away(r.URL.Path):
			http.Error(w, "away", http.StatusServiceUnavailable)
		default:
			h.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	t.Cleanup(func() { close(done) })
	key := filepath.Join(t.TempDir(), "issuer.pem")
	i, err := issuer.New(issuer.Config{URL: srv.URL, KeyFile: key, Audience: "kawal", Now: time.Now})
	require.NoError(t, err)
	h = i.Handler()
	token, err = issuer.Mint(key, srv.URL, "kawal", "admin", time.Hour, time.Now())
	require.NoError(t, err)
	return srv.URL, token
}

func never(string) bool { return false }

func TestAnIssuerThatIsAwayIsAskedAgain(t *testing.T) {
	t.Parallel()
	for name, document := range map[string]string{"discovery": "/.well-known/openid-configuration", "keys": "/keys"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var up atomic.Bool
			url, token := fickle(t, func(path string) bool { return path == document && !up.Load() }, never)
			now := time.Now()
			v, err := auth.New(auth.Config{Issuer: url, Audience: "kawal", Now: func() time.Time { return now }})
			require.NoError(t, err)
			_, err = v.Verify(t.Context(), token)
			require.ErrorIs(t, err, fault.Unavailable, "a good token is not refused for it")
			up.Store(true)
			now = now.Add(2 * time.Second)
			_, err = v.Verify(t.Context(), token)
			require.NoError(t, err)
		})
	}
}

func TestAnIssuerThatNeverAnswersHoldsNobodyForLong(t *testing.T) {
	t.Parallel()
	url, token := fickle(t, never, func(string) bool { return true })
	v := verifier(t, url)
	first := make(chan error)
	go func() { _, err := v.Verify(context.WithoutCancel(t.Context()), token); first <- err }()
	require.ErrorIs(t, <-first, fault.Unavailable)
	_, err := v.Verify(t.Context(), token) // within the pause: at once, without asking
	require.ErrorIs(t, err, fault.Unavailable)
}

// Where an issuer's keys lie says its document: whoever can change that must not
// reach what only this machine's network can.
func TestKeysInAClosedNetworkAreNotFetched(t *testing.T) {
	t.Parallel()
	for _, keys := range []string{"http://10.0.0.7/keys", "http://169.254.169.254/latest/meta-data", "http://[fd00:ec2::254]/keys", "http://[::ffff:192.168.0.1]/keys"} {
		var srv *httptest.Server
		srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `{"issuer":%q,"authorization_endpoint":"x","token_endpoint":"x","jwks_uri":%q}`, srv.URL, keys)
		}))
		t.Cleanup(srv.Close)
		_, key := local(t)
		token, err := issuer.Mint(key, srv.URL, "kawal", "admin", time.Minute, time.Now())
		require.NoError(t, err)
		_, err = verifier(t, srv.URL).Verify(t.Context(), token)
		var refused *outbound.Refused
		require.ErrorAs(t, err, &refused, keys)
		require.ErrorIs(t, err, fault.Unavailable, keys)
	}
}

// An issuer by name is asked at public addresses only, unless the operator names its
// network.
func TestAnIssuerInAClosedNetworkIsAskedIfTheOperatorSaysSo(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { asked.Add(1); return nil, nil }}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	name := strings.Replace(srv.URL, "127.0.0.1", "localhost", 1)
	for _, networks := range [][]netip.Prefix{nil, {netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}} {
		v, err := auth.New(auth.Config{Issuer: name, Audience: "kawal", Now: time.Now, Networks: networks})
		require.NoError(t, err)
		_, err = v.Verify(t.Context(), "x")
		require.ErrorIs(t, err, fault.Unavailable)
		var refused *outbound.Refused
		require.Equal(t, networks == nil, errors.As(err, &refused), "%v", err)
		require.Equal(t, networks != nil, asked.Load() > 0, "whether it was connected to")
	}
}

func TestAnUnsafeSettingIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]auth.Config{
		"plain http":        {Issuer: "http://masuk.example"},
		"another scheme":    {Issuer: "ftp://127.0.0.1"},
		"a shared secret":   {Issuer: "https://masuk.example", Algorithms: []string{"HS256"}},
		"no signature":      {Issuer: "https://masuk.example", Algorithms: []string{"RS256", "none"}},
		"no address at all": {Issuer: "://"},
	} {
		c.Audience, c.Now = "kawal", time.Now
		_, err := auth.New(c)
		require.Error(t, err, name)
	}
}

func TestAMissingSettingIsNamed(t *testing.T) {
	t.Parallel()
	_, err := auth.New(auth.Config{})
	require.ErrorContains(t, err, "Issuer")
}
