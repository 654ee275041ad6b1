package activities

import (
	"context"
	"fmt"

	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// ConfirmDeadlinesInput names the report.
type ConfirmDeadlinesInput struct {
	ID string `json:"id"`
}

// ConfirmDeadlinesResult holds the deadlines under the calendar now in force
// and the accepted commands that have not reached the workflow, oldest first.
type ConfirmDeadlinesResult struct {
	Settled   []report.Settled `json:"settled,omitempty"`
	Commands  []report.Command `json:"commands,omitempty"`
	WantedRun int              `json:"run"`
}

// ConfirmDeadlines asks PostgreSQL by when the running clocks end, now that one
// of them seems to have ended. It changes only deadlines that a revision moved
// to later, so running it twice gives the same answer unless a decree came in
// between, and then the later one, which is right.
func (a *Activities) ConfirmDeadlines(ctx context.Context, in ConfirmDeadlinesInput) (ConfirmDeadlinesResult, error) {
	var out store.Confirmed
	err := a.Store.As(ctx, worker, func(ctx context.Context, tx *store.Tx) (err error) {
		out, err = tx.ConfirmDeadlines(ctx, in.ID)
		return err
	})
	if err != nil {
		return ConfirmDeadlinesResult{}, final(fmt.Errorf("confirm deadlines of %s: %w", in.ID, err))
	}
	return ConfirmDeadlinesResult{Settled: out.Settled, Commands: out.Commands, WantedRun: out.WantedRun}, nil
}
