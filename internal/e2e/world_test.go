package e2e_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"github.com/kawal-id/kawal/api"
	"github.com/kawal-id/kawal/internal/auth"
	"github.com/kawal-id/kawal/internal/devstack"
	"github.com/kawal-id/kawal/internal/door"
	"github.com/kawal-id/kawal/internal/issuer"
	"github.com/kawal-id/kawal/internal/notify"
	"github.com/kawal-id/kawal/internal/sample"
	"github.com/kawal-id/kawal/internal/seal"
	"github.com/kawal-id/kawal/internal/signer"
	"github.com/kawal-id/kawal/internal/testdb"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/web"
	"github.com/kawal-id/kawal/worker"
	"github.com/kawal-id/kawal/workflows/contract"
)

// world is one installation for one test: a database and a Temporal namespace
// of its own on the shared servers, API and worker in this process.
type world struct {
	t         testing.TB
	database  string
	address   string
	namespace string
	keys      string
	store     *store.Store
	temporal  client.Client
	sealed    *seal.Keys
	ring      map[string]*seal.CustodianKey // private keys of the custodians, by subject
	to        seal.Custodians
	api       *httptest.Server
	issuer    *httptest.Server
	mail      string
	log       *slog.Logger // of API and worker; nil: nowhere
	registry  prometheus.Registerer
	stop      context.CancelFunc
	stopped   chan struct{}
}

// servers are the addresses of what a world stands on.
type servers struct{ database, temporal string }

// shared returns the servers that make test has started.
func shared(t testing.TB) servers {
	t.Helper()
	address := os.Getenv("KAWAL_TEST_TEMPORAL_ADDRESS")
	if address == "" {
		t.Fatal("Temporal is not running for tests (KAWAL_TEST_TEMPORAL_ADDRESS is empty): use make test, or kawal testenv -- go test ...")
	}
	return servers{testdb.New(t, store.MigrationsHash(), store.Migrate), address}
}

// own starts servers that this test may stop, kill and lose.
func own(t testing.TB) (*devstack.Stack, servers) {
	t.Helper()
	data, err := os.MkdirTemp("", "kawal-e2e-") // not TempDir: user postgres must be able to enter it
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(data) })
	require.NoError(t, os.Chmod(data, 0o755))
	s, err := devstack.Start(t.Context(), stackConfig(data, contract.Namespace))
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
	keySet := "file://" + filepath.Join(filepath.Dir(os.Getenv("KAWAL_TEST_TEMPORAL_KEY")), "temporal-keys.json")
	return devstack.Config{Data: data, Bin: "../../.bin", Namespace: namespace, Retention: 24 * time.Hour, SearchAttributes: types,
		KeySources: []string{keySet}, Audience: "kawal", Operator: passTo("temporal-system:admin")}
}

// newWorld builds an installation on the servers and starts its worker.
func newWorld(t testing.TB, on servers) *world {
	t.Helper()
	w := &world{t: t, database: on.database, address: on.temporal, namespace: "kawal-" + strings.ToLower(rand.Text()[:10]), mail: filepath.Join(t.TempDir(), "mail")}
	w.register()
	w.keys = filepath.Join(t.TempDir(), "keys")
	require.NoError(t, seal.Create(w.keys))
	var err error
	w.sealed, err = seal.Open(w.keys)
	require.NoError(t, err)
	w.store, err = store.Open(t.Context(), store.Config{Keys: w.sealed, URL: w.database, MaxConns: 16, Now: time.Now})
	require.NoError(t, err)
	t.Cleanup(w.store.Close)
	w.temporal, err = dial(w.address, w.namespace, w.sealed)
	require.NoError(t, err)
	t.Cleanup(w.temporal.Close)
	w.putSample()
	w.makeCustodians()
	w.startIssuer()
	w.startAPI(office.Temporal{Client: w.temporal, Now: time.Now})
	w.startWorker()
	t.Cleanup(w.stopWorker)
	return w
}

// in is the same world for a subtest.
func (w *world) in(t testing.TB) *world {
	other := *w
	other.t = t
	return &other
}

// register makes the namespace, also anew after Temporal has lost everything.
func (w *world) register() {
	w.t.Helper()
	require.NoError(w.t, devstack.Register(w.t.Context(), stackConfig("", w.namespace), w.address))
}

