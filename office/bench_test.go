package office_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/seal"
	"github.com/kawal-id/kawal/internal/testdb"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/workflows/contract"
)

// count returns the number that a query yields, past every policy.
func (b *bench) count(sql string, args ...any) int {
	b.t.Helper()
	conn, err := pgx.Connect(b.t.Context(), b.url)
	require.NoError(b.t, err)
	defer conn.Close(b.t.Context())
	var n int
	require.NoError(b.t, conn.QueryRow(b.t.Context(), sql, args...).Scan(&n))
	return n
}

// exec changes the database behind everybody's back.
func (b *bench) exec(sql string) {
	b.t.Helper()
	conn, err := pgx.Connect(b.t.Context(), b.url)
	require.NoError(b.t, err)
	defer conn.Close(b.t.Context())
	_, err = conn.Exec(b.t.Context(), sql)
	require.NoError(b.t, err)
}

// tryAsApp runs a statement with the rights of API and worker.
func (b *bench) tryAsApp(sql string) error {
	conn, err := pgx.Connect(b.t.Context(), b.url)
	require.NoError(b.t, err)
	defer conn.Close(b.t.Context())
	_, err = conn.Exec(b.t.Context(), `SET ROLE kawal_app`)
	require.NoError(b.t, err)
	_, err = conn.Exec(b.t.Context(), sql)
	return err
}

// bytes returns the bytes that a query yields, past every policy.
func (b *bench) bytes(sql string) []byte {
	b.t.Helper()
	conn, err := pgx.Connect(b.t.Context(), b.url)
	require.NoError(b.t, err)
	defer conn.Close(b.t.Context())
	var v []byte
	require.NoError(b.t, conn.QueryRow(b.t.Context(), sql).Scan(&v))
	return v
}

// bench is an office of one test, with a small regency around it, a clock of
// its own and a workflow engine that a test can take away.
type bench struct {
	*office.Office
	t      testing.TB
	url    string
	store  *store.Store
	keys   *seal.Keys
	engine *engine
	ring   map[string]*seal.CustodianKey // private keys of custodians, by subject
	mu     sync.Mutex
	at     time.Time
	sent   []string // reports whose lost code was replaced
}

var wednesday = time.Date(2025, 8, 6, 2, 0, 0, 0, time.UTC) // 09:00 WIB

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{t: t, keys: newKeys(t), url: testdb.New(t, store.MigrationsHash()[:16], store.Migrate), at: wednesday}
	s, err := store.Open(t.Context(), store.Config{Keys: b.keys, URL: b.url, Now: b.now})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	b.store, b.engine = s, &engine{store: s, now: b.now}
	var custodians seal.Custodians
	b.ring, custodians = newRing(t)
	b.Office, err = office.New(office.Config{
		Store: s, Engine: b.engine, Keys: b.keys, Custodians: custodians, Now: b.now, Random: rand.Reader, Log: slog.New(slog.DiscardHandler),
		StartTimeout: time.Second, UpdateTimeout: 3 * time.Second, TemporalUI: "http://127.0.0.1:8233", Demo: true,
		SendCode: func(_ context.Context, id string) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.sent = append(b.sent, id)
			return nil
		},
	})
	require.NoError(t, err)
	t.Cleanup(b.Wait)
	b.furnish()
	return b
}

func (b *bench) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.at
}

func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at = b.at.Add(d)
}

