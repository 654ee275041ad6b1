package devstack_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/devstack"
	"github.com/kawal-id/kawal/internal/issuer"
)

func TestTheUIOnlyLooksAndKnowsWhoOpensPayloads(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.UIPort, c.CodecEndpoint = freePort(t), "http://127.0.0.1:9"
	var i *issuer.Issuer
	login := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { i.Handler().ServeHTTP(w, r) }))
	t.Cleanup(login.Close)
	console := issuer.Console{ID: "temporal-ui", Secret: "rahasia", Callback: devstack.UICallback(c.UIPort)}
	i, err := issuer.New(issuer.Config{URL: login.URL, KeyFile: filepath.Join(t.TempDir(), "k"), Audience: "kawal", Console: console, Now: time.Now})
	require.NoError(t, err)
	c.Login = devstack.Login{Issuer: login.URL, ClientID: console.ID, Secret: console.Secret}
	c.Bin, err = filepath.Abs(c.Bin) // as Start makes it
	require.NoError(t, err)
	s, err := devstack.StartUI(t.Context(), c, "127.0.0.1:9")
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Stop(context.Background()) })

	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.UIBackend+"/api/v1/settings", nil)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	var settings struct {
		Auth  struct{ Enabled bool }
		Codec struct {
			Endpoint           string
			IncludeCredentials bool
		}
		DisableWriteActions bool
	}
	require.NoError(t, json.NewDecoder(res.Body).Decode(&settings))
	require.Equal(t, "http://127.0.0.1:9", settings.Codec.Endpoint)
	require.True(t, settings.Codec.IncludeCredentials, "who opens payloads is asked who he is")
	require.True(t, settings.Auth.Enabled)
	require.True(t, settings.DisableWriteActions)
}

// freePort is a port that was free a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
