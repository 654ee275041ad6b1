package worker_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/chain"
	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/worker"
)

// signer keeps the ends of the chain that it was given to sign.
type signer struct {
	ends []int64
	err  error
}

func (s *signer) checkpoint(head chain.Link, _ time.Time) error {
	if s.err == nil {
		s.ends = append(s.ends, head.N)
	}
	return s.err
}

func (b *bench) audit(n int) {
	b.t.Helper()
	b.as(func(ctx context.Context, tx *store.Tx) error {
		for range n {
			if err := tx.WriteAudit(ctx, store.Audit{Actor: store.Actor{Kind: store.Worker}, Action: "read"}); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestTheEndOfTheChainIsSignedOnceAMinuteAndAtTheEnd(t *testing.T) {
	t.Parallel()
	b, signed := newBench(t), &signer{}
	c := b.config()
	c.Checkpoint = signed.checkpoint
	s := worker.NewSealer(c)
	seal := func() {
		t.Helper()
		require.NoError(t, s.Seal(t.Context()))
	}
	seal()
	require.Empty(t, signed.ends, "an empty log has no end")
	b.audit(1500)
	seal()
	require.Equal(t, []int64{1500}, signed.ends, "in batches, all of them")
	b.audit(1)
	seal()
	require.Len(t, signed.ends, 1, "not within the minute")
	n, _, err := b.store.Unsealed(t.Context())
	require.NoError(t, err)
	require.Zero(t, n, "but chained")
	b.now = b.now.Add(time.Minute)
	seal()
	require.Equal(t, []int64{1500, 1501}, signed.ends)
	b.now = b.now.Add(time.Hour)
	seal()
	require.Len(t, signed.ends, 2, "nothing new, nothing to sign")

	b.audit(1)
	signed.err = errors.New("disk full")
	require.ErrorIs(t, s.Seal(t.Context()), signed.err)
	signed.err = nil
	seal()
	require.Len(t, signed.ends, 2, "it is tried again a minute later")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	b.audit(1)
	s.Last(ended)
	require.Equal(t, []int64{1500, 1501, 1503}, signed.ends, "what is left is sealed and signed at the end")
}
