package calendar_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/calendar"
)

// Defects of other engines (RULES.md section 4) that are about counting, each a
// test that fails when the defect is put in; the comment says how it was tried.
// Those about notices, reports and statistics stand in store.

// days5 is five working days from Wed 6 Aug 2025, WIB, and what happened then.
func days5(t *testing.T, steps ...calendar.Step) calendar.Life {
	t.Helper()
	return append(calendar.Life{{Act: calendar.Start, On: civil(t, "2025-08-06"), Unit: calendar.WorkingDays, N: 5, Calendar: "national"}}, steps...)
}

// pause is a pause from midday to midday.
func pause(t *testing.T, from, to string) []calendar.Step {
	t.Helper()
	return []calendar.Step{{Act: calendar.Pause, At: noon(t, from)}, {Act: calendar.Resume, At: noon(t, to), Calendar: "national"}}
}

func due(t *testing.T, l calendar.Life) string {
	t.Helper()
	r, err := l.Reckon(books(t), 0)
	require.NoError(t, err)
	return r.Due.Date.String()
}

// hoursFrom is when n hours of office time from a moment in WIB have passed.
func hoursFrom(t *testing.T, from string, n int) string {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", from, zone(t, "Asia/Jakarta"))
	require.NoError(t, err)
	r, err := calendar.Life{{Act: calendar.Start, At: at, Unit: calendar.WorkingHours, N: n, Calendar: "national"}}.Reckon(books(t), 0)
	require.NoError(t, err)
	return r.Due.At.In(zone(t, "Asia/Jakarta")).Format("2006-01-02 15:04")
}

// Tried: remains counts calendar days.
func TestDefect01APauseOverAWeekendIsNotDeductedTwice(t *testing.T) {
	t.Parallel()
	require.Equal(t, "2025-08-14", due(t, days5(t, pause(t, "2025-08-08", "2025-08-11")...)))
}

// Tried: AddHours counts from the moment itself.
func TestDefect02WhatIsCreatedOutsideHoursWaitsForThem(t *testing.T) {
	t.Parallel()
	require.Equal(t, "2025-08-11 08:30", hoursFrom(t, "2025-08-09 09:00", 1))
}

// Tried: Add takes the first day for a negative number.
func TestDefect04ANegativeNumberOfDaysIsAnError(t *testing.T) {
	t.Parallel()
	x, err := books(t)["national"].Latest()
	require.NoError(t, err)
	_, err = x.Due(noon(t, "2025-08-06"), -1)
	require.ErrorIs(t, err, calendar.ErrNegative)
}

// Tried: worked looks at the weekend only.
func TestDefect14ACalendarWithoutFridaysCounts(t *testing.T) {
	t.Parallel()
	decrees := []calendar.Decree{{Key: "L", IssuedOn: civil(t, "2025-01-01").Time(), Track: "Kepbup", CalendarYear: 2025}}
	var fridays []calendar.Day
	for d := civil(t, "2025-01-03"); d.Year() == 2025; d += 7 {
		fridays = append(fridays, calendar.Day{Date: d, Kind: calendar.RegionalOff, NameID: "Jumat libur", Decree: "L"})
	}
	own, err := calendar.NewLedger(decrees, fridays)
	require.NoError(t, err)
	x, err := calendar.Config{ID: "x", Zone: zone(t, "Asia/Jakarta"), WeekDays: 5, JointLeaveOff: true, Ledger: calendar.National(), Overlay: own}.Latest()
	require.NoError(t, err)
	d, err := x.Due(noon(t, "2025-08-06"), 5) // 7, 11, 12, 13, 14
	require.NoError(t, err)
	require.Equal(t, "2025-08-14", d.Date.String())
}

// Tried: a day without a break.
func TestDefect15TheBreakInsideTheDayDoesNotCount(t *testing.T) {
	t.Parallel()
	require.Equal(t, "2025-08-11 15:00", hoursFrom(t, "2025-08-11 10:00", 4))
}

