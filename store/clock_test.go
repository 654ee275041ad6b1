package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

func (b *bench) confirm(id string) store.Confirmed {
	b.t.Helper()
	return get(b, func(ctx context.Context, tx *store.Tx) (store.Confirmed, error) { return tx.ConfirmDeadlines(ctx, id) })
}

// revise moves the WIB calendar to a revision.
func (b *bench) revise(revision int) {
	b.t.Helper()
	b.must(func(ctx context.Context, tx *store.Tx) error {
		return tx.PutCalendar(ctx, store.CalendarRow{ID: "wib", Zone: "Asia/Jakarta", WeekDays: 5, JointLeave: true, Revision: revision})
	})
}

// inClosure is a report whose silence started on 2025-08-06.
func (b *bench) inClosure() string {
	b.t.Helper()
	id := b.file(filed{contact: true}).ID
	b.forward(id, works)
	b.followUp(id, report.Concluding, "Sudah ditambal.")
	return id
}

func TestARevisionExtendsButNeverShortens(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.inClosure()
	c := b.load(id).State.Clock(report.Silence)
	require.Equal(t, "2025-08-20", c.Date) // RULES.md section 3, fixture
	require.Equal(t, wib("2025-08-21 00:00"), c.DueAt)

	require.Equal(t, wib("2025-08-21 00:00"), b.confirm(id).Settled[0].DueAt)
	b.revise(after18August)
	got := b.confirm(id)
	require.Equal(t, "2025-08-21", got.Settled[0].Date)
	require.Equal(t, wib("2025-08-22 00:00"), got.Settled[0].DueAt)
	require.Equal(t, wib("2025-08-20 00:00"), got.Settled[0].SoonAt) // day nine
	require.Equal(t, after18August, got.Settled[0].Revision)
	require.Equal(t, "SKB 2025 (perubahan)", got.Settled[0].Decree)
	require.Equal(t, []string{
		"2025-08-17 SKB2025 Proklamasi Kemerdekaan", "2025-08-18 SKB2025r1 Cuti Bersama Proklamasi Kemerdekaan",
	}, got.Settled[0].Skipped)
	row := b.load(id)
	require.Equal(t, wib("2025-08-22 00:00"), row.State.Clock(report.Silence).DueAt)
	require.Equal(t, 3, row.State.Seq) // no transition
	again := b.confirm(id)
	got.Settled[0].Skipped = nil // named once, when the date moves
	require.Equal(t, got, again)

	p, err := b.s.PublicReport(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, wib("2025-08-22 00:00"), *p.DueAt)
}

func TestAClockThatStartsLaterCountsUnderTheRevisionInForce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.revise(after18August)
	require.Equal(t, "2025-08-21", b.load(b.inClosure()).State.Clock(report.Silence).Date)
}

func TestATransitionKeepsADateThatADecreeMoved(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	b.forward(id, works)
	stale := b.load(id).State // as a workflow holds it
	require.Equal(t, wib("2025-08-27 00:00"), stale.Clock(report.Resolution).DueAt)
	b.revise(after18August)
	b.confirm(id)

	n := b.said(report.Command{Action: report.Accept, By: report.Officer, Office: works})
	n.Report = id
	b.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.InsertCommand(ctx, n)
		return err
	})
	next, effects, err := report.Apply(stale, n.Command)
	require.NoError(t, err)
	out, err := b.advance(store.Advance{Before: stale.Stage, Next: next, Command: n.Command, Effects: effects})
	require.NoError(t, err)
	require.Equal(t, report.Resolution, out.Settled[0].Kind)
	require.Equal(t, wib("2025-08-28 00:00"), out.Settled[0].DueAt)
	require.Equal(t, wib("2025-08-28 00:00"), b.load(id).State.Clock(report.Resolution).DueAt)
}

const lateReports = `SELECT count(*) FROM clock WHERE status = 'running' AND late_at IS NOT NULL`

func TestALateMarkIsLiftedWhenTheDeadlineMovesAhead(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.setNow(wib("2025-08-13 09:00"))
	id := b.file(filed{contact: true}).ID // V: 14, 15 and 18 August
	v := b.load(id).State.Clock(report.VerificationClock)
	require.Equal(t, "2025-08-18", v.Date)
	b.setNow(wib("2025-08-19 06:00"))
	s := b.bySystem(id, report.Command{Action: report.MarkLate, Clock: v.Kind, ClockSeq: v.Seq, ReceivedAt: v.DueAt})
	require.True(t, s.Clock(report.VerificationClock).Late())
	require.Equal(t, 1, b.count(lateReports))

	b.revise(after18August)
	require.Equal(t, wib("2025-08-20 00:00"), b.confirm(id).Settled[0].DueAt)
	require.False(t, b.load(id).State.Clock(report.VerificationClock).Late())
	require.Zero(t, b.count(lateReports))
}

