package calendar_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/calendar"
)

// setting is a decree that changes the settings of one calendar.
func setting(t testing.TB, key, issued string, s calendar.Setting) calendar.Amendment {
	return calendar.Amendment{
		Decree: calendar.Decree{Key: key, IssuedOn: date(t, issued).Time(), RecordedAt: date(t, issued).Time(), Track: "Perwali",
			Title: "Perwali (uji)", CalendarYear: date(t, issued).Year()},
		Settings: []calendar.Setting{s},
	}
}

// city is an office with a week of so many days until its own decrees.
func city(t testing.TB, weekDays int, decrees ...calendar.Amendment) calendar.Config {
	c := office(t, "Asia/Jakarta", weekDays)
	own, err := calendar.NewLedger(nil, nil)
	require.NoError(t, err)
	for _, d := range decrees {
		own = amend(t, own, d)
	}
	c.Overlay = own
	return c
}

// The calendar of September 2026 has no holiday; 5 and 12 are Saturdays. The
// decree of Thu 10 takes the Saturdays off.
func TestADecreeOnTheWeekMovesRunningClocks(t *testing.T) {
	t.Parallel()
	start := calendar.Step{Act: calendar.Start, Unit: calendar.WorkingDays, Calendar: "test"}
	from := func(on string, n int) calendar.Step {
		s := start
		s.On, s.N = date(t, on), n
		return s
	}
	pause := func(on string) calendar.Step { return calendar.Step{Act: calendar.Pause, At: noon(t, on)} }
	resume := func(on string) calendar.Step {
		return calendar.Step{Act: calendar.Resume, At: noon(t, on), Calendar: "test"}
	}
	toFive := city(t, 6, setting(t, "PERWALI-5", "2026-09-10", calendar.Setting{WeekDays: 5}))
	toSix := city(t, 5, setting(t, "PERWALI-6", "2026-09-10", calendar.Setting{WeekDays: 6}))
	for name, tt := range map[string]struct {
		calendar     calendar.Config
		life         calendar.Life
		until        string
		due, current string
	}{
		// Tue 1 to Fri 4, Sat 5.
		"ended before the decree": {toFive, calendar.Life{from("2026-08-31", 5)}, "2026-09-05", "2026-09-05", "2026-09-05"},
		// Fri 4, Sat 5, Mon 7 to Fri 11, Sat 12.
		"the day before the decree": {toFive, calendar.Life{from("2026-09-03", 8)}, "2026-09-09", "2026-09-12", "2026-09-12"},
		// Fri 4, Mon 7 to Fri 11, Mon 14, Tue 15.
		"the day of the decree": {toFive, calendar.Life{from("2026-09-03", 8)}, "2026-09-10", "2026-09-15", "2026-09-15"},
		// Paused with Wed 9 to Sat 12 left; then Thu 10, Fri 11, Mon 14, Tue 15.
		"resumed before it": {toFive, calendar.Life{from("2026-09-03", 8), pause("2026-09-08"), resume("2026-09-09")}, "2026-09-30", "2026-09-15", "2026-09-15"},
		// The same four: Mon 14 to Thu 17.
		"resumed after it": {toFive, calendar.Life{from("2026-09-03", 8), pause("2026-09-08"), resume("2026-09-11")}, "2026-09-30", "2026-09-17", "2026-09-17"},
		// Fri 11, Mon 14.
		"begun on its day": {toFive, calendar.Life{from("2026-09-10", 2)}, "2026-09-30", "2026-09-14", "2026-09-14"},
		// By six days Sat 12 would do; a decree never shortens.
		"five to six": {toSix, calendar.Life{from("2026-09-03", 8)}, "2026-09-30", "2026-09-15", "2026-09-12"},
		// Fri 11, Sat 12.
		"begun under six": {toSix, calendar.Life{from("2026-09-10", 2)}, "2026-09-30", "2026-09-12", "2026-09-12"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			chain, err := tt.calendar.Chain()
			require.NoError(t, err)
			c := tt.calendar
			c.ID = "test"
			b, err := calendar.NewBook(c, chain.Revision())
			require.NoError(t, err)
			r, err := tt.life.Reckon(map[string]*calendar.Book{"test": b}, date(t, tt.until))
			require.NoError(t, err)
			require.Equal(t, tt.due, r.Due.Date.String())
			require.Equal(t, tt.current, r.Current.Date.String())
		})
	}
}

