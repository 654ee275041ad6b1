package store_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

var tonight = time.Date(2025, 8, 7, 0, 0, 0, 0, time.UTC)

// openData makes the open data of a day and reads the lines below their header.
func (b *bench) openData(day time.Time) map[[5]string]int {
	b.t.Helper()
	var made bool
	b.must(func(ctx context.Context, tx *store.Tx) (err error) {
		made, err = tx.MakeOpenData(ctx, day)
		return err
	})
	require.True(b.t, made)
	d, err := b.s.OpenData(b.t.Context())
	require.NoError(b.t, err)
	require.True(b.t, day.Equal(d.Day))
	lines, err := csv.NewReader(bytes.NewReader(d.CSV)).ReadAll()
	require.NoError(b.t, err)
	require.Equal(b.t, []string{"region", "category", "month", "status", "agency", "reports"}, lines[0])
	all := map[[5]string]int{}
	for _, l := range lines[1:] {
		key := [5]string(l[:5])
		require.Zero(b.t, all[key], "a class has one line")
		n, err := strconv.Atoi(l[5])
		require.NoError(b.t, err)
		all[key] = n
	}
	return all
}

// The written file is counted again from the reports, each by the first way of
// telling it that the file has. Tried with k = 4, and by leaving out a step.
func TestEveryLineOfTheOpenDataStandsForFiveReportsAndEveryReportForOneLine(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	conn := b.connect()
	for _, sql := range []string{
		`INSERT INTO region (code, parent, name) VALUES ('33', NULL, 'Tengah'), ('33.01', '33', 'Satu'), ('33.02', '33', 'Dua') ON CONFLICT DO NOTHING`,
		`INSERT INTO category (code, parent, name_id, name_en, default_content, weight)
			VALUES ('roads.pothole', 'roads', 'Lubang', 'Potholes', 'public', 1), ('roads.bridge', 'roads', 'Jembatan', 'Bridges', 'public', 1) ON CONFLICT DO NOTHING`,
	} {
		_, err := conn.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	random := rand.New(rand.NewPCG(5, 25))
	pick := func(from ...string) string { return from[min(random.IntN(len(from)), random.IntN(len(from)))] } // the first more often
	const reports = 700
	for i := range reports {
		require.NoError(t, stray(t.Context(), conn, fmt.Sprintf("KWL-%04d-0000-0", i), pick("roads.pothole", "roads", "roads.bridge"), pick(works, health, roads, kab, nation),
			pick("32.04", "33.01", "33.02", "32"), pick("closed", "closure", "follow_up", "archived"), wednesday.AddDate(0, 0, -random.IntN(600)), nil, nil))
	}
	lines := b.openData(tonight)
	rows, err := conn.Query(t.Context(), `SELECT region, category, to_char(published_at AT TIME ZONE 'Asia/Jakarta', 'YYYY-MM'), stage, agency FROM published`)
	require.NoError(t, err)
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (k [5]string, err error) {
		return k, r.Scan(&k[0], &k[1], &k[2], &k[3], &k[4])
	})
	require.NoError(t, err)
	recount, told, steps := map[[5]string]int{}, 0, map[int]int{}
	for _, k := range all {
		if strings.HasPrefix(k[4], kab) {
			k[4] = kab // the unit directly below the root
		}
		for step := range 5 {
			switch step {
			case 1:
				k[1], _, _ = strings.Cut(k[1], ".")
			case 2:
				k[0], _, _ = strings.Cut(k[0], ".")
			case 3:
				k[2] = k[2][:4]
			case 4:
				k[3], k[4] = "*", "*"
			}
			if lines[k] > 0 {
				recount[k]++
				told++
				steps[step]++
				break
			}
		}
	}
	require.Equal(t, lines, recount)
	for k, n := range recount {
		require.GreaterOrEqual(t, n, 5, "%v", k)
	}
	require.Len(t, steps, 5, "each step was needed: %v", steps)
	require.Greater(t, told, reports-5*4, "what is left out is what even a province and a year have fewer than five of")
}

func TestTheOpenDataAreMadeOnceANightWithoutWhatBecameSecret(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := b.s.OpenData(t.Context())
	require.ErrorIs(t, err, fault.NotFound)
	var ids []string
	for range 6 {
		id := b.file(filed{}).ID
		b.forward(id, works)
		ids = append(ids, id)
	}
	one := func(want int) {
		t.Helper()
		lines := b.openData(tonight)
		require.Len(t, lines, 1)
		for _, n := range lines {
			require.Equal(t, want, n)
		}
		b.must(func(ctx context.Context, tx *store.Tx) error {
			made, err := tx.MakeOpenData(ctx, tonight)
			require.False(t, made, "it is there")
			return err
		})
	}
	one(6)
	b.mustInsert(ids[0], b.said(report.Command{Action: report.MakeSecret, By: report.Reporter}))
	require.Equal(t, 5, sum(b.openData(tonight.AddDate(0, 0, 1))))
	b.mustInsert(ids[1], b.said(report.Command{Action: report.MakeSecret, By: report.Reporter}))
	require.Empty(t, b.openData(tonight.AddDate(0, 0, 2)), "four are too few for a line")
	require.Equal(t, 1, b.count(`SELECT count(*) FROM open_data`), "nor is the night before kept")
}

func sum(lines map[[5]string]int) (n int) {
	for _, l := range lines {
		n += l
	}
	return n
}
