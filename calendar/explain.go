package calendar

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// SkippedDay is one civil day that was not counted. Where several rows share the
// date their names, decrees and titles are joined by "; " in the ledger's order,
// and Kind is that of the first.
type SkippedDay struct {
	Date   Date   `json:"date"`
	Kind   Kind   `json:"kind"`   // Weekend only if no decree names the day
	Name   string `json:"name"`   // official name; of a weekend the weekday
	Decree string `json:"decree"` // keys; empty for a weekend and for a fixed holiday of a year not decreed
	Title  string `json:"title"`  // official numbers of the decrees
}

// Skipped are the days after from up to and including to that are not counted,
// ascending; nil if there are none.
func (x *Index) Skipped(from, to Date) []SkippedDay {
	var days []SkippedDay
	for d := from + 1; d <= to; d++ {
		if !x.IsWorking(d) {
			days = append(days, x.skipped(d))
		}
	}
	return days
}

func (x *Index) skipped(d Date) SkippedDay {
	if rows := x.rows[d]; len(rows) > 0 {
		return x.decreedOff(d, rows)
	}
	if name, fixed := fixedHoliday(d); fixed && !x.decreed(d) {
		return SkippedDay{Date: d, Kind: NationalHoliday, Name: name}
	}
	return SkippedDay{Date: d, Kind: Weekend, Name: weekdays[d.Weekday()]}
}

func (x *Index) decreedOff(d Date, rows []Day) SkippedDay {
	var names, keys, titles []string
	for _, row := range rows {
		names = append(names, row.NameID)
		if slices.Contains(keys, row.Decree) {
			continue
		}
		decree, _ := x.chain.Decree(row.Decree) // the ledger refuses a row without one
		keys, titles = append(keys, row.Decree), append(titles, decree.Title)
	}
	return SkippedDay{Date: d, Kind: rows[0].Kind, Name: strings.Join(names, "; "),
		Decree: strings.Join(keys, "; "), Title: strings.Join(titles, "; ")}
}

// Change is an extension, a longer limit or a transfer.
type Change struct {
	Act      Act    `json:"act"`
	On       Date   `json:"on"`
	N        int    `json:"n,omitempty"`        // units
	Calendar string `json:"calendar,omitempty"` // of a transfer
}

// Explanation answers "why this date" for one clock.
type Explanation struct {
	Rules    []int        // the rules applied, as numbered in the package documentation, ascending; nil for seconds
	Unit     Unit         // as it started
	N        int          // units, as it started
	Start    Date         // the day of receipt in the calendar's zone, not counted by days
	Calendar string       // that gave the binding date
	WeekDays int          // 5 or 6; 0 for seconds
	Skipped  []SkippedDay // not counted while it ran, weekends too
	Pauses   []Span       // nil for seconds, which know no days
	Changes  []Change
	Said     []Saying // what each state of the calendar gave, oldest first
	Due      Due      // the binding deadline
	Current  Due      // what the calendar alone gives now; earlier than Due where a decree took days off back
	Paused   bool
	Left     int    // while paused, as Reckoning.Left
	Sentence string // the same for people, in Indonesian, fit for a letter
}

// Explain explains Reckon. Errors are the same.
func (l Life) Explain(books map[string]*Book, until Date) (Explanation, error) {
	r, err := l.Reckon(books, until)
	if err != nil {
		return Explanation{}, err
	}
	e := Explanation{
		Unit: l[0].Unit, N: l[0].N, Start: l[0].On, Calendar: r.Calendar, Skipped: r.Off(), Pauses: r.Pauses, Said: r.Sayings,
		Due: r.Due, Current: r.Current, Paused: r.Paused, Left: r.Left,
	}
	zone := time.UTC
	if b := books[r.Calendar]; b != nil {
		zone, e.WeekDays = b.config.Zone, b.config.WeekDays
		e.Rules = e.rules(len(r.Sayings) > 1)
	}
	if !l[0].At.IsZero() {
		e.Start = DateOf(l[0].At.In(zone))
	}
	for _, s := range l {
		if s.Act == Extend || s.Act == Grow || s.Act == Move {
			e.Changes = append(e.Changes, Change{s.Act, DateOf(s.At.In(zone)), s.N, s.Calendar})
		}
	}
	e.Sentence = e.sentence(l[0].At, zone)
	return e, nil
}

// Explain explains DueProvisional(start, n) under this index alone. It never
// fails.
func (x *Index) Explain(start time.Time, n int) Explanation {
	life := Life{{Act: Start, On: x.Date(start), Unit: WorkingDays, N: min(max(n, 0), MaxDays), Calendar: x.config.ID}}
	e, err := life.Explain(map[string]*Book{x.config.ID: x.Fixed()}, 0)
	if err != nil {
		panic("explain a start: " + err.Error()) // a life of one step cannot be out of order
	}
	return e
}