func TestConfirmReturnsAcceptedCommandsOldestFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.inClosure()
	var want []string
	for i := range 3 {
		b.setNow(wednesday.Add(time.Duration(i) * time.Minute))
		n := b.said(report.Command{Action: report.Reply, By: report.Reporter}, store.Text{Kind: store.TextReply, Body: "Belum."})
		n.Report = id
		want = append(want, n.Command.ID)
		b.must(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.InsertCommand(ctx, n)
			return err
		})
	}
	got := b.confirm(id)
	require.Equal(t, 1, got.WantedRun)
	ids := []string{}
	for _, c := range got.Commands {
		ids = append(ids, c.ID)
	}
	require.Equal(t, want, ids)
	require.Equal(t, wednesday, got.Commands[0].ReceivedAt)
	require.Equal(t, []string{digest("Belum.")}, got.Commands[0].Digests)

	require.ErrorIs(t, b.do(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.ConfirmDeadlines(ctx, "KWL-0000-0000-0")
		return err
	}), fault.NotFound)
}

func TestAVerificationPausedForTheReporterGoesOnWithItsRest(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID // V: 7, 8, 11 August
	b.setNow(wib("2025-08-08 15:00"))
	s := b.mustGive(id, b.said(report.Command{Action: report.RequestInfo, By: report.Admin, Office: kab},
		store.Text{Kind: store.TextQuestion, Body: "Di mana?"}))
	require.Equal(t, 1, s.Clock(report.VerificationClock).Left)
	require.Equal(t, "2025-08-22", s.Clock(report.AnswerClock).Date) // 11-15, 18-22 August: ten, under the old list
	b.setNow(wib("2025-08-16 12:00"))
	s = b.mustGive(id, b.said(report.Command{Action: report.SupplyInfo, By: report.Reporter},
		store.Text{Kind: store.TextAnswer, Body: "Di depan pasar."}))
	require.Equal(t, wib("2025-08-19 00:00"), s.Clock(report.VerificationClock).DueAt)
	require.Equal(t, s, b.load(id).State)
}

func TestAnExtensionGrowsTheClock(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	b.forward(id, works)
	b.mustGive(id, b.said(report.Command{Action: report.RequestExtension, By: report.Officer, Office: works, Clock: report.FirstFollowUp, Days: 3}))
	s := b.mustGive(id, b.said(report.Command{Action: report.Extend, By: report.Admin, Office: kab}))
	require.Equal(t, "2025-08-18", s.Clock(report.FirstFollowUp).Date) // 13 August and three more
	require.True(t, s.Clock(report.FirstFollowUp).Extended)
}

func TestATransferTakesTheLaterOfBothDates(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	b.forward(id, works)
	s := b.mustGive(id, b.said(report.Command{Action: report.Reassign, By: report.Admin, Office: kab, Unit: health}))
	r := s.Clock(report.Resolution)
	require.Equal(t, health, r.Unit)
	require.Equal(t, "wib", r.Calendar) // midnight comes two hours earlier in the east
	require.Equal(t, wib("2025-08-27 00:00"), r.DueAt)
	f := s.Clock(report.FirstFollowUp)
	require.Equal(t, "wit", f.Calendar)
	require.Equal(t, wib("2025-08-13 22:00"), f.DueAt)
}

func TestAnAmendedClassRecountsResolutionFromItsStart(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{class: report.ComplaintOrdinary}).ID
	b.forward(id, works)
	shorter := b.mustGive(id, b.said(report.Command{Action: report.Amend, By: report.Admin, Office: kab, Class: report.InformationRequest}))
	require.Equal(t, wib("2025-08-27 00:00"), shorter.Clock(report.Resolution).DueAt)
	longer := b.mustGive(id, b.said(report.Command{Action: report.Amend, By: report.Admin, Office: kab, Class: report.ComplaintSupervisory}))
	require.Equal(t, "2025-10-30", longer.Clock(report.Resolution).Date)
	require.Equal(t, report.ComplaintSupervisory, b.load(id).State.Class)
}

