package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/kawal-id/kawal/internal/fault"
)

// Apply returns the state after a command, what it asks of the world, and the
// clocks marked Pending whose dates must be found. It is pure: the same input
// gives the same output, and s is unchanged.
//
// Errors: fault.Invalid if the command is malformed, fault.Forbidden if no
// stage lets the role do it, fault.Gone in withdrawn, fault.Conflict if the
// report's stage or a guard forbids it now. A command is judged at
// c.ReceivedAt. Apply does not know which commands were applied before: the
// caller keeps repetitions away.
func Apply(s State, c Command) (State, Effects, error) {
	if err := c.Check(); err != nil {
		return s, Effects{}, err
	}
	t, ok := row(s, c)
	if !ok {
		return s, Effects{}, refusal(s, c)
	}
	if t.If != nil {
		if err := t.If(s, c.By, c.ReceivedAt); err != nil {
			return s, Effects{}, err
		}
	}
	next := s.clone()
	next.Seq++
	if err := precondition(s, c); err != nil {
		return s, Effects{}, err
	}
	t.move(&next, c)
	return next, t.effects(s, next, c), nil
}

// move changes next as the row says: stage and round, then the particulars,
// then the clocks, which may depend on them.
func (t Transition) move(next *State, c Command) {
	if t.To == Merged {
		next.Before = next.Stage
	}
	if t.To != "" {
		next.Stage = t.To
	}
	if t.To != "" && t.To != Merged { // an unmerged report is back in the stage that it left
		next.MovedBy = ""
	}
	if t.NewRound {
		next.Round++
		next.Followed, next.Accepted, next.Extended = false, false, false
	}
	if t.Do != nil {
		t.Do(next, c)
	}
	for _, op := range t.Clocks {
		next.turn(op, c)
	}
	if t.Back {
		next.Stage, next.Before, next.MergedAt, next.Kept = next.Before, "", time.Time{}, nil
	}
}

// effects fits the row's effects to this report.
func (t Transition) effects(before, next State, c Command) Effects {
	e := t.Effects
	if e.Publish && next.Secret {
		e.Publish = false
	}
	if e.TakeDown && !before.Published {
		e.TakeDown = false
	}
	if c.Action == PostFollowUp && c.Kind == Interim {
		e.Notices = tell(ToReporter, "interim_follow_up")
	}
	if c.Action == Reply && next.Stage == Verification && before.Stage == Verification {
		e.Notices = tell(ToAdmins, "reply")
	}
	return e
}

// refusal says why no row fits.
func refusal(s State, c Command) error {
	if s.Stage == Withdrawn {
		return fault.New(fault.Gone, "Laporan ini telah dicabut.")
	}
	for _, t := range Table {
		for _, r := range t.By {
			if t.Action == c.Action && r == c.By {
				return conflict("Tindakan %s tidak dapat dilakukan pada tahap %q.", c.Action, s.Stage.Label(s.Accepted))
			}
		}
	}
	return fault.New(fault.Forbidden, "Peran %s tidak dapat melakukan %s.", c.By, c.Action)
}

// precondition judges what depends on the command's particulars.
func precondition(s State, c Command) error {
	switch c.Action {
	case PostFollowUp:
		if c.Kind == Interim && (s.Stage != FollowUp || s.Clock(Resolution) == nil) {
			return conflict("Tindak lanjut sementara hanya mungkin selama batas penyelesaian berjalan.")
		}
	case Merge:
		if c.Target == s.ID {
			return fault.At("/target", "Laporan tidak dapat digabung dengan dirinya sendiri.")
		}
	case RequestExtension:
		return mayAsk(s, c)
	case MarkLate:
		k := s.Clock(c.Clock)
		if k == nil || k.Seq != c.ClockSeq || k.Status != Running || k.Late() {
			return conflict("Batas %s tidak sedang berjalan.", c.Clock)
		}
	}
	return nil
}

func mayAsk(s State, c Command) error {
	k := s.Clock(c.Clock)
	switch {
	case k == nil || k.Status != Running:
		return conflict("%s tidak sedang berjalan.", c.Clock.Name())
	case !c.ReceivedAt.Before(k.DueAt):
		return conflict("%s sudah lewat; perpanjangan diminta sebelum jatuh tempo.", k.Kind.Name())
	case s.Extended || s.asked() != nil:
		return conflict("Perpanjangan hanya sekali setiap putaran, dan sudah pernah atau sedang dimintakan.")
	case c.Days > k.Limit.N:
		return fault.At("/days", "Perpanjangan paling lama %d, sepanjang batas itu sendiri.", k.Limit.N)
	}
	return nil
}

