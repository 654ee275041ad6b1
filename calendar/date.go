package calendar

import (
	"fmt"
	"time"
)

// Date is a civil day without a zone: days since 1970-01-01, which is 0. It
// lies in the years 1 to 9999.
type Date int32

const (
	secondsADay = 24 * 60 * 60
	minDate     = Date(-719162) // 0001-01-01
	maxDate     = Date(2932896) // 9999-12-31
)

// NewDate is the civil day; a month or day out of range runs over into the next
// or previous one as in time.Date, and a year outside 1 to 9999 is cut to it.
func NewDate(year int, month time.Month, day int) Date {
	sec := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix()
	return Date(min(max(sec/secondsADay, int64(minDate)), int64(maxDate)))
}

// DateOf is the civil day of t in t's own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return NewDate(y, m, d)
}

// ParseDate reads YYYY-MM-DD.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1 {
		return 0, fmt.Errorf("tanggal %q bukan YYYY-MM-DD", s)
	}
	return DateOf(t), nil
}

// Time is midnight UTC of the day.
func (d Date) Time() time.Time { return time.Unix(int64(d)*secondsADay, 0).UTC() }

// Start is the instant at which the day begins in zone, as UTC.
func (d Date) Start(zone *time.Location) time.Time {
	y, m, day := d.Time().Date()
	return time.Date(y, m, day, 0, 0, 0, 0, zone).UTC()
}

// Year is the civil year.
func (d Date) Year() int { return d.Time().Year() }

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.Time().Weekday() }

// String is YYYY-MM-DD.
func (d Date) String() string { return d.Time().Format(time.DateOnly) }

// MarshalText writes YYYY-MM-DD, so that JSON holds a date and not a number.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads YYYY-MM-DD.
func (d *Date) UnmarshalText(text []byte) error {
	v, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = v
	return nil
}

// The names of weekdays and months as people read them.
var (
	weekdays = [...]string{"Minggu", "Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu"}
	months   = [...]string{"", "Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli",
		"Agustus", "September", "Oktober", "November", "Desember"}
)

// Indonesian is the day as people read it: "Rabu 6 Agustus 2025".
func (d Date) Indonesian() string {
	t := d.Time()
	return fmt.Sprintf("%s %d %s %d", weekdays[t.Weekday()], t.Day(), months[t.Month()], t.Year())
}
