package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/workflows/contract"
)

// The tests of this file were tried by putting in one defect at a time; each made
// at least one of them fail, here with the one that is for it:
//
//   - work reads calendar_revised and does not confirm, or does not show: the
//     amendments; or does not wake for it: the same;
//   - work forgets the signals that came during a command: the busy workflow;
//   - setAlarm keeps whatever timer is open: the silence; or sets it anew whenever
//     it is asked: the amendments, the older revision;
//   - passDeadlines does not confirm: the run of before;
//   - settle takes any date: the older revision, the run that starts after, the
//     history handed on;
//   - Due or NextWake look at paused clocks too: the paused clock;
//   - answerRest confirms: the closing report;
//   - Settle never sets MovedBy, or for every date: all.

// The amendments of 2020 to 2025 as they came, each to a running workflow. Dates
// are the midnights after the last days of office/story_test.go, where they are
// counted by hand: R is 14 working days, 60 for a supervisory complaint.
func TestTheAmendmentsReachTheRunningWorkflowsAsTheyCame(t *testing.T) {
	t.Parallel()
	type decree struct{ on, key, due, sla, movedBy string }
	tests := map[string]struct {
		filed   string
		class   report.Class
		due     string // before any decree
		decrees []decree
		never   []string // midnights that the calendar alone gave, before or after: nothing happens then
	}{
		"2020: leave of Idul Fitri added, moved to December, taken back": {"2020-03-02", report.ComplaintSupervisory, "2020-06-09 00:00", []decree{
			{"2020-03-09", "SKB2020r1", "2020-06-11 00:00", "on_track", "SKB 2020 (perubahan)"}, // 28 and 29 May become leave
			{"2020-04-09", "SKB2020r2", "2020-06-11 00:00", "on_track", "SKB 2020 (perubahan)"}, // 26 to 29 May become working days: Thu 4 June
			{"2020-05-20", "SKB2020r3", "2020-06-11 00:00", "on_track", "SKB 2020 (perubahan)"}, // and 22 May: Wed 3 June
		}, []string{"2020-06-04 00:00", "2020-06-05 00:00", "2020-06-09 00:00"}},
		"2020: a leave day taken back two days before": {"2020-04-29", report.ComplaintOrdinary, "2020-05-27 00:00", []decree{
			{"2020-05-20", "SKB2020r3", "2020-05-27 00:00", "due_soon", ""}, // 22 May, which would be the last day; the last but one is the 20th
		}, []string{"2020-05-23 00:00"}},
		"2020: leave of December taken back": {"2020-11-30", report.ComplaintSupervisory, "2021-03-06 00:00", []decree{
			{"2020-12-01", "SKB2020r4", "2021-03-06 00:00", "on_track", ""}, // 28 to 30 December become working days: Tue 2 March
			{"2021-02-22", "SKB2021r1", "2021-03-06 00:00", "on_track", ""}, // 12 March lies behind it
		}, []string{"2021-03-03 00:00"}},
		"2021: leave cut": {"2021-02-19", report.ComplaintOrdinary, "2021-03-16 00:00", []decree{
			{"2021-02-22", "SKB2021r1", "2021-03-16 00:00", "on_track", ""}, // 12 March becomes a working day, and would be the last
		}, []string{"2021-03-13 00:00"}},
		"2021: a holiday moved from the last day but one to the last": {"2021-05-10", report.ComplaintSupervisory, "2021-08-12 00:00", []decree{
			{"2021-06-18", "SKB2021r2", "2021-08-12 00:00", "on_track", ""}, // 10 August worked, 11 August off
		}, []string{"2021-08-11 00:00"}},
		"2023: leave of Idul Fitri brought forward, on the day of filing": {"2023-03-29", report.ComplaintOrdinary, "2023-04-20 00:00", []decree{
			{"2023-03-29", "SKB2023r1", "2023-04-27 00:00", "on_track", "SKB 2023 (perubahan)"},
		}, []string{"2023-04-20 00:00"}},
		"2023: leave of Idul Adha added": {"2023-06-12", report.ComplaintOrdinary, "2023-07-04 00:00", []decree{
			{"2023-06-16", "SKB2023r2", "2023-07-06 00:00", "on_track", "SKB 2023 (perubahan)"},
		}, []string{"2023-07-04 00:00"}},
		"2025: 18 August": {"2025-08-06", report.ComplaintOrdinary, "2025-08-27 00:00", []decree{
			{"2025-08-07", "SKB2025r1", "2025-08-28 00:00", "on_track", "SKB 2025 (perubahan)"},
		}, []string{"2025-08-27 00:00"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			known := tt.filed
			if tt.filed == tt.decrees[0].on {
				known = "2023-03-28"
			}
			s := tell(t, tt.filed+" 09:00", known)
			s.answered()
			s.when(tt.filed+" 11:30", 0, func() { s.shows(tt.due, "on_track", "") })
			due := tt.due
			for i, d := range tt.decrees {
				set, was := 0, due
				due = d.due
				s.when(d.on+" 14:00", 0, func() {
					s.shows(was, d.sla, s.screen.movedBy())
					set = len(s.screen.set)
					s.decree(d.key)
				})
				s.when(d.on+" 14:00", time.Second, func() {
					s.shows(d.due, d.sla, d.movedBy)
					require.Equal(t, d.due, s.due(report.Resolution))
					require.Equal(t, i+1, s.db.confirms)
					if d.due == was {
						require.Len(t, s.screen.set, set, "the timer is left as it is")
					}
				})
			}
			for _, never := range tt.never {
				s.when(never, time.Second, func() {
					require.Zero(t, s.late())
					require.Equal(t, len(tt.decrees), s.db.confirms, "nobody asked, since no deadline rang")
				})
			}
			moved := tt.decrees[len(tt.decrees)-1].movedBy
			s.when(due, -time.Second, func() { s.shows(due, "due_soon", moved); require.Zero(t, s.late()) })
			s.when(due, time.Second, func() { s.shows(due, "late", moved); require.Equal(t, 1, s.late()) })
			s.when(due, day, func() { s.SignalWorkflow(string(report.Withdraw), s.command(report.Withdraw, report.Reporter)) })
			s.play(s.acceptedAs(tt.class))
			require.Equal(t, 1, s.screen.deadlines(moment(t, due)))
			require.Contains(t, s.screen.rang, moment(t, due))
			require.Equal(t, []report.Action{report.Forward, report.PostFollowUp, report.MarkLate, report.Withdraw}, s.db.applied)
		})
	}
}

