package calendar

import (
	"fmt"
	"slices"
	"time"
)

// reckoner is a count under way. What it counts is one segment: from anchor,
// part after part, under x. best is the running maximum over all segments.
type reckoner struct {
	books  map[string]*Book
	until  Date
	unit   Unit
	begun  Step // the Start
	book   *Book
	x      *Index
	seen   Date // decrees issued up to this day are counted
	anchor time.Time
	on     Date // of anchor
	parts  []int
	now    Due // of the segment under x
	best   Due
	bound  *Index // that gave best
	paused bool
	left   int
	grown  []int     // by which the limit grew during the pause
	when   time.Time // of the pause
	said   []Saying
	pauses []Span
	spans  []counted
}

func (r *reckoner) step(s Step) error {
	if s.Act != Start && !r.unit.calendarless() {
		if err := r.decrees(min(r.x.Date(s.At), r.until)); err != nil {
			return err
		}
	}
	switch s.Act {
	case Start:
		return r.start(s)
	case Pause:
		return r.pause(s)
	case Resume:
		return r.resume(s)
	case Extend, Grow:
		return r.extend(s)
	case Move:
		return r.move(s)
	case Recount:
		return r.recount(s)
	}
	return fmt.Errorf("%w: %q", errOutOfOrder, s.Act)
}

func (u Unit) calendarless() bool { return u == Seconds }

// open takes a calendar as the law has it on the day of a step.
func (r *reckoner) open(id string, s Step) error {
	if r.unit.calendarless() {
		return nil
	}
	b, ok := r.books[id]
	if !ok {
		return fmt.Errorf("%w: %q", errUnknownBook, id)
	}
	on := s.On
	if !s.At.IsZero() {
		on = DateOf(s.At.In(b.config.Zone))
	}
	x, err := b.Law(on)
	if err == nil && !s.At.IsZero() && x.Date(s.At) != on { // the zone was another by then
		on = x.Date(s.At)
		x, err = b.Law(on)
	}
	if err != nil {
		return err
	}
	r.book, r.x, r.seen = b, x, on
	return nil
}

func (r *reckoner) start(s Step) error {
	if r.begun.Act != "" {
		return fmt.Errorf("%w: dua kali mulai", errOutOfOrder)
	}
	r.begun = s
	if err := r.open(s.Calendar, s); err != nil {
		return err
	}
	r.segment(s, r.unit.ticks(s.N))
	return nil
}

// segment begins to count parts from the time of a step, under the law of then.
func (r *reckoner) segment(s Step, parts ...int) {
	r.anchor, r.on, r.parts = s.At, s.On, parts
	if !s.At.IsZero() && r.x != nil {
		r.on = r.x.Date(s.At)
	}
	r.take("")
}

// take counts the segment under x and keeps the later date. Of two equal ones
// the newer stands.
func (r *reckoner) take(decree string) {
	r.now = r.reach()
	if !r.now.At.Before(r.best.At) {
		r.best, r.bound = r.now, r.x
	}
	if r.x != nil && (len(r.said) == 0 || r.said[len(r.said)-1].Due != r.now.Date) {
		r.said = append(r.said, Saying{r.seen, r.x.config.ID, r.x.revision, decree, r.now.Date})
	}
}

// reach is the end of the segment's parts, one after the other.
func (r *reckoner) reach() Due {
	var due Due
	at, on := r.anchor, r.on
	for _, n := range r.parts {
		switch r.unit {
		case WorkingDays:
			due = r.x.dueFrom(on, n)
		case CalendarDays:
			due = r.x.rolled(on, n)
		case WorkingHours:
			due = r.x.moment(r.x.AddHours(at, time.Duration(n)*time.Second))
		default:
			due = Due{At: at.Add(time.Duration(n) * time.Second).UTC()}
		}
		at, on = due.At, due.Date
	}
	return due
}

func (r *reckoner) pause(s Step) error {
	if r.paused {
		return fmt.Errorf("%w: dua kali jeda", errOutOfOrder)
	}
	r.paused, r.when, r.left = true, s.At, r.remains(s.At)
	if r.x != nil {
		r.pauses = append(r.pauses, Span{From: r.x.Date(s.At)})
	}
	return nil
}

// counted closes the stretch that was counted up to a day.
func (r *reckoner) counted(to Date) {
	if r.bound == nil || to <= r.on {
		return
	}
	from := r.on
	if len(r.parts) == 1 && r.parts[0] == 0 {
		from-- // nothing is left to count: the day itself is the last, unless it is off
	}
	r.spans = append(r.spans, counted{r.bound, from, min(to, r.best.Date)})
}

// remains is what the clock keeps at an instant: working days after that day up
// to and including the due day, calendar days likewise, else seconds; at least 0.
func (r *reckoner) remains(at time.Time) int {
	switch r.unit {
	case WorkingDays:
		return r.bound.Remaining(r.bound.Date(at), r.best.Date)
	case CalendarDays:
		return max(0, int(r.best.Date-r.bound.Date(at)))
	case WorkingHours:
		return int(r.bound.Hours(at, r.best.At) / time.Second)
	}
	return max(0, int(r.best.At.Sub(at)/time.Second))
}

