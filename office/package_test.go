package office_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
)

// unpacked is the files of an archive by name.
func unpacked(t *testing.T, b []byte) map[string][]byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	files := map[string][]byte{}
	for _, f := range r.File {
		in, err := f.Open()
		require.NoError(t, err)
		files[f.Name], err = io.ReadAll(in)
		require.NoError(t, err)
	}
	return files
}

func TestThePackageForTheOmbudsman(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sealed := b.forwarded(func(s *office.Submission) { s.Identity = office.IdentitySealed; s.Name = "Nama Rahasia" })
	b.do("officer.pu", sealed.ID, office.Act{Action: "follow_up", Kind: "concluding", Text: "Sudah ditambal."})
	p, err := b.Package(t.Context(), b.as("admin.nasional"), sealed.ID)
	require.NoError(t, err)
	again, err := b.Package(t.Context(), b.as("admin.nasional"), sealed.ID)
	require.NoError(t, err)
	require.Equal(t, p, again, "the same state gives the same bytes")
	require.Equal(t, 2, b.count(`SELECT count(*) FROM audit WHERE action = 'read_package' AND report = $1 AND allowed`, sealed.ID))

	files := unpacked(t, p.ZIP)
	var manifest []struct {
		Name   string
		Bytes  int
		SHA256 string
	}
	require.NoError(t, json.Unmarshal(files["manifest.json"], &manifest))
	require.Len(t, manifest, len(files)-1)
	for _, m := range manifest {
		sum := sha256.Sum256(files[m.Name])
		require.Equal(t, hex.EncodeToString(sum[:]), m.SHA256, m.Name)
		require.Equal(t, len(files[m.Name]), m.Bytes)
		require.NotEmpty(t, files[m.Name])
	}
	require.Contains(t, string(files["thread.json"]), "Sudah ditambal.")
	require.Contains(t, string(files["timeline.json"]), `"forward"`)
	require.Contains(t, string(files["deadlines.json"]), "dihitung 5 hari kerja")
	require.Contains(t, string(files["ringkasan.txt"]), "dihitung 5 hari kerja sejak Rabu 6 Agustus 2025")
	for name, content := range files {
		require.NotContains(t, string(content), "Nama Rahasia", name)
		require.NotContains(t, string(content), "pelapor@contoh.id", name)
		require.NotContains(t, string(content), sealed.AccessCode, name)
	}
}

func TestWhoGetsThePackage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	open := b.forwarded()
	secret := b.file(func(s *office.Submission) { s.Content = office.ContentSecret })
	accused := b.file(func(s *office.Submission) { s.Accused = []string{"national"} })
	for who, want := range map[string]error{"admin.nasional": nil, "admin.nasional2": nil, "admin.kab": fault.Forbidden, "officer.pu": fault.Forbidden,
		"head.pu": fault.Forbidden, "supervisor": fault.Forbidden, "auditor": fault.Forbidden, "admin.kota": fault.Forbidden} {
		_, err := b.Package(t.Context(), b.as(who), open.ID)
		require.ErrorIs(t, err, want, who)
	}
	_, err := b.Package(t.Context(), b.as("admin.nasional"), secret.ID)
	require.NoError(t, err)
	_, err = b.Package(t.Context(), b.as("admin.kota"), secret.ID)
	require.ErrorIs(t, err, fault.NotFound)
	_, err = b.Package(t.Context(), b.as("admin.nasional"), accused.ID)
	require.ErrorIs(t, err, fault.NotFound, "accused")
	_, err = b.Package(t.Context(), with(open.AccessCode), open.ID)
	require.ErrorIs(t, err, fault.Unauthenticated)
	_, err = b.Package(t.Context(), anyone, open.ID)
	require.ErrorIs(t, err, fault.Unauthenticated)
}
