package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/kawal-id/kawal/activities"
	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/workflows"
	"github.com/kawal-id/kawal/workflows/contract"
)

// recorder stands in for PostgreSQL: it counts by the real calendar, keeps
// transitions by sequence number, and can be told to fail.
type recorder struct {
	calendar *calendar.Index
	wanted   int
	rows     map[int]activities.OpenStageResult
	commands map[int]string
	applied  []report.Action
	waiting  []report.Command // accepted, not delivered
	refused  []activities.RefuseCommandInput
	confirms int
	away     int   // calls that find PostgreSQL away
	refuse   error // answer to the next recording
	state    report.State
}

var errAway = errors.New("connection refused")

func (r *recorder) reach() error {
	if r.away > 0 {
		r.away--
		return errAway
	}
	return nil
}

func (r *recorder) openStage(_ context.Context, in activities.OpenStageInput) (activities.OpenStageResult, error) {
	if err := r.reach(); err != nil {
		return activities.OpenStageResult{}, err
	}
	if err := r.refuse; err != nil && in.Command.ID != "" {
		r.refuse = nil
		return activities.OpenStageResult{}, err
	}
	seq := in.Next.Seq
	if in.Command.ID == "" || r.commands[seq] == in.Command.ID {
		res := r.rows[seq]
		res.WantedRun = r.wanted
		return res, nil
	}
	if _, taken := r.rows[seq]; taken {
		return activities.OpenStageResult{}, temporal.NewNonRetryableApplicationError("taken", string(fault.Conflict), nil)
	}
	res := activities.OpenStageResult{Settled: r.settle(in.Next, false), WantedRun: r.wanted}
	r.rows[seq], r.commands[seq] = res, in.Command.ID
	r.applied = append(r.applied, in.Command.Action)
	r.state = in.Next
	r.state.Settle(res.Settled, in.Command.ReceivedAt)
	r.state.Prune()
	return res, nil
}

func (r *recorder) confirmDeadlines(context.Context, activities.ConfirmDeadlinesInput) (activities.ConfirmDeadlinesResult, error) {
	if err := r.reach(); err != nil {
		return activities.ConfirmDeadlinesResult{}, err
	}
	r.confirms++
	return activities.ConfirmDeadlinesResult{Settled: r.settle(r.state, true), Commands: r.waiting, WantedRun: r.wanted}, nil
}

func (r *recorder) refuseCommand(_ context.Context, in activities.RefuseCommandInput) error {
	r.refused = append(r.refused, in)
	return nil
}

// settle counts working days for pending clocks, or for all that run.
func (r *recorder) settle(s report.State, all bool) []report.Settled {
	var found []report.Settled
	for _, c := range s.Clocks {
		if !c.Live() || (c.Pending == "" && !all) {
			continue
		}
		f := report.Settled{Kind: c.Kind, Seq: c.Seq, DueAt: c.DueAt, SoonAt: c.SoonAt, Date: c.Date, Revision: c.Revision}
		switch {
		case c.Pending == report.PendingPause:
			f.Left = r.calendar.Remaining(r.calendar.Date(c.PausedAt), r.calendar.Date(c.DueAt.Add(-1)))
		case c.Status != report.Running:
		case c.Pending == report.PendingResume:
			f = r.found(c, r.calendar.Resume(c.ResumedAt, c.Left))
		default:
			f = r.found(c, r.calendar.DueProvisional(c.StartedAt, c.Limit.N))
		}
		found = append(found, f)
	}
	return found
}

func (r *recorder) found(c report.Clock, d calendar.Due) report.Settled {
	return report.Settled{Kind: c.Kind, Seq: c.Seq, DueAt: d.At, SoonAt: d.At.AddDate(0, 0, -1), Date: d.Date.String(),
		Revision: d.Revision, Provisional: d.Provisional, Decree: "SKB 2025"}
}

// jakarta returns the national calendar of a five-day office in WIB as of a day.
func jakarta(t *testing.T, asOf string) *calendar.Index {
	t.Helper()
	zone, err := calendar.Zone("Asia/Jakarta")
	require.NoError(t, err)
	day, err := calendar.ParseDate(asOf)
	require.NoError(t, err)
	x, err := calendar.Config{ID: "nasional", Zone: zone, WeekDays: 5, JointLeaveOff: true, Ledger: calendar.National()}.AsOf(day)
	require.NoError(t, err)
	return x
}

// bench is one run of the workflow in the time-skipping environment.
type bench struct {
	*testsuite.TestWorkflowEnvironment
	t      *testing.T
	db     *recorder
	start  time.Time
	timers map[string]time.Duration
	n      int
}

