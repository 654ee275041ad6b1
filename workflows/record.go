package workflows

import (
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/kawal-id/kawal/activities"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/workflows/contract"
)

// recall takes what was recorded when the report was accepted or reopened, and
// finds out whether this run is the wanted one.
func (r *run) recall(ctx workflow.Context) error {
	var res activities.OpenStageResult
	err := r.call(ctx, contract.OpenStage, "Buka tahap: "+r.state.Stage.Label(r.state.Accepted),
		activities.OpenStageInput{ID: r.state.ID, Next: report.State{Seq: r.state.Seq}}, &res)
	if err != nil {
		return err
	}
	r.superseded = res.WantedRun != r.number
	r.settle(ctx, res.Settled)
	r.show(ctx)
	return nil
}

// keepLater is the change by which no date is taken back. Histories before it
// go on as they began.
const keepLater = "keep-later-dates"

// settle takes the dates found, but none earlier than the one known of a clock:
// a running limit is never shortened. What was recorded with a transition, and
// is recalled, may be older than the dates a run starts with, since a decree may
// have moved them before it could start.
func (r *run) settle(ctx workflow.Context, found []report.Settled) {
	later := slices.DeleteFunc(slices.Clone(found), func(f report.Settled) bool {
		return slices.ContainsFunc(r.state.Clocks, func(c report.Clock) bool {
			return c.Kind == f.Kind && c.Seq == f.Seq && c.Pending == "" && f.DueAt.Before(c.DueAt)
		})
	})
	if len(later) < len(found) && workflow.GetVersion(ctx, keepLater, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		later = found
	}
	r.state.Settle(later, workflow.Now(ctx))
}

// apply decides one transition and records it. A fault, from the table or from
// the store, leaves the state as it was.
func (r *run) apply(ctx workflow.Context, c report.Command) error {
	next, effects, err := report.Apply(r.state, c)
	if err != nil {
		return err
	}
	var res activities.OpenStageResult
	err = r.call(ctx, contract.OpenStage, "Buka tahap: "+next.Stage.Label(next.Accepted),
		activities.OpenStageInput{ID: r.state.ID, Before: r.state.Stage, Next: next, Command: c, Effects: effects}, &res)
	if err != nil {
		return err
	}
	next.Settle(res.Settled, workflow.Now(ctx))
	next.Prune()
	r.state = next
	r.superseded = res.WantedRun != r.number
	r.steps = append(r.steps, contract.Step{Seq: next.Seq, Action: c.Action, By: c.By, At: c.ReceivedAt, Stage: next.Stage})
	r.show(ctx)
	return nil
}

// call runs an activity within the workflow task and, if PostgreSQL does not
// answer in time, as a regular activity that is retried until it does. Only a
// fault is returned.
func (r *run) call(ctx workflow.Context, name, what string, in, out any) error {
	local := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		ScheduleToCloseTimeout: brief, Summary: what,
		RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 3},
	})
	err := workflow.ExecuteLocalActivity(local, name, in).Get(ctx, out)
	if err == nil || kindOf(err) != "" || temporal.IsCanceledError(err) {
		return err
	}
	r.log.Warn("local activity gave up, going on with a regular one", "activity", name, "error", err)
	patient := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: patientAttempt, Summary: what,
		RetryPolicy: &temporal.RetryPolicy{MaximumInterval: patientInterval},
	})
	return workflow.ExecuteActivity(patient, name, in).Get(ctx, out)
}

// show tells the Temporal UI how the report stands: one event for all search
// attributes that changed, none if none did, and the card, which costs none.
func (r *run) show(ctx workflow.Context) {
	now := workflow.Now(ctx)
	updates, shown := contract.Changes(r.shown, r.state, now)
	if len(updates) > 0 {
		if err := workflow.UpsertTypedSearchAttributes(ctx, updates...); err != nil {
			r.log.Error("search attributes not written", "error", err)
			return
		}
		r.shown = shown
	}
	workflow.SetCurrentDetails(ctx, card(r.state))
}
