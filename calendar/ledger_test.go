package calendar_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/calendar"
)

func TestTheNationalLedgerHoldsEveryRow(t *testing.T) {
	t.Parallel()
	l := calendar.National()
	require.Len(t, l.Days(), 283)
	require.Len(t, l.Decrees(), 46)
	require.Len(t, l.Notes(), 3)
	require.Equal(t, 46, l.Revision())
	require.Same(t, l, calendar.National())
}

func TestRevisionsFollowTheDateOfIssueThenTheKey(t *testing.T) {
	t.Parallel()
	l := calendar.National()
	for i, d := range l.Decrees() {
		require.Equal(t, i+1, d.Revision)
	}
	require.Equal(t, "SKB2017", l.Decrees()[0].Key)
	before, after := l.RevisionOn(date(t, "2025-08-06")), l.RevisionOn(date(t, "2025-08-07"))
	require.Equal(t, before+1, after)
	require.Equal(t, "SKB2025r1", l.Decrees()[after-1].Key)
	require.Zero(t, l.RevisionOn(date(t, "2016-04-13")))
	require.Equal(t, l.Revision(), l.RevisionOn(date(t, "2030-01-01")))
}

func decree(key, issued string, revision int) calendar.Decree {
	d := calendar.Decree{Key: key, Track: calendar.TrackSKB, CalendarYear: 2025, Revision: revision}
	if issued != "" {
		d.IssuedOn, _ = time.Parse(time.DateOnly, issued) // constants of this file; a bad one is zero and refused as a note
	}
	return d
}

func day(on, name, decree, supersededBy string) calendar.Day {
	d, _ := calendar.ParseDate(on) // constants of this file
	return calendar.Day{Date: d, Kind: calendar.NationalHoliday, NameID: name, Decree: decree, SupersededBy: supersededBy}
}

func TestALedgerThatContradictsItselfIsRefusedWithItsRow(t *testing.T) {
	t.Parallel()
	good := []calendar.Decree{decree("A", "2024-01-01", 0), decree("B", "2024-02-01", 0), decree("N", "", 0)}
	unknownKind := day("2025-01-01", "Tahun Baru", "A", "")
	unknownKind.Kind = "holiday"
	noYear := decree("C", "2024-01-01", 0)
	noYear.CalendarYear = 0
	cases := map[string]struct {
		decrees []calendar.Decree
		days    []calendar.Day
		table   string
		line    int
		reason  string
	}{
		"a date and name twice in one decree": {good, []calendar.Day{day("2025-01-01", "X", "A", ""), day("2025-01-01", "X", "A", "B")}, "days", 2, "dua kali"},
		"unknown decree":                      {good, []calendar.Day{day("2025-01-01", "X", "Z", "")}, "days", 1, `"Z" tidak dikenal`},
		"unknown superseding decree":          {good, []calendar.Day{day("2025-01-01", "X", "A", "Z")}, "days", 1, `"Z" tidak dikenal`},
		"an undated decree":                   {good, []calendar.Day{day("2025-01-01", "X", "N", "")}, "days", 1, "tidak bertanggal"},
		"superseded by an earlier decree":     {good, []calendar.Day{day("2025-01-01", "X", "B", "A")}, "days", 1, "tidak dapat mencabut"},
		"superseded by itself":                {good, []calendar.Day{day("2025-01-01", "X", "A", "A")}, "days", 1, "tidak dapat mencabut"},
		"unknown kind":                        {good, []calendar.Day{unknownKind}, "days", 1, "tidak dikenal"},
		"a day without a name":                {good, []calendar.Day{day("2025-01-01", "", "A", "")}, "days", 1, "nama hari kosong"},
		"a decree without a key":              {[]calendar.Decree{decree("", "2024-01-01", 0)}, nil, "decrees", 1, "kosong"},
		"a key twice":                         {append(good[:3:3], good[0]), nil, "decrees", 4, "dua kali"},
		"a revision number twice":             {[]calendar.Decree{decree("A", "2024-01-01", 1), decree("B", "2024-01-01", 1)}, nil, "decrees", 2, "dua kali"},
		"a gap in the numbers":                {[]calendar.Decree{decree("B", "2024-01-01", 3), decree("A", "2024-01-01", 1)}, nil, "decrees", 1, "melompati 2"},
		"a note with a number":                {[]calendar.Decree{decree("N", "", 1)}, nil, "decrees", 1, "nomor revisi"},
		"a decree without a year":             {[]calendar.Decree{noYear}, nil, "decrees", 1, "tahun kalender"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := calendar.NewLedger(c.decrees, c.days)
			var bad *calendar.RowError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, c.table, bad.Table)
			require.Equal(t, c.line, bad.Line)
			require.Contains(t, bad.Reason, c.reason)
		})
	}
}

