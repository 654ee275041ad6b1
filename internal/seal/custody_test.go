package seal_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/seal"
)

// ring is n custodians with their private keys.
func ring(t *testing.T, n int) ([]*seal.CustodianKey, seal.Custodians) {
	t.Helper()
	var keys []*seal.CustodianKey
	var public []seal.Custodian
	for i := range n {
		k, err := seal.NewCustodianKey(fmt.Sprintf("kustodian.%d", i+1))
		require.NoError(t, err)
		keys, public = append(keys, k), append(public, k.Custodian)
	}
	slices.Reverse(public) // the order of files does not matter
	all, err := seal.NewCustodians(public...)
	require.NoError(t, err)
	return keys, all
}

const person = `{"name":"Pelapor Contoh","nik":"3204000000000001"}`

func TestAnyTwoCustodiansOpenAndInOneOrderOnly(t *testing.T) {
	t.Parallel()
	for n, pairs := range map[int]int{2: 1, 3: 3, 5: 10} {
		keys, all := ring(t, n)
		sealed, envelopes, err := all.SealFor("identity", "KWL-1", []byte(person))
		require.NoError(t, err)
		require.Len(t, envelopes, pairs)
		require.NotContains(t, string(sealed), "Pelapor")
		of := func(name string) *seal.CustodianKey {
			return keys[slices.IndexFunc(keys, func(k *seal.CustodianKey) bool { return k.Name == name })]
		}
		seen := map[string]bool{}
		for _, e := range envelopes {
			require.Less(t, e.First, e.Second)
			seen[e.First+" "+e.Second] = true
			inner, err := of(e.First).OpenOne("identity", "KWL-1", e)
			require.NoError(t, err)
			key, err := of(e.Second).OpenOne("identity", "KWL-1", inner)
			require.NoError(t, err)
			plain, err := seal.OpenSealed("identity", "KWL-1", key, sealed)
			require.NoError(t, err)
			require.Equal(t, person, string(plain))
			_, err = of(e.Second).OpenOne("identity", "KWL-1", e)
			require.ErrorContains(t, err, "not for", "the other order")
		}
		require.Len(t, seen, pairs, "each pair once")
	}
}

// lie says that a layer is somebody else's turn, which the keys then decide.
func lie(e seal.Envelope, first, second string, l seal.Layer) seal.Envelope {
	e.First, e.Second, e.Layer = first, second, l
	return e
}

func TestOneKeyOpensNothing(t *testing.T) {
	t.Parallel()
	keys, all := ring(t, 3)
	sealed, envelopes, err := all.SealFor("identity", "KWL-1", []byte(person))
	require.NoError(t, err)
	for _, k := range keys {
		for _, e := range envelopes {
			for _, l := range []seal.Layer{seal.OuterLayer, seal.InnerLayer} {
				for _, try := range []seal.Envelope{lie(e, e.First, e.Second, l), lie(e, k.Name, e.Second, l), lie(e, e.First, k.Name, l), lie(e, k.Name, k.Name, l)} {
					opened, err := k.OpenOne("identity", "KWL-1", try)
					if err != nil {
						continue
					}
					// Only the outer layer, only by First: what is left is still sealed.
					require.Equal(t, []any{e.First, seal.OuterLayer, seal.InnerLayer}, []any{k.Name, l, opened.Layer})
					for _, again := range []seal.Envelope{opened, lie(opened, k.Name, e.Second, seal.OuterLayer), lie(opened, e.First, k.Name, seal.InnerLayer)} {
						_, err = k.OpenOne("identity", "KWL-1", again)
						require.Error(t, err)
					}
					_, err = seal.OpenSealed("identity", "KWL-1", lie(opened, "", "", seal.DataKey), sealed)
					require.Error(t, err)
					_, err = seal.OpenSealed("identity", "KWL-1", seal.Envelope{Layer: seal.DataKey, Sealed: opened.Sealed[:32]}, sealed)
					require.Error(t, err)
				}
			}
		}
	}
}

func TestTheWrongPairOpensNothing(t *testing.T) {
	t.Parallel()
	keys, all := ring(t, 3)
	_, envelopes, err := all.SealFor("identity", "KWL-1", []byte(person))
	require.NoError(t, err)
	inner, err := keys[0].OpenOne("identity", "KWL-1", envelopes[0]) // 1 and 2
	require.NoError(t, err)
	_, err = keys[2].OpenOne("identity", "KWL-1", inner)
	require.Error(t, err, "3 instead of 2")
	_, err = keys[2].OpenOne("identity", "KWL-1", lie(inner, inner.First, "kustodian.3", seal.InnerLayer))
	require.Error(t, err, "3 under 2's place")
	strangers, _ := ring(t, 2) // the same names, other keys
	_, err = strangers[0].OpenOne("identity", "KWL-1", envelopes[0])
	require.Error(t, err)
	_, err = strangers[1].OpenOne("identity", "KWL-1", inner)
	require.Error(t, err)
}

