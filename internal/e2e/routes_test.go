package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/report"
)

const (
	admin   = "admin.tirtajaya"
	officer = "petugas.pupr"
)

// view is a report as a caller reads it.
type view struct {
	ID      string          `json:"id"`
	SeenBy  string          `json:"seen_by"`
	Title   string          `json:"title"`
	Body    string          `json:"body"`
	Stage   report.Stage    `json:"stage"`
	Label   string          `json:"label"`
	Class   report.Class    `json:"class"`
	Agency  string          `json:"agency"`
	Round   int             `json:"round"`
	Secret  bool            `json:"secret"`
	Outcome string          `json:"outcome"`
	Merged  string          `json:"merged_to"`
	Actions []report.Action `json:"allowed_actions"`
	Thread  []struct {
		Kind string      `json:"kind"`
		Role report.Role `json:"role"`
		Body string      `json:"body"`
	} `json:"thread"`
	Rating *struct {
		Score int    `json:"score"`
		Text  string `json:"text"`
	} `json:"rating"`
	Desk *struct {
		Queue   string `json:"queue"`
		Unit    string `json:"unit"`
		Returns int    `json:"returns"`
		Run     int    `json:"run"`
	} `json:"desk"`
}

func (v view) said() []string {
	var all []string
	for _, p := range v.Thread {
		all = append(all, p.Kind+": "+p.Body)
	}
	return all
}

// see reads a report as a caller.
func (w *world) see(c caller, id string) view {
	w.t.Helper()
	var v view
	w.ok(c, http.MethodGet, "/reports/"+id, nil).into(w.t, &v)
	return v
}

// decide makes a decision of staff, who gets the report as it then is.
func (w *world) decide(as string, f filed, path string, body any) view {
	w.t.Helper()
	a := w.call(staff(as), http.MethodPost, "/reports/"+f.id+path, body)
	require.Equal(w.t, http.StatusOK, a.status, "%s", a.body)
	var got struct {
		State  string `json:"state"`
		Report view   `json:"report"`
	}
	a.into(w.t, &got)
	require.Equal(w.t, "applied", got.State)
	return got.Report
}

// say sends a reporter's command and waits until it is applied.
func (w *world) say(f filed, path string, body any) {
	w.t.Helper()
	w.applied(f.reporter(), w.waiting(f.reporter(), "/reports/"+f.id+path, body))
}

// clock is one clock of a report as PostgreSQL holds it; nil if it has ended.
func (w *world) clock(f filed, kind report.ClockKind) *report.Clock {
	w.t.Helper()
	s := w.row(f.id).State
	return s.Clock(kind)
}

func text(s string) map[string]string { return map[string]string{"text": s} }

// forwarded is a report with the roads department.
func (w *world) forwarded() filed {
	w.t.Helper()
	f := w.submit(submission("dinas-pupr"))
	w.forward(f, admin, "dinas-pupr")
	return f
}

func TestEveryDecisionChangesWhatTheTableSays(t *testing.T) {
	t.Parallel()
	all := newWorld(t, shared(t))
	for name, promise := range map[string]func(*testing.T, *world){
		"pass-up goes to the queue above, from where it may go anywhere":  passUp,
		"a question pauses the verification until it is answered":         askAndSupply,
		"an archived report no agency had is reopened in its queue":       archiveAndReopen,
		"the officers accept, hand down, note, ask for time and conclude": theDesk,
		"a report that went to the wrong agency comes back":               returnAndReassign,
		"a merged report follows its target":                              mergeAndClose,
		"a withdrawn report is gone":                                      withdraw,
		"a rating and a new access code":                                  rateAndReplaceCode,
		"more secret is instant, less secret needs three":                 visibility,
		"an amendment counts R again, never earlier":                      amend,
		"a confirmed report is reopened within its window":                confirmAndReopen,
		"a secret report is for those who hold it only":                   secret,
		"the channel is whom the report came from":                        channels,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			promise(t, all.in(t))
		})
	}
}

