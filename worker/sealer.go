package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kawal-id/kawal/internal/chain"
	"github.com/kawal-id/kawal/store"
)

const (
	sealEvery       = 500 * time.Millisecond // a row is chained within a second
	sealBatch       = 1000                   // rows of one transaction
	checkpointEvery = time.Minute            // while there is something new
	lastSeal        = 5 * time.Second        // at the end
)

// sealer chains the audit log and has the end of the chain signed.
type sealer struct {
	c      Config
	signed chain.Link // end of the chain at its last checkpoint
	at     time.Time  // of that checkpoint
}

// seal chains what waits. The end of the chain is signed once a minute if it has
// moved, and the first time.
func (s *sealer) seal(ctx context.Context) error {
	head, err := s.chain(ctx)
	if err != nil || s.c.Now().Sub(s.at) < checkpointEvery {
		return err
	}
	return s.sign(ctx, head)
}

// last chains and signs what is left when the worker ends.
func (s *sealer) last(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastSeal)
	defer cancel()
	head, err := s.chain(ctx)
	if err != nil {
		return err
	}
	return s.sign(ctx, head)
}

// chain seals batches until nothing is left, and returns the end of the chain.
func (s *sealer) chain(ctx context.Context) (head chain.Link, err error) {
	for n := sealBatch; n == sealBatch; {
		err = s.c.as(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			head, n, err = tx.SealAudit(ctx, sealBatch)
			return err
		})
		if err != nil {
			return head, err
		}
	}
	return head, nil
}

func (s *sealer) sign(ctx context.Context, head chain.Link) error {
	switch {
	case s.c.Checkpoint == nil || head.N == s.signed.N:
		return nil
	case head.N < s.signed.N:
		s.c.Log.ErrorContext(ctx, "the audit log is shorter than its last checkpoint", "rows", head.N, "signed", s.signed.N)
	}
	now := s.c.Now()
	if err := s.c.Checkpoint(head, now); err != nil {
		return fmt.Errorf("checkpoint of the audit log: %w", err)
	}
	s.signed, s.at = head, now
	return nil
}

// run seals until ctx ends, and once more.
func (s *sealer) run(ctx context.Context) error {
	err := s.c.loop(ctx, "seal", sealEvery, s.seal)
	if last := s.last(ctx); last != nil {
		s.c.Log.WarnContext(ctx, "loop", "loop", "seal", "error", last)
	}
	return errors.Join(err)
}
