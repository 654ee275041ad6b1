package report_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kawal-id/kawal/report"
)

// aLife draws a report and what happened to it: commands of anybody at any time,
// of which those that are refused change nothing, clocks that pass, and decrees.
func aLife(t testing.TB, rt *rapid.T) (report.State, time.Time) {
	s, now := accepted(t), noon
	if rapid.Bool().Draw(rt, "forwarded") {
		s = forwarded(t)
	}
	for range rapid.IntRange(0, 12).Draw(rt, "commands") {
		now = now.Add(time.Duration(rapid.IntRange(0, 60).Draw(rt, "hours")) * time.Hour)
		if due := s.Due(); due != nil && !now.Before(due.DueAt) && due.Kind.Duty() {
			s = do(t, s, system(t, s, report.MarkLate, due.Kind))
		}
		if moved := s.Due(); moved != nil && rapid.IntRange(0, 5).Draw(rt, "decree") == 0 {
			s.Settle([]report.Settled{{Kind: moved.Kind, Seq: moved.Seq, Revision: moved.Revision + 1, Decree: "SKB uji",
				DueAt: moved.DueAt.AddDate(0, 0, 1), SoonAt: moved.DueAt}}, now)
		}
		s = tryAny(t, rt, s, now)
	}
	return s, now
}

// tryAny applies a command: one that is allowed, or any, which may be refused.
func tryAny(t testing.TB, rt *rapid.T, s report.State, now time.Time) report.State {
	by, from := rapid.SampledFrom(everybody).Draw(rt, "by"), actions()
	if allowed := report.Allowed(s, by, now); len(allowed) > 0 && rapid.IntRange(0, 4).Draw(rt, "allowed") > 0 {
		from = allowed
	}
	c := command(rapid.SampledFrom(from).Draw(rt, "action"), by)
	if c.ReceivedAt = now; c.Action == report.Merge || c.Action == report.Withdraw {
		return s
	}
	next, _, err := report.Apply(s, c)
	if err != nil {
		require.Equal(t, s, next)
		return s
	}
	return settled(next, now)
}

// apart returns a report without what tells that it was merged and unmerged: the
// number of transitions and of runs, and of the clocks that the merge paused the
// times and dates, which are the calendar's.
func apart(s report.State, paused []report.ClockKind) report.State {
	s.Seq, s.Run, s.Clocks = 0, 0, slices.Clone(s.Clocks)
	for i := range s.Clocks {
		if c := &s.Clocks[i]; slices.Contains(paused, c.Kind) {
			c.DueAt, c.SoonAt, c.PausedAt, c.ResumedAt, c.Left = time.Time{}, time.Time{}, time.Time{}, time.Time{}, 0
			c.Revision, c.Decree = 0, ""
		}
	}
	return s
}

// pausedBy returns the kinds of the clocks that ran before a step and are paused
// after it.
func pausedBy(before, after report.State) (kinds []report.ClockKind) {
	for _, c := range before.Clocks {
		if k := after.Clock(c.Kind); c.Status == report.Running && k.Status == report.Paused {
			kinds = append(kinds, c.Kind)
		}
	}
	return kinds
}

// RULES.md section 1.2. What it does to the clocks' dates is tested in store.
func TestUnmergingGivesBackTheReportThatWasMerged(t *testing.T) {
	t.Parallel()
	lives := map[report.Stage]int{}
	rapid.Check(t, func(rt *rapid.T) {
		was, now := aLife(t, rt)
		merge := command(report.Merge, report.Admin)
		merge.ReceivedAt = now
		next, effects, err := report.Apply(was, merge)
		if err != nil {
			require.Equal(rt, was, next)
			return
		}
		lives[was.Stage]++
		require.Equal(rt, report.Effects{Notices: []report.Notice{{To: report.ToReporter, Template: "merged"}}}, effects)
		s := settled(next, now)
		for range rapid.IntRange(0, 4).Draw(rt, "refused") {
			later := now.Add(time.Duration(rapid.IntRange(0, 400).Draw(rt, "later")) * time.Hour)
			for _, a := range actions() {
				c := command(a, rapid.SampledFrom(everybody).Draw(rt, "by"))
				if c.ReceivedAt = later; a != report.Unmerge && a != report.CloseWithTarget {
					_, _, err := report.Apply(s, c)
					require.Error(rt, err, a)
				}
			}
		}
		unmerge := command(report.Unmerge, rapid.SampledFrom([]report.Role{report.Admin, report.System}).Draw(rt, "who"))
		unmerge.ReceivedAt = now.Add(time.Duration(rapid.IntRange(0, 2000).Draw(rt, "merged for")) * time.Hour)
		back, _, err := report.Apply(s, unmerge)
		require.NoError(rt, err)
		back = settled(back, unmerge.ReceivedAt)
		require.Equal(rt, was.Seq+2, back.Seq)
		require.Equal(rt, was.Run+1, back.Run, "a workflow of its own again")
		for i := range was.Clocks {
			switch c := &was.Clocks[i]; {
			case c.Status == report.Running && c.Kind.Duty() && !now.Before(c.DueAt):
				require.Equal(rt, report.Running, s.Clock(c.Kind).Status, "what is late does not pause")
				if c.LateAt.IsZero() { // it had passed, though nobody had said so
					c.LateAt = c.DueAt
				}
			default:
				require.Equal(rt, report.Paused, s.Clock(c.Kind).Status, c.Kind)
			}
		}
		paused := pausedBy(was, s)
		require.Equal(rt, apart(was, paused), apart(back, paused))
	})
	require.Positive(t, lives[report.FollowUp])
}

func TestAPauseOfTheInstantOfTheMergeOutlivesIt(t *testing.T) {
	t.Parallel()
	was := do(t, forwarded(t), command(report.Return, report.Officer))
	s := do(t, was, command(report.Merge, report.Admin), command(report.Unmerge, report.Admin))
	require.Equal(t, report.Verification, s.Stage)
	require.Equal(t, report.Running, s.Clock(report.VerificationClock).Status)
	require.Equal(t, was.Clock(report.Resolution), s.Clock(report.Resolution), "R waits for the next forward")
}

// An extension asked for in time may be granted when its own end has passed: the
// mark of the first end stands, and with it the escalation that goes by it.
func TestAMergeDoesNotMarkALateClockAgain(t *testing.T) {
	t.Parallel()
	s := do(t, forwarded(t), command(report.RequestExtension, report.Officer))
	due := s.Clock(report.FirstFollowUp).DueAt
	grant, merge, unmerge := command(report.Extend, report.Admin), command(report.Merge, report.Admin), command(report.Unmerge, report.Admin)
	for _, c := range []*report.Command{&grant, &merge, &unmerge} {
		c.ReceivedAt = due.AddDate(0, 0, 3) // two days were asked for
	}
	s = do(t, s, system(t, s, report.MarkLate, report.FirstFollowUp), grant)
	was := *s.Clock(report.FirstFollowUp)
	require.Equal(t, due, was.LateAt)
	require.Equal(t, due.AddDate(0, 0, 2), was.DueAt)
	require.Equal(t, was, *do(t, s, merge, unmerge).Clock(report.FirstFollowUp))
}
