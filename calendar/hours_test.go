package calendar_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kawal-id/kawal/calendar"
)

var (
	mondayToThursday = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday}
	friday           = []time.Weekday{time.Friday}
)

// hm is a local time in minutes: hm(7, 30).
func hm(hour, minute int) int { return hour*60 + minute }

// ramadan is a made decree with the 32.5 hours a week from 08:00 of Perpres
// 21/2023 art. 3: four days of 6.5 hours, and 6.5 on Friday.
func ramadan(t testing.TB, key, issued, from, to string) calendar.Amendment {
	return calendar.Amendment{
		Decree: calendar.Decree{Key: key, IssuedOn: date(t, issued).Time(), Track: "SE", Title: "Jam kerja Ramadan (uji)", CalendarYear: 2026},
		Hours: []calendar.Hours{
			{From: date(t, from), To: date(t, to), Weekdays: mondayToThursday,
				Opens: hm(8, 0), BreakFrom: hm(12, 0), BreakTo: hm(12, 30), Closes: hm(15, 0)},
			{From: date(t, from), To: date(t, to), Weekdays: friday,
				Opens: hm(8, 0), BreakFrom: hm(11, 30), BreakTo: hm(12, 30), Closes: hm(15, 30)},
		},
	}
}

func amend(t testing.TB, l *calendar.Ledger, a calendar.Amendment) *calendar.Ledger {
	next, err := l.Amend(a)
	require.NoError(t, err)
	return next
}

// fasting is an office whose national ledger has Ramadan hours from Wed 18
// February to Fri 13 March 2026.
func fasting(t testing.TB) calendar.Config {
	c := office(t, "Asia/Jakarta", 5)
	c.Ledger = amend(t, c.Ledger, ramadan(t, "SE-RAMADAN", "2026-02-10", "2026-02-18", "2026-03-13"))
	return c
}

func TestHoursByDecreeHoldOnTheirDates(t *testing.T) {
	t.Parallel()
	x := latest(t, fasting(t))
	for name, c := range map[string]struct {
		start string
		hours time.Duration
		want  string
	}{
		"before the opening":       {"2026-02-25T07:30:00+07:00", time.Hour, "2026-02-25T09:00:00+07:00"},
		"over the break":           {"2026-02-25T11:30:00+07:00", time.Hour, "2026-02-25T13:00:00+07:00"},
		"over the closing":         {"2026-02-25T14:30:00+07:00", time.Hour, "2026-02-26T08:30:00+07:00"},
		"over the break of Friday": {"2026-02-27T11:00:00+07:00", time.Hour, "2026-02-27T13:00:00+07:00"},
		"over the weekend":         {"2026-02-27T15:00:00+07:00", 2 * time.Hour, "2026-03-02T09:30:00+07:00"},
		// Fri 13 Feb closes at 16:30; Mon 16 (joint leave) and Tue 17 (Imlek) are off.
		"into Ramadan":   {"2026-02-13T16:00:00+07:00", time.Hour, "2026-02-18T08:30:00+07:00"},
		"out of Ramadan": {"2026-03-13T15:00:00+07:00", time.Hour, "2026-03-16T08:00:00+07:00"},
	} {
		require.Equal(t, instant(t, c.want).UTC(), x.AddHours(instant(t, c.start), c.hours), name)
		require.Equal(t, c.hours, x.Hours(instant(t, c.start), instant(t, c.want)), name)
	}
	week := x.Hours(instant(t, "2026-02-23T00:00:00+07:00"), instant(t, "2026-03-02T00:00:00+07:00"))
	require.Equal(t, 32*time.Hour+30*time.Minute, week) // Perpres 21/2023 art. 3
	require.Equal(t, instant(t, "2026-02-25T08:00:00+07:00").UTC(), x.NextOfficeOpening(instant(t, "2026-02-25T07:45:00+07:00")))
	require.Equal(t, instant(t, "2026-02-26T08:00:00+07:00").UTC(), x.NextOfficeOpening(instant(t, "2026-02-25T15:00:00+07:00")))

	before := at(t, fasting(t), x.Revision()-1)
	require.Equal(t, instant(t, "2026-02-25T07:30:00+07:00").UTC(), before.Opening(date(t, "2026-02-25")), "not in force yet")
}

