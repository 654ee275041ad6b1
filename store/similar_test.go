package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

func TestSimilarReportsShareWordsTopicAndPlace(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	one, two, secret := b.file(filed{}).ID, b.file(filed{}).ID, b.file(filed{secret: true}).ID
	b.forward(one, works)
	b.setNow(wednesday.Add(time.Hour))
	b.forward(two, works)
	b.forward(secret, works)
	similar := func(category, region, text string) (ids []string) {
		cards, err := b.s.PublicSimilar(t.Context(), category, region, text)
		require.NoError(t, err)
		for _, c := range cards {
			ids = append(ids, c.ID)
		}
		return ids
	}
	require.Equal(t, []string{two, one}, similar("roads", "32", "Ada jalan yang berlubang"), "what lies below topic and place too")
	require.Equal(t, []string{two, one}, similar("roads.hole", "32.04", "JALAN & berlubang | ' pasar"))
	require.Empty(t, similar("roads.hole", "32.04", "Jembatan di jalan raya"), "one word is not enough")
	require.Empty(t, similar("roads.hole", "32.04", "di di di"))
	require.Empty(t, similar("roads.hole", "32.04", "Salinan yang sudah ada dengan kami"), "common words do not count")
	require.Empty(t, similar("health", "32.04", "Jalan berlubang"))
	require.Empty(t, similar("roads", "32.73", "Jalan berlubang"))
}

func TestScoresAreCountedByAgencyAndPoint(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for agency, scores := range map[string][]int{works: {4, 4, 1}, health: {3}} {
		for _, score := range scores {
			id := b.file(filed{}).ID
			b.forward(id, agency)
			b.must(func(ctx context.Context, tx *store.Tx) error {
				return tx.PutRating(ctx, id, store.Rating{Score: score, RatedAt: b.now()})
			})
		}
	}
	got, err := b.s.PublicScores(t.Context(), store.Filter{})
	require.NoError(t, err)
	require.Equal(t, map[string]store.Scores{works: {1, 0, 0, 2}, health: {0, 0, 1, 0}}, got)
	got, err = b.s.PublicScores(t.Context(), store.Filter{Agency: health})
	require.NoError(t, err)
	require.Equal(t, map[string]store.Scores{health: {0, 0, 1, 0}}, got)
}

// Friday 8 August 2025; V is 3 working days from Wednesday 6th: Monday 11th.
func TestADeadlineSaysHowManyWorkingDaysAreLeft(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	left := func() *int {
		all := get(b, func(ctx context.Context, tx *store.Tx) ([]store.Explained, error) { return tx.Explained(ctx, id) })
		return all[0].DaysLeft
	}
	require.Equal(t, 3, *left())
	b.setNow(wib("2025-08-08 10:00"))
	require.Equal(t, 1, *left())
	b.setNow(wib("2025-08-11 23:59"))
	require.Equal(t, 0, *left())
	b.mustGive(id, b.said(report.Command{Action: report.Archive, By: report.Admin, Office: kab, Reason: "duplicate"}))
	require.Nil(t, left(), "it has ended")
}
