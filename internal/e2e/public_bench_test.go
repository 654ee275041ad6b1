package e2e_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/api"
	"github.com/kawal-id/kawal/internal/seal"
	"github.com/kawal-id/kawal/internal/testdb"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/store"
)

// gallery is the API over many published reports, beside a route that asks
// PostgreSQL for nothing but an answer.
type gallery struct {
	b      *testing.B
	url    string
	db     *pgxpool.Pool
	random *mathrand.Rand
	sights []sight
}

// sight is a published report as the measured routes ask for it.
type sight struct {
	ID, Category, Agency, Region, Stage string
	At                                  time.Time
	Lat, Long                           *float64
}

// published returns a database with published reports made by kawal seed:
// KAWAL_BENCH_REPORTS of them (20,000), or those of KAWAL_BENCH_DATABASE_URL.
func published(b *testing.B) string {
	b.Helper()
	if ready := os.Getenv("KAWAL_BENCH_DATABASE_URL"); ready != "" {
		return ready
	}
	reports := os.Getenv("KAWAL_BENCH_REPORTS")
	if reports == "" {
		reports = "20000"
	}
	url := testdb.New(b, store.MigrationsHash(), store.Migrate)
	cmd := exec.CommandContext(b.Context(), "../../.bin/kawal", "seed", "--published", reports)
	cmd.Env = append(os.Environ(), "KAWAL_DATABASE_URL="+url)
	out, err := cmd.CombinedOutput()
	require.NoError(b, err, "%s", out)
	_, last, _ := strings.Cut(strings.TrimSpace(string(out)), "\n") // behind the count that runs
	b.Log(last)
	return url
}

func newGallery(b *testing.B) *gallery {
	g := &gallery{b: b, random: mathrand.New(mathrand.NewPCG(17, 8))}
	database := published(b)
	var err error
	g.db, err = pgxpool.New(b.Context(), database)
	require.NoError(b, err)
	b.Cleanup(g.db.Close)
	s, err := store.Open(b.Context(), store.Config{URL: database, Now: time.Now})
	require.NoError(b, err)
	b.Cleanup(s.Close)
	g.serve(s)
	rows, err := g.db.Query(b.Context(), `
		SELECT id, category, agency, region, stage, published_at AS at, lat, long
		FROM published TABLESAMPLE SYSTEM (20) REPEATABLE (1)
		LIMIT 5000`)
	require.NoError(b, err)
	g.sights, err = pgx.CollectRows(rows, pgx.RowToStructByName[sight])
	require.NoError(b, err)
	require.NotEmpty(b, g.sights)
	return g
}

func (g *gallery) serve(s *store.Store) {
	keys := g.b.TempDir() + "/keys"
	require.NoError(g.b, seal.Create(keys))
	k, err := seal.Open(keys)
	require.NoError(g.b, err)
	var custodians []seal.Custodian
	for _, name := range []string{"kustodian.1", "kustodian.2"} {
		c, err := seal.NewCustodianKey(name)
		require.NoError(g.b, err)
		custodians = append(custodians, c.Custodian)
	}
	to, err := seal.NewCustodians(custodians...)
	require.NoError(g.b, err)
	quiet := slog.New(slog.DiscardHandler)
	o, err := office.New(office.Config{Store: s, Engine: nobodyHome{}, Keys: k, Custodians: to, Now: time.Now, Random: rand.Reader, Log: quiet})
	require.NoError(g.b, err)
	h, err := api.New(api.Config{Office: o, Verifier: nobodyKnown{}, Now: time.Now, Log: quiet,
		Ready: func(context.Context) map[string]error { return nil }})
	require.NoError(g.b, err)
	mux := http.NewServeMux()
	mux.Handle("/v1/", h)
	mux.HandleFunc("/select-1", func(w http.ResponseWriter, r *http.Request) {
		var one int
		if err := g.db.QueryRow(r.Context(), `SELECT 1`).Scan(&one); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = fmt.Fprintln(w, one) // the client notices
	})
	srv := httptest.NewServer(mux)
	g.b.Cleanup(srv.Close)
	g.url = srv.URL
}