// Tried: resume begins no new segment.
func TestDefect16TheDateIsCountedAgainAfterAPause(t *testing.T) {
	t.Parallel()
	require.Equal(t, "2025-08-21", due(t, days5(t, pause(t, "2025-08-08", "2025-08-15")...)))
}

// Tried: resume counts the whole limit from the start moved by the pause.
func TestDefect18PausedTimeIsNotAddedToTheTimeOfCreation(t *testing.T) {
	t.Parallel()
	require.Equal(t, "2025-08-13", due(t, days5(t, pause(t, "2025-08-08", "2025-08-10")...)))
}

// Tried: a deadline at the beginning of its day.
func TestDefect19OneDayIsNotTwentyFourHours(t *testing.T) {
	t.Parallel()
	x, err := books(t)["national"].Latest()
	require.NoError(t, err)
	d, err := x.Due(noon(t, "2025-08-06"), 1)
	require.NoError(t, err)
	require.Equal(t, "2025-08-08 00:00", d.At.In(zone(t, "Asia/Jakarta")).Format("2006-01-02 15:04"), "the end of Thursday, whatever the hour of receipt")
}

// Tried: AddHours counts from the moment itself.
func TestDefect20ATimerSetBeforeOrAfterHoursBeginsWithThem(t *testing.T) {
	t.Parallel()
	require.Equal(t, "2025-08-11 08:30", hoursFrom(t, "2025-08-11 06:00", 1))
	require.Equal(t, "2025-08-12 08:30", hoursFrom(t, "2025-08-11 17:00", 1))
}

// Tried: decrees are not looked at after the start.
func TestDefect21ANewHolidayTouchesOpenCases(t *testing.T) {
	t.Parallel()
	life := calendar.Life{{Act: calendar.Start, On: civil(t, "2025-08-06"), Unit: calendar.WorkingDays, N: 10, Calendar: "national"}}
	require.Equal(t, "2025-08-21", due(t, life))
}

// Tried: Chain leaves the overlay out.
func TestDefect22CalendarsDifferByRegion(t *testing.T) {
	t.Parallel()
	own, err := calendar.NewLedger(
		[]calendar.Decree{{Key: "K", IssuedOn: civil(t, "2025-07-01").Time(), Track: "Kepgub", CalendarYear: 2025}},
		[]calendar.Day{{Date: civil(t, "2025-08-08"), Kind: calendar.RegionalOff, NameID: "Hari jadi provinsi", Decree: "K"}})
	require.NoError(t, err)
	c := calendar.Config{ID: "x", Zone: zone(t, "Asia/Jakarta"), WeekDays: 5, JointLeaveOff: true, Ledger: calendar.National()}
	here := latest(t, c).DueProvisional(noon(t, "2025-08-06"), 5)
	c.Overlay = own
	there := latest(t, c).DueProvisional(noon(t, "2025-08-06"), 5)
	require.Equal(t, "2025-08-13", here.Date.String())
	require.Equal(t, "2025-08-14", there.Date.String())
}

// Tried: the ledger takes days of any kind.
func TestDefect23WhatIsNoHolidayIsRefused(t *testing.T) {
	t.Parallel()
	decrees := []calendar.Decree{{Key: "SE", IssuedOn: civil(t, "2025-03-01").Time(), Track: "SE", CalendarYear: 2025}, {Key: "undated", Track: "SE", CalendarYear: 2025}}
	for name, d := range map[string]calendar.Day{
		"a day of working from anywhere": {Date: civil(t, "2025-03-24"), Kind: "work_from_anywhere", NameID: "WFA", Decree: "SE"},
		"a day of an undated note":       {Date: civil(t, "2025-03-24"), Kind: calendar.NationalHoliday, NameID: "Konon libur", Decree: "undated"},
	} {
		_, err := calendar.NewLedger(decrees, []calendar.Day{d})
		require.Error(t, err, name)
	}
	require.True(t, latest(t, calendar.Config{ID: "x", Zone: zone(t, "Asia/Jakarta"), WeekDays: 5, JointLeaveOff: true, Ledger: calendar.National()}).
		IsWorking(civil(t, "2025-03-24")))
}
