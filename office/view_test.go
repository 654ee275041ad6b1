package office_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

func TestWhatMayNotBeKnownHasOneAnswer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	waiting, public := b.file(), b.forwarded()
	secret := b.file(func(s *office.Submission) { s.Content = office.ContentSecret })
	gone := b.forwarded()
	b.say(gone, office.Act{Action: report.Withdraw})
	lower := strings.ToLower(waiting.AccessCode)
	ctx := t.Context()
	for _, c := range []struct {
		name   string
		caller office.Caller
		id     string
	}{
		{"unknown", anyone, "KWL-0000-0000-0"},
		{"misspelled", anyone, "KWL-0000-0000-1"},
		{"no id at all", anyone, "x"},
		{"not yet published", anyone, waiting.ID},
		{"secret", anyone, secret.ID},
		{"withdrawn", anyone, gone.ID},
		{"a wrong code", with("0" + lower), waiting.ID},
		{"a wrong code on a published report", with(waiting.AccessCode), public.ID},
		{"another tree's administrator", b.as("admin.kota"), waiting.ID},
		{"a supervisor and a secret", b.as("supervisor"), secret.ID},
		{"an officer before it is his", b.as("officer.pu"), secret.ID},
	} {
		_, err := b.Report(ctx, c.caller, c.id)
		require.ErrorIs(t, err, fault.NotFound, c.name)
		require.Equal(t, office.NotFoundSentence, err.Error(), c.name)
		_, err = b.Timeline(ctx, c.caller, c.id)
		require.Equal(t, office.NotFoundSentence, err.Error(), c.name)
		_, err = b.Deadlines(ctx, c.caller, c.id)
		require.Equal(t, office.NotFoundSentence, err.Error(), c.name)
		if c.caller.Kind == office.Reporter {
			_, err = b.Command(ctx, c.caller, c.id, office.Act{Action: report.Reply, Text: "a"}, "")
			require.Equal(t, office.NotFoundSentence, err.Error(), c.name)
			_, err = b.Rate(ctx, c.caller, c.id, 1, "")
			require.Equal(t, office.NotFoundSentence, err.Error(), c.name)
			_, err = b.ReplaceCode(ctx, c.caller, c.id, "")
			require.Equal(t, office.NotFoundSentence, err.Error(), c.name)
			_, err = b.SetVisibility(ctx, c.caller, c.id, true, "")
			require.Equal(t, office.NotFoundSentence, err.Error(), c.name)
		}
	}
}

// Whoever has no code of a report learns nothing from a key: not from his own, used
// twice, and not from the one that its reporter has used.
func TestAKeyTellsNothingOfAReport(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	secret, mine := b.file(func(s *office.Submission) { s.Content = office.ContentSecret }), b.file()
	const key = "the-key-of-a-reporter"
	reply := office.Act{Action: report.Reply, Text: "Ada kabar?"}
	first, err := b.Command(ctx, with(secret.AccessCode), secret.ID, reply, key)
	require.NoError(t, err)
	for _, id := range []string{secret.ID, "KWL-0000-0000-0"} {
		for _, stranger := range []office.Caller{with(mine.AccessCode), with("0" + strings.ToLower(secret.AccessCode)), anyone} {
			for range 2 {
				_, err := b.Command(ctx, stranger, id, reply, key)
				require.EqualError(t, err, office.NotFoundSentence)
				_, err = b.SetVisibility(ctx, stranger, id, true, key)
				require.EqualError(t, err, office.NotFoundSentence)
				if stranger.Code != "" {
					_, err = b.ReplaceCode(ctx, stranger, id, key)
					require.EqualError(t, err, office.NotFoundSentence)
				}
			}
		}
	}
	require.Equal(t, 1, b.count(`SELECT count(*) FROM idempotency WHERE scope <> 'anyone'`), "what was refused keeps nothing")
	_, err = b.Command(ctx, with(mine.AccessCode), mine.ID, reply, key)
	require.NoError(t, err)
	again, err := b.Command(ctx, with(secret.AccessCode), secret.ID, reply, key)
	require.NoError(t, err)
	require.Equal(t, first.CommandID, again.CommandID)
}