func TestAnOverlaysHoursWinAndALaterRevisionsOverAnEarlierOnes(t *testing.T) {
	t.Parallel()
	set := func(key, issued string, opens int, days ...time.Weekday) calendar.Amendment {
		return calendar.Amendment{
			Decree: calendar.Decree{Key: key, IssuedOn: date(t, issued).Time(), RecordedAt: date(t, issued).Time(), Track: "Kepgub", CalendarYear: 2026},
			Hours:  []calendar.Hours{{From: date(t, "2026-02-18"), Weekdays: days, Opens: opens, Closes: hm(15, 0)}},
		}
	}
	empty, err := calendar.NewLedger(nil, nil)
	require.NoError(t, err)
	c := fasting(t)
	c.Overlay = amend(t, empty, set("KEPGUB-1", "2026-02-11", hm(9, 0), time.Monday))
	c.Ledger = amend(t, c.Ledger, set("SE-LATER", "2026-02-20", hm(10, 0), time.Monday, time.Tuesday))
	opens := func(c calendar.Config, on string) string {
		return latest(t, c).Opening(date(t, on)).In(c.Zone).Format("15:04")
	}
	require.Equal(t, "09:00", opens(c, "2026-02-23"), "Monday: the region, though a national decree came later")
	require.Equal(t, "10:00", opens(c, "2026-02-24"), "Tuesday: the later of two national decrees")
	require.Equal(t, "08:00", opens(c, "2026-02-25"), "Wednesday: Ramadan")
	require.Equal(t, "09:00", opens(c, "2026-02-28"), "a Saturday is as a Monday")
	require.Equal(t, "07:30", opens(c, "2026-02-13"), "before any")
	require.Equal(t, "09:00", opens(c, "2030-01-07"), "until further notice")

	c.Overlay = amend(t, c.Overlay, set("KEPGUB-2", "2026-02-12", hm(6, 0), time.Saturday, time.Monday))
	require.Equal(t, "06:00", opens(c, "2026-02-23"), "the later of two regional decrees")
	require.Equal(t, "06:00", opens(c, "2026-02-28"))
	require.Equal(t, 9*time.Hour, latest(t, c).Hours(instant(t, "2026-02-23T00:00:00+07:00"), instant(t, "2026-02-24T00:00:00+07:00")), "no break")
}

func TestARunningClockInHoursFollowsADecreeAndIsNeverShortened(t *testing.T) {
	t.Parallel()
	c := office(t, "Asia/Jakarta", 5)
	c.Ledger = amend(t, c.Ledger, ramadan(t, "SE-RAMADAN", "2026-02-25", "2026-02-25", "2026-03-13"))
	long := calendar.Amendment{
		Decree: calendar.Decree{Key: "SE-LONG", IssuedOn: date(t, "2026-02-26").Time(), Track: "SE", CalendarYear: 2026},
		Hours:  []calendar.Hours{{From: date(t, "2026-02-25"), Weekdays: mondayToThursday, Opens: hm(6, 0), Closes: hm(18, 0)}},
	}
	c.Ledger = amend(t, c.Ledger, long)
	b, err := calendar.NewBook(c, c.Ledger.Revision())
	require.NoError(t, err)
	// Tue 24: 10 to 12 and 13 to 16, five hours; the other three on Wednesday,
	// from 07:30 by the usual hours, from 08:00 by those of Ramadan.
	life := calendar.Life{{Act: calendar.Start, At: instant(t, "2026-02-24T10:00:00+07:00"), Unit: calendar.WorkingHours, N: 8, Calendar: c.ID}}
	for until, want := range map[string]string{
		"2026-02-24": "2026-02-25T10:30:00+07:00",
		"2026-02-25": "2026-02-25T11:00:00+07:00",
		"2026-02-26": "2026-02-25T11:00:00+07:00",
	} {
		r, err := life.Reckon(map[string]*calendar.Book{c.ID: b}, date(t, until))
		require.NoError(t, err)
		require.Equal(t, instant(t, want).UTC(), r.Due.At, until)
	}
}

