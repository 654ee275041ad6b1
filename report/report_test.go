package report_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
)

// noon is the receipt of all commands that do not say otherwise.
var noon = time.Date(2025, 8, 6, 5, 0, 0, 0, time.UTC)

// accepted returns a new report with its first deadline three days on.
func accepted(t testing.TB) report.State {
	t.Helper()
	rules, err := report.RulesByID(report.DefaultRules)
	require.NoError(t, err)
	s, _, err := report.New(report.State{
		ID: "KWL-0000-0000-0", Queue: "tirtajaya", Class: report.ComplaintOrdinary, Category: "roads.pothole",
		Region: "32.99", Channel: "web", Rules: rules,
	}, noon)
	require.NoError(t, err)
	return settled(s, noon)
}

// settled gives every pending clock a date: a day for each unit. It stands in
// for the store, which has a calendar.
func settled(s report.State, now time.Time) report.State {
	var found []report.Settled
	for _, c := range s.Clocks {
		f := report.Settled{Kind: c.Kind, Seq: c.Seq, DueAt: c.DueAt, SoonAt: c.SoonAt}
		switch c.Pending {
		case "":
			continue
		case report.PendingPause:
			f.Left = int(c.DueAt.Sub(c.PausedAt).Hours() / 24)
		case report.PendingResume:
			f.DueAt = c.ResumedAt.AddDate(0, 0, c.Left)
		case report.PendingExtend:
			f.DueAt = c.DueAt.AddDate(0, 0, c.Extra)
		case report.PendingRecount:
			f.DueAt = c.DueAt.AddDate(0, 0, c.Grow)
		default:
			f.DueAt = c.StartedAt.AddDate(0, 0, c.Limit.N)
		}
		f.SoonAt = f.DueAt.AddDate(0, 0, -1)
		found = append(found, f)
	}
	s.Settle(found, now)
	s.Prune()
	return s
}

// command returns a well-formed command of the action at noon.
func command(a report.Action, by report.Role) report.Command {
	c := report.Command{ID: string(a), Action: a, By: by, ReceivedAt: noon, Digests: []string{"00"}}
	switch a {
	case report.Forward, report.Reassign, report.Assign, report.PassUp:
		c.Unit = "dinas.pu"
	case report.Archive:
		c.Reason = "out_of_scope"
	case report.PostFollowUp:
		c.Kind = report.Concluding
	case report.Merge:
		c.Target = "KWL-1111-1111-1"
	case report.RequestExtension:
		c.Clock, c.Days = report.FirstFollowUp, 2
	case report.Amend:
		c.Class = report.ComplaintSupervisory
	}
	return c
}

// do applies commands one after the other and settles each.
func do(t testing.TB, s report.State, commands ...report.Command) report.State {
	t.Helper()
	for _, c := range commands {
		next, _, err := report.Apply(s, c)
		require.NoError(t, err, "%s in %s", c.Action, s.Stage)
		require.Equal(t, s.Seq+1, next.Seq)
		s = settled(next, c.ReceivedAt)
	}
	return s
}

func forwarded(t testing.TB) report.State {
	return do(t, accepted(t), command(report.Forward, report.Admin))
}

func answered(t testing.TB) report.State {
	return do(t, forwarded(t), command(report.PostFollowUp, report.Officer))
}

// system returns the command by which a clock runs out.
func system(t testing.TB, s report.State, a report.Action, k report.ClockKind) report.Command {
	t.Helper()
	c := s.Clock(k)
	require.NotNil(t, c)
	return report.Command{ID: "system", Action: a, By: report.System, ReceivedAt: c.DueAt, Clock: k, ClockSeq: c.Seq}
}

