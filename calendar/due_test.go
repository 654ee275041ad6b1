package calendar_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/calendar"
)

// aceh is Kepgub Aceh 100.3.3.1/845/2024: 19 and 20 June 2024 off, the
// Saturdays 22 and 29 June worked in exchange. The date of issue is an example.
func aceh(t testing.TB) *calendar.Ledger {
	row := func(on string, kind calendar.Kind, name string) calendar.Day {
		return calendar.Day{Date: date(t, on), Kind: kind, NameID: name, Decree: "KEPGUB-ACEH-845"}
	}
	l, err := calendar.NewLedger(
		[]calendar.Decree{{Key: "KEPGUB-ACEH-845", IssuedOn: date(t, "2024-06-10").Time(),
			RecordedAt: date(t, "2024-06-11").Time(), Track: "Kepgub", Title: "Kepgub 100.3.3.1/845/2024", CalendarYear: 2024}},
		[]calendar.Day{
			row("2024-06-19", calendar.RegionalOff, "Hari Tasyrik"), row("2024-06-20", calendar.RegionalOff, "Hari Tasyrik"),
			row("2024-06-22", calendar.RegionalOn, "Pengganti 19 Juni"), row("2024-06-29", calendar.RegionalOn, "Pengganti 20 Juni"),
		})
	require.NoError(t, err)
	return l
}

func TestTheDecreeOfTheSeventhOfAugustExtendsARunningClock(t *testing.T) {
	t.Parallel()
	c, start := office(t, "Asia/Jakarta", 5), instant(t, "2025-08-06T10:00:00+07:00")
	old, err := c.AsOf(date(t, "2025-08-06"))
	require.NoError(t, err)
	before, err := old.Due(start, 10)
	require.NoError(t, err)
	require.Equal(t, "2025-08-20", before.Date.String())
	revised := at(t, c, before.Revision+1)
	after, err := revised.Due(start, 10)
	require.NoError(t, err)
	require.Equal(t, "2025-08-21", after.Date.String())
	require.Equal(t, instant(t, "2025-08-22T00:00:00+07:00").UTC(), after.At)

	r := reckon(t, c, started(c, t, "2025-08-06", 10), "")
	require.Equal(t, "2025-08-21", r.Due.Date.String())
	require.Equal(t, r.Due, r.Current)
}

// started is a clock of n working days received on a day.
func started(c calendar.Config, t *testing.T, on string, n int) calendar.Life {
	t.Helper()
	return calendar.Life{{Act: calendar.Start, On: date(t, on), Unit: calendar.WorkingDays, N: n, Calendar: c.ID}}
}

// reckon counts a life on one calendar under the decrees issued up to a day.
func reckon(t *testing.T, c calendar.Config, l calendar.Life, until string) calendar.Reckoning {
	t.Helper()
	b, err := calendar.NewBook(c, c.Ledger.Revision())
	require.NoError(t, err)
	var to calendar.Date
	if until != "" {
		to = date(t, until)
	}
	r, err := l.Reckon(map[string]*calendar.Book{c.ID: b}, to)
	require.NoError(t, err)
	return r
}

// On 2020-05-20 the leave of 22 May was cancelled: a later revision gives an
// earlier date.
func TestARevisionExtendsButNeverShortens(t *testing.T) {
	t.Parallel()
	c := office(t, "Asia/Jakarta", 5)
	opened := c.Ledger.RevisionOn(date(t, "2020-05-19"))
	life := started(c, t, "2020-05-19", 3)
	r := reckon(t, c, life, "2020-05-20")
	require.Equal(t, opened, r.Due.Revision)
	require.Equal(t, "2020-05-27", r.Due.Date.String())
	require.Equal(t, opened+1, r.Current.Revision)
	require.Equal(t, "2020-05-26", r.Current.Date.String())

	b, err := calendar.NewBook(c, opened+1)
	require.NoError(t, err)
	e, err := life.Explain(map[string]*calendar.Book{c.ID: b}, 0)
	require.NoError(t, err)
	require.Equal(t, r.Due, e.Due)
	require.Equal(t, r.Current, e.Current)
	require.Contains(t, e.Rules, 6)
	require.Contains(t, e.Sentence, "Menurut keputusan terbaru batasnya Selasa 26 Mei 2020")
	require.Len(t, e.Said, 2, "what the earlier revision said stands beside it")
}

func TestASupersededDayHoldsUntilTheRevisionThatEndsIt(t *testing.T) {
	t.Parallel()
	c, leave := office(t, "Asia/Jakarta", 5), date(t, "2020-05-22")
	ends, ok := c.Ledger.Decree("SKB2020r3")
	require.True(t, ok)
	require.False(t, at(t, c, ends.Revision-1).IsWorking(leave))
	require.True(t, at(t, c, ends.Revision).IsWorking(leave))
}

