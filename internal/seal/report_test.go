package seal_test

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"

	"github.com/kawal-id/kawal/internal/seal"
)

func TestWhatIsSealedForAReportOpensOnlyInItsCell(t *testing.T) {
	t.Parallel()
	k := keys(t)
	key, err := k.NewReportKey("KWL-1")
	require.NoError(t, err)
	cell := seal.Cell{Table: "content", Column: "body", Row: "KWL-1"}
	sealed, err := key.Seal(cell, []byte("kalimat"))
	require.NoError(t, err)
	require.NotContains(t, string(sealed), "kalimat")

	again, err := k.OpenReportKey("KWL-1", key.Wrapped)
	require.NoError(t, err)
	plain, err := again.Open(cell, sealed)
	require.NoError(t, err)
	require.Equal(t, "kalimat", string(plain))

	_, err = k.OpenReportKey("KWL-2", key.Wrapped)
	require.Error(t, err, "the key of another report")
	other, err := k.NewReportKey("KWL-1")
	require.NoError(t, err)
	for _, c := range []seal.Cell{
		{Table: "post", Column: "body", Row: "KWL-1"}, {Table: "content", Column: "title", Row: "KWL-1"},
		{Table: "content", Column: "body", Row: "KWL-2"}, {Table: "contentbody", Column: "", Row: "KWL-1"}, {},
	} {
		_, err = again.Open(c, sealed)
		require.Error(t, err, "%v", c)
	}
	_, err = other.Open(cell, sealed)
	require.Error(t, err, "another key")
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		_, err = again.Open(cell, bad)
		require.Error(t, err, "bit of byte %d", i)
	}
	for i := range key.Wrapped {
		bad := bytes.Clone(key.Wrapped)
		bad[i] ^= 1
		_, err = k.OpenReportKey("KWL-1", bad)
		require.Error(t, err, "bit of byte %d of the wrapped key", i)
	}
}

// Two processes share a folder of keys; one changes them, and both go on.
func TestKeysAreChangedWhileEverythingRuns(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, seal.Create(dir))
	api, err := seal.Open(dir)
	require.NoError(t, err)
	worker, err := seal.Open(dir)
	require.NoError(t, err)
	key, err := api.NewReportKey("KWL-1")
	require.NoError(t, err)
	contact, err := api.SealField("contact", "KWL-1", []byte("a@example.org"))
	require.NoError(t, err)
	payload, err := api.DataConverter().ToPayload("isi")
	require.NoError(t, err)
	same, err := api.Rewrap("KWL-1", key.Wrapped)
	require.NoError(t, err)
	require.Nil(t, same, "there is nothing to change yet")

	for name := range seal.Rotatable {
		require.NoError(t, seal.Rotate(dir, name))
	}

	wrapped, err := worker.Rewrap("KWL-1", key.Wrapped)
	require.NoError(t, err)
	require.NotNil(t, wrapped)
	_, err = api.OpenReportKey("KWL-1", wrapped)
	require.NoError(t, err, "the other process knows the new key")
	resealed, err := worker.ResealContact("KWL-1", contact)
	require.NoError(t, err)
	fresh, err := worker.DataConverter().ToPayload("isi")
	require.NoError(t, err)
	require.NotEqual(t, payload.GetMetadata()["kawal-key"], fresh.GetMetadata()["kawal-key"])
	for _, k := range []*seal.Keys{api, worker} {
		p, err := k.OpenField("contact", "KWL-1", resealed)
		require.NoError(t, err)
		require.Equal(t, "a@example.org", string(p))
		_, err = k.OpenReportKey("KWL-1", key.Wrapped)
		require.NoError(t, err, "what the older key wrapped opens too")
		var text string
		require.NoError(t, k.DataConverter().FromPayload(payload, &text))
		require.NoError(t, k.DataConverter().FromPayload(fresh, &text))
	}

	require.NoError(t, seal.Retire(dir, "kek"))
	_, err = api.OpenReportKey("KWL-1", key.Wrapped)
	require.Error(t, err, "the older key is gone")
	_, err = api.OpenReportKey("KWL-1", wrapped)
	require.NoError(t, err)
	require.ErrorContains(t, seal.Rotate(dir, "answers"), "cannot")
	info, err := os.Stat(filepath.Join(dir, "kek.json"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestKeysThatCannotBeReadForAMomentGoOn(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, seal.Create(dir))
	k, err := seal.Open(dir)
	require.NoError(t, err)
	key, err := k.NewReportKey("KWL-1")
	require.NoError(t, err)
	for _, spoil := range []func() error{
		func() error { return os.WriteFile(filepath.Join(dir, "kek.json"), []byte("{"), 0o600) },
		func() error { return os.Remove(filepath.Join(dir, "kek.json")) },
	} {
		require.NoError(t, spoil())
		_, err = k.OpenReportKey("KWL-1", key.Wrapped)
		require.NoError(t, err)
	}
}

func TestChangingKeysAtOnceLosesNone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, seal.Create(dir))
	k, err := seal.Open(dir)
	require.NoError(t, err)
	payloads := make([]*commonpb.Payload, 8)
	errs := make([]error, len(payloads))
	var wg sync.WaitGroup
	for i := range payloads {
		wg.Go(func() {
			if errs[i] = seal.Rotate(dir, "codec"); errs[i] == nil {
				payloads[i], errs[i] = k.DataConverter().ToPayload(i)
			}
		})
	}
	wg.Wait()
	again, err := seal.Open(dir)
	require.NoError(t, err)
	for i, p := range payloads {
		require.NoError(t, errs[i])
		n := -1
		require.NoError(t, again.DataConverter().FromPayload(p, &n))
		require.Equal(t, i, n)
	}
}
