package office_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// trips counts what is sent to PostgreSQL: round trips, and transactions begun.
type trips struct{ sent, begun atomic.Int64 }

func (c *trips) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.sent.Add(1)
	return ctx
}
func (c *trips) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
func (c *trips) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	c.sent.Add(1)
	return ctx
}
func (c *trips) TraceBatchQuery(_ context.Context, _ *pgx.Conn, q pgx.TraceBatchQueryData) {
	if strings.EqualFold(q.SQL, "BEGIN") {
		c.begun.Add(1)
	}
}
func (c *trips) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// TestTheOfficeKeepsItsBudgetOfRoundTrips counts what DESIGN.md section 7
// allows, once the catalogue is known.
func TestTheOfficeKeepsItsBudgetOfRoundTrips(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	count := &trips{}
	s, err := store.Open(t.Context(), store.Config{Keys: b.keys, URL: b.url, Now: b.now, Tracer: count})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	o, err := office.New(office.Config{
		Store: s, Engine: b.engine, Keys: b.keys, Now: b.now, Random: rand.Reader, Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	r := b.forwarded()
	officer := b.as("officer.pu")
	_, err = o.Submit(t.Context(), anyone, pothole(), "") // learns the catalogue
	require.NoError(t, err)
	for _, c := range []struct {
		name        string
		sent, begun int64 // sent -1: not fixed
		do          func() error
	}{
		{"submission", -1, 1, func() error { _, err := o.Submit(t.Context(), anyone, pothole(), ""); return err }},
		{"submission under a key", -1, 1, func() error {
			_, err := o.Submit(t.Context(), anyone, pothole(), "0123456789abcdef")
			return err
		}},
		{"public read", 1, 0, func() error { _, err := o.Report(t.Context(), anyone, r.ID); return err }},
		{"public list", 1, 0, func() error { _, err := o.List(t.Context(), anyone, office.Filter{}, ""); return err }},
		{"staff list", 2, 1, func() error { _, err := o.List(t.Context(), officer, office.Filter{}, ""); return err }},
		{"staff queue", 2, 1, func() error { _, err := o.Queue(t.Context(), officer, office.Filter{}); return err }},
		{"reporter's command", -1, 1, func() error {
			_, err := o.Command(t.Context(), with(r.AccessCode), r.ID, office.Act{Action: report.Reply, Text: "Halo."}, "")
			return err
		}},
	} {
		sent, begun, started := count.sent.Load(), count.begun.Load(), b.engine.starts()
		require.NoError(t, c.do(), c.name)
		sent, begun = count.sent.Load()-sent, count.begun.Load()-begun
		t.Logf("%s: %d round trips, %d transactions, %d starts", c.name, sent, begun, b.engine.starts()-started)
		require.Equal(t, c.begun, begun, c.name)
		if strings.HasPrefix(c.name, "submission") {
			require.Equal(t, started+1, b.engine.starts(), c.name)
		}
		if c.sent >= 0 {
			require.Equal(t, c.sent, sent, c.name)
		}
	}
	o.Wait()
}
