package store

import (
	"fmt"
	"time"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/report"
)

// counter is one calendar at one revision: what a clock is counted with.
type counter struct {
	calendar string
	zone     *time.Location
	index    *calendar.Index
	decrees  map[int]string // by year: short name of the newest joint decree that set its days
}

// settle finds the date of a pending clock; of any other it returns the date it
// has. It is pure. now is the calendar of the clock's unit in force, bound the
// calendar and revision that gave the clock the date it has (of no use for a
// clock that starts).
//
// A date once given is never given earlier: where counting under now ends
// before it, the old date stands with its calendar and revision (RULES.md
// section 3, running maximum).
func settle(c report.Clock, now, bound counter) report.Settled {
	held := record(c)
	switch c.Pending {
	case report.PendingStart:
		return now.count(c, c.StartedAt, c.Limit.N)
	case report.PendingPause:
		held.Left = bound.left(c, c.PausedAt)
		return held
	case report.PendingResume:
		if now.calendar == bound.calendar && now.index.Date(c.PausedAt) == now.index.Date(c.ResumedAt) && c.Limit.Unit != report.Seconds && c.Limit.Unit != report.WorkingHours {
			return held
		}
		return later(held, now.count(c, c.ResumedAt, c.Left))
	case report.PendingExtend:
		return later(held, now.extend(c, c.Extra))
	case report.PendingMove:
		if c.Limit.Unit == report.Seconds {
			return held
		}
		return later(held, now.count(c, c.MovedAt, bound.left(c, c.MovedAt)))
	case report.PendingRecount:
		if c.Grow > 0 {
			return later(held, now.extend(c, c.Grow))
		}
		return later(held, now.count(c, c.StartedAt, c.Limit.N+c.Extra))
	}
	return held
}

// confirm finds the date of a running clock under a newer revision of the
// calendar that gave it: the days that lie between its last beginning and its
// date under the old revision, counted again under the new one. Never earlier.
func confirm(c report.Clock, now, bound counter) report.Settled {
	held := record(c)
	switch c.Limit.Unit {
	case report.WorkingDays:
		from := began(c)
		n := bound.index.Remaining(bound.index.Date(from), bound.dueDate(c))
		return later(held, now.count(c, from, n))
	case report.CalendarDays:
		due := now.index.CalendarDays(bound.dueDate(c).Start(bound.zone), 0)
		return later(held, now.settled(c, now.index.Date(began(c)), due))
	}
	return held
}

// record is the date that the clock has.
func record(c report.Clock) report.Settled {
	return report.Settled{
		Kind: c.Kind, Seq: c.Seq, DueAt: c.DueAt, SoonAt: c.SoonAt, Calendar: c.Calendar, Revision: c.Revision,
		Provisional: c.Provisional, Date: c.Date, Decree: c.Decree, Left: c.Left, Late: c.Late(),
	}
}

// later is the later of the date held and the one found; the one found if they
// are the same day, so that the highest revision that gives it is on record.
func later(held, found report.Settled) report.Settled {
	if found.DueAt.Before(held.DueAt) {
		return held
	}
	return found
}

// began is the moment from which the clock counts what it still had.
func began(c report.Clock) time.Time {
	from := c.StartedAt
	for _, t := range []time.Time{c.ResumedAt, c.MovedAt} {
		if t.After(from) {
			from = t
		}
	}
	return from
}

// count counts n units of the clock's limit from a moment. The rest of a pause
// in seconds or hours is a number of seconds.
func (k counter) count(c report.Clock, from time.Time, n int) report.Settled {
	day := k.index.Date(from)
	switch c.Limit.Unit {
	case report.WorkingDays:
		return k.settled(c, day, k.index.DueProvisional(from, n))
	case report.CalendarDays:
		return k.settled(c, day, k.index.CalendarDays(from, n))
	case report.WorkingHours:
		rest := time.Duration(n) * time.Hour
		if c.Pending == report.PendingResume || c.Pending == report.PendingMove {
			rest = time.Duration(n) * time.Second
		}
		at := k.index.AddHours(from, rest)
		return k.instant(c, at, k.index.AddHours(from, rest*4/5))
	default: // seconds: due soon after four fifths
		rest := time.Duration(n) * time.Second
		return k.instant(c, from.Add(rest), from.Add(rest*4/5))
	}
}

// extend adds units after the date that the clock has.
func (k counter) extend(c report.Clock, more int) report.Settled {
	switch c.Limit.Unit {
	case report.WorkingDays, report.CalendarDays:
		s := k.count(c, c.DueAt.Add(-time.Nanosecond), more)
		s.Skipped = k.skipped(k.index.Date(began(c)), s.Date)
		return s
	case report.WorkingHours:
		at := k.index.AddHours(c.DueAt, time.Duration(more)*time.Hour)
		return k.instant(c, at, k.index.Opening(k.index.Date(at)))
	default:
		at := c.DueAt.Add(time.Duration(more) * time.Second)
		return k.instant(c, at, c.StartedAt.Add(at.Sub(c.StartedAt)*4/5))
	}
}

// left is what the clock keeps at a moment: working days after that day up to
// and including the due day, calendar days likewise, else seconds; at least 0.
func (k counter) left(c report.Clock, at time.Time) int {
	switch c.Limit.Unit {
	case report.WorkingDays:
		return k.index.Remaining(k.index.Date(at), k.dueDate(c))
	case report.CalendarDays:
		return max(0, int(k.dueDate(c)-k.index.Date(at)))
	case report.WorkingHours:
		return int(k.index.Hours(at, c.DueAt) / time.Second)
	default:
		return max(0, int(c.DueAt.Sub(at)/time.Second))
	}
}

// dueDate is the last counted day of the clock's date.
func (k counter) dueDate(c report.Clock) calendar.Date {
	return k.index.Date(c.DueAt.Add(-time.Nanosecond))
}

// settled is a date in units of days, counted from a day that is not counted.
func (k counter) settled(c report.Clock, from calendar.Date, due calendar.Due) report.Settled {
	s := k.instant(c, due.At, k.soon(from, due.Date))
	s.Provisional, s.Date, s.Decree = due.Provisional, due.Date.String(), k.decrees[due.Date.Year()]
	s.Skipped = k.skipped(from, s.Date)
	return s
}

// instant is a date that is a moment.
func (k counter) instant(c report.Clock, due, soon time.Time) report.Settled {
	return report.Settled{
		Kind: c.Kind, Seq: c.Seq, DueAt: due.UTC(), SoonAt: soon.UTC(),
		Calendar: k.calendar, Revision: k.index.Revision(), Left: c.Left,
	}
}

// soon is the local midnight at which the counted day before the due day
// begins, but not before the day that counting began on.
func (k counter) soon(from, due calendar.Date) time.Time {
	d := due - 1
	for d > from && !k.index.IsWorking(d) {
		d--
	}
	return max(d, min(from, due)).Start(k.zone)
}

// skipped names the days after from up to the date that are off by a decree:
// "2025-08-18 SKB2025r1 Cuti Bersama ...".
func (k counter) skipped(from calendar.Date, date string) []string {
	to, err := calendar.ParseDate(date)
	if err != nil {
		return nil // a moment, not a day: nothing was skipped
	}
	var days []string
	for _, d := range k.index.Skipped(from, to) {
		if d.Kind != calendar.Weekend {
			days = append(days, fmt.Sprintf("%s %s %s", d.Date, d.Decree, d.Name))
		}
	}
	return days
}