func passUp(t *testing.T, w *world) {
	f := w.submit(submission("dinas-pupr"))
	due := w.clock(f, report.VerificationClock).DueAt
	w.ok(staff(admin), http.MethodPost, "/reports/"+f.id+"/pass-up", nil)
	s := w.row(f.id).State
	require.Equal(t, "national", s.Queue)
	require.Equal(t, due, s.Clock(report.VerificationClock).DueAt, "V runs on")
	refused(t, w.call(staff(admin), http.MethodGet, "/reports/"+f.id, nil), http.StatusNotFound)
	w.forward(f, "admin.national", "samudralaya")
	require.Equal(t, "samudralaya", w.row(f.id).State.Agency)
	require.Equal(t, "wita", w.clock(f, report.FirstFollowUp).Calendar)
	w.agree(f.id)
}

func askAndSupply(t *testing.T, w *world) {
	f := w.submit(submission("dinas-pupr"))
	due := w.clock(f, report.VerificationClock).DueAt
	v := w.decide(admin, f, "/request-info", text("Di jalan mana?"))
	require.Equal(t, report.AwaitingReporter, v.Stage)
	require.Equal(t, report.Paused, w.clock(f, report.VerificationClock).Status)
	require.Equal(t, report.Running, w.clock(f, report.AnswerClock).Status)
	require.Contains(t, w.see(f.reporter(), f.id).said(), "question: Di jalan mana?")
	require.Contains(t, w.see(f.reporter(), f.id).Actions, report.SupplyInfo)
	w.say(f, "/supply-info", text("Jalan Melati."))
	require.Equal(t, report.Verification, w.row(f.id).State.Stage)
	require.Nil(t, w.clock(f, report.AnswerClock))
	require.Equal(t, due, w.clock(f, report.VerificationClock).DueAt, "paused and resumed on the same day")
	require.Contains(t, w.see(staff(admin), f.id).said(), "answer: Jalan Melati.")
	w.agree(f.id)
}

func archiveAndReopen(t *testing.T, w *world) {
	f := w.submit(submission("dinas-pupr"))
	v := w.decide(admin, f, "/archive", map[string]string{"reason": "too_general", "text": "Sebut tempatnya."})
	require.Equal(t, report.Archived, v.Stage)
	require.Equal(t, "too_general", v.Outcome)
	require.Equal(t, "too_general", w.see(f.reporter(), f.id).Outcome)
	w.agree(f.id)
	refused(t, w.call(f.reporter(), http.MethodPost, "/reports/"+f.id+"/reopen", nil), http.StatusConflict)
	v = w.decide(admin, f, "/reopen", nil)
	require.Equal(t, report.Verification, v.Stage)
	require.Equal(t, 3, w.clock(f, report.VerificationClock).Seq, "a new V")
	require.Equal(t, 2, w.row(f.id).State.Run)
	w.agree(f.id)
}