// The reporter was asked on 6 August, so that all three days of V are kept; A is
// 7, 8, 11 to 15, 18 to 20 August. He answers on Friday the 15th: 18 to 20
// August, or 19 to 21 once the 18th is off.
func TestADecreeLeavesAPausedClockItsDays(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		key, answer, verify string
		moved               string
	}{
		"without the decree": {"", "2025-08-21 00:00", "2025-08-21 00:00", ""},
		"with it":            {"SKB2025r1", "2025-08-22 00:00", "2025-08-22 00:00", "SKB 2025 (perubahan)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := tell(t, "2025-08-06 09:00", "2025-08-06")
			s.later(time.Hour, report.RequestInfo, report.Admin)
			var before report.Clock
			s.when("2025-08-07 10:00", 0, func() {
				before = *s.clock(report.VerificationClock)
				require.Equal(t, report.Paused, before.Status)
				require.Equal(t, 3, before.Left)
				if tt.key != "" {
					s.decree(tt.key)
				}
			})
			s.when("2025-08-07 10:00", time.Second, func() {
				after := *s.clock(report.VerificationClock)
				require.Equal(t, [3]any{before.Status, before.Left, before.PausedAt}, [3]any{after.Status, after.Left, after.PausedAt})
				s.shows(tt.answer, "paused", tt.moved)
				require.Equal(t, tt.answer, s.due(report.AnswerClock))
			})
			s.when("2025-08-15 10:00", 0, func() {
				require.Zero(t, s.late(), "V would have ended on 11 August")
				s.SignalWorkflow(string(report.SupplyInfo), s.command(report.SupplyInfo, report.Reporter))
			})
			s.when("2025-08-15 10:00", time.Second, func() { s.shows(tt.verify, "on_track", "") })
			s.when(tt.verify, -time.Second, func() { require.Zero(t, s.late()) })
			s.when(tt.verify, time.Second, func() { s.shows(tt.verify, "late", ""); require.Equal(t, 1, s.late()) })
			s.when(tt.verify, time.Minute, func() { s.SignalWorkflow(string(report.Withdraw), s.command(report.Withdraw, report.Reporter)) })
			s.play(s.accepted())
			require.Empty(t, s.db.refused)
		})
	}
}

