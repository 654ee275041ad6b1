package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

// recorder stands in for PostgreSQL: it counts lives by the real calendar, keeps
// transitions by sequence number, and can be told to fail.
type recorder struct {
	book     *calendar.Book // the decrees recorded by now
	lives    map[clockKey]calendar.Life
	wanted   int
	rows     map[int]activities.OpenStageResult
	commands map[int]string
	applied  []report.Action
	waiting  []report.Command // accepted, not delivered
	refused  []activities.RefuseCommandInput
	confirms int
	away     int    // calls that find PostgreSQL away
	refuse   error  // answer to the next recording
	before   func() // runs once, while a command is with PostgreSQL, before it is recorded
	after    func() // likewise, after it
	state    report.State
}

// clockKey names a clock.
type clockKey struct {
	kind report.ClockKind
	seq  int
}

// once runs what f points to, if anything, and forgets it.
func once(f *func()) {
	if run := *f; run != nil {
		*f = nil
		run()
	}
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
	in.Next.Clocks = slices.Clone(in.Next.Clocks) // a local activity shares its input with the workflow
	once(&r.before)
	defer once(&r.after)
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

// settle finds the dates of pending clocks and of those that a decree has moved,
// or of all that are live.
func (r *recorder) settle(s report.State, all bool) []report.Settled {
	var found []report.Settled
	for _, c := range s.Clocks {
		if !c.Live() {
			continue
		}
		key := clockKey{c.Kind, c.Seq}
		r.lives[key] = append(r.lives[key], r.steps(c)...)
		f := r.reckon(c, r.lives[key])
		if c.Pending != "" || all || f.DueAt.After(c.DueAt) {
			found = append(found, f)
		}
	}
	return found
}

// steps are by what the life of a clock goes on.
func (r *recorder) steps(c report.Clock) calendar.Life {
	id := r.book.Config().ID
	switch c.Pending {
	case report.PendingStart:
		return calendar.Life{{Act: calendar.Start, On: r.day(c.StartedAt), Unit: calendar.Unit(c.Limit.Unit), N: c.Limit.N, Calendar: id}}
	case report.PendingPause:
		return calendar.Life{{Act: calendar.Pause, At: c.PausedAt}}
	case report.PendingResume:
		return calendar.Life{{Act: calendar.Resume, At: c.ResumedAt, Calendar: id}}
	}
	return nil
}

func (r *recorder) day(t time.Time) calendar.Date { return calendar.DateOf(t.In(r.book.Config().Zone)) }

// reckon is the binding date of a clock: the latest that any decree recorded by
// now gave.
func (r *recorder) reckon(c report.Clock, life calendar.Life) report.Settled {
	k, err := life.Reckon(map[string]*calendar.Book{r.book.Config().ID: r.book}, 0)
	if err != nil {
		panic(err) // a broken stand-in
	}
	return report.Settled{Kind: c.Kind, Seq: c.Seq, DueAt: k.Due.At, SoonAt: k.Soon, Date: k.Due.Date.String(), Left: k.Left,
		Calendar: k.Calendar, Revision: k.Due.Revision, Provisional: k.Due.Provisional, Decree: r.decree(k.Due)}
}

// decree is what people call the newest joint decree that gave a date.
func (r *recorder) decree(d calendar.Due) string {
	name := ""
	for _, x := range r.book.Decrees()[:d.Revision] {
		switch {
		case x.Track != calendar.TrackSKB || x.CalendarYear != d.Date.Year():
		case name == "":
			name = fmt.Sprintf("SKB %d", x.CalendarYear)
		default:
			name = fmt.Sprintf("SKB %d (perubahan)", x.CalendarYear)
		}
	}
	return name
}

// jakarta returns the national calendar of a five-day office in WIB with the
// decrees issued by a day.
func jakarta(t *testing.T, asOf string) *calendar.Book {
	t.Helper()
	zone, err := calendar.Zone("Asia/Jakarta")
	require.NoError(t, err)
	day, err := calendar.ParseDate(asOf)
	require.NoError(t, err)
	known := calendar.National()
	b, err := calendar.NewBook(calendar.Config{ID: "nasional", Zone: zone, WeekDays: 5, JointLeaveOff: true, Ledger: known}, known.RevisionOn(day))
	require.NoError(t, err)
	return b
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
	b.db = &recorder{book: jakarta(t, asOf), wanted: 1, rows: map[int]activities.OpenStageResult{}, commands: map[int]string{},
		lives: map[clockKey]calendar.Life{}}
	b.SetStartTime(b.start)
	b.SetTestTimeout(20 * time.Second)
	b.RegisterWorkflowWithOptions(workflows.Report, workflow.RegisterOptions{Name: contract.ReportWorkflow})
	b.RegisterActivityWithOptions(b.db.openStage, activity.RegisterOptions{Name: contract.OpenStage})
	b.RegisterActivityWithOptions(b.db.confirmDeadlines, activity.RegisterOptions{Name: contract.ConfirmDeadlines})
	b.RegisterActivityWithOptions(b.db.refuseCommand, activity.RegisterOptions{Name: contract.RefuseCommand})
	b.SetOnTimerScheduledListener(func(id string, d time.Duration) { b.timers[id] = d })
	return b
}

// accepted returns the input of run 1 of an ordinary complaint filed at the start.
func (b *bench) accepted() contract.ReportInput { return b.acceptedAs(report.ComplaintOrdinary) }

func (b *bench) acceptedAs(class report.Class) contract.ReportInput {
	rules, err := report.RulesByID(report.DefaultRules)
	require.NoError(b.t, err)
	s, _, err := report.New(report.State{ID: id, Queue: "tirtajaya", Class: class, Category: "roads.pothole",
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
