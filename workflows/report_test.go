package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/workflows/contract"
)

const day = 24 * time.Hour

func TestASilentReportClosesAtTheEndOfTheTenthWorkingDay(t *testing.T) {
	t.Parallel()
	b := at(t, "2025-08-06 10:00", "2025-08-06") // Wednesday, before the decree of 7 August
	forward := b.later(time.Hour, report.Forward, report.Admin)
	answer := b.later(2*time.Hour, report.PostFollowUp, report.Officer)
	b.RegisterDelayedCallback(func() { require.Equal(t, "2025-08-12 00:00", b.due(report.VerificationClock)) }, time.Minute)
	b.RegisterDelayedCallback(func() {
		require.Equal(t, "2025-08-14 00:00", b.due(report.FirstFollowUp))
		require.Equal(t, "2025-08-27 00:00", b.due(report.Resolution))
	}, 90*time.Minute)
	b.RegisterDelayedCallback(func() { require.Equal(t, "2025-08-21 00:00", b.due(report.Silence)) }, 3*time.Hour)
	o := b.run(b.accepted())
	require.NoError(t, forward.rejected)
	require.NoError(t, answer.failed)
	require.Equal(t, report.Closure, answer.outcome.Stage)
	require.Equal(t, report.Closed, o.Stage)
	require.Equal(t, "silent", o.Code)
	require.Equal(t, "2025-08-21 00:00", b.Now().In(time.FixedZone("WIB", 7*3600)).Format("2006-01-02 15:04"))
	require.Equal(t, []report.Action{report.Forward, report.PostFollowUp, report.Close}, b.db.applied)
}

func TestANewHolidayMovesTheClosingWithoutAnySignal(t *testing.T) {
	t.Parallel()
	b := at(t, "2025-08-06 10:00", "2025-08-06")
	b.later(time.Hour, report.Forward, report.Admin)
	b.later(2*time.Hour, report.PostFollowUp, report.Officer)
	b.RegisterDelayedCallback(func() { b.db.book = jakarta(t, "2025-08-07") }, day)
	b.run(b.accepted())
	require.Equal(t, "2025-08-22 00:00", b.Now().In(time.FixedZone("WIB", 7*3600)).Format("2006-01-02 15:04"))
	require.Equal(t, 2, b.db.confirms, "asked at the old date and at the new one")
}

func TestACalendarSignalShowsTheNewDateAtOnce(t *testing.T) {
	t.Parallel()
	b := at(t, "2025-08-06 10:00", "2025-08-06")
	b.later(time.Hour, report.Forward, report.Admin)
	b.later(2*time.Hour, report.PostFollowUp, report.Officer)
	b.RegisterDelayedCallback(func() {
		b.db.book = jakarta(t, "2025-08-07")
		b.SignalWorkflow(contract.SignalCalendarRevised, nil)
	}, day)
	b.RegisterDelayedCallback(func() {
		require.Equal(t, "2025-08-22 00:00", b.due(report.Silence))
		var s report.State
		v, err := b.QueryWorkflow(contract.QueryState)
		require.NoError(t, err)
		require.NoError(t, v.Get(&s))
		require.Equal(t, "SKB 2025 (perubahan)", contract.Shown(s, b.Now())["KawalMovedBy"])
	}, day+time.Minute)
	b.run(b.accepted())
}

func TestALateDeadlineIsMarkedAtItsEdgeAndStopsNothing(t *testing.T) {
	t.Parallel()
	b := at(t, "2025-08-06 10:00", "2025-08-07")
	var before, after report.SLA
	look := func(to *report.SLA) func() {
		return func() {
			var s report.State
			v, err := b.QueryWorkflow(contract.QueryState)
			require.NoError(t, err)
			require.NoError(t, v.Get(&s))
			*to = s.SLAAt(b.Now())
		}
	}
	edge := time.Date(2025, 8, 11, 17, 0, 0, 0, time.UTC).Sub(b.start)
	b.RegisterDelayedCallback(look(&before), edge-time.Second)
	b.RegisterDelayedCallback(look(&after), edge+time.Second)
	b.later(edge+day, report.Archive, report.Admin)
	o := b.run(b.accepted())
	require.Equal(t, report.DueSoon, before)
	require.Equal(t, report.Late, after)
	require.Equal(t, report.Archived, o.Stage)
	require.Equal(t, []report.Action{report.MarkLate, report.Archive}, b.db.applied)
}