func TestHoursAreRefusedWithTheirRowAndReason(t *testing.T) {
	t.Parallel()
	good := ramadan(t, "SE-RAMADAN", "2026-02-10", "2026-02-18", "2026-03-13")
	for name, c := range map[string]struct {
		change func(h []calendar.Hours)
		line   int
		reason string
	}{
		"no beginning":           {func(h []calendar.Hours) { h[0].From = 0 }, 1, "tanggal mulai kosong"},
		"no weekday":             {func(h []calendar.Hours) { h[1].Weekdays = nil }, 2, "kosong"},
		"an unknown weekday":     {func(h []calendar.Hours) { h[1].Weekdays = []time.Weekday{7} }, 2, "tidak dikenal"},
		"a weekday twice":        {func(h []calendar.Hours) { h[1].Weekdays = []time.Weekday{5, 5} }, 2, "Jumat tercantum dua kali"},
		"ends before it begins":  {func(h []calendar.Hours) { h[0].To = h[0].From - 1 }, 1, "sebelum mulai"},
		"closes when it opens":   {func(h []calendar.Hours) { h[0].Opens = h[0].Closes }, 1, "tidak sebelum tutup"},
		"opens the day before":   {func(h []calendar.Hours) { h[0].Opens = -1 }, 1, "di luar 00:00"},
		"closes the day after":   {func(h []calendar.Hours) { h[0].Closes = hm(24, 1) }, 1, "di luar 00:00"},
		"a break before opening": {func(h []calendar.Hours) { h[0].BreakFrom = hm(8, 0) }, 1, "tidak di dalam"},
		"a break after closing":  {func(h []calendar.Hours) { h[0].BreakTo = hm(15, 0) }, 1, "tidak di dalam"},
		"a break that runs back": {func(h []calendar.Hours) { h[0].BreakTo = h[0].BreakFrom }, 1, "tidak di dalam"},
		"a break without end":    {func(h []calendar.Hours) { h[0].BreakTo = 0 }, 1, "tidak di dalam"},
		"one day twice":          {func(h []calendar.Hours) { h[1].Weekdays = []time.Weekday{5, 4} }, 2, "dua kali"},
		"one day twice, open end": {func(h []calendar.Hours) {
			h[0].To, h[1].From, h[1].To, h[1].Weekdays = 0, date(t, "2027-01-01"), 0, mondayToThursday
		}, 2, "dua kali"},
	} {
		a := good
		a.Hours = append([]calendar.Hours{}, good.Hours...)
		c.change(a.Hours)
		_, err := fasting(t).Ledger.Amend(calendar.Amendment{Decree: calendar.Decree{Key: "SE-2", IssuedOn: a.Decree.IssuedOn, CalendarYear: 2026}, Hours: a.Hours})
		require.Equal(t, "hours", refused(t, err, c.line, c.reason, name), name)
	}
	rows := good.Hours[:1]
	rows[0].Decree = "SE-UNKNOWN"
	_, err := calendar.National().With(rows, nil)
	require.Equal(t, "hours", refused(t, err, 1, "tidak dikenal", "decree"))

	two := good.Hours
	two[0].To, two[1].From, two[1].To, two[1].Weekdays = date(t, "2026-02-20"), date(t, "2026-02-21"), 0, mondayToThursday
	_, err = calendar.National().Amend(calendar.Amendment{Decree: good.Decree, Hours: two})
	require.NoError(t, err, "the same weekdays one after the other")
}

// refused requires a RowError and returns its table.
func refused(t *testing.T, err error, line int, reason, name string) string {
	t.Helper()
	var bad *calendar.RowError
	require.ErrorAs(t, err, &bad, name)
	require.Equal(t, line, bad.Line, name)
	require.Contains(t, bad.Reason, reason, name)
	return bad.Table
}

func TestALedgerGivesCopiesOfItsHoursAndSettings(t *testing.T) {
	t.Parallel()
	l := amend(t, fasting(t).Ledger, setting(t, "PERWALI-1", "2026-02-12", calendar.Setting{JointLeaveOff: new(false)}))
	hours, settings := l.Hours(), l.Settings()
	require.Len(t, hours, 2, "those of the decree before are kept")
	require.Equal(t, "SE-RAMADAN", hours[0].Decree)
	hours[0].Weekdays[0], hours[1].Opens, *settings[0].JointLeaveOff, settings[0].WeekDays = time.Sunday, 0, true, 6
	require.Equal(t, mondayToThursday, l.Hours()[0].Weekdays)
	require.Equal(t, hm(8, 0), l.Hours()[1].Opens)
	require.False(t, *l.Settings()[0].JointLeaveOff)
	require.Zero(t, l.Settings()[0].WeekDays)
}

// offices are calendars with the usual hours, those of Ramadan, and a six-day
// week in another zone with a day that has no break.
func offices(t *testing.T) []*calendar.Index {
	odd := office(t, "Asia/Jayapura", 6)
	odd.Ledger = amend(t, odd.Ledger, calendar.Amendment{
		Decree: calendar.Decree{Key: "SE-ODD", IssuedOn: date(t, "2026-01-02").Time(), CalendarYear: 2026},
		Hours: []calendar.Hours{
			{From: date(t, "2026-01-05"), Weekdays: []time.Weekday{time.Saturday}, Opens: 0, Closes: hm(24, 0)},
			{From: date(t, "2026-01-05"), To: date(t, "2026-06-30"), Weekdays: mondayToThursday, Opens: hm(9, 17), BreakFrom: hm(9, 18), BreakTo: hm(14, 0), Closes: hm(14, 1)},
		},
	})
	return []*calendar.Index{latest(t, office(t, "Asia/Jakarta", 5)), latest(t, fasting(t)), latest(t, odd)}
}

