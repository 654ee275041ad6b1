package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// clusters asks for a map.
func (b *bench) clusters(q store.MapQuery) store.Clusters {
	b.t.Helper()
	c, err := b.s.PublicClusters(b.t.Context(), q)
	require.NoError(b.t, err)
	return c
}

// fold brings the changes into the totals.
func (b *bench) fold() (n int) {
	b.t.Helper()
	b.must(func(ctx context.Context, tx *store.Tx) (err error) {
		n, err = tx.FoldTotals(ctx)
		return err
	})
	return n
}

// stray writes a published report past the wall, as a build of any age would leave it.
func stray(ctx context.Context, c *pgx.Conn, id, category, agency, region, stage string, at time.Time, lat, long *float64) error {
	b := &pgx.Batch{}
	b.Queue(`SET session_replication_role = replica`)
	b.Queue(`
		INSERT INTO report (id, state, seq, wanted_run, started_run, stage, queue, agency, class, category, region, channel, secret, published,
			late, asked, accepted_at, updated_at)
		VALUES ($1, '{}', 1, 1, 1, $2, $3, $3, 'aspiration', $4, $5, 'web', false, true, false, false, $6, $6)`, id, stage, agency, category, region, at)
	b.Queue(`SET session_replication_role = origin`)
	b.Queue(`
		INSERT INTO published (id, title, body, category, agency, region, class, channel, stage, round, accepted, late_units, published_at, updated_at, lat, long)
		VALUES ($1, 'Judul', 'Isi.', $4, $3, $5, 'aspiration', 'web', $2, 1, true, '{}', $6, $6, $7, $8)`, id, stage, agency, category, region, at, lat, long)
	return c.SendBatch(ctx, b).Close()
}

// counted is what the totals and deltas say, by their finest grain, and what
// count(*) says.
func (b *bench) counted() (totals, rows []string) {
	b.t.Helper()
	conn := b.connect()
	read := func(sql string) []string {
		r, err := conn.Query(b.t.Context(), sql)
		require.NoError(b.t, err)
		all, err := pgx.CollectRows(r, pgx.RowTo[string])
		require.NoError(b.t, err)
		return all
	}
	const line = `concat_ws(' ', grain, province, category, stage, month, n, located, lat, long)`
	totals = read(`
		WITH all_of AS (
			SELECT grain, province, category, stage, month, n, located, lat, long FROM published_total
			UNION ALL
			SELECT g.grain, province,
				CASE WHEN g.grain IN ('category', 'all') THEN category ELSE '' END,
				CASE WHEN g.grain IN ('stage', 'all') THEN stage ELSE '' END,
				CASE WHEN g.grain IN ('month', 'all') THEN month ELSE '-infinity' END, n, located, lat, long
			FROM published_delta, unnest(ARRAY['province', 'category', 'stage', 'month', 'all']) AS g (grain)),
		summed AS (
			SELECT grain, province, category, stage, month, sum(n) AS n, sum(located) AS located, sum(lat) AS lat, sum(long) AS long
			FROM all_of
			GROUP BY 1, 2, 3, 4, 5
			HAVING sum(n) <> 0)
		SELECT ` + line + ` FROM summed ORDER BY 1`)
	rows = read(`
		WITH summed AS (
			SELECT g.grain, split_part(region, '.', 1) AS province,
				CASE WHEN g.grain IN ('category', 'all') THEN category ELSE '' END AS category,
				CASE WHEN g.grain IN ('stage', 'all') THEN stage ELSE '' END AS stage,
				CASE WHEN g.grain IN ('month', 'all') THEN date_trunc('month', published_at AT TIME ZONE 'Asia/Jakarta')::date ELSE '-infinity' END AS month,
				count(*) AS n, count(lat) AS located,
				coalesce(sum(round(lat * 1e6)::bigint), 0) AS lat, coalesce(sum(round(long * 1e6)::bigint), 0) AS long
			FROM published, unnest(ARRAY['province', 'category', 'stage', 'month', 'all']) AS g (grain)
			GROUP BY 1, 2, 3, 4, 5)
		SELECT ` + line + ` FROM summed ORDER BY 1`)
	const cells = `concat_ws(' ', 'cell', x, y, stage, month, province, n, lat, long)`
	totals = append(totals, read(`
		WITH summed AS (
			SELECT x, y, stage, month, province, sum(n) AS n, sum(lat) AS lat, sum(long) AS long
			FROM (
				SELECT x, y, stage, month, province, n, lat, long FROM published_cell
				UNION ALL
				SELECT x, y, stage, month, province, located, lat, long FROM published_delta WHERE x IS NOT NULL) t
			GROUP BY 1, 2, 3, 4, 5
			HAVING sum(n) <> 0)
		SELECT `+cells+` FROM summed ORDER BY 1`)...)
	rows = append(rows, read(`
		WITH summed AS (
			SELECT floor(long * 4096 / 360) AS x, floor(lat * 4096 / 360) AS y, stage, date_trunc('month', published_at AT TIME ZONE 'Asia/Jakarta')::date AS month,
				split_part(region, '.', 1) AS province, count(*) AS n, sum(round(lat * 1e6)::bigint) AS lat, sum(round(long * 1e6)::bigint) AS long
			FROM published
			WHERE lat IS NOT NULL
			GROUP BY 1, 2, 3, 4, 5)
		SELECT `+cells+` FROM summed ORDER BY 1`)...)
	return totals, rows
}

