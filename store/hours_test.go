package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// kepgub is a decree of a region without days.
func kepgub(key, issued string) calendar.Amendment {
	a := amendment(key, issued, calendar.RegionalOff)
	a.Decree.Track = "Kepgub"
	return a
}

func TestOfficeHoursAndSettingsAreKeptWithTheirDecree(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.forget("2025-08-07")
	a := kepgub("KEPGUB1", "2025-08-05")
	a.Hours = []calendar.Hours{
		{From: civil("2025-08-06"), To: civil("2025-08-29"), Weekdays: []time.Weekday{time.Sunday, time.Monday},
			Opens: 8 * 60, BreakFrom: 12 * 60, BreakTo: 12*60 + 30, Closes: 15 * 60},
		{From: civil("2025-08-06"), Weekdays: []time.Weekday{time.Friday}, Opens: 0, Closes: 24 * 60},
	}
	a.Settings = []calendar.Setting{{Zone: "Asia/Makassar", WeekDays: 6, JointLeaveOff: new(false)}}
	b.mustCommit("wit", a)

	c, revision, err := b.s.Calendar(t.Context(), "wit")
	require.NoError(t, err)
	for i := range a.Hours {
		a.Hours[i].Decree = "KEPGUB1"
	}
	a.Settings[0].Decree = "KEPGUB1"
	require.ElementsMatch(t, a.Hours, c.Overlay.Hours())
	require.Equal(t, a.Settings, c.Overlay.Settings())
	x, err := c.At(revision)
	require.NoError(t, err)
	require.Equal(t, "2025-08-11T00:00:00Z", x.Opening(civil("2025-08-11")).Format(time.RFC3339), "08:00 WITA")

	calendars, err := b.s.Calendars(t.Context())
	require.NoError(t, err)
	require.Equal(t, store.CalendarRow{ID: "wit", Zone: "Asia/Makassar", WeekDays: 6, Revision: revision}, calendars[2])
	require.Equal(t, "Asia/Jakarta", calendars[1].Zone, "another calendar keeps its own")

	more := kepgub("KEPGUB2", "2025-08-06")
	more.Settings = []calendar.Setting{{WeekDays: 5}}
	b.mustCommit("wit", more)
	calendars, err = b.s.Calendars(t.Context())
	require.NoError(t, err)
	require.Equal(t, store.CalendarRow{ID: "wit", Zone: "Asia/Makassar", WeekDays: 5, Revision: revision + 1}, calendars[2], "the rest stays")
	c, _, err = b.s.Calendar(t.Context(), "wit")
	require.NoError(t, err)
	require.Len(t, c.Overlay.Hours(), 2, "kept, once")
}

// Six working days: Thu 7, Fri 8, Sat 9, Mon 11, Tue 12. Five: Thu 7, Fri 8, Mon
// 11, Tue 12, Wed 13.
func TestADecreeOnTheWeekMovesTheClocksOfItsCalendar(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.forget("2025-08-07")
	six := kepgub("KEPGUB1", "2025-08-05")
	six.Settings = []calendar.Setting{{WeekDays: 6}}
	b.mustCommit("wit", six)
	west, east := b.file(filed{}).ID, b.file(filed{}).ID
	b.forward(west, works)
	b.forward(east, health)
	require.Equal(t, "2025-08-12", b.load(east).State.Clock(report.FirstFollowUp).Date)

	five := kepgub("KEPGUB2", "2025-08-06")
	five.Settings = []calendar.Setting{{WeekDays: 5}}
	p, err := b.preview("wit", five)
	require.NoError(t, err)
	require.Equal(t, 1, p.Reports)
	b.mustCommit("wit", five)
	require.Equal(t, "2025-08-13", b.load(east).State.Clock(report.FirstFollowUp).Date)
	require.Equal(t, "2025-08-13", b.load(west).State.Clock(report.FirstFollowUp).Date, "as before: of another calendar")
}

func TestADecreeThatLeavesNoWorkingDayIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.forget("2025-08-07")
	a := kepgub("KEPGUB1", "2025-08-05")
	for d := civil("2025-01-01"); d <= civil("2025-12-31"); d++ {
		a.Days = append(a.Days, calendar.Day{Date: d, Kind: calendar.RegionalOff, NameID: "Libur"})
	}
	want := calendar.NoWorkError{Calendar: "wit", Year: 2025}
	before := b.revision("wit")
	_, err := b.preview("wit", a)
	require.ErrorIs(t, err, want)
	_, err = b.commit("wit", before, a)
	require.ErrorIs(t, err, want)
	require.Equal(t, before, b.revision("wit"))
	require.Zero(t, b.count(`SELECT count(*) FROM day WHERE decree = 'KEPGUB1'`))
}

