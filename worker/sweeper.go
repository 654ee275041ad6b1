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
	sweepBatch  = 200                 // reports or commands of one round
	grace       = 5 * time.Second     // the API delivers what it accepts; the sweeper takes what is older
	forgotten   = 24 * time.Hour      // refused commands and idempotency keys are deleted after it
	jobsKept    = 30 * 24 * time.Hour // acts on many reports, and drafts that cannot be sent any more, are deleted after it
	lookBack    = 10 * time.Minute    // overlap of the search for ended runs: visibility lags
	firstLook   = 30 * 24 * time.Hour
	rpcTimeout  = time.Second
	patience    = 3 // calls in a row without an answer, after which the round ends
	healedBatch = 200
)

var actor = store.Actor{Kind: store.Worker}

// Sweep brings to Temporal what PostgreSQL has accepted and Temporal does not
// know: the wanted run of every open report that has none, then the commands
// still waiting. Each is a matter of its own: one that fails is logged and does
// not keep the others waiting. No lock is held while Temporal is asked, so two
// workers may do the same thing, which does nothing new.
func (c Config) Sweep(ctx context.Context) error {
	return errors.Join(c.startRuns(ctx), c.deliver(ctx), c.purge(ctx))
}

func (c Config) startRuns(ctx context.Context) error {
	var states []report.State
	err := c.as(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		states, err = tx.Unstarted(ctx, sweepBatch)
		return err
	})
	if err != nil {
		return err
	}
	return each(states, func(s report.State) error {
		err := c.start(ctx, s)
		if errors.Is(err, contract.ErrOlderRun) {
			return nil // the next sweep tries again
		}
		if err != nil {
			return err
		}
		return c.as(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.MarkStarted(ctx, s.ID, s.Run) })
	})
}

func (c Config) start(ctx context.Context, s report.State) error {
	ctx, cancel := context.WithTimeout(ctx, rpcTimeout)
	defer cancel()
	return contract.Start(ctx, c.Temporal, s, c.Now())
}

func (c Config) as(ctx context.Context, fn func(context.Context, *store.Tx) error) error {
	return c.Store.As(ctx, actor, fn)
}

// each does f for all and joins the errors; after a few in a row it stops,
// since then it is not the report that fails.
func each[T any](all []T, f func(T) error) error {
	var errs []error
	inARow := 0
	for _, v := range all {
		err := f(v)
		if err == nil {
			inARow = 0
			continue
		}
		errs = append(errs, err)
		if inARow++; inARow == patience && errors.Is(err, context.DeadlineExceeded) {
			break
		}
	}
	return errors.Join(errs...)
}

// deliver sends each waiting command as a signal. It stays waiting until a run
// has applied or refused it: the command id keeps repetitions apart.
func (c Config) deliver(ctx context.Context) error {
	var waiting []store.Pending
	err := c.as(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		waiting, err = tx.WaitingCommands(ctx, c.Now().Add(-grace), sweepBatch)
		return err
	})
	if err != nil {
		return err
	}
	return each(waiting, func(p store.Pending) error { return c.deliverOne(ctx, p) })
}

func (c Config) deliverOne(ctx context.Context, p store.Pending) error {
	row, err := c.load(ctx, p.Report)
	if err != nil {
		return err
	}
	if !row.State.Stage.Open() {
		return c.applyDirect(ctx, p)
	}
	rpc, cancel := context.WithTimeout(ctx, rpcTimeout)
	defer cancel()
	err = c.Temporal.SignalWorkflow(rpc, p.Report, "", string(p.Command.Action), p.Command)
	if _, gone := errors.AsType[*serviceerror.NotFound](err); gone {
		return c.rerun(ctx, row)
	}
	if err != nil {
		return fmt.Errorf("signal %s: %w", p.Command.ID, err)
	}
	return nil
}

// applyDirect applies a command to a report that has ended meanwhile: a reply
// to a closed report reopens it, most others are refused. The refusal is
// recorded apart: what refused may have ended the transaction.
func (c Config) applyDirect(ctx context.Context, p store.Pending) error {
	err := c.as(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.ApplyDirect(ctx, p.Report, p.Command)
		return err
	})
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Kind == fault.Unavailable {
		return err
	}
	return c.as(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Refuse(ctx, p.Command.ID, string(f.Kind), f.Message)
	})
}

