package contract

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/kawal-id/kawal/report"
)

// Start starts the run of a report that state names, under the tracking id as
// workflow id. Repeating it while that run, or any run, is open does nothing.
// Run 1 is never started twice, even after it has ended; a later run takes the
// id again. A run that PostgreSQL does not want ends at once by itself.
func Start(ctx context.Context, c client.Client, s report.State, now time.Time) error {
	opts := client.StartWorkflowOptions{
		ID: s.ID, TaskQueue: TaskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		TypedSearchAttributes:    Initial(s, now),
		StaticSummary:            s.ID,
		StaticDetails:            s.ID,
	}
	if s.Run == 1 {
		opts.WorkflowIDReusePolicy = enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE
	}
	_, err := c.ExecuteWorkflow(ctx, opts, ReportWorkflow, ReportInput{Run: s.Run, State: s})
	if err != nil && !temporal.IsWorkflowExecutionAlreadyStartedError(err) {
		return fmt.Errorf("start run %d of %s: %w", s.Run, s.ID, err)
	}
	return nil
}
