package office

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// finish brings a committed command to the workflow and makes the answer.
func (o *Office) finish(ctx context.Context, c Caller, id string, r request, done accepted) (Answer, error) {
	waiting := Answer{CommandID: done.command.ID, State: StateWaiting}
	switch {
	case done.direct != nil:
		o.start(ctx, *done.direct)
		return o.settle(ctx, r, o.applied(ctx, c, id, done, outcome(*done.direct)))
	case done.command.By == report.Reporter:
		o.signal(ctx, done)
		return o.settle(ctx, r, waiting)
	}
	if done.along != nil {
		if err := o.bring(ctx, accepted{id: done.id, run: done.run, command: *done.along}); err != nil {
			return Answer{}, err
		}
	}
	out, err := o.update(ctx, done)
	switch {
	case err == nil:
		return o.settle(ctx, r, o.applied(ctx, c, id, done, out))
	case !slices.Contains(verdicts, fault.KindOf(err)):
		o.Log.WarnContext(ctx, "command undecided, left to the sweeper", "action", done.command.Action, "error", err)
		o.insist(ctx, done)
		return o.settle(ctx, r, waiting)
	}
	after, ended, err := o.reject(ctx, r, done, err)
	switch {
	case err != nil:
		return Answer{}, err
	case ended:
		o.start(ctx, after)
		return o.settle(ctx, r, o.applied(ctx, c, id, done, outcome(after)))
	}
	return o.settle(ctx, r, waiting)
}

// bring sends a command that goes along with another. A refusal is recorded and
// is no reason to keep the other back; undecided, it is left to the sweeper.
func (o *Office) bring(ctx context.Context, done accepted) error {
	_, err := o.update(ctx, done)
	if err == nil || !slices.Contains(verdicts, fault.KindOf(err)) {
		return nil
	}
	_, _, err = o.reject(ctx, request{}, done, err)
	if slices.Contains(verdicts, fault.KindOf(err)) {
		return nil
	}
	return err
}

// verdicts are the kinds by which a workflow refuses. Every other error says
// nothing about the command.
var verdicts = []fault.Kind{fault.Invalid, fault.Forbidden, fault.NotFound, fault.Conflict, fault.Gone, fault.TooLarge}

func (o *Office) update(ctx context.Context, done accepted) (Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, o.UpdateTimeout)
	defer cancel()
	out, err := o.Engine.Update(ctx, done.id, done.run, done.command)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return out, fault.New(fault.Unavailable, "Belum ada jawaban.")
	}
	return out, err
}

// signal sends a reporter's command on its way and does not wait. Whatever goes
// wrong the sweeper makes good.
func (o *Office) signal(ctx context.Context, done accepted) {
	ctx = context.WithoutCancel(ctx)
	o.sending.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, o.StartTimeout)
		defer cancel()
		if err := o.Engine.Signal(ctx, done.id, done.command); err != nil {
			o.Log.WarnContext(ctx, "command not sent, left to the sweeper", "action", done.command.Action, "error", err)
		}
	})
}

// insisting is how long after an update without an answer its signal is tried:
// longer than Temporal needs to come back from an outage of its database.
var insisting = []time.Duration{time.Second, 4 * time.Second, 15 * time.Second, 40 * time.Second}

// insist sends an undecided command as a signal too, and again until one is
// taken. The update may have been recorded in PostgreSQL and then been lost with
// the workflow task that carried it: the sweeper, for whom it is applied, leaves
// it, and the workflow would stay a step behind. A command that the workflow
// knows does nothing there.
func (o *Office) insist(ctx context.Context, done accepted) {
	ctx = context.WithoutCancel(ctx)
	o.sending.Go(func() {
		for _, wait := range insisting {
			last := o.pause(wait)
			rpc, cancel := context.WithTimeout(ctx, o.StartTimeout)
			err := o.Engine.Signal(rpc, done.id, done.command)
			cancel()
			if err == nil || fault.KindOf(err) == fault.NotFound {
				return
			}
			if last {
				break
			}
		}
		o.Log.WarnContext(ctx, "workflow may be a step behind: kawal reconcile --repair", "action", done.command.Action)
	})
}

// pause waits, and reports whether the office closes meanwhile.
func (o *Office) pause(d time.Duration) (closing bool) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return false
	case <-o.leaving:
		return true
	}
}

// reject asks PostgreSQL what a refusal by the workflow means. If the report has
// ended meanwhile, the command is judged there: the state after it, and true. If
// it is open and the workflow refused, the refusal is recorded and returned. If
// it is open and no workflow runs it, or the workflow has yet to close it,
// nothing is decided: no error and false.
//
// A refusal is recorded in a transaction of its own: the one in which a
// statement failed can hold nothing more.
func (o *Office) reject(ctx context.Context, r request, done accepted, refusal error) (after report.State, ended bool, err error) {
	ctx = context.WithoutCancel(ctx)
	after, decided, verdict := o.judge(ctx, done, refusal)
	switch {
	case verdict == nil:
		return after, decided, nil
	case !slices.Contains(verdicts, fault.KindOf(verdict)):
		return after, false, verdict
	}
	said := refusalOf(verdict)
	err = o.Store.As(ctx, worker, func(ctx context.Context, tx *store.Tx) error {
		return tx.Refuse(ctx, done.command.ID, string(said.Kind), said.Message)
	})
	if err != nil {
		return after, false, err
	}
	o.keep(ctx, r, stored{Final: true, Refused: said})
	return after, false, said
}

