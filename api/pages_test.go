package api_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/api"
)

// Tried by serving the file as it is: a client generated from that does not compile
// elsewhere, since it names types of this module.
func TestTheContractIsServedWithoutWhatOnlyOurGeneratorReads(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	raw, err := os.ReadFile("openapi.yaml")
	require.NoError(t, err)
	w := d.ask(t, "GET", "/v1/openapi.yaml", "", nobody)
	require.Equal(t, http.StatusOK, w.Code)
	require.NotContains(t, w.Body.String(), "x-go-")
	require.NotContains(t, w.Body.String(), "github.com/kawal-id/kawal/")
	served, err := openapi3.NewLoader().LoadFromData(w.Body.Bytes())
	require.NoError(t, err)
	written, err := openapi3.NewLoader().LoadFromData(raw)
	require.NoError(t, err)
	require.Len(t, served.Paths.Map(), written.Paths.Len())
	require.Len(t, served.Components.Schemas, len(written.Components.Schemas))
	for name, s := range written.Components.Schemas {
		require.Len(t, served.Components.Schemas[name].Value.Properties, len(s.Value.Properties), name)
	}

	w = d.ask(t, "GET", "/v1/openapi.json", "", nobody)
	require.True(t, json.Valid(w.Body.Bytes()))
	require.NotContains(t, w.Body.String(), "x-go-")
	require.Contains(t, w.Body.String(), `"openapi":"3.0.3"`)

	again := d.ask(t, "GET", "/v1/openapi.json", "", as{"If-None-Match": w.Header().Get("ETag")})
	require.Equal(t, http.StatusNotModified, again.Code)
	require.Empty(t, again.Body.String())
}

func TestTheReferencePageShowsEveryOperationAndAsksNoOtherHost(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	doc, err := strictContract()
	require.NoError(t, err)
	w := d.ask(t, "GET", "/docs", "", nobody)
	require.Equal(t, http.StatusOK, w.Code)
	page := w.Body.String()
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			require.Contains(t, page, `<article id="`+op.OperationID+`">`)
		}
	}
	for name := range doc.Components.Schemas {
		require.Contains(t, page, `<article id="schema-`+name+`">`)
	}
	for _, link := range regexp.MustCompile(`(?:href|src)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		target := link[1]
		switch {
		case strings.HasPrefix(target, "#"):
			require.Contains(t, page, `id="`+target[1:]+`"`, "every link leads somewhere")
		default:
			require.Equal(t, http.StatusOK, d.ask(t, "GET", target, "", nobody).Code, target)
		}
	}
	require.NotContains(t, page, "<script")
	require.Contains(t, w.Header().Get("Content-Security-Policy"), "default-src 'none'")
}

func TestEveryKindOfProblemIsExplainedWhereItsTypePoints(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	p := problem(t, d.ask(t, "POST", "/v1/reports", "{}", nobody))
	page := d.ask(t, "GET", "/docs", "", nobody).Body.String()
	require.Contains(t, page, `id="`+strings.TrimPrefix(p.Type, "/docs#")+`"`)
}

func TestReadyMeansTheDatabaseAndDegradedMeansTheRest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name               string
		database, temporal error
		status             int
		want               string
	}{
		{"all there", nil, nil, 200, `{"status":"ok","parts":{"database":"ok","temporal":"ok"}}`},
		{"Temporal away", nil, errors.New("dial 10.0.0.7"), 200, `{"status":"degraded","parts":{"database":"ok","temporal":"away"}}`},
		{"database away", errors.New("dial 10.0.0.8"), nil, 503, `{"status":"down","parts":{"database":"away","temporal":"ok"}}`},
		{"both away", errors.New("dial 10.0.0.8"), errors.New("dial 10.0.0.7"), 503, `{"status":"down","parts":{"database":"away","temporal":"away"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t)
			d.parts = map[string]error{api.Database: tt.database, api.Temporal: tt.temporal}
			w := d.ask(t, "GET", "/readyz", "", nobody)
			require.Equal(t, tt.status, w.Code)
			require.JSONEq(t, tt.want, w.Body.String())
			require.Equal(t, http.StatusOK, d.ask(t, "GET", "/livez", "", nobody).Code, "alive all the same")
		})
	}
}

func TestTheLogNamesNobodyAndNothing(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.ask(t, "GET", "/v1/reports/"+someID+"?", "", as{"X-Kawal-Code": someCode, "User-Agent": "browser-of-siti"})
	d.ask(t, "GET", "/v1/reports?q=siti", "", nobody)
	d.ask(t, "POST", "/v1/reports", submission, nobody)
	d.ask(t, "GET", "/v1/secret-path", "", nobody)
	log := d.log.String()
	require.Equal(t, 4, strings.Count(log, "\n"))
	for _, line := range strings.Split(strings.TrimSpace(log), "\n") {
		var m map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &m))
		for key := range m {
			require.Contains(t, []string{"time", "level", "msg", "method", "route", "status", "bytes", "took", "request"}, key)
		}
	}
	require.Contains(t, log, `"route":"/v1/reports/:id"`)
	for _, secret := range []string{someID, someCode, "siti", "berlubang", "192.0.2.1", "secret-path"} {
		require.NotContains(t, log, secret)
	}
}

func TestTheAdminListenerShowsMetricsByRoutePattern(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.ask(t, "GET", "/v1/reports/"+someID, "", nobody)
	d.ask(t, "BREW", "/v1/reports/"+someID, "", nobody)
	admin := api.Admin(d.registry)
	w := httptest.NewRecorder()
	admin.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	require.Contains(t, w.Body.String(), `kawal_http_requests_total{method="GET",route="/v1/reports/:id",status="200"} 1`)
	require.Contains(t, w.Body.String(), `kawal_http_requests_total{method="other",route="none",status="405"} 1`)
	require.NotContains(t, w.Body.String(), someID)

	w = httptest.NewRecorder()
	admin.ServeHTTP(w, httptest.NewRequest("GET", "/debug/pprof/cmdline", nil))
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, http.StatusNotFound, d.ask(t, "GET", "/metrics", "", nobody).Code, "never on the public listener")
	require.Equal(t, http.StatusNotFound, d.ask(t, "GET", "/debug/pprof/", "", nobody).Code)
}

func TestWhatTheMailServerSaidIsNotShown(t *testing.T) {
	t.Parallel()
	require.NotContains(t, newDoor(t).ask(t, "GET", "/v1/notices/dead", "", staff).Body.String(), "siti")
}

func TestAMissingPartOfTheConfigIsRefusedByName(t *testing.T) {
	t.Parallel()
	_, err := api.New(api.Config{})
	require.ErrorContains(t, err, "required: Office")
	_, err = api.New(api.Config{Office: &desk{}})
	require.ErrorContains(t, err, "required: Verifier")
}
