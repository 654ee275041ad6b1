package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// BenchmarkAccept commits one report after the other, each in a transaction of
// its own, on real PostgreSQL.
func BenchmarkAccept(b *testing.B) {
	s := newBench(b)
	s.file(filed{}) // learns the calendar
	for b.Loop() {
		b.StopTimer()
		n := s.newReport(filed{})
		b.StartTimer()
		s.must(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Accept(ctx, n)
			return err
		})
	}
}

// BenchmarkAdvance commits one transition after the other: follow-up and reply
// in turns, so that clocks start and end with each, ten on a report, since none
// lives much longer. Commands are accepted and decided beside the clock.
func BenchmarkAdvance(b *testing.B) {
	s := newBench(b)
	state := s.forward(s.file(filed{}).ID, works)
	for b.Loop() {
		b.StopTimer()
		if state.Seq > 12 {
			state = s.forward(s.file(filed{}).ID, works)
		}
		a := s.decided(state)
		b.StartTimer()
		var out store.Advanced
		s.must(func(ctx context.Context, tx *store.Tx) (err error) {
			out, err = tx.Advance(ctx, a)
			return err
		})
		state = a.Next
		state.Settle(out.Settled, s.now())
		state.Prune()
	}
	require.Equal(b, state.Seq, s.load(state.ID).State.Seq)
}

// decided accepts the next command of an endless dialogue and decides it.
func (b *bench) decided(s report.State) store.Advance {
	b.t.Helper()
	n := b.said(report.Command{Action: report.Reply, By: report.Reporter}, store.Text{Kind: store.TextReply, Body: "Masih berlubang."})
	if s.Stage == report.FollowUp {
		n = b.said(report.Command{Action: report.PostFollowUp, By: report.Officer, Office: works, Kind: report.Concluding},
			store.Text{Kind: store.TextFollowUp, Body: "Sudah ditambal."})
	}
	n.Report = s.ID
	b.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.InsertCommand(ctx, n)
		return err
	})
	next, effects, err := report.Apply(s, n.Command)
	require.NoError(b.t, err)
	return store.Advance{Before: s.Stage, Next: next, Command: n.Command, Effects: effects}
}
