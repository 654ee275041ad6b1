package api_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

const (
	someID      = "KWL-7F3K-9Q2M-E"
	someCommand = "0f8e3b8e-3d55-4c92-9d8b-6f3f2a1a7c11"
	someCode    = "7K2MQ-9Q2MT-XXXXX-00000-ABCDE"
	staffToken  = "token-of-staff"
	gateToken   = "token-of-gateway"
)

var noon = time.Date(2025, 8, 6, 5, 0, 0, 0, time.UTC)

// desk is a front office that answers with samples, or with err, and keeps
// what it was asked.
type desk struct {
	mu      sync.Mutex
	err     error
	hook    func(ctx context.Context) error
	waiting bool
	pages   [][]office.Entry // of an export; nil: one of one
	broken  error            // what comes after them
	calls   []call
}

// call is one call of a method of the desk.
type call struct {
	Method string
	Caller office.Caller
	ID     string
	Key    string
	Asked  any
}

func (d *desk) note(ctx context.Context, c call) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, c)
	if d.hook != nil {
		return d.hook(ctx)
	}
	return d.err
}

// last returns the last call.
func (d *desk) last() call {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.calls) == 0 {
		return call{}
	}
	return d.calls[len(d.calls)-1]
}

func (d *desk) Verify(_ context.Context, token string) (string, error) {
	switch token {
	case staffToken:
		return "admin.kominfo", nil
	case gateToken:
		return "sms", nil
	case "issuer-away":
		return "", fault.New(fault.Unavailable, "Penerbit token tidak terjangkau.")
	}
	return "", fault.New(fault.Invalid, "signature of %s is wrong", token)
}

func (d *desk) Staff(_ context.Context, subject string) (office.Caller, error) {
	kind := office.Staff
	if subject == "sms" {
		kind = office.Gateway
	}
	return office.Caller{Kind: kind, Subject: subject, Member: office.Member{Subject: subject, Roles: []string{"admin"}, Active: true}}, nil
}

func (d *desk) Submit(ctx context.Context, c office.Caller, s office.Submission, key string) (office.Receipt, error) {
	due := noon.AddDate(0, 0, 3)
	return office.Receipt{
		ID: someID, AccessCode: someCode, Stage: report.Verification, Label: "Belum terverifikasi",
		Identity: office.IdentityNone, Content: office.ContentPublic, AcceptedAt: noon, DueAt: &due,
	}, d.note(ctx, call{"Submit", c, "", key, s})
}

func (d *desk) Command(ctx context.Context, c office.Caller, id string, a office.Act, key string) (office.Answer, error) {
	err := d.note(ctx, call{"Command", c, id, key, a})
	if d.waiting {
		return office.Answer{CommandID: someCommand, State: office.StateWaiting}, err
	}
	v := view()
	return office.Answer{CommandID: someCommand, State: office.StateApplied, View: &v,
		Outcome: &office.Outcome{Seq: 2, Stage: report.FollowUp, Round: 1, DueAt: noon}}, err
}

func (d *desk) CommandStatus(ctx context.Context, c office.Caller, id string) (office.CommandStatus, error) {
	seq := 2
	return office.CommandStatus{ID: id, Report: someID, Action: report.Reply, State: office.StateRefused, Seq: &seq,
		Kind: "conflict", Reason: "Laporan sudah selesai.", ReceivedAt: noon, SettledAt: &noon}, d.note(ctx, call{"CommandStatus", c, id, "", nil})
}

func view() office.ReportView {
	due, lat := noon.AddDate(0, 0, 7), -6.9
	return office.ReportView{
		ID: someID, SeenBy: office.SeenByStaff, Title: "Jalan berlubang", Body: "Lubang di depan pasar.",
		Stage: report.FollowUp, Label: "Terdisposisi", Class: report.ComplaintOrdinary, Category: "jalan", Region: "32.04",
		Agency: "dinas-pu", Channel: "api", Round: 1, Published: true, Lat: &lat, Long: &lat, At: noon, UpdatedAt: noon,
		Clocks: []office.ClockView{clock(&due)}, AllowedActions: []report.Action{report.Accept, report.PostFollowUp},
		Thread: []office.PostView{{Kind: "follow_up", Role: report.Officer, Office: "dinas-pu", FollowUp: report.Interim, Body: "Sedang dikerjakan.", At: noon, Published: true}},
		Rating: &office.Rating{Score: 4, Text: "Cepat.", RatedAt: noon},
		Own: &office.OwnView{Identity: "none", Content: "public", OccurredOn: "2025-08-01", Attributes: map[string]string{"lebar": "1 m"}, Accused: []string{"uptd"},
			Opened: []office.IdentityOpening{{At: noon, Reason: "Permintaan penyidik.", By: []office.Opener{{Role: "custodian", Subject: "kustodian.1"}, {Role: "custodian", Subject: "kustodian.2"}}}}},
		Desk: &office.DeskView{Queue: "kabupaten", SLA: report.OnTrack, Rules: "sp4n-lapor", Seq: 2, Run: 1, Prepared: new(prepared()), DraftApproval: true, Drafts: []office.DraftView{draft()}},
	}
}

