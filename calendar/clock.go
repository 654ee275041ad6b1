package calendar

import (
	"cmp"
	"errors"
	"slices"
	"time"
)

// Unit is what a clock counts.
type Unit string

// The units. Only WorkingDays and CalendarDays end with a day.
const (
	WorkingDays  Unit = "working_days"
	CalendarDays Unit = "calendar_days" // rolled forward off days off
	WorkingHours Unit = "working_hours"
	Seconds      Unit = "seconds" // no calendar; demonstration only
)

// ByDay reports whether a count in this unit ends with a day.
func (u Unit) ByDay() bool { return u == WorkingDays || u == CalendarDays }

// ticks is how many ticks n units are: days are counted as days, hours and
// seconds as seconds.
func (u Unit) ticks(n int) int {
	if u == WorkingHours {
		return n * 3600
	}
	return n
}

// Act is what happened to a clock.
type Act string

// The acts. Each comment says which fields of Step it needs.
const (
	Start   Act = "start"   // Unit, N, Calendar, and On, or At for hours and seconds
	Pause   Act = "pause"   // At
	Resume  Act = "resume"  // At, Calendar
	Extend  Act = "extend"  // At, N more units after the due date
	Grow    Act = "grow"    // At, N: the limit itself became longer; as Extend, also while paused
	Move    Act = "move"    // At, Calendar: handed to an office with another calendar
	Recount Act = "recount" // At, Unit, N: another limit, counted from the start
)

// Step is one act on one clock. Times are UTC.
type Step struct {
	Act      Act       `json:"do"`
	On       Date      `json:"on,omitempty"` // Start by days: the day of receipt in the calendar's zone
	At       time.Time `json:"at,omitzero"`
	Unit     Unit      `json:"unit,omitempty"`
	N        int       `json:"n,omitempty"` // units
	Calendar string    `json:"cal,omitempty"`
}

// Life is everything that happened to one clock, oldest first; the first step
// is Start. A deadline is a pure function of a Life and the calendars: that is
// what lets it be counted again when a decree is recorded, and explained.
type Life []Step

// Errors of Life.Reckon: a life that no clock can have had.
var (
	ErrNoLife      = errors.New("riwayat batas waktu tidak diawali dengan mulai")
	errOutOfOrder  = errors.New("riwayat batas waktu tidak runtut")
	errUnknownBook = errors.New("kalender tidak dikenal")
)

// Saying is what one state of a calendar gave for a clock.
type Saying struct {
	On       Date   `json:"on"`               // from which it was so: the start, or the issue of the decree
	Calendar string `json:"calendar"`         //
	Revision int    `json:"revision"`         // of Calendar
	Decree   string `json:"decree,omitempty"` // key of the decree that changed it; empty at the start
	Due      Date   `json:"due_date"`
}

// Span is a pause, from the day it began to the day it ended, in the zone of
// the calendar then; To is zero while it lasts.
type Span struct {
	From Date `json:"from"`
	To   Date `json:"to,omitempty"`
}

// Reckoning is where a clock stands.
type Reckoning struct {
	Due      Due       // the binding deadline: the latest that any state of the calendar gave while it ran
	Calendar string    // that gave Due; empty for seconds
	Current  Due       // what the calendar alone gives now; earlier than Due where a decree took days off back
	Soon     time.Time // UTC: by days the start of the counted day before the due day, else after four fifths
	Paused   bool
	Left     int // while paused: days, of hours and seconds the seconds, that are kept
	Sayings  []Saying
	Pauses   []Span

	spans []counted
}

// counted is a stretch of days that was counted under one state of a calendar:
// after From up to and including To.
type counted struct {
	x        *Index
	from, to Date
}

// Off are the days that were not counted while the clock ran, ascending; days of
// a pause are not among them.
func (r Reckoning) Off() []SkippedDay {
	var days []SkippedDay
	for _, c := range r.spans {
		days = append(days, c.x.Skipped(c.from, c.to)...)
	}
	return days
}

// Reckon counts a clock by the law: at each step under the decrees issued by
// that day, and again under each decree issued while it ran, up to and including
// the day until (zero: all). A decree recorded after its issue is so counted as
// if known from its issue (RULES.md section 3). The date is a running maximum: a
// decree extends, never shortens. books must hold every calendar named; seconds
// need none. Errors: a life out of order, an unknown calendar, a calendar that
// cannot be built.
func (l Life) Reckon(books map[string]*Book, until Date) (Reckoning, error) {
	if len(l) == 0 || l[0].Act != Start {
		return Reckoning{}, ErrNoLife
	}
	r := reckoner{books: books, until: until, unit: l[0].Unit}
	if r.until == 0 {
		r.until = maxDate
	}
	for _, s := range l {
		if err := r.step(s); err != nil {
			return Reckoning{}, err
		}
	}
	if err := r.decrees(r.until); err != nil {
		return Reckoning{}, err
	}
	return r.result(), nil
}

// Calendar is the calendar a clock counts on: the one it was last given.
func (l Life) Calendar() string {
	for _, s := range slices.Backward(l) {
		if s.Calendar != "" {
			return s.Calendar
		}
	}
	return ""
}

// Calendars names every calendar of the life once.
func (l Life) Calendars() []string {
	var ids []string
	for _, s := range l {
		if s.Calendar != "" {
			ids = append(ids, s.Calendar)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// order is by day, for sorting.
func order(a, b Date) int { return cmp.Compare(a, b) }