func theDesk(t *testing.T, w *world) {
	f := w.forwarded()
	require.Equal(t, "Terdisposisi", w.see(caller{}, f.id).Label)
	require.Equal(t, "Sedang ditindaklanjuti", w.decide(officer, f, "/accept", nil).Label)
	require.Equal(t, "dinas-pupr-bina-marga", w.decide(officer, f, "/assign", map[string]string{"unit": "dinas-pupr-bina-marga"}).Desk.Unit)
	w.decide("petugas.bina-marga", f, "/notes", text("Aspal dipesan."))
	require.Contains(t, w.see(staff(officer), f.id).said(), "note: Aspal dipesan.")
	require.NotContains(t, w.see(caller{}, f.id).said(), "note: Aspal dipesan.")
	require.NotContains(t, w.see(f.reporter(), f.id).said(), "note: Aspal dipesan.")

	due := w.clock(f, report.FirstFollowUp).DueAt
	w.decide("petugas.bina-marga", f, "/request-extension", map[string]any{"clock": "first_follow_up", "days": 2})
	require.Equal(t, due, w.clock(f, report.FirstFollowUp).DueAt, "it runs on while asked")
	w.decide(admin, f, "/extend", nil)
	later := w.clock(f, report.FirstFollowUp)
	require.GreaterOrEqual(t, later.DueAt.Sub(due), 48*time.Hour)
	require.True(t, later.Extended)
	again := w.call(staff(officer), http.MethodPost, "/reports/"+f.id+"/request-extension", map[string]any{"clock": "resolution", "days": 5})
	refused(t, again, http.StatusConflict) // once per round
	other := w.forwarded()
	due = w.clock(other, report.Resolution).DueAt
	w.decide(officer, other, "/request-extension", map[string]any{"clock": "resolution", "days": 5})
	w.decide(admin, other, "/decline-extension", nil)
	require.Equal(t, due, w.clock(other, report.Resolution).DueAt)
	w.agree(other.id)
	w.agree(f.id)

	v := w.decide("petugas.bina-marga", f, "/follow-ups", map[string]string{"text": "Aspal tiba.", "kind": "interim"})
	require.Equal(t, report.FollowUp, v.Stage)
	require.Nil(t, w.clock(f, report.FirstFollowUp), "F met")
	require.NotNil(t, w.clock(f, report.Resolution), "R runs on")
	v = w.decide(officer, f, "/follow-ups", text("Sudah ditambal."))
	require.Equal(t, report.Closure, v.Stage)
	require.Nil(t, w.clock(f, report.Resolution))
	require.Equal(t, report.Running, w.clock(f, report.Silence).Status)
	require.Subset(t, w.see(caller{}, f.id).said(), []string{"follow_up: Aspal tiba.", "follow_up: Sudah ditambal."})
	w.decide(admin, f, "/replies", text("Mohon foto."))
	require.Equal(t, 2, w.row(f.id).State.Round, "an administrator's reply ends the silence")
	w.agree(f.id)
}

func returnAndReassign(t *testing.T, w *world) {
	f := w.forwarded()
	v := w.decide(officer, f, "/return", text("Ini jalan provinsi."))
	require.Equal(t, "public", v.SeenBy, "it is out of the officer's reach")
	v = w.see(staff(admin), f.id)
	require.Equal(t, report.Verification, v.Stage)
	require.Equal(t, 1, v.Desk.Returns)
	require.Contains(t, v.said(), "reason: Ini jalan provinsi.")
	require.Equal(t, 3, w.clock(f, report.VerificationClock).Seq)
	require.Equal(t, report.Paused, w.clock(f, report.Resolution).Status)
	w.decide(admin, f, "/forward", map[string]string{"agency": "dinas-perhubungan"}) // the copy exists
	require.Equal(t, report.Running, w.clock(f, report.Resolution).Status)
	v = w.decide(admin, f, "/reassign", map[string]string{"agency": "dinas-lingkungan-hidup"})
	require.Equal(t, "dinas-lingkungan-hidup", v.Agency)
	require.Equal(t, w.row(f.id).State.Seq, w.clock(f, report.FirstFollowUp).Seq, "F anew")
	w.followUp(f, "petugas.lingkungan-hidup")
	w.agree(f.id)
}

func mergeAndClose(t *testing.T, w *world) {
	target, f := w.forwarded(), w.forwarded()
	due := w.clock(f, report.FirstFollowUp).DueAt
	v := w.decide(admin, f, "/merge", map[string]string{"target": target.id})
	require.Equal(t, report.Merged, v.Stage)
	require.Equal(t, target.id, w.see(f.reporter(), f.id).Merged)
	require.Equal(t, report.Paused, w.clock(f, report.FirstFollowUp).Status)
	w.agree(f.id)
	v = w.decide(admin, f, "/unmerge", nil)
	require.Equal(t, report.FollowUp, v.Stage)
	require.Equal(t, due, w.clock(f, report.FirstFollowUp).DueAt)
	require.Equal(t, 2, w.row(f.id).State.Run)
	w.agree(f.id)

	w.decide(admin, f, "/merge", map[string]string{"target": target.id})
	w.followUp(target, officer)
	require.Contains(t, w.see(f.reporter(), f.id).said(), "follow_up: Lubang sudah ditambal.", "its page shows the target's thread")
	w.say(f, "/replies", text("Sisi timur belum."))
	require.Equal(t, report.FollowUp, w.row(target.id).State.Stage, "its reporter's reply is a reply on the target")
	w.followUp(target, officer)
	w.say(target, "/confirm", nil)
	w.await(target.id, report.Closed)
	s := w.row(f.id).State
	require.Equal(t, report.Closed, s.Stage, "when the target closes, it closes")
	require.Equal(t, "merged", s.Outcome)
	w.agree(target.id)
}