func TestTwoRowsOnADateAreOneDayOffWithBothNames(t *testing.T) {
	t.Parallel()
	x := latest(t, office(t, "Asia/Jakarta", 5))
	d := date(t, "2021-05-13")
	got := x.Skipped(d-1, d)
	require.Len(t, got, 1)
	require.Equal(t, "SKB2021", got[0].Decree)
	require.Contains(t, got[0].Name, "Kenaikan")
	require.Contains(t, got[0].Name, "Idul Fitri")
	require.NotEmpty(t, got[0].Title)
}

func TestIsraMikrajIsOffTwiceIn2027(t *testing.T) {
	t.Parallel()
	var on []string
	for _, d := range latest(t, office(t, "Asia/Jakarta", 6)).Skipped(date(t, "2026-12-31"), date(t, "2027-12-31")) {
		if d.Kind == calendar.NationalHoliday && len(d.Name) >= 4 && d.Name[:4] == "Isra" {
			on = append(on, d.Date.String())
		}
	}
	require.Equal(t, []string{"2027-01-05", "2027-12-26"}, on)
}

func TestAnOfficeMayWorkJointLeave(t *testing.T) {
	t.Parallel()
	c := office(t, "Asia/Jakarta", 5)
	leave := date(t, "2025-08-18")
	require.False(t, latest(t, c).IsWorking(leave))
	c.JointLeaveOff = false
	require.True(t, latest(t, c).IsWorking(leave))
	require.False(t, latest(t, c).IsWorking(date(t, "2025-12-25")))
}

func TestAnOverlayAddsDaysOffAndWorkedSaturdays(t *testing.T) {
	t.Parallel()
	c := office(t, "Asia/Jakarta", 5)
	start := instant(t, "2024-06-18T09:00:00+07:00")
	plain := latest(t, c).DueProvisional(start, 3)
	require.Equal(t, "2024-06-21", plain.Date.String())
	c.Overlay = aceh(t)
	x := latest(t, c)
	require.Equal(t, "2024-06-24", x.DueProvisional(start, 3).Date.String()) // Fri 21, Sat 22, Mon 24
	require.True(t, x.IsWorking(date(t, "2024-06-29")))
	require.False(t, x.IsWorking(date(t, "2024-07-06")))
	require.Equal(t, []calendar.SkippedDay{
		{Date: date(t, "2024-06-19"), Kind: calendar.RegionalOff, Name: "Hari Tasyrik", Decree: "KEPGUB-ACEH-845", Title: "Kepgub 100.3.3.1/845/2024"},
		{Date: date(t, "2024-06-20"), Kind: calendar.RegionalOff, Name: "Hari Tasyrik", Decree: "KEPGUB-ACEH-845", Title: "Kepgub 100.3.3.1/845/2024"},
		{Date: date(t, "2024-06-23"), Kind: calendar.Weekend, Name: "Minggu"},
	}, x.Skipped(date(t, "2024-06-18"), date(t, "2024-06-24")))
	chain, err := c.Chain()
	require.NoError(t, err)
	require.Equal(t, c.Ledger.Revision()+1, chain.Revision())
	last := chain.Decrees()[chain.Revision()-1]
	require.Equal(t, "KEPGUB-ACEH-845", last.Key, "recorded after the first load, so numbered after it")
	before, err := c.AsOf(date(t, "2024-06-09"))
	require.NoError(t, err)
	require.True(t, before.IsWorking(date(t, "2024-06-19")))
}

func TestADecreeRecordedLateIsKnownFromItsIssue(t *testing.T) {
	t.Parallel()
	l, err := calendar.NewLedger(
		[]calendar.Decree{decree("SKB", "2024-01-01", 1), decree("issued-later", "2025-03-01", 2), decree("recorded-later", "2025-02-01", 3)},
		[]calendar.Day{day("2025-04-01", "X", "issued-later", ""), day("2025-04-02", "Y", "recorded-later", "")})
	require.NoError(t, err)
	c := office(t, "Asia/Jakarta", 5)
	c.Ledger = l
	x, err := c.AsOf(date(t, "2025-02-15"))
	require.NoError(t, err)
	require.True(t, x.IsWorking(date(t, "2025-04-01")))
	require.False(t, x.IsWorking(date(t, "2025-04-02")))
}