func clock(due *time.Time) office.ClockView {
	return office.ClockView{
		Kind: report.FirstFollowUp, Name: "Batas tindak lanjut", Status: report.Running, Unit: "dinas-pu",
		Limit: report.Limit{Unit: report.WorkingDays, N: 5}, StartedAt: noon, DueAt: due, DueDate: "2025-08-13",
		Calendar: "wib-5", Revision: 41, Decree: "SKB 2025",
	}
}

func (d *desk) Report(ctx context.Context, c office.Caller, id string) (office.ReportView, error) {
	return view(), d.note(ctx, call{"Report", c, id, "", nil})
}

func card() office.Card {
	lat := -6.9
	return office.Card{ID: someID, Title: "Jalan berlubang", Category: "jalan", Agency: "dinas-pu", Region: "32.04",
		Class: report.ComplaintOrdinary, Stage: report.FollowUp, Accepted: true, At: noon, DueAt: &noon, Lat: &lat, Long: &lat}
}

func (d *desk) List(ctx context.Context, c office.Caller, f office.Filter, cursor string) (office.Page, error) {
	return office.Page{Reports: []office.Card{card()}, Next: "abc"}, d.note(ctx, call{"List", c, cursor, "", f})
}

func (d *desk) GeoJSON(ctx context.Context, c office.Caller, f office.Filter) ([]byte, error) {
	text, err := json.Marshal(office.FeatureCollection{Type: "FeatureCollection", WithoutPoint: 3, Features: []office.Feature{{
		Type: "Feature", ID: someID, Geometry: office.Point{Type: "Point", Coordinates: [2]float64{107.6, -6.9}},
		Properties: office.FeatureProperties{Title: "Jalan berlubang", Category: "jalan", Region: "32.04", Class: report.Aspiration, Stage: report.Closed, Label: "Selesai", At: noon},
	}}})
	return text, errors.Join(err, d.note(ctx, call{"GeoJSON", c, "", "", f}))
}

func (d *desk) Clusters(ctx context.Context, c office.Caller, f office.Filter, zoom int) (office.Clusters, error) {
	k := office.Clusters{Clusters: []office.Cluster{{Region: "32", Count: 12, Lat: -6.9, Long: 107.6}}, Total: 12, WithoutPoint: new(3), Totals: true}
	return k, d.note(ctx, call{"Clusters", c, "", "", struct {
		office.Filter
		Zoom int
	}{f, zoom}})
}

// entry is a published report with texts that a spreadsheet would obey.
func entry() office.Entry {
	lat := -6.9
	return office.Entry{ID: someID, Title: "=1+1", Body: "Lubang <besar> & dalam.\nDi depan pasar.", Category: "jalan", Agency: "dinas-pu", Region: "32.04",
		Class: report.Aspiration, Channel: "web", Stage: report.Closed, PublishedAt: noon, UpdatedAt: noon, Lat: &lat, Long: &lat}
}

func (d *desk) Feed(ctx context.Context, c office.Caller, f office.Filter) ([]office.Entry, error) {
	return []office.Entry{entry()}, d.note(ctx, call{"Feed", c, "", "", f})
}

func (d *desk) Export(ctx context.Context, c office.Caller, f office.Filter) (office.Export, error) {
	if d.pages == nil {
		d.pages = [][]office.Entry{{entry()}}
	}
	n := 0
	for _, p := range d.pages {
		n += len(p)
	}
	return office.Export{Total: n, Next: func(context.Context) ([]office.Entry, error) {
		if len(d.pages) == 0 {
			return nil, d.broken
		}
		page := d.pages[0]
		d.pages = d.pages[1:]
		return page, nil
	}}, d.note(ctx, call{"Export", c, "", "", f})
}

