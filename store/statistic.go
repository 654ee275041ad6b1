package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/internal/fault"
)

// dimensions are what statistics may be taken by.
var dimensions = []string{"agency", "category", "region", "stage", "month"}

// countHits makes the statistics of hit(key, late, late_units, concluded_days,
// score). By agency, was_late counts the clocks that this agency let pass,
// whoever holds the report now; otherwise those of the line's reports. A filter
// by agency is for the agency that holds the report now.
const countHits = `
	passed AS (
		SELECT CASE WHEN @dim = 'agency' THEN u.unit ELSE h.key END AS key, count(*) AS n
		FROM hit h, unnest(h.late_units) AS u (unit)
		WHERE @dim <> 'agency' OR @agency::text IS NULL OR u.unit = ANY (ARRAY(SELECT units_below(@agency)))
		GROUP BY 1),
	counted AS (
		SELECT key, count(*) AS received, count(*) FILTER (WHERE late) AS late_now,
			percentile_cont(0.5) WITHIN GROUP (ORDER BY concluded_days) AS median,
			avg(score)::float8 AS rating, count(score) AS ratings
		FROM hit
		GROUP BY key)
	SELECT coalesce(c.key, p.key) AS key, coalesce(c.received, 0) AS received, coalesce(c.late_now, 0) AS late_now,
		coalesce(p.n, 0) AS was_late, c.median AS median_working_days, c.rating, coalesce(c.ratings, 0) AS ratings
	FROM counted c
	FULL JOIN passed p ON p.key = c.key
	ORDER BY 1`

func checkDimension(dim string) error {
	if !slices.Contains(dimensions, dim) {
		return fault.At("/by", "Statistik tersedia menurut agency, category, region, stage dan month.")
	}
	return nil
}

// PublicStatistics counts published reports that fit the filter (its box, page
// and limit apart) by agency, category, region, stage or month of publication
// (WIB, YYYY-MM), in the order of the key. fault.Invalid for another dimension.
// One round trip.
func (s *Store) PublicStatistics(ctx context.Context, dim string, f Filter) ([]Statistic, error) {
	if err := checkDimension(dim); err != nil {
		return nil, err
	}
	args := only(f.args(maxList), whereArgs...)
	args["dim"] = dim
	lines, err := list[Statistic](ctx, s.pool, `
		WITH hit AS (
			SELECT CASE @dim::text
					WHEN 'agency' THEN p.agency
					WHEN 'category' THEN p.category
					WHEN 'region' THEN p.region
					WHEN 'stage' THEN p.stage
					ELSE to_char(p.published_at AT TIME ZONE 'Asia/Jakarta', 'YYYY-MM')
				END AS key,
				`+publicLate+` AS late, p.late_units, p.concluded_days, p.rating AS score
			FROM published p
			WHERE `+publicWhere+`),`+countHits, args)
	if err != nil {
		return nil, fmt.Errorf("count published reports: %w", err)
	}
	return lines, nil
}

// StaffStatistics counts the reports that the transaction's actor may see, as
// PublicStatistics does, by month of acceptance. Reports without an agency are
// on a line with an empty key.
func (t *Tx) StaffStatistics(ctx context.Context, dim string, f Filter) ([]Statistic, error) {
	if err := checkDimension(dim); err != nil {
		return nil, err
	}
	args := t.withActor(only(f.args(maxList), whereArgs...))
	args["dim"] = dim
	lines, err := many(ctx, t, pgx.RowToStructByName[Statistic], `
		WITH hit AS (
			SELECT CASE @dim::text
					WHEN 'agency' THEN coalesce(r.agency, '')
					WHEN 'category' THEN r.category
					WHEN 'region' THEN r.region
					WHEN 'stage' THEN r.stage
					ELSE to_char(r.accepted_at AT TIME ZONE 'Asia/Jakarta', 'YYYY-MM')
				END AS key,
				`+runsLate+` AS late,
				ARRAY(SELECT k.unit FROM clock k WHERE k.report = r.id AND k.late_at IS NOT NULL) AS late_units,
				r.concluded_days, g.score
			FROM report r
			LEFT JOIN rating g ON g.report = r.id
			WHERE `+visible+` AND `+staffWhere+`),`+countHits, args)
	if err != nil {
		return nil, fmt.Errorf("count reports: %w", err)
	}
	return lines, nil
}