// nobodyHome is an engine that nobody asks, nobodyKnown knows no token.
type (
	nobodyHome  struct{ office.Engine }
	nobodyKnown struct{}
)

// Verify refuses.
func (nobodyKnown) Verify(context.Context, string) (string, error) { return "", io.EOF }

func (g *gallery) any() sight { return g.sights[g.random.IntN(len(g.sights))] }

// deep is the path of a page that lies n pages of 50 deep.
func (g *gallery) deep(pages int, where string) string {
	var last sight
	err := g.db.QueryRow(g.b.Context(), `SELECT id, published_at FROM published WHERE `+where+` ORDER BY published_at DESC, id DESC OFFSET $1 LIMIT 1`,
		pages*50-1).Scan(&last.ID, &last.At)
	if err != nil {
		return "" // the reports do not reach so far
	}
	key, err := json.Marshal(store.Key{At: last.At, ID: last.ID})
	require.NoError(g.b, err)
	return "cursor=" + base64.RawURLEncoding.EncodeToString(key)
}

// view is the box of a screen of 1280 by 800 pixels of a zoom around a point.
func (g *gallery) view(zoom int) string {
	s := g.any()
	for s.Lat == nil {
		s = g.any()
	}
	pixel := store.CellSize(zoom) / 64
	west, south := max(-180, *s.Long-640*pixel), max(-90, *s.Lat-400*pixel)
	return fmt.Sprintf("zoom=%d&bbox=%.5f,%.5f,%.5f,%.5f", zoom, west, south, min(180, west+1280*pixel), min(90, south+800*pixel))
}

// filters is one to three filters that some report passes.
func (g *gallery) filters() string {
	s := g.any()
	all := []string{"category=" + url.QueryEscape(s.Category), "stage=" + s.Stage, "agency=" + s.Agency, "since=" + url.QueryEscape(s.At.Format(time.RFC3339)),
		"region=" + strings.SplitN(s.Region, ".", 2)[0]}
	g.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return strings.Join(all[:1+g.random.IntN(3)], "&")
}

// measured is a route and how long its answers took.
type measured struct {
	name string
	path func() string
	took []time.Duration
	size int
}

func (m *measured) percentile(p int) time.Duration { return m.took[(len(m.took)-1)*p/100] }

