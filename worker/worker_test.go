package worker_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/kawal-id/kawal/internal/notify"
	"github.com/kawal-id/kawal/internal/testdb"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/worker"
	"github.com/kawal-id/kawal/workflows/contract"
)

// temporal is a hand-written stand-in for what the loops ask of Temporal.
type temporal struct {
	client.Client
	mu      sync.Mutex
	started []string
	signals []string
	refuses map[string]error // by workflow id
}

func (t *temporal) ExecuteWorkflow(_ context.Context, o client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.refuses[o.ID]; err != nil {
		return nil, err
	}
	t.started = append(t.started, o.ID)
	return nil, nil
}

func (t *temporal) SignalWorkflow(_ context.Context, id, _, name string, _ any) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.refuses[id]; err != nil {
		return err
	}
	t.signals = append(t.signals, id+" "+name)
	return nil
}

// outbox is a sender that keeps what it is given, or refuses it.
type outbox struct {
	sent []notify.Message
	err  error
}

func (o *outbox) Send(_ context.Context, m notify.Message) error {
	if o.err == nil {
		o.sent = append(o.sent, m)
	}
	return o.err
}

type bench struct {
	t        *testing.T
	store    *store.Store
	temporal *temporal
	outbox   *outbox
	contact  string
	now      time.Time
	codes    int
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, temporal: &temporal{refuses: map[string]error{}}, outbox: &outbox{}, contact: "a@pelapor.example",
		now: time.Date(2025, 8, 6, 5, 0, 0, 0, time.UTC)}
	var err error
	b.store, err = store.Open(t.Context(), store.Config{Keys: testdb.Keys(t), URL: testdb.New(t, store.MigrationsHash(), store.Migrate), Now: func() time.Time { return b.now }})
	require.NoError(t, err)
	t.Cleanup(b.store.Close)
	b.as(func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(
			tx.PutRegions(ctx, []store.Region{{Code: "32", Name: "Jawa Barat"}}),
			tx.PutCategory(ctx, store.Category{Code: "roads", NameID: "Jalan", NameEN: "Roads", DefaultContent: "public"}),
			tx.PutAgency(ctx, store.Agency{ID: "national", Name: "Nasional", Active: true}),
		)
	})
	return b
}

func (b *bench) as(fn func(context.Context, *store.Tx) error) {
	b.t.Helper()
	require.NoError(b.t, b.store.As(b.t.Context(), store.Actor{Kind: store.Worker}, fn))
}

func (b *bench) config() worker.Config {
	return worker.Config{Temporal: b.temporal, Store: b.store, Now: func() time.Time { return b.now }, Log: slog.New(slog.DiscardHandler),
		NewCode: func() (string, []byte, error) { b.codes++; return "KODE-BARU", mac(byte(b.codes)), nil },
		Notifier: notify.Notifier{Sender: b.outbox, BaseURL: "http://127.0.0.1", Staff: func(s string) string { return s + "@kantor.example" },
			Contact: func(store.Notice) (string, error) { return b.contact, nil }}}
}

func mac(n byte) []byte { return slices.Repeat([]byte{n}, 32) }

// file accepts a report that has a contact; its access code is mac(0).
func (b *bench) file() string {
	b.t.Helper()
	id, err := report.NewID(rand.Reader)
	require.NoError(b.t, err)
	rules, err := report.RulesByID(report.DefaultRules)
	require.NoError(b.t, err)
	s, effects, err := report.New(report.State{ID: id, Queue: "national", Class: report.ComplaintOrdinary, Category: "roads", Region: "32",
		Channel: "web", Rules: rules}, b.now)
	require.NoError(b.t, err)
	b.as(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Accept(ctx, store.NewReport{State: s, Effects: effects, AcceptedAt: b.now, Title: "Lampu padam", Body: "Sejak kemarin.",
			Identity: "none", Contact: []byte("sealed"), CodeMAC: mac(0)})
		return err
	})
	return id
}

func (b *bench) withdraw(id, command string) {
	b.t.Helper()
	b.as(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.InsertCommand(ctx, store.NewCommand{Report: id, Command: report.Command{ID: command, Action: report.Withdraw, By: report.Reporter}})
		return err
	})
}

func (b *bench) row(id string) (row store.Row) {
	b.t.Helper()
	b.as(func(ctx context.Context, tx *store.Tx) (err error) { row, err = tx.Load(ctx, id); return err })
	return row
}

