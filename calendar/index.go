package calendar

import (
	"errors"
	"fmt"
	"time"
)

// ErrNegative refuses a negative number of days.
var ErrNegative = errors.New("jumlah hari tidak boleh negatif")

// HorizonError refuses a count that needs the days of a year no joint decree
// [SKB] has set.
type HorizonError struct {
	Year int // the first year needed and not decreed
}

func (e HorizonError) Error() string {
	return fmt.Sprintf("hari kerja %d belum dapat dihitung: %s belum ditetapkan", e.Year, e.Decree())
}

// Decree names what is missing: "SKB 2028".
func (e HorizonError) Decree() string { return missingDecree(e.Year) }

func missingDecree(year int) string { return fmt.Sprintf("%s %d", TrackSKB, year) }

// Index answers for one calendar at one revision. Dates are civil days in the
// calendar's zone, instants may be in any. It never changes and is safe for
// concurrent use.
type Index struct {
	config   Config // with the settings in force
	chain    *Ledger
	revision int
	rows     map[Date][]Day // in force, by date, joint leave left out where it is worked
	hours    []Hours        // in force; a later one wins
	first    Date           // first day of the first decreed year
	before   []int32        // before[i]: working days from first up to, not including, first+i; one more than there are days, empty if no year is decreed
	work     []Date         // the working days of the decreed years, ascending
}

// NoWorkError refuses a calendar in which nobody ever works: no day could be
// counted.
type NoWorkError struct {
	Calendar string
	Year     int // the first decreed year without a working day
}

func (e NoWorkError) Error() string {
	return fmt.Sprintf("kalender %s tanpa hari kerja pada tahun %d", e.Calendar, e.Year)
}

// newIndex builds the calendar under the decrees that in names. Errors:
// NoWorkError.
func newIndex(c Config, chain *Ledger, revision int, in func(Decree) bool) (*Index, error) {
	inForce := make(map[string]bool, len(chain.decrees))
	for _, d := range chain.decrees {
		inForce[d.Key] = in(d)
	}
	for _, s := range chain.settings {
		if inForce[s.Decree] {
			c = s.apply(c)
		}
	}
	x := &Index{config: c, chain: chain, revision: revision, rows: map[Date][]Day{}}
	for _, h := range chain.hours {
		if inForce[h.Decree] {
			x.hours = append(x.hours, h)
		}
	}
	for _, d := range chain.days {
		worked := d.Kind == CollectiveLeave && !c.JointLeaveOff
		if inForce[d.Decree] && !inForce[d.SupersededBy] && !worked {
			x.rows[d.Date] = append(x.rows[d.Date], d)
		}
	}
	first, last := decreedYears(chain, inForce)
	x.fill(first, last)
	for year := first; year <= last; year++ {
		if x.Count(NewDate(year-1, time.December, 31), NewDate(year, time.December, 31)) == 0 {
			return nil, NoWorkError{c.ID, year}
		}
	}
	return x, nil
}

// decreedYears is the first unbroken run of years with an SKB in force: a year
// missing between two others ends it, since no count may cross it. 0, -1 if none.
func decreedYears(chain *Ledger, inForce map[string]bool) (first, last int) {
	years := map[int]bool{}
	for _, d := range chain.decrees {
		if d.Track == TrackSKB && inForce[d.Key] {
			years[d.CalendarYear] = true
			if len(years) == 1 || d.CalendarYear < first {
				first = d.CalendarYear
			}
		}
	}
	if len(years) == 0 {
		return 0, -1
	}
	last = first
	for years[last+1] {
		last++
	}
	return first, last
}

func (x *Index) fill(firstYear, lastYear int) {
	if lastYear < firstYear {
		return
	}
	x.first = NewDate(firstYear, time.January, 1)
	end := NewDate(lastYear, time.December, 31)
	x.before = make([]int32, 1, end-x.first+2)
	for d := x.first; d <= end; d++ {
		if x.worked(d) {
			x.work = append(x.work, d)
		}
		x.before = append(x.before, int32(len(x.work)))
	}
}

// last is the last decreed day; before first if no year is decreed.
func (x *Index) last() Date { return x.first + Date(len(x.before)) - 2 }