// Defects 1 and 16 of other engines: a weekend in the pause counts once, and the
// deadline is recounted after the pause.
func TestAPauseKeepsTheDaysLeft(t *testing.T) {
	t.Parallel()
	x := latest(t, office(t, "Asia/Jakarta", 5))
	cases := map[string]struct {
		pause, due, resume string
		left               int
		want               string
	}{
		"the same day":                      {"2026-09-02", "2026-09-08", "2026-09-02", 4, "2026-09-08"},
		"over a weekend":                    {"2026-09-04", "2026-09-08", "2026-09-07", 2, "2026-09-09"},
		"from Saturday to Sunday":           {"2026-09-05", "2026-09-08", "2026-09-06", 2, "2026-09-08"},
		"on the due day":                    {"2026-09-08", "2026-09-08", "2026-09-15", 0, "2026-09-15"},
		"on the due day, until a Saturday":  {"2026-09-08", "2026-09-08", "2026-09-12", 0, "2026-09-14"},
		"on the due day, the same day":      {"2026-09-08", "2026-09-08", "2026-09-08", 0, "2026-09-08"},
		"over joint leave and Christmas":    {"2025-12-23", "2025-12-30", "2025-12-29", 3, "2026-01-02"},
		"a due day already past keeps none": {"2026-09-10", "2026-09-08", "2026-09-10", 0, "2026-09-10"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			left := x.Remaining(date(t, c.pause), date(t, c.due))
			require.Equal(t, c.left, left)
			require.Equal(t, c.want, x.Resume(instant(t, c.resume+"T09:00:00+07:00"), left).Date.String())
		})
	}
}

func TestATransferLetsTheLaterDateStand(t *testing.T) {
	t.Parallel()
	six, five := office(t, "Asia/Jakarta", 6), office(t, "Asia/Jayapura", 5)
	six.ID, five.ID = "six", "five"
	books := map[string]*calendar.Book{}
	for _, c := range []calendar.Config{six, five} {
		b, err := calendar.NewBook(c, c.Ledger.Revision())
		require.NoError(t, err)
		books[c.ID] = b
	}
	move := func(from, to string) string {
		r, err := calendar.Life{
			{Act: calendar.Start, On: date(t, "2026-09-01"), Unit: calendar.WorkingDays, N: 5, Calendar: from},
			{Act: calendar.Move, At: instant(t, "2026-09-03T09:00:00+07:00"), Calendar: to},
		}.Reckon(books, 0)
		require.NoError(t, err)
		return r.Due.Date.String()
	}
	// Six days a week: 2 to 5 and 7 September. Three are left after the 3rd: 4, 7, 8.
	require.Equal(t, "2026-09-08", move("six", "five"))
	// Five days a week: 2 to 4, 7 and 8. Three are left, 4, 5 and 7 with six days a week: the 8th stands.
	require.Equal(t, "2026-09-08", move("five", "six"))
}

func TestPastTheHorizonDueRefusesAndAStageCountsProvisionally(t *testing.T) {
	t.Parallel()
	x := latest(t, office(t, "Asia/Jakarta", 5))
	start := instant(t, "2027-12-30T09:00:00+07:00")
	_, err := x.Due(start, 5)
	var past calendar.HorizonError
	require.ErrorAs(t, err, &past)
	require.Equal(t, "SKB 2028", past.Decree())
	require.ErrorContains(t, err, "SKB 2028 belum ditetapkan")

	due := x.DueProvisional(start, 5)
	require.Equal(t, "2028-01-06", due.Date.String()) // Fri 31, Mon 3 to Thu 6 (1 January is a Saturday)
	require.True(t, due.Provisional)
	require.Equal(t, "SKB 2028", due.Missing)
	require.Equal(t, due.Date, x.NthDay(date(t, "2027-12-30"), 5))
	require.Equal(t, 5, x.Count(date(t, "2027-12-30"), due.Date))

	e := x.Explain(instant(t, "2028-04-26T09:00:00+07:00"), 5)
	require.Equal(t, "2028-05-04", e.Due.Date.String()) // 1 May 2028 is a Monday
	require.Contains(t, e.Rules, 7)
	require.Contains(t, e.Sentence, "Senin 1 Mei 2028 (Hari Buruh Internasional)")
	require.Contains(t, e.Sentence, "sementara, karena SKB 2028 belum ditetapkan")
}

func TestTheFixedHolidaysAreOffPastTheHorizon(t *testing.T) {
	t.Parallel()
	x := at(t, office(t, "Asia/Jakarta", 6), 0)
	for _, off := range []string{"2029-01-01", "2029-05-01", "2029-06-01", "2029-08-17", "2029-12-25", "2029-12-30"} {
		require.False(t, x.IsWorking(date(t, off)), off)
	}
	require.True(t, x.IsWorking(date(t, "2029-12-29")))
	_, ok := x.Horizon()
	require.False(t, ok)
}

