package office_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

// real is a decree of the national ledger as an administrator would enter it.
func real(t testing.TB, key string) office.Decree {
	t.Helper()
	d, ok := calendar.National().Decree(key)
	require.True(t, ok, key)
	entered := office.Decree{IssuedOn: calendar.DateOf(d.IssuedOn).String(), Track: d.Track, CalendarYear: d.CalendarYear, Title: d.Title,
		Effect: d.Effect, Confidence: d.Confidence, Days: []office.DecreeDay{}}
	for _, y := range calendar.National().Days() {
		if y.Decree == key {
			entered.Days = append(entered.Days, office.DecreeDay{Date: y.Date.String(), Kind: y.Kind, NameID: y.NameID, NameEN: y.NameEN})
		}
		if y.SupersededBy == key {
			entered.Supersedes = append(entered.Supersedes, office.DecreeRef{Decree: y.Decree, Date: y.Date.String(), NameID: y.NameID})
		}
	}
	return entered
}

// installedOn makes the bench an installation of a day: no decree issued then or
// later has been heard of.
func (b *bench) installedOn(day string) {
	b.t.Helper()
	b.exec(fmt.Sprintf(`DELETE FROM day WHERE decree IN (SELECT key FROM decree WHERE issued_on >= '%s')`, day))
	b.exec(fmt.Sprintf(`UPDATE day SET superseded_by = NULL WHERE superseded_by IN (SELECT key FROM decree WHERE issued_on >= '%s')`, day))
	b.exec(fmt.Sprintf(`DELETE FROM decree WHERE issued_on >= '%s'`, day))
	b.exec(`UPDATE calendar SET revision = (SELECT count(*) FROM decree WHERE issued_on IS NOT NULL)`)
}

// on sets the clock to 09:00 WIB of a day.
func (b *bench) on(day string) {
	b.t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", day+" 09:00", time.FixedZone("WIB", 7*3600))
	require.NoError(b.t, err)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at = at.UTC()
}

// decree has a decree tried out by one national administrator and committed by
// another.
func (b *bench) decree(key string) {
	b.t.Helper()
	d := real(b.t, key)
	key = strings.ReplaceAll(key, "/", "-") // it stands in an address
	p, err := b.PlanDecree(b.t.Context(), b.as("admin.nasional"), "national", key, d)
	require.NoError(b.t, err)
	done, err := b.CommitDecree(b.t.Context(), b.as("admin.nasional2"), "national", key, p.Plan)
	require.NoError(b.t, err)
	require.Equal(b.t, p.Reports, done.Reports, "what was tried out is what happened")
}