func (d *desk) OpenData(ctx context.Context, c office.Caller) (office.OpenData, error) {
	return office.OpenData{Day: noon, MadeAt: noon, CSV: []byte("region,category,month,status,agency,reports\r\n")}, d.note(ctx, call{"OpenData", c, "", "", nil})
}

func (d *desk) Timeline(ctx context.Context, c office.Caller, id string) ([]office.TimelineEntry, error) {
	return []office.TimelineEntry{{Seq: 1, Action: report.Submit, Role: report.Reporter, At: noon, To: report.Verification, Label: "Belum terverifikasi",
		Deadlines: []office.TimelineDeadline{{Kind: report.VerificationClock, Name: "Batas verifikasi", Then: &noon, Now: &noon}}}}, d.note(ctx, call{"Timeline", c, id, "", nil})
}

func (d *desk) Deadlines(ctx context.Context, c office.Caller, id string) ([]office.Deadline, error) {
	return []office.Deadline{{ClockView: clock(&noon), Rule: "sp4n-lapor", Source: "Praktik", Start: "2025-08-06", Weekends: 2, Pauses: []office.Pause{}, Changes: []office.Change{}, Said: []office.Said{}, Sentence: "Lima hari kerja sejak 6 Agustus 2025.",
		Skipped: []office.DayOff{{Date: "2025-08-18", Name: "Cuti bersama", Decree: "SKB 2025"}}}}, d.note(ctx, call{"Deadlines", c, id, "", nil})
}

func (d *desk) Package(ctx context.Context, c office.Caller, id string) (office.Package, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create("ringkasan.txt")
	if err == nil {
		_, err = f.Write([]byte("Laporan " + id))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		return office.Package{}, err
	}
	return office.Package{ID: id, ZIP: b.Bytes()}, d.note(ctx, call{"Package", c, id, "", nil})
}

func custody(id string) office.IdentityRequest {
	return office.IdentityRequest{ID: someCommand, Report: id, State: office.IdentityOpened, Reason: "Permintaan penyidik nomor 12.",
		RequestedBy: "kustodian.1", RequestedAt: noon, ConsentedBy: "kustodian.2", ConsentedAt: &noon, OpenedAt: &noon, ExpiresAt: noon,
		Sealed: &office.SealedIdentity{Field: office.FieldIdentity, First: "kustodian.1", Second: "kustodian.2", Envelope: []byte("x"), Person: []byte("y")}}
}

func (d *desk) RequestIdentity(ctx context.Context, c office.Caller, id, reason, key string) (office.IdentityRequest, error) {
	return custody(id), d.note(ctx, call{"RequestIdentity", c, id, key, reason})
}

func (d *desk) Identity(ctx context.Context, c office.Caller, id string) (office.Person, error) {
	return office.Person{Name: "Pelapor Contoh"}, d.note(ctx, call{"Identity", c, id, "", nil})
}

func (d *desk) Held(ctx context.Context, c office.Caller, limit int) ([]office.HeldView, error) {
	return []office.HeldView{{Report: someID, Post: someCommand, Kind: "reply", Role: report.Reporter, Body: "a", Suggestion: "a", At: noon}},
		d.note(ctx, call{"Held", c, "", "", limit})
}

func (d *desk) Confirm(ctx context.Context, c office.Caller, id, post, text string, confirmed bool) (office.PostView, error) {
	return office.PostView{ID: post, Kind: "reply", Role: report.Reporter, Body: "a", At: noon, Copy: text}, d.note(ctx, call{"Confirm", c, id, post, confirmed})
}

func (d *desk) Erase(ctx context.Context, c office.Caller, id string) (office.Erasure, error) {
	return office.Erasure{ID: id, ErasedAt: noon}, d.note(ctx, call{"Erase", c, id, "", nil})
}

func (d *desk) ConsentIdentity(ctx context.Context, c office.Caller, id, request string) (office.IdentityRequest, error) {
	return custody(id), d.note(ctx, call{"ConsentIdentity", c, id, "", request})
}