func TestEachCallerSeesHisOwnSideOfAReport(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	lat, long := -6.914744, 107.60981
	r := b.forwarded(func(s *office.Submission) { s.Identity, s.Lat, s.Long = office.IdentitySealed, &lat, &long })
	b.do("officer.pu", r.ID, office.Act{Action: report.Note, Text: "Catatan dalam."})
	b.say(r, office.Act{Action: report.Reply, Text: "Nomor saya 0812."})

	public, err := b.Report(ctx, anyone, r.ID)
	require.NoError(t, err)
	require.Equal(t, office.SeenByPublic, public.SeenBy)
	require.Equal(t, "Jalan berlubang", public.Title)
	require.Empty(t, public.Thread, "a sealed reporter's reply is held, a note is internal")
	require.Nil(t, public.Own)
	require.Nil(t, public.Desk)
	require.Empty(t, public.AllowedActions)
	require.InDelta(t, -6.915, *public.Lat, 1e-9)

	own, err := b.Report(ctx, with(r.AccessCode), r.ID)
	require.NoError(t, err)
	require.Equal(t, "Jalan berlubang di depan pasar", own.Title)
	require.Len(t, own.Thread, 1)
	require.Nil(t, own.Desk)
	require.Contains(t, own.AllowedActions, report.Withdraw)
	require.NotContains(t, own.AllowedActions, report.Forward)

	officer, err := b.Report(ctx, b.as("officer.pu"), r.ID)
	require.NoError(t, err)
	require.Equal(t, "Jalan berlubang", officer.Title, "the agency reads the redacted copy")
	require.InDelta(t, -6.915, *officer.Lat, 1e-9)
	require.Len(t, officer.Thread, 1)
	require.Equal(t, "note", officer.Thread[0].Kind)
	require.Contains(t, officer.AllowedActions, report.PostFollowUp)

	admin, err := b.Report(ctx, b.as("admin.kab"), r.ID)
	require.NoError(t, err)
	require.Equal(t, own.Title, admin.Title)
	require.Len(t, admin.Thread, 2)
	require.Equal(t, "kab", admin.Desk.Queue)

	beside, err := b.Report(ctx, b.as("officer.dinkes"), r.ID)
	require.NoError(t, err)
	require.Equal(t, office.SeenByPublic, beside.SeenBy)

	auditor, err := b.Report(ctx, b.as("auditor"), r.ID)
	require.NoError(t, err)
	require.Empty(t, auditor.AllowedActions)
	require.Equal(t, 1, b.count(`SELECT count(*) FROM audit WHERE subject = 'auditor' AND allowed AND report = $1`, r.ID), "privileged reading is logged")
}

func TestDeadlinesExplainThemselves(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.pass(6 * 24 * time.Hour) // Tuesday 12 August 2025
	r := b.file()
	all, err := b.Deadlines(t.Context(), with(r.AccessCode), r.ID)
	require.NoError(t, err)
	require.Len(t, all, 1)
	d := all[0]
	require.Equal(t, report.DefaultRules, d.Rule)
	require.NotEmpty(t, d.Source)
	require.Equal(t, "2025-08-15", d.DueDate)
	require.Empty(t, d.Skipped)

	b.pass(24 * time.Hour) // Wednesday: 14, 15, then 18 August is joint leave
	r = b.forwarded()
	all, err = b.Deadlines(t.Context(), anyone, r.ID)
	require.NoError(t, err)
	require.Len(t, all, 2, "the public sees the clocks that run")
	d = all[0]
	require.Equal(t, report.FirstFollowUp, d.Kind)
	require.Equal(t, "2025-08-21", d.DueDate)
	require.Equal(t, "2025-08-18", d.Skipped[len(d.Skipped)-1].Date)
	require.NotEmpty(t, d.Skipped[len(d.Skipped)-1].Decree)
	require.Positive(t, d.Weekends)
	require.Contains(t, d.Sentence, "5 hari kerja")
	require.Contains(t, d.Sentence, "Senin 18 Agustus 2025 (Cuti Bersama Proklamasi Kemerdekaan, SKB2025r1)")
	require.True(t, strings.HasSuffix(d.Sentence, "."))

	demo := b.file(func(s *office.Submission) { s.Agency = "demo" })
	all, err = b.Deadlines(t.Context(), with(demo.AccessCode), demo.ID)
	require.NoError(t, err)
	require.Contains(t, all[0].Sentence, "20 detik")
}

