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

// Explanation answers "why this date" for one deadline in working days.
type Explanation struct {
	Rules    []int        // the rules applied, as numbered in the package documentation, ascending
	Start    Date         // the day of receipt in the calendar's zone, not counted
	Days     int          // working days to count
	WeekDays int          // 5 or 6
	Skipped  []SkippedDay // after Start up to the due day
	Due      Due          // the binding deadline
	Current  Due          // what the current revision alone gives; equal to Due unless it is earlier
	Sentence string       // the same for people, in Indonesian
}

// Explain explains DueProvisional(start, n). It never fails.
func (x *Index) Explain(start time.Time, n int) Explanation {
	due := x.DueProvisional(start, n)
	e := Explanation{
		Start: x.Date(start), Days: min(max(n, 0), MaxDays), WeekDays: x.config.WeekDays, Due: due, Current: due,
	}
	e.Skipped = x.Skipped(e.Start, due.Date)
	if e.Days == 0 && due.Date > e.Start {
		e.Skipped = x.Skipped(e.Start-1, due.Date)
	}
	e.Rules = e.rules()
	e.Sentence = e.sentence()
	return e
}

// Explain explains Binding: it counts under the binding revision, and says where
// the current one is earlier. Errors as Binding.
func (c Config) Explain(start time.Time, n int, fromRevision, toRevision int) (Explanation, error) {
	binding, current, err := c.Binding(start, n, fromRevision, toRevision)
	if err != nil {
		return Explanation{}, err
	}
	x, err := c.At(binding.Revision)
	if err != nil {
		return Explanation{}, err
	}
	e := x.Explain(start, n)
	e.Current = current
	if fromRevision < toRevision {
		e.Rules = append(e.Rules, 6)
		slices.Sort(e.Rules)
	}
	if current.Date < binding.Date {
		e.Sentence += fmt.Sprintf(" Menurut keputusan terbaru batasnya %s, tetapi batas yang sudah berjalan tidak diperpendek.",
			current.Date.Indonesian())
	}
	return e, nil
}

func (e *Explanation) rules() []int {
	rules := []int{1, 2, 3}
	if e.Days == 0 {
		rules = []int{1, 3, 4}
	}
	if len(e.Skipped) > 0 {
		rules = append(rules, 5)
	}
	if e.Due.Provisional {
		rules = append(rules, 7)
	}
	return rules
}

func (e *Explanation) sentence() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Dihitung %d hari kerja sejak %s, batasnya akhir hari %s",
		e.Days, e.Start.Indonesian(), e.Due.Date.Indonesian())
	if parts := e.reasons(); len(parts) > 0 {
		fmt.Fprintf(&b, "; tidak dihitung: %s", strings.Join(parts, ", "))
	}
	if e.Due.Provisional {
		fmt.Fprintf(&b, "; sementara, karena %s belum ditetapkan", e.Due.Missing)
	}
	b.WriteString(".")
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
