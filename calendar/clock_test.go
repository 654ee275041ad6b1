package calendar_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/calendar"
)

// books opens the national calendar under two ids: WIB and, as "wita", WITA.
func books(t *testing.T) map[string]*calendar.Book {
	t.Helper()
	all := map[string]*calendar.Book{}
	for id, name := range map[string]string{"national": "Asia/Jakarta", "wita": "Asia/Makassar"} {
		b, err := calendar.NewBook(calendar.Config{ID: id, Zone: zone(t, name), WeekDays: 5, JointLeaveOff: true, Ledger: calendar.National()},
			calendar.National().Revision())
		require.NoError(t, err)
		all[id] = b
	}
	return all
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := calendar.Zone(name)
	require.NoError(t, err)
	return z
}

func civil(t *testing.T, s string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(s)
	require.NoError(t, err)
	return d
}

// noon is midday in WIB, an instant in office hours everywhere.
func noon(t *testing.T, s string) time.Time {
	t.Helper()
	return civil(t, s).Start(zone(t, "Asia/Jakarta")).Add(12 * time.Hour)
}

func TestTheLifeOfAClockGivesItsDate(t *testing.T) {
	t.Parallel()
	start := func(on string, n int) calendar.Step {
		return calendar.Step{Act: calendar.Start, On: civil(t, on), Unit: calendar.WorkingDays, N: n, Calendar: "national"}
	}
	at := func(act calendar.Act, on string) calendar.Step {
		return calendar.Step{Act: act, At: noon(t, on), Calendar: map[calendar.Act]string{calendar.Resume: "national"}[act]}
	}
	more := func(act calendar.Act, on string, n int) calendar.Step {
		return calendar.Step{Act: act, At: noon(t, on), N: n}
	}
	to := func(act calendar.Act, on, id string) calendar.Step {
		return calendar.Step{Act: act, At: noon(t, on), Calendar: id}
	}
	tests := []struct {
		name  string
		life  calendar.Life
		until string // last day of decrees; empty: all
		due   string
		left  int // of a paused clock
	}{
		// The fixture of RULES.md section 3: ten days from Wed 6 Aug 2025.
		{"before the decree of 7 Aug 2025", calendar.Life{start("2025-08-06", 10)}, "2025-08-06", "2025-08-20", 0},
		{"the decree took 18 Aug off", calendar.Life{start("2025-08-06", 10)}, "", "2025-08-21", 0},
		{"paused and resumed on one day", calendar.Life{start("2025-08-06", 5), at(calendar.Pause, "2025-08-07"), at(calendar.Resume, "2025-08-07")}, "", "2025-08-13", 0},
		// Five days from Wed 6: due Wed 13. Paused Fri 8: Mon, Tue, Wed are kept.
		{"paused", calendar.Life{start("2025-08-06", 5), at(calendar.Pause, "2025-08-08")}, "", "2025-08-13", 3},
		// Resumed Fri 15: Mon 18 is off, so Tue 19, Wed 20, Thu 21.
		{"resumed", calendar.Life{start("2025-08-06", 5), at(calendar.Pause, "2025-08-08"), at(calendar.Resume, "2025-08-15")}, "", "2025-08-21", 0},
		// A pause over the weekend takes no day twice: Fri 8 to Mon 11 keeps three days.
		{"a pause over a weekend", calendar.Life{start("2025-08-06", 5), at(calendar.Pause, "2025-08-08"), at(calendar.Resume, "2025-08-11")}, "", "2025-08-14", 0},
		// Paused on the due day itself: nothing is kept, so it ends on the day it goes on.
		{"paused on the due day", calendar.Life{start("2025-08-06", 5), at(calendar.Pause, "2025-08-13"), at(calendar.Resume, "2025-08-16")}, "", "2025-08-19", 0},
		// Due Wed 13, three more: Thu 14, Fri 15, Tue 19.
		{"extended", calendar.Life{start("2025-08-06", 5), more(calendar.Extend, "2025-08-11", 3)}, "", "2025-08-19", 0},
		// The extension was granted before the decree, which still moves its end.
		{"extended, then a decree", calendar.Life{start("2025-08-04", 5), more(calendar.Extend, "2025-08-06", 5)}, "", "2025-08-19", 0},
		{"grown while paused", calendar.Life{start("2025-08-06", 5), at(calendar.Pause, "2025-08-08"), more(calendar.Grow, "2025-08-08", 2)}, "", "2025-08-13", 5},
		// Due Wed 13; two more: Thu 14 and Fri 15.
		{"grown while paused for an hour", calendar.Life{start("2025-08-06", 5), at(calendar.Pause, "2025-08-08"), more(calendar.Grow, "2025-08-08", 2),
			at(calendar.Resume, "2025-08-08")}, "", "2025-08-15", 0},
		{"moved to another calendar", calendar.Life{start("2025-08-06", 5), to(calendar.Move, "2025-08-08", "wita")}, "", "2025-08-13", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var until calendar.Date
			if tt.until != "" {
				until = civil(t, tt.until)
			}
			r, err := tt.life.Reckon(books(t), until)
			require.NoError(t, err)
			require.Equal(t, tt.due, r.Due.Date.String())
			require.Equal(t, tt.left, r.Left)
		})
	}
}

