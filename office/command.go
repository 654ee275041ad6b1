package office

import (
	"context"
	"slices"
	"time"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// accepted is a command that has been committed.
type accepted struct {
	id      string // of the report it is on: of the target, if it was relayed
	run     int
	command report.Command
	direct  *report.State     // the state after it, if it was applied in PostgreSQL
	relay   *store.NewCommand // not committed yet: a command that belongs on another report
	along   *report.Command   // committed with it, to be brought first
}

// stored is what is kept under an Idempotency-Key: the answer so far, and
// whether it is the last word.
type stored struct {
	Final   bool         `json:"final"`
	Answer  Answer       `json:"answer"`
	Refused *fault.Error `json:"refused,omitempty"`
	Voice   *Visibility  `json:"voice,omitempty"` // the answer to a consent
}

// Command accepts an act on a report. The commit of the command is the
// acceptance, and it is judged by the time of that commit. A decision of staff
// is waited for up to UpdateTimeout; undecided, and always for what a reporter
// sends to an open report, the answer is StateWaiting and [Office.CommandStatus]
// tells what became of it.
//
// Errors: fault.NotFound, always the same, if the caller may not know of the
// report; fault.Forbidden if he may not do this; fault.Invalid naming the
// field; fault.Conflict if the report's stage forbids it, or the key was used
// for another request; fault.Gone on a withdrawn report. A refused command
// changes nothing.
func (o *Office) Command(ctx context.Context, c Caller, id string, a Act, key string) (Answer, error) {
	id, err := report.ParseID(id)
	if err != nil {
		return Answer{}, notFound()
	}
	r, err := o.under(c, key, "command", id, a)
	if err != nil {
		return Answer{}, err
	}
	k, err := o.known(ctx)
	if err != nil {
		return Answer{}, err
	}
	a = a.tidy()
	if err := a.check(k); err != nil {
		return Answer{}, err
	}
	if err := a.checkReply(c); err != nil {
		return Answer{}, err
	}
	var done accepted
	var was stored
	fresh := false
	err = o.Store.As(ctx, o.actor(c, id), func(ctx context.Context, tx *store.Tx) (err error) {
		done, was = accepted{}, stored{}
		if fresh, _, err = r.claim(ctx, tx, &was); err != nil || !fresh {
			return err
		}
		if done, err = o.take(ctx, tx, c, k, id, a); err != nil || done.relay != nil {
			return err
		}
		return r.store(ctx, tx, stored{Answer: Answer{CommandID: done.command.ID, State: StateWaiting}})
	})
	if err != nil {
		return Answer{}, o.refused(ctx, c, policy.Of(a.Action), id, err)
	}
	if !fresh {
		return o.again(ctx, c, r, was, id)
	}
	if done.relay != nil {
		if done, err = o.relay(ctx, r, *done.relay); err != nil {
			return Answer{}, err
		}
	}
	return o.finish(ctx, c, id, r, done)
}

// take judges and records a command in tx.
func (o *Office) take(ctx context.Context, tx *store.Tx, c Caller, k *catalogue, id string, a Act) (accepted, error) {
	f, err := o.open(ctx, tx, c, k, id)
	if err != nil {
		return accepted{}, err
	}
	by, err := f.role(a.Action)
	if err != nil {
		return accepted{}, err
	}
	if f.row.State.Stage == report.Withdrawn {
		return accepted{}, fault.New(fault.Gone, "Laporan ini telah dicabut.")
	}
	if a.Action == report.PostFollowUp && f.keptBack() {
		return accepted{}, errKeptBack()
	}
	if a, err = o.fit(ctx, tx, k, f, a); err != nil {
		return accepted{}, err
	}
	n, err := o.command(c, f, by, a)
	if err != nil {
		return accepted{}, err
	}
	s := f.row.State
	if s.Stage == report.Merged && a.Action == report.Reply && by == report.Reporter {
		n.Report, n.Subject = s.MergedTo, n.Report
		return accepted{relay: &n}, nil
	}
	if !s.Stage.Open() {
		return o.direct(ctx, tx, n)
	}
	away, err := o.takeAway(ctx, tx, k, f, a)
	switch {
	case err != nil:
		return accepted{}, err
	case away.Action == "":
		return o.record(ctx, tx, n, s)
	}
	return o.recordBoth(ctx, tx, c, f, by, away, n)
}

// role returns in whose name the caller does an action: the first of his
// offices that the policy allows it and the report's stage knows.
// fault.Forbidden if none may.
func (f file) role(a report.Action) (report.Role, error) {
	var may []report.Role
	for _, r := range f.who.Roles {
		one := f.who
		one.Roles = []policy.Role{r}
		if f.ask(one, policy.Of(a), f.resource).Allowed {
			may = append(may, commands[r])
		}
	}
	for _, r := range may {
		if _, ok := report.Find(a, r, f.row.State.Stage); ok {
			return r, nil
		}
	}
	if len(may) > 0 {
		return may[0], nil
	}
	return "", fault.New(fault.Forbidden, "%s", policy.Authorize(f.who, policy.Of(a), f.resource).Reason)
}

// takeAway is the act that takes a report out of the hands of units which an
// amendment accuses; the zero act if there is none. In verification it goes up
// to the next administrator outside the accused tree, who is told; a report
// that an accused unit holds goes to the unit that oversees it. Policy and lists
// shut the accused out at once, whenever the workflow gets to it. A queue that
// is accused after the report was forwarded keeps it: nothing waits there, and
// the administrators above see it.
func (o *Office) takeAway(ctx context.Context, tx *store.Tx, k *catalogue, f file, a Act) (Act, error) {
	s := f.row.State
	switch {
	case a.Action != report.Amend || a.Accused == nil:
		return Act{}, nil
	case s.Stage == report.Verification && s.Queue != k.national && k.inside(s.Queue, a.Accused):
		f.row.Accused = a.Accused
		return o.passUp(ctx, tx, k, f, Act{Action: report.PassUp})
	case (s.Stage == report.FollowUp || s.Stage == report.Closure) && k.inside(s.Holder(), a.Accused):
		if unit := k.outside(s.Holder(), a.Accused); unit != s.Holder() {
			return Act{Action: report.Reassign, Unit: unit}, nil
		}
	}
	return Act{}, nil
}

// recordBoth records an act that goes along with a command, and the command.
func (o *Office) recordBoth(ctx context.Context, tx *store.Tx, c Caller, f file, by report.Role, along Act, n store.NewCommand) (accepted, error) {
	first, err := o.command(c, f, by, along)
	if err != nil {
		return accepted{}, err
	}
	before, err := o.record(ctx, tx, first, f.row.State)
	if err != nil {
		return accepted{}, err
	}
	done, err := o.record(ctx, tx, n, f.row.State)
	done.along = &before.command
	return done, err
}

// commands says in whose name each office commands.
var commands = map[policy.Role]report.Role{
	policy.Reporter: report.Reporter, policy.Admin: report.Admin,
	policy.Officer: report.Officer, policy.Integrator: report.Officer,
}

// record commits a command for the workflow to apply. What the read model
// already forbids is refused before there is a row. The read model may be behind
// the time: a reopening received once the silence has passed is recorded, and
// judged when the report has closed.
func (o *Office) record(ctx context.Context, tx *store.Tx, n store.NewCommand, s report.State) (accepted, error) {
	now := n.Command
	now.ReceivedAt = o.now()
	if _, _, err := report.Apply(s, now); err != nil && (now.Action != report.Reopen || !silencePassed(s, now.ReceivedAt)) {
		return accepted{}, err
	}
	row, err := tx.InsertCommand(ctx, n)
	if err != nil {
		return accepted{}, err
	}
	n.Command.ReceivedAt = row.ReceivedAt
	return accepted{id: n.Report, run: s.Run, command: n.Command}, nil
}

// silencePassed reports whether a report is still in closure although its
// silence was over at a moment: its workflow has not closed it yet.
func silencePassed(s report.State, at time.Time) bool {
	k := s.Clock(report.Silence)
	return s.Stage == report.Closure && k != nil && k.Status == report.Running && !at.Before(k.DueAt)
}

// direct applies a command to a report that no workflow runs, under its lock;
// if a workflow runs it after all, it is recorded for that.
func (o *Office) direct(ctx context.Context, tx *store.Tx, n store.NewCommand) (accepted, error) {
	s, err := tx.Lock(ctx, n.Report)
	if err != nil {
		return accepted{}, err
	}
	if s.Stage.Open() {
		return o.record(ctx, tx, n, s)
	}
	row, err := tx.InsertCommand(ctx, n)
	if err != nil {
		return accepted{}, err
	}
	n.Command.ReceivedAt = row.ReceivedAt
	after, err := tx.ApplyDirect(ctx, n.Report, n.Command)
	if err != nil {
		return accepted{}, err
	}
	return accepted{id: n.Report, run: after.Run, command: n.Command, direct: &after}, nil
}

// relay commits a reply on a merged report as a reply on its target. The
// reporter has no rights on the target, so it is recorded in nobody's name; the
// subject says which report it came from, so that its sender can ask what
// became of it. A refusal is kept under the key like any answer.
func (o *Office) relay(ctx context.Context, r request, n store.NewCommand) (accepted, error) {
	var done accepted
	err := o.Store.As(ctx, worker, func(ctx context.Context, tx *store.Tx) error {
		s, err := tx.Lock(ctx, n.Report)
		if err != nil {
			return err
		}
		if s.Stage.Open() {
			done, err = o.record(ctx, tx, n, s)
		} else {
			done, err = o.direct(ctx, tx, n)
		}
		return err
	})
	if err != nil && slices.Contains(verdicts, fault.KindOf(err)) {
		o.keep(ctx, r, stored{Final: true, Refused: refusalOf(err)})
	}
	return done, err
}