func withdraw(t *testing.T, w *world) {
	f := w.forwarded()
	w.see(caller{}, f.id)
	w.say(f, "/withdraw", nil)
	require.Equal(t, report.Withdrawn, w.row(f.id).State.Stage)
	refused(t, w.call(caller{}, http.MethodGet, "/reports/"+f.id, nil), http.StatusNotFound)
	refused(t, w.call(f.reporter(), http.MethodPost, "/reports/"+f.id+"/replies", text("Maaf.")), http.StatusGone)
	refused(t, w.call(staff("admin.national"), http.MethodPost, "/reports/"+f.id+"/reopen", nil), http.StatusGone)
	require.Zero(t, w.count(`SELECT count(*) FROM published WHERE id = $1`, f.id))
	w.agree(f.id)
}

func rateAndReplaceCode(t *testing.T, w *world) {
	f := w.forwarded()
	refused(t, w.call(f.reporter(), http.MethodPost, "/reports/"+f.id+"/rating", map[string]any{"score": 4}), http.StatusConflict)
	w.followUp(f, officer)
	seq := w.row(f.id).State.Seq
	w.ok(f.reporter(), http.MethodPost, "/reports/"+f.id+"/rating", map[string]any{"score": 1})
	w.ok(f.reporter(), http.MethodPost, "/reports/"+f.id+"/rating", map[string]any{"score": 4, "text": "Cepat."})
	require.Equal(t, 4, w.see(f.reporter(), f.id).Rating.Score, "the last rating counts")
	require.Equal(t, seq, w.row(f.id).State.Seq, "a rating is a row, not a command")
	var got struct {
		Code string `json:"access_code"`
	}
	w.ok(f.reporter(), http.MethodPost, "/reports/"+f.id+"/access-code", nil).into(t, &got)
	require.NotEqual(t, f.code, got.Code)
	require.Equal(t, "reporter", w.see(caller{code: got.Code}, f.id).SeenBy)
	a := w.call(f.reporter(), http.MethodPost, "/reports/"+f.id+"/withdraw", nil)
	refused(t, a, http.StatusNotFound)
}

func visibility(t *testing.T, w *world) {
	f := w.forwarded()
	w.see(caller{}, f.id)
	consent := func(c caller, content string) (status int, state string) {
		a := w.ok(c, http.MethodPost, "/reports/"+f.id+"/visibility", map[string]string{"content": content})
		var v struct {
			State string `json:"state"`
		}
		a.into(t, &v)
		return a.status, v.State
	}
	consent(f.reporter(), "secret")
	refused(t, w.call(caller{}, http.MethodGet, "/reports/"+f.id, nil), http.StatusNotFound)
	w.eventually(func() error {
		row, err := w.tryRow(f.id)
		if err == nil && !row.State.Secret {
			err = errors.New("not secret")
		}
		return err
	})
	w.agree(f.id)
	for _, c := range []caller{f.reporter(), staff(admin)} {
		_, state := consent(c, "public")
		require.Equal(t, "consented", state)
	}
	_, state := consent(staff(admin), "public")
	require.Equal(t, "consented", state, "one administrator twice is one")
	require.True(t, w.row(f.id).State.Secret)
	consent(staff("admin.kominfo"), "public")
	w.eventually(func() error {
		a, err := w.attempt(caller{}, http.MethodGet, "/reports/"+f.id, nil)
		if err == nil && a.status != http.StatusOK {
			err = fmt.Errorf("%d", a.status)
		}
		return err
	})
	require.False(t, w.row(f.id).State.Secret)
	w.agree(f.id)
}