// A workflow that is gone is not reached at all (activities.TellMoved); one that
// is just going is reached while its last step is recorded.
func TestADecreeDoesNotDisturbAReportThatIsClosing(t *testing.T) {
	t.Parallel()
	s := tell(t, "2025-08-06 09:00", "2025-08-06")
	s.answered()
	set := 0
	s.when("2025-08-07 10:00", 0, func() {
		set = len(s.screen.set)
		s.db.before = func() { s.SignalWorkflow(contract.SignalCalendarRevised, nil) }
		s.db.after = func() { s.decree("SKB2025r1") }
		s.SignalWorkflow(string(report.Withdraw), s.command(report.Withdraw, report.Reporter))
	})
	o := s.play(s.accepted())
	require.Equal(t, report.Withdrawn, o.Stage)
	require.Equal(t, moment(t, "2025-08-07 10:00"), s.Now().UTC().Truncate(time.Minute))
	require.Zero(t, s.db.confirms)
	require.Len(t, s.screen.set, set)
	require.Empty(t, s.screen.moves())
	require.False(t, s.screen.shows().ContainsKey(contract.DueAt))
	require.Equal(t, []report.Action{report.Forward, report.PostFollowUp, report.Withdraw}, s.db.applied)
}

// R of a report of 6 August is due on the 26th, and on the 27th once 18 August is
// off. The decree comes while a follow-up is with PostgreSQL, and is told of once
// or twice: its date is there once the follow-up is, once, and one day later, not
// two.
func TestABusyWorkflowTakesTheNewDateOnce(t *testing.T) {
	t.Parallel()
	const due, movedBy = "2025-08-28 00:00", "SKB 2025 (perubahan)"
	tests := map[string]func(s *story){
		"recorded before the follow-up is":                    func(s *story) { s.db.before = func() { s.decree("SKB2025r1") } },
		"recorded after the follow-up, before it is answered": func(s *story) { s.db.after = func() { s.decree("SKB2025r1") } },
		"told before and after": func(s *story) {
			s.db.before = func() { s.decree("SKB2025r1") }
			s.db.after = func() { s.SignalWorkflow(contract.SignalCalendarRevised, nil) }
		},
		"recorded before, told when it is done": func(s *story) {
			s.db.before = func() { s.record("SKB2025r1") }
			s.when("2025-08-07 10:00", time.Second, func() { s.SignalWorkflow(contract.SignalCalendarRevised, nil) })
		},
		"told in the same breath, before": func(s *story) { s.decree("SKB2025r1") },
		"PostgreSQL away at that moment":  func(s *story) { s.db.away = 4; s.db.before = func() { s.decree("SKB2025r1") } },
	}
	for name, interfere := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := tell(t, "2025-08-06 09:00", "2025-08-06")
			s.answered()
			v := &verdict{}
			s.when("2025-08-07 10:00", 0, func() {
				s.shows("2025-08-27 00:00", "on_track", "")
				interfere(s)
				s.followUp(v)
			})
			s.when("2025-08-07 12:00", 0, func() {
				require.NoError(t, v.failed)
				require.NoError(t, v.rejected)
				require.Equal(t, report.FollowUp, v.outcome.Stage)
				s.shows(due, "on_track", movedBy)
				require.Equal(t, due, s.due(report.Resolution))
			})
			s.when("2025-08-27 00:00", time.Second, func() { require.Zero(t, s.late()) })
			s.when(due, -time.Second, func() { require.Zero(t, s.late()) })
			s.when(due, time.Second, func() { s.shows(due, "late", movedBy) })
			s.when(due, time.Minute, func() { s.SignalWorkflow(string(report.Withdraw), s.command(report.Withdraw, report.Reporter)) })
			s.play(s.accepted())
			require.Equal(t, []string{movedBy}, s.screen.moves())
			require.Equal(t, 1, s.screen.deadlines(moment(t, due)))
			require.Zero(t, s.screen.deadlines(moment(t, "2025-08-27 00:00")), "the old date was never waited for again")
			require.Equal(t, []report.Action{report.Forward, report.PostFollowUp, report.PostFollowUp, report.MarkLate, report.Withdraw}, s.db.applied)
		})
	}
}

