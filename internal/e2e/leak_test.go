package e2e_test

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// leak is an API with a hole.
type leak struct {
	name  string
	hole  func(k known, w *httptest.ResponseRecorder, r *http.Request)
	known known
}

// known is what an API knows and may not tell.
type known struct {
	reports, secret int
	ids             string // of secret reports
	changed         string // when one of them changed last
}

func (tw *twin) known() (k known) {
	tw.t.Helper()
	tw.scan([]any{&k.reports, &k.secret, &k.ids, &k.changed}, `
		SELECT count(*), count(*) FILTER (WHERE secret), coalesce(string_agg(id, ' ') FILTER (WHERE secret), ''),
			coalesce(max(updated_at) FILTER (WHERE secret)::text, '')
		FROM report`)
	return k
}

// leaking opens a hole, for as long as f runs.
func (tw *twin) leaking(l leak, f func() map[string]string) map[string]string {
	tw.t.Helper()
	l.known = tw.known()
	tw.leak.Store(&l)
	defer tw.leak.Store(nil)
	return f()
}

// serve answers as the API does, and then through the hole.
func (l *leak) serve(tw *twin, h http.Handler, rw http.ResponseWriter, r *http.Request) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	l.hole(l.known, w, r)
	maps.Copy(rw.Header(), w.Header())
	rw.Header().Del("Content-Length") // the server counts again
	rw.WriteHeader(w.Code)
	_, _ = rw.Write(w.Body.Bytes()) // the client is the test
}

func isList(r *http.Request) bool { return r.URL.Path == "/v1/reports" && r.URL.RawQuery == "" }

// leaks are holes through which a secret report is seen, each by other eyes.
var leaks = []leak{
	{name: "a count in a header", hole: func(k known, w *httptest.ResponseRecorder, r *http.Request) {
		if isList(r) {
			w.Header().Set("X-Total-Count", strconv.Itoa(k.reports))
		}
	}},
	{name: "an ETag that changes", hole: func(k known, w *httptest.ResponseRecorder, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".geojson") {
			w.Header().Set("ETag", strconv.Quote(strconv.Itoa(k.reports)))
		}
	}},
	{name: "a Last-Modified that moves", hole: func(k known, w *httptest.ResponseRecorder, r *http.Request) {
		if r.URL.Path == "/v1/statistics" {
			w.Header().Set("Last-Modified", k.changed)
		}
	}},
	{name: "a length", hole: func(k known, w *httptest.ResponseRecorder, r *http.Request) {
		if isList(r) {
			w.Body.WriteString(strings.Repeat(" ", k.secret))
		}
	}},
	{name: "statistics that count all", hole: func(k known, w *httptest.ResponseRecorder, r *http.Request) {
		if r.URL.Path == "/v1/statistics" {
			w.Body = bytes.NewBuffer(bytes.Replace(w.Body.Bytes(), []byte(`"rows"`), fmt.Appendf(nil, `"all":%d,"rows"`, k.reports), 1))
		}
	}},
	{name: "another 404", hole: func(k known, w *httptest.ResponseRecorder, r *http.Request) {
		if w.Code == http.StatusNotFound && strings.Contains(k.ids, strings.TrimPrefix(r.URL.Path, "/v1/reports/")) {
			w.Body.WriteString("\n")
		}
	}},
	{name: "a 403 in place of a 404", hole: func(k known, w *httptest.ResponseRecorder, r *http.Request) {
		if w.Code == http.StatusNotFound && strings.Contains(k.ids, strings.TrimPrefix(r.URL.Path, "/v1/reports/")) {
			w.Code = http.StatusForbidden
		}
	}},
	{name: "the queue of the accused", hole: func(k known, w *httptest.ResponseRecorder, r *http.Request) {
		if r.URL.Path == "/v1/queue" && w.Code == http.StatusOK {
			w.Body.WriteString(k.ids)
		}
	}},
}

// A comparison that finds nothing has looked: the same pair is told apart through
// every hole, by a report that is published, and by those who may read it.
func TestTheComparisonOfWorldsNoticesALeak(t *testing.T) {
	t.Parallel()
	n := newNursery(t)
	p := newPair(1, slices.Index(differences, "absent"))
	p.one.life = "handled"
	tw := n.twins(t, p)
	few := slices.DeleteFunc(slices.Clone(tw.places), func(path string) bool {
		return !slices.ContainsFunc([]string{"/reports", "/reports.geojson", "/statistics?by=month", "/queue", "/reports/" + tw.was[0].secret.id},
			func(s string) bool { return s == path })
	})
	require.Len(t, few, 5)
	tw.requireAlike(t, tw.one.collect(tw.who, few), tw.other.collect(tw.who, few))
	eyes := map[string]caller{"anyone": {}, "accused": staff(officerOf[p.focus])}
	for _, l := range leaks {
		one := tw.one.leaking(l, func() map[string]string { return tw.one.collect(eyes, few) })
		other := tw.other.leaking(l, func() map[string]string { return tw.other.collect(eyes, few) })
		require.NotEmpty(t, apart(one, other), l.name)
	}
	tw.requireAlike(t, tw.one.collect(eyes, few), tw.other.collect(eyes, few))

	_, officer := p.one.addressee()
	for _, reads := range []caller{tw.was[0].secret.reporter(), staff("admin.national"), staff(officer), staff("auditor")} {
		sees := map[string]caller{"reader": reads}
		require.NotEmpty(t, apart(tw.one.collect(sees, few), tw.other.collect(sees, few)), "%+v may read it", reads)
	}

	p.one.body["content"], p.one.body["category"] = "public", "roads.bridge"
	published := n.twins(t, p)
	told := apart(published.one.collect(published.who, few), published.other.collect(published.who, few))
	for _, path := range []string{"/reports", "/reports.geojson", "/statistics?by=month", "/reports/" + published.was[0].secret.id} {
		require.Contains(t, told, "anyone GET "+path, "what is published is seen")
	}
}

// The staff of an accused unit see the report, and the comparison sees them, once
// the accusation is gone.
func TestTheComparisonOfWorldsNoticesALostAccusation(t *testing.T) {
	t.Parallel()
	n := newNursery(t)
	p := newPair(1, slices.Index(differences, "absent"))
	p.one.life, p.one.accused = "handled", []string{"tirtajaya"}
	p.one.body["accused"], p.one.body["agency"] = p.one.accused, "dinas-pupr"
	tw := n.twins(t, p)
	places := []string{"/reports", "/queue", "/statistics?by=stage", "/reports/" + tw.was[0].secret.id}
	tw.requireAlike(t, tw.one.collect(tw.who, places), tw.other.collect(tw.who, places))
	tw.one.exec(`DELETE FROM accused`)
	tw.one.exec(`UPDATE report SET queue = 'tirtajaya', state = jsonb_set(state, '{queue}', '"tirtajaya"')`)
	told := apart(tw.one.collect(tw.who, places), tw.other.collect(tw.who, places))
	require.Contains(t, told, "accused "+admin+" GET /reports")
	require.Contains(t, told, "accused "+admin+" GET /reports/"+tw.was[0].secret.id)
	require.NotContains(t, told, "anyone GET /reports")
}
