package api_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

// decreed is a decree of the national ledger as an administrator would send it.
func decreed(t *testing.T, key string) office.Decree {
	t.Helper()
	d, ok := calendar.National().Decree(key)
	require.True(t, ok, key)
	sent := office.Decree{IssuedOn: calendar.DateOf(d.IssuedOn).String(), Track: d.Track, CalendarYear: d.CalendarYear, Title: d.Title,
		Effect: d.Effect, Confidence: d.Confidence, Days: []office.DecreeDay{}}
	for _, y := range calendar.National().Days() {
		if y.Decree == key {
			sent.Days = append(sent.Days, office.DecreeDay{Date: y.Date.String(), Kind: y.Kind, NameID: y.NameID, NameEN: y.NameEN})
		}
		if y.SupersededBy == key {
			sent.Supersedes = append(sent.Supersedes, office.DecreeRef{Decree: y.Decree, Date: y.Date.String(), NameID: y.NameID})
		}
	}
	return sent
}

// resolution is how a caller is told of the resolution limit of a report.
func (w *town) resolution(who as, id string) office.Deadline {
	w.t.Helper()
	var all struct{ Deadlines []office.Deadline }
	w.call(who, http.StatusOK, "GET", "/v1/reports/"+id+"/deadlines", nil, &all)
	for _, d := range all.Deadlines {
		if d.Kind == report.Resolution {
			return d
		}
	}
	w.t.Fatalf("%s has no resolution limit", id)
	return office.Deadline{}
}

// whatIf is what anybody learns of so many working days after a day.
func (w *town) whatIf(from string, days int) office.Due {
	w.t.Helper()
	var d office.Due
	w.call(nobody, http.StatusOK, "GET", fmt.Sprintf("/v1/calendars/national/due?from=%sT09:00:00%%2B07:00&days=%d", from, days), nil, &d)
	return d
}

// revisions is the history of the national calendar as anybody may read it.
func (w *town) revisions() []office.Revision {
	w.t.Helper()
	var all struct{ Revisions []office.Revision }
	w.call(nobody, http.StatusOK, "GET", "/v1/calendars/national/revisions", nil, &all)
	return all.Revisions
}

// The amendments as they came, through the API: tried out by one person,
// committed by another, read by everybody. The dates are those of
// office/story_test.go, counted by hand there: R is 14 working days, 60 for a
// supervisory complaint. alone is what the calendar gives by itself, which a
// running limit does not follow to an earlier day.
//
// It fails, as tried, if PlanDecree moves a report or CommitDecree none; if
// anybody may commit, or the same person, another plan or an older revision
// passes; if a date may become earlier, or the earlier one is not told; if
// CalendarDue counts by the embedded ledger.
func TestTheAmendmentsThroughTheAPI(t *testing.T) {
	t.Parallel()
	type step struct{ on, key, due, alone string }
	tests := map[string]struct {
		filed string
		class report.Class
		days  int // of R
		due   string
		steps []step
		named string // in the sentence at the end
	}{
		"2020: three of four": {"2020-03-02", report.ComplaintSupervisory, 60, "2020-06-08", []step{
			{"2020-03-09", "SKB2020r1", "2020-06-10", "2020-06-10"}, // 28 and 29 May off
			{"2020-04-09", "SKB2020r2", "2020-06-10", "2020-06-04"}, // 26 to 29 May worked
			{"2020-05-20", "SKB2020r3", "2020-06-10", "2020-06-03"}, // 22 May worked
		}, "Rabu 10 Juni 2020"},
		"2020: the fourth": {"2020-11-30", report.ComplaintSupervisory, 60, "2021-03-05", []step{
			{"2020-12-01", "SKB2020r4", "2021-03-05", "2021-03-02"}, // 28 to 30 December worked
		}, "Jumat 5 Maret 2021"},
		"2021": {"2021-02-19", report.ComplaintOrdinary, 14, "2021-03-15", []step{
			{"2021-02-22", "SKB2021r1", "2021-03-15", "2021-03-12"}, // 12 March worked
		}, "Senin 15 Maret 2021"},
		"2023": {"2023-06-12", report.ComplaintOrdinary, 14, "2023-07-03", []step{
			{"2023-06-16", "SKB2023r2", "2023-07-05", "2023-07-05"}, // 28 and 30 June off
		}, "Rabu 5 Juli 2023"},
		"2025": {"2025-08-06", report.ComplaintOrdinary, 14, "2025-08-26", []step{
			{"2025-08-07", "SKB2025r1", "2025-08-27", "2025-08-27"}, // 18 August off
		}, "Senin 18 Agustus 2025 (Cuti Bersama Proklamasi Kemerdekaan, SKB2025r1)"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t, tt.filed, tt.steps[0].on)
			id, reporter := w.forwarded(tt.class)
			due, alone := tt.due, tt.due
			for _, s := range tt.steps {
				w.on(s.on)
				require.Equal(t, due, w.resolution(reporter, id).DueDate)
				require.Equal(t, alone, w.whatIf(tt.filed, tt.days).DueDate)
				w.decree(s.key, id, due, s.due)
				for _, who := range []as{reporter, nobody, by("admin.kab")} {
					require.Equal(t, s.due, w.resolution(who, id).DueDate)
				}
				asked := w.whatIf(tt.filed, tt.days)
				require.Equal(t, s.alone, asked.DueDate)
				require.Equal(t, s.alone, asked.Said[len(asked.Said)-1].DueDate)
				require.Equal(t, s.key, asked.Said[len(asked.Said)-1].Decree)
				due, alone = s.due, s.alone
			}
			last := w.resolution(reporter, id)
			require.Contains(t, last.Sentence, tt.named)
			require.Equal(t, tt.due, last.Said[0].DueDate, "what was said first is still told")
			if alone == due {
				alone = ""
			}
			require.Equal(t, alone, last.Earlier)
		})
	}
}

