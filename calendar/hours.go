package calendar

import (
	"fmt"
	"slices"
	"time"
)

// workday is the office time of a day: minutes after local midnight, the break
// [istirahat] half open; without a break both its ends are 0.
type workday struct{ opens, breakFrom, breakTo, closes int }

// usual are the office hours that no decree has changed: from 07:30 local time,
// 37.5 hours in five days (Perpres 21/2023 art. 3). The closing times and breaks
// are ours, chosen to give that sum. A worked Saturday or Sunday is as a Monday.
var usual = [7]workday{
	time.Sunday:    {7*60 + 30, 12 * 60, 13 * 60, 16 * 60},
	time.Monday:    {7*60 + 30, 12 * 60, 13 * 60, 16 * 60},
	time.Tuesday:   {7*60 + 30, 12 * 60, 13 * 60, 16 * 60},
	time.Wednesday: {7*60 + 30, 12 * 60, 13 * 60, 16 * 60},
	time.Thursday:  {7*60 + 30, 12 * 60, 13 * 60, 16 * 60},
	time.Friday:    {7*60 + 30, 11*60 + 30, 13 * 60, 16*60 + 30},
	time.Saturday:  {7*60 + 30, 12 * 60, 13 * 60, 16 * 60},
}

const minutesADay = 24 * 60

// Hours are office hours [jam kerja] by decree: those of some weekdays within
// some dates, such as the 32.5 hours a week from 08:00 of Ramadan (Perpres
// 21/2023 art. 3). Nothing here computes Islamic dates: the decree gives them.
type Hours struct {
	Decree   string         // key of the decree that sets them
	From     Date           // required, from 1970-01-02
	To       Date           // inclusive; zero: until further notice
	Weekdays []time.Weekday // each once, at least one

	// Minutes after local midnight, 0 to 1440; without a break both its ends are 0.
	Opens, BreakFrom, BreakTo, Closes int
}

// on reports whether the row says anything of a date taken as a weekday.
func (h Hours) on(d Date, w time.Weekday) bool {
	return h.From <= d && (h.To == 0 || d <= h.To) && slices.Contains(h.Weekdays, w)
}

// meets reports whether both rows speak of one day.
func (h Hours) meets(o Hours) bool {
	apart := h.To != 0 && h.To < o.From || o.To != 0 && o.To < h.From
	return !apart && slices.ContainsFunc(h.Weekdays, func(w time.Weekday) bool { return slices.Contains(o.Weekdays, w) })
}

// refuse says what is wrong with a row by itself; empty: nothing.
func (h Hours) refuse() string {
	if len(h.Weekdays) == 0 {
		return "hari dalam pekan kosong"
	}
	for i, w := range h.Weekdays {
		if w < time.Sunday || w > time.Saturday {
			return fmt.Sprintf("hari ke-%d dalam pekan tidak dikenal", int(w))
		}
		if slices.Contains(h.Weekdays[:i], w) {
			return fmt.Sprintf("hari %s tercantum dua kali", weekdays[w])
		}
	}
	pause := h.BreakFrom != 0 || h.BreakTo != 0
	switch {
	case h.From <= 0:
		return "tanggal mulai kosong"
	case h.To != 0 && h.To < h.From:
		return fmt.Sprintf("berakhir %s, sebelum mulai %s", h.To, h.From)
	case h.Opens < 0 || h.Closes > minutesADay:
		return "jam di luar 00:00 sampai 24:00"
	case h.Opens >= h.Closes:
		return fmt.Sprintf("buka %s tidak sebelum tutup %s", ClockTime(h.Opens), ClockTime(h.Closes))
	case pause && (h.BreakFrom <= h.Opens || h.BreakTo <= h.BreakFrom || h.Closes <= h.BreakTo):
		return fmt.Sprintf("istirahat %s sampai %s tidak di dalam %s sampai %s",
			ClockTime(h.BreakFrom), ClockTime(h.BreakTo), ClockTime(h.Opens), ClockTime(h.Closes))
	}
	return ""
}

// ClockTime is minutes after midnight as people read them: "07:30".
func ClockTime(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// ParseClock reads HH:MM, 00:00 to 24:00, as minutes after midnight.
func ParseClock(s string) (int, error) {
	if s == "24:00" {
		return minutesADay, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("15:04") {
		return 0, fmt.Errorf("waktu %q bukan HH:MM", s)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// workday are the hours of an office on d, whether or not it works that day: the
// last row in force that names its weekday; on a Saturday or Sunday that none
// names those of a Monday; else the usual ones.
func (x *Index) workday(d Date) workday {
	w := d.Weekday()
	h, ok := x.decreedHours(d, w)
	if !ok && (w == time.Saturday || w == time.Sunday) {
		h, ok = x.decreedHours(d, time.Monday)
	}
	if !ok {
		return usual[w]
	}
	return workday{h.Opens, h.BreakFrom, h.BreakTo, h.Closes}
}

func (x *Index) decreedHours(d Date, w time.Weekday) (Hours, bool) {
	for _, h := range slices.Backward(x.hours) {
		if h.on(d, w) {
			return h, true
		}
	}
	return Hours{}, false
}

// clock is the instant, as UTC, of a local time on d.
func (x *Index) clock(d Date, minutes int) time.Time {
	return d.Start(x.config.Zone).Add(time.Duration(minutes) * time.Minute)
}

// Opening is the instant, as UTC, at which an office of this calendar opens on d,
// whether or not it works that day.
func (x *Index) Opening(d Date) time.Time { return x.clock(d, x.workday(d).opens) }

// Closing is the instant, as UTC, at which it closes on d; exclusive.
func (x *Index) Closing(d Date) time.Time { return x.clock(d, x.workday(d).closes) }

// NextOfficeOpening is when a notice of the instant t may go out: t itself within
// the hours of a working day, the break included, else the next opening; as UTC.
// Past the horizon it is provisional.
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

// sessions are the two stretches of d around the break; without one the second
// is empty.
func (x *Index) sessions(d Date) [2]session {
	h := x.workday(d)
	if h.breakTo == 0 {
		h.breakFrom, h.breakTo = h.closes, h.closes
	}
	return [2]session{{x.clock(d, h.opens), x.clock(d, h.breakFrom)}, {x.clock(d, h.breakTo), x.clock(d, h.closes)}}
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
