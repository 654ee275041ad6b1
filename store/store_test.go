package store_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/testdb"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// trips counts what is sent to PostgreSQL: statements and batches.
type trips struct{ n atomic.Int64 }

func (c *trips) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.n.Add(1)
	return ctx
}
func (c *trips) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
func (c *trips) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	c.n.Add(1)
	return ctx
}
func (c *trips) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (c *trips) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}

// bench is a store of one test, with a small regency in it and a clock of its
// own.
type bench struct {
	t     testing.TB
	s     *store.Store
	url   string
	trips *trips
	mu    sync.Mutex
	at    time.Time
}

// The units of the small regency, outside in. works and health are agencies of
// kab, roads a unit of works.
const (
	nation = "nasional"
	kab    = "kab"
	works  = "kab.pu"
	roads  = "kab.pu.jalan"
	health = "kab.dinkes"
)

var wednesday = time.Date(2025, 8, 6, 2, 0, 0, 0, time.UTC) // 09:00 WIB

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{t: t, url: testdb.New(t, store.MigrationsHash()[:16], store.Migrate), trips: &trips{}, at: wednesday}
	s, err := store.Open(t.Context(), store.Config{Keys: testdb.Keys(t), URL: b.url, MaxConns: 24, Now: b.now, Tracer: b.trips, National: nation})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	b.s = s
	b.furnish()
	return b
}

func (b *bench) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.at
}

func (b *bench) setNow(at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at = at
}

var worker = store.Actor{Kind: store.Worker}

// do runs fn in one transaction of the worker and returns its error.
func (b *bench) do(fn func(context.Context, *store.Tx) error) error {
	return b.s.As(b.t.Context(), worker, fn)
}

func (b *bench) must(fn func(context.Context, *store.Tx) error) {
	b.t.Helper()
	require.NoError(b.t, b.do(fn))
}

// get runs one method that returns a value.
func get[T any](b *bench, fn func(context.Context, *store.Tx) (T, error)) T {
	b.t.Helper()
	var v T
	b.must(func(ctx context.Context, tx *store.Tx) (err error) {
		v, err = fn(ctx, tx)
		return err
	})
	return v
}