func amend(t *testing.T, w *world) {
	f := w.forwarded()
	ordinary := w.clock(f, report.Resolution).DueAt
	change := func(body map[string]any) {
		a := w.call(staff(admin), http.MethodPatch, "/reports/"+f.id, body)
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	}
	change(map[string]any{"class": "complaint_supervisory", "category": "roads.bridge", "region": "32.04"})
	s := w.row(f.id).State
	require.Equal(t, report.ComplaintSupervisory, s.Class)
	require.Equal(t, []string{"roads.bridge", "32.04"}, []string{s.Category, s.Region})
	supervisory := s.Clock(report.Resolution).DueAt
	require.True(t, supervisory.After(ordinary.Add(60*24*time.Hour)), "60 working days from its start")
	change(map[string]any{"class": "information_request"})
	require.Equal(t, supervisory, w.clock(f, report.Resolution).DueAt, "never earlier")
	change(map[string]any{"accused": []string{"dinas-pupr-bina-marga"}})
	refused(t, w.call(staff("petugas.bina-marga"), http.MethodGet, "/reports/"+f.id+"/timeline", nil), http.StatusForbidden)
	w.agree(f.id)
}

func confirmAndReopen(t *testing.T, w *world) {
	f := w.forwarded()
	w.followUp(f, officer)
	w.say(f, "/confirm", nil)
	s := w.row(f.id).State
	require.Equal(t, report.Closed, s.Stage)
	require.Equal(t, "confirmed", s.Outcome)
	require.NotNil(t, s.Clock(report.ReopenWindow))
	w.agree(f.id)
	a := w.call(f.reporter(), http.MethodPost, "/reports/"+f.id+"/replies", text("Berlubang lagi."))
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	s = w.row(f.id).State
	require.Equal(t, report.FollowUp, s.Stage, "a reply within O is a reopening")
	require.Equal(t, []int{2, 2}, []int{s.Run, s.Round})
	require.Nil(t, s.Clock(report.Resolution), "in later rounds only F runs")
	w.agree(f.id)
	w.followUp(f, officer)
	w.say(f, "/confirm", nil)
	v := w.decide(admin, f, "/reopen", nil)
	require.Equal(t, report.FollowUp, v.Stage)
	require.Equal(t, 3, w.row(f.id).State.Run)
	w.agree(f.id)
}

func secret(t *testing.T, w *world) {
	s := submission("dinas-pupr")
	s["content"], s["title"] = "secret", "Pungutan liar di loket rahasia"
	s["lat"], s["long"] = -6.9, 107.6
	f := w.submit(s)
	w.ok(staff(admin), http.MethodPost, "/reports/"+f.id+"/forward", map[string]string{"agency": "dinas-pupr",
		"public_title": "Pungutan liar", "public_body": "Pungutan."})
	w.followUp(f, officer)
	w.agree(f.id)
	const unknown = "KWL-7F3K-9Q2M-E"
	wrong := caller{code: "SALAH-SALAH-SALAH-SALAH-SALAH"}
	for path, callers := range map[string][]caller{
		"":           {{}, wrong, staff("petugas.kesehatan"), staff("admin.samudralaya"), staff("inspektorat.supervisor")},
		"/deadlines": {{}, wrong, staff("petugas.kesehatan"), staff("admin.samudralaya")},
		"/timeline":  {wrong, staff("petugas.kesehatan"), staff("admin.samudralaya")},
	} {
		for _, c := range callers {
			got, want := w.call(c, http.MethodGet, "/reports/"+f.id+path, nil), w.call(c, http.MethodGet, "/reports/"+unknown+path, nil)
			refused(t, got, http.StatusNotFound)
			require.Equal(t, string(want.body), string(got.body))
		}
	}
	for _, path := range []string{"/reports", "/reports?q=" + f.id, "/reports?q=Pungutan", "/reports?stage=closure", "/reports.geojson",
		"/reports.geojson?bbox=94.5,-11.5,141.5,6.5", "/statistics?by=agency"} {
		a := w.ok(caller{}, http.MethodGet, path, nil)
		require.NotContains(t, string(a.body), f.id)
		require.NotContains(t, string(a.body), "Pungutan")
	}
	require.Zero(t, w.count(`SELECT count(*) FROM published WHERE id = $1`, f.id))
	require.Equal(t, "Pungutan liar di loket rahasia", w.see(f.reporter(), f.id).Title)
	require.Equal(t, report.Closure, w.see(staff(officer), f.id).Stage)
	found, err := w.temporal.DescribeWorkflowExecution(t.Context(), f.id, "")
	require.NoError(t, err)
	for name := range found.GetWorkflowExecutionInfo().GetSearchAttributes().GetIndexedFields() {
		require.NotContains(t, []string{"KawalAgency", "KawalCategory", "KawalRegion", "KawalChannel", "KawalOutcome"}, name)
	}
}

