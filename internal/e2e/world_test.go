package e2e_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"github.com/kawal-id/kawal/api"
	"github.com/kawal-id/kawal/internal/auth"
	"github.com/kawal-id/kawal/internal/devstack"
	"github.com/kawal-id/kawal/internal/issuer"
	"github.com/kawal-id/kawal/internal/notify"
	"github.com/kawal-id/kawal/internal/sample"
	"github.com/kawal-id/kawal/internal/seal"
	"github.com/kawal-id/kawal/internal/testdb"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/worker"
	"github.com/kawal-id/kawal/workflows/contract"
)

// world is one installation for one test: a database and a Temporal namespace
// of its own on the shared servers, API and worker in this process.
type world struct {
	t         *testing.T
	database  string
	address   string
	namespace string
	keys      string
	store     *store.Store
	temporal  client.Client
	sealed    *seal.Keys
	api       *httptest.Server
	issuer    *httptest.Server
	mail      string
	stop      context.CancelFunc
	stopped   chan struct{}
}

// servers are the addresses of what a world stands on.
type servers struct{ database, temporal string }

// shared returns the servers that make test has started.
func shared(t *testing.T) servers {
	t.Helper()
	address := os.Getenv("KAWAL_TEST_TEMPORAL_ADDRESS")
	if address == "" {
		t.Fatal("Temporal is not running for tests (KAWAL_TEST_TEMPORAL_ADDRESS is empty): use make test, or kawal testenv -- go test ...")
	}
	return servers{testdb.New(t, store.MigrationsHash(), store.Migrate), address}
}

// own starts servers that this test may stop, kill and lose.
func own(t *testing.T) (*devstack.Stack, servers) {
	t.Helper()
	s, err := devstack.Start(t.Context(), stackConfig(filepath.Join(t.TempDir(), "stack"), contract.Namespace))
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Stop(context.Background()) })
	require.NoError(t, store.Migrate(t.Context(), s.DatabaseURL))
	return s, servers{s.DatabaseURL, s.TemporalAddress}
}

func stackConfig(data, namespace string) devstack.Config {
	types := map[string]enumspb.IndexedValueType{}
	for _, k := range contract.SearchAttributes() {
		types[k.GetName()] = k.GetValueType()
	}
	return devstack.Config{Data: data, Bin: "../../.bin", Namespace: namespace, Retention: 24 * time.Hour, SearchAttributes: types}
}

// newWorld builds an installation on the servers and starts its worker.
func newWorld(t *testing.T, on servers) *world {
	t.Helper()
	w := &world{t: t, database: on.database, address: on.temporal, namespace: "kawal-" + strings.ToLower(rand.Text()[:10]), mail: filepath.Join(t.TempDir(), "mail")}
	require.NoError(t, devstack.Register(t.Context(), stackConfig("", w.namespace), on.temporal))
	w.keys = filepath.Join(t.TempDir(), "keys")
	require.NoError(t, seal.Create(w.keys))
	var err error
	w.sealed, err = seal.Open(w.keys)
	require.NoError(t, err)
	w.store, err = store.Open(t.Context(), store.Config{URL: w.database, MaxConns: 16, Now: time.Now})
	require.NoError(t, err)
	t.Cleanup(w.store.Close)
	w.temporal = dial(t, w.address, w.namespace, w.sealed)
	w.putSample()
	w.startIssuer()
	w.startAPI(office.Temporal{Client: w.temporal, Now: time.Now})
	w.startWorker()
	t.Cleanup(w.stopWorker)
	return w
}