// C is 10 working days and has no reminder, so that its own timer is open when
// the decree comes. Of 6 August 2025: 7, 8, 11 to 15, 18 to 20, or 19 to 21. Of
// 15 June 2023: 16, 19 to 23, 26 to 28, 30, or 26, 27, 3 and 4 July.
func TestASilenceEndsAtItsNewMidnightOnly(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ answered, on, key, before, after, movedBy string }{
		"2023": {"2023-06-15", "2023-06-16", "SKB2023r2", "2023-07-01 00:00", "2023-07-05 00:00", "SKB 2023 (perubahan)"},
		"2025": {"2025-08-06", "2025-08-07", "SKB2025r1", "2025-08-21 00:00", "2025-08-22 00:00", "SKB 2025 (perubahan)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := tell(t, tt.answered+" 09:00", tt.answered)
			s.later(time.Hour, report.Forward, report.Admin)
			s.later(2*time.Hour, report.PostFollowUp, report.Officer)
			s.when(tt.on+" 10:00", 0, func() { s.shows(tt.before, "on_track", ""); s.decree(tt.key) })
			s.when(tt.on+" 10:00", time.Second, func() { s.shows(tt.after, "on_track", tt.movedBy) })
			s.when(tt.before, time.Second, func() { require.Equal(t, 1, s.db.confirms) })
			s.when(tt.after, -time.Second, func() { require.NotContains(t, s.db.applied, report.Close) })
			o := s.play(s.accepted())
			require.Equal(t, "silent", o.Code)
			require.Equal(t, moment(t, tt.after), s.Now().UTC())
			require.Equal(t, []time.Time{moment(t, tt.after)}, s.screen.rang)
			require.Equal(t, 1, s.screen.deadlines(moment(t, tt.before)))
			require.Equal(t, 1, s.screen.deadlines(moment(t, tt.after)))
		})
	}
}

// R of a report of 6 August 2025 is due on the 27th by the decree of the 7th.
// Whatever tells of the 26th after that is not heard.
func TestAnOlderRevisionAfterANewerOneChangesNothing(t *testing.T) {
	t.Parallel()
	const due, movedBy = "2025-08-28 00:00", "SKB 2025 (perubahan)"
	tests := map[string]func(s *story){
		"told again": func(s *story) { s.SignalWorkflow(contract.SignalCalendarRevised, nil) },
		"told again, five times": func(s *story) {
			for range 5 {
				s.SignalWorkflow(contract.SignalCalendarRevised, nil)
			}
		},
		"an answer of before":              func(s *story) { s.decree("SKB2025") },
		"of long before, that says less":   func(s *story) { s.decree("SKB2024r1") },
		"an answer of before to an update": func(s *story) { s.record("SKB2025"); s.followUp(&verdict{}) },
	}
	for name, repeat := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := tell(t, "2025-08-06 09:00", "2025-08-06")
			s.answered()
			set := 0
			s.when("2025-08-07 10:00", 0, func() { s.decree("SKB2025r1") })
			s.when("2025-08-08 10:00", 0, func() { s.shows(due, "on_track", movedBy); set = len(s.screen.set); repeat(s) })
			s.when("2025-08-08 10:00", time.Minute, func() {
				s.shows(due, "on_track", movedBy)
				require.Len(t, s.screen.set, set)
				s.record("SKB2025r1")
			})
			s.when("2025-08-27 00:00", time.Second, func() { require.Zero(t, s.late()) })
			s.when(due, time.Second, func() { s.shows(due, "late", movedBy) })
			s.when(due, time.Minute, func() { s.SignalWorkflow(string(report.Withdraw), s.command(report.Withdraw, report.Reporter)) })
			s.play(s.accepted())
			require.Equal(t, []string{movedBy}, s.screen.moves())
		})
	}
}

