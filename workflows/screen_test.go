package workflows_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/workflows/contract"
)

// screen is what the Temporal UI shows of a run, and the timers behind it.
type screen struct {
	interceptor.WorkerInterceptorBase
	wrote [][]temporal.SearchAttributeUpdate
	set   []alarm
	rang  []time.Time
}

// alarm is one timer that was set.
type alarm struct {
	at      time.Time
	summary string
}

func (s *screen) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &watched{WorkflowInboundInterceptorBase: interceptor.WorkflowInboundInterceptorBase{Next: next}, screen: s}
}

type watched struct {
	interceptor.WorkflowInboundInterceptorBase
	screen *screen
}

func (w *watched) Init(next interceptor.WorkflowOutboundInterceptor) error {
	return w.Next.Init(&watcher{WorkflowOutboundInterceptorBase: interceptor.WorkflowOutboundInterceptorBase{Next: next}, screen: w.screen})
}

type watcher struct {
	interceptor.WorkflowOutboundInterceptorBase
	screen *screen
}

func (w *watcher) UpsertTypedSearchAttributes(ctx workflow.Context, updates ...temporal.SearchAttributeUpdate) error {
	w.screen.wrote = append(w.screen.wrote, updates)
	return w.Next.UpsertTypedSearchAttributes(ctx, updates...)
}

func (w *watcher) NewTimerWithOptions(ctx workflow.Context, d time.Duration, o workflow.TimerOptions) workflow.Future {
	w.screen.set = append(w.screen.set, alarm{workflow.Now(ctx).Add(d).UTC(), o.Summary})
	return w.Next.NewTimerWithOptions(ctx, d, o)
}

// shows are the search attributes as they stand.
func (s *screen) shows() temporal.SearchAttributes {
	return temporal.NewSearchAttributes(slices.Concat(s.wrote...)...)
}

// movedBy is KawalMovedBy, empty if there is none.
func (s *screen) movedBy() string {
	by, _ := s.shows().GetKeyword(contract.MovedBy)
	return by
}

// moves are all values of KawalMovedBy that were written.
func (s *screen) moves() []string {
	var all []string
	for _, updates := range s.wrote {
		if by, ok := temporal.NewSearchAttributes(updates...).GetKeyword(contract.MovedBy); ok {
			all = append(all, by)
		}
	}
	return all
}

// deadlines are the timers that were set for a moment and are no reminders.
func (s *screen) deadlines(at time.Time) int {
	n := 0
	for _, a := range s.set {
		if a.at.Equal(at) && !strings.HasPrefix(a.summary, "Pengingat") {
			n++
		}
	}
	return n
}

// story is a bench whose Temporal UI is watched.
type story struct {
	*bench
	screen *screen
	looks  int // that were taken
	wanted int
}

func tell(t *testing.T, when, asOf string) *story {
	t.Helper()
	s := &story{bench: at(t, when, asOf), screen: &screen{}}
	s.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{s.screen}})
	s.SetOnTimerFiredListener(func(string) { s.screen.rang = append(s.screen.rang, s.Now().UTC()) })
	return s
}

// moment reads a local time in WIB, such as "2025-08-06 10:00".
func moment(t *testing.T, local string) time.Time {
	t.Helper()
	m, err := time.ParseInLocation("2006-01-02 15:04", local, time.FixedZone("WIB", 7*3600))
	require.NoError(t, err)
	return m.UTC()
}

// when does something at a local time, give or take some seconds.
func (s *story) when(local string, give time.Duration, do func()) {
	s.wanted++
	s.RegisterDelayedCallback(func() { s.looks++; do() }, moment(s.t, local).Add(give).Sub(s.start))
}

// record has a decree, and those before it, recorded by PostgreSQL.
func (s *story) record(key string) {
	s.t.Helper()
	d, ok := calendar.National().Decree(key)
	require.True(s.t, ok, key)
	b, err := calendar.NewBook(s.db.book.Config(), d.Revision)
	require.NoError(s.t, err)
	s.db.book = b
}

// decree has a decree recorded and sends what TellMoved sends.
func (s *story) decree(key string) {
	s.record(key)
	s.SignalWorkflow(contract.SignalCalendarRevised, nil)
}

// play runs a report of a class and sees to it that nothing was left out.
func (s *story) play(in contract.ReportInput) contract.Outcome {
	s.t.Helper()
	initial, _ := contract.Changes(nil, in.State, s.start)
	s.screen.wrote = append(s.screen.wrote, initial)
	o := s.run(in)
	require.Equal(s.t, s.wanted, s.looks, "the report ended before its story did")
	return o
}

// answered brings a report to an agency that has told of its work, one and two
// hours after the start: from then on only the resolution limit runs.
func (s *story) answered() {
	s.later(time.Hour, report.Forward, report.Admin)
	s.RegisterDelayedCallback(func() { s.followUp(&verdict{}) }, 2*time.Hour)
}

func (s *story) followUp(v *verdict) {
	c := s.command(report.PostFollowUp, report.Officer)
	c.Kind = report.Interim
	s.UpdateWorkflow(string(c.Action), c.ID, v, c)
}

// shows asserts what the list of the Temporal UI says of the deadline. movedBy
// is empty where nothing moved.
func (s *story) shows(due, sla, movedBy string) {
	s.t.Helper()
	now := s.screen.shows()
	dueAt, _ := now.GetTime(contract.DueAt)
	require.Equal(s.t, moment(s.t, due), dueAt)
	standing, _ := now.GetKeyword(contract.SLA)
	require.Equal(s.t, sla, standing)
	require.Equal(s.t, movedBy, s.screen.movedBy())
}

// late is how often a clock was marked late.
func (s *story) late() int {
	n := 0
	for _, a := range s.db.applied {
		if a == report.MarkLate {
			n++
		}
	}
	return n
}

// clock returns the live clock of a kind as the workflow has it.
func (s *story) clock(k report.ClockKind) *report.Clock {
	s.t.Helper()
	var now report.State
	v, err := s.QueryWorkflow(contract.QueryState)
	require.NoError(s.t, err)
	require.NoError(s.t, v.Get(&now))
	c := now.Clock(k)
	require.NotNil(s.t, c, "no %s clock in %s", k, now.Stage)
	return c
}