func TestGivenRevisionNumbersStandAndNewDecreesFollow(t *testing.T) {
	t.Parallel()
	l, err := calendar.NewLedger([]calendar.Decree{
		decree("later", "2024-05-01", 0), decree("second", "2024-01-01", 2),
		decree("first", "2024-03-01", 1), decree("sooner", "2023-01-01", 0),
	}, nil)
	require.NoError(t, err)
	var keys []string
	for _, d := range l.Decrees() {
		keys = append(keys, d.Key)
	}
	require.Equal(t, []string{"first", "second", "sooner", "later"}, keys)
}

func TestAFileIsRefusedWithTheLineOfTheFile(t *testing.T) {
	t.Parallel()
	const decrees = "key,issued_on,track,calendar_year,title,effect,confidence\nA,2024-01-01,SKB,2025,\"dua\nbaris\",,high\n"
	const days = "date,kind,name_id,name_en,decree,superseded_by,confidence\n"
	cases := map[string]struct{ decrees, days, want string }{
		"a bad date of issue": {decrees + "B,1 May,SKB,2025,,,\n", days, "decrees baris 4"},
		"a bad year":          {decrees + "B,2024-01-01,SKB,x,,,\n", days, "decrees baris 4"},
		"a key twice":         {decrees + "A,2024-01-01,SKB,2025,,,\n", days, "decrees baris 4"},
		"a bad header":        {"kunci\n", days, "decrees baris 1"},
		"no header":           {decrees, "", "read days"},
		"a bad day":           {decrees, days + "2025-02-30,national,X,,A,,\n", "days baris 2"},
		"a missing field":     {decrees, days + "2025-02-03,national\n", "days baris 2"},
		"an unknown decree":   {decrees, days + "2025-02-03,national,X,,A,,\n2025-02-04,national,X,,B,,\n", "days baris 3"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := calendar.ReadLedger(strings.NewReader(c.decrees), strings.NewReader(c.days))
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestACalendarThatIsNotFitIsRefused(t *testing.T) {
	t.Parallel()
	good := office(t, "Asia/Jakarta", 5)
	noZone, week, noLedger, twice := good, good, good, good
	noZone.Zone, week.WeekDays, noLedger.Ledger, twice.Overlay = nil, 7, nil, good.Ledger
	for name, c := range map[string]calendar.Config{"zone": noZone, "week": week, "ledger": noLedger, "key in both": twice} {
		_, err := c.At(1)
		require.Error(t, err, name)
		_, err = c.AsOf(0)
		require.Error(t, err, name)
		_, err = c.Latest()
		require.Error(t, err, name)
		_, err = calendar.NewBook(c, 1)
		require.Error(t, err, name)
	}
	_, err := good.At(-1)
	require.ErrorContains(t, err, "revisi -1")
	_, err = good.At(good.Ledger.Revision() + 1)
	require.ErrorContains(t, err, "di luar 0 sampai 46")
	_, err = calendar.NewBook(good, good.Ledger.Revision()+1)
	require.ErrorContains(t, err, "di luar 0 sampai 46")
}

func TestZonesAreFixedAndOnlyIndonesian(t *testing.T) {
	t.Parallel()
	for name, hours := range map[string]int{"Asia/Jakarta": 7, "Asia/Pontianak": 7, "Asia/Makassar": 8, "Asia/Jayapura": 9} {
		z, err := calendar.Zone(name)
		require.NoError(t, err)
		require.Equal(t, name, z.String())
		_, offset := time.Unix(0, 0).In(z).Zone()
		require.Equal(t, hours*3600, offset)
	}
	for _, name := range []string{"", "UTC", "Local", "Asia/Singapore", "asia/jakarta"} {
		_, err := calendar.Zone(name)
		require.ErrorContains(t, err, "tidak dikenal")
	}
}