func TestTheTimelineTellsWhoDidWhatWhen(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.forwarded()
	b.do("officer.pu", r.ID, office.Act{Action: report.Note, Text: "Dalam."})
	b.do("officer.pu", r.ID, office.Act{Action: report.RequestExtension, Clock: report.FirstFollowUp, Days: 5})
	b.do("admin.kab", r.ID, office.Act{Action: report.Extend})
	staff, err := b.Timeline(t.Context(), b.as("admin.kab"), r.ID)
	require.NoError(t, err)
	var did []report.Action
	for _, e := range staff {
		did = append(did, e.Action)
	}
	require.Equal(t, []report.Action{report.Submit, report.Forward, report.Note, report.RequestExtension, report.Extend}, did)
	require.Equal(t, "kab", staff[1].Office)
	f := staff[1].Deadlines[0]
	require.Equal(t, report.FirstFollowUp, f.Kind)
	require.True(t, f.Now.After(*f.Then), "then five days, now ten")
	own, err := b.Timeline(t.Context(), with(r.AccessCode), r.ID)
	require.NoError(t, err)
	require.Len(t, own, 4, "notes are the staff's")
}

func TestListsEndAndNeverRepeat(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	want := map[string]bool{}
	for range 5 {
		b.pass(time.Minute)
		want[b.forwarded().ID] = true
	}
	b.file() // not published
	for name, c := range map[string]struct {
		caller office.Caller
		n      int
	}{"public": {anyone, 5}, "staff": {b.as("admin.kab"), 6}, "another tree": {b.as("admin.kota"), 0}} {
		seen, cursor := map[string]bool{}, ""
		for {
			p, err := b.List(t.Context(), c.caller, office.Filter{Limit: 2}, cursor)
			require.NoError(t, err)
			require.LessOrEqual(t, len(p.Reports), 2)
			for _, card := range p.Reports {
				require.False(t, seen[card.ID], name)
				seen[card.ID] = true
			}
			if cursor = p.Next; cursor == "" {
				break
			}
		}
		require.Len(t, seen, c.n, name)
	}
	for field, f := range map[string]office.Filter{
		"/limit": {Limit: 101}, "/stage": {Stage: "sleep"}, "/bbox": {BBox: &[4]float64{2, 0, 1, 1}}, "/q": {Q: "\xff"},
	} {
		_, err := b.List(t.Context(), anyone, f, "")
		requireField(t, err, fault.Invalid, field)
	}
	_, err := b.List(t.Context(), anyone, office.Filter{}, "bogus")
	requireField(t, err, fault.Invalid, "/cursor")
}

