package worker

import (
	"context"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/workflows/contract"
)

// Revise counts again what a new build's decrees concern, and sees to it that
// reports whose date moved are told: by one workflow for the whole installation,
// which ends when none is left. Repeating it does nothing new.
func (c Config) Revise(ctx context.Context) error {
	var untold []string
	err := c.as(ctx, func(ctx context.Context, tx *store.Tx) error {
		ids, err := tx.Uncounted(ctx)
		if err != nil {
			return err
		}
		if len(ids) > 0 {
			if _, err := tx.Recount(ctx, ids); err != nil {
				return err
			}
		}
		untold, err = tx.Untold(ctx, "", 1)
		return err
	})
	if err != nil || len(untold) == 0 {
		return err
	}
	rpc, cancel := context.WithTimeout(ctx, rpcTimeout)
	defer cancel()
	_, err = c.Temporal.ExecuteWorkflow(rpc, client.StartWorkflowOptions{
		ID: contract.TellMovedWorkflow, TaskQueue: contract.TaskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            "Beri tahu laporan yang batas waktunya bergeser",
	}, contract.TellMovedWorkflow)
	if err != nil {
		return fmt.Errorf("start %s: %w", contract.TellMovedWorkflow, err)
	}
	return nil
}