func (x *Index) decreed(d Date) bool {
	return len(x.before) > 0 && d >= x.first && d <= x.last()
}

// worked applies rule 5 of the package documentation.
func (x *Index) worked(d Date) bool {
	rows := x.rows[d]
	for _, row := range rows {
		if row.Kind == RegionalOn {
			return true
		}
	}
	return len(rows) == 0 && !x.weekend(d)
}

func (x *Index) weekend(d Date) bool {
	day := d.Weekday()
	return day == time.Sunday || day == time.Saturday && x.config.WeekDays == 5
}

// Calendar is the id of the calendar.
func (x *Index) Calendar() string { return x.config.ID }

// Zone is where the office is, by the settings in force.
func (x *Index) Zone() *time.Location { return x.config.Zone }

// Revision is the revision the index was built for.
func (x *Index) Revision() int { return x.revision }

// Horizon is the last day of the last decreed year; false if no year is decreed.
func (x *Index) Horizon() (Date, bool) { return x.last(), len(x.before) > 0 }

// Date is the civil day of t in the calendar's zone.
func (x *Index) Date(t time.Time) Date { return DateOf(t.In(x.config.Zone)) }

// IsWorking says whether the office works on d. In a year not decreed it says so
// by rule 7: weekends, the fixed holidays and what is known are off.
func (x *Index) IsWorking(d Date) bool {
	if x.decreed(d) {
		i := d - x.first
		return x.before[i+1] > x.before[i]
	}
	_, fixed := fixedHoliday(d)
	return x.worked(d) && (!fixed || len(x.rows[d]) > 0) // a worked day with rows is a regional working day
}

// NextWorking is the first working day on d or after, provisional past the
// horizon.
func (x *Index) NextWorking(d Date) Date {
	for !x.IsWorking(d) && d < maxDate {
		d++
	}
	return d
}

// Add is the n-th working day after start; for n = 0 start itself, or the next
// working day if start is off. It does not allocate. Errors: ErrNegative; a
// HorizonError if the count needs a day of a year not decreed.
func (x *Index) Add(start Date, n int) (Date, error) {
	if n < 0 {
		return 0, ErrNegative
	}
	from := int(start) // the first day that may be counted
	if n > 0 {
		from, n = from+1, n-1
	}
	i := from - int(x.first)
	if i < 0 || i >= len(x.before)-1 {
		return 0, HorizonError{Date(from).Year()}
	}
	if n >= len(x.work)-int(x.before[i]) {
		return 0, HorizonError{x.last().Year() + 1}
	}
	return x.work[int(x.before[i])+n], nil
}

// Count is the number of working days after from up to and including to; 0 if to
// is not after from. It does not allocate. Days of years not decreed count as
// IsWorking has them.
func (x *Index) Count(from, to Date) int {
	if to <= from {
		return 0
	}
	if len(x.before) == 0 || from >= x.last() || to < x.first {
		return x.walkCount(from, to)
	}
	a, b := max(from, x.first-1), min(to, x.last())
	inside := int(x.before[b-x.first+1] - x.before[a-x.first+1])
	return x.walkCount(from, a) + inside + x.walkCount(b, to)
}

func (x *Index) walkCount(from, to Date) int {
	n := 0
	for d := from + 1; d <= to; d++ {
		if x.IsWorking(d) {
			n++
		}
	}
	return n
}

// Remaining is what a clock due on due keeps when it pauses on day: the working
// days after day up to and including due, at least 0 (r of the pause rule; Resume
// takes it).
func (x *Index) Remaining(day, due Date) int { return x.Count(day, due) }

// fixedHoliday names the national holiday that falls on d in every year
// (Keppres 8/2024; 1 June: Keppres 24/2016).
func fixedHoliday(d Date) (string, bool) {
	_, month, day := d.Time().Date()
	switch {
	case month == time.January && day == 1:
		return "Tahun Baru Masehi", true
	case month == time.May && day == 1:
		return "Hari Buruh Internasional", true
	case month == time.June && day == 1:
		return "Hari Lahir Pancasila", true
	case month == time.August && day == 17:
		return "Proklamasi Kemerdekaan", true
	case month == time.December && day == 25:
		return "Kelahiran Yesus Kristus", true
	}
	return "", false
}