// TestTheListShowsWhatThePolicyLetsRead compares the two walls: a report is in
// somebody's list exactly if he may open it, under the same title.
func TestTheListShowsWhatThePolicyLetsRead(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	lat, long := -6.914744, 107.60981
	health := func(s *office.Submission) { s.Agency = "kab.dinkes" }
	at := func(s *office.Submission) { s.Lat, s.Long = &lat, &long }
	secret := func(s *office.Submission) { s.Content = office.ContentSecret }
	sealed := func(s *office.Submission) { s.Identity = office.IdentitySealed }
	toHealth := func(r office.Receipt) string {
		b.do("admin.kab", r.ID, office.Act{Action: report.PassUp})
		a := forward()
		a.Unit = "kab.dinkes"
		b.do("admin.nasional", r.ID, a)
		return r.ID
	}
	reports := map[string]string{
		"waits":            b.file().ID,
		"waits, secret":    b.file(secret).ID,
		"with pu":          b.forwarded().ID,
		"with pu, secret":  b.forwarded(secret, sealed).ID,
		"with jalan":       b.forwarded(sealed, at).ID,
		"in dinkes":        b.file(health, at).ID,
		"health":           toHealth(b.file()),
		"health, sealed":   toHealth(b.file(sealed, at)),
		"health, secret":   toHealth(b.file(secret)),
		"accuses dinkes":   b.file(func(s *office.Submission) { s.Accused = []string{"kab.dinkes"} }).ID,
		"secretly accuses": b.file(secret, func(s *office.Submission) { s.Accused = []string{"kab.pu"} }).ID,
	}
	b.do("officer.pu", reports["with jalan"], office.Act{Action: report.Assign, Unit: "kab.pu.jalan"})
	titles := map[string]map[string]string{}
	for _, who := range []string{"admin.nasional", "admin.nasional2", "admin.kab", "admin.dinkes", "admin.kota", "officer.pu",
		"officer.jalan", "officer.dinkes", "head.pu", "supervisor", "auditor"} {
		page, err := b.List(t.Context(), b.as(who), office.Filter{}, "")
		require.NoError(t, err)
		listed := map[string]office.Card{}
		titles[who] = map[string]string{}
		for _, c := range page.Reports {
			listed[c.ID] = c
		}
		for name, id := range reports {
			v, err := b.Report(t.Context(), b.as(who), id)
			opened := err == nil && v.SeenBy == office.SeenByStaff
			card, ok := listed[id]
			require.Equal(t, opened, ok, "%s: %s", who, name)
			if !ok {
				continue
			}
			titles[who][name] = card.Title
			require.Equal(t, v.Title, card.Title, "%s: %s", who, name)
			if v.Lat != nil {
				require.InDelta(t, *v.Lat, *card.Lat, 1e-9, "%s: %s", who, name)
				require.InDelta(t, *v.Long, *card.Long, 1e-9, "%s: %s", who, name)
			}
		}
	}
	require.Len(t, titles["auditor"], len(reports))
	require.Equal(t, map[string]string{
		"in dinkes": pothole().Title, "health": pothole().Title, "health, sealed": forward().PublicTitle,
	}, titles["admin.dinkes"], "no secret of another's queue, and of a sealed reporter the copy")
	require.Equal(t, map[string]string{"with pu": pothole().Title, "with jalan": forward().PublicTitle}, titles["head.pu"], "no secret before it is escalated")
}

func TestTheMapHasPointsAndCountsTheRest(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	lat, long := -6.9, 107.6
	b.forwarded()
	r := b.forwarded(func(s *office.Submission) { s.Lat, s.Long = &lat, &long })
	text, err := b.GeoJSON(t.Context(), anyone, office.Filter{})
	require.NoError(t, err)
	var m office.FeatureCollection
	require.NoError(t, json.Unmarshal(text, &m))
	require.Equal(t, 1, m.WithoutPoint)
	require.Len(t, m.Features, 1)
	require.Equal(t, r.ID, m.Features[0].ID)
	require.Equal(t, "Terdisposisi", m.Features[0].Properties.Label)
	require.Equal(t, [2]float64{107.6, -6.9}, m.Features[0].Geometry.Coordinates)
}

func TestTheQueueHoldsWhatWaits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.file()
	b.pass(24 * time.Hour)
	second := b.file()
	cards, err := b.Queue(t.Context(), b.as("admin.kab"), office.Filter{})
	require.NoError(t, err)
	require.Len(t, cards, 2)
	require.Equal(t, []string{first.ID, second.ID}, []string{cards[0].ID, cards[1].ID}, "the most urgent first")
	_, err = b.Queue(t.Context(), anyone, office.Filter{})
	require.ErrorIs(t, err, fault.Unauthenticated)
	_, err = b.Queue(t.Context(), b.as("auditor"), office.Filter{})
	require.ErrorIs(t, err, fault.Forbidden)
}