func TestARegionMayWorkAFixedHolidayPastTheHorizon(t *testing.T) {
	t.Parallel()
	c, labour := office(t, "Asia/Jakarta", 5), date(t, "2029-05-01")
	worked := day("2029-05-01", "Hari kerja pengganti", "P", "")
	worked.Kind = calendar.RegionalOn
	overlay, err := calendar.NewLedger([]calendar.Decree{
		{Key: "P", IssuedOn: date(t, "2026-01-01").Time(), Track: "Kepgub", CalendarYear: 2029}}, []calendar.Day{worked})
	require.NoError(t, err)
	require.False(t, latest(t, c).IsWorking(labour))
	c.Overlay = overlay
	require.True(t, latest(t, c).IsWorking(labour))
}

func TestAYearNobodyDecreedIsNotCrossed(t *testing.T) {
	t.Parallel()
	far := decree("SKB2027", "2024-02-01", 0)
	far.CalendarYear = 2027
	l, err := calendar.NewLedger([]calendar.Decree{decree("SKB2025", "2024-01-01", 0), far}, nil)
	require.NoError(t, err)
	c := office(t, "Asia/Jakarta", 5)
	c.Ledger = l
	x := latest(t, c)
	_, err = x.Add(date(t, "2025-12-31"), 1)
	require.ErrorIs(t, err, calendar.HorizonError{Year: 2026})
	_, err = x.Add(date(t, "2024-12-30"), 1)
	require.ErrorIs(t, err, calendar.HorizonError{Year: 2024})
	got, err := x.Add(date(t, "2024-12-31"), 1)
	require.NoError(t, err)
	require.Equal(t, "2025-01-01", got.String())
}

func TestANegativeCountIsRefused(t *testing.T) {
	t.Parallel()
	x := latest(t, office(t, "Asia/Jakarta", 5))
	_, err := x.Due(instant(t, "2026-09-01T09:00:00+07:00"), -1)
	require.ErrorIs(t, err, calendar.ErrNegative)
	require.Equal(t, "2026-09-01", x.DueProvisional(instant(t, "2026-09-01T09:00:00+07:00"), -1).Date.String())
	_, err = x.Add(date(t, "2026-09-01"), int(^uint(0)>>1))
	require.ErrorIs(t, err, calendar.HorizonError{Year: 2028})
}

func TestTheDayOfReceiptIsLocal(t *testing.T) {
	t.Parallel()
	start := instant(t, "2026-08-31T15:30:00Z") // 22:30 WIB, 23:30 WITA, 00:30 of 1 September WIT
	for zone, want := range map[string]string{"Asia/Pontianak": "2026-09-01", "Asia/Makassar": "2026-09-01", "Asia/Jayapura": "2026-09-02"} {
		require.Equal(t, want, latest(t, office(t, zone, 5)).DueProvisional(start, 1).Date.String(), zone)
	}
}

func TestCalendarDaysRollForwardOffDaysOff(t *testing.T) {
	t.Parallel()
	x := latest(t, office(t, "Asia/Jakarta", 5))
	for _, c := range []struct {
		start string
		n     int
		want  string
		prov  bool
	}{
		{"2026-09-01", 3, "2026-09-04", false},
		{"2026-09-01", 4, "2026-09-07", false},
		{"2025-08-06", 11, "2025-08-19", false}, // 17 Aug Sunday, 18 Aug leave
		{"2026-09-05", 0, "2026-09-07", false},
		{"2027-12-30", 2, "2028-01-03", true},
	} {
		due := x.CalendarDays(instant(t, c.start+"T09:00:00+07:00"), c.n)
		require.Equal(t, c.want, due.Date.String())
		require.Equal(t, c.prov, due.Provisional)
	}
}

func TestTheExplanationNamesEachDayWithItsDecree(t *testing.T) {
	t.Parallel()
	e := latest(t, office(t, "Asia/Jakarta", 5)).Explain(instant(t, "2025-08-06T10:00:00+07:00"), 10)
	require.Equal(t, []int{1, 2, 3, 5}, e.Rules)
	require.Equal(t, "Dihitung 10 hari kerja sejak Rabu 6 Agustus 2025, batasnya akhir hari Kamis 21 Agustus 2025; "+
		"tidak dihitung: 3 hari akhir pekan, Minggu 17 Agustus 2025 (Proklamasi Kemerdekaan, SKB2025), "+
		"Senin 18 Agustus 2025 (Cuti Bersama Proklamasi Kemerdekaan, SKB2025r1).", e.Sentence)
	require.Equal(t, []int{1, 3, 4, 5}, latest(t, office(t, "Asia/Jakarta", 5)).Explain(instant(t, "2026-09-05T09:00:00+07:00"), 0).Rules)
}

