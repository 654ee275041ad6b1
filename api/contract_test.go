package api_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/api"
)

func TestEveryOperationOfTheContractIsServedAndKeepsIt(t *testing.T) {
	t.Parallel()
	doc, err := strictContract()
	require.NoError(t, err)
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			t.Run(op.OperationID, func(t *testing.T) {
				t.Parallel()
				d := newDoor(t)
				w := d.ask(t, method, examplePath(path, op), exampleBody(t, op), exampleCaller(op))
				require.Less(t, w.Code, 300, "%s", w.Body)
				require.Len(t, d.desk.calls, 1, "one handler, one call")
				require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
				require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
			})
		}
	}
}

func TestNothingIsServedUnderV1ThatTheContractDoesNotName(t *testing.T) {
	t.Parallel()
	doc, err := strictContract()
	require.NoError(t, err)
	named := map[string]bool{"GET /v1/openapi.yaml": true, "GET /v1/openapi.json": true}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			named[method+" "+strings.NewReplacer("{", ":", "}", "").Replace(path)] = true
		}
	}
	served := map[string]bool{}
	for _, r := range api.Routes(newDoor(t).Handler) {
		if strings.HasPrefix(r.Path, "/v1/") {
			served[r.Method+" "+r.Path] = true
		}
	}
	require.Equal(t, slices.Sorted(maps.Keys(named)), slices.Sorted(maps.Keys(served)))
}

func TestEveryExampleOfTheContractIsValid(t *testing.T) {
	t.Parallel()
	doc, err := strictContract()
	require.NoError(t, err)
	require.NoError(t, doc.Validate(t.Context(), openapi3.EnableExamplesValidation()))
	for name, s := range doc.Components.Schemas {
		if strings.HasSuffix(name, "Request") || name == "Submission" {
			require.NotNil(t, s.Value.Example, "%s has an example", name)
			require.False(t, *s.Value.AdditionalProperties.Has, "%s is closed", name)
		}
	}
}

func TestAWaitingCommandIs202WithItsAddress(t *testing.T) {
	t.Parallel()
	doc, err := strictContract()
	require.NoError(t, err)
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.Responses.Value("202") == nil {
				continue
			}
			t.Run(op.OperationID, func(t *testing.T) {
				t.Parallel()
				d := newDoor(t)
				d.desk.waiting = true
				w := d.ask(t, method, examplePath(path, op), exampleBody(t, op), exampleCaller(op))
				require.Equal(t, http.StatusAccepted, w.Code)
				require.Equal(t, "/v1/commands/"+someCommand, w.Header().Get("Location"))
			})
		}
	}
}

func examplePath(path string, op *openapi3.Operation) string {
	var query []string
	for _, p := range op.Parameters {
		value := someID
		switch {
		case p.Value.Name == "by":
			value = "agency"
		case p.Value.Name == "from":
			value = "2025-08-06T09:00:00%2B07:00"
		case p.Value.Schema.Value.Type.Is("integer"):
			value = "5"
		case strings.HasPrefix(path, "/v1/commands"), strings.HasPrefix(path, "/v1/bulk"), strings.HasPrefix(path, "/v1/drafts"), p.Value.Name == "request_id", p.Value.Name == "post", p.Value.Name == "draft":
			value = someCommand
		case !strings.HasPrefix(path, "/v1/reports"):
			value = "dinas-pu"
		}
		if p.Value.Required && p.Value.In == "query" {
			query = append(query, p.Value.Name+"="+value)
		}
		path = strings.ReplaceAll(path, "{"+p.Value.Name+"}", value)
	}
	return path + "?" + strings.Join(query, "&")
}

func exampleBody(t *testing.T, op *openapi3.Operation) string {
	t.Helper()
	if op.RequestBody == nil {
		return ""
	}
	s := op.RequestBody.Value.Content.Get("application/json").Schema.Value
	body, err := json.Marshal(s.Example)
	require.NoError(t, err)
	return string(body)
}

func exampleCaller(op *openapi3.Operation) as {
	for _, alternative := range *op.Security {
		switch {
		case len(alternative) == 0:
			return nobody
		case alternative["bearer"] != nil:
			return staff
		}
	}
	return reporter
}