func (d *desk) IdentityRequest(ctx context.Context, c office.Caller, id, request string) (office.IdentityRequest, error) {
	return custody(id), d.note(ctx, call{"IdentityRequest", c, id, "", request})
}

func (d *desk) IdentityRequests(ctx context.Context, c office.Caller) ([]office.IdentityRequest, error) {
	q := custody(someID)
	q.Sealed = nil
	return []office.IdentityRequest{q}, d.note(ctx, call{"IdentityRequests", c, "", "", nil})
}

func (d *desk) Queue(ctx context.Context, c office.Caller, f office.Filter) ([]office.Card, error) {
	return []office.Card{card()}, d.note(ctx, call{"Queue", c, "", "", f})
}

func draft() office.DraftView {
	return office.DraftView{ID: someCommand, Report: someID, Office: "dinas-pu", Author: "petugas", Kind: report.Interim, Text: "Sedang dikerjakan.",
		Revision: 2, State: office.DraftReturned, SavedAt: noon, ReturnedBy: "pimpinan", ReturnedAt: &noon, Reason: "Sebut tanggalnya."}
}

func (d *desk) SaveDraft(ctx context.Context, c office.Caller, id, text string, kind report.FollowUpKind) (office.DraftView, error) {
	return draft(), d.note(ctx, call{"SaveDraft", c, id, "", []any{text, kind}})
}

func (d *desk) Drafts(ctx context.Context, c office.Caller) ([]office.DraftView, error) {
	return []office.DraftView{draft()}, d.note(ctx, call{"Drafts", c, "", "", nil})
}

func (d *desk) ApproveDraft(ctx context.Context, c office.Caller, id, draft string, revision int, key string) (office.Answer, error) {
	err := d.note(ctx, call{"ApproveDraft", c, id, key, []any{draft, revision}})
	if d.waiting {
		return office.Answer{CommandID: someCommand, State: office.StateWaiting}, err
	}
	return office.Answer{CommandID: someCommand, State: office.StateApplied, View: new(view())}, err
}

func (d *desk) ReturnDraft(ctx context.Context, c office.Caller, id, of string, revision int, reason string) (office.DraftView, error) {
	return draft(), d.note(ctx, call{"ReturnDraft", c, id, "", []any{of, revision, reason}})
}

func (d *desk) DeleteDraft(ctx context.Context, c office.Caller, id, of string) error {
	return d.note(ctx, call{"DeleteDraft", c, id, "", of})
}

func (d *desk) Templates(ctx context.Context, c office.Caller) ([]office.Template, error) {
	return []office.Template{{ID: "jadwal", Unit: "dinas-pu", Name: "Terjadwal", Text: "Sudah dijadwalkan.", ChangedBy: "admin.kominfo", ChangedAt: noon}},
		d.note(ctx, call{"Templates", c, "", "", nil})
}

func (d *desk) PutTemplate(ctx context.Context, c office.Caller, t office.Template) (office.Template, error) {
	err := d.note(ctx, call{"PutTemplate", c, t.ID, "", t})
	t.ChangedBy, t.ChangedAt = c.Subject, noon
	return t, err
}

func (d *desk) DeleteTemplate(ctx context.Context, c office.Caller, id string) error {
	return d.note(ctx, call{"DeleteTemplate", c, id, "", nil})
}

func job() office.BulkJob {
	return office.BulkJob{ID: someCommand, Action: report.Archive, CreatedAt: noon, Total: 1, Refused: 1, Reason: "out_of_scope",
		Items: []office.BulkItem{{Report: someID, State: office.StateRefused, CommandID: someCommand, Kind: "conflict", Reason: "Sudah selesai.", SettledAt: &noon}}}
}

func (d *desk) StartBulk(ctx context.Context, c office.Caller, order office.BulkOrder, key string) (office.BulkJob, error) {
	return job(), d.note(ctx, call{"StartBulk", c, "", key, order})
}

func (d *desk) RunBulk(ctx context.Context, c office.Caller, id string, n int) (office.BulkJob, error) {
	return job(), d.note(ctx, call{"RunBulk", c, id, "", n})
}

func (d *desk) Bulk(ctx context.Context, c office.Caller, id string) (office.BulkJob, error) {
	return job(), d.note(ctx, call{"Bulk", c, id, "", nil})
}

