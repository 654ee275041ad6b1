package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

func TestAcceptedReportHasItsFirstDeadline(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.file(filed{contact: true, lat: -6.91, lon: 107.61, accused: []string{health}})

	v := s.Clock(report.VerificationClock)
	require.Equal(t, wib("2025-08-12 00:00"), v.DueAt) // three working days after Wednesday 6 August
	require.Equal(t, wib("2025-08-08 00:00"), v.SoonAt)
	require.Equal(t, "2025-08-11", v.Date)
	require.Equal(t, "wib", v.Calendar)
	require.Equal(t, before18August, v.Revision)

	row := b.load(s.ID)
	require.Equal(t, s, row.State)
	require.Equal(t, "Jalan berlubang", row.Title)
	require.Equal(t, map[string]string{"depth": "20"}, row.Attributes)
	require.Equal(t, "2025-08-05", row.OccurredOn)
	require.Equal(t, []string{health}, row.Accused)
	require.InDelta(t, -6.91, *row.Lat, 0)
	require.True(t, row.HasContact)
	require.Equal(t, 1, row.WantedRun)
	require.Zero(t, row.StartedRun)
	require.Nil(t, row.Rating)
	require.Equal(t, wednesday, row.AcceptedAt)

	events := get(b, func(ctx context.Context, tx *store.Tx) ([]store.Event, error) { return tx.Timeline(ctx, s.ID) })
	require.Len(t, events, 1)
	require.Equal(t, report.Submit, events[0].Action)
}
