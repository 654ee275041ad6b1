package office

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/workflows/contract"
)

// Temporal brings commands to the workflows. Both fields are required.
type Temporal struct {
	Client client.Client
	Now    func() time.Time
}

// Start starts the run that the state names. Repeating it does nothing.
func (t Temporal) Start(ctx context.Context, s report.State) error {
	return contract.Start(ctx, t.Client, s, t.Now())
}

// Update sends a command and waits until ctx ends for the verdict. The command
// id is the update id, so a repetition gets the first answer.
//
// A refusal is the workflow's fault. fault.Unavailable means undecided: nobody
// answered in time, and the command may still be applied; it stays waiting and
// the sweeper brings it again. fault.NotFound means that no workflow runs: only
// PostgreSQL knows whether the report has ended.
func (t Temporal) Update(ctx context.Context, id string, _ int, c report.Command) (contract.Outcome, error) {
	h, err := t.Client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: id, UpdateID: c.ID, UpdateName: string(c.Action), Args: []any{c},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return contract.Outcome{}, undecided(err)
	}
	var o contract.Outcome
	if err := h.Get(ctx, &o); err != nil { // a rejected update shows only here
		return contract.Outcome{}, undecided(err)
	}
	return o, nil
}

// Signal sends a command and does not wait for its verdict. An error means
// that it was not delivered; the sweeper brings it again.
func (t Temporal) Signal(ctx context.Context, id string, c report.Command) error {
	if err := t.Client.SignalWorkflow(ctx, id, "", string(c.Action), c); err != nil {
		return fmt.Errorf("signal %s to %s: %w", c.Action, id, err)
	}
	return nil
}

// undecided tells a verdict of the workflow from everything that says nothing
// about the command.
func undecided(err error) error {
	if a, ok := errors.AsType[*temporal.ApplicationError](err); ok && a.Type() != "" {
		return fault.New(fault.Kind(a.Type()), "%s", a.Message())
	}
	if _, gone := errors.AsType[*serviceerror.NotFound](err); gone {
		return fmt.Errorf("update: %w", fault.New(fault.NotFound, "Tidak ada alur kerja yang berjalan."))
	}
	if _, full := errors.AsType[*serviceerror.ResourceExhausted](err); full {
		return fmt.Errorf("update: %w", fault.New(fault.Unavailable, "Sistem sedang sibuk; perintah akan dijalankan."))
	}
	return fmt.Errorf("update: %w: %w", fault.New(fault.Unavailable, "Perintah diterima dan akan dijalankan."), err)
}
