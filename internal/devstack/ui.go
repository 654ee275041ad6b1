package devstack

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
)

// uiConfig is the UI's configuration: loopback, no news, no feedback link. A
// supervisor looks; whoever acts uses the API, so write actions are off. The file
// holds the client's secret: mode 0600.
const uiConfig = `temporalGrpcAddress: %s
host: 127.0.0.1
port: %d
enableUi: true
defaultNamespace: %s
disableNewsFetch: true
notifyOnNewVersion: false
disableWriteActions: true
refreshInterval: 1m
cors:
  allowOrigins: ["http://127.0.0.1:%d", "http://localhost:%d"]
auth:
  enabled: true
  providers:
    - label: Kawal
      type: oidc
      providerUrl: %q
      clientId: %q
      clientSecret: %q
      scopes: [openid, profile, offline_access]
      callbackUrl: %q
codec:
  endpoint: %q
  includeCredentials: true
  defaultErrorMessage: Isi tersandi tidak dapat dibuka.
`

// UIURL is the address of a UI on a port, and UICallback where the issuer sends
// people back to after the login.
func UIURL(port int) string { return fmt.Sprintf("http://127.0.0.1:%d", port) }

// UICallback is the UI's redirect address.
func UICallback(port int) string { return UIURL(port) + "/auth/sso/callback" }

func (s *Stack) startUI(ctx context.Context) error {
	dir := filepath.Join(s.c.Data, "temporal-ui")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("configuration folder: %w", err)
	}
	ports, err := freePorts(1)
	if err != nil {
		return err
	}
	port := s.c.UIPort
	s.UIURL, s.UIBackend = UIURL(port), UIURL(ports[0])
	text := fmt.Sprintf(uiConfig, s.TemporalAddress, ports[0], s.c.Namespace, port, port,
		s.c.Login.Issuer, s.c.Login.ClientID, s.c.Login.Secret, UICallback(port), s.c.CodecEndpoint)
	for _, name := range []string{"base.yaml", "local.yaml"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return fmt.Errorf("configuration: %w", err)
		}
	}
	s.ui = s.c.process("temporal-ui", syscall.SIGTERM, func() *exec.Cmd {
		return exec.Command(filepath.Join(s.c.Bin, "temporal-ui"), "--root", s.c.Data, "--config", "temporal-ui", "--env", "local", "start")
	})
	return s.ui.start(ctx, func(ctx context.Context) error { return answers(ctx, s.UIBackend+"/healthz") })
}

// answers asks a page and reports whether the server answered at all.
func answers(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return res.Body.Close()
}

// missing returns the search attributes that a namespace does not have.
func (c Config) missing(have *operatorservice.ListSearchAttributesResponse) map[string]enumspb.IndexedValueType {
	m := map[string]enumspb.IndexedValueType{}
	for name, kind := range c.SearchAttributes {
		if _, ok := have.GetCustomAttributes()[name]; !ok {
			m[name] = kind
		}
	}
	return m
}

// quiet is a Temporal logger that says nothing: while a server starts, every
// failed dial would be a line.
type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}