// turn does one clock verb at the time of the command.
func (s *State) turn(op clockOp, c Command) {
	switch op.Verb {
	case start:
		s.startClock(op.Clock, c.ReceivedAt)
	case carryOn:
		if k := s.Clock(op.Clock); k != nil {
			k.resume(c.ReceivedAt, s.Agency)
		} else if !s.Concluded {
			s.startClock(op.Clock, c.ReceivedAt)
		}
	case stopAll, pauseAll, goOn:
		s.turnAll(op.Verb, c.ReceivedAt)
	default:
		if k := s.Clock(op.Clock); k != nil {
			s.turnOne(k, op.Verb, c)
		}
	}
}

func (s *State) turnOne(k *Clock, v verb, c Command) {
	switch v {
	case meet:
		k.end(Met, c.ReceivedAt)
	case stop:
		k.end(Stopped, c.ReceivedAt)
	case pass:
		k.end(Passed, k.DueAt)
	case pause:
		k.pause(c.ReceivedAt)
	case resume:
		k.resume(c.ReceivedAt, k.Unit)
	case move:
		k.move(c.ReceivedAt, s.Agency)
	case recount:
		k.recount(s.Rules.LimitOf(k.Kind, s.Class), c.ReceivedAt)
	}
}

func (s *State) turnAll(v verb, at time.Time) {
	for i := range s.Clocks {
		k := &s.Clocks[i]
		switch {
		case !k.Live():
		case v == stopAll:
			k.end(Stopped, at)
		case v == pauseAll && k.Status == Running:
			k.pause(at)
		case v == goOn && k.Status == Paused && k.PausedAt.Equal(s.MergedAt) && !slices.Contains(s.Kept, k.Kind):
			k.resume(at, k.Unit)
		}
	}
}

// startClock starts a clock if the rules give it a limit. V is counted for the
// queue, every other clock for the addressed agency, or the queue before there
// is one.
func (s *State) startClock(k ClockKind, at time.Time) {
	limit := s.Rules.LimitOf(k, s.Class)
	if limit.None() {
		return
	}
	unit := s.Agency
	if k == VerificationClock || unit == "" {
		unit = s.Queue
	}
	s.Clocks = append(s.Clocks, Clock{
		Kind: k, Seq: s.Seq, Unit: unit, Limit: limit, StartedAt: at, Status: Running, Pending: PendingStart,
	})
}

// pause stops the count at t and marks the rest to be found. A clock that is
// late does not pause.
func (c *Clock) pause(t time.Time) {
	if c.Status != Running {
		return
	}
	if c.Kind.Duty() && !c.DueAt.IsZero() && !t.Before(c.DueAt) {
		if c.LateAt.IsZero() { // else it is marked: another mark would be a second lateness
			c.LateAt = c.DueAt
		}
		return
	}
	c.Status, c.PausedAt, c.Pending = Paused, t, PendingPause
}

// resume goes on with what was left, on the calendar of the unit.
func (c *Clock) resume(t time.Time, unit string) {
	if c.Status != Paused {
		if c.Unit != unit {
			c.move(t, unit)
		}
		return
	}
	c.Status, c.ResumedAt, c.Unit, c.Pending = Running, t, unit, PendingResume
}

// move hands a running clock to another unit. A late one stays late.
func (c *Clock) move(t time.Time, unit string) {
	if c.Unit == unit {
		return
	}
	c.Unit, c.MovedAt = unit, t
	if c.Status == Running && !c.Late() {
		c.Pending = PendingMove
	}
}

// recount changes the limit. A longer one adds the difference to what was left,
// whether the clock runs, is late or is paused; with a shorter one the old
// stands, as does its date, since a deadline never moves to an earlier one. A
// class without a limit ends the clock.
func (c *Clock) recount(l Limit, t time.Time) {
	more, same := l.N-c.Limit.N, l.Unit == c.Limit.Unit
	switch {
	case l.None():
		c.end(Stopped, t)
		return
	case same && more <= 0:
		return
	case same && c.Status == Paused:
		c.Left += more * l.Unit.leftPer()
	case c.Status == Paused:
		return // what is left is kept in the old unit
	case c.Status == Running:
		c.Pending = PendingRecount
		if same {
			c.Grow = more
		}
	}
	c.Limit = l
}

// New returns the state of a report just accepted: in verification, seq 1, run
// 1, with V started. The particulars are taken as they are.
func New(s State, acceptedAt time.Time) (State, Effects, error) {
	if s.ID == "" || s.Queue == "" || s.Rules.ID == "" {
		return State{}, Effects{}, fmt.Errorf("new report: id, queue and rules are required")
	}
	s.Stage, s.Seq, s.Run, s.Round, s.Clocks = Verification, 1, 1, 0, nil
	s.startClock(VerificationClock, acceptedAt)
	return s, Effects{Notices: append(tell(ToReporter, "received"), tell(ToAdmins, "submitted")...)}, nil
}
