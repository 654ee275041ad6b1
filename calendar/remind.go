package calendar

import "time"

// Back is the n-th working day before d; for n <= 0 it is d itself. Reminders
// count back from a due day with it, so that a pause needs no thought. Past the
// horizon it is provisional; n is cut to MaxDays.
func (x *Index) Back(d Date, n int) Date {
	for range min(max(n, 0), MaxDays) {
		d--
		for !x.IsWorking(d) && d > minDate {
			d--
		}
	}
	return d
}

// Midnight is the end of t's day in the calendar's zone, as UTC; exclusive.
func (x *Index) Midnight(t time.Time) time.Time { return (x.Date(t) + 1).Start(x.config.Zone) }