// passTo signs a pass for each call by the key that the test servers trust.
func passTo(permissions ...string) signer.Pass {
	return signer.Pass{Key: trusted(), Subject: "test", Audience: "kawal", Permissions: permissions, Now: time.Now}
}

// trusted is that key, which kawal testenv has made.
var trusted = sync.OnceValue(func() *signer.Key {
	k, err := signer.Open(os.Getenv("KAWAL_TEST_TEMPORAL_KEY"))
	if err != nil {
		panic(err)
	}
	return k
})

func dial(address, namespace string, keys *seal.Keys) (client.Client, error) {
	return client.NewLazyClient(client.Options{HostPort: address, Namespace: namespace, HeadersProvider: passTo(namespace + ":write"),
		DataConverter: keys.DataConverter(), FailureConverter: keys.FailureConverter(),
		Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))})
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

// makeCustodians makes a key for each custodian of the sample.
func (w *world) makeCustodians() {
	w.t.Helper()
	w.ring = map[string]*seal.CustodianKey{}
	var public []seal.Custodian
	for _, m := range sample.Staff() {
		if !slices.Contains(m.Roles, "custodian") {
			continue
		}
		k, err := seal.NewCustodianKey(m.Subject)
		require.NoError(w.t, err)
		w.ring[m.Subject], public = k, append(public, k.Custodian)
	}
	var err error
	w.to, err = seal.NewCustodians(public...)
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

func (w *world) startAPI(engine office.Engine) {
	w.t.Helper()
	h, o, err := handler(w.store, engine, w.sealed, w.to, w.issuer.URL, w.log, w.registry)
	require.NoError(w.t, err)
	w.t.Cleanup(o.Wait)
	w.api = httptest.NewServer(h)
	w.t.Cleanup(w.api.Close)
}

// handler is API and pages over a real office.
func handler(s *store.Store, engine office.Engine, keys *seal.Keys, to seal.Custodians, issuer string, log *slog.Logger, registry prometheus.Registerer) (http.Handler, *office.Office, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	o, err := office.New(office.Config{Store: s, Engine: engine, Keys: keys, Custodians: to, Now: time.Now, Random: rand.Reader,
		Log: log, National: "national", TemporalUI: "http://127.0.0.1:8233", Demo: true})
	if err != nil {
		return nil, nil, err
	}
	v, err := auth.New(auth.Config{Issuer: issuer, Audience: "kawal", Now: time.Now})
	if err != nil {
		return nil, nil, err
	}
	h, err := api.New(api.Config{Office: o, Verifier: v, Now: time.Now, Log: log, Registry: registry,
		Ready: func(context.Context) map[string]error { return nil }})
	if err != nil {
		return nil, nil, err
	}
	pages, err := web.New(web.Config{Office: o, SignIn: standIn{}, Now: time.Now, URL: "http://127.0.0.1/laporan", Log: log, Registry: registry})
	return door.Beside(h, pages), o, err
}

func (w *world) workerConfig() worker.Config {
	log := w.log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return worker.Config{Temporal: w.temporal, Store: w.store, Now: time.Now, Every: 200 * time.Millisecond,
		Log:     log,
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

func (a answer) into(t testing.TB, v any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(a.body, v), "%s", a.body)
}

// caller is who asks: staff by subject, or the reporter by code.
type caller struct{ subject, code, key string }

func staff(subject string) caller { return caller{subject: subject} }

// call makes one request; body may be nil, a []byte is sent as it is.
func (w *world) call(c caller, method, path string, body any) answer {
	w.t.Helper()
	a, err := w.attempt(c, method, path, body)
	require.NoError(w.t, err)
	return a
}

// attempt is call for any goroutine, and for an API that may be gone.
func (w *world) attempt(c caller, method, path string, body any) (answer, error) {
	var sent io.Reader
	switch b := body.(type) {
	case nil:
	case []byte:
		sent = bytes.NewReader(b)
	default:
		b2, err := json.Marshal(body)
		if err != nil {
			return answer{}, err
		}
		sent = bytes.NewReader(b2)
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.api.URL+"/v1"+path, sent)
	if err != nil {
		return answer{}, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.subject != "" {
		token, err := issuer.Mint(w.issuerKey(), w.issuer.URL, "kawal", c.subject, time.Hour, time.Now())
		if err != nil {
			return answer{}, err
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if c.code != "" {
		req.Header.Set("X-Kawal-Code", c.code)
	}
	if c.key != "" {
		req.Header.Set("Idempotency-Key", c.key)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, b}, err
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
	f, err := w.ok(caller{}, http.MethodPost, "/reports", body).receipt()
	require.NoError(w.t, err)
	return f
}

// receipt reads the answer to a submission.
func (a answer) receipt() (filed, error) {
	var r struct {
		TrackingID string `json:"tracking_id"`
		AccessCode string `json:"access_code"`
	}
	err := json.Unmarshal(a.body, &r)
	return filed{r.TrackingID, r.AccessCode}, err
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
	row, err := w.tryRow(id)
	require.NoError(w.t, err)
	return row
}

func (w *world) tryRow(id string) (store.Row, error) {
	var row store.Row
	err := w.store.As(w.t.Context(), store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) (err error) {
		row, err = tx.Load(ctx, id)
		return err
	})
	return row, err
}

// await waits until PostgreSQL has the report in a stage.
func (w *world) await(id string, stage report.Stage) store.Row {
	w.t.Helper()
	var row store.Row
	w.eventually(func() (err error) {
		if row, err = w.tryRow(id); err == nil && row.State.Stage != stage {
			err = fmt.Errorf("%s stays in %s, wanted %s", id, row.State.Stage, stage)
		}
		return err
	})
	return row
}

// eventually waits until f returns nil; if it never does, its last error is
// told. A test waits for nothing longer than four minutes.
func (w *world) eventually(f func() error) {
	w.t.Helper()
	last := &lastError{}
	require.Eventually(w.t, func() bool { return last.keep(f()) == nil }, 4*time.Minute, 50*time.Millisecond, "%s", last)
}

// lastError is read when a wait has failed.
type lastError struct {
	mu  sync.Mutex
	err error
}

func (l *lastError) keep(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
	return err
}

func (l *lastError) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return fmt.Sprint(l.err)
}

// scan reads one row as the owner of the database, past every policy.
func (w *world) scan(into []any, sql string, args ...any) {
	w.t.Helper()
	require.NoError(w.t, w.tryScan(into, sql, args...))
}

func (w *world) tryScan(into []any, sql string, args ...any) error {
	conn, err := pgx.Connect(w.t.Context(), w.database)
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	return conn.QueryRow(w.t.Context(), sql, args...).Scan(into...)
}

// count is the number that a SELECT count(*) gives.
func (w *world) count(sql string, args ...any) int {
	w.t.Helper()
	var n int
	w.scan([]any{&n}, sql, args...)
	return n
}

// exec changes the database behind everybody's back.
func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	conn, err := pgx.Connect(w.t.Context(), w.database)
	require.NoError(w.t, err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(w.t.Context(), sql, args...)
	require.NoError(w.t, err)
}

// history is the state as the workflow knows it, of whatever run is the last.
func (w *world) history(id string) (report.State, error) {
	v, err := w.temporal.QueryWorkflow(w.t.Context(), id, "", contract.QueryState)
	if err != nil {
		return report.State{}, err
	}
	var s report.State
	return s, v.Get(&s)
}

// agree waits until the workflow says the same as PostgreSQL: run, stage, seq,
// and the deadline of every clock that has not ended.
func (w *world) agree(id string) {
	w.t.Helper()
	w.eventually(func() error {
		history, err := w.history(id)
		if err != nil {
			return err
		}
		row, err := w.tryRow(id)
		if err != nil {
			return err
		}
		return differ(row.State, history)
	})
}

func differ(row, history report.State) error {
	if row.Run != history.Run || row.Seq != history.Seq || row.Stage != history.Stage {
		return fmt.Errorf("%s: run %d seq %d %s recorded, run %d seq %d %s in the history",
			row.ID, row.Run, row.Seq, row.Stage, history.Run, history.Seq, history.Stage)
	}
	if want, got := dues(row), dues(history); !maps.Equal(want, got) {
		return fmt.Errorf("%s: deadlines %v recorded, %v in the history", row.ID, want, got)
	}
	return nil
}

// dues are the deadlines of the clocks that have not ended.
func dues(s report.State) map[string]string {
	all := map[string]string{}
	for _, c := range s.Clocks {
		if c.Live() {
			all[fmt.Sprintf("%s:%d", c.Kind, c.Seq)] = fmt.Sprint(c.Status, " ", c.DueAt.UTC().Format(time.RFC3339Nano))
		}
	}
	return all
}