// Temporal was away when the report was filed on 13 August, and a decree of the
// 7th was recorded before its run could start: V is 14, 15 and 18 August, or 14, 15
// and 19 with the 18th off. PostgreSQL has it in the state the run starts with; the
// transition remembers the date before.
func TestARunThatStartsAfterTheDecreeKeepsTheMovedDate(t *testing.T) {
	t.Parallel()
	const due, movedBy = "2025-08-20 00:00", "SKB 2025 (perubahan)"
	s := tell(t, "2025-08-13 09:00", "2025-08-06")
	in := s.accepted()
	s.record("SKB2025r1")
	in.State.Settle(s.db.settle(in.State, true), s.start)
	s.db.state = in.State
	require.Equal(t, movedBy, in.State.MovedBy)
	s.when("2025-08-13 09:00", time.Second, func() { s.shows(due, "on_track", movedBy) })
	s.when("2025-08-19 00:00", time.Second, func() { require.Zero(t, s.late()); require.Zero(t, s.db.confirms) })
	s.when(due, time.Second, func() { s.shows(due, "late", movedBy) })
	s.when(due, time.Minute, func() { s.SignalWorkflow(string(report.Withdraw), s.command(report.Withdraw, report.Reporter)) })
	s.play(in)
	require.Equal(t, 1, s.db.confirms)
}

// The same where the history is handed on after the decree: R of a report of 6
// August, whose date was found with the forward and moved on the 7th.
func TestAHistoryHandedOnKeepsTheMovedDate(t *testing.T) {
	t.Parallel()
	const due, movedBy = "2025-08-28 00:00", "SKB 2025 (perubahan)"
	first := tell(t, "2025-08-06 09:00", "2025-08-06")
	first.later(time.Hour, report.Forward, report.Admin)
	first.when("2025-08-07 10:00", 0, func() { first.SetContinueAsNewSuggested(true); first.decree("SKB2025r1") })
	first.ExecuteWorkflow(contract.ReportWorkflow, first.accepted())
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, first.GetWorkflowError(), &again)
	var in contract.ReportInput
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &in))

	s := tell(t, "2025-08-07 10:00", "2025-08-07")
	*s.db = *first.db
	s.when("2025-08-07 10:00", time.Second, func() {
		require.Equal(t, due, s.due(report.Resolution))
		require.Equal(t, movedBy, s.screen.movedBy())
	})
	s.when("2025-08-07 10:01", 0, func() { s.followUp(&verdict{}) })
	s.when("2025-08-07 10:02", 0, func() { s.shows(due, "on_track", movedBy) })
	s.when("2025-08-07 10:03", 0, func() { s.SignalWorkflow(string(report.Withdraw), s.command(report.Withdraw, report.Reporter)) })
	s.play(in)
	require.Equal(t, 1, s.db.confirms, "by the first history")
}

// A history that was begun before dates were kept goes on as it began, so that it
// can be replayed: it shows the earlier date until its timer rings and it asks.
func TestARunOfBeforeGoesOnAsItBegan(t *testing.T) {
	t.Parallel()
	s := tell(t, "2025-08-13 09:00", "2025-08-06")
	s.OnGetVersion("keep-later-dates", workflow.DefaultVersion, workflow.Version(1)).Return(workflow.DefaultVersion)
	in := s.accepted()
	s.record("SKB2025r1")
	in.State.Settle(s.db.settle(in.State, true), s.start)
	s.db.state = in.State
	s.when("2025-08-13 09:00", time.Second, func() { require.Equal(t, "2025-08-19 00:00", s.due(report.VerificationClock)) })
	s.when("2025-08-19 00:00", time.Second, func() {
		require.Equal(t, "2025-08-20 00:00", s.due(report.VerificationClock))
		require.Zero(t, s.late())
	})
	s.when("2025-08-20 00:00", time.Second, func() { require.Equal(t, 1, s.late()) })
	s.when("2025-08-20 00:00", time.Minute, func() { s.SignalWorkflow(string(report.Withdraw), s.command(report.Withdraw, report.Reporter)) })
	s.play(in)
}
