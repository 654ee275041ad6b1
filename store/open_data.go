package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/internal/fault"
)

// openDataK is how many reports each line of the open data stands for at least
// (k-anonymity). Ours, with the issue.
const openDataK = 5

// whatever stands in the open data where a value is not told.
const whatever = "*"

// OpenData is the file of a night.
type OpenData struct {
	Day    time.Time // civil date in WIB, midnight UTC
	MadeAt time.Time
	CSV    []byte
}

// class is what is told of reports in one line of the open data.
type class struct {
	Region, Category, Month, Status, Agency string
}

// classed are reports of one class, with what their region and category lie below.
type classed struct {
	class
	Province, Topic string
	N               int
}

// generalise are the steps by which a class that is too small is told less of, one
// after the other, each on top of those before.
var generalise = []func(*classed){
	func(c *classed) { c.Category = c.Topic },
	func(c *classed) { c.Region = c.Province },
	func(c *classed) { c.Month = c.Month[:len("2006")] },
	func(c *classed) { c.Agency, c.Status = whatever, whatever },
}

// anonymous returns classes of at least k reports each, in order. What is too
// small is told less of, together with what else is too small, or with a class that
// is told that way already; what stays too small to the end is left out. No report
// is in two.
func anonymous(all []classed, k int) []classed {
	told := map[class]int{}
	for step := 0; ; step++ {
		sums := map[class]int{}
		for _, c := range all {
			sums[c.class] += c.N
		}
		var small []classed
		for _, c := range all {
			if told[c.class] == 0 && sums[c.class] < k {
				small = append(small, c)
			}
		}
		for c, n := range sums {
			if told[c] > 0 || n >= k {
				told[c] += n
			}
		}
		if step == len(generalise) {
			return ordered(told)
		}
		for i := range small {
			generalise[step](&small[i])
		}
		all = small
	}
}

func ordered(told map[class]int) []classed {
	all := make([]classed, 0, len(told))
	for c, n := range told {
		all = append(all, classed{class: c, N: n})
	}
	slices.SortFunc(all, func(a, b classed) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.Category, b.Category), cmp.Compare(a.Month, b.Month),
			cmp.Compare(a.Status, b.Status), cmp.Compare(a.Agency, b.Agency))
	})
	return all
}

// MakeOpenData makes the open data of a day in place of that of the day before:
// published reports counted by region, category, month of publication, status and
// agency (the unit directly below the root), no line under 5 reports. It reports
// whether it made it: not if it is there already, or another process is about it.
func (t *Tx) MakeOpenData(ctx context.Context, day time.Time) (bool, error) {
	free, err := one(ctx, t, pgx.RowTo[bool], `
		SELECT pg_try_advisory_xact_lock(hashtext('open_data'))
			AND NOT EXISTS (SELECT FROM open_data o WHERE o.day >= $1::date)`, day.Format(time.DateOnly))
	if err != nil || !free {
		return false, explain(err, "look for open data")
	}
	all, err := many(ctx, t, pgx.RowToStructByName[classed], `
		WITH RECURSIVE unit AS (
			SELECT a.id, a.id AS agency, true AS root FROM agency a WHERE a.parent IS NULL
			UNION ALL
			SELECT a.id, CASE WHEN u.root THEN a.id ELSE u.agency END, false
			FROM agency a
			JOIN unit u ON u.id = a.parent),
		topic AS (
			SELECT c.code, c.code AS topic FROM category c WHERE c.parent IS NULL
			UNION ALL
			SELECT c.code, p.topic
			FROM category c
			JOIN topic p ON p.code = c.parent),
		place AS (
			SELECT r.code, region_top(r.code) AS province
			FROM region r)
		SELECT p.region, place.province, p.category, topic.topic, to_char(published_month(p.published_at), 'YYYY-MM') AS month,
			p.stage AS status, unit.agency, count(*) AS n
		FROM published p
		JOIN unit ON unit.id = p.agency
		JOIN topic ON topic.code = p.category
		JOIN place ON place.code = p.region
		GROUP BY 1, 2, 3, 4, 5, 6, 7
		ORDER BY 1, 3, 5, 6, 7`)
	if err != nil {
		return false, explain(err, "count for open data")
	}
	file, err := openCSV(anonymous(all, openDataK))
	if err != nil {
		return false, err
	}
	_, err = t.exec(ctx, `
		INSERT INTO open_data (day, made_at, csv)
		VALUES (@day::date, @made_at, @csv)
		ON CONFLICT (one) DO UPDATE
		SET day = excluded.day, made_at = excluded.made_at, csv = excluded.csv`,
		pgx.StrictNamedArgs{"day": day.Format(time.DateOnly), "made_at": t.s.now(), "csv": file})
	return err == nil, explain(err, "keep open data")
}

func openCSV(all []classed) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	lines := [][]string{{"region", "category", "month", "status", "agency", "reports"}}
	for _, c := range all {
		lines = append(lines, []string{c.Region, c.Category, c.Month, c.Status, c.Agency, strconv.Itoa(c.N)})
	}
	if err := w.WriteAll(lines); err != nil {
		return nil, fmt.Errorf("write open data: %w", err)
	}
	return b.Bytes(), nil
}

// OpenData returns the file of the last night. fault.NotFound before the first.
func (s *Store) OpenData(ctx context.Context) (OpenData, error) {
	found, err := list[OpenData](ctx, s.pool, `SELECT day, made_at, csv FROM open_data`)
	if err != nil {
		return OpenData{}, fmt.Errorf("select open data: %w", err)
	}
	if len(found) == 0 {
		return OpenData{}, fault.New(fault.NotFound, "Data terbuka belum dibuat; coba lagi besok.")
	}
	found[0].MadeAt = found[0].MadeAt.UTC()
	return found[0], nil
}