func TestADeadlineWaitsForACommandThatIsBeingAccepted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.inClosure()
	n := b.said(report.Command{Action: report.Reply, By: report.Reporter}, store.Text{Kind: store.TextReply, Body: "Belum."})
	n.Report = id
	var got store.Confirmed
	done := make(chan error, 1)
	b.must(func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.InsertCommand(ctx, n); err != nil {
			return err
		}
		go func() {
			done <- b.do(func(ctx context.Context, tx *store.Tx) (err error) {
				got, err = tx.ConfirmDeadlines(ctx, id)
				return err
			})
		}()
		require.Eventually(t, func() bool {
			return b.count(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) == 1
		}, 10*time.Second, 5*time.Millisecond)
		return nil
	})
	require.NoError(t, <-done)
	require.Len(t, got.Commands, 1)
}

func TestARecountMovesEveryOpenClockAndTellsWhom(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id, other := b.inClosure(), b.file(filed{}).ID
	b.forward(other, works)
	recount := func() store.Recounted {
		return get(b, func(ctx context.Context, tx *store.Tx) (store.Recounted, error) {
			ids, err := tx.Uncounted(ctx)
			if err != nil {
				return store.Recounted{}, err
			}
			return tx.Recount(ctx, ids)
		})
	}
	untold := func() []string {
		return get(b, func(ctx context.Context, tx *store.Tx) ([]string, error) { return tx.Untold(ctx, "", 10) })
	}
	require.Zero(t, recount(), "nothing has changed")
	b.revise(after18August)
	require.Equal(t, store.Recounted{Reports: 2, Clocks: 2}, recount(), "C of one, R of the other; F of both ends before 18 August")
	require.Zero(t, recount(), "once")
	require.ElementsMatch(t, []string{id, other}, untold())

	row := b.load(id)
	c := row.State.Clock(report.Silence)
	require.Equal(t, "2025-08-21", c.Date)
	require.Equal(t, wib("2025-08-22 00:00"), c.DueAt)
	require.Equal(t, wib("2025-08-20 00:00"), c.SoonAt)
	require.Equal(t, after18August, c.Revision)
	require.Equal(t, "SKB 2025 (perubahan)", c.Decree)
	require.Equal(t, "SKB 2025 (perubahan)", row.State.MovedBy)
	require.Equal(t, 3, row.State.Seq, "no transition")
	p, err := b.s.PublicReport(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, wib("2025-08-22 00:00"), *p.DueAt)
	require.Equal(t, wib("2025-08-22 00:00"), p.Clocks[0].DueAt)

	moves := get(b, func(ctx context.Context, tx *store.Tx) ([]store.Move, error) { return tx.Moves(ctx, id) })
	require.Len(t, moves, 1)
	require.Equal(t, wib("2025-08-21 00:00"), moves[0].FromDue.UTC())
	require.Equal(t, wib("2025-08-22 00:00"), moves[0].ToDue.UTC())

	settled := b.confirm(id).Settled
	require.Equal(t, "2025-08-21", settled[0].Date)
	require.Equal(t, []string{other}, untold(), "whoever asks is told")
	b.must(func(ctx context.Context, tx *store.Tx) error { return tx.Told(ctx, []string{other}) })
	require.Empty(t, untold())
	require.Equal(t, 1, b.count(`SELECT count(*) FROM outbox WHERE template = 'deadline_moved' AND report = $1`, id), "who left a contact is told once")
	require.Zero(t, b.count(`SELECT count(*) FROM outbox WHERE template = 'deadline_moved' AND report = $1`, other))
}

func TestARecountGivesWhatCountingEachClockGives(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ids := []string{b.inClosure(), b.file(filed{contact: true}).ID, b.file(filed{}).ID}
	b.forward(ids[1], works)
	b.revise(after18August)
	alone := b.confirm(ids[0])
	b.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Recount(ctx, []string{"wib"})
		return err
	})
	for _, id := range ids {
		before := b.load(id)
		again := b.confirm(id)
		require.Equal(t, before.State, b.load(id).State, "the columns and the state that a transition would write")
		for _, f := range again.Settled {
			require.Equal(t, before.State.Clock(f.Kind).DueAt, f.DueAt)
		}
	}
	alone.Settled[0].Skipped = nil
	require.Equal(t, alone.Settled, b.confirm(ids[0]).Settled)
}
