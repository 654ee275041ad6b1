package arch_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/arch"
)

func TestImportsGoOneWay(t *testing.T) {
	t.Parallel()
	found, err := arch.Violations("../..")
	require.NoError(t, err)
	require.Empty(t, found)
}

func TestTheRulesAreNoticedWhenBroken(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ folder, source, want string }{
		"a workflow reads the calendar": {"workflows", "// Package workflows is.\npackage workflows\n\nimport _ \"github.com/kawal-id/kawal/calendar\"\n", "workflows must not import calendar"},
		"the api reads the store":       {"api", "// Package api is.\npackage api\n\nimport _ \"github.com/kawal-id/kawal/store\"\n", "api must not import store"},
		"no package comment":            {"report", "package report\n", "report has no package comment"},
		"a package nobody decided on":   {"util", "// Package util is.\npackage util\n", "util is not in the table"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			require.NoError(t, os.MkdirAll(filepath.Join(root, tt.folder), 0o755))
			require.NoError(t, os.WriteFile(filepath.Join(root, tt.folder, "x.go"), []byte(tt.source), 0o600))
			found, err := arch.Violations(root)
			require.NoError(t, err)
			require.Equal(t, []string{tt.want}, found)
		})
	}
}
