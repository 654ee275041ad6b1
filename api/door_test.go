package api_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/api"
)

// strictContract is openapi.yaml as clients read it, but that answers may hold
// nothing it does not name.
var strictContract = sync.OnceValues(func() (*openapi3.T, error) {
	raw, err := os.ReadFile("openapi.yaml")
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		return nil, err
	}
	closed := false
	for _, s := range doc.Components.Schemas {
		if s.Value.Type.Is("object") && len(s.Value.Properties) > 0 {
			s.Value.AdditionalProperties.Has = &closed
		}
	}
	return doc, nil
})

var routerOf = sync.OnceValues(func() (routers.Router, error) {
	doc, err := strictContract()
	if err != nil {
		return nil, err
	}
	return gorillamux.NewRouter(doc)
})

// door is an API in front of a desk.
type door struct {
	http.Handler
	desk     *desk
	log      *bytes.Buffer
	registry *prometheus.Registry
	parts    map[string]error
}

func newDoor(t *testing.T, change ...func(*api.Config)) *door {
	t.Helper()
	d := &door{desk: &desk{}, log: &bytes.Buffer{}, registry: prometheus.NewRegistry(), parts: map[string]error{api.Database: nil, api.Temporal: nil}}
	c := api.Config{
		Office: d.desk, Verifier: d.desk, Now: time.Now, Log: slog.New(slog.NewJSONHandler(d.log, nil)), Registry: d.registry,
		Ready:         func(context.Context) map[string]error { return d.parts },
		NotFoundAfter: time.Millisecond,
	}
	for _, f := range change {
		f(&c)
	}
	h, err := api.New(c)
	require.NoError(t, err)
	d.Handler = h
	return d
}

// as are headers of a request.
type as map[string]string

var (
	nobody   = as{}
	staff    = as{"Authorization": "Bearer " + staffToken}
	reporter = as{"X-Kawal-Code": someCode}
)

// ask sends one request and holds the answer against the contract.
func (d *door) ask(t *testing.T, method, path, body string, headers as) *httptest.ResponseRecorder {
	t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, path, in)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for k, v := range headers {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	keepsContract(t, r, w)
	return w
}

// keepsContract checks the answer to a request of the contract; others must be
// problems or pages.
func keepsContract(t *testing.T, r *http.Request, w *httptest.ResponseRecorder) {
	t.Helper()
	router, err := routerOf()
	require.NoError(t, err)
	route, params, err := router.FindRoute(r)
	if err != nil {
		return
	}
	if w.Code >= 400 {
		require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"), w.Body)
	}
	err = openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route},
		Status:                 w.Code, Header: w.Header(), Body: io.NopCloser(bytes.NewReader(w.Body.Bytes())),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	})
	require.NoError(t, err, "%s %s answered %d: %s", r.Method, r.URL.Path, w.Code, w.Body)
}