func TestASettingHoldsFromItsDecree(t *testing.T) {
	t.Parallel()
	c := city(t, 5,
		setting(t, "PERWALI-ZONE", "2026-03-02", calendar.Setting{Zone: "Asia/Jayapura", JointLeaveOff: new(false)}),
		setting(t, "PERWALI-WEEK", "2026-03-04", calendar.Setting{WeekDays: 6}))
	chain, err := c.Chain()
	require.NoError(t, err)
	last := chain.Revision()
	saturday, leave := date(t, "2026-03-07"), date(t, "2026-03-18") // cuti bersama Nyepi
	old, middle, now := at(t, c, last-2), at(t, c, last-1), at(t, c, last)
	require.Equal(t, []string{"Asia/Jakarta", "Asia/Jayapura", "Asia/Jayapura"},
		[]string{old.Zone().String(), middle.Zone().String(), now.Zone().String()})
	require.Equal(t, []bool{false, false, true}, []bool{old.IsWorking(saturday), middle.IsWorking(saturday), now.IsWorking(saturday)})
	require.Equal(t, []bool{false, true, true}, []bool{old.IsWorking(leave), middle.IsWorking(leave), now.IsWorking(leave)})
	require.Equal(t, instant(t, "2026-03-09T07:30:00+09:00").UTC(), now.Opening(date(t, "2026-03-09")))
	require.Equal(t, instant(t, "2026-03-10T00:00:00+09:00").UTC(), now.DueProvisional(instant(t, "2026-03-09T10:00:00+09:00"), 0).At)
	require.Equal(t, 6, now.Explain(instant(t, "2026-03-09T10:00:00+09:00"), 3).WeekDays)

	b, err := calendar.NewBook(c, last)
	require.NoError(t, err)
	for day, zone := range map[string]string{"2026-03-01": "Asia/Jakarta", "2026-03-02": "Asia/Jayapura"} {
		law, err := b.Law(date(t, day))
		require.NoError(t, err)
		require.Equal(t, zone, law.Zone().String(), day)
		asOf, err := c.AsOf(date(t, day))
		require.NoError(t, err)
		require.Equal(t, zone, asOf.Zone().String(), day)
	}
}

// The office moved to WIT on the 2nd. At 23:30 WIB on the 3rd it is the 4th
// there, and the decree of the 4th is law.
func TestAStepFollowsTheLawOfItsDayInTheZoneOfThen(t *testing.T) {
	t.Parallel()
	c := city(t, 5,
		setting(t, "PERWALI-ZONE", "2026-03-02", calendar.Setting{Zone: "Asia/Jayapura"}),
		setting(t, "PERWALI-WEEK", "2026-03-04", calendar.Setting{WeekDays: 6}))
	chain, err := c.Chain()
	require.NoError(t, err)
	b, err := calendar.NewBook(c, chain.Revision())
	require.NoError(t, err)
	life := calendar.Life{{Act: calendar.Start, At: instant(t, "2026-03-03T23:30:00+07:00"), Unit: calendar.WorkingDays, N: 3, Calendar: c.ID}}
	r, err := life.Reckon(map[string]*calendar.Book{c.ID: b}, 0)
	require.NoError(t, err)
	require.Equal(t, "2026-03-07", r.Due.Date.String(), "Thu 5, Fri 6, Sat 7")
	require.Len(t, r.Sayings, 1)
}

func TestASettingOfALedgerWithoutOverlayHolds(t *testing.T) {
	t.Parallel()
	c := office(t, "Asia/Jakarta", 5)
	c.Ledger = amend(t, c.Ledger, setting(t, "PERWALI-WEEK", "2026-03-04", calendar.Setting{WeekDays: 6}))
	require.True(t, latest(t, c).IsWorking(date(t, "2026-03-07")))
}