// Many write, move and take down at once while others fold. Tried by a fold that
// updates a total without its deltas, by one without the sign of what is gone, and by
// leaving the trigger of updates out: each is seen.
func TestTheTotalsAreExactWhateverHappensAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	setup := b.connect()
	for _, sql := range []string{
		`INSERT INTO region (code, parent, name) VALUES ('33', NULL, 'Tengah'), ('33.01', '33', 'Satu'), ('33.02', '33', 'Dua') ON CONFLICT DO NOTHING`,
		`INSERT INTO category (code, name_id, name_en, default_content, weight) VALUES ('water', 'Air', 'Water', 'public', 1) ON CONFLICT DO NOTHING`,
	} {
		_, err := setup.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	const writers, each = 6, 60
	regions, categories, stages := []string{"32.04", "33.01", "33.02"}, []string{"roads", "water"}, []string{"follow_up", "closure", "closed"}
	done := make(chan struct{})
	var wrote, folds sync.WaitGroup
	errs := make(chan error, writers+2)
	for range 2 {
		folds.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := b.do(func(ctx context.Context, tx *store.Tx) error {
					_, err := tx.FoldTotals(ctx)
					return err
				}); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	for w := range writers {
		conn := b.connect()
		random := rand.New(rand.NewPCG(7, uint64(w)))
		pick := func(from []string) string { return from[random.IntN(len(from))] }
		wrote.Go(func() {
			for i := range each {
				id := fmt.Sprintf("KWL-%04d-%04d-0", w, i)
				var lat, long *float64
				if random.IntN(4) > 0 {
					x, y := -6-random.Float64(), 107+random.Float64()
					lat, long = &x, &y
				}
				at := wednesday.AddDate(0, 0, -random.IntN(90))
				if err := stray(t.Context(), conn, id, pick(categories), works, pick(regions), pick(stages), at, lat, long); err != nil {
					errs <- err
					return
				}
				for range 2 { // rows of all writers, in no order
					other := fmt.Sprintf("KWL-%04d-%%", random.IntN(writers))
					var err error
					switch random.IntN(4) {
					case 0:
						_, err = conn.Exec(t.Context(), `DELETE FROM published WHERE id = (SELECT id FROM published WHERE id LIKE $1 ORDER BY random() LIMIT 1)`, other)
					case 1:
						_, err = conn.Exec(t.Context(), `UPDATE published SET region = $2 WHERE id = (SELECT id FROM published WHERE id LIKE $1 ORDER BY random() LIMIT 1)`, other, pick(regions))
					case 2:
						_, err = conn.Exec(t.Context(), `UPDATE published SET stage = $2, category = $3 WHERE id = (SELECT id FROM published WHERE id LIKE $1 ORDER BY random() LIMIT 1)`, other, pick(stages), pick(categories))
					default:
						_, err = conn.Exec(t.Context(), `UPDATE published SET rating = 3 WHERE id = (SELECT id FROM published WHERE id LIKE $1 ORDER BY random() LIMIT 1)`, other)
					}
					if err != nil {
						errs <- err
						return
					}
				}
			}
		})
	}
	wrote.Wait()
	close(done)
	folds.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	totals, rows := b.counted()
	require.NotEmpty(t, rows)
	require.Equal(t, rows, totals, "with what is not folded yet")
	b.fold()
	require.Zero(t, b.fold())
	totals, rows = b.counted()
	require.Equal(t, rows, totals, "all folded")
	require.Zero(t, b.count(`SELECT count(*) FROM published_delta`))
	require.Zero(t, b.count(`SELECT count(*) FROM published_total WHERE n = 0`)+b.count(`SELECT count(*) FROM published_cell WHERE n = 0`))

	// A province is divided.
	_, err := setup.Exec(t.Context(), `INSERT INTO region (code, parent, name) VALUES ('34', NULL, 'Baru')`)
	require.NoError(t, err)
	_, err = setup.Exec(t.Context(), `UPDATE region SET parent = '34' WHERE code = '33.02'`)
	require.NoError(t, err)
	moved := b.count(`SELECT count(lat) FROM published WHERE region = '33.02'`)
	require.Equal(t, moved, b.clusters(store.MapQuery{Filter: store.Filter{Region: "34"}, Province: true}).Total)
	b.fold()
	require.Equal(t, moved, b.clusters(store.MapQuery{Filter: store.Filter{Region: "34"}, Province: true}).Total)
}

// scatter publishes many reports of all sorts.
func (b *bench) scatter(n int) {
	b.t.Helper()
	conn, random := b.connect(), rand.New(rand.NewPCG(11, 3))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	for i := range n {
		var lat, long *float64
		if random.IntN(5) > 0 {
			x, y := -8+3*random.Float64(), 106+4*random.Float64()
			lat, long = &x, &y
		}
		err := stray(b.t.Context(), conn, fmt.Sprintf("KWL-%04d-%04d-0", i/10000, i%10000), pick("roads", "roads.pothole"), pick(works, roads, health), pick("32", "32.04"),
			pick("follow_up", "closure", "closed"), wednesday.AddDate(0, 0, -random.IntN(100)), lat, long)
		require.NoError(b.t, err)
	}
}

// Each count of a map is held against count(*), whichever way it was counted.
func TestEveryCountOfTheMapIsThatOfTheRows(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := b.connect().Exec(t.Context(), `INSERT INTO category (code, parent, name_id, name_en, default_content, weight)
		VALUES ('roads.pothole', 'roads', 'Lubang', 'Potholes', 'public', 1) ON CONFLICT DO NOTHING`)
	require.NoError(t, err)
	b.scatter(400)
	july, august := wib("2025-07-01 00:00"), wib("2025-08-01 00:00")
	box := &[4]float64{106.5, -7.5, 108.2, -6.1}
	for name, tt := range map[string]struct {
		query  store.MapQuery
		totals bool
		where  string
	}{
		"all":                        {store.MapQuery{}, true, `true`},
		"a province":                 {store.MapQuery{Filter: store.Filter{Region: "32"}, Province: true}, true, `region LIKE '32%'`},
		"a category":                 {store.MapQuery{Filter: store.Filter{Category: "roads.pothole"}}, true, `category = 'roads.pothole'`},
		"a category and those below": {store.MapQuery{Filter: store.Filter{Category: "roads"}}, true, `true`},
		"a stage":                    {store.MapQuery{Filter: store.Filter{Stage: report.Closed}}, true, `stage = 'closed'`},
		"months":                     {store.MapQuery{Filter: store.Filter{Since: july, Until: august}}, true, `published_at >= '2025-07-01 00:00+07' AND published_at < '2025-08-01 00:00+07'`},
		"all that totals know": {store.MapQuery{Filter: store.Filter{Region: "32", Category: "roads.pothole", Stage: report.Closure, Since: july}, Province: true}, true,
			`category = 'roads.pothole' AND stage = 'closure' AND published_at >= '2025-07-01 00:00+07'`},
		"days":      {store.MapQuery{Filter: store.Filter{Since: july.Add(time.Hour)}}, false, `published_at >= '2025-07-01 01:00+07'`},
		"a regency": {store.MapQuery{Filter: store.Filter{Region: "32.04"}}, false, `region = '32.04'`},
		"an agency": {store.MapQuery{Filter: store.Filter{Agency: works}}, false, `agency IN ('kab.pu', 'kab.pu.jalan')`},
		"words":     {store.MapQuery{Filter: store.Filter{Q: "judul"}}, false, `true`},
		"cells":     {store.MapQuery{Zoom: 9}, true, `true`},
		"cells of a province": {store.MapQuery{Zoom: 9, Filter: store.Filter{Region: "32", Stage: report.Closed, Since: july.Add(time.Hour)}, Province: true}, true,
			`region LIKE '32%' AND stage = 'closed' AND published_at >= '2025-07-01 01:00+07'`},
		"cells of a stage": {store.MapQuery{Zoom: 10, Filter: store.Filter{Stage: report.Closed}}, true, `stage = 'closed'`},
		"cells of days": {store.MapQuery{Zoom: 9, Filter: store.Filter{Since: july.Add(100 * time.Hour), Until: august.Add(99 * time.Hour)}}, true,
			`published_at >= '2025-07-05 04:00+07' AND published_at < '2025-08-05 03:00+07'`},
		"cells of days of months": {store.MapQuery{Zoom: 9, Filter: store.Filter{Since: wib("2025-05-20 12:00"), Until: august.Add(99 * time.Hour)}}, true,
			`published_at >= '2025-05-20 12:00+07' AND published_at < '2025-08-05 03:00+07'`},
		"cells of days of a month": {store.MapQuery{Zoom: 9, Filter: store.Filter{Since: july.Add(100 * time.Hour), Until: july.Add(200 * time.Hour)}}, false,
			`published_at >= '2025-07-05 04:00+07' AND published_at < '2025-07-09 08:00+07'`},
		"cells beyond the grid": {store.MapQuery{Zoom: 12, Filter: store.Filter{Stage: report.Closed}}, false, `stage = 'closed'`},
		"cells of an agency": {store.MapQuery{Filter: store.Filter{Agency: works, Category: "roads.pothole", Stage: report.Closed, Since: july.Add(time.Hour)}, Zoom: 9}, false,
			`agency IN ('kab.pu', 'kab.pu.jalan') AND category = 'roads.pothole' AND stage = 'closed' AND published_at >= '2025-07-01 01:00+07'`},
	} {
		for _, folded := range []bool{false, true} {
			if folded {
				b.fold()
			}
			q, located := tt.query, ` AND lat IS NOT NULL`
			if q.Zoom > store.ProvinceZoom {
				q.BBox = box
				size := store.CellSize(q.Zoom)
				located += fmt.Sprintf(` AND floor(long / %[1]v) BETWEEN floor(106.5 / %[1]v) AND floor(108.2 / %[1]v)
					AND floor(lat / %[1]v) BETWEEN floor(-7.5 / %[1]v) AND floor(-6.1 / %[1]v)`, size)
			}
			got := b.clusters(q)
			require.Equal(t, tt.totals, got.Totals, name)
			require.Equal(t, b.count(`SELECT count(*) FROM published WHERE `+tt.where+located), got.Total, name)
			if strings.Contains(name, "of days") || name == "cells of an agency" || name == "cells of a province" {
				require.Nil(t, got.WithoutPoint)
				got.WithoutPoint = new(b.count(`SELECT count(*) FROM published WHERE lat IS NULL AND ` + tt.where))
			}
			require.Equal(t, b.count(`SELECT count(*) FROM published WHERE lat IS NULL AND `+tt.where), *got.WithoutPoint, name)
			sum := 0
			for _, c := range got.Clusters {
				sum += c.Count
				require.Positive(t, c.Count, name)
				require.InDelta(t, -6.5, c.Lat, 2, name)
				require.InDelta(t, 108, c.Long, 2.5, name)
			}
			require.Equal(t, got.Total, sum, name)
		}
	}
	cell, next := b.clusters(store.MapQuery{Zoom: 9, Filter: store.Filter{BBox: box}}), *box
	next[0] += 0.001
	require.Equal(t, cell, b.clusters(store.MapQuery{Zoom: 9, Filter: store.Filter{BBox: &next}}), "a cell has one number, whichever box touches it")
}

// RULES.md section 6: secret reports are absent from map, clusters and counts, from
// the moment they are made secret.
func TestAReportMadeSecretIsGoneFromEveryCountAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, folded := range []bool{false, true} {
		id := b.file(filed{lat: -6.9, lon: 107.6}).ID
		b.forward(id, works)
		if folded {
			b.fold()
		}
		for _, zoom := range []int{3, 9, 12} {
			require.Equal(t, 1, b.clusters(store.MapQuery{Zoom: zoom, Filter: store.Filter{BBox: &[4]float64{107, -7, 108, -6}}}).Total)
		}
		b.mustInsert(id, b.said(report.Command{Action: report.MakeSecret, By: report.Reporter}))
		for _, zoom := range []int{3, 9, 12} {
			require.Equal(t, store.Clusters{Clusters: []store.Cluster{}, WithoutPoint: new(int), Totals: zoom != 12, Cell: map[int]float64{9: store.CellSize(9), 12: store.CellSize(12)}[zoom]},
				b.clusters(store.MapQuery{Zoom: zoom, Filter: store.Filter{BBox: &[4]float64{107, -7, 108, -6}}}))
		}
		points, without := b.points(store.Filter{})
		require.Empty(t, points)
		require.Zero(t, without)
	}
	b.fold()
	require.Zero(t, b.count(`SELECT count(*) FROM published_total`), "nor does a total tell that there was one")
}
