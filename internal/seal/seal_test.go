package seal_test

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"

	"github.com/kawal-id/kawal/internal/seal"
)

func keys(t *testing.T) *seal.Keys {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, seal.Create(dir))
	k, err := seal.Open(dir)
	require.NoError(t, err)
	return k
}

func TestMakingKeysAgainKeepsThem(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, seal.Create(dir))
	first, err := seal.Open(dir)
	require.NoError(t, err)
	require.NoError(t, seal.Create(dir))
	second, err := seal.Open(dir)
	require.NoError(t, err)
	sealed, err := first.SealField("identity", "KWL-1", []byte("nama"))
	require.NoError(t, err)
	plain, err := second.OpenField("identity", "KWL-1", sealed)
	require.NoError(t, err)
	require.Equal(t, "nama", string(plain))
	require.Equal(t, first.CodeMAC("7F3K"), second.CodeMAC("7F3K"))
}

func TestKeysThatOthersCanReadAreRefused(t *testing.T) {
	t.Parallel()
	for _, loosen := range []func(dir string) error{
		func(dir string) error { return os.Chmod(dir, 0o755) },
		func(dir string) error { return os.Chmod(filepath.Join(dir, "kek.json"), 0o640) },
		func(dir string) error { return os.Remove(filepath.Join(dir, "code-pepper")) },
		func(dir string) error { return os.WriteFile(filepath.Join(dir, "answers"), []byte("short"), 0o600) },
		func(dir string) error { return os.WriteFile(filepath.Join(dir, "codec.json"), []byte("{}"), 0o600) },
	} {
		dir := filepath.Join(t.TempDir(), "keys")
		require.NoError(t, seal.Create(dir))
		require.NoError(t, loosen(dir))
		_, err := seal.Open(dir)
		require.Error(t, err)
	}
	_, err := seal.Open(filepath.Join(t.TempDir(), "none"))
	require.ErrorContains(t, err, "missing")
}

func TestASealedFieldOpensOnlyInItsPlace(t *testing.T) {
	t.Parallel()
	k := keys(t)
	for _, field := range []string{"identity", "contact"} {
		sealed, err := k.SealField(field, "KWL-1", []byte("0812"))
		require.NoError(t, err)
		require.NotContains(t, string(sealed), "0812")
		_, err = k.OpenField(field, "KWL-2", sealed)
		require.Error(t, err, "another report")
		_, err = k.OpenField("other", "KWL-1", sealed)
		require.Error(t, err, "another field")
		for i := range sealed {
			bad := bytes.Clone(sealed)
			bad[i] ^= 1
			_, err = k.OpenField(field, "KWL-1", bad)
			require.Error(t, err, "bit of byte %d", i)
		}
	}
}

func TestAnAccessCodeIsReadAsPeopleTypeIt(t *testing.T) {
	t.Parallel()
	k := keys(t)
	seen := map[string]bool{}
	for range 200 {
		code, err := k.NewAccessCode(rand.Reader)
		require.NoError(t, err)
		require.Len(t, strings.ReplaceAll(code, "-", ""), 26, "130 bits")
		require.False(t, seen[code])
		seen[code] = true
		want := k.CodeMAC(code)
		for _, typed := range []string{strings.ToLower(code), strings.ReplaceAll(code, "-", ""), strings.ReplaceAll(code, "-", " "),
			strings.NewReplacer("0", "o", "1", "l").Replace(code)} {
			require.Equal(t, want, k.CodeMAC(typed))
		}
		require.NotEqual(t, want, keys(t).CodeMAC(code), "another installation's pepper")
	}
}

func TestAStoredAnswerNeedsTheCallersKey(t *testing.T) {
	t.Parallel()
	k := keys(t)
	sealed, err := k.SealAnswer("a-key-of-sixteen", []byte(`{"access_code":"X"}`))
	require.NoError(t, err)
	plain, err := k.OpenAnswer("a-key-of-sixteen", sealed)
	require.NoError(t, err)
	require.JSONEq(t, `{"access_code":"X"}`, string(plain))
	_, err = k.OpenAnswer("another-key-of-16", sealed)
	require.Error(t, err)
	_, err = keys(t).OpenAnswer("a-key-of-sixteen", sealed)
	require.Error(t, err, "another server's key")
	require.NotEqual(t, k.IdempotencyMAC("a"), k.IdempotencyMAC("b"))
}

func in(k *seal.Keys, workflow string) converter.DataConverter {
	dc, ok := k.DataConverter().(converter.DataConverterWithSerializationContext)
	if !ok {
		panic("the data converter takes no context")
	}
	return dc.WithSerializationContext(converter.WorkflowSerializationContext{Namespace: "kawal", WorkflowID: workflow})
}

func TestAPayloadOpensOnlyInItsWorkflow(t *testing.T) {
	t.Parallel()
	k := keys(t)
	p, err := in(k, "KWL-1").ToPayload("dinas.pu")
	require.NoError(t, err)
	b, err := proto.Marshal(p)
	require.NoError(t, err)
	require.NotContains(t, string(b), "dinas.pu")
	var got string
	require.NoError(t, in(k, "KWL-1").FromPayload(p, &got))
	require.Equal(t, "dinas.pu", got)
	require.NoError(t, k.DataConverter().FromPayload(p, &got), "a decoder without context goes by the metadata")
	require.Error(t, in(k, "KWL-2").FromPayload(p, &got), "pasted into another history")

	moved := proto.Clone(p).(*commonpb.Payload)
	moved.Metadata["kawal-wf"] = []byte("KWL-2")
	require.Error(t, in(k, "KWL-2").FromPayload(moved, &got), "pasted and relabelled")
	bare := proto.Clone(p).(*commonpb.Payload)
	delete(bare.Metadata, "kawal-wf")
	require.Error(t, in(k, "KWL-1").FromPayload(bare, &got), "label removed")
	for name, label := range map[string]string{"kawal-key": "1", "kawal-note": "x"} {
		bad := proto.Clone(p).(*commonpb.Payload)
		bad.Metadata[name] = []byte(label)
		require.ErrorContains(t, in(k, "KWL-1").FromPayload(bad, &got), "other labels", name)
	}
	for i := range p.Data {
		bad := proto.Clone(p).(*commonpb.Payload)
		bad.Data[i] ^= 1
		require.Error(t, in(k, "KWL-1").FromPayload(bad, &got), "bit of byte %d", i)
	}
}

func TestPlaintextPayloadsAreRefused(t *testing.T) {
	t.Parallel()
	p, err := converter.GetDefaultDataConverter().ToPayload("terbuka")
	require.NoError(t, err)
	var got string
	require.ErrorContains(t, keys(t).DataConverter().FromPayload(p, &got), "not sealed")
}

func TestFailuresAreSealedToo(t *testing.T) {
	t.Parallel()
	k := keys(t)
	f := k.FailureConverter().ErrorToFailure(os.ErrPermission)
	b, err := proto.Marshal(f)
	require.NoError(t, err)
	require.NotContains(t, string(b), os.ErrPermission.Error())
	require.ErrorContains(t, k.FailureConverter().FailureToError(f), os.ErrPermission.Error())
}
