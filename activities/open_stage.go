package activities

import (
	"context"
	"fmt"

	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// OpenStageInput is one transition that the workflow has decided. Without a
// command it asks again for a transition already recorded: the first step of
// every run.
type OpenStageInput struct {
	ID      string         `json:"id"`
	Before  report.Stage   `json:"before,omitempty"`
	Next    report.State   `json:"next"`
	Command report.Command `json:"command,omitzero"`
	Effects report.Effects `json:"effects,omitzero"`
}

// OpenStageResult is what was recorded, now or the first time.
type OpenStageResult struct {
	Settled   []report.Settled `json:"settled,omitempty"`
	WantedRun int              `json:"run"` // the run that owns the report; any other ends at once
}

// OpenStage decides by when a stage must end and records the transition, the
// read model and the notices in one transaction. The first decision stands:
// repeating it, even under a changed calendar, returns the same deadlines.
// fault.Conflict if another command has taken the sequence number, or if the
// target of a merge does not allow it.
func (a *Activities) OpenStage(ctx context.Context, in OpenStageInput) (OpenStageResult, error) {
	var out store.Advanced
	err := a.Store.As(ctx, worker, func(ctx context.Context, tx *store.Tx) (err error) {
		if in.Command.ID == "" {
			out, err = tx.Recall(ctx, in.ID, in.Next.Seq)
			return err
		}
		out, err = tx.Advance(ctx, store.Advance{Before: in.Before, Next: in.Next, Command: in.Command, Effects: in.Effects})
		return err
	})
	if err != nil {
		return OpenStageResult{}, final(fmt.Errorf("open stage %s/%d: %w", in.ID, in.Next.Seq, err))
	}
	return OpenStageResult{Settled: out.Settled, WantedRun: out.WantedRun}, nil
}
