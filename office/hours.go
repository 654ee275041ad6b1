package office

import (
	"time"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/internal/fault"
)

// DecreeHours are office hours [jam kerja] that a decree sets for some weekdays
// within some dates. Times are local, HH:MM, 00:00 to 24:00.
type DecreeHours struct {
	From      string `json:"from"`         // YYYY-MM-DD
	To        string `json:"to,omitempty"` // inclusive; empty: until further notice
	Weekdays  []int  `json:"weekdays"`     // 1 Monday to 7 Sunday (ISO 8601)
	Opens     string `json:"opens"`
	BreakFrom string `json:"break_from,omitempty"` // empty: no break
	BreakTo   string `json:"break_to,omitempty"`
	Closes    string `json:"closes"`
}

// DecreeSettings are settings of its calendar that a decree changes; what is
// left out stays.
type DecreeSettings struct {
	Zone          string `json:"zone,omitempty"`      // IANA name
	WeekDays      int    `json:"week_days,omitempty"` // 5 or 6
	JointLeaveOff *bool  `json:"joint_leave_off,omitempty"`
}

// read reads row n, counted from 1; the ledger judges the rest. Errors:
// fault.Invalid naming the field below at.
func (h DecreeHours) read(at string, n int) (calendar.Hours, error) {
	var out calendar.Hours
	var err error
	if out.From, err = calendar.ParseDate(h.From); err != nil {
		return out, fault.At(at+"/from", "Jam kerja ke-%d: %v.", n, err)
	}
	if h.To != "" {
		if out.To, err = calendar.ParseDate(h.To); err != nil {
			return out, fault.At(at+"/to", "Jam kerja ke-%d: %v.", n, err)
		}
		if out.To < out.From {
			return out, fault.At(at+"/to", "Jam kerja ke-%d berakhir %s, sebelum mulai %s.", n, h.To, h.From)
		}
	}
	for _, day := range h.Weekdays {
		if day < 1 || day > 7 {
			return out, fault.At(at+"/weekdays", "Jam kerja ke-%d: hari %d di luar 1 (Senin) sampai 7 (Minggu).", n, day)
		}
		out.Weekdays = append(out.Weekdays, time.Weekday(day%7))
	}
	for _, f := range []struct {
		name, text string
		into       *int
		optional   bool
	}{
		{"opens", h.Opens, &out.Opens, false},
		{"break_from", h.BreakFrom, &out.BreakFrom, true},
		{"break_to", h.BreakTo, &out.BreakTo, true},
		{"closes", h.Closes, &out.Closes, false},
	} {
		if f.optional && f.text == "" {
			continue
		}
		if *f.into, err = calendar.ParseClock(f.text); err != nil {
			return out, fault.At(at+"/"+f.name, "Jam kerja ke-%d: %v.", n, err)
		}
	}
	return out, nil
}

// enteredHours are the hours as they were entered.
func enteredHours(h calendar.Hours) DecreeHours {
	out := DecreeHours{From: h.From.String(), Opens: calendar.ClockTime(h.Opens), Closes: calendar.ClockTime(h.Closes)}
	if h.To != 0 {
		out.To = h.To.String()
	}
	if h.BreakTo != 0 {
		out.BreakFrom, out.BreakTo = calendar.ClockTime(h.BreakFrom), calendar.ClockTime(h.BreakTo)
	}
	for _, w := range h.Weekdays {
		out.Weekdays = append(out.Weekdays, int(w+6)%7+1)
	}
	return out
}

// enteredSettings are the settings as they were entered.
func enteredSettings(s calendar.Setting) *DecreeSettings {
	return &DecreeSettings{Zone: s.Zone, WeekDays: s.WeekDays, JointLeaveOff: s.JointLeaveOff}
}