func (b *bench) furnish() {
	b.t.Helper()
	b.must(func(ctx context.Context, tx *store.Tx) error {
		steps := []error{
			tx.PutRegions(ctx, []store.Region{{Code: "32", Name: "Jawa Barat"}, {Code: "32.04", Parent: "32", Name: "Bandung"}}),
			tx.PutCategory(ctx, store.Category{Code: "roads", NameID: "Jalan", NameEN: "Roads", DefaultContent: "public", Weight: 5}),
			tx.PutCategory(ctx, store.Category{Code: "roads.hole", Parent: "roads", NameID: "Lubang", NameEN: "Holes", DefaultContent: "public"}),
			tx.PutCalendar(ctx, store.CalendarRow{ID: "wib", Zone: "Asia/Jakarta", WeekDays: 5, JointLeave: true, Revision: before18August}),
			tx.PutCalendar(ctx, store.CalendarRow{ID: "wit", Zone: "Asia/Jayapura", WeekDays: 5, JointLeave: true, Revision: before18August}),
			tx.PutAgency(ctx, store.Agency{ID: nation, Name: "Nasional", Calendar: "wib", Active: true}),
			tx.PutAgency(ctx, store.Agency{ID: kab, Name: "Kabupaten", Parent: nation, Region: "32.04", Active: true}),
			tx.PutAgency(ctx, store.Agency{ID: works, Name: "Dinas PU", Parent: kab, Active: true}),
			tx.PutAgency(ctx, store.Agency{ID: roads, Name: "Bidang Jalan", Parent: works, Active: true}),
			tx.PutAgency(ctx, store.Agency{ID: health, Name: "Dinas Kesehatan", Parent: kab, Calendar: "wit", Active: true}),
			tx.PutStaff(ctx, store.StaffMember{Subject: "admin.kab", Name: "Admin Kabupaten", Unit: kab, Roles: []string{"admin"}, Active: true}),
			tx.PutStaff(ctx, store.StaffMember{Subject: "officer.pu", Name: "Petugas PU", Unit: works, Roles: []string{"officer"}, Active: true}),
		}
		for _, err := range steps {
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// before18August is the revision before the decree of 2025-08-07, which added
// 18 August 2025 (RULES.md section 3, fixture); after18August is that decree.
const (
	before18August = 42
	after18August  = 43
)

// filed is what a test may choose of a report; zero fields have a default.
type filed struct {
	rules    string
	identity string
	secret   bool
	contact  bool
	lat, lon float64
	accused  []string
	class    report.Class
}

// file accepts a report at the bench's time.
func (b *bench) file(f filed) report.State {
	b.t.Helper()
	s, err := b.tryFile(f)
	require.NoError(b.t, err)
	return s
}

func (b *bench) tryFile(f filed) (report.State, error) {
	b.t.Helper()
	n := b.newReport(f)
	var s report.State
	err := b.do(func(ctx context.Context, tx *store.Tx) (err error) {
		s, err = tx.Accept(ctx, n)
		return err
	})
	return s, err
}

func (b *bench) newReport(f filed) store.NewReport {
	b.t.Helper()
	id, err := report.NewID(rand.Reader)
	require.NoError(b.t, err)
	rules, err := report.RulesByID(or(f.rules, report.DefaultRules))
	require.NoError(b.t, err)
	s, effects, err := report.New(report.State{
		ID: id, Queue: kab, Class: or(f.class, report.ComplaintOrdinary), Category: "roads.hole", Region: "32.04",
		Channel: "web", Secret: f.secret, Rules: rules,
	}, b.now())
	require.NoError(b.t, err)
	n := store.NewReport{
		State: s, Effects: effects, AcceptedAt: b.now(), Title: "Jalan berlubang", Body: "Lubang besar di depan pasar.",
		Attributes: map[string]string{"depth": "20"}, OccurredOn: "2025-08-05", Identity: or(f.identity, "open"),
		Accused: f.accused, CodeMAC: mac("code " + id),
	}
	if f.contact {
		n.Contact = []byte("sealed contact")
	}
	if f.lat != 0 {
		n.Lat, n.Long = &f.lat, &f.lon
	}
	return n
}

func or[T comparable](v, otherwise T) T {
	var none T
	if v == none {
		return otherwise
	}
	return v
}

func mac(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:]
}

func digest(s string) string { return hex.EncodeToString(mac(s)) }

var commandNumber atomic.Int64

// said is a command with its texts, received at the bench's time.
func (b *bench) said(c report.Command, texts ...store.Text) store.NewCommand {
	if c.ID == "" {
		c.ID = fmt.Sprintf("cmd-%d", commandNumber.Add(1))
	}
	if c.ReceivedAt.IsZero() {
		c.ReceivedAt = b.now()
	}
	for _, x := range texts {
		c.Digests = append(c.Digests, digest(x.Body))
	}
	return store.NewCommand{Command: c, Texts: texts, Subject: "somebody"}
}

// give inserts a command and applies it as a workflow would: from the state
// recorded, through report.Apply.
func (b *bench) give(id string, n store.NewCommand) (report.State, error) {
	b.t.Helper()
	n.Report = id
	var s report.State
	err := b.do(func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.InsertCommand(ctx, n); err != nil {
			return err
		}
		var err error
		s, err = tx.ApplyDirect(ctx, id, n.Command)
		return err
	})
	return s, err
}

func (b *bench) mustGive(id string, n store.NewCommand) report.State {
	b.t.Helper()
	s, err := b.give(id, n)
	require.NoError(b.t, err)
	return s
}

// bySystem applies a command that has no row.
func (b *bench) bySystem(id string, c report.Command) report.State {
	b.t.Helper()
	c.By, c.ID = report.System, or(c.ID, fmt.Sprintf("sys-%d", commandNumber.Add(1)))
	return get(b, func(ctx context.Context, tx *store.Tx) (report.State, error) { return tx.ApplyDirect(ctx, id, c) })
}

func (b *bench) forward(id, agency string) report.State {
	b.t.Helper()
	return b.mustGive(id, b.said(report.Command{Action: report.Forward, By: report.Admin, Office: kab, Unit: agency},
		store.Text{Kind: store.TextTitle, Body: "Jalan berlubang di pasar"}, store.Text{Kind: store.TextBody, Body: "Salinan publik."}))
}

func (b *bench) followUp(id string, kind report.FollowUpKind, text string) report.State {
	b.t.Helper()
	return b.mustGive(id, b.said(report.Command{Action: report.PostFollowUp, By: report.Officer, Office: works, Kind: kind},
		store.Text{Kind: store.TextFollowUp, Body: text}))
}

func (b *bench) reply(id, text string) report.State {
	b.t.Helper()
	return b.mustGive(id, b.said(report.Command{Action: report.Reply, By: report.Reporter}, store.Text{Kind: store.TextReply, Body: text}))
}

func (b *bench) load(id string) store.Row {
	b.t.Helper()
	return get(b, func(ctx context.Context, tx *store.Tx) (store.Row, error) { return tx.Load(ctx, id) })
}

// count returns the number of rows of a query, as the superuser sees them.
func (b *bench) count(sql string, args ...any) int {
	b.t.Helper()
	conn := b.connect()
	defer func() { require.NoError(b.t, conn.Close(b.t.Context())) }()
	var n int
	require.NoError(b.t, conn.QueryRow(b.t.Context(), sql, args...).Scan(&n))
	return n
}

// connect opens a connection of the superuser, closed when the test ends.
func (b *bench) connect() *pgx.Conn {
	b.t.Helper()
	conn, err := pgx.Connect(b.t.Context(), b.url)
	require.NoError(b.t, err)
	b.t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(b.t.Context())) }) // may be closed already
	return conn
}

func wib(date string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", strings.TrimSpace(date), time.FixedZone("WIB", 7*3600))
	if err != nil {
		panic(err)
	}
	return t.UTC()
}