// rerun asks for a new run of an open report whose workflow is gone, unless one
// is already on its way; the next sweep starts it.
func (c Config) rerun(ctx context.Context, row store.Row) error {
	if row.StartedRun < row.WantedRun {
		return nil
	}
	c.Log.WarnContext(ctx, "a workflow is gone, starting it again", "run", row.WantedRun+1)
	return c.as(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Rerun(ctx, row.State.ID, row.WantedRun)
		return err
	})
}

func (c Config) purge(ctx context.Context) error {
	return c.Store.As(ctx, actor, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.PurgeCommands(ctx, c.Now().Add(-forgotten)); err != nil {
			return err
		}
		if _, err := tx.PurgeBulks(ctx, c.Now().Add(-jobsKept)); err != nil {
			return err
		}
		if _, err := tx.PurgeDrafts(ctx, c.Now().Add(-jobsKept)); err != nil {
			return err
		}
		_, err := tx.PurgeKeys(ctx, c.Now().Add(-forgotten))
		return err
	})
}

// healer looks for runs that ended without ending their report: terminated,
// failed, timed out, cancelled, or completed while it was open.
type healer struct {
	c      Config
	since  time.Time       // runs that ended before are known; zero: look far back
	looked map[string]bool // run ids already looked at
}

// heal looks at every run that ended since the last look. PostgreSQL decides
// whether its report is still open; if so a new run is wanted.
func (h *healer) heal(ctx context.Context) error {
	begun := h.c.Now()
	if h.since.IsZero() {
		h.since, h.looked = begun.Add(-firstLook), map[string]bool{}
	}
	req := &workflowservice.ListWorkflowExecutionsRequest{Query: endedEarly(h.since.Add(-lookBack)), PageSize: healedBatch}
	for {
		rpc, cancel := context.WithTimeout(ctx, 5*rpcTimeout)
		page, err := h.c.Temporal.ListWorkflow(rpc, req)
		cancel()
		if err != nil {
			return fmt.Errorf("list ended runs: %w", err)
		}
		for _, e := range page.GetExecutions() {
			if run := e.GetExecution().GetRunId(); !h.looked[run] {
				if err := h.c.HealOne(ctx, e.GetExecution().GetWorkflowId()); err != nil {
					return err
				}
				h.looked[run] = true
			}
		}
		if req.NextPageToken = page.GetNextPageToken(); len(req.NextPageToken) == 0 {
			break
		}
	}
	if begun.Sub(h.since) > lookBack {
		h.since, h.looked = begun, map[string]bool{}
	}
	return nil
}

// endedEarly is the visibility query for runs that ended after a moment while
// their report was open.
func endedEarly(after time.Time) string {
	return fmt.Sprintf("WorkflowType = '%s' AND (ExecutionStatus IN ('Terminated', 'Failed', 'TimedOut', 'Canceled') OR"+
		" (ExecutionStatus = 'Completed' AND %s IN ('%s', '%s', '%s', '%s'))) AND CloseTime > '%s'",
		contract.ReportWorkflow, contract.Stage.GetName(), report.Verification, report.AwaitingReporter, report.FollowUp,
		report.Closure, after.UTC().Format(time.RFC3339))
}

// HealOne makes sure that an open report has a running workflow. A report that
// has ended, or whose workflow runs, is left alone.
func (c Config) HealOne(ctx context.Context, id string) error {
	row, err := c.load(ctx, id)
	if err != nil || !row.State.Stage.Open() {
		return known(err)
	}
	rpc, cancel := context.WithTimeout(ctx, rpcTimeout)
	defer cancel()
	d, err := c.Temporal.DescribeWorkflowExecution(rpc, id, "")
	if _, gone := errors.AsType[*serviceerror.NotFound](err); err != nil && !gone {
		return fmt.Errorf("describe %s: %w", id, err)
	}
	if d.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return nil
	}
	return c.rerun(ctx, row)
}

// known hides that a report does not exist, which is an answer here.
func known(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}