func TestSettingsAreRefusedWithTheirRowAndReason(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings []calendar.Setting
		line     int
		reason   string
	}{
		"nothing set":     {[]calendar.Setting{{}}, 1, "tidak mengubah"},
		"an unknown zone": {[]calendar.Setting{{Zone: "Asia/Singapore"}}, 1, "Asia/Singapore"},
		"a week of four":  {[]calendar.Setting{{WeekDays: 4}}, 1, "5 atau 6"},
		"two of a decree": {[]calendar.Setting{{WeekDays: 5}, {WeekDays: 6}}, 2, "dua kali"},
	} {
		a := setting(t, "PERWALI-2", "2026-03-04", calendar.Setting{})
		a.Settings = c.settings
		_, err := city(t, 5, setting(t, "PERWALI-1", "2026-03-02", calendar.Setting{WeekDays: 6})).Overlay.Amend(a)
		require.Equal(t, "settings", refused(t, err, c.line, c.reason, name), name)
	}
	_, err := calendar.National().With(nil, []calendar.Setting{{Decree: "PERWALI-9", WeekDays: 6}})
	require.Equal(t, "settings", refused(t, err, 1, "tidak dikenal", "decree"))
}

func TestACalendarWithoutWorkingDaysIsRefusedByNameAndYear(t *testing.T) {
	t.Parallel()
	var rows []calendar.Day
	for d := date(t, "2026-01-01"); d.Year() == 2026; d++ {
		rows = append(rows, calendar.Day{Date: d, Kind: calendar.NationalHoliday, NameID: "Libur", Decree: "SKB2026"})
	}
	skb := func(key string, year int) calendar.Decree {
		return calendar.Decree{Key: key, IssuedOn: calendar.NewDate(year-1, time.October, 1).Time(), Track: calendar.TrackSKB, CalendarYear: year}
	}
	l, err := calendar.NewLedger([]calendar.Decree{skb("SKB2025", 2025), skb("SKB2026", 2026)}, rows)
	require.NoError(t, err)
	c := office(t, "Asia/Jakarta", 5)
	c.ID, c.Ledger = "kosong", l
	want := calendar.NoWorkError{Calendar: "kosong", Year: 2026}
	_, err = c.At(2)
	require.Equal(t, want, err)
	require.ErrorContains(t, err, "kalender kosong tanpa hari kerja pada tahun 2026")
	_, err = c.Latest()
	require.Equal(t, want, err)
	_, err = c.AsOf(date(t, "2025-10-01"))
	require.Equal(t, want, err)
	_, err = calendar.NewBook(c, 2)
	require.Equal(t, want, err)
	_, err = c.AsOf(date(t, "2025-09-30"))
	require.NoError(t, err, "before the decree")

	// One worked Saturday is a working day.
	rows[2] = calendar.Day{Date: date(t, "2026-01-03"), Kind: calendar.RegionalOn, NameID: "Masuk", Decree: "SKB2026"}
	c.Ledger, err = calendar.NewLedger([]calendar.Decree{skb("SKB2025", 2025), skb("SKB2026", 2026)}, rows)
	require.NoError(t, err)
	require.True(t, latest(t, c).IsWorking(date(t, "2026-01-03")))
}

// A law in between can be without working days though the latest is not: a
// decree recorded last takes the days back.
func TestALawWithoutWorkingDaysIsRefused(t *testing.T) {
	t.Parallel()
	var rows []calendar.Day
	for d := date(t, "2026-01-01"); d.Year() == 2026; d++ {
		rows = append(rows, calendar.Day{Date: d, Kind: calendar.NationalHoliday, NameID: "Libur", Decree: "SKB2026", SupersededBy: "SKB2026r1"})
	}
	l, err := calendar.NewLedger([]calendar.Decree{
		{Key: "SKB2026", IssuedOn: date(t, "2025-10-01").Time(), Track: calendar.TrackSKB, CalendarYear: 2026},
		{Key: "SKB2026r1", IssuedOn: date(t, "2025-10-03").Time(), Track: calendar.TrackSKB, CalendarYear: 2026},
	}, rows)
	require.NoError(t, err)
	c := office(t, "Asia/Jakarta", 5)
	c.Ledger = l
	b, err := calendar.NewBook(c, 2)
	require.NoError(t, err)
	_, err = b.Law(date(t, "2025-10-02"))
	require.ErrorAs(t, err, new(calendar.NoWorkError))
	_, err = b.Law(date(t, "2025-10-03"))
	require.NoError(t, err)
}
