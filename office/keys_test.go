package office_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/seal"
	"github.com/kawal-id/kawal/office"
)

var _ office.Keys = (*seal.Keys)(nil)

func newKeys(t testing.TB) *seal.Keys {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, seal.Create(dir))
	k, err := seal.Open(dir)
	require.NoError(t, err)
	return k
}