func (d *desk) Bulks(ctx context.Context, c office.Caller) ([]office.BulkJob, error) {
	return []office.BulkJob{job()}, d.note(ctx, call{"Bulks", c, "", "", nil})
}

func prepared() office.PreparedCopy {
	return office.PreparedCopy{Title: "Jalan berlubang", Body: "Lubang di depan pasar.", ConfirmedBy: "admin.kominfo", ConfirmedAt: noon}
}

func (d *desk) PrepareCopy(ctx context.Context, c office.Caller, id, title, body string, confirmed bool) (office.PreparedCopy, error) {
	return prepared(), d.note(ctx, call{"PrepareCopy", c, id, "", []any{title, body, confirmed}})
}

func (d *desk) Statistics(ctx context.Context, c office.Caller, dim string, f office.Filter) ([]office.Statistic, error) {
	median := 3.5
	return []office.Statistic{{Key: "dinas-pu", Received: 7, LateNow: 1, WasLate: 2, MedianWorkingDays: &median, Rating: &median, Ratings: 2}},
		d.note(ctx, call{"Statistics", c, dim, "", f})
}

func (d *desk) Categories(ctx context.Context) ([]office.Category, error) {
	return []office.Category{{Code: "jalan", NameID: "Jalan", NameEN: "Roads", DefaultContent: "public", Weight: 3}}, d.note(ctx, call{Method: "Categories"})
}

func (d *desk) Agencies(ctx context.Context) ([]office.Agency, error) {
	return []office.Agency{{ID: "dinas-pu", Name: "Dinas PU", Parent: "kabupaten", Active: true}}, d.note(ctx, call{Method: "Agencies"})
}

func (d *desk) Regions(ctx context.Context) ([]office.Region, error) {
	return []office.Region{{Code: "32.04", Parent: "32", Name: "Kabupaten Bandung"}}, d.note(ctx, call{Method: "Regions"})
}

func (d *desk) RuleSets(ctx context.Context) ([]office.RuleSet, error) {
	limit := office.RuleLimit{Clock: report.Resolution, Class: report.Aspiration, Unit: report.WorkingDays, N: 14, Source: "ketentuan kami"}
	version := office.RuleVersion{Version: 1, From: "2026-01-01", Source: "Peraturan Contoh", Limits: []office.RuleLimit{limit}}
	return []office.RuleSet{{ID: "sp4n-lapor", Current: 1, Versions: []office.RuleVersion{version}}}, d.note(ctx, call{Method: "RuleSets"})
}

func (d *desk) Calendars(ctx context.Context) ([]office.Calendar, error) {
	return []office.Calendar{{ID: "wib-5", Zone: "Asia/Jakarta", WeekDays: 5, JointLeave: true, Revision: 41}}, d.note(ctx, call{Method: "Calendars"})
}

func (d *desk) CalendarDue(ctx context.Context, id string, q office.DueQuestion) (office.Due, error) {
	return office.Due{Calendar: id, DueDate: "2025-08-13", DueAt: noon, Revision: 41, Start: "2025-08-06", Said: []office.Said{}}, d.note(ctx, call{"CalendarDue", office.Caller{}, id, "", q})
}

func (d *desk) Views(ctx context.Context, c office.Caller) ([]office.View, error) {
	return []office.View{{Name: "Terlambat", Query: `KawalSLA = "late"`, URL: "http://127.0.0.1:8233/"}}, d.note(ctx, call{"Views", c, "", "", nil})
}

func (d *desk) Audit(ctx context.Context, c office.Caller, f office.AuditFilter, cursor string) (office.AuditPage, error) {
	return office.AuditPage{Next: "next", Lines: []office.AuditLine{{At: noon, Kind: "staff", Subject: "petugas.bina-marga", Unit: "bina-marga",
			Roles: []string{"officer"}, Action: "read", Report: someID, Allowed: true, Detail: json.RawMessage(`{"with": ["read_original"]}`), Hash: "8c5a"}}},
		d.note(ctx, call{"Audit", c, "", cursor, f})
}

func (d *desk) PutCalendar(ctx context.Context, c office.Caller, k office.Calendar) error {
	return d.note(ctx, call{"PutCalendar", c, k.ID, "", k})
}

