package store_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

func TestAReportLivesFromSubmissionToClosureAndBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{contact: true}).ID

	s := b.forward(id, works)
	require.Equal(t, report.FollowUp, s.Stage)
	require.Equal(t, wib("2025-08-14 00:00"), s.Clock(report.FirstFollowUp).DueAt)
	require.Equal(t, wib("2025-08-27 00:00"), s.Clock(report.Resolution).DueAt)
	require.Nil(t, s.Clock(report.VerificationClock))
	require.Equal(t, s, b.load(id).State)

	s = b.followUp(id, report.Interim, "Sedang diperiksa.")
	require.Nil(t, s.Clock(report.FirstFollowUp))
	b.setNow(wib("2025-08-08 10:00"))
	s = b.followUp(id, report.Concluding, "Sudah ditambal.")
	require.Equal(t, report.Closure, s.Stage)
	silence := s.Clock(report.Silence)
	require.NotNil(t, silence)
	require.Equal(t, 2, b.count(`SELECT concluded_days FROM report WHERE id = $1`, id))

	s = b.reply(id, "Belum rapi.")
	require.Equal(t, 2, s.Round)
	s = b.followUp(id, report.Concluding, "Sudah dirapikan.")
	require.Equal(t, 2, b.count(`SELECT concluded_days FROM report WHERE id = $1`, id)) // of the first round, for good

	due := s.Clock(report.Silence).DueAt
	b.setNow(due.Add(time.Second))
	s = b.bySystem(id, report.Command{Action: report.Close, ReceivedAt: due})
	require.Equal(t, report.Closed, s.Stage)
	require.Equal(t, "silent", s.Outcome)
	require.Equal(t, due, s.ClosedAt)

	s = b.mustGive(id, b.said(report.Command{Action: report.Reopen, By: report.Reporter}))
	require.Equal(t, report.FollowUp, s.Stage)
	require.Equal(t, 2, s.Run)
	require.Equal(t, 2, b.load(id).WantedRun)

	clocks := get(b, func(ctx context.Context, tx *store.Tx) ([]report.Clock, error) { return tx.Clocks(ctx, id) })
	kinds := []report.ClockKind{}
	for _, c := range clocks {
		kinds = append(kinds, c.Kind)
	}
	require.Equal(t, []report.ClockKind{
		report.VerificationClock, report.FirstFollowUp, report.Resolution, report.Silence, report.FirstFollowUp,
		report.Silence, report.ReopenWindow, report.FirstFollowUp,
	}, kinds)
	require.Equal(t, report.Met, clocks[0].Status)

	events := get(b, func(ctx context.Context, tx *store.Tx) ([]store.Event, error) { return tx.Timeline(ctx, id) })
	require.Len(t, events, 8)
	require.Equal(t, report.Forward, events[1].Action)
	require.Equal(t, report.Verification, events[1].From)
	require.Equal(t, report.FollowUp, events[1].To)
	require.Equal(t, kab, events[1].Office)
	require.Len(t, events[1].Clocks, 3)

	thread := get(b, func(ctx context.Context, tx *store.Tx) ([]store.Post, error) { return tx.Thread(ctx, id) })
	require.Len(t, thread, 6)
	require.False(t, thread[0].Published) // the redacted title is no post
	require.Equal(t, "Sedang diperiksa.", thread[2].Body)
	require.Equal(t, report.Interim, thread[2].FollowUp)
	require.Equal(t, digest("Sedang diperiksa."), thread[2].SHA256)
	require.True(t, thread[2].Published)
}

// prepared returns the transition that forwards a report, its command inserted.
func (b *bench) prepared(id string) store.Advance {
	b.t.Helper()
	n := b.said(report.Command{Action: report.Forward, By: report.Admin, Office: kab, Unit: works},
		store.Text{Kind: store.TextTitle, Body: "Judul"}, store.Text{Kind: store.TextBody, Body: "Isi"})
	n.Report = id
	b.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.InsertCommand(ctx, n)
		return err
	})
	s := b.load(id).State
	next, effects, err := report.Apply(s, n.Command)
	require.NoError(b.t, err)
	return store.Advance{Before: s.Stage, Next: next, Command: n.Command, Effects: effects}
}