func TestAnEnvelopeOpensOnlyInItsPlace(t *testing.T) {
	t.Parallel()
	keys, all := ring(t, 2)
	sealed, envelopes, err := all.SealFor("identity", "KWL-1", []byte(person))
	require.NoError(t, err)
	other, others, err := all.SealFor("identity", "KWL-2", []byte(person))
	require.NoError(t, err)
	for _, place := range [][2]string{{"identity", "KWL-2"}, {"contact", "KWL-1"}, {"identityKWL-1", ""}} {
		_, err = keys[0].OpenOne(place[0], place[1], envelopes[0])
		require.Error(t, err, "%v", place)
	}
	inner, err := keys[0].OpenOne("identity", "KWL-1", envelopes[0])
	require.NoError(t, err)
	_, err = keys[1].OpenOne("identity", "KWL-2", inner)
	require.Error(t, err, "the inner layer is bound too")
	key, err := keys[1].OpenOne("identity", "KWL-1", inner)
	require.NoError(t, err)
	_, err = seal.OpenSealed("identity", "KWL-2", key, sealed)
	require.Error(t, err, "the identity is bound too")
	_, err = seal.OpenSealed("identity", "KWL-1", key, other)
	require.Error(t, err, "another report's identity")
	inner, err = keys[0].OpenOne("identity", "KWL-2", others[0])
	require.NoError(t, err)
	key, err = keys[1].OpenOne("identity", "KWL-2", inner)
	require.NoError(t, err)
	_, err = seal.OpenSealed("identity", "KWL-1", key, sealed)
	require.Error(t, err, "another report's envelope")
}

func TestNoBitOfAnEnvelopeCanBeFlipped(t *testing.T) {
	t.Parallel()
	keys, all := ring(t, 2)
	sealed, envelopes, err := all.SealFor("identity", "KWL-1", []byte(person))
	require.NoError(t, err)
	inner, err := keys[0].OpenOne("identity", "KWL-1", envelopes[0])
	require.NoError(t, err)
	key, err := keys[1].OpenOne("identity", "KWL-1", inner)
	require.NoError(t, err)
	flip := func(b []byte, fails func([]byte) error) {
		for i := range b {
			bad := bytes.Clone(b)
			bad[i] ^= 1 << (i % 8)
			require.Error(t, fails(bad), "byte %d of %d", i, len(b))
		}
	}
	open := func(k *seal.CustodianKey, e seal.Envelope) func([]byte) error {
		return func(b []byte) error {
			e.Sealed = b
			_, err := k.OpenOne("identity", "KWL-1", e)
			return err
		}
	}
	flip(envelopes[0].Sealed, open(keys[0], envelopes[0]))
	flip(inner.Sealed, open(keys[1], inner))
	flip(sealed, func(b []byte) error { _, err := seal.OpenSealed("identity", "KWL-1", key, b); return err })
	flip(key.Sealed, func(b []byte) error {
		_, err := seal.OpenSealed("identity", "KWL-1", seal.Envelope{Layer: seal.DataKey, Sealed: b}, sealed)
		return err
	})
}

func TestTwoIdenticalIdentitiesAreSealedDifferently(t *testing.T) {
	t.Parallel()
	_, all := ring(t, 2)
	a, ea, err := all.SealFor("identity", "KWL-1", []byte(person))
	require.NoError(t, err)
	b, eb, err := all.SealFor("identity", "KWL-1", []byte(person))
	require.NoError(t, err)
	require.NotEqual(t, a, b)
	require.NotEqual(t, ea[0].Sealed, eb[0].Sealed)
}

func TestThereAreTwoToFiveDifferentCustodians(t *testing.T) {
	t.Parallel()
	keys, _ := ring(t, 5)
	var six []seal.Custodian
	for _, k := range keys {
		six = append(six, k.Custodian)
	}
	more, err := seal.NewCustodianKey("kustodian.6")
	require.NoError(t, err)
	six = append(six, more.Custodian)
	twin := six[0]
	twin.Name = "kustodian.9"
	double := six[1]
	double.Name = six[0].Name
	for _, bad := range [][]seal.Custodian{nil, six[:1], six, {six[0], twin}, {six[0], double}} {
		_, err := seal.NewCustodians(bad...)
		require.Error(t, err)
	}
	_, _, err = seal.Custodians{}.SealFor("identity", "KWL-1", []byte(person))
	require.ErrorContains(t, err, "there are none")
}