func TestRatingsAreRowsAndTheLastCounts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.forwarded()
	_, err := b.Rate(t.Context(), with(r.AccessCode), r.ID, 4, "")
	require.ErrorIs(t, err, fault.Conflict, "nothing to judge yet")
	b.do("officer.pu", r.ID, office.Act{Action: report.PostFollowUp, Text: "Beres."})
	for _, score := range []int{1, 4} {
		_, err = b.Rate(t.Context(), with(r.AccessCode), r.ID, score, "Lumayan.")
		require.NoError(t, err)
	}
	_, err = b.Rate(t.Context(), with(r.AccessCode), r.ID, 5, "")
	requireField(t, err, fault.Invalid, "/score")
	_, err = b.Rate(t.Context(), b.as("admin.kab"), r.ID, 4, "")
	require.ErrorIs(t, err, fault.Forbidden)
	v, err := b.Report(t.Context(), anyone, r.ID)
	require.NoError(t, err)
	require.Equal(t, 4, v.Rating.Score)
	require.Empty(t, v.Rating.Text, "the text is the reporter's and the staff's")
	require.Equal(t, report.Closure, v.Stage)
	lines, err := b.Statistics(t.Context(), anyone, "agency", office.Filter{})
	require.NoError(t, err)
	require.InDelta(t, 4, *lines[0].Rating, 1e-9)
}

func TestAnAccessCodeIsReplacedAndALostOneNeverShown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.file()
	const key = "replace-replace-1"
	n, err := b.ReplaceCode(t.Context(), with(r.AccessCode), r.ID, key)
	require.NoError(t, err)
	require.NotEmpty(t, n.AccessCode)
	again, err := b.ReplaceCode(t.Context(), with(r.AccessCode), r.ID, key)
	require.NoError(t, err, "the same key, though the old code is dead")
	require.Equal(t, n, again)
	_, err = b.Report(t.Context(), with(r.AccessCode), r.ID)
	require.ErrorIs(t, err, fault.NotFound, "the old code is dead")
	_, err = b.Report(t.Context(), with(n.AccessCode), r.ID)
	require.NoError(t, err)

	for _, id := range []string{r.ID, "KWL-0000-0000-0", "x"} {
		lost, err := b.ReplaceCode(t.Context(), anyone, id, "")
		require.NoError(t, err)
		require.Equal(t, office.NewCode{Sent: true}, lost, "the same answer, whether or not there is such a report")
	}
	b.Wait()
	require.Contains(t, b.sent, r.ID)
}

func TestMoreSecretIsInstantLessSecretTakesThree(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.forwarded()
	b.engine.set(func(e *engine) { e.away = true })
	v, err := b.SetVisibility(t.Context(), with(r.AccessCode), r.ID, true, "")
	require.NoError(t, err)
	require.Equal(t, office.StateWaiting, v.State)
	_, err = b.Report(t.Context(), anyone, r.ID)
	require.ErrorIs(t, err, fault.NotFound, "gone at once, though no workflow has heard of it")

	b.engine.set(func(e *engine) { e.away = false })
	_, err = b.engine.apply(t.Context(), r.ID, b.engine.signals[len(b.engine.signals)-1])
	require.NoError(t, err)
	for _, step := range []struct {
		caller   office.Caller
		reporter bool
		admins   int
	}{
		{b.as("admin.kab"), false, 1}, {b.as("admin.kab"), false, 1}, {with(r.AccessCode), true, 1},
	} {
		v, err = b.SetVisibility(t.Context(), step.caller, r.ID, false, "")
		require.NoError(t, err)
		require.Equal(t, office.Visibility{State: office.StateConsented, Reporter: step.reporter, Admins: step.admins}, v)
	}
	_, err = b.Report(t.Context(), anyone, r.ID)
	require.ErrorIs(t, err, fault.NotFound)
	v, err = b.SetVisibility(t.Context(), b.as("admin.kab2"), r.ID, false, "")
	require.NoError(t, err)
	require.Equal(t, office.StateApplied, v.State)
	_, err = b.Report(t.Context(), anyone, r.ID)
	require.NoError(t, err)
	_, err = b.SetVisibility(t.Context(), b.as("officer.pu"), r.ID, false, "")
	require.ErrorIs(t, err, fault.Forbidden)
}