func (g *gallery) routes() []*measured {
	topic := func() string { return strings.SplitN(g.any().Category, ".", 2)[0] }
	province := func() string { return strings.SplitN(g.any().Region, ".", 2)[0] }
	list := func(q func() string) func() string { return func() string { return "/v1/reports?" + q() } }
	fixed := func(q string) func() string { return list(func() string { return q }) }
	clusters := func(q func() string) func() string { return func() string { return "/v1/map/clusters?" + q() } }
	all := []*measured{
		{name: "SELECT 1", path: func() string { return "/select-1" }},
		{name: "one report", path: func() string { return "/v1/reports/" + g.any().ID }},
		{name: "list, page 1", path: fixed("")},
		{name: "list of a category, page 1", path: fixed("category=roads")},
		{name: "list of any category", path: list(func() string { return "category=" + g.any().Category })},
		{name: "list of a topic", path: list(func() string { return "category=" + topic() })},
		{name: "list of an agency", path: list(func() string { return "agency=" + g.any().Agency })},
		{name: "list of a region", path: list(func() string { return "region=" + g.any().Region })},
		{name: "list of a province", path: list(func() string { return "region=" + province() })},
		{name: "list of a stage", path: list(func() string { return "stage=" + g.any().Stage })},
		{name: "list, one to three filters", path: list(g.filters)},
		{name: "list of a box", path: list(func() string { return g.view(10)[len("zoom=10&"):] })},
		{name: "map, unfiltered", path: clusters(func() string { return "zoom=5" })},
		{name: "map, a topic", path: clusters(func() string { return "zoom=5&category=" + topic() })},
		{name: "map, topic, stage, months", path: clusters(func() string {
			return "zoom=5&stage=closed&category=" + topic() + "&since=" + url.QueryEscape(fmt.Sprintf("%d-01-01T00:00:00+07:00", time.Now().Year()))
		})},
		{name: "map, an agency (rows)", path: clusters(func() string { return "zoom=5&agency=" + g.any().Agency })},
		{name: "GeoJSON of a box, 2000", path: func() string { return "/v1/reports.geojson?" + g.view(10)[len("zoom=10&"):] }},
		{name: "Atom feed of an agency", path: func() string { return "/v1/feed.atom?agency=" + g.any().Agency }},
	}
	for _, zoom := range []int{9, 10, 12, 15} {
		all = append(all, &measured{name: fmt.Sprintf("map, zoom %d, no filter", zoom), path: clusters(func() string { return g.view(zoom) })},
			&measured{name: fmt.Sprintf("map, zoom %d, one to three filters", zoom), path: clusters(func() string { return g.view(zoom) + "&" + g.filters() })})
	}
	for _, f := range []struct{ name, query, where string }{{"list", "", "true"}, {"list of a category", "category=roads&", "(category = 'roads' OR category LIKE 'roads.%')"}} {
		for _, pages := range []int{5000, 10_000} {
			if cursor := g.deep(pages, f.where); cursor != "" {
				all = append(all, &measured{name: fmt.Sprintf("%s, page %d", f.name, pages), path: fixed(f.query + cursor)})
			}
		}
	}
	return all
}

// ask takes the time of one answer, to its last byte.
func (g *gallery) ask(m *measured) {
	path := m.path()
	begun := time.Now()
	res, err := http.Get(g.url + path)
	require.NoError(g.b, err)
	n, err := io.Copy(io.Discard, res.Body)
	require.NoError(g.b, err)
	require.NoError(g.b, res.Body.Close())
	m.took = append(m.took, time.Since(begun))
	require.Equal(g.b, http.StatusOK, res.StatusCode, path)
	m.size = int(n)
}

// BenchmarkPublic measures what the public asks, over real HTTP and PostgreSQL, by
// one client, all routes in turns so that what disturbs the machine disturbs them
// alike. It prints p50, p99 and the ratio to SELECT 1 of each, and asserts no time.
func BenchmarkPublic(b *testing.B) {
	g := newGallery(b)
	var reports int
	require.NoError(b, g.db.QueryRow(b.Context(), `SELECT count(*) FROM published`).Scan(&reports))
	routes := g.routes()
	rounds := 300
	if n, err := strconv.Atoi(os.Getenv("KAWAL_BENCH_ROUNDS")); err == nil {
		rounds = n
	}
	for range min(20, rounds) { // statements are prepared, pages are in memory
		for _, m := range routes {
			g.ask(m)
		}
	}
	for _, m := range routes {
		m.took = m.took[:0]
	}
	for range rounds {
		for _, m := range routes {
			g.ask(m)
		}
	}
	for _, m := range routes {
		slices.Sort(m.took)
	}
	b.ReportMetric(0, "ns/op") // says nothing here
	b.ReportMetric(float64(reports), "reports")
	floor := routes[0]
	for _, m := range routes {
		b.Run(strings.ReplaceAll(m.name, ", ", ","), func(b *testing.B) { // a line of its own for each
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(m.percentile(50).Microseconds()), "p50-us")
			b.ReportMetric(float64(m.percentile(99).Microseconds()), "p99-us")
			b.ReportMetric(float64(m.percentile(50))/float64(floor.percentile(50)), "x-p50-of-SELECT-1")
			b.ReportMetric(float64(m.percentile(99))/float64(floor.percentile(99)), "x-p99-of-SELECT-1")
			b.ReportMetric(float64(m.size), "bytes")
		})
	}
}