func (b *bench) advance(a store.Advance) (store.Advanced, error) {
	b.t.Helper()
	var out store.Advanced
	err := b.do(func(ctx context.Context, tx *store.Tx) (err error) {
		out, err = tx.Advance(ctx, a)
		return err
	})
	return out, err
}

func TestAdvanceTwiceAnswersTheSame(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{contact: true}).ID
	a := b.prepared(id)
	first, err := b.advance(a)
	require.NoError(t, err)
	require.Len(t, first.Settled, 2)
	require.Equal(t, 2, first.Seq)
	notices := b.count(`SELECT count(*) FROM outbox`)

	// A decree comes in between: the decision stands.
	b.must(func(ctx context.Context, tx *store.Tx) error {
		return tx.PutCalendar(ctx, store.CalendarRow{ID: "wib", Zone: "Asia/Jakarta", WeekDays: 5, JointLeave: true, Revision: after18August})
	})
	second, err := b.advance(a)
	require.NoError(t, err)
	require.Equal(t, first, second)
	require.Equal(t, notices, b.count(`SELECT count(*) FROM outbox`))
	require.Equal(t, 2, b.count(`SELECT count(*) FROM transition WHERE report = $1`, id))

	recalled := get(b, func(ctx context.Context, tx *store.Tx) (store.Advanced, error) { return tx.Recall(ctx, id, 2) })
	require.Equal(t, first, recalled)
	row := get(b, func(ctx context.Context, tx *store.Tx) (store.CommandRow, error) {
		return tx.Command(ctx, a.Command.ID)
	})
	require.Equal(t, store.Applied, row.State)
	require.Equal(t, 2, *row.Seq)
}

func TestRecallOfTheFirstRowIsWhatAcceptDecided(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.file(filed{})
	r := get(b, func(ctx context.Context, tx *store.Tx) (store.Advanced, error) { return tx.Recall(ctx, s.ID, 1) })
	require.Len(t, r.Settled, 1)
	require.Equal(t, s.Clocks[0].DueAt, r.Settled[0].DueAt)
	require.Equal(t, 1, r.WantedRun)
	require.ErrorIs(t, b.do(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Recall(ctx, s.ID, 2)
		return err
	}), fault.NotFound)
}

func TestAnotherCommandOnTheSameSeqIsAConflict(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	a, other := b.prepared(id), b.prepared(id)
	_, err := b.advance(a)
	require.NoError(t, err)
	_, err = b.advance(other)
	require.ErrorIs(t, err, fault.Conflict)

	other.Next.Seq++ // a command is not applied twice under another number either
	other.Command.ID = a.Command.ID
	_, err = b.advance(other)
	require.ErrorIs(t, err, fault.Conflict)

	skipping := b.prepared(b.file(filed{}).ID)
	skipping.Next.Seq++
	_, err = b.advance(skipping)
	require.ErrorIs(t, err, fault.Conflict)

	skipping.Next.ID = "KWL-0000-0000-0"
	_, err = b.advance(skipping)
	require.ErrorIs(t, err, fault.NotFound)
}

func TestOfTwoAtOnceOneWins(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	moves := []store.Advance{b.prepared(id), b.prepared(id)}
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i := range moves {
		wg.Go(func() { _, errs[i] = b.advance(moves[i]) })
	}
	wg.Wait()
	if errs[0] != nil {
		errs[0], errs[1] = errs[1], errs[0]
	}
	require.NoError(t, errs[0])
	require.ErrorIs(t, errs[1], fault.Conflict)
}

func TestAFailedTransitionLeavesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{contact: true}).ID
	before := b.load(id)
	n := b.said(report.Command{Action: report.Forward, By: report.Admin, Office: kab, Unit: "nobody"},
		store.Text{Kind: store.TextTitle, Body: "Judul"})
	_, err := b.give(id, n)
	require.ErrorIs(t, err, fault.Invalid)
	require.Equal(t, before, b.load(id))
	require.Zero(t, b.count(`SELECT count(*) FROM command`))

	n = b.said(report.Command{Action: report.Forward, By: report.Admin, Office: kab, Unit: works})
	_, err = b.give(id, n)
	require.ErrorIs(t, err, fault.Conflict) // nothing redacted to publish
	require.Equal(t, before, b.load(id))
}