func (b *bench) opens(id string, code []byte) (ok bool) {
	b.t.Helper()
	b.as(func(ctx context.Context, tx *store.Tx) (err error) { ok, err = tx.CodeOpens(ctx, id, code); return err })
	return ok
}

func TestOneReportThatCannotBeStartedKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	bad := b.file()
	b.now = b.now.Add(time.Second)
	good := b.file()
	b.temporal.refuses[bad] = errors.New("broken")
	require.ErrorContains(t, b.config().Sweep(t.Context()), "broken")
	require.Equal(t, []string{good}, b.temporal.started)
	require.Equal(t, 1, b.row(good).StartedRun)
	require.Zero(t, b.row(bad).StartedRun)
	delete(b.temporal.refuses, bad)
	require.NoError(t, b.config().Sweep(t.Context()))
	require.Equal(t, 1, b.row(bad).StartedRun)
}

func TestOneCommandThatCannotBeDeliveredKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	bad, good := b.file(), b.file()
	require.NoError(t, b.config().Sweep(t.Context()))
	b.withdraw(bad, "one")
	b.withdraw(good, "two")
	b.now = b.now.Add(time.Minute)
	b.temporal.refuses[bad] = errors.New("broken")
	require.ErrorContains(t, b.config().Sweep(t.Context()), "broken")
	require.Equal(t, []string{good + " withdraw"}, b.temporal.signals)
	require.NoError(t, b.config().Sweep(t.Context()), "the broken one is put off, not tried at once")
}

func TestAWorkflowThatIsGoneIsWantedAgainOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file()
	require.NoError(t, b.config().Sweep(t.Context()))
	b.withdraw(id, "one")
	b.withdraw(id, "two")
	b.now = b.now.Add(time.Minute)
	b.temporal.refuses[id] = serviceerror.NewNotFound("gone")
	require.NoError(t, b.config().Sweep(t.Context()))
	require.Equal(t, 2, b.row(id).WantedRun)
}

func TestANewCodeNeverLocksTheReporterOut(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file()
	b.as(func(ctx context.Context, tx *store.Tx) error { return tx.QueueCode(ctx, id) })

	b.contact = "" // a telephone number: no gateway yet
	require.NoError(t, b.config().Send(t.Context()))
	require.True(t, b.opens(id, mac(0)), "the old code stays when nobody can be reached")

	b.contact, b.outbox.err = "a@pelapor.example", errors.New("server away")
	b.now = b.now.Add(time.Hour)
	require.NoError(t, b.config().Send(t.Context()))
	require.True(t, b.opens(id, mac(0)), "the old code stays when nothing has left")

	b.outbox.err = nil
	b.now = b.now.Add(time.Hour)
	require.NoError(t, b.config().Send(t.Context()))
	require.False(t, b.opens(id, mac(0)))
	require.True(t, b.opens(id, mac(byte(b.codes))))
	i := slices.IndexFunc(b.outbox.sent, func(m notify.Message) bool { return m.To == "a@pelapor.example" && m.Subject == "Laporan "+id })
	require.GreaterOrEqual(t, i, 0)
}

func TestWhatANewBuildsDecreesMoveIsCountedAgainAndTold(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.now = time.Date(2025, 8, 14, 5, 0, 0, 0, time.UTC)
	knows := func(revision int) {
		b.as(func(ctx context.Context, tx *store.Tx) error {
			return tx.PutCalendar(ctx, store.CalendarRow{ID: "old", Zone: "Asia/Jakarta", WeekDays: 5, JointLeave: true, Revision: revision})
		})
	}
	knows(42)
	b.as(func(ctx context.Context, tx *store.Tx) error {
		return tx.PutAgency(ctx, store.Agency{ID: "national", Name: "Nasional", Calendar: "old", Active: true})
	})
	id := b.file()
	require.NoError(t, b.config().Revise(t.Context()))
	require.Empty(t, b.temporal.started, "nothing moved")
	knows(43) // takes 18 August off: V ends a day later
	for range 2 {
		require.NoError(t, b.config().Revise(t.Context()))
	}
	require.Equal(t, []string{contract.TellMovedWorkflow, contract.TellMovedWorkflow}, b.temporal.started, "until the report has been told")
	b.as(func(ctx context.Context, tx *store.Tx) error { return tx.Told(ctx, []string{id}) })
	require.NoError(t, b.config().Revise(t.Context()))
	require.Len(t, b.temporal.started, 2)
}