// decree has a decree tried out, refused to everybody who may not commit it, and
// committed. The report moves from one day to another, or stays.
func (w *town) decree(key, id, from, to string) {
	t, first, second := w.t, by("admin.nasional"), by("admin.nasional2")
	t.Helper()
	address := "/v1/calendars/national/decrees/" + key
	sent, known := decreed(t, key), w.revisions()

	// Another decree is tried out on the revision that is about to be an older one.
	var older office.DecreePlan
	rival := office.Decree{IssuedOn: sent.IssuedOn, Track: "Keppres-election", CalendarYear: sent.CalendarYear, Title: "Keppres uji",
		Days: []office.DecreeDay{{Date: to, Kind: calendar.Election, NameID: "Hari Pemungutan Suara"}}}
	w.call(first, http.StatusOK, "PUT", address+"-rival", rival, &older)

	var p office.DecreePlan
	w.call(first, http.StatusOK, "PUT", address, sent, &p)
	require.Equal(t, sent, p.Decree)
	require.Equal(t, known[0].Revision, p.BaseRevision)
	if from == to {
		require.Zero(t, p.Reports)
		require.Empty(t, p.Agencies)
	} else {
		require.Equal(t, []office.AgencyMove{{Agency: "kab.pu", Name: "Dinas PU", Clock: report.Resolution, From: from, To: to, Clocks: 1}}, p.Agencies)
		require.Equal(t, id, p.Named[0].Report)
	}
	require.Equal(t, from, w.resolution(nobody, id).DueDate, "a dry run moves nothing")
	require.Equal(t, known, w.revisions())

	commit := map[string]string{"plan": p.Plan}
	w.refused(nobody, http.StatusUnauthorized, "POST", address+"/commit", commit)
	w.refused(by("admin.kab"), http.StatusForbidden, "POST", address+"/commit", commit)
	same := w.refused(first, http.StatusForbidden, "POST", address+"/commit", commit)
	require.Equal(t, "Keputusan disahkan oleh orang kedua, bukan oleh yang mengujinya.", same.Detail)
	w.refused(second, http.StatusConflict, "POST", address+"/commit", map[string]string{"plan": older.Plan})
	require.Equal(t, known, w.revisions(), "nothing refused has changed anything")

	var done office.Committed
	w.call(second, http.StatusOK, "POST", address+"/commit", commit, &done)
	require.Equal(t, office.Committed{Calendar: "national", Key: key, Revision: known[0].Revision + 1, Reports: p.Reports, Clocks: p.Reports}, done)
	after := w.revisions()
	require.Equal(t, known, after[1:])
	require.Equal(t, key, after[0].Decree)
	require.Equal(t, sent.Days, after[0].Days)
	require.Len(t, after[0].TakenBack, len(sent.Supersedes))

	w.refused(second, http.StatusConflict, "POST", address+"-rival/commit", map[string]string{"plan": older.Plan})
	var waits office.DecreePlan
	w.call(second, http.StatusOK, "GET", address+"-rival", nil, &waits)
	require.True(t, waits.Stale)
	w.refused(first, http.StatusConflict, "PUT", address, sent)
	w.refused(second, http.StatusNotFound, "POST", address+"/commit", commit)
	require.Equal(t, after, w.revisions())
}

