package contract

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/kawal-id/kawal/report"
)

// ErrOlderRun means that the run before the wanted one is still open, so that
// the wanted one cannot start yet. Try again.
var ErrOlderRun = errors.New("an older run is still open")

// Start starts the run of a report that state names, under the tracking id as
// workflow id. Repeating it while that run is open does nothing. Run 1 is never
// started twice, even after it has ended; a later run takes the id again once
// the one before has ended: [ErrOlderRun] until then. A run that PostgreSQL does
// not want ends at once by itself.
func Start(ctx context.Context, c client.Client, s report.State, now time.Time) error {
	opts := client.StartWorkflowOptions{
		ID: s.ID, TaskQueue: TaskQueue,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		TypedSearchAttributes:                    Initial(s, now),
		StaticSummary:                            s.ID,
		StaticDetails:                            s.ID,
	}
	if s.Run == 1 {
		opts.WorkflowIDReusePolicy = enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE
	}
	_, err := c.ExecuteWorkflow(ctx, opts, ReportWorkflow, ReportInput{Run: s.Run, State: s})
	if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
		if err = nil; s.Run > 1 {
			err = follow(ctx, c, s)
		}
	}
	if err != nil {
		return fmt.Errorf("start run %d of %s: %w", s.Run, s.ID, err)
	}
	return nil
}

// follow looks whether the open run is the wanted one. An older one, which may
// be about to end, is told to ask PostgreSQL whether it is still wanted.
func follow(ctx context.Context, c client.Client, s report.State) error {
	v, err := c.QueryWorkflow(ctx, s.ID, "", QueryState)
	if err != nil {
		return fmt.Errorf("%w, or nobody knows: %w", ErrOlderRun, err)
	}
	var open report.State
	if err := v.Get(&open); err != nil {
		return fmt.Errorf("read state: %w", err)
	}
	if open.Run >= s.Run {
		return nil
	}
	// An error means that it has ended meanwhile, or that the next try tells it.
	_ = c.SignalWorkflow(ctx, s.ID, "", SignalCalendarRevised, nil)
	return ErrOlderRun
}