func channels(t *testing.T, w *world) {
	for want, c := range map[string]caller{"api": {}, "paper": staff(officer), "sms": staff("gateway.sms")} {
		a := w.call(c, http.MethodPost, "/reports", submission("dinas-pupr"))
		require.Equal(t, http.StatusCreated, a.status, "%s: %s", want, a.body)
		f, err := a.receipt()
		require.NoError(t, err)
		require.Equal(t, "/v1/reports/"+f.id, a.header.Get("Location"))
		require.Equal(t, want, w.row(f.id).State.Channel)
		w.agree(f.id)
	}
}

func TestEveryReadingRouteShowsWhatHappened(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	onMap := submission("dinas-pupr")
	onMap["lat"], onMap["long"] = -6.9147, 107.6098
	f, plain, hidden := w.submit(onMap), w.forwarded(), w.submit(submission("dinas-pupr"))
	w.forward(f, admin, "dinas-pupr")
	w.followUp(f, officer)
	w.ok(f.reporter(), http.MethodPost, "/reports/"+f.id+"/rating", map[string]any{"score": 3})

	var page struct {
		Reports []struct {
			ID    string       `json:"id"`
			Stage report.Stage `json:"stage"`
		} `json:"reports"`
		Next string `json:"next"`
	}
	list := func(c caller, query url.Values) []string {
		page.Reports, page.Next = nil, ""
		w.ok(c, http.MethodGet, "/reports?"+query.Encode(), nil).into(t, &page)
		var ids []string
		for _, r := range page.Reports {
			ids = append(ids, r.ID)
		}
		return ids
	}
	for name, tt := range map[string]struct {
		by   caller
		q    url.Values
		want []string
	}{
		"anyone: what is published":   {caller{}, url.Values{}, []string{f.id, plain.id}},
		"anyone: by stage":            {caller{}, url.Values{"stage": {"closure"}}, []string{f.id}},
		"anyone: by category above":   {caller{}, url.Values{"category": {"roads"}}, []string{f.id, plain.id}},
		"anyone: by another one":      {caller{}, url.Values{"category": {"disaster"}}, nil},
		"anyone: by agency above":     {caller{}, url.Values{"agency": {"tirtajaya"}}, []string{f.id, plain.id}},
		"anyone: by region":           {caller{}, url.Values{"region": {"33"}}, nil},
		"anyone: late":                {caller{}, url.Values{"late": {"true"}}, nil},
		"anyone: by tracking id":      {caller{}, url.Values{"q": {f.id}}, []string{f.id}},
		"anyone: by a word":           {caller{}, url.Values{"q": {"berlubang"}}, []string{f.id, plain.id}},
		"anyone: in a box":            {caller{}, url.Values{"bbox": {"107,-7.5,108,-6"}}, []string{f.id}},
		"anyone: since tomorrow":      {caller{}, url.Values{"since": {time.Now().Add(24 * time.Hour).Format(time.RFC3339)}}, nil},
		"staff: what they may read":   {staff(admin), url.Values{}, []string{f.id, plain.id, hidden.id}},
		"staff of elsewhere: nothing": {staff("petugas.samudralaya"), url.Values{"stage": {"verification"}}, nil},
	} {
		require.ElementsMatch(t, tt.want, list(tt.by, tt.q), name)
	}
	first := list(caller{}, url.Values{"limit": {"1"}})
	require.NotEmpty(t, page.Next)
	second := list(caller{}, url.Values{"limit": {"1"}, "cursor": {page.Next}})
	require.ElementsMatch(t, []string{f.id, plain.id}, append(first, second...))

	var geo struct {
		Features []struct {
			ID string `json:"id"`
		} `json:"features"`
		WithoutPoint int `json:"without_point"`
	}
	a := w.ok(caller{}, http.MethodGet, "/reports.geojson", nil)
	require.Equal(t, "application/geo+json", a.header.Get("Content-Type"))
	a.into(t, &geo)
	require.Len(t, geo.Features, 1)
	require.Equal(t, f.id, geo.Features[0].ID)
	require.Equal(t, 1, geo.WithoutPoint)

	var line struct {
		Entries []struct {
			Action    report.Action `json:"action"`
			Role      report.Role   `json:"role"`
			Deadlines []any         `json:"deadlines"`
		} `json:"entries"`
	}
	w.ok(f.reporter(), http.MethodGet, "/reports/"+f.id+"/timeline", nil).into(t, &line)
	var story []string
	for _, e := range line.Entries {
		story = append(story, fmt.Sprintf("%s by %s", e.Action, e.Role))
		require.NotEmpty(t, e.Deadlines)
	}
	require.Equal(t, []string{"submit by reporter", "forward by admin", "follow_up by officer"}, story)

	var why struct {
		Deadlines []struct {
			Kind     report.ClockKind `json:"kind"`
			Rule     string           `json:"rule"`
			Sentence string           `json:"sentence"`
		} `json:"deadlines"`
	}
	w.ok(caller{}, http.MethodGet, "/reports/"+f.id+"/deadlines", nil).into(t, &why)
	kinds := map[report.ClockKind]bool{}
	for _, d := range why.Deadlines {
		kinds[d.Kind] = true
		require.Equal(t, "sp4n-lapor", d.Rule)
		require.NotEmpty(t, d.Sentence)
	}
	require.True(t, kinds[report.Silence], "%v", kinds)

	var queue struct {
		Reports []struct {
			ID string `json:"id"`
		} `json:"reports"`
	}
	w.ok(staff(officer), http.MethodGet, "/queue", nil).into(t, &queue)
	require.Len(t, queue.Reports, 1)
	require.Equal(t, plain.id, queue.Reports[0].ID, "what is answered waits for nobody at the desk")
	w.ok(staff(admin), http.MethodGet, "/queue", nil).into(t, &queue)
	require.Equal(t, hidden.id, queue.Reports[0].ID)

	for _, by := range []string{"agency", "category", "region", "stage", "month"} {
		var st struct {
			Rows []struct {
				Key      string  `json:"key"`
				Received int     `json:"received"`
				Rating   float64 `json:"rating"`
				Ratings  int     `json:"ratings"`
			} `json:"rows"`
		}
		w.ok(caller{}, http.MethodGet, "/statistics?by="+by, nil).into(t, &st)
		received, ratings := 0, 0
		for _, r := range st.Rows {
			received += r.Received
			ratings += r.Ratings
		}
		require.Equal(t, []int{2, 1}, []int{received, ratings}, by)
		st.Rows = nil
		w.ok(staff(admin), http.MethodGet, "/statistics?by="+by, nil).into(t, &st)
		received = 0
		for _, r := range st.Rows {
			received += r.Received
		}
		require.Equal(t, 3, received, by)
	}
}

