package calendar

import "time"

// Office hours: 07:30 (Perpres 21/2023 art. 3) to 16:00, on Friday 16:30 (37.5
// hours a week with the usual breaks). The shorter hours of Ramadan would need an
// Islamic calendar, which nothing here computes: they are left out.
const (
	opening       = 7*time.Hour + 30*time.Minute
	closing       = 16 * time.Hour
	fridayClosing = 16*time.Hour + 30*time.Minute
)

// Opening is the instant, as UTC, at which an office of this calendar opens on d,
// whether or not it works that day.
func (x *Index) Opening(d Date) time.Time { return d.Start(x.config.Zone).Add(opening) }

// Closing is the instant, as UTC, at which it closes on d; exclusive.
func (x *Index) Closing(d Date) time.Time {
	if d.Weekday() == time.Friday {
		return d.Start(x.config.Zone).Add(fridayClosing)
	}
	return d.Start(x.config.Zone).Add(closing)
}

// NextOfficeOpening is when a notice of the instant t may go out: t itself within
// the hours of a working day, else the next opening; as UTC. Past the horizon it
// is provisional.
func (x *Index) NextOfficeOpening(t time.Time) time.Time {
	d := x.Date(t)
	if !x.IsWorking(d) || !t.Before(x.Closing(d)) {
		return x.Opening(x.NextWorking(d + 1))
	}
	if opens := x.Opening(d); t.Before(opens) {
		return opens
	}
	return t.UTC()
}

// AddHours is the instant at which d of office time has passed since t, as UTC;
// time outside the hours of working days does not count. t itself for d <= 0
// inside the hours, else the next opening. d is cut to MaxDays working days; past
// the horizon the instant is provisional.
func (x *Index) AddHours(t time.Time, d time.Duration) time.Time {
	at := x.NextOfficeOpening(t)
	for range MaxDays {
		left := x.Closing(x.Date(at)).Sub(at)
		if d <= left {
			break
		}
		d -= left
		at = x.NextOfficeOpening(at.Add(left))
	}
	return at.Add(max(d, 0))
}

// Hours is the office time from t up to u, at least 0: what a clock in working
// hours has used.
func (x *Index) Hours(t, u time.Time) time.Duration {
	var sum time.Duration
	for at := x.NextOfficeOpening(t); at.Before(u); {
		ends := x.Closing(x.Date(at))
		if u.Before(ends) {
			return sum + u.Sub(at)
		}
		sum += ends.Sub(at)
		at = x.NextOfficeOpening(ends)
	}
	return sum
}
