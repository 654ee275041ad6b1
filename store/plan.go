package store

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/report"
)

// The pace of an escalation, in working days. RULES.md section 1.3, ours.
const (
	rungEvery  = 2 // from one rung to the next
	againEvery = 5 // between reminders to the national administrators, after the last rung
)

// Steps of the plan that are no numbered day and no rung.
const (
	stepHalf = "half" // half of a limit in hours
	stepSoon = "soon" // due soon, of a limit in hours or seconds
)

// Templates of what a plan writes.
const (
	templateReminder = "reminder"
	templateAnswer   = "answer_reminder"
	templateClosing  = "closing_tomorrow"
	templateLate     = "late"
	templateAgain    = "still_late"
)

// planned is one clock with all that its plan depends on. The plan is pure: it
// is made anew whenever somebody looks, so that a decree, an extension or a
// transfer needs no work on what waits in the outbox.
type planned struct {
	state    report.State
	clock    report.Clock
	days     *calendar.Index      // the clock's calendar in force
	queue    []rungUnit           // the queue and all above it
	holder   []rungUnit           // the unit that holds the report and all above it
	national rungUnit             // the unit of the national administrators
	done     map[string]time.Time // steps that have left or are given up, by key, and when
}

// rungUnit is a unit as the plan knows it.
type rungUnit struct {
	id      string
	shut    bool // inside an accused tree
	admin   bool // has an active administrator
	officer bool // has an active officer
	head    bool // has an active head
	office  *calendar.Index
}

// planStep is one notice that a clock causes.
type planStep struct {
	key      string // the notice's dedup: never twice to one receiver for one event
	name     string
	template string
	to       report.Audience
	unit     string    // empty: the reporter, the national administrators
	at       time.Time // not before; in the receiver's office hours
	until    time.Time // worthless from then on; zero: never
	office   *calendar.Index
}

// next is the step that waits: the first that has not left and is still worth
// sending. Its time is not before now, and within the receiver's office hours
// but for demonstration. False if nothing waits.
func (p planned) next(now time.Time) (planStep, bool) {
	for _, s := range p.steps() {
		if _, done := p.done[s.key]; done {
			continue
		}
		if s.at.Before(now) {
			s.at = p.opening(s.office, now)
		}
		if s.until.IsZero() || s.at.Before(s.until) {
			return s, true
		}
	}
	return planStep{}, false
}

// look is when a step is to be looked at: at its time; while the clock is late
// each morning, so that a mark that was lifted falls back to reminders in time.
func (p planned) look(s planStep, now time.Time) time.Time {
	if !p.clock.Late() || p.state.Rules.Demo {
		return s.at
	}
	morning := p.days.Opening(p.days.NthDay(p.days.Date(now), 1))
	if s.at.Before(morning) {
		return s.at
	}
	return morning
}

// steps are the notices of the clock as it stands, in the order in which they
// leave: reminders, or the rungs once it is marked late. A clock that does not
// run, and a report that has ended or is merged, has none.
func (p planned) steps() []planStep {
	c := p.clock
	switch {
	case !p.state.Stage.Open() || c.Status != report.Running || c.DueAt.IsZero():
		return nil
	case c.Late():
		return p.rungs()
	}
	return p.reminders()
}

// opening is t, or the office's next opening after it.
func (p planned) opening(office *calendar.Index, t time.Time) time.Time {
	if p.state.Rules.Demo {
		return t
	}
	return office.NextOfficeOpening(t)
}

// key is the dedup key of a step. Without the unit it names the event.
func (p planned) key(name, unit string) string {
	key := fmt.Sprintf("%s:%s:%d:%s", p.state.ID, p.clock.Kind, p.clock.Seq, name)
	if unit != "" {
		key += ":" + unit
	}
	return key
}

