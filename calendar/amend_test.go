package calendar_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/calendar"
)

func TestADecreeBecomesTheNextRevisionWhateverItsDate(t *testing.T) {
	t.Parallel()
	before := calendar.National()
	early := calendar.Decree{Key: "SKB2025x", IssuedOn: civil(t, "2025-08-05").Time(), Track: calendar.TrackSKB, CalendarYear: 2025, Title: "Perubahan", Confidence: "high"}
	after, err := before.Amend(calendar.Amendment{
		Decree:     early,
		Days:       []calendar.Day{{Date: civil(t, "2025-08-19"), Kind: calendar.CollectiveLeave, NameID: "Cuti Bersama", NameEN: "Leave", Confidence: "high"}},
		Supersedes: []calendar.Ref{{Decree: "SKB2025r1", Date: civil(t, "2025-08-18")}},
	})
	require.NoError(t, err)
	require.Equal(t, before.Revision()+1, after.Revision())
	d, ok := after.Decree("SKB2025x")
	require.True(t, ok)
	require.Equal(t, after.Revision(), d.Revision, "issued before the newest, recorded after it")
	_, known := before.Decree("SKB2025x")
	require.False(t, known, "the ledger it was added to stays")

	c := calendar.Config{ID: "national", Zone: zone(t, "Asia/Jakarta"), WeekDays: 5, JointLeaveOff: true, Ledger: after}
	x, err := c.Latest()
	require.NoError(t, err)
	require.True(t, x.IsWorking(civil(t, "2025-08-18")), "taken back")
	require.False(t, x.IsWorking(civil(t, "2025-08-19")))
}

func TestAnAmendmentIsRefusedWithItsRowAndReason(t *testing.T) {
	t.Parallel()
	decree := calendar.Decree{Key: "SKB2028", IssuedOn: civil(t, "2026-11-20").Time(), Track: calendar.TrackSKB, CalendarYear: 2028}
	off := func(date, name string) calendar.Day {
		return calendar.Day{Date: civil(t, date), Kind: calendar.NationalHoliday, NameID: name}
	}
	with := func(change func(*calendar.Amendment)) calendar.Amendment {
		a := calendar.Amendment{Decree: decree, Days: []calendar.Day{off("2028-01-01", "Tahun Baru"), off("2028-05-01", "Hari Buruh")}}
		change(&a)
		return a
	}
	tests := map[string]struct {
		amendment calendar.Amendment
		table     string
		line      int
		reason    string
	}{
		"a key that is known": {with(func(a *calendar.Amendment) { a.Decree.Key = "SKB2025" }), "decree", 1, "sudah tercatat"},
		"no date of issue":    {with(func(a *calendar.Amendment) { a.Decree.IssuedOn = calendar.Decree{}.IssuedOn }), "decree", 1, "wajib"},
		"no year":             {with(func(a *calendar.Amendment) { a.Decree.CalendarYear = 0 }), "decree", 1, "tahun kalender"},
		"a date twice":        {with(func(a *calendar.Amendment) { a.Days[1] = a.Days[0] }), "days", 2, "dua kali"},
		"an unknown kind":     {with(func(a *calendar.Amendment) { a.Days[1].Kind = "party" }), "days", 2, "tidak dikenal"},
		"no name":             {with(func(a *calendar.Amendment) { a.Days[0].NameID = "" }), "days", 1, "nama hari kosong"},
		"takes back an unknown decree": {with(func(a *calendar.Amendment) {
			a.Supersedes = []calendar.Ref{{Decree: "SKB1999", Date: civil(t, "2025-08-18")}}
		}), "supersedes", 1, "tidak dikenal"},
		"takes back a day that is not there": {with(func(a *calendar.Amendment) {
			a.Supersedes = []calendar.Ref{{Decree: "SKB2025r1", Date: civil(t, "2025-08-19")}}
		}), "supersedes", 1, "tidak memuat"},
		"takes back what was taken back": {with(func(a *calendar.Amendment) {
			a.Supersedes = []calendar.Ref{{Decree: "SKB2025r1", Date: civil(t, "2025-08-18")}, {Decree: "SKB2025r1", Date: civil(t, "2025-08-18")}}
		}), "supersedes", 2, "sudah dicabut"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := calendar.National().Amend(tt.amendment)
			var bad *calendar.RowError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, tt.table, bad.Table)
			require.Equal(t, tt.line, bad.Line)
			require.Contains(t, bad.Reason, tt.reason)
		})
	}
}
