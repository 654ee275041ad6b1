package web_test

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/played"
	"github.com/kawal-id/kawal/internal/sample"
	"github.com/kawal-id/kawal/internal/seal"
	"github.com/kawal-id/kawal/internal/testdb"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/web"
)

// town is the pages in front of a real office on a database of its own, with the
// sample's people and a clock that the test sets.
type town struct {
	*office.Office
	t    *testing.T
	web  *httptest.Server
	mu   sync.Mutex
	at   time.Time
	sent []string // reports whose lost code was replaced

	issuer string // where staff sign in
}

// Wednesday, 09:00 WIB.
var wednesday = time.Date(2026, 10, 7, 2, 0, 0, 0, time.UTC)

func newTown(t *testing.T, change ...func(*web.Config)) *town {
	t.Helper()
	w := &town{t: t, at: wednesday}
	keys := testdb.Keys(t)
	s, err := store.Open(t.Context(), store.Config{Keys: keys, URL: testdb.New(t, store.MigrationsHash()[:16], store.Migrate), Now: w.now})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	w.Office, err = office.New(office.Config{Store: s, Engine: played.Engine{Store: s, Now: w.now}, Keys: keys, Custodians: custodians(t), Now: w.now, Random: rand.Reader,
		Log: slog.New(slog.DiscardHandler), NoteErasure: func(string, time.Time) error { return nil }, SendCode: func(_ context.Context, id string) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.sent = append(w.sent, id)
			return nil
		}})
	require.NoError(t, err)
	t.Cleanup(w.Wait)
	var h http.Handler
	w.web = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { h.ServeHTTP(rw, r) }))
	t.Cleanup(w.web.Close)
	c := web.Config{Office: w.Office, SignIn: w.signIn(), Now: w.now, URL: w.web.URL + "/laporan", Log: slog.New(slog.NewTextHandler(told{t}, &slog.HandlerOptions{Level: slog.LevelWarn})), NotFoundAfter: time.Millisecond}
	for _, f := range change {
		f(&c)
	}
	h, err = web.New(c)
	require.NoError(t, err)
	require.NoError(t, s.As(t.Context(), store.Actor{Kind: store.Worker}, furnish))
	return w
}

func custodians(t *testing.T) seal.Custodians {
	t.Helper()
	var public []seal.Custodian
	for _, name := range []string{"kustodian.1", "kustodian.2"} {
		k, err := seal.NewCustodianKey(name)
		require.NoError(t, err)
		public = append(public, k.Custodian)
	}
	all, err := seal.NewCustodians(public...)
	require.NoError(t, err)
	return all
}

// furnish puts in the sample's regions, topics, calendars, agencies and staff.
func furnish(ctx context.Context, tx *store.Tx) error {
	var regions []store.Region
	for _, r := range sample.Regions() {
		regions = append(regions, store.Region(r))
	}
	if err := tx.PutRegions(ctx, regions); err != nil {
		return err
	}
	for _, c := range sample.Categories() {
		if err := tx.PutCategory(ctx, store.Category(c)); err != nil {
			return err
		}
	}
	for _, c := range sample.Calendars() {
		if err := tx.PutCalendar(ctx, store.CalendarRow{ID: c.ID, Zone: c.Zone, WeekDays: c.Week, JointLeave: c.JointLeave}); err != nil {
			return err
		}
	}
	for _, a := range sample.Agencies() {
		if a.RuleSet == "demo" {
			continue
		}
		if err := tx.PutAgency(ctx, store.Agency{ID: a.ID, Name: a.Name, Parent: a.Parent, Region: a.Region, Calendar: a.Calendar,
			RuleSet: a.RuleSet, Oversight: a.Oversight, Active: true}); err != nil {
			return err
		}
	}
	for _, m := range sample.Staff() {
		if m.Unit == "demo" {
			continue
		}
		if err := tx.PutStaff(ctx, store.StaffMember{Subject: m.Subject, Name: m.Name, Unit: m.Unit, Roles: m.Roles, Active: true}); err != nil {
			return err
		}
	}
	return nil
}

func (w *town) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

// pass lets time pass.
func (w *town) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

// as is a member of staff.
func (w *town) as(subject string) office.Caller {
	w.t.Helper()
	c, err := w.Staff(w.t.Context(), subject)
	require.NoError(w.t, err)
	return c
}

// act lets staff act on a report.
func (w *town) act(subject, id string, a office.Act) {
	w.t.Helper()
	_, err := w.Command(w.t.Context(), w.as(subject), id, a, "")
	require.NoError(w.t, err)
}

const (
	anAdmin   = "admin.tirtajaya"
	anOfficer = "petugas.pupr"
	pupr      = "dinas-pupr"
)

// forward publishes a report and sends it to an agency.
func (w *town) forward(id, title, body string) {
	w.t.Helper()
	w.act(anAdmin, id, office.Act{Action: report.Forward, Unit: pupr, PublicTitle: title, PublicBody: body})
}

// answer posts a follow-up.
func (w *town) answer(id, text string) {
	w.t.Helper()
	w.act(anOfficer, id, office.Act{Action: report.PostFollowUp, Text: text})
}

// file files a report through the office, as the form would.
func (w *town) file(change ...func(*office.Submission)) office.Receipt {
	w.t.Helper()
	s := office.Submission{Title: "Jalan berlubang di depan pasar", Body: "Lubang sedalam dua jengkal, berbahaya pada malam hari.",
		Class: report.ComplaintOrdinary, Category: "roads.pothole", Region: "32.04", Agency: pupr}
	for _, f := range change {
		f(&s)
	}
	r, err := w.Submit(w.t.Context(), office.Caller{Kind: office.Anyone, Channel: office.ChannelWeb}, s, "")
	require.NoError(w.t, err)
	return r
}

// visitor is a browser without a screen: it keeps cookies and follows links.
type visitor struct {
	*http.Client
	w *town
}

func (w *town) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	require.NoError(w.t, err)
	return &visitor{&http.Client{Jar: jar}, w}
}

// answered is what a visitor reads.
type answered struct {
	status int
	header http.Header
	url    string
	body   string
}

func (v *visitor) send(method, path string, form url.Values, headers ...string) answered {
	v.w.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(v.w.t.Context(), method, v.w.web.URL+path, body)
	require.NoError(v.w.t, err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := v.Do(r)
	require.NoError(v.w.t, err)
	return v.read(res)
}

// read reads an answer to its end.
func (v *visitor) read(res *http.Response) answered {
	v.w.t.Helper()
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(v.w.t, err)
	return answered{res.StatusCode, res.Header, res.Request.URL.RequestURI(), string(b)}
}

func (v *visitor) get(path string) answered {
	v.w.t.Helper()
	return v.send(http.MethodGet, path, nil)
}

func (v *visitor) post(path string, pairs ...string) answered {
	v.w.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return v.send(http.MethodPost, path, form)
}

// told writes the log of the pages into that of the test.
type told struct{ t *testing.T }

// Write adds a line.
func (o told) Write(line []byte) (int, error) {
	o.t.Logf("%s", line)
	return len(line), nil
}

// realNow is the time outside the town.
func (w *town) realNow() time.Time { return time.Now() }
