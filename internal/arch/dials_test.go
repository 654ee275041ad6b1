package arch_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/arch"
)

func TestWhoMakesConnectionsSaysWhere(t *testing.T) {
	t.Parallel()
	found, err := arch.Dials("../..")
	require.NoError(t, err)
	for pkg, by := range found {
		require.Contains(t, arch.Dialling, pkg, "%s uses %v: guard it with internal/outbound, or say in arch.Dialling who names the address", pkg, by)
	}
	for pkg := range arch.Dialling {
		require.Contains(t, found, pkg, "it makes none any more: take it out")
	}
}

// Whoever an outside document can send somewhere dials through the guard alone.
func TestWhatIsGuardedHasNoOtherWayOut(t *testing.T) {
	t.Parallel()
	found, err := arch.Dials("../..")
	require.NoError(t, err)
	require.Equal(t, []string{"github.com/coreos/go-oidc/v3/oidc.NewProvider", "github.com/coreos/go-oidc/v3/oidc.NewRemoteKeySet", "net/http.Client"},
		found["internal/auth"])
}

func TestAWayOutIsNoticed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ source, want string }{
		"a request":             {`import "net/http"; var _, _ = http.Get("")`, "net/http.Get"},
		"a client":              {`import "net/http"; var _ = http.Client{}`, "net/http.Client"},
		"under another name":    {`import web "net/http"; var _ = web.DefaultClient`, "net/http.DefaultClient"},
		"names in the open":     {`import . "net/http"; var _, _ = Get("")`, "net/http"},
		"a connection":          {`import "net"; var _, _ = net.Dial("", "")`, "net.Dial"},
		"a dialer":              {`import "net"; var _ = net.Dialer{}`, "net.Dialer"},
		"a question to the DNS": {`import "net"; var _, _ = net.LookupHost("")`, "net.LookupHost"},
		"mail":                  {`import _ "net/smtp"`, "net/smtp"},
		"mail, ours":            {`import "github.com/wneessen/go-mail"; var _ = mail.NewClient`, "github.com/wneessen/go-mail.NewClient"},
		"a database":            {`import "github.com/jackc/pgx/v5"; var _ = pgx.Connect`, "github.com/jackc/pgx/v5.Connect"},
	} {
		root := t.TempDir()
		require.NoError(t, os.MkdirAll(filepath.Join(root, "report"), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(root, "report", "x.go"), []byte("package report; "+tt.source+"\n"), 0o600))
		found, err := arch.Dials(root)
		require.NoError(t, err)
		require.Equal(t, map[string][]string{"report": {tt.want}}, found, name)
	}
}
