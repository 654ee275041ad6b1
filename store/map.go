package store

import (
	"context"
	"fmt"
	"maps"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
)

// ProvinceZoom is the last zoom of a web map at which a cluster is a province: at
// it a wide screen (1280 pixels, 7 degrees) shows three provinces of Java, at the
// next about one.
const ProvinceZoom = 8

// CellSize is the side of a cluster's cell in degrees: 64 pixels of a web map of
// that zoom at the equator.
func CellSize(zoom int) float64 { return math.Ldexp(360, -zoom-2) }

// MapQuery asks for the clusters of a map.
type MapQuery struct {
	Filter        // Limit and After apart
	Zoom     int  // 0..20
	Province bool // Region is one that no other lies above; without a Region it says nothing
}

// Cluster is reports counted as one point.
type Cluster struct {
	Region    string  // province of the cluster up to ProvinceZoom; else empty
	Count     int     // with a point
	Lat, Long float64 // the middle of their points
}

// Clusters is what a map shows.
type Clusters struct {
	Clusters     []Cluster // by province, or the largest first
	Total        int       // in the clusters
	WithoutPoint *int      // that fit but have no point, whatever the box; nil: below province zoom, where only the rows would tell
	Totals       bool      // counted from the totals and not from the rows
	Cell         float64   // side of a cell in degrees; 0: clusters are provinces
}

// cluster is a Cluster as it is counted: cell is "x y" below province zoom.
type cluster struct {
	Region       string
	X, Y         int
	Located, All int
	Lat, Long    float64 // sums
}

// PublicClusters counts published reports by province up to ProvinceZoom, whatever
// the box, and beyond by the cells of a fixed grid that the box touches, each cell
// whole. Every count is exact at one moment. By province it comes from the totals,
// unless the filter asks for what they do not know: agency, region below a
// province, late, words, or a period that does not begin and end with a month of
// WIB. One round trip.
func (s *Store) PublicClusters(ctx context.Context, q MapQuery) (Clusters, error) {
	q.After = nil
	var found []cluster
	var err error
	c := Clusters{Clusters: []Cluster{}}
	switch {
	case q.Zoom > ProvinceZoom:
		c.Cell = CellSize(q.Zoom)
		var p months
		if p, c.Totals = q.fromCells(); c.Totals {
			found, err = s.cellTotals(ctx, q, p)
		} else {
			found, err = s.cells(ctx, q)
		}
	case q.fromTotals():
		c.Totals = true
		found, err = s.provinces(ctx, q)
	default:
		found, err = s.provincesByRow(ctx, q)
	}
	if err != nil {
		return Clusters{}, fmt.Errorf("count published points: %w", err)
	}
	if c.Cell == 0 || q.fromTotals() {
		c.WithoutPoint = new(int)
	}
	for _, k := range found {
		if c.WithoutPoint != nil {
			*c.WithoutPoint += k.All - k.Located
		}
		if k.Located == 0 {
			continue
		}
		n := float64(k.Located)
		c.Clusters = append(c.Clusters, Cluster{Region: k.Region, Count: k.Located, Lat: k.Lat / n, Long: k.Long / n})
		c.Total += k.Located
	}
	return c, nil
}

// wib is the zone of the months of the totals, as in published_month.
var wib = time.FixedZone("WIB", 7*60*60)

// monthly reports whether a bound of a period is the beginning of a month.
func monthly(t time.Time) bool {
	local := t.In(wib)
	year, month, _ := local.Date()
	return t.IsZero() || local.Equal(time.Date(year, month, 1, 0, 0, 0, 0, wib))
}

// fromTotals reports whether the totals know all that is asked.
func (q MapQuery) fromTotals() bool {
	return q.Agency == "" && q.Class == "" && q.Late == nil && q.Q == "" && (q.Region == "" || q.Province) && monthly(q.Since) && monthly(q.Until)
}

// grain is the coarsest one of published_total that has the columns asked for.
func (q MapQuery) grain() string {
	period := !q.Since.IsZero() || !q.Until.IsZero()
	switch {
	case q.Category == "" && q.Stage == "" && !period:
		return "province"
	case q.Stage == "" && !period:
		return "category"
	case q.Category == "" && !period:
		return "stage"
	case q.Category == "" && q.Stage == "":
		return "month"
	}
	return "all"
}

// totals is what the totals and what is not folded into them yet say of the
// filter, as rows (province, n, located, lat, long).
func (q MapQuery) totals() (string, pgx.StrictNamedArgs) {
	n := &narrowed{args: pgx.StrictNamedArgs{"grain": q.grain()}}
	n.when(q.Region != "", "t.province = @region::text", pgx.StrictNamedArgs{"region": q.Region})
	n.when(q.Category != "", "t.category = ANY (ARRAY(SELECT categories_below(@category)))", pgx.StrictNamedArgs{"category": q.Category})
	n.when(q.Stage != "", "t.stage = @stage::text", pgx.StrictNamedArgs{"stage": string(q.Stage)})
	n.when(!q.Since.IsZero(), "t.month >= published_month(@since::timestamptz)", pgx.StrictNamedArgs{"since": q.Since})
	n.when(!q.Until.IsZero(), "t.month < published_month(@until::timestamptz)", pgx.StrictNamedArgs{"until": q.Until})
	return `(
			SELECT t.province, t.n, t.located, t.lat, t.long
			FROM published_total t
			WHERE t.grain = @grain::text AND ` + n.where() + `
			UNION ALL
			SELECT t.province, t.n, t.located, t.lat, t.long
			FROM published_delta t
			WHERE ` + n.where() + `)`, n.args
}