// furnish makes the small regency: kab with two agencies, of which pu has a
// unit of its own and no administrator; a town; and the national level.
func (b *bench) furnish() {
	err := b.store.As(b.t.Context(), store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.PutRegions(ctx, []store.Region{
			{Code: "32", Name: "Jawa Contoh"}, {Code: "32.04", Parent: "32", Name: "Kabupaten Contoh"},
			{Code: "32.73", Parent: "32", Name: "Kota Contoh"}, {Code: "91", Name: "Provinsi Jauh"},
		}); err != nil {
			return err
		}
		for _, c := range []store.Category{
			{Code: "roads", NameID: "Jalan", NameEN: "Roads", DefaultContent: "public"},
			{Code: "corruption", NameID: "Korupsi", NameEN: "Corruption", DefaultContent: "secret"},
		} {
			if err := tx.PutCategory(ctx, c); err != nil {
				return err
			}
		}
		for _, a := range []store.Agency{
			{ID: "national", Name: "Admin Nasional", Active: true},
			{ID: "kab", Name: "Kabupaten Contoh", Parent: "national", Region: "32.04", Active: true},
			{ID: "kab.pu", Name: "Dinas PU", Parent: "kab", Region: "32.04", Active: true},
			{ID: "kab.pu.jalan", Name: "Bidang Jalan", Parent: "kab.pu", Region: "32.04", Active: true},
			{ID: "kab.dinkes", Name: "Dinas Kesehatan", Parent: "kab", Region: "32.04", Active: true},
			{ID: "kab.tutup", Name: "Dinas Lama", Parent: "kab", Active: false},
			{ID: "kota", Name: "Kota Contoh", Parent: "national", Region: "32.73", Active: true},
			{ID: "demo", Name: "Unit Peragaan", Parent: "national", RuleSet: "demo", Active: true},
		} {
			if err := tx.PutAgency(ctx, a); err != nil {
				return err
			}
		}
		for _, m := range []store.StaffMember{
			{Subject: "admin.nasional", Unit: "national", Roles: []string{"admin"}},
			{Subject: "admin.nasional2", Roles: []string{"admin"}},
			{Subject: "admin.kab", Unit: "kab", Roles: []string{"admin"}},
			{Subject: "admin.kab2", Unit: "kab", Roles: []string{"admin"}},
			{Subject: "admin.dinkes", Unit: "kab.dinkes", Roles: []string{"admin"}},
			{Subject: "admin.demo", Unit: "demo", Roles: []string{"admin"}},
			{Subject: "admin.kota", Unit: "kota", Roles: []string{"admin"}},
			{Subject: "officer.pu", Unit: "kab.pu", Roles: []string{"officer"}},
			{Subject: "officer.jalan", Unit: "kab.pu.jalan", Roles: []string{"officer"}},
			{Subject: "officer.dinkes", Unit: "kab.dinkes", Roles: []string{"officer"}},
			{Subject: "head.pu", Unit: "kab.pu", Roles: []string{"head"}},
			{Subject: "supervisor", Roles: []string{"supervisor"}},
			{Subject: "auditor", Roles: []string{"auditor"}},
			{Subject: "sms", Roles: []string{"gateway"}},
			{Subject: "kustodian.1", Roles: []string{"custodian"}},
			{Subject: "kustodian.2", Roles: []string{"custodian"}},
			{Subject: "kustodian.pu", Unit: "kab.pu", Roles: []string{"custodian"}},
			{Subject: "kustodian.baru", Roles: []string{"custodian"}}, // has no key yet
		} {
			m.Name, m.Active = m.Subject, true
			if err := tx.PutStaff(ctx, m); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(b.t, err)
}

func (b *bench) as(subject string) office.Caller {
	b.t.Helper()
	c, err := b.Staff(b.t.Context(), subject)
	require.NoError(b.t, err)
	return c
}

var anyone = office.Caller{Kind: office.Anyone, Channel: office.ChannelWeb}

func with(code string) office.Caller { return office.Caller{Kind: office.Reporter, Code: code} }

func pothole() office.Submission {
	return office.Submission{
		Title: "Jalan berlubang di depan pasar", Body: "Lubang sedalam 20 cm, sudah dua minggu.", Class: report.ComplaintOrdinary,
		Category: "roads", Region: "32.04", Agency: "kab.pu", Identity: office.IdentityOpen, Name: "Pelapor Contoh",
		Contact: "pelapor@contoh.id",
	}
}

// file files a report and returns its receipt.
func (b *bench) file(change ...func(*office.Submission)) office.Receipt {
	b.t.Helper()
	s := pothole()
	for _, f := range change {
		f(&s)
	}
	r, err := b.Submit(b.t.Context(), anyone, s, "")
	require.NoError(b.t, err)
	return r
}

func forward() office.Act {
	return office.Act{Action: report.Forward, Unit: "kab.pu", PublicTitle: "Jalan berlubang", PublicBody: "Ada lubang di jalan."}
}

// do acts and returns the answer, which must be applied.
func (b *bench) do(subject, id string, a office.Act) office.Answer {
	b.t.Helper()
	answer, err := b.Command(b.t.Context(), b.as(subject), id, a, "")
	require.NoError(b.t, err)
	require.Equal(b.t, office.StateApplied, answer.State)
	return answer
}

// forwarded files a report and brings it to kab.pu.
func (b *bench) forwarded(change ...func(*office.Submission)) office.Receipt {
	b.t.Helper()
	r := b.file(change...)
	b.do("admin.kab", r.ID, forward())
	return r
}

// say sends a reporter's command and waits until the engine has it.
func (b *bench) say(r office.Receipt, a office.Act) office.Answer {
	b.t.Helper()
	answer, err := b.Command(b.t.Context(), with(r.AccessCode), r.ID, a, "")
	require.NoError(b.t, err)
	b.Wait()
	return answer
}

func (b *bench) stage(id string) report.Stage {
	b.t.Helper()
	v, err := b.Report(b.t.Context(), b.as("admin.nasional"), id)
	require.NoError(b.t, err)
	return v.Stage
}

func requireField(t *testing.T, err error, kind fault.Kind, field string) {
	t.Helper()
	require.Error(t, err)
	require.ErrorIs(t, err, kind)
	var f *fault.Error
	require.ErrorAs(t, err, &f)
	require.Equal(t, field, f.Field, f.Message)
	require.NotEmpty(t, f.Message)
}

// engine plays the workflow: it applies commands as the workflow would, through
// report.Apply and store.Advance. Away, it decides nothing.
type engine struct {
	store   *store.Store
	now     func() time.Time
	mu      sync.Mutex
	away    bool
	missing bool   // no workflow runs
	silent  bool   // takes updates and never answers
	before  func() // runs once, before the next update
	started []report.State
	signals []report.Command
}

func (e *engine) set(f func(*engine)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f(e)
}

func (e *engine) Start(_ context.Context, s report.State) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.away {
		return fault.New(fault.Unavailable, "away")
	}
	e.started = append(e.started, s)
	return nil
}

func (e *engine) Update(ctx context.Context, id string, _ int, c report.Command) (contract.Outcome, error) {
	var away, silent, missing bool
	var before func()
	e.set(func(e *engine) { away, silent, missing, before, e.before = e.away, e.silent, e.missing, e.before, nil })
	if before != nil {
		before()
	}
	if silent {
		<-ctx.Done()
		return contract.Outcome{}, ctx.Err()
	}
	if missing {
		return contract.Outcome{}, fault.New(fault.NotFound, "no workflow")
	}
	if away {
		return contract.Outcome{}, fault.New(fault.Unavailable, "away")
	}
	s, err := e.apply(ctx, id, c)
	return contract.Outcome{Seq: s.Seq, Stage: s.Stage, Round: s.Round, DueAt: s.NearestDue(), Code: s.Outcome}, err
}

func (e *engine) Signal(ctx context.Context, id string, c report.Command) error {
	away := false
	e.set(func(e *engine) { e.signals = append(e.signals, c); away = e.away })
	if away {
		return fault.New(fault.Unavailable, "away")
	}
	_, err := e.apply(ctx, id, c)
	return err
}

func (e *engine) apply(ctx context.Context, id string, c report.Command) (next report.State, err error) {
	err = e.store.As(ctx, store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) error {
		s, err := tx.Lock(ctx, id)
		if err != nil {
			return err
		}
		if !s.Stage.Open() {
			return fault.New(fault.NotFound, "no workflow")
		}
		var effects report.Effects
		if next, effects, err = report.Apply(s, c); err != nil {
			return err
		}
		out, err := tx.Advance(ctx, store.Advance{Before: s.Stage, Next: next, Command: c, Effects: effects})
		next.Settle(out.Settled, e.now())
		return err
	})
	return next, err
}

func (e *engine) starts() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.started)
}