func TestACustodiansKeyIsAFileOfHisOwn(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "custodians")
	for _, name := range []string{"kustodian.1", "kustodian.2"} {
		k, err := seal.CreateCustodian(dir, name)
		require.NoError(t, err)
		read, err := seal.OpenCustodianKey(filepath.Join(dir, name+".key"))
		require.NoError(t, err)
		require.Equal(t, k.Fingerprint(), read.Fingerprint())
		require.Regexp(t, `^([0-9a-f]{4} ){7}[0-9a-f]{4}$`, k.Fingerprint())
		info, err := os.Stat(filepath.Join(dir, name+".key"))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		_, err = seal.CreateCustodian(dir, name)
		require.ErrorIs(t, err, os.ErrExist, "a key is never overwritten")
	}
	all, err := seal.OpenCustodians(dir)
	require.NoError(t, err)
	require.Equal(t, []string{"kustodian.1", "kustodian.2"}, all.Names())
	sealed, envelopes, err := all.SealFor("identity", "KWL-1", []byte(person))
	require.NoError(t, err)
	opened := envelopes[0]
	for _, name := range all.Names() {
		k, err := seal.OpenCustodianKey(filepath.Join(dir, name+".key"))
		require.NoError(t, err)
		opened, err = k.OpenOne("identity", "KWL-1", opened)
		require.NoError(t, err)
	}
	plain, err := seal.OpenSealed("identity", "KWL-1", opened, sealed)
	require.NoError(t, err)
	require.Equal(t, person, string(plain))
	for _, name := range []string{"", "../kek", "a b", ".key", "a/b"} {
		_, err := seal.CreateCustodian(dir, name)
		require.Error(t, err, "%q", name)
	}
}

func TestAFolderOfCustodiansThatOthersChangeIsRefused(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(dir string) error{
		"a folder others write": func(dir string) error { return os.Chmod(dir, 0o770) },
		"a key others write":    func(dir string) error { return os.Chmod(filepath.Join(dir, "a.pub"), 0o666) },
		"only one":              func(dir string) error { return os.Remove(filepath.Join(dir, "b.pub")) },
		"under another's name":  func(dir string) error { return os.Rename(filepath.Join(dir, "a.pub"), filepath.Join(dir, "c.pub")) },
		"no key":                func(dir string) error { return os.WriteFile(filepath.Join(dir, "a.pub"), []byte("x"), 0o600) },
		"a private key for one": func(dir string) error { return os.Rename(filepath.Join(dir, "a.key"), filepath.Join(dir, "a.pub")) },
		"no folder":             os.RemoveAll,
		"a key that is cut off": func(dir string) error { return cut(filepath.Join(dir, "a.pub")) },
		"two names for one key": func(dir string) error { return twin(dir) },
	} {
		dir := filepath.Join(t.TempDir(), "custodians")
		for _, who := range []string{"a", "b"} {
			_, err := seal.CreateCustodian(dir, who)
			require.NoError(t, err)
		}
		_, err := seal.OpenCustodians(dir)
		require.NoError(t, err)
		require.NoError(t, spoil(dir), name)
		_, err = seal.OpenCustodians(dir)
		require.Error(t, err, name)
	}
	dir := t.TempDir()
	_, err := seal.CreateCustodian(dir, "a")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(filepath.Join(dir, "a.key"), 0o640))
	_, err = seal.OpenCustodianKey(filepath.Join(dir, "a.key"))
	require.ErrorContains(t, err, "read by others")
}

func cut(path string) error {
	b, err := os.ReadFile(path)
	return errors.Join(err, os.WriteFile(path, bytes.Replace(b, []byte("\n\n"), []byte("\n\nAAAA\n-----END KAWAL CUSTODIAN PUBLIC KEY-----\n"), 1), 0o600))
}

func twin(dir string) error {
	b, err := os.ReadFile(filepath.Join(dir, "a.pub"))
	return errors.Join(err, os.WriteFile(filepath.Join(dir, "c.pub"), bytes.Replace(b, []byte("Name: a"), []byte("Name: c"), 1), 0o600))
}
