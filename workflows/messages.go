package workflows

import (
	"errors"
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/kawal-id/kawal/activities"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/workflows/contract"
)

// message is a command in the inbox and the road it came by. The reader of a
// signal does not wait, so a refusal must be recorded for him.
type message struct {
	command  report.Command
	signaled bool
}

func (r *run) registerQueries(ctx workflow.Context) error {
	queries := []struct {
		name, description string
		handler           any
	}{
		{contract.QueryState, "Keadaan laporan: tahap, batas waktu, instansi.", func() (report.State, error) { return r.state, nil }},
		{contract.QueryActions, "Tindakan yang kini mungkin, menurut peran.", func() (map[report.Role][]report.Action, error) {
			return r.actions(ctx), nil
		}},
		{contract.QueryTimeline, "Langkah yang telah dijalani dalam putaran kerja ini.", func() ([]contract.Step, error) { return r.steps, nil }},
	}
	for _, q := range queries {
		err := workflow.SetQueryHandlerWithOptions(ctx, q.name, q.handler, workflow.QueryHandlerOptions{Description: q.description})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *run) actions(ctx workflow.Context) map[report.Role][]report.Action {
	now := workflow.Now(ctx)
	all := map[report.Role][]report.Action{}
	for _, role := range []report.Role{report.Reporter, report.Admin, report.Officer} {
		all[role] = report.Allowed(r.state, role, now)
	}
	return all
}

// registerUpdates makes each action an update, since whoever decides wants to
// know at once whether it stands, and a refusal should leave no event. They
// are registered before the first activity: an update that comes with the
// first task must find its handler, and waits in the inbox.
func (r *run) registerUpdates(ctx workflow.Context) error {
	for _, a := range contract.Commands {
		err := workflow.SetUpdateHandlerWithOptions(ctx, string(a), r.update(a), workflow.UpdateHandlerOptions{
			Validator: r.validate(a), Description: describe(a),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// validate refuses what cannot be applied now. It is no lock: handle judges
// again when the command's turn comes.
func (r *run) validate(a report.Action) func(workflow.Context, report.Command) error {
	return func(_ workflow.Context, c report.Command) error {
		if c.Action != a || c.ID == "" {
			return refuse(fault.New(fault.Invalid, "Perintah tidak sesuai dengan namanya."))
		}
		if _, known := r.done[c.ID]; known {
			return nil
		}
		if _, _, err := report.Apply(r.state, c); err != nil {
			return refuse(err)
		}
		return nil
	}
}

func (r *run) update(report.Action) func(workflow.Context, report.Command) (contract.Outcome, error) {
	return func(ctx workflow.Context, c report.Command) (contract.Outcome, error) {
		r.inbox = append(r.inbox, message{command: c})
		if err := workflow.Await(ctx, func() bool { _, ok := r.done[c.ID]; return ok }); err != nil {
			return contract.Outcome{}, err
		}
		if d := r.done[c.ID]; d.Refused != "" {
			return contract.Outcome{}, refuse(fault.New(fault.Kind(d.Refused), "%s", d.Reason))
		}
		return r.outcome(), nil
	}
}

// refuse turns a fault into the error that carries its kind to the caller.
func refuse(err error) error {
	return temporal.NewApplicationErrorWithOptions(err.Error(), string(fault.KindOf(err)), temporal.ApplicationErrorOptions{NonRetryable: true})
}

// signalled reports whether a signal waits to be read.
func (r *run) signalled() bool {
	for _, a := range contract.Commands {
		if r.signals[a].Len() > 0 {
			return true
		}
	}
	return false
}

// receive moves all signals into the inbox.
func (r *run) receive() {
	for _, a := range contract.Commands {
		for {
			var c report.Command
			if !r.signals[a].ReceiveAsync(&c) {
				break
			}
			if c.Action != a || c.ID == "" {
				r.log.Warn("signal with a command of another name", "signal", a)
				continue
			}
			r.inbox = append(r.inbox, message{command: c, signaled: true})
		}
	}
	slices.SortStableFunc(r.inbox, func(a, b message) int { return a.command.ReceivedAt.Compare(b.command.ReceivedAt) })
}

func (r *run) take() message {
	m := r.inbox[0]
	r.inbox = r.inbox[1:]
	return m
}

// handle applies one message and remembers the verdict. A refusal is a
// verdict; only what keeps the workflow from going on is an error. A refusal
// of a signal is recorded, unless the run has just ended: then the command
// stays waiting in PostgreSQL, where a reply to a closed report becomes a
// reopening.
func (r *run) handle(ctx workflow.Context, m message) error {
	d, known := r.done[m.command.ID]
	if !known {
		var err error
		if d, err = r.judge(ctx, m.command); err != nil {
			return err
		}
		r.remember(d)
	}
	if m.signaled && d.Refused != "" && r.running() {
		return r.recordRefusal(ctx, d)
	}
	return nil
}

// judge applies a command. Clocks that ran out before it was received come
// first.
func (r *run) judge(ctx workflow.Context, c report.Command) (contract.Done, error) {
	if err := r.passDeadlines(ctx, c.ReceivedAt); err != nil {
		return contract.Done{}, err
	}
	if d, known := r.done[c.ID]; known {
		return d, nil
	}
	if !r.running() {
		return ended(c), nil
	}
	err := r.apply(ctx, c)
	if kind := kindOf(err); kind != "" {
		return contract.Done{ID: c.ID, Refused: string(kind), Reason: sentence(err)}, nil
	}
	return contract.Done{ID: c.ID}, err
}

func ended(c report.Command) contract.Done {
	return contract.Done{ID: c.ID, Refused: string(fault.Conflict), Reason: "Laporan ini sudah berakhir."}
}

func (r *run) recordRefusal(ctx workflow.Context, d contract.Done) error {
	return r.call(ctx, contract.RefuseCommand, "Catat penolakan perintah",
		activities.RefuseCommandInput{ID: d.ID, Kind: d.Refused, Reason: d.Reason}, nil)
}

// answerRest answers every message that came while the last step was being
// recorded. Updates are refused: their senders ask PostgreSQL next. Signals
// stay waiting there.
func (r *run) answerRest(ctx workflow.Context) error {
	for {
		r.receive()
		for len(r.inbox) > 0 {
			m := r.take()
			if _, known := r.done[m.command.ID]; !known {
				r.remember(ended(m.command))
			}
		}
		if workflow.AllHandlersFinished(ctx) && !r.signalled() {
			return nil
		}
		err := workflow.Await(ctx, func() bool {
			return len(r.inbox) > 0 || r.signalled() || workflow.AllHandlersFinished(ctx)
		})
		if err != nil {
			return err
		}
	}
}

// kindOf returns the kind of a fault, whether it comes from Apply or over an
// activity, where only the type name survives; "" if err is none.
func kindOf(err error) fault.Kind {
	if k := fault.KindOf(err); k != "" {
		return k
	}
	if a, ok := errors.AsType[*temporal.ApplicationError](err); ok && a.NonRetryable() {
		return fault.Kind(a.Type())
	}
	return ""
}

// sentence returns what a person may be told of a fault.
func sentence(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Message
	}
	if a, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return a.Message()
	}
	return ""
}