// reminders go to whoever the stage waits for. Of two that would leave at the
// same time the later day's stays.
func (p planned) reminders() []planStep {
	whom, ok := p.waitedFor()
	if !ok {
		return nil
	}
	var steps []planStep
	for _, m := range p.marks(whom.office) {
		s := whom
		s.name, s.key, s.at = m.name, p.key(m.name, whom.unit), p.opening(whom.office, m.at)
		if s.until = p.clock.DueAt; m.day {
			s.until = earliestOf(s.until, whom.office.Midnight(s.at))
		}
		if n := len(steps); n > 0 && !s.at.After(steps[n-1].at) {
			steps = steps[:n-1]
		}
		if s.at.Before(p.clock.DueAt) {
			steps = append(steps, s)
		}
	}
	return steps
}

// waitedFor is a step without a time to whoever the stage waits for; false if
// nobody is reminded of such a clock.
func (p planned) waitedFor() (planStep, bool) {
	switch p.clock.Kind {
	case report.VerificationClock:
		if len(p.queue) == 0 || p.queue[0].id == p.national.id {
			return planStep{template: templateReminder, to: report.ToNational, office: p.national.office}, true
		}
		return planStep{template: templateReminder, to: report.ToAdmins, unit: p.queue[0].id, office: p.queue[0].office}, true
	case report.FirstFollowUp, report.Resolution:
		if len(p.holder) > 0 {
			return planStep{template: templateReminder, to: report.ToOfficers, unit: p.holder[0].id, office: p.holder[0].office}, true
		}
	case report.AnswerClock:
		return planStep{template: templateAnswer, to: report.ToReporter, office: p.days}, true
	case report.Silence:
		return planStep{template: templateClosing, to: report.ToReporter, office: p.days}, true
	}
	return planStep{}, false
}

// mark is a moment at which to remind.
type mark struct {
	name string
	at   time.Time
	day  bool // worth something on its day only
}

// marks are the moments of a clock, in order; office is the receiver's.
func (p planned) marks(office *calendar.Index) []mark {
	c := p.clock
	switch c.Limit.Unit {
	case report.WorkingDays, report.CalendarDays:
		return p.dayMarks(office)
	case report.WorkingHours:
		var all []mark
		half := time.Duration(c.Limit.N+c.Extra) * time.Hour / 2
		if gone := p.days.Hours(began(c), c.DueAt) - half; gone > 0 && c.Kind != report.Silence {
			all = append(all, mark{name: stepHalf, at: p.days.AddHours(began(c), gone)})
		}
		return append(all, mark{name: stepSoon, at: c.SoonAt})
	}
	return []mark{{name: stepSoon, at: c.SoonAt}}
}

// dayMarks are the days ceil(n/2), n-1 and n of a limit of n days; n-1 alone for
// the silence. They are counted back from the due day, so that what a pause, an
// extension or a decree did to it is in them. The day of receipt is none.
func (p planned) dayMarks(office *calendar.Index) []mark {
	c := p.clock
	n := c.Limit.N + c.Extra
	numbers := slices.Compact([]int{(n + 1) / 2, n - 1, n})
	if c.Kind == report.Silence {
		numbers = []int{n - 1}
	}
	due := p.days.Date(c.DueAt.Add(-time.Nanosecond))
	var all []mark
	for _, i := range numbers {
		day := p.days.Back(due, n-i)
		if c.Limit.Unit == report.CalendarDays && n-i > 1 {
			day = p.days.NextWorking(due - calendar.Date(n-i))
		}
		if i > 0 && day > p.days.Date(c.StartedAt) {
			all = append(all, mark{name: fmt.Sprintf("day%d", i), at: office.Opening(day), day: true})
		}
	}
	return all
}

