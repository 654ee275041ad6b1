package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/kawal-id/kawal/activities"
	"github.com/kawal-id/kawal/workflows/contract"
)

const (
	tellAttempt  = 30 * time.Minute // one pass: a million reports at 500 a second
	tellSilence  = time.Minute      // without a heartbeat: a page of 500
	tellInterval = 10 * time.Second // between passes
	tellPasses   = 100              // of one history
)

// TellMoved tells the workflow of every report whose date a decree moved, pass
// after pass until none lags. It returns how many it told.
func TellMoved(ctx workflow.Context) (int, error) {
	paced := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: tellAttempt, HeartbeatTimeout: tellSilence, Summary: "Beri tahu laporan yang batas waktunya bergeser",
		RetryPolicy: &temporal.RetryPolicy{MaximumInterval: patientInterval},
	})
	told := 0
	for range tellPasses {
		var res activities.TellMovedResult
		if err := workflow.ExecuteActivity(paced, contract.TellMoved).Get(ctx, &res); err != nil {
			return told, err
		}
		if told += res.Told; !res.Lagging {
			return told, nil
		}
		if err := workflow.Sleep(ctx, tellInterval); err != nil {
			return told, err
		}
	}
	return told, workflow.NewContinueAsNewError(ctx, contract.TellMovedWorkflow)
}