// Fixed is a book in which this index is the law of every day.
func (x *Index) Fixed() *Book {
	return &Book{config: x.config, chain: x.chain, revision: x.revision, laws: map[Date]*Index{minDate: x}}
}

func (e *Explanation) rules(revised bool) []int {
	rules := []int{1, 2, 3}
	if e.Unit == WorkingDays && e.N == 0 {
		rules = []int{1, 3, 4}
	}
	if len(e.Skipped) > 0 {
		rules = append(rules, 5)
	}
	if revised {
		rules = append(rules, 6)
	}
	if e.Due.Provisional {
		rules = append(rules, 7)
	}
	return rules
}

var unitNames = map[Unit]string{WorkingDays: "hari kerja", CalendarDays: "hari kalender", WorkingHours: "jam kerja", Seconds: "detik"}

func (u Unit) amount(n int) string { return fmt.Sprintf("%d %s", n, unitNames[u]) }

func (e *Explanation) sentence(started time.Time, zone *time.Location) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Dihitung %s sejak %s", e.Unit.amount(e.N), e.Start.Indonesian())
	if !started.IsZero() {
		b.WriteString(e.oClock(started, zone))
	}
	b.WriteString(e.events())
	switch {
	case e.Paused && len(e.Pauses) == 0:
		fmt.Fprintf(&b, ", kini dijeda dengan sisa %s", e.left())
	case e.Paused:
		fmt.Fprintf(&b, ", kini dijeda sejak %s dengan sisa %s", e.Pauses[len(e.Pauses)-1].From.Indonesian(), e.left())
	case e.Unit.ByDay():
		fmt.Fprintf(&b, ", batasnya akhir hari %s", e.Due.Date.Indonesian())
	default:
		fmt.Fprintf(&b, ", batasnya %s%s", DateOf(e.Due.At.In(zone)).Indonesian(), e.oClock(e.Due.At, zone))
	}
	if parts := e.reasons(); len(parts) > 0 {
		fmt.Fprintf(&b, "; tidak dihitung: %s", strings.Join(parts, ", "))
	}
	if e.Due.Provisional {
		fmt.Fprintf(&b, "; sementara, karena %s belum ditetapkan", e.Due.Missing)
	}
	b.WriteString(".")
	if e.Unit.ByDay() && !e.Paused && e.Current.Date < e.Due.Date {
		fmt.Fprintf(&b, " Menurut keputusan terbaru batasnya %s, tetapi batas yang sudah berjalan tidak diperpendek.", e.Current.Date.Indonesian())
	}
	return b.String()
}

// oClock is a time of day; of seconds, which know no office, in UTC.
func (e *Explanation) oClock(t time.Time, zone *time.Location) string {
	if e.Unit == Seconds {
		return " pukul " + t.UTC().Format("15.04.05 MST")
	}
	return " pukul " + t.In(zone).Format("15.04")
}

// left is what a paused clock keeps, in words.
func (e *Explanation) left() string {
	if e.Unit == WorkingHours {
		return fmt.Sprintf("%d jam %d menit kerja", e.Left/3600, e.Left%3600/60)
	}
	return e.Unit.amount(e.Left)
}

// events tells what happened while it ran.
func (e *Explanation) events() string {
	var b strings.Builder
	for i, p := range e.Pauses {
		if e.Paused && i == len(e.Pauses)-1 {
			break
		}
		fmt.Fprintf(&b, ", dijeda %s sampai %s", p.From.Indonesian(), p.To.Indonesian())
	}
	for _, c := range e.Changes {
		if c.Act == Move {
			fmt.Fprintf(&b, ", sejak %s menurut kalender %s", c.On.Indonesian(), c.Calendar)
			continue
		}
		fmt.Fprintf(&b, ", diperpanjang %s", e.Unit.amount(c.N))
	}
	return b.String()
}

// reasons names each day off by decree, and the plain weekend days as a number.
func (e *Explanation) reasons() []string {
	var parts []string
	weekends := 0
	for _, d := range e.Skipped {
		switch {
		case d.Kind == Weekend:
			weekends++
		case d.Decree == "":
			parts = append(parts, fmt.Sprintf("%s (%s)", d.Date.Indonesian(), d.Name))
		default:
			parts = append(parts, fmt.Sprintf("%s (%s, %s)", d.Date.Indonesian(), d.Name, d.Decree))
		}
	}
	if weekends > 0 {
		parts = append([]string{fmt.Sprintf("%d hari akhir pekan", weekends)}, parts...)
	}
	return parts
}