const id = "KWL-0000-0000-0"

// at starts a bench at a local time in WIB, such as "2025-08-06 10:00".
func at(t *testing.T, when, asOf string) *bench {
	t.Helper()
	wib := time.FixedZone("WIB", 7*3600)
	start, err := time.ParseInLocation("2006-01-02 15:04", when, wib)
	require.NoError(t, err)
	var suite testsuite.WorkflowTestSuite
	suite.SetDisableRegistrationAliasing(true)
	b := &bench{TestWorkflowEnvironment: suite.NewTestWorkflowEnvironment(), t: t, start: start.UTC(), timers: map[string]time.Duration{}}
	b.db = &recorder{calendar: jakarta(t, asOf), wanted: 1, rows: map[int]activities.OpenStageResult{}, commands: map[int]string{}}
	b.SetStartTime(b.start)
	b.SetTestTimeout(20 * time.Second)
	b.RegisterWorkflowWithOptions(workflows.Report, workflow.RegisterOptions{Name: contract.ReportWorkflow})
	b.RegisterActivityWithOptions(b.db.openStage, activity.RegisterOptions{Name: contract.OpenStage})
	b.RegisterActivityWithOptions(b.db.confirmDeadlines, activity.RegisterOptions{Name: contract.ConfirmDeadlines})
	b.RegisterActivityWithOptions(b.db.refuseCommand, activity.RegisterOptions{Name: contract.RefuseCommand})
	b.SetOnTimerScheduledListener(func(id string, d time.Duration) { b.timers[id] = d })
	return b
}

// accepted returns the input of run 1 of a report filed at the start.
func (b *bench) accepted() contract.ReportInput {
	rules, err := report.RulesByID(report.DefaultRules)
	require.NoError(b.t, err)
	s, _, err := report.New(report.State{ID: id, Queue: "tirtajaya", Class: report.ComplaintOrdinary, Category: "roads.pothole",
		Region: "32.99", Channel: "web", Rules: rules}, b.start)
	require.NoError(b.t, err)
	b.db.rows[1] = activities.OpenStageResult{Settled: b.db.settle(s, false)}
	s.Settle(b.db.rows[1].Settled, b.start)
	b.db.state = s
	return contract.ReportInput{Run: 1, State: s}
}

// run runs the workflow to its end and returns what it came to.
func (b *bench) run(in contract.ReportInput) contract.Outcome {
	b.t.Helper()
	b.ExecuteWorkflow(contract.ReportWorkflow, in)
	require.True(b.t, b.IsWorkflowCompleted())
	require.NoError(b.t, b.GetWorkflowError())
	var o contract.Outcome
	require.NoError(b.t, b.GetWorkflowResult(&o))
	return o
}

// command returns a well-formed command received now.
func (b *bench) command(a report.Action, by report.Role) report.Command {
	b.n++
	c := report.Command{ID: string(a) + string(rune('0'+b.n)), Action: a, By: by, ReceivedAt: b.Now().UTC(), Digests: []string{"00"}}
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
	}
	return c
}

// verdict is what the sender of an update learned.
type verdict struct {
	rejected, failed error
	outcome          contract.Outcome
}

func (v *verdict) Accept()          {}
func (v *verdict) Reject(err error) { v.rejected = err }
func (v *verdict) Complete(out any, err error) {
	v.failed = err
	if o, ok := out.(contract.Outcome); ok {
		v.outcome = o
	}
}

// later sends an update of the action after d.
func (b *bench) later(d time.Duration, a report.Action, by report.Role) *verdict {
	v := &verdict{}
	b.RegisterDelayedCallback(func() {
		c := b.command(a, by)
		b.UpdateWorkflow(string(a), c.ID, v, c)
	}, d)
	return v
}

// signal sends the action as a signal after d.
func (b *bench) signal(d time.Duration, a report.Action, by report.Role) {
	b.RegisterDelayedCallback(func() { b.SignalWorkflow(string(a), b.command(a, by)) }, d)
}

// due returns when the running clock of a kind is due, in WIB.
func (b *bench) due(k report.ClockKind) string {
	b.t.Helper()
	var s report.State
	v, err := b.QueryWorkflow(contract.QueryState)
	require.NoError(b.t, err)
	require.NoError(b.t, v.Get(&s))
	c := s.Clock(k)
	require.NotNil(b.t, c, "no %s clock in %s", k, s.Stage)
	return c.DueAt.In(time.FixedZone("WIB", 7*3600)).Format("2006-01-02 15:04")
}
