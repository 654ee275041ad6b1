package report_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/report"
)

var everybody = []report.Role{report.Reporter, report.Admin, report.Officer, report.System}

// actions lists each action of the table once.
func actions() []report.Action {
	var all []report.Action
	for _, t := range report.Table {
		if !slices.Contains(all, t.Action) {
			all = append(all, t.Action)
		}
	}
	return all
}

// FuzzNoLifeBreaksTheInvariants drives a report with arbitrary commands at
// arbitrary times and holds each step against the invariants of the package.
func FuzzNoLifeBreaksTheInvariants(f *testing.F) {
	f.Add([]byte{0, 1, 10, 1, 11, 0})
	f.Add([]byte{1, 1, 3, 0, 0, 1, 17, 1, 18, 1})
	f.Add([]byte{0, 1, 21, 1, 22, 1, 24, 0})
	all := actions()
	f.Fuzz(func(t *testing.T, script []byte) {
		s, now := accepted(t), noon
		for i := 0; i+2 < len(script) && i < 120; i += 3 {
			now = now.Add(time.Duration(script[i+2]) * time.Hour)
			c := command(all[int(script[i])%len(all)], everybody[int(script[i+1])%len(everybody)])
			c.ReceivedAt = now
			if due := s.Due(); c.Action == report.MarkLate && due != nil {
				c.Clock, c.ClockSeq, c.ReceivedAt = due.Kind, due.Seq, due.DueAt
			}
			next, _, err := report.Apply(s, c)
			if err != nil {
				require.Equal(t, s, next)
				continue
			}
			holds(t, s, next, c)
			s = settled(next, now)
		}
	})
}

func holds(t *testing.T, before, after report.State, c report.Command) {
	t.Helper()
	require.NotEqual(t, report.Withdrawn, before.Stage, "nothing leaves withdrawn")
	require.Equal(t, before.Seq+1, after.Seq)
	require.True(t, after.Stage.Valid())
	require.GreaterOrEqual(t, after.Round, before.Round)
	require.False(t, after.Secret && after.Published, "a secret report is never published")
	require.False(t, before.Concluded && !after.Concluded, "resolution is met for good")
	if before.Clock(report.Silence) != nil && after.Clock(report.Silence) == nil {
		require.Contains(t, []report.Action{report.Reply, report.PostFollowUp, report.ConfirmDone, report.Close, report.Reassign, report.Withdraw}, c.Action,
			"only replies and decisions end the silence")
		require.False(t, c.Action == report.Reply && c.By == report.System, "replies by the system never count")
	}
	live := map[report.ClockKind]int{}
	for _, k := range after.Clocks {
		if k.Live() {
			live[k.Kind]++
			require.LessOrEqual(t, live[k.Kind], 1, "two %s clocks live", k.Kind)
		}
	}
	leaves(t, settled(after, c.ReceivedAt))
}

// leaves checks that every stage but withdrawn has a next wake-up or a named
// command that leaves it.
func leaves(t *testing.T, s report.State) {
	t.Helper()
	if s.Stage == report.Withdrawn {
		for _, by := range everybody {
			require.Empty(t, report.Allowed(s, by, noon))
		}
		return
	}
	if _, wakes := s.NextWake(noon); wakes {
		return
	}
	for _, row := range report.Table {
		if slices.Contains(row.From, s.Stage) && (row.Back || (row.To != "" && row.To != s.Stage) || row.Action == report.PostFollowUp) {
			return
		}
	}
	t.Fatalf("%s has no way out", s.Stage)
}

func TestAnOpenReportAlwaysWakesOrIsLate(t *testing.T) {
	t.Parallel()
	for _, s := range []report.State{accepted(t), forwarded(t), answered(t), do(t, accepted(t), command(report.RequestInfo, report.Admin))} {
		_, wakes := s.NextWake(noon)
		require.True(t, wakes, s.Stage)
	}
}

func TestTheSystemNeverReplies(t *testing.T) {
	t.Parallel()
	for _, stage := range report.Stages {
		_, ok := report.Find(report.Reply, report.System, stage)
		require.False(t, ok, stage)
	}
}
