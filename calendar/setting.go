package calendar

import "fmt"

// Setting changes by decree what a Config says of an office. It holds from the
// revision of its decree and for every day that index answers for; a later
// revision wins, field by field.
type Setting struct {
	Decree        string // key of the decree that sets it
	Zone          string // as Zone takes it; empty: unchanged
	WeekDays      int    // 5 or 6; 0: unchanged
	JointLeaveOff *bool  // nil: unchanged
}

// refuse says what is wrong with a row by itself; empty: nothing.
func (s Setting) refuse() string {
	if s.Zone != "" {
		if _, err := Zone(s.Zone); err != nil {
			return err.Error()
		}
	}
	switch {
	case s.WeekDays != 0 && s.WeekDays != 5 && s.WeekDays != 6:
		return fmt.Sprintf("pekan kerja %d hari, seharusnya 5 atau 6", s.WeekDays)
	case s.Zone == "" && s.WeekDays == 0 && s.JointLeaveOff == nil:
		return "tidak mengubah pengaturan apa pun"
	}
	return ""
}

// apply is the calendar after the setting.
func (s Setting) apply(c Config) Config {
	if s.Zone != "" {
		c.Zone = zones[s.Zone] // known: the ledger refuses others
	}
	if s.WeekDays != 0 {
		c.WeekDays = s.WeekDays
	}
	if s.JointLeaveOff != nil {
		c.JointLeaveOff = *s.JointLeaveOff
	}
	return c
}