// Defects 15 and 2 of other engines.
func TestTheBreakDoesNotCountAndAReceiptOutsideTheHoursWaits(t *testing.T) {
	t.Parallel()
	x := latest(t, office(t, "Asia/Jakarta", 5))
	for name, c := range map[string]struct {
		start string
		hours time.Duration
		want  string
	}{
		"over the break":            {"2026-09-03T11:30:00+07:00", time.Hour, "2026-09-03T13:30:00+07:00"},
		"over the break of Friday":  {"2026-09-04T11:00:00+07:00", time.Hour, "2026-09-04T13:30:00+07:00"},
		"in the break, no time":     {"2026-09-03T12:15:00+07:00", 0, "2026-09-03T13:00:00+07:00"},
		"on a Saturday, no time":    {"2026-09-05T12:15:00+07:00", 0, "2026-09-07T07:30:00+07:00"},
		"at night":                  {"2026-09-02T23:00:00+07:00", time.Hour, "2026-09-03T08:30:00+07:00"},
		"ends exactly at the break": {"2026-09-03T11:00:00+07:00", time.Hour, "2026-09-03T12:00:00+07:00"},
		"a negative time":           {"2026-09-03T11:00:00+07:00", -time.Hour, "2026-09-03T11:00:00+07:00"},
	} {
		require.Equal(t, instant(t, c.want).UTC(), x.AddHours(instant(t, c.start), c.hours), name)
	}
}

// Defects 12 and 20 of other engines: nothing at midnight, on weekends, or
// outside the hours.
func TestNoticesWaitForOfficeHours(t *testing.T) {
	t.Parallel()
	x := latest(t, office(t, "Asia/Jayapura", 5))
	for name, c := range map[string]struct{ at, want string }{
		"at midnight":           {"2026-09-03T00:00:00+09:00", "2026-09-03T07:30:00+09:00"},
		"at the opening":        {"2026-09-03T07:30:00+09:00", "2026-09-03T07:30:00+09:00"},
		"within the hours":      {"2026-09-03T15:59:59+09:00", "2026-09-03T15:59:59+09:00"},
		"at the closing":        {"2026-09-03T16:00:00+09:00", "2026-09-04T07:30:00+09:00"},
		"on Friday after four":  {"2026-09-04T16:29:00+09:00", "2026-09-04T16:29:00+09:00"},
		"on Friday after close": {"2026-09-04T16:30:00+09:00", "2026-09-07T07:30:00+09:00"},
		"before a holiday":      {"2025-12-24T20:00:00+09:00", "2025-12-29T07:30:00+09:00"},
	} {
		require.Equal(t, instant(t, c.want).UTC(), x.NextOfficeOpening(instant(t, c.at)), name)
	}
}

func TestOfficeHoursSkipNightsAndWeekends(t *testing.T) {
	t.Parallel()
	x := latest(t, office(t, "Asia/Jakarta", 5))
	start := instant(t, "2026-09-04T15:30:00+07:00") // Friday: one hour left
	got := x.AddHours(start, 3*time.Hour)
	require.Equal(t, instant(t, "2026-09-07T09:30:00+07:00").UTC(), got)
	require.Equal(t, 3*time.Hour, x.Hours(start, got))
	require.Equal(t, instant(t, "2026-09-04T16:30:00+07:00").UTC(), x.AddHours(start, time.Hour))
	require.Equal(t, start.UTC(), x.AddHours(start, 0))
	require.Zero(t, x.Hours(got, start))
	week := x.Hours(instant(t, "2026-09-06T00:00:00+07:00"), instant(t, "2026-09-13T00:00:00+07:00"))
	require.Equal(t, 37*time.Hour+30*time.Minute, week) // Perpres 21/2023 art. 3
}

func TestADateIsTextInJSON(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(date(t, "2025-08-06"))
	require.NoError(t, err)
	require.JSONEq(t, `"2025-08-06"`, string(b))
	var d calendar.Date
	require.NoError(t, json.Unmarshal(b, &d))
	require.Equal(t, date(t, "2025-08-06"), d)
	require.Error(t, json.Unmarshal([]byte(`"6 Agustus"`), &d))
	for day := calendar.NewDate(1, 1, 1); day < 200; day += 97 {
		require.Equal(t, day, calendar.DateOf(day.Time()))
	}
}
