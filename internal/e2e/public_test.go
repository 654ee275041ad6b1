package e2e_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/store"
)

// publicPaths are the public surfaces for many reports at once. The box is that of
// the reports of these tests.
var publicPaths = []string{
	"/v1/map/clusters?zoom=4", "/v1/map/clusters?zoom=4&category=roads&region=32", "/v1/map/clusters?zoom=4&agency=" + pupr,
	"/v1/map/clusters?zoom=12&bbox=107,-7,107.5,-6", "/v1/map/clusters?zoom=20&bbox=107.1225,-6.3005,107.1235,-6.2995",
	"/v1/reports.csv", "/v1/reports.csv?q=lubang", "/v1/reports.xlsx", "/v1/feed.atom", "/v1/feed.json",
	"/v1/feed.atom?agency=" + pupr, "/v1/feed.json?category=roads", "/v1/feed.atom?region=32", "/v1/open-data.csv",
}

// Every route that anyone may read for many reports is among those that are swept.
func TestEveryPublicRouteIsSwept(t *testing.T) {
	t.Parallel()
	swept := slices.Concat(publicPaths, []string{"/v1/reports", "/v1/reports.geojson", "/v1/statistics", "/v1/categories", "/v1/agencies", "/v1/regions",
		"/v1/rule-sets", "/v1/calendars"})
	doc, err := openapi3.NewLoader().LoadFromFile("../../api/openapi.yaml")
	require.NoError(t, err)
	for path, item := range doc.Paths.Map() {
		if op := item.Get; op != nil && !strings.Contains(path, "{") && slices.ContainsFunc(*op.Security, func(r openapi3.SecurityRequirement) bool { return len(r) == 0 }) {
			require.True(t, slices.ContainsFunc(swept, func(p string) bool {
				name, _, _ := strings.Cut(p, "?")
				return name == path
			}), path)
		}
	}
}

// spreadsheet is a ZIP with a word in it.
func spreadsheet(t *testing.T, word string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("xl/worksheets/sheet1.xml")
	require.NoError(t, err)
	_, err = io.WriteString(w, "<t>"+strings.Repeat(word, 3)+"</t>")
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.Bytes()
}

// surfaces is what anyone reads on every public surface: bytes, ETag and length. The
// open data are those of the n-th night.
func (l lives) surfaces(n int) map[string]string {
	l.t.Helper()
	require.NoError(l.t, l.store.As(l.t.Context(), store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) error {
		made, err := tx.MakeOpenData(ctx, time.Date(2100, 1, 1+n, 0, 0, 0, 0, time.UTC))
		require.True(l.t, made)
		return err
	}))
	all := map[string]string{}
	for _, path := range append([]string{"/v1/reports", "/v1/reports.geojson", "/v1/statistics?by=agency"}, publicPaths...) {
		res, err := http.Get(l.api.URL + path)
		require.NoError(l.t, err)
		body, err := io.ReadAll(res.Body)
		require.NoError(l.t, err)
		require.NoError(l.t, res.Body.Close())
		require.Equal(l.t, http.StatusOK, res.StatusCode, "%s: %s", path, body)
		all[path] = fmt.Sprint(res.Header.Get("ETag"), res.Header.Get("X-Kawal-Total"), res.Trailer, len(body), string(body))
		if path == "/v1/open-data.csv" {
			require.NotEmpty(l.t, res.Header.Get("ETag"))
		}
	}
	return all
}

// RULES.md section 6: whether a secret report exists, or changes, alters no byte and
// no ETag of any public surface, and a public one made secret leaves each as if it
// had never been. Tried by leaving out the trigger of deletions, and by an ETag of
// the last change of any report: both are found.
func TestASecretReportLeavesNoTraceOnAnyPublicSurface(t *testing.T) {
	t.Parallel()
	l := lives{newWorld(t, shared(t))}
	filed := func(content string) filed {
		body := submission(pupr)
		body["lat"], body["long"], body["content"] = -6.3, 107.123, content
		return l.submit(body)
	}
	for range 5 { // as many as a line of the open data needs
		l.forward(filed("public"), anAdmin, pupr)
	}
	before := l.surfaces(0)

	secret := filed("secret")
	l.forward(secret, anAdmin, pupr)
	l.act(secret, anOfficer, "/follow-ups", saying("Sudah ditambal."))
	require.Equal(t, before, l.surfaces(1), "a secret report was filed, forwarded and followed up")

	turned := filed("public")
	l.forward(turned, anAdmin, pupr)
	seen := l.surfaces(2)
	for path := range maps.Keys(before) {
		if !strings.Contains(path, "zoom=20") { // its cell is another's, and the same
			require.NotEqual(t, before[path], seen[path], "%s shows what is public", path)
		}
	}
	l.act(turned, anOfficer, "/follow-ups", saying("Sudah ditambal."))
	l.ok(turned.reporter(), http.MethodPost, "/reports/"+turned.id+"/visibility", map[string]string{"content": "secret"})
	after := l.surfaces(3)
	for path := range maps.Keys(before) {
		require.Equal(t, before[path], after[path], "%s: at once, and as if it had never been", path)
	}
	l.eventually(func() error { // and still once all is folded and applied
		if row := l.row(turned.id); !row.State.Secret {
			return fmt.Errorf("%s is not secret yet", turned.id)
		}
		return nil
	})
	require.Equal(t, before, l.surfaces(4))
}
