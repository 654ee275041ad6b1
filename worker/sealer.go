package worker

import (
	"context"
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
	signed int64     // length of the chain at its last checkpoint
	at     time.Time // of the last try of one
}

// seal chains what waits. The end of the chain is signed once a minute if it has
// moved, and the first time.
func (s *sealer) seal(ctx context.Context) error {
	head, err := s.chain(ctx)
	if err != nil || s.c.Now().Sub(s.at) < checkpointEvery {
		return err
	}
	return s.sign(head)
}

// last chains and signs what is left when the worker ends. What fails is logged:
// the next start does it.
func (s *sealer) last(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastSeal)
	defer cancel()
	head, err := s.chain(ctx)
	if err == nil {
		err = s.sign(head)
	}
	if err != nil {
		s.c.Log.WarnContext(ctx, "audit log not sealed at the end", "error", err)
	}
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

// sign makes a checkpoint if the chain has moved. After a failure it is tried
// again in a minute.
func (s *sealer) sign(head chain.Link) error {
	if s.c.Checkpoint == nil || head.N == s.signed {
		return nil
	}
	s.at = s.c.Now()
	if err := s.c.Checkpoint(head, s.at); err != nil {
		return fmt.Errorf("checkpoint of the audit log: %w", err)
	}
	s.signed = head.N
	return nil
}