// judge applies a command that a workflow refused to a report that has ended:
// the state after it, and true. An error is the verdict, the workflow's own if
// the report is open; no error and false, if there is none yet.
func (o *Office) judge(ctx context.Context, done accepted, refusal error) (after report.State, decided bool, err error) {
	err = o.Store.As(ctx, worker, func(ctx context.Context, tx *store.Tx) error {
		decided = false
		s, err := tx.Lock(ctx, done.id)
		if err != nil {
			return err
		}
		switch {
		case !s.Stage.Open():
			after, err = tx.ApplyDirect(ctx, done.id, done.command)
			decided = err == nil
			return err
		case fault.KindOf(refusal) == fault.NotFound,
			done.command.Action == report.Reopen && silencePassed(s, done.command.ReceivedAt):
			return nil
		}
		return refusal
	})
	return after, decided, err
}

// refusalOf is what a person may be told of an error that is a fault.
func refusalOf(err error) *fault.Error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f
	}
	return fault.New(fault.KindOf(err), "Perintah ini ditolak.")
}

// settle keeps the answer under the request's key and returns it.
func (o *Office) settle(ctx context.Context, r request, a Answer) (Answer, error) {
	o.keep(ctx, r, stored{Final: true, Answer: a})
	return a, nil
}

// keep stores the last word on a request. If that fails the answer stands all
// the same: a repetition then learns that the command waits.
func (o *Office) keep(ctx context.Context, r request, s stored) {
	if r.key == "" {
		return
	}
	err := o.Store.As(context.WithoutCancel(ctx), worker, func(ctx context.Context, tx *store.Tx) error {
		return r.store(ctx, tx, s)
	})
	if err != nil {
		o.Log.WarnContext(ctx, "answer not kept under its key", "error", err)
	}
}

// again answers a repetition: with the last word, once there is one, else with
// what is known when the wait is over.
func (o *Office) again(ctx context.Context, c Caller, r request, was stored, id string) (Answer, error) {
	wait, cancel := context.WithTimeout(ctx, o.UpdateTimeout+o.StartTimeout)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !was.Final && wait.Err() == nil {
		select {
		case <-wait.Done():
			continue
		case <-tick.C:
		}
		err := o.Store.As(ctx, o.actor(c, id), func(ctx context.Context, tx *store.Tx) error {
			_, _, err := r.claim(ctx, tx, &was)
			return err
		})
		if err != nil {
			return Answer{}, err
		}
	}
	switch {
	case was.Refused != nil:
		return Answer{}, was.Refused
	case was.Answer.CommandID == "":
		return Answer{}, fault.New(fault.Conflict, "Permintaan yang sama masih dikerjakan. Silakan ulangi sebentar lagi.")
	}
	return was.Answer, nil
}

func (o *Office) applied(ctx context.Context, c Caller, id string, done accepted, out Outcome) Answer {
	a := Answer{CommandID: done.command.ID, State: StateApplied, Outcome: &out}
	v, err := o.Report(ctx, c, id)
	if err != nil {
		// The caller may have given the report out of his reach: then there is nothing to show.
		if fault.KindOf(err) == "" {
			o.Log.WarnContext(ctx, "report not read after a command", "error", err)
		}
		return a
	}
	a.View = &v
	return a
}

func outcome(s report.State) Outcome {
	return Outcome{Seq: s.Seq, Stage: s.Stage, Round: s.Round, DueAt: s.NearestDue(), Code: s.Outcome}
}

// CommandStatus tells who sent a command how far it has come. fault.NotFound,
// always the same, for everybody else.
func (o *Office) CommandStatus(ctx context.Context, c Caller, commandID string) (CommandStatus, error) {
	k, err := o.known(ctx)
	if err != nil {
		return CommandStatus{}, err
	}
	var row store.CommandRow
	err = o.Store.As(ctx, worker, func(ctx context.Context, tx *store.Tx) (err error) {
		if row, err = tx.Command(ctx, commandID); err != nil {
			return err
		}
		ok, err := o.sent(ctx, tx, c, k, row)
		if err == nil && !ok {
			return notFound()
		}
		return err
	})
	if fault.KindOf(err) == fault.NotFound {
		return CommandStatus{}, fault.New(fault.NotFound, "Perintah tidak ditemukan.")
	}
	if err != nil {
		return CommandStatus{}, err
	}
	return CommandStatus{
		ID: row.ID, Report: row.Report, Action: row.Action, State: string(row.State), Seq: row.Seq, Kind: row.Kind,
		Reason: row.Reason, ReceivedAt: row.ReceivedAt, SettledAt: row.SettledAt,
	}, nil
}

// sent reports whether the caller may know what became of a command: staff who
// sent it, unless their office is accused since, and the reporter with the code
// of his report, which a merged report's reply names as subject.
func (o *Office) sent(ctx context.Context, tx *store.Tx, c Caller, k *catalogue, row store.CommandRow) (bool, error) {
	owns, author := false, row.Subject
	if row.Role == report.Reporter {
		from := row.Report
		if row.Subject != "" {
			from, author = row.Subject, ""
		}
		var err error
		if owns, err = o.unlocks(ctx, tx, c, from); err != nil || !owns {
			return false, err
		}
	}
	on, err := tx.Load(ctx, row.Report)
	if err != nil {
		return false, err
	}
	r := k.resource(on)
	r.Author = author
	return o.ask(c.office(k, owns), policy.ReadCommand, r).Allowed, nil
}