// merged files and forwards a target and a report merged into it.
func (b *bench) merged() (target, child string) {
	b.t.Helper()
	target, child = b.file(filed{contact: true}).ID, b.file(filed{contact: true}).ID
	b.forward(target, works)
	b.forward(child, works)
	b.mustGive(child, b.said(report.Command{Action: report.Merge, By: report.Admin, Office: kab, Target: target}))
	return target, child
}

func TestAMergedReportClosesWithItsTarget(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	target, child := b.merged()
	require.Equal(t, report.Merged, b.load(child).State.Stage)
	require.Equal(t, report.Paused, b.load(child).State.Clock(report.FirstFollowUp).Status)

	s := b.followUp(target, report.Concluding, "Sudah ditambal.")
	require.Equal(t, 1, b.count(`SELECT count(*) FROM outbox WHERE report = $1 AND template = 'follow_up'`, child))
	p, err := b.s.PublicReport(t.Context(), child)
	require.NoError(t, err)
	require.Equal(t, target, p.MergedTo)
	require.Len(t, p.Thread, 1)

	b.bySystem(target, report.Command{Action: report.Close, ReceivedAt: s.Clock(report.Silence).DueAt})
	c := b.load(child).State
	require.Equal(t, report.Closed, c.Stage)
	require.Equal(t, "merged", c.Outcome)
	require.NotNil(t, c.Clock(report.ReopenWindow))
}

func TestAWithdrawnTargetLetsItsMergedReportsGo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	target, child := b.merged()
	due := b.load(child).State.Clock(report.FirstFollowUp).DueAt
	b.mustGive(target, b.said(report.Command{Action: report.Withdraw, By: report.Reporter}))

	c := b.load(child).State
	require.Equal(t, report.FollowUp, c.Stage)
	require.Empty(t, c.MergedTo)
	require.Equal(t, 2, c.Run)
	require.Equal(t, report.Running, c.Clock(report.FirstFollowUp).Status)
	require.Equal(t, due, c.Clock(report.FirstFollowUp).DueAt) // resumed on the civil day of the pause
	_, err := b.s.PublicReport(t.Context(), target)
	require.ErrorIs(t, err, fault.NotFound)
	_, err = b.s.PublicReport(t.Context(), child)
	require.NoError(t, err)
}

func TestAnUnmergedReportKeepsItsRest(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, child := b.merged()
	b.setNow(wib("2025-08-08 09:00"))
	c := b.mustGive(child, b.said(report.Command{Action: report.Unmerge, By: report.Admin, Office: kab}))
	require.Equal(t, wib("2025-08-16 00:00"), c.Clock(report.FirstFollowUp).DueAt) // five days kept on the 6th, from the 8th
}

func TestMergeTargetsAreChecked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	target, child := b.merged()
	public := func() string {
		id := b.file(filed{}).ID
		b.forward(id, works)
		return id
	}
	withdrawn := public()
	b.mustGive(withdrawn, b.said(report.Command{Action: report.Withdraw, By: report.Reporter}))
	closed := public()
	b.followUp(closed, report.Concluding, "Selesai.")
	b.mustGive(closed, b.said(report.Command{Action: report.ConfirmDone, By: report.Reporter}))
	secret := b.file(filed{secret: true}).ID
	b.forward(secret, works)

	for name, c := range map[string]struct{ from, to string }{
		"into an unknown one":                {public(), "KWL-0000-0000-0"},
		"into one not published":             {public(), b.file(filed{}).ID},
		"into a secret one":                  {public(), secret},
		"into a withdrawn one":               {public(), withdrawn},
		"into a closed one":                  {public(), closed},
		"into one that is merged itself":     {public(), child},
		"of one that others are merged into": {target, public()},
		"of a secret one":                    {secret, public()},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := b.give(c.from, b.said(report.Command{Action: report.Merge, By: report.Admin, Office: kab, Target: c.to}))
			require.ErrorIs(t, err, fault.Conflict)
		})
	}
}

func TestAZombieRunCannotTakeTheReportBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	a := b.prepared(id)
	run := get(b, func(ctx context.Context, tx *store.Tx) (int, error) { return tx.Rerun(ctx, id, 1) })
	require.Equal(t, 2, run)
	out, err := b.advance(a) // of run 1
	require.NoError(t, err)
	require.Equal(t, 2, out.WantedRun)
	require.Equal(t, 2, b.load(id).State.Run)
}