func TestAMovedClockEndsAtTheMidnightOfTheCalendarThatGaveTheLaterDate(t *testing.T) {
	t.Parallel()
	life := calendar.Life{
		{Act: calendar.Start, On: civil(t, "2025-08-06"), Unit: calendar.WorkingDays, N: 5, Calendar: "wita"},
		{Act: calendar.Move, At: noon(t, "2025-08-08"), Calendar: "national"},
	}
	r, err := life.Reckon(books(t), 0)
	require.NoError(t, err)
	require.Equal(t, "national", r.Calendar, "midnight comes an hour later in WIB")
	require.Equal(t, "2025-08-13T17:00:00Z", r.Due.At.Format(time.RFC3339))
}

func TestWhatEachStateOfTheCalendarSaid(t *testing.T) {
	t.Parallel()
	life := calendar.Life{{Act: calendar.Start, On: civil(t, "2025-08-06"), Unit: calendar.WorkingDays, N: 10, Calendar: "national"}}
	r, err := life.Reckon(books(t), 0)
	require.NoError(t, err)
	require.Len(t, r.Sayings, 2)
	require.Equal(t, "2025-08-20", r.Sayings[0].Due.String())
	require.Equal(t, calendar.Saying{On: civil(t, "2025-08-07"), Calendar: "national", Revision: 43, Decree: "SKB2025r1", Due: civil(t, "2025-08-21")}, r.Sayings[1])
}

func TestADecreeThatGivesDaysBackShortensNoRunningClock(t *testing.T) {
	t.Parallel()
	// SKB2020r3 of 20 May 2020 made Fri 22 May 2020 a working day again.
	life := calendar.Life{{Act: calendar.Start, On: civil(t, "2020-05-19"), Unit: calendar.WorkingDays, N: 2, Calendar: "national"}}
	before, err := life.Reckon(books(t), civil(t, "2020-05-19"))
	require.NoError(t, err)
	after, err := life.Reckon(books(t), 0)
	require.NoError(t, err)
	require.Equal(t, before.Due.Date, after.Due.Date)
	require.Less(t, after.Current.Date, after.Due.Date, "the decree alone would give an earlier date")
}

func TestALifeThatNoClockCanHaveHadIsRefused(t *testing.T) {
	t.Parallel()
	start := calendar.Step{Act: calendar.Start, On: civil(t, "2025-08-06"), Unit: calendar.WorkingDays, N: 5, Calendar: "national"}
	pause := calendar.Step{Act: calendar.Pause, At: noon(t, "2025-08-07")}
	for name, life := range map[string]calendar.Life{
		"empty":               {},
		"no start":            {pause},
		"two starts":          {start, start},
		"two pauses":          {start, pause, pause},
		"resumed unpaused":    {start, {Act: calendar.Resume, At: noon(t, "2025-08-07"), Calendar: "national"}},
		"an unknown calendar": {{Act: calendar.Start, On: civil(t, "2025-08-06"), Unit: calendar.WorkingDays, N: 5, Calendar: "mars"}},
		"an unknown act":      {start, {Act: "dance", At: noon(t, "2025-08-07")}},
	} {
		_, err := life.Reckon(books(t), 0)
		require.Error(t, err, name)
	}
}

