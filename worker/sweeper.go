package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/workflows/contract"
)

const (
	sweepBatch  = 50               // reports or commands a transaction takes
	grace       = 5 * time.Second  // the API delivers what it accepts; the sweeper takes what is older
	forgotten   = 24 * time.Hour   // refused commands and idempotency keys are deleted after it
	lookBack    = 10 * time.Minute // overlap of the search for ended runs: visibility lags
	rpcTimeout  = time.Second      // row locks are held no longer per call
	healedBatch = 200
)

var actor = store.Actor{Kind: store.Worker}

// Sweep brings to Temporal what PostgreSQL has accepted and Temporal does not
// know: the wanted run of every open report that has none, then the commands
// still waiting. Several workers share the work by SKIP LOCKED. Repeating it
// does nothing new.
func (c Config) Sweep(ctx context.Context) error {
	return errors.Join(c.startRuns(ctx), c.deliver(ctx), c.purge(ctx))
}

func (c Config) startRuns(ctx context.Context) error {
	return c.Store.As(ctx, actor, func(ctx context.Context, tx *store.Tx) error {
		states, err := tx.Unstarted(ctx, sweepBatch)
		if err != nil {
			return err
		}
		for _, s := range states {
			err := c.start(ctx, s)
			if errors.Is(err, contract.ErrOlderRun) {
				continue // the next sweep tries again
			}
			if err != nil {
				return err
			}
			if err := tx.MarkStarted(ctx, s.ID, s.Run); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c Config) start(ctx context.Context, s report.State) error {
	ctx, cancel := context.WithTimeout(ctx, rpcTimeout)
	defer cancel()
	return contract.Start(ctx, c.Temporal, s, c.Now())
}

// deliver sends each waiting command as a signal. It stays waiting until a run
// has applied or refused it: the command id keeps repetitions apart.
func (c Config) deliver(ctx context.Context) error {
	return c.Store.As(ctx, actor, func(ctx context.Context, tx *store.Tx) error {
		waiting, err := tx.WaitingCommands(ctx, c.Now().Add(-grace), sweepBatch)
		if err != nil {
			return err
		}
		for _, p := range waiting {
			if err := c.deliverOne(ctx, tx, p); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c Config) deliverOne(ctx context.Context, tx *store.Tx, p store.Pending) error {
	row, err := tx.Load(ctx, p.Report) // no lock: whoever holds the report's may want the command's
	if err != nil {
		return err
	}
	if !row.State.Stage.Open() {
		return c.applyDirect(ctx, tx, p)
	}
	rpc, cancel := context.WithTimeout(ctx, rpcTimeout)
	defer cancel()
	err = c.Temporal.SignalWorkflow(rpc, p.Report, "", string(p.Command.Action), p.Command)
	if _, gone := errors.AsType[*serviceerror.NotFound](err); gone {
		return c.rerun(ctx, tx, p.Report)
	}
	if err != nil {
		return fmt.Errorf("signal %s: %w", p.Command.ID, err)
	}
	return nil
}

// applyDirect applies a command to a report that has ended meanwhile: a reply
// to a closed report reopens it, most others are refused.
func (c Config) applyDirect(ctx context.Context, tx *store.Tx, p store.Pending) error {
	_, err := tx.ApplyDirect(ctx, p.Report, p.Command)
	if kind := fault.KindOf(err); kind != "" {
		return tx.Refuse(ctx, p.Command.ID, string(kind), err.Error())
	}
	return err
}

// rerun asks for a new run of an open report whose workflow is gone; the next
// sweep starts it.
func (c Config) rerun(ctx context.Context, tx *store.Tx, id string) error {
	run, err := tx.Rerun(ctx, id)
	if err != nil {
		return err
	}
	c.Log.WarnContext(ctx, "a workflow is gone, starting it again", "run", run)
	return nil
}

func (c Config) purge(ctx context.Context) error {
	return c.Store.As(ctx, actor, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.PurgeCommands(ctx, c.Now().Add(-forgotten)); err != nil {
			return err
		}
		_, err := tx.PurgeKeys(ctx, c.Now().Add(-forgotten))
		return err
	})
}

// heal looks for runs that ended without ending their report: terminated,
// failed, timed out, cancelled, or completed while it was open. PostgreSQL decides whether the report is
// still open under that run; if so a new one is wanted.
func (c Config) heal(ctx context.Context) error {
	query := fmt.Sprintf("WorkflowType = '%s' AND (ExecutionStatus IN ('Terminated', 'Failed', 'TimedOut', 'Canceled') OR"+
		" (ExecutionStatus = 'Completed' AND %s IN ('%s', '%s', '%s', '%s'))) AND CloseTime > '%s'",
		contract.ReportWorkflow, contract.Stage.GetName(), report.Verification, report.AwaitingReporter, report.FollowUp, report.Closure, c.Now().Add(-lookBack).UTC().Format(time.RFC3339))
	rpc, cancel := context.WithTimeout(ctx, rpcTimeout)
	defer cancel()
	found, err := c.Temporal.ListWorkflow(rpc, &workflowservice.ListWorkflowExecutionsRequest{Query: query, PageSize: healedBatch})
	if err != nil {
		return fmt.Errorf("list ended runs: %w", err)
	}
	var errs []error
	for _, e := range found.GetExecutions() {
		errs = append(errs, c.HealOne(ctx, e.GetExecution().GetWorkflowId()))
	}
	return errors.Join(errs...)
}

// HealOne makes sure that an open report has a running workflow. A report that
// has ended, or whose workflow runs, is left alone.
func (c Config) HealOne(ctx context.Context, id string) error {
	rpc, cancel := context.WithTimeout(ctx, rpcTimeout)
	defer cancel()
	d, err := c.Temporal.DescribeWorkflowExecution(rpc, id, "")
	if _, gone := errors.AsType[*serviceerror.NotFound](err); err != nil && !gone {
		return fmt.Errorf("describe %s: %w", id, err)
	}
	if d.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return nil
	}
	return c.Store.As(ctx, actor, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Load(ctx, id)
		if err != nil || !row.State.Stage.Open() || row.StartedRun < row.WantedRun {
			return err
		}
		return c.rerun(ctx, tx, id)
	})
}

// known hides that a report does not exist, which is an answer here.
func known(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}