func dial(t testing.TB, address, namespace string, keys *seal.Keys) client.Client {
	t.Helper()
	c, err := client.NewLazyClient(client.Options{HostPort: address, Namespace: namespace,
		DataConverter: keys.DataConverter(), FailureConverter: keys.FailureConverter(),
		Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func (w *world) putSample() {
	w.t.Helper()
	known, err := w.store.Agencies(w.t.Context())
	require.NoError(w.t, err)
	if len(known) > 0 {
		return
	}
	err = w.store.As(w.t.Context(), store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) error {
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
			if err := tx.PutAgency(ctx, store.Agency{ID: a.ID, Name: a.Name, Parent: a.Parent, Region: a.Region, Calendar: a.Calendar,
				RuleSet: a.RuleSet, Oversight: a.Oversight, Active: true}); err != nil {
				return err
			}
		}
		for _, m := range sample.Staff() {
			if err := tx.PutStaff(ctx, store.StaffMember{Subject: m.Subject, Name: m.Name, Unit: m.Unit, Roles: m.Roles, Active: true}); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(w.t, err)
}

func (w *world) issuerKey() string { return filepath.Join(w.keys, "issuer.json") }

func (w *world) startIssuer() {
	w.t.Helper()
	var h http.Handler
	w.issuer = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { h.ServeHTTP(rw, r) }))
	w.t.Cleanup(w.issuer.Close)
	iss, err := issuer.New(issuer.Config{URL: w.issuer.URL, KeyFile: w.issuerKey(), Audience: "kawal", Now: time.Now})
	require.NoError(w.t, err)
	h = iss.Handler()
}

func (w *world) office(engine office.Engine) *office.Office {
	w.t.Helper()
	o, err := office.New(office.Config{Store: w.store, Engine: engine, Keys: w.sealed, Now: time.Now, Random: rand.Reader,
		Log: slog.New(slog.DiscardHandler), National: "national", TemporalUI: "http://127.0.0.1:8233", Demo: true})
	require.NoError(w.t, err)
	w.t.Cleanup(o.Wait)
	return o
}

func (w *world) startAPI(engine office.Engine) {
	w.t.Helper()
	v, err := auth.New(auth.Config{Issuer: w.issuer.URL, Audience: "kawal", Now: time.Now})
	require.NoError(w.t, err)
	h, err := api.New(api.Config{Office: w.office(engine), Verifier: v, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Ready: func(context.Context) map[string]error { return nil }})
	require.NoError(w.t, err)
	w.api = httptest.NewServer(h)
	w.t.Cleanup(w.api.Close)
}

func (w *world) workerConfig() worker.Config {
	return worker.Config{Temporal: w.temporal, Store: w.store, Now: time.Now, Every: 200 * time.Millisecond,
		Log:     slog.New(slog.DiscardHandler),
		NewCode: func() (string, []byte, error) { return "", nil, nil },
		Notifier: notify.Notifier{Sender: notify.Folder{Path: w.mail, From: "kawal@kantor.example"}, BaseURL: "http://127.0.0.1",
			Contact: func(n store.Notice) (string, error) {
				b, err := w.sealed.OpenField(office.FieldContact, n.Report, n.Contact)
				return string(b), err
			},
			Staff: func(s string) string { return s + "@kantor.example" }},
	}
}

func (w *world) startWorker() {
	ctx, stop := context.WithCancel(context.Background())
	w.stop, w.stopped = stop, make(chan struct{})
	go func(done chan struct{}) {
		defer close(done)
		for ctx.Err() == nil { // Temporal may be away at the start
			_ = worker.Run(ctx, w.workerConfig())
		}
	}(w.stopped)
}

func (w *world) stopWorker() {
	w.stop()
	<-w.stopped
}

// answer is one HTTP answer.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) into(t *testing.T, v any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(a.body, v), "%s", a.body)
}

// caller is who asks: staff by subject, or the reporter by code.
type caller struct{ subject, code, key string }

func staff(subject string) caller { return caller{subject: subject} }

// call makes one request; body may be nil.
func (w *world) call(c caller, method, path string, body any) answer {
	w.t.Helper()
	var sent io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		require.NoError(w.t, err)
		sent = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.api.URL+"/v1"+path, sent)
	require.NoError(w.t, err)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.subject != "" {
		token, err := issuer.Mint(w.issuerKey(), w.issuer.URL, "kawal", c.subject, time.Hour, time.Now())
		require.NoError(w.t, err)
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if c.code != "" {
		req.Header.Set("X-Kawal-Code", c.code)
	}
	if c.key != "" {
		req.Header.Set("Idempotency-Key", c.key)
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(w.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(w.t, err)
	return answer{res.StatusCode, res.Header, b}
}

// ok makes a request that must succeed.
func (w *world) ok(c caller, method, path string, body any) answer {
	w.t.Helper()
	a := w.call(c, method, path, body)
	require.Less(w.t, a.status, 300, "%s %s: %s", method, path, a.body)
	return a
}

// filed is a report as its reporter holds it.
type filed struct{ id, code string }

func (f filed) reporter() caller { return caller{code: f.code} }

func submission(agency string) map[string]any {
	return map[string]any{
		"title": "Jalan berlubang di depan pasar", "body": "Lubang sedalam dua jengkal, berbahaya pada malam hari.",
		"class": "complaint_ordinary", "category": "roads.pothole", "region": "32", "agency": agency,
		"identity": "none", "content": "public",
	}
}

func (w *world) submit(body map[string]any) filed {
	w.t.Helper()
	var r struct {
		TrackingID string `json:"tracking_id"`
		AccessCode string `json:"access_code"`
	}
	w.ok(caller{}, http.MethodPost, "/reports", body).into(w.t, &r)
	return filed{r.TrackingID, r.AccessCode}
}

func (w *world) forward(f filed, as, agency string) answer {
	w.t.Helper()
	return w.ok(staff(as), http.MethodPost, "/reports/"+f.id+"/forward", map[string]string{
		"agency": agency, "public_title": "Jalan berlubang", "public_body": "Lubang di depan pasar."})
}

func (w *world) followUp(f filed, as string) answer {
	w.t.Helper()
	return w.ok(staff(as), http.MethodPost, "/reports/"+f.id+"/follow-ups", map[string]string{"text": "Lubang sudah ditambal."})
}

// row is the report as PostgreSQL has it.
func (w *world) row(id string) store.Row {
	w.t.Helper()
	var row store.Row
	err := w.store.As(w.t.Context(), store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) (err error) {
		row, err = tx.Load(ctx, id)
		return err
	})
	require.NoError(w.t, err)
	return row
}

// await waits until PostgreSQL has the report in a stage.
func (w *world) await(id string, stage report.Stage) store.Row {
	w.t.Helper()
	var row store.Row
	require.Eventually(w.t, func() bool {
		row = w.row(id)
		return row.State.Stage == stage
	}, time.Minute, 50*time.Millisecond, "report stays in %s, wanted %s", row.State.Stage, stage)
	return row
}

// agree waits until the workflow says the same as PostgreSQL.
func (w *world) agree(id string) {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		v, err := w.temporal.QueryWorkflow(w.t.Context(), id, "", contract.QueryState)
		if err != nil {
			return false
		}
		var s report.State
		return v.Get(&s) == nil && s.Seq == w.row(id).State.Seq && s.Stage == w.row(id).State.Stage
	}, time.Minute, 100*time.Millisecond, "history and database disagree on %s", id)
}