// provinces counts from the totals.
func (s *Store) provinces(ctx context.Context, q MapQuery) ([]cluster, error) {
	totals, args := q.totals()
	return list[cluster](ctx, s.pool, `
		SELECT t.province AS region, 0 AS x, 0 AS y, sum(t.located)::bigint AS located, sum(t.n)::bigint AS "all",
			sum(t.lat)::float8 / 1e6 AS lat, sum(t.long)::float8 / 1e6 AS long
		FROM `+totals+` t
		GROUP BY t.province
		HAVING sum(t.n) <> 0
		ORDER BY t.province`, args)
}

// pointless is a subquery for how many reports fit but have no point, from the
// totals where they know it.
func (q MapQuery) pointless(args pgx.StrictNamedArgs) string {
	q.BBox, q.After = nil, nil
	if q.fromTotals() {
		totals, more := q.totals()
		maps.Copy(args, more)
		return `(SELECT coalesce(sum(t.n - t.located), 0)::bigint FROM ` + totals + ` t)`
	}
	n := q.narrow()
	maps.Copy(args, n.args)
	return `(SELECT count(*) FROM published p WHERE p.lat IS NULL AND p.band IS NULL AND ` + n.where() + `)`
}

// provincesByRow counts the rows themselves.
func (s *Store) provincesByRow(ctx context.Context, q MapQuery) ([]cluster, error) {
	q.BBox = nil
	n := q.narrow()
	return list[cluster](ctx, s.pool, `
		SELECT region_top(g.region) AS region, 0 AS x, 0 AS y, sum(g.located)::bigint AS located, sum(g.n)::bigint AS "all",
			sum(g.lat) AS lat, sum(g.long) AS long
		FROM (
			SELECT p.region, count(p.lat) AS located, count(*) AS n, coalesce(sum(p.lat), 0) AS lat, coalesce(sum(p.long), 0) AS long
			FROM published p
			WHERE `+n.where()+`
			GROUP BY p.region) g
		GROUP BY 1
		ORDER BY 1`, pgx.QueryExecModeCacheDescribe, n.args)
}

// cells counts by cell. The box of the query grows to whole cells, so that a cell
// has the same number whichever box touches it.
func (s *Store) cells(ctx context.Context, q MapQuery) ([]cluster, error) {
	size := CellSize(q.Zoom)
	west, south := int(math.Floor(q.BBox[0]/size)), int(math.Floor(q.BBox[1]/size))
	east, north := int(math.Floor(q.BBox[2]/size)), int(math.Floor(q.BBox[3]/size))
	all := q.Filter
	all.BBox = nil
	lead := all.placed()
	n := all.narrow(lead.name)
	n.args["size"] = size
	n.args["west"], n.args["south"] = float64(west)*size, float64(south)*size
	n.args["east"], n.args["north"] = float64(east+1)*size, float64(north+1)*size
	var bands []int16 // degrees of latitude that the cells touch
	for b := math.Floor(float64(south) * size); b < float64(north+1)*size; b++ {
		bands = append(bands, int16(b))
	}
	n.args["bands"] = bands
	inside := `p.band = ANY (@bands::smallint[]) AND p.long >= @west::float8 AND p.long < @east::float8
				AND p.lat >= @south::float8 AND p.lat < @north::float8 AND ` + n.where()
	from := `published p
			WHERE ` + inside
	if lead.name != "" {
		n.args[lead.name] = lead.value(all)
		from = lead.below + ` AS d (code)
			CROSS JOIN LATERAL (
				SELECT p.lat, p.long
				FROM published p
				WHERE p.` + lead.name + ` = d.code AND ` + inside + `
				OFFSET 0) p`
	}
	without := "0"
	if q.fromTotals() {
		without = q.pointless(n.args)
	}
	return list[cluster](ctx, s.pool, `
		SELECT '' AS region, floor(p.long / @size::float8)::integer AS x, floor(p.lat / @size::float8)::integer AS y,
			count(*) AS located, count(*) AS "all", sum(p.lat) AS lat, sum(p.long) AS long
		FROM `+from+`
		GROUP BY 2, 3
		UNION ALL
		SELECT '', 0, 0, 0, `+without+`, 0, 0
		ORDER BY 4 DESC, 3, 2`, pgx.QueryExecModeCacheDescribe, n.args)
}

// placed is the dimension whose index of places is read: it leaves few of the rows
// of a box. None if the filter has no such dimension.
func (f Filter) placed() dimension {
	for _, d := range publicDimensions {
		if (d.name == "agency" || d.name == "category") && d.value(f) != "" && !f.free() {
			return d
		}
	}
	return dimension{}
}