// rungs are the steps of the escalation: the first on the first working day
// after the due day, then one every two working days. A rung nobody stands on is
// left out, and the next takes its day. The last one comes again and again.
func (p planned) rungs() []planStep {
	steps := p.ladder()
	event := fmt.Sprintf("late%d:", p.clock.LateAt.Unix())
	times, latest := 0, time.Time{} // of the national administrators; of any rung
	for key, at := range p.done {
		if name, ours := strings.CutPrefix(key, p.key(event, "")); ours {
			if strings.HasPrefix(name, string(report.ToNational)) {
				times++
			}
			latest = latestOf(latest, at)
		}
	}
	last := planStep{template: templateLate, to: report.ToNational, office: p.national.office}
	suffix := fmt.Sprint(times + 1)
	if times > 0 {
		last.template = templateAgain
	}
	steps = append(steps, last)
	for i := range steps {
		s := &steps[i]
		s.name, s.at = event+string(s.to), p.rungTime(i, s.office)
		if s.to == report.ToNational {
			s.name += suffix
		}
		if !latest.IsZero() {
			s.at = latestOf(s.at, p.pause(latest, s.template == templateAgain, s.office))
		}
		s.key = p.key(s.name, s.unit)
	}
	return steps
}

// rungTime is when rung i leaves by the due day alone.
func (p planned) rungTime(i int, office *calendar.Index) time.Time {
	if p.state.Rules.Demo {
		return p.clock.DueAt.Add(time.Duration(i*p.clock.Limit.N) * time.Second)
	}
	due := p.days.Date(p.clock.DueAt.Add(-time.Nanosecond))
	return p.opening(office, office.Opening(p.days.NthDay(due, 1+i*rungEvery)))
}

// pause is the first moment of the rung after one that left at t. Rungs of the
// demonstration are one limit apart; its repetitions are not hurried.
func (p planned) pause(t time.Time, again bool, office *calendar.Index) time.Time {
	if p.state.Rules.Demo && !again {
		return t.Add(time.Duration(p.clock.Limit.N) * time.Second)
	}
	days := rungEvery
	if again {
		days = againEvery
	}
	return p.opening(office, office.Opening(p.days.NthDay(p.days.Date(t), days)))
}

// ladder are the rungs below the national administrators. A late verification
// begins at the level above its queue. A late follow-up begins with the officers
// of the unit that holds it, then officers and administrators of the agency
// addressed; where that is the same unit, its administrators. Then the head.
func (p planned) ladder() []planStep {
	var steps []planStep
	add := func(u rungUnit, to report.Audience, somebody bool) {
		if somebody && !u.shut {
			steps = append(steps, planStep{template: templateLate, to: to, unit: u.id, office: u.office})
		}
	}
	level := p.above()
	if p.clock.Kind != report.VerificationClock {
		if len(p.holder) == 0 {
			return nil
		}
		add(p.holder[0], report.ToOfficers, p.holder[0].officer)
	}
	if len(level) == 0 {
		return steps
	}
	switch unit := level[0]; {
	case p.clock.Kind == report.VerificationClock || unit.id == p.holder[0].id:
		add(unit, report.ToAdmins, unit.admin)
	default:
		add(unit, report.ToStaff, unit.admin || unit.officer)
	}
	if i := slices.IndexFunc(level, func(u rungUnit) bool { return u.head && !u.shut }); i >= 0 {
		add(level[i], report.ToHeads, true)
	}
	return steps
}

// above is the level at which a lateness leaves whoever is bound, and all units
// above it, below the national level: the unit above the queue, or the agency
// addressed.
func (p planned) above() []rungUnit {
	chain := p.queue[min(1, len(p.queue)):]
	if p.clock.Kind != report.VerificationClock {
		i := max(0, slices.IndexFunc(p.holder, func(u rungUnit) bool { return u.id == p.state.Agency }))
		chain = p.holder[min(i, len(p.holder)):]
	}
	if len(p.queue) > 0 && p.queue[0].id == p.national.id && p.clock.Kind == report.VerificationClock {
		return nil
	}
	if i := slices.IndexFunc(chain, func(u rungUnit) bool { return u.id == p.national.id }); i >= 0 {
		chain = chain[:i]
	}
	return chain
}

// earliestOf is the earlier of two moments.
func earliestOf(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// latestOf is the later of two moments.
func latestOf(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
