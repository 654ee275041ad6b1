package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/store"
)

// crowd makes n open reports beside the ones that are there, each a copy of one
// of them in every table, under a tracking id of its own.
func (b *bench) crowd(n int) {
	b.t.Helper()
	owner := b.connect()
	_, err := owner.Exec(b.t.Context(), `
		CREATE TABLE crowd AS
		SELECT 'KWL-' || substr(h, 1, 4) || '-' || substr(h, 5, 4) || '-0' AS id, m.id AS model
		FROM (
			SELECT upper(lpad(to_hex((i::bigint * 2654435761) % 4294967296), 8, '0')) AS h, i % (SELECT count(*) FROM report) AS k
			FROM generate_series(1, `+fmt.Sprint(n)+`) AS i) AS s
		JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS k FROM report) AS m USING (k)`)
	require.NoError(b.t, err)
	for _, table := range []struct{ name, key string }{
		{"report", "id"}, {"content", "report"}, {"identity", "report"}, {"contact", "report"}, {"access", "report"},
		{"transition", "report"}, {"clock", "report"}, {"published", "id"},
	} {
		var columns string
		err := owner.QueryRow(b.t.Context(), `
			SELECT string_agg(quote_ident(column_name), ', ')
			FROM information_schema.columns
			WHERE table_name = $1 AND is_generated = 'NEVER' AND column_name <> $2`, table.name, table.key).Scan(&columns)
		require.NoError(b.t, err)
		_, err = owner.Exec(b.t.Context(), fmt.Sprintf(`
			INSERT INTO %s (%s, %s)
			SELECT c.id, x.*
			FROM crowd c
			CROSS JOIN LATERAL (SELECT %s FROM %s t WHERE t.%s = c.model) AS x`,
			table.name, table.key, columns, columns, table.name, table.key))
		require.NoError(b.t, err, table.name)
	}
	_, err = owner.Exec(b.t.Context(), `DROP TABLE crowd`)
	require.NoError(b.t, err)
	for _, table := range []string{"report", "clock", "published", "contact"} {
		_, err = owner.Exec(b.t.Context(), `VACUUM ANALYZE `+table)
		require.NoError(b.t, err)
	}
}

// models files reports on ten days, each in verification, with an agency, and
// in closure, half of them with a contact.
func (b *bench) models() {
	for i := range 10 {
		b.setNow(wednesday.Add(time.Duration(i) * 24 * time.Hour))
		b.file(filed{contact: i%2 == 0})
		b.forward(b.file(filed{contact: i%2 == 1}).ID, works)
		b.inClosure()
	}
}

// BenchmarkCommitDecree commits decrees with many reports open: the time of the
// transaction, with everything it writes. Each takes the next day off, so that
// nearly all reports move. Goal: 2 s for 100,000, and no worse than linear.
func BenchmarkCommitDecree(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := newBench(b)
			s.forget("2025-08-06")
			s.models()
			s.crowd(n)
			day := civil("2025-08-19")
			moved, commits := 0, 0
			for b.Loop() {
				b.StopTimer()
				for day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
					day++
				}
				base := s.revision(store.NationalCalendar)
				a := amendment(fmt.Sprintf("SKB-%d", base), "2025-08-06", calendar.CollectiveLeave, day.String())
				day++
				b.StartTimer()
				out, err := s.commit(store.NationalCalendar, base, a)
				require.NoError(b, err)
				moved, commits = moved+out.Reports, commits+1
			}
			b.ReportMetric(float64(moved)/float64(commits), "moved/op")
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(commits)/float64(n), "µs/report")
		})
	}
}
