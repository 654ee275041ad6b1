package seal_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/seal"
)

const consoleOrigin = "http://127.0.0.1:8233"

// readers knows three tokens: that of an auditor, who may read KWL-1, of one who
// may read nothing, and of one whose asking cannot be written down.
func readers(_ context.Context, token string, workflows []string) ([]bool, error) {
	switch token {
	case "auditor":
		granted := make([]bool, len(workflows))
		for i, id := range workflows {
			granted[i] = id == "KWL-1"
		}
		return granted, nil
	case "nobody":
		return make([]bool, len(workflows)), nil
	case "officer":
		return nil, fault.New(fault.Forbidden, "x")
	case "unwritten":
		return nil, errors.New("audit log away")
	}
	return nil, fault.New(fault.Unauthenticated, "x")
}

func ask(k *seal.Keys, method, path, origin, body string) *httptest.ResponseRecorder {
	return askAs(k, "auditor", method, path, origin, body)
}

func askAs(k *seal.Keys, token, method, path, origin, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	w := httptest.NewRecorder()
	k.Console(consoleOrigin, readers).ServeHTTP(w, r)
	return w
}

func TestTheConsoleOpensWhatTheWorkerSealed(t *testing.T) {
	t.Parallel()
	k := keys(t)
	of := k.DataConverter().(converter.DataConverterWithSerializationContext).
		WithSerializationContext(converter.WorkflowSerializationContext{Namespace: "kawal", WorkflowID: "KWL-1"})
	sealed, err := of.ToPayload("Batas tindak lanjut: Rab 13 Agu 2025")
	require.NoError(t, err)
	plain, err := converter.GetDefaultDataConverter().ToPayload("plain")
	require.NoError(t, err)
	altered := proto.Clone(sealed).(*commonpb.Payload)
	altered.Data[len(altered.Data)-1] ^= 1
	body, err := protojson.Marshal(&commonpb.Payloads{Payloads: []*commonpb.Payload{altered, sealed, plain}})
	require.NoError(t, err)

	w := ask(k, http.MethodPost, "/decode", consoleOrigin, string(body))

	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, consoleOrigin, w.Header().Get("Access-Control-Allow-Origin"))
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	var got commonpb.Payloads
	require.NoError(t, protojson.Unmarshal(w.Body.Bytes(), &got))
	require.Len(t, got.GetPayloads(), 3)
	require.True(t, proto.Equal(altered, got.GetPayloads()[0]), "what does not open stays as it is")
	require.JSONEq(t, `"Batas tindak lanjut: Rab 13 Agu 2025"`, string(got.GetPayloads()[1].GetData()))
	require.True(t, proto.Equal(plain, got.GetPayloads()[2]))
}

func TestThePayloadsOfOneReportFollowItsRule(t *testing.T) {
	t.Parallel()
	k := keys(t)
	sealedFor := func(id string) *commonpb.Payload {
		p, err := k.DataConverter().(converter.DataConverterWithSerializationContext).
			WithSerializationContext(converter.WorkflowSerializationContext{Namespace: "kawal", WorkflowID: id}).ToPayload("isi " + id)
		require.NoError(t, err)
		return p
	}
	pasted := sealedFor("KWL-2")
	pasted.Metadata["kawal-wf"] = []byte("KWL-1")
	asked := &commonpb.Payloads{Payloads: []*commonpb.Payload{sealedFor("KWL-1"), sealedFor("KWL-2"), sealedFor(""), pasted}}
	body, err := protojson.Marshal(asked)
	require.NoError(t, err)
	for _, c := range []struct {
		token  string
		status int
		opened []bool
	}{
		{"auditor", http.StatusOK, []bool{true, false, false, false}},
		{"nobody", http.StatusOK, []bool{false, false, false, false}},
		{"officer", http.StatusForbidden, nil},
		{"expired", http.StatusUnauthorized, nil},
		{"", http.StatusUnauthorized, nil},
		{"unwritten", http.StatusServiceUnavailable, nil},
	} {
		w := askAs(k, c.token, http.MethodPost, "/decode", consoleOrigin, string(body))
		require.Equal(t, c.status, w.Code, c.token)
		if c.opened == nil {
			require.NotContains(t, w.Body.String(), "payloads", "nothing comes back")
			continue
		}
		var got commonpb.Payloads
		require.NoError(t, protojson.Unmarshal(w.Body.Bytes(), &got))
		for i, opened := range c.opened {
			require.Equal(t, opened, !proto.Equal(asked.GetPayloads()[i], got.GetPayloads()[i]), "%s %d", c.token, i)
		}
	}
}

func TestTheConsoleAnswersNobodyElse(t *testing.T) {
	t.Parallel()
	k := keys(t)
	for _, c := range []struct {
		name, method, path, origin, body string
		want                             int
	}{
		{"the UI asks first whether it may", http.MethodOptions, "/decode", consoleOrigin, "", http.StatusNoContent},
		{"another page", http.MethodPost, "/decode", "http://example.com", `{"payloads":[]}`, http.StatusForbidden},
		{"another page asks first", http.MethodOptions, "/decode", "http://example.com", "", http.StatusForbidden},
		{"another port", http.MethodPost, "/decode", consoleOrigin + "4", `{"payloads":[]}`, http.StatusForbidden},
		{"no page", http.MethodPost, "/decode", "", `{"payloads":[]}`, http.StatusForbidden},
		{"it never seals", http.MethodPost, "/encode", consoleOrigin, `{"payloads":[]}`, http.StatusNotFound},
		{"it only takes POST", http.MethodGet, "/decode", consoleOrigin, "", http.StatusMethodNotAllowed},
		{"no JSON", http.MethodPost, "/decode", consoleOrigin, "?", http.StatusBadRequest},
		{"nothing to open", http.MethodPost, "/decode", consoleOrigin, `{}`, http.StatusOK},
		{"too large", http.MethodPost, "/decode", consoleOrigin, strings.Repeat(" ", 2<<20+1), http.StatusRequestEntityTooLarge},
		{"too many", http.MethodPost, "/decode", consoleOrigin, `{"payloads":[` + strings.Repeat("{},", 500) + `{}]}`, http.StatusRequestEntityTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := ask(k, c.method, c.path, c.origin, c.body)
			require.Equal(t, c.want, w.Code)
			if c.want == http.StatusForbidden {
				require.Empty(t, w.Header().Get("Access-Control-Allow-Origin"))
			}
		})
	}
}
