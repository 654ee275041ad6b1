package calendar

import (
	"errors"
	"time"
)

// MaxDays bounds what the counts that never fail will walk; a larger n is cut to
// it (about 380 years).
const MaxDays = 100_000

// Due is a deadline in units of days: always the end of a working day.
type Due struct {
	Date        Date      // the last day, in the calendar's zone
	At          time.Time // the local midnight after it, as UTC; exclusive: late means now >= At
	Revision    int       // of the calendar it was counted under
	Provisional bool      // it needs a year not decreed, and moves when the decree comes
	Missing     string    // the decree it waits for, "SKB 2028"; empty unless provisional
}

// due ends a count on d whose first day that mattered was from.
func (x *Index) due(from, d Date) Due {
	due := Due{Date: d, At: (d + 1).Start(x.config.Zone), Revision: x.revision}
	switch {
	case !x.decreed(from):
		due.Provisional, due.Missing = true, missingDecree(from.Year())
	case !x.decreed(d):
		due.Provisional, due.Missing = true, missingDecree(x.last().Year()+1)
	}
	return due
}

// Due is the end of the n-th working day after the day of receipt start. Errors:
// ErrNegative; a HorizonError naming the missing decree.
func (x *Index) Due(start time.Time, n int) (Due, error) {
	d, err := x.Add(x.Date(start), n)
	if err != nil {
		return Due{}, err
	}
	return x.due(d, d), nil
}

// DueProvisional is Due, but past the horizon it counts weekends, the fixed
// national holidays and what is known as off, and marks the deadline. It never
// fails: n is cut to 0 to MaxDays.
func (x *Index) DueProvisional(start time.Time, n int) Due {
	n = min(max(n, 0), MaxDays)
	from := x.Date(start)
	d, err := x.Add(from, n)
	if err == nil {
		return x.due(d, d)
	}
	missing, _ := errors.AsType[HorizonError](err) // ErrNegative was cut off above
	d = x.walk(from, n)
	return Due{Date: d, At: (d + 1).Start(x.config.Zone), Revision: x.revision,
		Provisional: true, Missing: missing.Decree()}
}

func (x *Index) walk(from Date, n int) Date {
	if n == 0 {
		return x.NextWorking(from)
	}
	for d := from; ; {
		if d = x.NextWorking(d + 1); n == 1 || d >= maxDate {
			return min(d, maxDate)
		}
		n--
	}
}

// Resume is the deadline of a clock that goes on at the instant on with r working
// days left: the end of the r-th working day after that day; r = 0 as n = 0. A
// pause that ends on the day it began changes nothing. It never fails.
func (x *Index) Resume(on time.Time, r int) Due { return x.DueProvisional(on, r) }

// CalendarDays is the deadline n calendar days after the day of receipt, rolled
// forward to a working day if it falls on a day off. It never fails: n is cut to
// 0 to MaxDays, and past the horizon the deadline is provisional.
func (x *Index) CalendarDays(start time.Time, n int) Due {
	from := x.Date(start) + Date(min(max(n, 0), MaxDays))
	return x.due(from, x.NextWorking(from))
}

// NthDay is the i-th counted day of a clock received on start, as reminders need
// it; i = 0 as n = 0. Past the horizon it is provisional.
func (x *Index) NthDay(start Date, i int) Date {
	i = min(max(i, 0), MaxDays)
	d, err := x.Add(start, i)
	if err != nil {
		return x.walk(start, i)
	}
	return d
}
