package chain_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/chain"
)

// The encoding is for ever: a chain that was sealed by one build is verified by
// all later ones. The hashes were computed by another program from the
// description of Next.
func TestTheEncodingStays(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 8, 6, 5, 0, 0, 123456000, time.UTC)
	one := chain.Next(chain.Link{}, chain.Row{ID: 7, At: at, Kind: "staff", Subject: "s", Unit: "kab", Roles: []string{"admin", "head"},
		Action: "forward", Report: "KWL-1", Allowed: true, Detail: `{"a": 1}`}, at.Add(time.Second))
	require.Equal(t, "2ba6f734595e03b96c919b1c5e39676a9d6d44188ae793d43a0fea2bc3b0aec3", hex.EncodeToString(one.Hash))
	two := chain.Next(one, chain.Row{ID: 5, At: at.In(time.FixedZone("WIB", 7*3600)), Detail: "{}"}, at.Add(2*time.Second))
	require.Equal(t, "4837e86a497a4361ed91a406388045ee4c8a0fc91cac62260871caef5ba84673", hex.EncodeToString(two.Hash))
	require.Equal(t, int64(2), two.N)
	require.Equal(t, int64(5), two.Audit)
}

func TestCheckpointsAreOnlyAdded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit", "checkpoints")
	head := chain.Link{N: 3, Hash: make([]byte, 32)}
	require.NoError(t, chain.Append(path, chain.Sign(key, head, noon)))
	first, err := os.ReadFile(path)
	require.NoError(t, err)
	head.N = 5
	require.NoError(t, chain.Append(path, chain.Sign(key, head, noon.Add(time.Minute))))
	both, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(both), string(first)))
	for file, mode := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm(), file)
	}
	head.N = 4
	require.ErrorIs(t, chain.Append(path, chain.Sign(key, head, noon)), chain.ErrShorter)

	require.NoError(t, os.WriteFile(path, append(both, `{"n": 9, "he`...), 0o600)) // a crash
	require.Len(t, read(t, path), 2, "what is not whole is none")
	head.N = 6
	require.NoError(t, chain.Append(path, chain.Sign(key, head, noon)))
	all := read(t, path)
	require.Len(t, all, 3)
	require.Equal(t, []int64{3, 5, 6}, []int64{all[0].N, all[1].N, all[2].N})

	require.NoError(t, os.WriteFile(path, append([]byte("x\n"), both...), 0o600))
	all = read(t, path)
	require.Len(t, all, 3)
	require.Zero(t, all[0], "a line that is no checkpoint")
}

func read(t *testing.T, path string) []chain.Checkpoint {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	all, err := chain.ReadCheckpoints(f)
	require.NoError(t, err)
	return all
}

func TestWhatIsWrongIsSaidInWords(t *testing.T) {
	t.Parallel()
	for want, w := range map[string]chain.Wrong{
		"mata rantai 3, baris audit 9: diubah.":   {N: 3, Audit: 9, What: "diubah."},
		"teks terbit KWL-1: dihapus.":             {Text: "teks terbit KWL-1", What: "dihapus."},
		"titik periksa pada baris berkas 1 rusak": {What: "titik periksa pada baris berkas 1 rusak"},
	} {
		require.EqualError(t, &w, want)
	}
}