func TestAReplyAcceptedBeforeMidnightKeepsTheReportOpen(t *testing.T) {
	t.Parallel()
	b := at(t, "2025-08-06 10:00", "2025-08-06")
	b.later(time.Hour, report.Forward, report.Admin)
	b.later(2*time.Hour, report.PostFollowUp, report.Officer)
	edge := time.Date(2025, 8, 20, 17, 0, 0, 0, time.UTC).Sub(b.start)
	b.RegisterDelayedCallback(func() { // accepted by PostgreSQL, never delivered
		b.db.waiting = []report.Command{b.command(report.Reply, report.Reporter)}
	}, edge-time.Minute)
	b.signal(edge+day, report.Withdraw, report.Reporter)
	o := b.run(b.accepted())
	require.Equal(t, report.Withdrawn, o.Stage)
	require.Equal(t, []report.Action{report.Forward, report.PostFollowUp, report.Reply, report.Withdraw}, b.db.applied)
	require.Equal(t, 2, o.Round)
}

func TestACommandReceivedAfterTheDeadlineFindsTheReportClosed(t *testing.T) {
	t.Parallel()
	b := at(t, "2025-08-06 10:00", "2025-08-06")
	b.later(time.Hour, report.Forward, report.Admin)
	b.later(2*time.Hour, report.PostFollowUp, report.Officer)
	edge := time.Date(2025, 8, 20, 17, 0, 0, 0, time.UTC)
	b.RegisterDelayedCallback(func() {
		c := b.command(report.Reply, report.Reporter)
		c.ReceivedAt = edge // judged by receipt, though it comes before the timer
		b.SignalWorkflow(string(c.Action), c)
	}, edge.Sub(b.start)-time.Second)
	o := b.run(b.accepted())
	require.Equal(t, report.Closed, o.Stage)
	require.Empty(t, b.db.refused, "it stays waiting in PostgreSQL, where it reopens the report")
}

func TestACommandIsAppliedOnceOnWhateverRoad(t *testing.T) {
	t.Parallel()
	b := at(t, "2025-08-06 10:00", "2025-08-06")
	first, second := &verdict{}, &verdict{}
	b.RegisterDelayedCallback(func() {
		c := b.command(report.Forward, report.Admin)
		b.UpdateWorkflow(string(c.Action), c.ID, first, c)
		b.SignalWorkflow(string(c.Action), c)
		b.UpdateWorkflow(string(c.Action), c.ID+"again", second, c)
	}, time.Hour)
	b.signal(2*time.Hour, report.Withdraw, report.Reporter)
	b.run(b.accepted())
	require.NoError(t, first.failed)
	require.NoError(t, second.rejected)
	require.Equal(t, []report.Action{report.Forward, report.Withdraw}, b.db.applied)
	require.Empty(t, b.db.refused)
}

func TestOfTwoForwardsAtOnceOneWins(t *testing.T) {
	t.Parallel()
	b := at(t, "2025-08-06 10:00", "2025-08-06")
	one, two := b.later(time.Hour, report.Forward, report.Admin), b.later(time.Hour, report.Forward, report.Admin)
	b.signal(2*time.Hour, report.Withdraw, report.Reporter)
	b.run(b.accepted())
	lost := 0
	for _, v := range []*verdict{one, two} {
		err := v.rejected
		if err == nil {
			err = v.failed
		}
		if err == nil {
			continue
		}
		lost++
		var a *temporal.ApplicationError
		require.ErrorAs(t, err, &a)
		require.Equal(t, string(fault.Conflict), a.Type())
	}
	require.Equal(t, 1, lost)
	require.Equal(t, []report.Action{report.Forward, report.Withdraw}, b.db.applied)
}

func TestARefusalIsAnswered(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		a    report.Action
		by   report.Role
		want fault.Kind
	}{
		"a follow-up before the forward": {report.PostFollowUp, report.Officer, fault.Conflict},
		"an officer who forwards":        {report.Forward, report.Officer, fault.Forbidden},
		"a reply of the system":          {report.Reply, report.System, fault.Forbidden},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := at(t, "2025-08-06 10:00", "2025-08-06")
			v := b.later(time.Hour, tt.a, tt.by)
			b.signal(90*time.Minute, tt.a, tt.by)
			b.signal(2*time.Hour, report.Withdraw, report.Reporter)
			b.run(b.accepted())
			var a *temporal.ApplicationError
			require.ErrorAs(t, v.rejected, &a)
			require.Equal(t, string(tt.want), a.Type())
			require.Len(t, b.db.refused, 1, "the signal's refusal is recorded")
			require.Equal(t, string(tt.want), b.db.refused[0].Kind)
			require.Equal(t, []report.Action{report.Withdraw}, b.db.applied)
		})
	}
}