func TestTheTablesHoldNoHoursThatALedgerRefuses(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	hours := func(row string) string {
		return `INSERT INTO office_hours (decree, from_date, to_date, weekdays, opens, break_from, break_to, closes)
			SELECT key, ` + row + ` FROM decree WHERE revision = 1`
	}
	setting := func(row string) string {
		return `INSERT INTO calendar_setting (decree, zone, week_days, joint_leave) SELECT key, ` + row + ` FROM decree WHERE revision = 1`
	}
	for name, sql := range map[string]string{
		"no weekday":             hours(`'2026-02-18', NULL, '{}', 480, 0, 0, 900`),
		"an unknown weekday":     hours(`'2026-02-18', NULL, '{8}', 480, 0, 0, 900`),
		"ends before it begins":  hours(`'2026-02-18', '2026-02-17', '{1}', 480, 0, 0, 900`),
		"closes when it opens":   hours(`'2026-02-18', NULL, '{1}', 900, 0, 0, 900`),
		"closes the day after":   hours(`'2026-02-18', NULL, '{1}', 480, 0, 0, 1441`),
		"a break before opening": hours(`'2026-02-18', NULL, '{1}', 480, 470, 500, 900`),
		"a break without end":    hours(`'2026-02-18', NULL, '{1}', 480, 700, 0, 900`),
		"nothing set":            setting(`NULL, NULL, NULL::boolean`),
		"a week of four":         setting(`NULL, 4, NULL::boolean`),
	} {
		err := b.try(sql)
		require.Error(t, err, name)
		require.True(t, strings.Contains(err.Error(), "_check"), "%s: %v", name, err)
	}
	require.NoError(t, b.try(hours(`'2026-02-18', NULL, '{1,7}', 480, 700, 730, 900`)))
	require.NoError(t, b.try(setting(`NULL, NULL, false`)))
}

// A decree that sets nothing but office hours moves no date and plans nothing
// anew: the step that waits is held against the hours when its time comes, and
// those after it are planned by them.
//
// Tried: judge sends the step that is the next one without a look at its time.
func TestADecreeOnHoursAloneMovesTheRemindersIntoThem(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		opens, closes int
		want          []string
	}{
		"shorter: the step that waits is put off": {9 * 60, 15 * 60, []string{
			"Mon 11 Aug 09:00 officers reminder officer.pu",
			"Tue 12 Aug 09:00 officers reminder officer.pu",
			"Wed 13 Aug 09:00 officers reminder officer.pu",
			"Thu 14 Aug 09:00 officers late officer.pu",
		}},
		"longer: the step that waits leaves when it was to": {6 * 60, 18 * 60, []string{
			"Mon 11 Aug 07:30 officers reminder officer.pu",
			"Tue 12 Aug 06:00 officers reminder officer.pu",
			"Wed 13 Aug 06:00 officers reminder officer.pu",
			"Thu 14 Aug 06:00 officers late officer.pu",
		}},
		"the afternoon": {13 * 60, 18 * 60, []string{
			"Mon 11 Aug 13:00 officers reminder officer.pu",
			"Tue 12 Aug 13:00 officers reminder officer.pu",
			"Wed 13 Aug 13:00 officers reminder officer.pu",
			"Thu 14 Aug 13:00 officers late officer.pu",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.people()
			b.forget("2025-08-07")
			b.forward(b.file(filed{}).ID, works)
			b.setNow(wib("2025-08-08 09:00"))
			a := kepgub("KEPGUB1", "2025-08-07")
			a.Hours = []calendar.Hours{{From: civil("2025-08-11"), To: civil("2025-08-29"),
				Weekdays: []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}, Opens: tt.opens, Closes: tt.closes}}
			require.Equal(t, store.Recounted{}, b.mustCommit("wib", a), "no date moves")
			require.Equal(t, tt.want, b.pass(wib("2025-08-15 00:00"), report.FirstFollowUp))
		})
	}
}
