package office_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// sendUntil sets the clock to a moment, WIB, marks what is late by then as a workflow
// would, and sends every notice that is due.
func (b *bench) sendUntil(id, moment string) {
	b.t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", moment, time.FixedZone("WIB", 7*3600))
	require.NoError(b.t, err)
	b.pass(at.Sub(b.now()))
	worker := store.Actor{Kind: store.Worker}
	require.NoError(b.t, b.store.As(b.t.Context(), worker, func(ctx context.Context, tx *store.Tx) error {
		s, err := tx.Lock(ctx, id)
		if err != nil {
			return err
		}
		for _, c := range s.Clocks {
			if !c.Kind.Duty() || c.Late() || c.Status != report.Running || b.now().Before(c.DueAt) {
				continue
			}
			if _, err := tx.ApplyDirect(ctx, id, report.Command{ID: "late:" + string(c.Kind), Action: report.MarkLate, By: report.System,
				Clock: c.Kind, ClockSeq: c.Seq, ReceivedAt: c.DueAt}); err != nil {
				return err
			}
		}
		return nil
	}))
	for sent := -1; sent != 0; {
		require.NoError(b.t, b.store.As(b.t.Context(), worker, func(ctx context.Context, tx *store.Tx) error {
			notices, err := tx.TakeNotices(ctx, 50)
			sent = len(notices)
			for _, n := range notices {
				if err == nil {
					err = tx.Sent(ctx, n.ID)
				}
			}
			return err
		}))
	}
}

// A secret report at Dinas PU, forwarded on Wed 6 August 2025: 7, 8, 11, 12, 13.
// Its officers are told on the 14th. It has no administrator, so that its head is
// told on the second working day after, the 19th, since the 18th is off.
//
// Tried: resource leaves Escalated out; and the policy lets a head read what his
// agency has.
func TestAHeadOpensASecretReportOnceItIsEscalatedToHim(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	r := b.forwarded(func(s *office.Submission) { s.Content = office.ContentSecret })
	closed := func(who, when string) {
		t.Helper()
		_, err := b.Report(ctx, b.as(who), r.ID)
		require.ErrorIs(t, err, fault.NotFound, when)
		require.Equal(t, office.NotFoundSentence, err.Error(), when)
		_, err = b.Timeline(ctx, b.as(who), r.ID)
		require.Equal(t, office.NotFoundSentence, err.Error(), when)
		_, err = b.Deadlines(ctx, b.as(who), r.ID)
		require.Equal(t, office.NotFoundSentence, err.Error(), when)
	}
	closed("head.pu", "forwarded")
	b.sendUntil(r.ID, "2025-08-14 07:30")
	closed("head.pu", "late, and the officers told")
	b.sendUntil(r.ID, "2025-08-19 07:29")
	closed("head.pu", "a minute before")
	b.sendUntil(r.ID, "2025-08-19 07:30")

	v, err := b.Report(ctx, b.as("head.pu"), r.ID)
	require.NoError(t, err)
	require.Equal(t, r.ID, v.ID)
	require.Equal(t, office.SeenByStaff, v.SeenBy)
	require.True(t, v.Late)
	require.Empty(t, v.AllowedActions, "a head decides nothing")
	_, err = b.Timeline(ctx, b.as("head.pu"), r.ID)
	require.NoError(t, err)
	all, err := b.Deadlines(ctx, b.as("head.pu"), r.ID)
	require.NoError(t, err)
	require.NotEmpty(t, all)
	for _, who := range []string{"supervisor", "officer.dinkes", "admin.dinkes", "admin.kota"} {
		closed(who, who+" is no rung")
	}
	other := b.forwarded(func(s *office.Submission) { s.Content = office.ContentSecret })
	_, err = b.Report(ctx, b.as("head.pu"), other.ID)
	require.ErrorIs(t, err, fault.NotFound, "another report was not escalated")
}