func TestTheCatalogueIsReadByAllAndSetUpByAdministrators(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	national := staff("admin.national")
	names := func(path, list, key string) []string {
		var got map[string][]map[string]any
		w.ok(caller{}, http.MethodGet, path, nil).into(t, &got)
		var all []string
		for _, one := range got[list] {
			all = append(all, one[key].(string))
		}
		return all
	}
	require.Contains(t, names("/categories", "categories", "code"), "roads.pothole")
	require.Contains(t, names("/agencies", "agencies", "id"), "dinas-pupr")
	require.Contains(t, names("/regions", "regions", "code"), "32.04")
	require.Contains(t, names("/rule-sets", "rule_sets", "id"), "sp4n-lapor")
	require.ElementsMatch(t, []string{"national", "wita", "wit", "puskesmas"}, names("/calendars", "calendars", "id"))
	var due struct {
		Date string `json:"due_date"`
		Off  []any  `json:"days_off"`
	}
	w.ok(caller{}, http.MethodGet, "/calendars/national/due?days=3&from="+url.QueryEscape("2025-12-24T09:00:00+07:00"), nil).into(t, &due)
	require.Equal(t, "2025-12-31", due.Date) // 26 December is joint leave: RULES.md section 3
	require.NotEmpty(t, due.Off)
	var views struct {
		Views []struct {
			URL string `json:"url"`
		} `json:"views"`
	}
	w.ok(staff("inspektorat.supervisor"), http.MethodGet, "/views", nil).into(t, &views)
	require.NotEmpty(t, views.Views)
	refused(t, w.call(staff(officer), http.MethodGet, "/views", nil), http.StatusForbidden)
	refused(t, w.call(caller{}, http.MethodGet, "/views", nil), http.StatusUnauthorized)

	put := func(c caller, path string, body any) answer { return w.call(c, http.MethodPut, path, body) }
	done := func(a answer) {
		require.Equal(t, http.StatusNoContent, a.status, "%s", a.body)
	}
	done(put(national, "/categories/roads.tunnel", map[string]any{"parent": "roads", "name_id": "Terowongan", "default_content": "public", "weight": 1}))
	done(put(staff(admin), "/agencies/dinas-terowongan", map[string]any{"name": "Dinas Terowongan", "parent": "tirtajaya", "active": true}))
	done(put(staff(admin), "/staff/petugas.terowongan", map[string]any{"name": "Petugas", "unit": "dinas-terowongan", "roles": []string{"officer"}, "active": true}))
	s := submission("dinas-terowongan")
	s["category"] = "roads.tunnel"
	f := w.submit(s)
	w.forward(f, admin, "dinas-terowongan")
	w.followUp(f, "petugas.terowongan")
	done(put(staff(admin), "/staff/petugas.terowongan", map[string]any{"name": "Petugas", "unit": "dinas-terowongan", "roles": []string{"officer"}, "active": false}))
	a := w.call(staff("petugas.terowongan"), http.MethodGet, "/queue", nil)
	require.GreaterOrEqual(t, a.status, 400, "a role taken away is gone at the next request")

	refused(t, put(staff(admin), "/agencies/dinas-lain", map[string]any{"name": "Dinas Lain", "parent": "samudralaya", "active": true}), http.StatusForbidden)
	refused(t, put(staff(admin), "/categories/roads.other", map[string]any{"name_id": "Lain", "default_content": "public", "weight": 1}), http.StatusForbidden)
	for _, other := range []string{"custodian", "auditor"} {
		a := put(national, "/staff/dua.jabatan", map[string]any{"name": "Dua", "roles": []string{"admin", other}, "active": true})
		require.GreaterOrEqual(t, a.status, 400, "separation of duties: %s", a.body)
		require.Less(t, a.status, 500, "%s", a.body)
	}
	require.Zero(t, w.count(`SELECT count(*) FROM staff WHERE subject = 'dua.jabatan'`))
}
