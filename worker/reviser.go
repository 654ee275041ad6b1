package worker

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/client"

	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/workflows/contract"
)

// Revise moves the deadlines of reports whose calendar has a newer revision
// than their clocks were held against, and tells their workflows, until none
// lags; each round takes some, which paces it. A deadline moves in PostgreSQL
// first, so that people see it, then in the history. Repeating it does nothing
// new; a report whose workflow is not told is told by its next timer.
func (c Config) Revise(ctx context.Context) error {
	var ids []string
	err := c.as(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		ids, err = tx.Lagging(ctx, sweepBatch)
		return err
	})
	if err != nil {
		return err
	}
	return each(ids, func(id string) error { return c.reviseOne(ctx, id) })
}

func (c Config) reviseOne(ctx context.Context, id string) error {
	err := c.as(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.ConfirmDeadlines(ctx, id)
		return err
	})
	if err != nil {
		return err
	}
	rpc, cancel := context.WithTimeout(ctx, rpcTimeout)
	defer cancel()
	if err := tell(rpc, c.Temporal, id); err != nil {
		return fmt.Errorf("tell workflow of a revision: %w", err)
	}
	return nil
}

func tell(ctx context.Context, t client.Client, id string) error {
	return t.SignalWorkflow(ctx, id, "", contract.SignalCalendarRevised, nil)
}
