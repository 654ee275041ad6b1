package calendar

import "time"

// Office hours: from 07:30 local time, 37.5 hours in five days (Perpres 21/2023
// art. 3). The closing times and breaks are ours, chosen to give that sum; notices
// may go out in the break. The shorter hours of Ramadan would need an Islamic
// calendar, which nothing here computes: they are left out.
const (
	opening       = 7*time.Hour + 30*time.Minute
	closing       = 16 * time.Hour
	fridayClosing = 16*time.Hour + 30*time.Minute

	breakFrom       = 12 * time.Hour
	fridayBreakFrom = 11*time.Hour + 30*time.Minute
	breakTo         = 13 * time.Hour
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

// session is a stretch of office time within a day, half open.
type session struct{ from, to time.Time }

// sessions are the two stretches of d around the break.
func (x *Index) sessions(d Date) [2]session {
	midnight, pause := d.Start(x.config.Zone), breakFrom
	if d.Weekday() == time.Friday {
		pause = fridayBreakFrom
	}
	return [2]session{{x.Opening(d), midnight.Add(pause)}, {midnight.Add(breakTo), x.Closing(d)}}
}

// AddHours is the instant at which d of office time has passed since t, as UTC;
// nights, breaks and days off do not count. For d <= 0 it is t itself in office
// time, else the next moment of it. d is cut to MaxDays working days; past the
// horizon the instant is provisional.
func (x *Index) AddHours(t time.Time, d time.Duration) time.Time {
	d = max(d, 0)
	day := x.NextWorking(x.Date(t))
	for range MaxDays {
		for _, s := range x.sessions(day) {
			if t.Before(s.from) {
				t = s.from
			}
			left := max(s.to.Sub(t), 0)
			if left > 0 && d <= left {
				return t.Add(d).UTC()
			}
			d -= left
		}
		day = x.NextWorking(day + 1)
	}
	return x.Opening(day)
}

// Hours is the office time from t up to u, at least 0: what a clock in working
// hours has used.
func (x *Index) Hours(t, u time.Time) time.Duration {
	var sum time.Duration
	for d := x.NextWorking(x.Date(t)); d <= x.Date(u) && d < maxDate; d = x.NextWorking(d + 1) {
		for _, s := range x.sessions(d) {
			from, to := s.from, s.to
			if t.After(from) {
				from = t
			}
			if u.Before(to) {
				to = u
			}
			sum += max(to.Sub(from), 0)
		}
	}
	return sum
}
