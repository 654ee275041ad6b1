package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/workflow"

	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/workflows/contract"
)

// Report is the life of one report from acceptance, or from a reopening, to
// its next end. in.State is as PostgreSQL has it; its last transition is
// already recorded.
//
// It returns what the report came to. Code "superseded" means that PostgreSQL
// wants another run and this one ended without touching anything.
func Report(ctx workflow.Context, in contract.ReportInput) (contract.Outcome, error) {
	r := setup(ctx, in)
	if err := r.registerQueries(ctx); err != nil {
		return contract.Outcome{}, err
	}
	if err := r.registerUpdates(ctx); err != nil {
		return contract.Outcome{}, err
	}
	return r.run(ctx)
}

// run is the state of one workflow run.
type run struct {
	number     int
	state      report.State
	steps      []contract.Step
	done       map[string]contract.Done // verdicts by command id
	order      []string                 // ids in done, oldest first
	inbox      []message
	alarm      alarm
	superseded bool
	log        log.Logger
	signals    map[report.Action]workflow.ReceiveChannel
	revised    workflow.ReceiveChannel
	shown      map[string]any // search attributes as last written
}

func setup(ctx workflow.Context, in contract.ReportInput) *run {
	r := &run{
		number: in.Run, state: in.State, steps: in.Steps, done: map[string]contract.Done{},
		log:     log.With(workflow.GetLogger(ctx), "report", in.State.ID),
		signals: map[report.Action]workflow.ReceiveChannel{},
	}
	r.state.Run = in.Run
	for _, d := range in.Done {
		r.remember(d)
	}
	for _, a := range contract.Commands {
		r.signals[a] = workflow.GetSignalChannelWithOptions(ctx, string(a),
			workflow.SignalChannelOptions{Description: describe(a)})
	}
	r.revised = workflow.GetSignalChannelWithOptions(ctx, contract.SignalCalendarRevised,
		workflow.SignalChannelOptions{Description: "Kalender berubah: periksa ulang semua tenggat yang berjalan."})
	r.shown = contract.Shown(in.State, workflow.Now(ctx))
	return r
}

// run reads as the story of a report: what was recorded stands; then wait for
// somebody to act or a clock to run out, until the report ends.
func (r *run) run(ctx workflow.Context) (contract.Outcome, error) {
	if err := r.recall(ctx); err != nil {
		return contract.Outcome{}, err
	}
	for r.running() {
		r.setAlarm(ctx)
		if err := workflow.Await(ctx, r.disturbed); err != nil {
			return contract.Outcome{}, err
		}
		if err := r.work(ctx); err != nil {
			return contract.Outcome{}, err
		}
		if r.running() && r.tooLong(ctx) {
			return contract.Outcome{}, r.continueAsNew(ctx)
		}
	}
	r.alarm.off()
	if err := r.answerRest(ctx); err != nil {
		return contract.Outcome{}, err
	}
	return r.outcome(), nil
}

// running reports whether this run still owns an open report.
func (r *run) running() bool { return !r.superseded && r.state.Stage.Open() }

// disturbed reports whether there is something to do.
func (r *run) disturbed() bool {
	return len(r.inbox) > 0 || r.alarm.rings() || r.revised.Len() > 0 || r.signalled()
}

// work does all there is to do, messages first: a command accepted before a
// deadline is applied before the deadline.
func (r *run) work(ctx workflow.Context) error {
	for r.running() && r.disturbed() {
		r.receive()
		if r.revised.Len() > 0 {
			for r.revised.ReceiveAsync(nil) {
			}
			if err := r.confirm(ctx); err != nil {
				return err
			}
			r.show(ctx)
		}
		for len(r.inbox) > 0 && r.running() {
			if err := r.handle(ctx, r.take()); err != nil {
				return err
			}
		}
		if r.alarm.rings() && r.running() {
			if err := r.ring(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// outcome is what the run came to so far.
func (r *run) outcome() contract.Outcome {
	o := contract.Outcome{Seq: r.state.Seq, Stage: r.state.Stage, Round: r.state.Round, DueAt: r.state.NearestDue(), Code: r.state.Outcome}
	if r.superseded {
		o.Code = "superseded"
	}
	return o
}

// tooLong reports whether the history nears the server's limits. A report of
// ordinary length, some 50 events, never gets there: this is a safety valve.
func (r *run) tooLong(ctx workflow.Context) bool {
	return workflow.GetInfo(ctx).GetContinueAsNewSuggested() && len(r.inbox) == 0 && !r.signalled() &&
		workflow.AllHandlersFinished(ctx)
}

// continueAsNew hands the whole state to a fresh history of the same run
// number, with the last verdicts, since Temporal forgets update ids there.
func (r *run) continueAsNew(ctx workflow.Context) error {
	r.alarm.off()
	in := contract.ReportInput{Run: r.number, State: r.state, Steps: r.steps}
	for _, id := range r.order {
		in.Done = append(in.Done, r.done[id])
	}
	return workflow.NewContinueAsNewError(ctx, contract.ReportWorkflow, in)
}

// maxDone bounds the verdicts kept; PostgreSQL keeps them all.
const maxDone = 200

func (r *run) remember(d contract.Done) {
	if _, known := r.done[d.ID]; !known {
		r.order = append(r.order, d.ID)
	}
	r.done[d.ID] = d
	if len(r.order) > maxDone {
		delete(r.done, r.order[0])
		r.order = r.order[1:]
	}
}

// systemID names a command that a clock gives, the same in every replay.
func systemID(a report.Action, seq int, c report.Clock) string {
	return fmt.Sprintf("%s:%d:%s:%d", a, seq, c.Kind, c.Seq)
}

// brief suits what PostgreSQL answers at once: a local activity within the
// workflow task, given up after 3 s for the same as a regular activity.
const brief = 3 * time.Second
