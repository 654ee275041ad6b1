package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/kawal-id/kawal/activities"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/workflows/contract"
)

// alarm is the one open timer of a run.
type alarm struct {
	wake   report.Wake
	set    bool
	timer  workflow.Future
	cancel workflow.CancelFunc
}

// rings reports whether the timer has fired.
func (a *alarm) rings() bool { return a.set && a.timer.IsReady() }

// off cancels the timer, if one is open, and forgets it.
func (a *alarm) off() {
	if a.set && !a.timer.IsReady() {
		a.cancel()
	}
	*a = alarm{}
}

// setAlarm opens a timer for what happens next by itself, unless that is what
// the open one is for. The timer's summary says to people what and when.
func (r *run) setAlarm(ctx workflow.Context) {
	now := workflow.Now(ctx)
	wake, ok := r.state.NextWake(now)
	if !ok {
		r.alarm.off()
		return
	}
	if r.alarm.set && !r.alarm.rings() && r.alarm.wake.At.Equal(wake.At) && r.alarm.wake.Clock.Kind == wake.Clock.Kind {
		return
	}
	r.alarm.off()
	timer, cancel := workflow.WithCancel(ctx)
	r.alarm = alarm{wake: wake, set: true, cancel: cancel,
		timer: workflow.NewTimerWithOptions(timer, wake.At.Sub(now), workflow.TimerOptions{Summary: summary(wake)})}
}

// ring does what the timer was for: a reminder changes only what is shown, a
// deadline is passed.
func (r *run) ring(ctx workflow.Context) error {
	r.alarm.off()
	if err := r.passDeadlines(ctx, workflow.Now(ctx)); err != nil {
		return err
	}
	r.show(ctx)
	return nil
}

// passDeadlines lets every clock run out that was due at t or before, the
// oldest first. Each is confirmed before it counts: a decree may have moved
// it, and commands accepted before it are applied first.
func (r *run) passDeadlines(ctx workflow.Context, t time.Time) error {
	for r.running() {
		due := r.state.Due()
		if due == nil || due.DueAt.After(t) {
			return nil
		}
		if err := r.confirm(ctx); err != nil {
			return err
		}
		if due = r.state.Due(); !r.running() || due == nil || due.DueAt.After(t) {
			return nil
		}
		if err := r.expire(ctx, *due); err != nil {
			return err
		}
	}
	return nil
}

// confirm takes the deadlines under the calendar now in force and applies the
// commands that were accepted before the nearest of them but have not come.
func (r *run) confirm(ctx workflow.Context) error {
	var res activities.ConfirmDeadlinesResult
	err := r.call(ctx, contract.ConfirmDeadlines, "Periksa tenggat menurut kalender yang berlaku",
		activities.ConfirmDeadlinesInput{ID: r.state.ID}, &res)
	if err != nil {
		return err
	}
	r.settle(ctx, res.Settled)
	if r.superseded = res.WantedRun != r.number; r.superseded {
		return nil
	}
	for _, c := range res.Commands {
		due := r.state.Due()
		if !r.running() || due == nil || !c.ReceivedAt.Before(due.DueAt) {
			return nil
		}
		if err := r.handle(ctx, message{command: c, signaled: true}); err != nil {
			return err
		}
	}
	return nil
}

// expire does what a clock does when it runs out, as a command of the system
// received at the due time.
func (r *run) expire(ctx workflow.Context, k report.Clock) error {
	c := report.Command{By: report.System, ReceivedAt: k.DueAt, Clock: k.Kind, ClockSeq: k.Seq}
	switch k.Kind {
	case report.Silence:
		c.Action = report.Close
	case report.AnswerClock:
		c.Action = report.NoAnswer
	default:
		c.Action = report.MarkLate
	}
	c.ID = systemID(c.Action, r.state.Seq+1, k)
	return r.apply(ctx, c)
}