func (r *reckoner) resume(s Step) error {
	if !r.paused {
		return fmt.Errorf("%w: dilanjutkan tanpa jeda", errOutOfOrder)
	}
	r.paused = false
	same := r.x != nil && r.unit.ByDay() && r.book.config.ID == s.Calendar && r.x.Date(r.when) == r.x.Date(s.At)
	if r.x != nil {
		r.pauses[len(r.pauses)-1].To = r.x.Date(s.At)
	}
	grown := r.grown
	r.grown = nil
	if same {
		r.pauses = r.pauses[:len(r.pauses)-1]
		if len(grown) > 0 {
			r.parts = slices.Concat(r.parts, grown)
			r.take("")
		}
		return nil
	}
	if r.x != nil {
		r.counted(r.bound.Date(r.when))
	}
	if err := r.open(s.Calendar, s); err != nil {
		return err
	}
	r.segment(s, r.left)
	return nil
}

// extend adds units after the due date: to the segment, so that a later decree
// moves them with it, and to the running maximum.
func (r *reckoner) extend(s Step) error {
	n := r.unit.ticks(s.N)
	if r.paused {
		r.left, r.grown = r.left+n, append(r.grown, n)
		return nil
	}
	held := r.best
	r.parts = append(slices.Clone(r.parts), n)
	r.take("")
	anchor, on, parts := r.anchor, r.on, r.parts
	r.anchor, r.on, r.parts = held.At, held.Date, []int{n}
	if due := r.reach(); due.At.After(r.best.At) {
		r.best, r.bound = due, r.x
	}
	r.anchor, r.on, r.parts = anchor, on, parts
	return nil
}

// move counts the rest on another calendar; the later of both dates stands.
func (r *reckoner) move(s Step) error {
	if r.unit.calendarless() {
		return nil
	}
	left := r.remains(s.At)
	r.counted(r.bound.Date(s.At))
	if err := r.open(s.Calendar, s); err != nil {
		return err
	}
	r.segment(s, left)
	return nil
}

func (r *reckoner) recount(s Step) error {
	if r.paused {
		return nil // what is left is kept in the old unit
	}
	r.unit = s.Unit
	if r.x == nil && !r.unit.calendarless() {
		return fmt.Errorf("%w: %s tanpa kalender", errOutOfOrder, s.Unit)
	}
	r.anchor, r.on, r.parts = r.begun.At, r.begun.On, []int{r.unit.ticks(s.N)}
	if r.x != nil && !r.begun.At.IsZero() {
		r.on = r.x.Date(r.begun.At)
	}
	if r.unit == WorkingHours && r.anchor.IsZero() {
		r.anchor = r.begun.On.Start(r.x.config.Zone)
	}
	r.take("")
	return nil
}

// decrees counts the segment again under each decree issued after the last one
// seen, up to and including a day. While the clock is paused the days kept grow
// if a decree issued before the pause takes one off.
func (r *reckoner) decrees(to Date) error {
	if r.unit.calendarless() || r.book == nil {
		return nil
	}
	for _, day := range r.book.issued(r.seen, to) {
		x, err := r.book.Law(day)
		if err != nil {
			return err
		}
		r.x, r.seen = x, day
		if r.paused {
			continue // nothing is counted now; the days kept are counted when it goes on
		}
		r.take(r.book.decreesOf(day))
	}
	return nil
}

func (r *reckoner) result() Reckoning {
	out := Reckoning{Due: r.best, Current: r.now, Paused: r.paused, Sayings: r.said, Pauses: r.pauses, Soon: r.soon()}
	if r.bound != nil {
		out.Calendar = r.bound.config.ID
		until := r.best.Date
		if r.paused {
			until = r.bound.Date(r.when)
		}
		r.counted(until)
		out.spans = r.spans
	}
	if r.paused {
		out.Left = r.left
	}
	return out
}

// soon is when the end comes near (due_soon, RULES.md section 1.3).
func (r *reckoner) soon() time.Time {
	if r.unit.ByDay() {
		return r.bound.eve(r.on, r.best.Date)
	}
	sum := 0
	for _, n := range r.parts {
		sum += n
	}
	most := time.Duration(sum) * time.Second * 4 / 5
	if r.unit == WorkingHours {
		return r.x.AddHours(r.anchor, most)
	}
	return r.anchor.Add(most).UTC()
}

// eve is the local midnight at which the counted day before due begins, but not
// before the day that counting began on.
func (x *Index) eve(from, due Date) time.Time {
	d := due - 1
	for d > from && !x.IsWorking(d) {
		d--
	}
	return max(d, min(from, due)).Start(x.config.Zone)
}

// dueFrom is DueProvisional from a civil day.
func (x *Index) dueFrom(on Date, n int) Due {
	return x.DueProvisional(on.Start(x.config.Zone), n)
}

// rolled is CalendarDays from a civil day.
func (x *Index) rolled(on Date, n int) Due {
	return x.CalendarDays(on.Start(x.config.Zone), n)
}

// moment is a deadline that is an instant.
func (x *Index) moment(at time.Time) Due {
	d := x.due(x.Date(at), x.Date(at))
	d.At = at.UTC()
	return d
}
