package store

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/testdb"
	"github.com/kawal-id/kawal/report"
)

// stocked is a database with n published reports, a minute apart, newest first, of
// four agencies, two regions, two categories and three stages.
func stocked(t *testing.T, n int) (*pgx.Conn, string) {
	t.Helper()
	url := testdb.New(t, MigrationsHash()[:16], Migrate)
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	for _, sql := range []string{
		`INSERT INTO region (code, parent, name) VALUES ('32', NULL, 'Barat'), ('32.04', '32', 'Satu')`,
		`INSERT INTO category (code, parent, name_id, name_en, default_content, weight) VALUES ('roads', NULL, 'Jalan', 'Roads', 'public', 1), ('roads.pothole', 'roads', 'Lubang', 'Potholes', 'public', 1)`,
		`INSERT INTO agency (id, name, parent, active) VALUES ('kab', 'Kab', NULL, true), ('kab.pu', 'PU', 'kab', true), ('kab.pu.jalan', 'Jalan', 'kab.pu', true), ('kab.dinkes', 'Dinkes', 'kab', true)`,
	} {
		_, err := conn.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	err = Fill(t.Context(), url, n, func(i int) (Filling, error) {
		lat, long := -6.0-float64(i%100)/100, 107.0+float64(i%70)/100
		return Filling{ID: fmt.Sprintf("KWL-%04d-%04d-0", i/10_000, i%10_000), Title: "Judul", Body: "Isi.", Category: []string{"roads", "roads.pothole"}[i%2],
			Agency: []string{"kab", "kab.pu", "kab.pu.jalan", "kab.dinkes"}[i/2%4], Region: []string{"32", "32.04"}[i/8%2], Class: report.Aspiration,
			Stage: []report.Stage{report.Closed, report.Closure, report.Archived}[i/16%3], Lat: &lat, Long: &long,
			PublishedAt: time.Date(2025, 8, 6, 0, 0, 0, 0, time.UTC).Add(-time.Duration(i) * time.Minute)}, nil
	}, func(int) {})
	require.NoError(t, err)
	return conn, url
}

// scan is a node of a plan that reads published.
type scan struct {
	Type, Index, Cond string
	Rows              float64 // read from the index or table, over all loops
}

// scans are the nodes that read published when the statement is run, planned as
// plan_cache_mode says.
func scans(t *testing.T, conn *pgx.Conn, sql string, args pgx.StrictNamedArgs) (all []scan) {
	t.Helper()
	sql, values, err := args.RewriteQuery(t.Context(), conn, sql, nil)
	require.NoError(t, err)
	var literals []string
	for _, v := range values {
		word := fmt.Sprint(v)
		if at, ok := v.(time.Time); ok {
			word = at.Format(time.RFC3339Nano)
		}
		literals = append(literals, "'"+word+"'")
	}
	_, err = conn.Exec(t.Context(), `PREPARE asked AS `+sql)
	require.NoError(t, err)
	var text []byte
	require.NoError(t, conn.QueryRow(t.Context(), `EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE asked (`+strings.Join(literals, ", ")+`)`).Scan(&text))
	_, err = conn.Exec(t.Context(), `DEALLOCATE asked`)
	require.NoError(t, err)
	var plan []struct{ Plan map[string]any }
	require.NoError(t, json.Unmarshal(text, &plan))
	var walk func(map[string]any)
	walk = func(n map[string]any) {
		if n["Relation Name"] == "published" {
			number := func(key string) float64 { f, _ := n[key].(float64); return f }
			word := func(key string) string { s, _ := n[key].(string); return s }
			all = append(all, scan{word("Node Type"), word("Index Name"), word("Index Cond"),
				(number("Actual Rows") + number("Rows Removed by Filter")) * number("Actual Loops")})
		}
		children, _ := n["Plans"].([]any)
		for _, c := range children {
			walk(c.(map[string]any))
		}
	}
	walk(plan[0].Plan)
	return all
}

// Every filter that a dimension's index knows is answered from that index alone, and
// a page far down is read as the first: by as many entries, from its place in the
// index. Tried by letting no dimension lead.
func TestAPageIsReadFromAnIndexWhereverItLies(t *testing.T) {
	t.Parallel()
	conn, url := stocked(t, 6000)
	for _, mode := range []string{"force_generic_plan", "force_custom_plan"} {
		_, err := conn.Exec(t.Context(), `SET plan_cache_mode = `+mode)
		require.NoError(t, err)
		deep := &Key{At: time.Date(2025, 8, 6, 0, 0, 0, 0, time.UTC).Add(-3000 * time.Minute), ID: "KWL-0000-3000-0"}
		parts := []struct {
			name string
			set  func(*Filter)
		}{
			{"agency", func(f *Filter) { f.Agency = "kab.pu" }}, {"region", func(f *Filter) { f.Region = "32" }},
			{"category", func(f *Filter) { f.Category = "roads" }}, {"stage", func(f *Filter) { f.Stage = report.Closed }},
			{"since", func(f *Filter) { f.Since = time.Date(2025, 8, 2, 12, 0, 0, 0, time.UTC) }},
		}
		for bits := range 1 << len(parts) {
			f, name := Filter{Limit: 20}, ""
			for i, p := range parts {
				if bits>>i&1 == 1 {
					p.set(&f)
					name += " " + p.name
				}
			}
			first, args := f.hits(maxList, "")
			read := scans(t, conn, first, args)
			require.Len(t, read, 1, name)
			require.Equal(t, "Index Only Scan", read[0].Type, "%s: %v", name, read)
			require.LessOrEqual(t, read[0].Rows, 12.0*3*maxList, "%s: %v", name, read)

			f.After = deep
			later, args := f.hits(maxList, "")
			far := scans(t, conn, later, args)
			require.Len(t, far, 1, name)
			require.Equal(t, read[0].Index, far[0].Index, name)
			require.Contains(t, far[0].Cond, "ROW(published_at, id) <", name)
			require.InDelta(t, read[0].Rows, far[0].Rows, 200, "%s: as many as for the first page", name)
		}
	}
	err := Fill(t.Context(), url, 1, nil, nil)
	require.ErrorIs(t, err, fault.Conflict, "not beside other reports")
}

// The statement of a list is made of constants: nothing that is asked for is in it.
func TestNoFilterIsWrittenIntoAStatement(t *testing.T) {
	t.Parallel()
	late := true
	const evil = `x'); DROP TABLE report; --`
	f := Filter{Agency: evil, Region: evil, Category: evil, Stage: evil, Q: evil, Late: &late, BBox: &[4]float64{100, -7, 101, -6},
		Since: time.Unix(1, 0), Until: time.Unix(2, 0), After: &Key{ID: evil, At: time.Unix(1, 0)}}
	for _, free := range []bool{false, true} {
		if !free {
			f.Late, f.Q, f.BBox = nil, "", nil
		}
		sql, args := f.hits(maxList, "")
		require.NotContains(t, sql, "DROP")
		for name := range maps.Keys(args) {
			require.True(t, strings.Contains(sql, "@"+name), name)
		}
	}
}