func TestOfficeTimeAddedIsOfficeTimeCounted(t *testing.T) {
	t.Parallel()
	all := offices(t)
	first, last := instant(t, "2025-12-01T00:00:00+07:00").Unix(), instant(t, "2026-12-31T00:00:00+07:00").Unix()
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SampledFrom(all).Draw(t, "calendar")
		start := time.Unix(rapid.Int64Range(first, last).Draw(t, "start"), 0)
		d := time.Duration(rapid.Int64Range(0, 200*3600).Draw(t, "seconds")) * time.Second
		end := x.AddHours(start, d)
		require.Equal(t, d, x.Hours(start, end))
		require.True(t, inOffice(x, end, d > 0), "%s", end)

		more := time.Duration(rapid.Int64Range(0, 40*3600).Draw(t, "more")) * time.Second
		require.False(t, x.AddHours(start, d+more).Before(end), "more time ends no earlier")
		require.False(t, x.AddHours(start.Add(more), d).Before(end), "nor does a later start")
		require.Equal(t, x.AddHours(start, d+more), x.AddHours(end, more), "in two steps as in one")
	})
}

// inOffice reports whether an instant is in office time of a working day; an end
// may be the closing itself, or the beginning of the break.
func inOffice(x *calendar.Index, at time.Time, end bool) bool {
	if end {
		at = at.Add(-time.Nanosecond)
	}
	return x.IsWorking(x.Date(at)) && x.Hours(at, at.Add(time.Nanosecond)) > 0 &&
		!at.Before(x.Opening(x.Date(at))) && at.Before(x.Closing(x.Date(at)))
}

// Defect 14 of other engines: a calendar without certain weekdays breaks. Tried
// by going on to the next day instead of the next working day.
func TestACalendarWithoutACertainWeekdayStillCounts(t *testing.T) {
	t.Parallel()
	closed := func(days ...time.Weekday) calendar.Config {
		c := office(t, "Asia/Jakarta", 5)
		var rows []calendar.Day
		for d := date(t, "2017-01-01"); d.Year() <= 2028; d++ {
			for _, w := range days {
				if d.Weekday() == w {
					rows = append(rows, calendar.Day{Date: d, Kind: calendar.RegionalOff, NameID: "Libur mingguan", Decree: "PERGUB-1"})
				}
			}
		}
		var err error
		c.Overlay, err = calendar.NewLedger([]calendar.Decree{{Key: "PERGUB-1", IssuedOn: date(t, "2016-01-01").Time(), CalendarYear: 2017}}, rows)
		require.NoError(t, err)
		return c
	}
	x := latest(t, closed(time.Friday))
	// From Wed 2 September 2026: Thu 3, Mon 7, Tue 8, Wed 9, Thu 10.
	due, err := x.Due(instant(t, "2026-09-02T10:00:00+07:00"), 5)
	require.NoError(t, err)
	require.Equal(t, "2026-09-10", due.Date.String())
	require.Equal(t, 5, x.Count(date(t, "2026-09-02"), due.Date))
	require.Equal(t, instant(t, "2026-09-07T08:00:00+07:00").UTC(), x.AddHours(instant(t, "2026-09-03T15:30:00+07:00"), time.Hour))
	require.Equal(t, instant(t, "2026-09-07T07:30:00+07:00").UTC(), x.NextOfficeOpening(instant(t, "2026-09-03T16:00:00+07:00")))

	// Wednesdays alone: 2, 9, 16, 23 and 30 September.
	x = latest(t, closed(time.Monday, time.Tuesday, time.Thursday, time.Friday))
	due, err = x.Due(instant(t, "2026-09-01T10:00:00+07:00"), 5)
	require.NoError(t, err)
	require.Equal(t, "2026-09-30", due.Date.String())
	require.Equal(t, instant(t, "2026-09-09T08:30:00+07:00").UTC(), x.AddHours(instant(t, "2026-09-02T15:00:00+07:00"), 2*time.Hour))

	_, err = closed(time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday).Latest()
	require.ErrorAs(t, err, new(calendar.NoWorkError), "no weekday at all")
}

func TestATimeOfDayIsReadAndWritten(t *testing.T) {
	t.Parallel()
	for text, minutes := range map[string]int{"00:00": 0, "07:30": 450, "23:59": 1439, "24:00": 1440} {
		got, err := calendar.ParseClock(text)
		require.NoError(t, err, text)
		require.Equal(t, minutes, got)
		require.Equal(t, text, calendar.ClockTime(got))
	}
	for _, text := range []string{"", "7:30", "07.30", "24:01", "12:60", "07:30:00"} {
		_, err := calendar.ParseClock(text)
		require.ErrorContains(t, err, "HH:MM", text)
	}
}