func TestAPlainLifeRunsTheClocksOfTheRules(t *testing.T) {
	t.Parallel()
	s := accepted(t)
	require.NotNil(t, s.Clock(report.VerificationClock))

	s = do(t, s, command(report.Forward, report.Admin))
	require.Equal(t, report.FollowUp, s.Stage)
	require.Equal(t, 1, s.Round)
	require.True(t, s.Published)
	require.Nil(t, s.Clock(report.VerificationClock))
	require.Equal(t, "dinas.pu", s.Clock(report.FirstFollowUp).Unit)
	require.Equal(t, report.Limit{Unit: report.WorkingDays, N: 14}, s.Clock(report.Resolution).Limit)

	s = do(t, s, command(report.PostFollowUp, report.Officer))
	require.Equal(t, report.Closure, s.Stage)
	require.Nil(t, s.Clock(report.FirstFollowUp))
	require.Nil(t, s.Clock(report.Resolution))
	require.NotNil(t, s.Clock(report.Silence))

	s = do(t, s, command(report.Reply, report.Reporter))
	require.Equal(t, report.FollowUp, s.Stage)
	require.Equal(t, 2, s.Round)
	require.Nil(t, s.Clock(report.Silence))
	require.Nil(t, s.Clock(report.Resolution), "resolution is met for good")

	s = do(t, s, command(report.PostFollowUp, report.Officer))
	s = do(t, s, system(t, s, report.Close, report.Silence))
	require.Equal(t, report.Closed, s.Stage)
	require.Equal(t, "silent", s.Outcome)
	require.NotNil(t, s.Clock(report.ReopenWindow))
	_, wakes := s.NextWake(noon)
	require.False(t, wakes, "a closed report has no timer")
}