// The amendments of 2020 to 2025 as they came, with reports open across each.
// The dates are counted by hand from the decrees: R is 14 working days, 60 for a
// supervisory complaint, V is 3; the day of receipt is not counted.
func TestTheAmendmentsAsTheyCame(t *testing.T) {
	t.Parallel()
	const ordinary, supervisory = report.ComplaintOrdinary, report.ComplaintSupervisory
	type step struct {
		day    string
		file   string       // a report filed and forwarded under this name
		class  report.Class //
		decree string       // or a decree
		due    map[string]string
	}
	stories := map[string]struct {
		installed string
		steps     []step
	}{
		"2020: leave of Idul Fitri moved to December, taken back, and again": {"2020-03-02", []step{
			// March 20 days, April 21 (Nyepi 25 Mar, Good Friday 10 Apr), May to the 20th 12 (1, 7 off): 53.
			// 21, 22, 25 to 27 May off: 28, 29 May, 2 to 5, 8 June.
			{day: "2020-03-02", file: "a", class: supervisory, due: map[string]string{"a": "2020-06-08"}},
			// 28 and 29 May become leave: two days later.
			{day: "2020-03-09", decree: "SKB2020r1", due: map[string]string{"a": "2020-06-10"}},
			// 26 to 29 May become working days; a running limit is not shortened (4 June).
			{day: "2020-04-09", decree: "SKB2020r2", due: map[string]string{"a": "2020-06-10"}},
			// 30 April, 1 May off, 4 to 6, 8, 11 to 15, 18 to 20, 26, 27 May: fourteen from Wed 29 April.
			{day: "2020-04-29", file: "b", class: ordinary, due: map[string]string{"b": "2020-05-26"}},
			// 22 May becomes a working day two days before: b would end on it, and stays.
			{day: "2020-05-20", decree: "SKB2020r3", due: map[string]string{"a": "2020-06-10", "b": "2020-05-26"}},
		}},
		"2020: leave of December taken back": {"2020-11-27", []step{
			{day: "2020-11-27", decree: "KP22/2020"},
			// December 1-4, 7, 8, 10, 11, 14-18, 21-23: 16; 24, 25 and 28-31 off. January 20, February 19, March 1-5.
			{day: "2020-11-30", file: "c", class: supervisory, due: map[string]string{"c": "2021-03-05"}},
			// 28 to 30 December become working days: 2 March, but c keeps its date.
			{day: "2020-12-01", decree: "SKB2020r4", due: map[string]string{"c": "2021-03-05"}},
			{day: "2020-12-01", file: "d", class: supervisory, due: map[string]string{"d": "2021-03-03"}},
		}},
		"2021: leave cut, holidays moved": {"2021-02-19", []step{
			// 22-26 February, 1-5, 8-10 March: 13; 11 and 12 March off: Mon 15.
			{day: "2021-02-19", file: "e", class: ordinary, due: map[string]string{"e": "2021-03-15"}},
			{day: "2021-02-22", decree: "SKB2021r1", due: map[string]string{"e": "2021-03-15"}},
			// 23-26 February, 1-5, 8-10, 12, 15 March.
			{day: "2021-02-22", file: "f", class: ordinary, due: map[string]string{"f": "2021-03-15"}},
			{day: "2021-04-09", decree: "KP7/2021"},
			// 11, 17-21, 24, 25, 27, 28, 31 May: 11; June 21; July 21 (20 off); 2-6, 9 August: 59; the 10th off: Wed 11.
			{day: "2021-05-10", file: "g", class: supervisory, due: map[string]string{"g": "2021-08-11"}},
			// The holiday moves from the 10th to the 11th: g would end on the 10th, and stays.
			{day: "2021-06-18", decree: "SKB2021r2", due: map[string]string{"g": "2021-08-11"}},
		}},
		"2023: leave of Idul Fitri brought forward, of Idul Adha added": {"2023-03-29", []step{
			// 30, 31 March, 3-6, 10-14, 17-19 April (7 off).
			{day: "2023-03-29", file: "h", class: ordinary, due: map[string]string{"h": "2023-04-19"}},
			// 19 to 21, 24 and 25 April off, 26 worked.
			{day: "2023-03-29", decree: "SKB2023r1", due: map[string]string{"h": "2023-04-26"}},
			// 13-16, 19-23, 26-28, 30 June, 3 July (29 June off).
			{day: "2023-04-13", decree: "KP8/2023"},
			{day: "2023-06-12", file: "i", class: ordinary, due: map[string]string{"i": "2023-07-03"}},
			// 28 and 30 June off: 4 and 5 July.
			{day: "2023-06-16", decree: "SKB2023r2", due: map[string]string{"i": "2023-07-05"}},
		}},
		"2025: 18 August": {"2025-08-07", []step{
			// 7, 8, 11-15, 18-22, 25, 26 August (the 17th is a Sunday).
			{day: "2025-08-06", file: "j", class: ordinary, due: map[string]string{"j": "2025-08-26"}},
			{day: "2025-08-07", decree: "SKB2025r1", due: map[string]string{"j": "2025-08-27"}},
		}},
	}
	for name, s := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.installedOn(s.installed)
			ids := map[string]string{}
			for _, x := range s.steps {
				b.on(x.day)
				if x.decree != "" {
					b.decree(x.decree)
				}
				if x.file != "" {
					ids[x.file] = b.forwarded(func(n *office.Submission) { n.Class = x.class; n.OccurredOn = "" }).ID
				}
				for report, want := range x.due {
					require.Equal(t, want, b.resolution(ids[report]), "%s on %s", report, x.day)
				}
			}
		})
	}
}

// resolution is the last day of a report's resolution limit, as its
// administrators read it.
func (b *bench) resolution(id string) string {
	b.t.Helper()
	all, err := b.Deadlines(b.t.Context(), b.as("admin.nasional"), id)
	require.NoError(b.t, err)
	for _, d := range all {
		if d.Kind == report.Resolution {
			return d.DueDate
		}
	}
	b.t.Fatalf("%s has no resolution limit", id)
	return ""
}