// gridZoom is the zoom whose cells published_cell counts; published_grid has its
// size.
const gridZoom = 10

// months is a period as whole months in WIB and what is left of it at its ends.
type months struct {
	from, to time.Time // whole months from the first, before the second; zero: no bound
	rest     [][2]time.Time
}

// fromCells is the period of the filter as months, and whether published_cell knows
// all else that is asked.
func (q MapQuery) fromCells() (months, bool) {
	m := months{from: q.Since, to: q.Until}
	if q.Zoom > gridZoom || q.Class != "" || q.Late != nil || q.Q != "" || q.Agency != "" || q.Category != "" || (q.Region != "" && !q.Province) {
		return m, false
	}
	if !monthly(q.Since) {
		year, month, _ := q.Since.In(wib).Date()
		m.from = time.Date(year, month+1, 1, 0, 0, 0, 0, wib)
		m.rest = append(m.rest, [2]time.Time{q.Since, m.from})
	}
	if !monthly(q.Until) {
		year, month, _ := q.Until.In(wib).Date()
		m.to = time.Date(year, month, 1, 0, 0, 0, 0, wib)
		m.rest = append(m.rest, [2]time.Time{m.to, q.Until})
	}
	return m, m.from.IsZero() || m.to.IsZero() || !m.to.Before(m.from)
}

// cellTotals counts by cell from the totals and what is not folded into them yet,
// and the days at the ends of the period from the rows.
func (s *Store) cellTotals(ctx context.Context, q MapQuery, p months) ([]cluster, error) {
	size, fine := CellSize(q.Zoom), CellSize(gridZoom)
	per := int(size / fine)
	at := func(degrees float64) int { return int(math.Floor(degrees / size)) }
	n := &narrowed{args: pgx.StrictNamedArgs{"per": per, "west": at(q.BBox[0]) * per, "south": at(q.BBox[1]) * per,
		"east": (at(q.BBox[2]) + 1) * per, "north": (at(q.BBox[3]) + 1) * per}}
	n.when(q.Stage != "", "t.stage = @stage::text", pgx.StrictNamedArgs{"stage": string(q.Stage)})
	inside := n.where()
	n.when(q.Region != "", "t.province = @region::text", pgx.StrictNamedArgs{"region": q.Region})
	n.when(!p.from.IsZero(), "t.month >= published_month(@from::timestamptz)", pgx.StrictNamedArgs{"from": p.from})
	n.when(!p.to.IsZero(), "t.month < published_month(@to::timestamptz)", pgx.StrictNamedArgs{"to": p.to})
	rest := ""
	if q.Region != "" {
		inside += " AND t.region = ANY (ARRAY(SELECT regions_below(@region)))"
	}
	for i, r := range p.rest {
		since, until := fmt.Sprintf("since%d", i), fmt.Sprintf("until%d", i)
		n.args[since], n.args[until] = r[0], r[1]
		rest += `
			UNION ALL
			SELECT published_grid(t.long), published_grid(t.lat), 1, round(t.lat * 1e6)::bigint, round(t.long * 1e6)::bigint
			FROM published t
			WHERE t.lat IS NOT NULL AND t.published_at >= @` + since + `::timestamptz AND t.published_at < @` + until + `::timestamptz AND ` + inside
	}
	without := "0"
	if q.fromTotals() {
		without = q.pointless(n.args)
	}
	return list[cluster](ctx, s.pool, `
		SELECT '' AS region, floor(t.x::float8 / @per)::integer AS x, floor(t.y::float8 / @per)::integer AS y,
			sum(t.n)::bigint AS located, sum(t.n)::bigint AS "all", sum(t.lat)::float8 / 1e6 AS lat, sum(t.long)::float8 / 1e6 AS long
		FROM (
			SELECT t.x, t.y, t.n, t.lat, t.long
			FROM published_cell t
			WHERE t.y >= @south AND t.y < @north AND t.x >= @west AND t.x < @east AND `+n.where()+`
			UNION ALL
			SELECT t.x, t.y, t.located, t.lat, t.long
			FROM published_delta t
			WHERE t.x IS NOT NULL AND `+n.where()+rest+`) t
		WHERE t.y >= @south AND t.y < @north AND t.x >= @west AND t.x < @east
		GROUP BY 2, 3
		HAVING sum(t.n) <> 0
		UNION ALL
		SELECT '', 0, 0, 0, `+without+`, 0, 0
		ORDER BY 4 DESC, 3, 2`, pgx.QueryExecModeCacheDescribe, n.args)
}

// FoldTotals brings what was published and taken down since into the totals of the
// map, and returns how many changes it folded; 0 if another fold is under way.
// Nothing that is counted changes by it, and repeating it does nothing.
func (t *Tx) FoldTotals(ctx context.Context) (int, error) {
	n, err := one(ctx, t, pgx.RowTo[*int], `SELECT published_fold()`)
	return zero(n), explain(err, "fold totals of the map")
}