func TestAFaultOfTheStoreRefusesTheCommandAndLeavesTheState(t *testing.T) {
	t.Parallel()
	b := at(t, "2025-08-06 10:00", "2025-08-06")
	b.later(time.Hour, report.Forward, report.Admin)
	b.RegisterDelayedCallback(func() {
		b.db.refuse = temporal.NewNonRetryableApplicationError("Laporan tujuan sudah ditutup.", string(fault.Conflict), nil)
	}, 90*time.Minute)
	v := b.later(2*time.Hour, report.Merge, report.Admin)
	b.signal(3*time.Hour, report.Withdraw, report.Reporter)
	b.run(b.accepted())
	var a *temporal.ApplicationError
	require.ErrorAs(t, v.failed, &a)
	require.Equal(t, string(fault.Conflict), a.Type())
	require.Equal(t, "Laporan tujuan sudah ditutup.", a.Message())
	require.Equal(t, []report.Action{report.Forward, report.Withdraw}, b.db.applied)
}

func TestPostgresAwayForAWhileLosesNothing(t *testing.T) {
	t.Parallel()
	b := at(t, "2025-08-06 10:00", "2025-08-06")
	b.RegisterDelayedCallback(func() { b.db.away = 7 }, 30*time.Minute)
	v := b.later(time.Hour, report.Forward, report.Admin)
	b.signal(5*time.Hour, report.Withdraw, report.Reporter)
	b.run(b.accepted())
	require.NoError(t, v.failed)
	require.Zero(t, b.db.away)
	require.Equal(t, []report.Action{report.Forward, report.Withdraw}, b.db.applied)
}

func TestARunThatIsNotWantedTouchesNothing(t *testing.T) {
	t.Parallel()
	b := at(t, "2025-08-06 10:00", "2025-08-06")
	in := b.accepted()
	b.db.wanted = 2
	b.signal(0, report.Withdraw, report.Reporter)
	o := b.run(in)
	require.Equal(t, "superseded", o.Code)
	require.Empty(t, b.db.applied)
}

func TestWhatComesDuringTheLastStepIsAnswered(t *testing.T) {
	t.Parallel()
	b := at(t, "2025-08-06 10:00", "2025-08-06")
	withdrawn, forward := &verdict{}, &verdict{}
	b.RegisterDelayedCallback(func() {
		w, f := b.command(report.Withdraw, report.Reporter), b.command(report.Forward, report.Admin)
		f.ReceivedAt = w.ReceivedAt.Add(time.Second)
		b.UpdateWorkflow(string(w.Action), w.ID, withdrawn, w)
		b.UpdateWorkflow(string(f.Action), f.ID, forward, f)
	}, time.Hour)
	o := b.run(b.accepted())
	require.Equal(t, report.Withdrawn, o.Stage)
	require.NoError(t, withdrawn.failed)
	require.Error(t, forward.failed)
}

func TestThePausedVerificationGoesOnWithWhatWasLeft(t *testing.T) {
	t.Parallel()
	b := at(t, "2025-08-06 10:00", "2025-08-07")   // 3 working days: 7, 8, 11 August
	b.later(day, report.RequestInfo, report.Admin) // on the 7th two are left
	b.signal(6*day, report.SupplyInfo, report.Reporter)
	b.RegisterDelayedCallback(func() { require.Equal(t, "2025-08-15 00:00", b.due(report.VerificationClock)) }, 6*day+time.Minute)
	b.signal(6*day+time.Hour, report.Withdraw, report.Reporter)
	b.run(b.accepted())
	require.Equal(t, []report.Action{report.RequestInfo, report.SupplyInfo, report.Withdraw}, b.db.applied)
}

func TestWithoutAnAnswerTheReportIsArchived(t *testing.T) {
	t.Parallel()
	b := at(t, "2025-08-06 10:00", "2025-08-07")
	b.later(time.Hour, report.RequestInfo, report.Admin)
	o := b.run(b.accepted())
	require.Equal(t, report.Archived, o.Stage)
	require.Equal(t, "no_answer", o.Code)
	require.Equal(t, "2025-08-22 00:00", b.Now().In(time.FixedZone("WIB", 7*3600)).Format("2006-01-02 15:04"))
}

func TestASecretReportShowsOnlyStageSLAAndDueTime(t *testing.T) {
	t.Parallel()
	b := at(t, "2025-08-06 10:00", "2025-08-07")
	s := b.accepted().State
	s.Agency, s.Round = "dinas.pu", 1
	shown := contract.Shown(s, b.start)
	require.Len(t, shown, 8)
	s.Secret = true
	updates, after := contract.Changes(shown, s, b.start)
	require.Len(t, updates, 5, "five attributes are cleared, three stay as they were")
	require.Len(t, after, 3)
	for _, name := range []string{"KawalStage", "KawalSLA", "KawalDueAt"} {
		require.Contains(t, after, name)
	}
}