func TestViewsLinkIntoTheTemporalUIWithTodaysDate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	views, err := b.Views(t.Context(), b.as("supervisor"))
	require.NoError(t, err)
	all, err := json.Marshal(views)
	require.NoError(t, err)
	require.Contains(t, string(all), "KawalSLA = 'late'")
	require.Contains(t, string(all), "2025-08-06T17:00:00Z", "the midnight that ends today in WIB")
	require.Contains(t, views[0].URL, "http://127.0.0.1:8233/namespaces/kawal/workflows?query=")
	_, err = b.Views(t.Context(), b.as("admin.kab"))
	require.ErrorIs(t, err, fault.Forbidden)
	_, err = b.Views(t.Context(), anyone)
	require.ErrorIs(t, err, fault.Unauthenticated)
}

func TestTheLastConsentIsAnsweredOnceUnderItsKey(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.forwarded(func(s *office.Submission) { s.Content = office.ContentSecret })
	const key = "consent-consent-1"
	first, err := b.SetVisibility(t.Context(), b.as("admin.kab"), r.ID, false, key)
	require.NoError(t, err)
	_, err = b.SetVisibility(t.Context(), with(r.AccessCode), r.ID, false, "")
	require.NoError(t, err)
	last, err := b.SetVisibility(t.Context(), b.as("admin.kab2"), r.ID, false, key)
	require.NoError(t, err)
	require.Equal(t, office.StateApplied, last.State)
	require.NotEmpty(t, last.CommandID)
	for subject, want := range map[string]office.Visibility{"admin.kab": first, "admin.kab2": last} {
		again, err := b.SetVisibility(t.Context(), b.as(subject), r.ID, false, key)
		require.NoError(t, err)
		require.Equal(t, want, again)
	}
	_, err = b.SetVisibility(t.Context(), b.as("admin.kab2"), r.ID, true, key)
	require.ErrorIs(t, err, fault.Conflict, "the key was used for another request")
}

// Who makes the first public copy gets one to begin with. Once there is one, and for
// whoever reads the copy only, there is none: it names what was taken out.
func TestTheFirstPublicCopyIsSuggestedToWhoMakesIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.file(func(s *office.Submission) { s.Body = "Lubang dalam sekali. Hubungi 0812-3456-7890." })
	v, err := b.Report(t.Context(), b.as("admin.kab"), r.ID)
	require.NoError(t, err)
	require.Equal(t, &office.Redacted{Title: v.Title, Body: v.Desk.Suggestion.Body, Found: []string{`nomor telepon "0812-3456-7890"`}}, v.Desk.Suggestion)
	require.Contains(t, v.Desk.Suggestion.Body, "Lubang dalam sekali.")
	require.NotContains(t, v.Desk.Suggestion.Body, "3456")
	id := b.forwarded().ID
	for _, who := range []string{"admin.kab", "officer.pu"} {
		v, err := b.Report(t.Context(), b.as(who), id)
		require.NoError(t, err)
		require.Nil(t, v.Desk.Suggestion, who)
	}
}

// The way into the Temporal UI is shown to those who may go there.
func TestTheHistoryIsLinkedForThoseWhoMayReadIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.forwarded()
	for who, want := range map[string]string{"supervisor": b.TemporalUI + "/namespaces/kawal/workflows/" + r.ID, "auditor": b.TemporalUI + "/namespaces/kawal/workflows/" + r.ID, "admin.kab": "", "officer.pu": ""} {
		v, err := b.Report(t.Context(), b.as(who), r.ID)
		require.NoError(t, err)
		require.Equal(t, want, v.Desk.History, who)
	}
}