// everyWorkday are all days of 2025 from Monday to Friday.
func everyWorkday(kind calendar.Kind) []office.DecreeDay {
	var days []office.DecreeDay
	for d := calendar.NewDate(2025, time.January, 1); d.Year() == 2025; d++ {
		if day := d.Time().Weekday(); day != time.Saturday && day != time.Sunday {
			days = append(days, office.DecreeDay{Date: d.String(), Kind: kind, NameID: "Libur"})
		}
	}
	return days
}

// It fails, as tried, if PlanDecree keeps a plan that it refuses, and if a ledger
// takes a day twice, takes back an unknown decree's or the same day twice, or has
// a year without work.
func TestABadDecreeIsRefusedWithItsFieldAndReason(t *testing.T) {
	t.Parallel()
	w := newTown(t, "2025-08-06", "2025-08-07")
	id, reporter := w.forwarded(report.ComplaintOrdinary)
	w.on("2025-08-07")
	known, due := w.revisions(), w.resolution(reporter, id)
	tests := map[string]struct {
		change  func(*office.Decree)
		pointer string
		reason  string
	}{
		"a date twice": {func(d *office.Decree) { d.Days = append(d.Days, d.Days[0]) },
			"/days/1", `Hari ke-2: 2025-08-18 "Cuti Bersama Proklamasi Kemerdekaan" tercantum dua kali dalam SKB2025r1.`},
		"an unknown decree taken back": {func(d *office.Decree) { d.Supersedes = []office.DecreeRef{{Decree: "SKB1999", Date: "2025-08-18"}} },
			"/supersedes/0", `Pencabutan ke-1: keputusan "SKB1999" yang dicabut tidak dikenal, atau tidak memuat hari.`},
		"a day taken back that was never off": {func(d *office.Decree) { d.Supersedes = []office.DecreeRef{{Decree: "SKB2025", Date: "2025-08-19"}} },
			"/supersedes/0", `Pencabutan ke-1: keputusan SKB2025 tidak memuat 2025-08-19 "".`},
		"a day taken back twice": {func(d *office.Decree) {
			ref := office.DecreeRef{Decree: "SKB2025", Date: "2025-12-26"}
			d.Supersedes = []office.DecreeRef{ref, ref}
		}, "/supersedes/1", `Pencabutan ke-2: 2025-12-26 "Cuti Bersama Kelahiran Yesus Kristus" dari SKB2025 sudah dicabut oleh SKB2025r1.`},
		"a year without a working day": {func(d *office.Decree) { d.Days = everyWorkday(calendar.NationalHoliday) },
			"/days", "Keputusan ditolak: kalender national tanpa hari kerja pada tahun 2025."},
		"a day of a region for all": {func(d *office.Decree) { d.Days[0].Kind = calendar.RegionalOff },
			"/days/0/kind", `Hari ke-1: jenis "regional_off" tidak berlaku untuk kalender national`},
		"30 February":     {func(d *office.Decree) { d.Days[0].Date = "2025-02-30" }, "/days/0/date", "Salah bentuk: tanggal YYYY-MM-DD."},
		"issued tomorrow": {func(d *office.Decree) { d.IssuedOn = "2025-08-08" }, "/issued_on", "Keputusan yang ditetapkan 2025-08-08 belum berlaku"},
	}
	for name, tt := range tests {
		d := decreed(t, "SKB2025r1")
		tt.change(&d)
		p := w.refused(by("admin.nasional"), http.StatusBadRequest, "PUT", "/v1/calendars/national/decrees/SKB2025r1", d)
		require.Equal(t, []string{tt.pointer}, pointers(p), name)
		require.Contains(t, p.Errors[0].Detail, tt.reason, name)
		w.refused(by("admin.nasional2"), http.StatusNotFound, "GET", "/v1/calendars/national/decrees/SKB2025r1", nil)
		require.Equal(t, known, w.revisions(), name)
		require.Equal(t, due, w.resolution(reporter, id), name)
	}
	var p office.DecreePlan
	w.call(by("admin.nasional"), http.StatusOK, "PUT", "/v1/calendars/national/decrees/SKB2025r1", decreed(t, "SKB2025r1"), &p)
	require.Equal(t, known[0].Revision, p.BaseRevision, "the good one is taken")
}
