// Package played plays the workflow of reports for tests: it decides at once what it
// is asked, in the database alone, by the same table and the same transaction. It is
// no part of an installation.
package played

import (
	"context"
	"time"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/workflows/contract"
)

// Engine is an office.Engine without Temporal. Both fields are required.
type Engine struct {
	Store *store.Store
	Now   func() time.Time // in whose seconds a settled clock is written down
}

// Start does nothing: there is nothing to wait for.
func (e Engine) Start(context.Context, report.State) error { return nil }

// Signal applies a command. Errors as Update.
func (e Engine) Signal(ctx context.Context, id string, c report.Command) error {
	_, err := e.apply(ctx, id, c)
	return err
}

// Update applies a command and returns what came of it. fault.NotFound if the report
// is not open, as where no workflow runs; the refusal of the table otherwise.
func (e Engine) Update(ctx context.Context, id string, _ int, c report.Command) (contract.Outcome, error) {
	s, err := e.apply(ctx, id, c)
	return contract.Outcome{Seq: s.Seq, Stage: s.Stage, Round: s.Round, DueAt: s.NearestDue(), Code: s.Outcome}, err
}

func (e Engine) apply(ctx context.Context, id string, c report.Command) (next report.State, err error) {
	err = e.Store.As(ctx, store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) error {
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
		next.Settle(out.Settled, e.Now())
		return err
	})
	return next, err
}