func (d *desk) Revisions(ctx context.Context, id string) ([]office.Revision, error) {
	return []office.Revision{{Revision: 43, Decree: "SKB2025r1", National: true, IssuedOn: "2025-08-07", RecordedAt: noon, Track: "SKB", Title: "SKB 933/2025",
		Days:      []office.DecreeDay{{Date: "2025-08-18", Kind: "collective_leave", NameID: "Cuti Bersama Proklamasi Kemerdekaan"}},
		TakenBack: []office.RevisionTaken{},
		Hours:     []office.DecreeHours{{From: "2025-08-18", Weekdays: []int{1, 5}, Opens: "08:00", BreakFrom: "12:00", BreakTo: "12:30", Closes: "15:00"}},
		Settings:  &office.DecreeSettings{WeekDays: 6}}}, d.note(ctx, call{"Revisions", office.Caller{}, id, "", nil})
}

func plan(id, key string, decree office.Decree) office.DecreePlan {
	return office.DecreePlan{
		Plan: someCommand, Calendar: id, Key: key, BaseRevision: 42, PlannedBy: "admin.kominfo", PlannedAt: noon, Decree: decree, Reports: 1,
		Agencies: []office.AgencyMove{{Agency: "dinas-pupr", Name: "Dinas PUPR", Clock: report.Silence, From: "2025-08-20", To: "2025-08-21", Clocks: 1}},
		Named:    []office.ReportMove{{Report: someID, Agency: "dinas-pupr", Clock: report.Silence, From: noon, To: noon.AddDate(0, 0, 1)}},
	}
}

func (d *desk) PlanDecree(ctx context.Context, c office.Caller, id, key string, decree office.Decree) (office.DecreePlan, error) {
	return plan(id, key, decree), d.note(ctx, call{"PlanDecree", c, id, key, decree})
}

func (d *desk) DecreePlan(ctx context.Context, c office.Caller, id, key string) (office.DecreePlan, error) {
	decree := office.Decree{IssuedOn: "2025-08-07", Track: "SKB", CalendarYear: 2025, Title: "SKB 933/2025", Days: []office.DecreeDay{}}
	return plan(id, key, decree), d.note(ctx, call{"DecreePlan", c, id, key, nil})
}

func (d *desk) CommitDecree(ctx context.Context, c office.Caller, id, key, plan string) (office.Committed, error) {
	return office.Committed{Calendar: id, Key: key, Revision: 43, Reports: 1, Clocks: 1}, d.note(ctx, call{"CommitDecree", c, id, key, plan})
}

func (d *desk) PutAgency(ctx context.Context, c office.Caller, a office.Agency) error {
	return d.note(ctx, call{"PutAgency", c, a.ID, "", a})
}

func (d *desk) PutCategory(ctx context.Context, c office.Caller, k office.Category) error {
	return d.note(ctx, call{"PutCategory", c, k.Code, "", k})
}

func (d *desk) PutStaff(ctx context.Context, c office.Caller, m office.Member) error {
	return d.note(ctx, call{"PutStaff", c, m.Subject, "", m})
}

func (d *desk) Rate(ctx context.Context, c office.Caller, id string, score int, text string) (office.Rating, error) {
	return office.Rating{Score: score, Text: text, RatedAt: noon}, d.note(ctx, call{"Rate", c, id, "", score})
}

func (d *desk) ReplaceCode(ctx context.Context, c office.Caller, id, key string) (office.NewCode, error) {
	return office.NewCode{Sent: true}, d.note(ctx, call{"ReplaceCode", c, id, key, nil})
}

func (d *desk) SetVisibility(ctx context.Context, c office.Caller, id string, secret bool, key string) (office.Visibility, error) {
	v := office.Visibility{CommandID: someCommand, State: office.StateApplied, Reporter: true, Admins: 1}
	if d.waiting {
		v.State = office.StateWaiting
	}
	return v, d.note(ctx, call{"SetVisibility", c, id, key, secret})
}

func (d *desk) DeadLetters(ctx context.Context, c office.Caller) ([]office.DeadLetter, error) {
	return []office.DeadLetter{{ID: 7, Report: someID, Template: "closed", Attempts: 9, LastError: "550 no such user siti@example.id", DiedAt: noon}},
		d.note(ctx, call{"DeadLetters", c, "", "", nil})
}

func (d *desk) Requeue(ctx context.Context, c office.Caller, id int64) error {
	return d.note(ctx, call{"Requeue", c, "", "", id})
}