// The sentences, read by a person.
func TestTheSentenceOfAnExplanation(t *testing.T) {
	t.Parallel()
	start := func(on string, n int) calendar.Step {
		return calendar.Step{Act: calendar.Start, On: civil(t, on), Unit: calendar.WorkingDays, N: n, Calendar: "national"}
	}
	at := func(act calendar.Act, on string, n int, id string) calendar.Step {
		return calendar.Step{Act: act, At: noon(t, on), N: n, Calendar: id}
	}
	for name, tt := range map[string]struct {
		life     calendar.Life
		sentence string
	}{
		"paused and extended": {
			calendar.Life{start("2025-08-06", 5), at(calendar.Pause, "2025-08-08", 0, ""), at(calendar.Resume, "2025-08-15", 0, "national"), at(calendar.Extend, "2025-08-19", 2, "")},
			"Dihitung 5 hari kerja sejak Rabu 6 Agustus 2025, dijeda Jumat 8 Agustus 2025 sampai Jumat 15 Agustus 2025, diperpanjang 2 hari kerja, " +
				"batasnya akhir hari Senin 25 Agustus 2025; tidak dihitung: 3 hari akhir pekan, Minggu 17 Agustus 2025 (Proklamasi Kemerdekaan, SKB2025), " +
				"Senin 18 Agustus 2025 (Cuti Bersama Proklamasi Kemerdekaan, SKB2025r1).",
		},
		"still paused": {
			calendar.Life{start("2025-08-06", 5), at(calendar.Pause, "2025-08-08", 0, "")},
			"Dihitung 5 hari kerja sejak Rabu 6 Agustus 2025, kini dijeda sejak Jumat 8 Agustus 2025 dengan sisa 3 hari kerja.",
		},
		"moved": {
			calendar.Life{start("2025-08-06", 3), at(calendar.Move, "2025-08-07", 0, "wita")},
			"Dihitung 3 hari kerja sejak Rabu 6 Agustus 2025, sejak Kamis 7 Agustus 2025 menurut kalender wita, " +
				"batasnya akhir hari Senin 11 Agustus 2025; tidak dihitung: 2 hari akhir pekan.",
		},
		"shortened by a later decree": {
			calendar.Life{start("2020-05-19", 3)},
			"Dihitung 3 hari kerja sejak Selasa 19 Mei 2020, batasnya akhir hari Rabu 27 Mei 2020; tidak dihitung: 1 hari akhir pekan, " +
				"Kamis 21 Mei 2020 (Kenaikan Isa Al Masih, SKB2020), Jumat 22 Mei 2020 (Cuti Bersama Hari Raya Idul Fitri 1441 Hijriyah, SKB2020), " +
				"Minggu 24 Mei 2020 (Hari Raya Idul Fitri 1441 Hijriyah, SKB2020), Senin 25 Mei 2020 (Hari Raya Idul Fitri 1441 Hijriyah, SKB2020). " +
				"Menurut keputusan terbaru batasnya Selasa 26 Mei 2020, tetapi batas yang sudah berjalan tidak diperpendek.",
		},
		"seconds": {
			calendar.Life{{Act: calendar.Start, At: noon(t, "2025-08-08"), Unit: calendar.Seconds, N: 20}},
			"Dihitung 20 detik sejak Jumat 8 Agustus 2025 pukul 05.00.00 UTC, batasnya Jumat 8 Agustus 2025 pukul 05.00.20 UTC.",
		},
		"seconds, paused": {
			calendar.Life{{Act: calendar.Start, At: noon(t, "2025-08-08"), Unit: calendar.Seconds, N: 20},
				{Act: calendar.Pause, At: noon(t, "2025-08-08").Add(5 * time.Second)}},
			"Dihitung 20 detik sejak Jumat 8 Agustus 2025 pukul 05.00.00 UTC, kini dijeda dengan sisa 15 detik.",
		},
		"office hours": {
			calendar.Life{{Act: calendar.Start, At: noon(t, "2025-08-08").Add(3 * time.Hour), Unit: calendar.WorkingHours, N: 4, Calendar: "national"}},
			"Dihitung 4 jam kerja sejak Jumat 8 Agustus 2025 pukul 15.00, batasnya Senin 11 Agustus 2025 pukul 10.00; tidak dihitung: 2 hari akhir pekan.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := tt.life.Explain(books(t), 0)
			require.NoError(t, err)
			require.Equal(t, tt.sentence, e.Sentence)
		})
	}
}