func TestWhatEachRowOfTheRulesDoes(t *testing.T) {
	t.Parallel()
	asked := do(t, forwarded(t), command(report.RequestExtension, report.Officer))
	awaiting := do(t, accepted(t), command(report.RequestInfo, report.Admin))
	closed := do(t, answered(t), command(report.ConfirmDone, report.Reporter))
	merged := do(t, forwarded(t), command(report.Merge, report.Admin))
	archived := do(t, accepted(t), command(report.Archive, report.Admin))
	secret := do(t, forwarded(t), command(report.MakeSecret, report.Reporter))
	interim := command(report.PostFollowUp, report.Officer)
	interim.Kind = report.Interim
	tests := []struct {
		name  string
		from  report.State
		c     report.Command
		check func(*testing.T, report.State)
	}{
		{"asking pauses verification and starts the answer", accepted(t), command(report.RequestInfo, report.Admin), func(t *testing.T, s report.State) {
			require.Equal(t, report.AwaitingReporter, s.Stage)
			require.Equal(t, report.Paused, s.Clock(report.VerificationClock).Status)
			require.Equal(t, 3, s.Clock(report.VerificationClock).Left)
			require.Equal(t, report.Running, s.Clock(report.AnswerClock).Status)
			require.Equal(t, report.OnHold, s.SLAAt(noon))
		}},
		{"supplying resumes verification", awaiting, command(report.SupplyInfo, report.Reporter), func(t *testing.T, s report.State) {
			require.Equal(t, report.Verification, s.Stage)
			require.Equal(t, report.Running, s.Clock(report.VerificationClock).Status)
			require.Nil(t, s.Clock(report.AnswerClock))
		}},
		{"a reply while information is wanted supplies it", awaiting, command(report.Reply, report.Reporter), func(t *testing.T, s report.State) {
			require.Equal(t, report.Verification, s.Stage)
		}},
		{"no answer archives", awaiting, system(t, awaiting, report.NoAnswer, report.AnswerClock), func(t *testing.T, s report.State) {
			require.Equal(t, report.Archived, s.Stage)
			require.Equal(t, "no_answer", s.Outcome)
			require.Empty(t, s.Clocks)
		}},
		{"passing up keeps the clock and changes the queue", accepted(t), command(report.PassUp, report.Admin), func(t *testing.T, s report.State) {
			require.Equal(t, "dinas.pu", s.Queue)
			require.Equal(t, "tirtajaya", s.Clock(report.VerificationClock).Unit)
		}},
		{"a return ends F, pauses R and starts V", forwarded(t), command(report.Return, report.Officer), func(t *testing.T, s report.State) {
			require.Equal(t, report.Verification, s.Stage)
			require.Nil(t, s.Clock(report.FirstFollowUp))
			require.Equal(t, report.Paused, s.Clock(report.Resolution).Status)
			require.NotNil(t, s.Clock(report.VerificationClock))
			require.Empty(t, s.Agency)
		}},
		{"an interim follow-up meets F and leaves R", forwarded(t), interim, func(t *testing.T, s report.State) {
			require.Equal(t, report.FollowUp, s.Stage)
			require.Nil(t, s.Clock(report.FirstFollowUp))
			require.NotNil(t, s.Clock(report.Resolution))
		}},
		{"accepting changes the label only", forwarded(t), command(report.Accept, report.Officer), func(t *testing.T, s report.State) {
			require.Equal(t, "Sedang ditindaklanjuti", s.Stage.Label(s.Accepted))
			require.Len(t, s.Clocks, 2)
		}},
		{"a note satisfies no clock", forwarded(t), command(report.Note, report.Officer), func(t *testing.T, s report.State) {
			require.Len(t, s.Clocks, 2)
		}},
		{"a second concluding follow-up starts the silence anew", answered(t), command(report.PostFollowUp, report.Officer), func(t *testing.T, s report.State) {
			require.Equal(t, 4, s.Clock(report.Silence).Seq)
			require.Len(t, s.Clocks, 1)
		}},
		{"an administrator's reply reopens the round too", answered(t), command(report.Reply, report.Admin), func(t *testing.T, s report.State) {
			require.Equal(t, report.FollowUp, s.Stage)
		}},
		{"a reply during follow-up moves no clock", forwarded(t), command(report.Reply, report.Reporter), func(t *testing.T, s report.State) {
			require.Equal(t, 1, s.Round)
			require.Equal(t, 2, s.Clock(report.FirstFollowUp).Seq)
		}},
		{"a granted extension grows the clock", asked, command(report.Extend, report.Admin), func(t *testing.T, s report.State) {
			require.Equal(t, noon.AddDate(0, 0, 7), s.Clock(report.FirstFollowUp).DueAt)
			require.NotContains(t, report.Allowed(s, report.Admin, noon), report.Extend)
		}},
		{"a declined extension leaves it", asked, command(report.DeclineExtension, report.Admin), func(t *testing.T, s report.State) {
			require.Equal(t, noon.AddDate(0, 0, 5), s.Clock(report.FirstFollowUp).DueAt)
		}},
		{"reassigning starts F for the other agency, R runs on", asked, func() report.Command {
			c := command(report.Reassign, report.Admin)
			c.Unit = "dinas.lain"
			return c
		}(), func(t *testing.T, s report.State) {
			require.Equal(t, "dinas.lain", s.Clock(report.FirstFollowUp).Unit)
			require.Equal(t, 4, s.Clock(report.FirstFollowUp).Seq)
			require.Equal(t, 2, s.Clock(report.Resolution).Seq)
			require.Equal(t, "dinas.lain", s.Clock(report.Resolution).Unit)
		}},
		{"merging pauses all clocks", forwarded(t), command(report.Merge, report.Admin), func(t *testing.T, s report.State) {
			require.Equal(t, report.Merged, s.Stage)
			for _, c := range s.Clocks {
				require.Equal(t, report.Paused, c.Status)
			}
		}},
		{"unmerging goes back where it was", merged, command(report.Unmerge, report.Admin), func(t *testing.T, s report.State) {
			require.Equal(t, report.FollowUp, s.Stage)
			require.Equal(t, 2, s.Run)
			for _, c := range s.Clocks {
				require.Equal(t, report.Running, c.Status)
			}
		}},
		{"a merged report closes with its target", merged, report.Command{ID: "x", Action: report.CloseWithTarget, By: report.System, ReceivedAt: noon}, func(t *testing.T, s report.State) {
			require.Equal(t, report.Closed, s.Stage)
		}},
		{"withdrawing stops everything", forwarded(t), command(report.Withdraw, report.Reporter), func(t *testing.T, s report.State) {
			require.Equal(t, report.Withdrawn, s.Stage)
			require.Empty(t, s.Clocks)
			require.False(t, s.Published)
		}},
		{"the reporter reopens within the window", closed, command(report.Reopen, report.Reporter), func(t *testing.T, s report.State) {
			require.Equal(t, report.FollowUp, s.Stage)
			require.Equal(t, 2, s.Run)
			require.Equal(t, 2, s.Round)
			require.Len(t, s.Clocks, 1)
		}},
		{"a reply to a closed report is a reopening", closed, command(report.Reply, report.Reporter), func(t *testing.T, s report.State) {
			require.Equal(t, report.FollowUp, s.Stage)
		}},
		{"an administrator reopens an archived report to a new V", archived, command(report.Reopen, report.Admin), func(t *testing.T, s report.State) {
			require.Equal(t, report.Verification, s.Stage)
			require.Equal(t, s.Seq, s.Clock(report.VerificationClock).Seq)
		}},
		{"another class recounts R from its start", forwarded(t), command(report.Amend, report.Admin), func(t *testing.T, s report.State) {
			require.Equal(t, noon.AddDate(0, 0, 60), s.Clock(report.Resolution).DueAt)
		}},
		{"secret takes the public copy down", forwarded(t), command(report.MakeSecret, report.Reporter), func(t *testing.T, s report.State) {
			require.False(t, s.Published)
			require.True(t, s.Secret)
		}},
		{"consent publishes again", secret, command(report.MakePublic, report.System), func(t *testing.T, s report.State) {
			require.True(t, s.Published)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.check(t, do(t, tt.from, tt.c))
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	closed := do(t, answered(t), command(report.ConfirmDone, report.Reporter))
	late := command(report.Reopen, report.Reporter)
	late.ReceivedAt = closed.Clock(report.ReopenWindow).DueAt
	returned := accepted(t)
	for range 3 {
		returned = do(t, returned, command(report.Forward, report.Admin), command(report.Return, report.Officer))
	}
	binding := do(t, returned, command(report.Forward, report.Admin))
	tooLong := command(report.RequestExtension, report.Officer)
	tooLong.Days = 6
	overdue := command(report.RequestExtension, report.Officer)
	overdue.ReceivedAt = forwarded(t).Clock(report.FirstFollowUp).DueAt
	granted := do(t, forwarded(t), command(report.RequestExtension, report.Officer), command(report.Extend, report.Admin))
	interim := command(report.PostFollowUp, report.Officer)
	interim.Kind = report.Interim
	self := command(report.Merge, report.Admin)
	self.Target = "KWL-0000-0000-0"
	noText := command(report.Reply, report.Reporter)
	noText.Digests = nil
	withdrawn := do(t, forwarded(t), command(report.Withdraw, report.Reporter))
	noR := do(t, answered(t), command(report.Reply, report.Reporter))
	tests := []struct {
		name string
		from report.State
		c    report.Command
		want fault.Kind
	}{
		{"an officer does not forward", accepted(t), command(report.Forward, report.Officer), fault.Forbidden},
		{"no follow-up before a forward", accepted(t), command(report.PostFollowUp, report.Officer), fault.Conflict},
		{"a forward after the third return binds", binding, command(report.Return, report.Officer), fault.Conflict},
		{"no return after the first follow-up", do(t, forwarded(t), interim), command(report.Return, report.Officer), fault.Conflict},
		{"accepted once", do(t, forwarded(t), command(report.Accept, report.Officer)), command(report.Accept, report.Officer), fault.Conflict},
		{"no extension longer than the limit", forwarded(t), tooLong, fault.Invalid},
		{"no extension after the due time", forwarded(t), overdue, fault.Conflict},
		{"one extension a round", granted, command(report.RequestExtension, report.Officer), fault.Conflict},
		{"nothing to grant", forwarded(t), command(report.Extend, report.Admin), fault.Conflict},
		{"no interim follow-up without R", noR, interim, fault.Conflict},
		{"no merge with itself", forwarded(t), self, fault.Invalid},
		{"no merge before publication", accepted(t), command(report.Merge, report.Admin), fault.Conflict},
		{"no merge of a secret report", do(t, forwarded(t), command(report.MakeSecret, report.Admin)), command(report.Merge, report.Admin), fault.Conflict},
		{"no reopening after the window", closed, late, fault.Conflict},
		{"no reply without a text", answered(t), noText, fault.Invalid},
		{"nothing leaves withdrawn", withdrawn, command(report.Reopen, report.Admin), fault.Gone},
		{"secret once", do(t, accepted(t), command(report.MakeSecret, report.Admin)), command(report.MakeSecret, report.Admin), fault.Conflict},
		{"no late mark for another clock", forwarded(t), report.Command{ID: "x", Action: report.MarkLate, By: report.System, ReceivedAt: noon, Clock: report.VerificationClock}, fault.Conflict},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before := tt.from
			next, _, err := report.Apply(tt.from, tt.c)
			require.Error(t, err)
			require.ErrorIs(t, err, tt.want)
			require.Equal(t, before, next, "a refusal leaves the state as it was")
		})
	}
}

func TestAReplyOlderThanTheSilenceDoesNotEndIt(t *testing.T) {
	t.Parallel()
	old := command(report.Reply, report.Reporter)
	old.ReceivedAt = noon.Add(-time.Minute)
	s := do(t, answered(t), old)
	require.Equal(t, report.Closure, s.Stage)
	require.NotNil(t, s.Clock(report.Silence))
}

func TestAReportMergedBeforeAnAgencyHadItReopensToVerification(t *testing.T) {
	t.Parallel()
	s := do(t, forwarded(t), command(report.Return, report.Officer), command(report.Merge, report.Admin))
	s = do(t, s, report.Command{ID: "x", Action: report.CloseWithTarget, By: report.System, ReceivedAt: noon})
	for _, c := range []report.Command{command(report.Reopen, report.Reporter), command(report.Reply, report.Reporter), command(report.Reopen, report.Admin)} {
		again := do(t, s, c)
		require.Equal(t, report.Verification, again.Stage)
		require.NotNil(t, again.Clock(report.VerificationClock))
		require.Equal(t, report.Paused, again.Clock(report.Resolution).Status, "R waits for the next forward")
	}
}

func TestResolutionOutlivesClosingWithTheTarget(t *testing.T) {
	t.Parallel()
	s := do(t, forwarded(t), command(report.Merge, report.Admin))
	s = do(t, s, report.Command{ID: "x", Action: report.CloseWithTarget, By: report.System, ReceivedAt: noon})
	require.Equal(t, report.OnTrack, s.SLAAt(noon))
	_, wakes := s.NextWake(noon)
	require.False(t, wakes)
	s = do(t, s, command(report.Reopen, report.Reporter))
	require.Equal(t, report.Running, s.Clock(report.Resolution).Status)
	require.Equal(t, 2, s.Clock(report.Resolution).Seq, "the same clock, resumed")
}

func TestALongerLimitReachesAPausedClock(t *testing.T) {
	t.Parallel()
	s := do(t, forwarded(t), command(report.Return, report.Officer))
	left := s.Clock(report.Resolution).Left
	s = do(t, s, command(report.Amend, report.Admin))
	require.Equal(t, left+46, s.Clock(report.Resolution).Left, "60 instead of 14")
	shorter := command(report.Amend, report.Admin)
	shorter.Class = report.InformationRequest
	s = do(t, s, shorter)
	require.Equal(t, left+46, s.Clock(report.Resolution).Left, "never earlier")
}

func TestAnExtensionAskedForIsNotInherited(t *testing.T) {
	t.Parallel()
	r := command(report.RequestExtension, report.Officer)
	r.Clock = report.Resolution
	asked := do(t, forwarded(t), r)
	for _, c := range []report.Command{command(report.Return, report.Officer), command(report.Reassign, report.Admin)} {
		require.Zero(t, do(t, asked, c).Clock(report.Resolution).Asked)
	}
}

func TestOneExtensionARound(t *testing.T) {
	t.Parallel()
	s := do(t, forwarded(t), command(report.RequestExtension, report.Officer), command(report.DeclineExtension, report.Admin))
	r := command(report.RequestExtension, report.Officer)
	r.Clock = report.Resolution
	_, _, err := report.Apply(s, r)
	require.ErrorIs(t, err, fault.Conflict)
	require.NotContains(t, report.Allowed(s, report.Officer, noon), report.RequestExtension)
	s = do(t, s, command(report.PostFollowUp, report.Officer), command(report.Reply, report.Reporter))
	require.Contains(t, report.Allowed(s, report.Officer, noon), report.RequestExtension)
}

func TestALateClockStopsNothingAndStaysOnTheRecord(t *testing.T) {
	t.Parallel()
	s := forwarded(t)
	due := s.Clock(report.FirstFollowUp).DueAt
	s = do(t, s, system(t, s, report.MarkLate, report.FirstFollowUp))
	require.Equal(t, report.FollowUp, s.Stage)
	require.Equal(t, report.Late, s.SLAAt(due))
	answer := command(report.PostFollowUp, report.Officer)
	answer.ReceivedAt = due.AddDate(0, 0, 1)
	next, _, err := report.Apply(s, answer)
	require.NoError(t, err)
	for _, c := range next.Clocks {
		if c.Kind == report.FirstFollowUp {
			require.Equal(t, report.Met, c.Status)
			require.Equal(t, due, c.LateAt)
		}
	}
}

func TestALateClockDoesNotPause(t *testing.T) {
	t.Parallel()
	ask := command(report.RequestInfo, report.Admin)
	ask.ReceivedAt = accepted(t).Clock(report.VerificationClock).DueAt
	s := do(t, accepted(t), ask)
	require.Equal(t, report.Running, s.Clock(report.VerificationClock).Status)
	require.Equal(t, report.Late, s.SLAAt(ask.ReceivedAt))
}

func TestADecreeThatMovesADeadlineAheadLiftsTheMark(t *testing.T) {
	t.Parallel()
	s := forwarded(t)
	s = do(t, s, system(t, s, report.MarkLate, report.FirstFollowUp))
	k := *s.Clock(report.FirstFollowUp)
	s.Settle([]report.Settled{{Kind: k.Kind, Seq: k.Seq, DueAt: k.DueAt.AddDate(0, 0, 1)}}, k.DueAt)
	require.NotEqual(t, report.Late, s.SLAAt(k.DueAt))
}

func TestTheNextWakeIsTheReminderThenTheDeadline(t *testing.T) {
	t.Parallel()
	s := accepted(t)
	w, ok := s.NextWake(noon)
	require.True(t, ok)
	require.True(t, w.Soon)
	require.Equal(t, noon.AddDate(0, 0, 2), w.At)
	w, ok = s.NextWake(w.At)
	require.True(t, ok)
	require.False(t, w.Soon)
	require.Equal(t, noon.AddDate(0, 0, 3), w.At)
	require.Equal(t, report.DueSoon, s.SLAAt(noon.AddDate(0, 0, 2)))
}

func TestRuleSetsHoldTheNumbersOfTheRules(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"sp4n-lapor", "permenpanrb-62-2018", "permenpanrb-5-2025"} {
		r, err := report.RulesByID(id)
		require.NoError(t, err)
		require.Equal(t, []int{3, 5, 10, 10, 10}, []int{r.Verification.N, r.FollowUp.N, r.Silence.N, r.Answer.N, r.Reopen.N})
		require.Equal(t, []int{14, 60, 14, 5}, []int{r.Resolution[report.ComplaintOrdinary].N,
			r.Resolution[report.ComplaintSupervisory].N, r.Resolution[report.Aspiration].N, r.Resolution[report.InformationRequest].N})
		require.Equal(t, id != "sp4n-lapor", r.Provisional)
	}
	_, err := report.RulesByID("hukum-rimba")
	require.ErrorIs(t, err, fault.NotFound)
}
