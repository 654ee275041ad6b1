package chain_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/chain"
)

func TestAnErasureIsFoundAgainAfterACrashWhileWriting(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "erasures", "ledger")
	none, err := chain.ReadErasures(path)
	require.NoError(t, err)
	require.Empty(t, none)
	first := chain.Erasure{Report: "KWL-1", At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	second := chain.Erasure{Report: "KWL-2", At: first.At.Add(time.Hour)}
	require.NoError(t, chain.AppendErasure(path, first))
	torn(t, path, `{"report":"KWL-9`)
	all, err := chain.ReadErasures(path)
	require.NoError(t, err)
	require.Equal(t, []chain.Erasure{first}, all, "what was never whole was never answered")
	require.NoError(t, chain.AppendErasure(path, second))
	all, err = chain.ReadErasures(path)
	require.NoError(t, err)
	require.Equal(t, []chain.Erasure{first, second}, all)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestALedgerThatWasSpoiledIsNotPassedOver(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"?\n", "{}\n", "\n", `{"report":"KWL-1","at":"x"}` + "\n", `{"id":"KWL-1"}` + "\n"} {
		path := filepath.Join(t.TempDir(), "ledger")
		require.NoError(t, chain.AppendErasure(path, chain.Erasure{Report: "KWL-1"}))
		torn(t, path, bad)
		_, err := chain.ReadErasures(path)
		require.ErrorContains(t, err, "line 2", "%q", bad)
	}
}

// torn adds bytes to a file as a crash may.
func torn(t *testing.T, path, what string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString(what)
	require.NoError(t, err)
	require.NoError(t, f.Close())
}
