package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/workflows/contract"
)

// Finding is one report on which PostgreSQL and Temporal disagree.
type Finding struct {
	Report   string `json:"report"`
	Problem  string `json:"problem"`
	Repaired bool   `json:"repaired"`
}

const (
	reconcilePage = 200
	queryTimeout  = 20 * time.Second // a worker that has just started, or has much to do, answers late
)

// Reconcile proves that the read model and the workflows agree: every open
// report has a running workflow of the wanted run with the same stage and seq,
// a shown deadline is never earlier than the history's, and no workflow runs
// for a report that has ended; and that read model and outbox fit the record of
// transitions. It returns what does not hold.
//
// With repair PostgreSQL is believed: a workflow that disagrees is terminated
// and each open report gets a new run from the state recorded. A repaired
// finding may be found once more until its run has started. Commands under way
// can show as a disagreement for a moment; it is looked at twice before it
// counts.
func (c Config) Reconcile(ctx context.Context, repair bool) ([]Finding, error) {
	if c.Now == nil || c.Store == nil || c.Temporal == nil {
		return nil, errors.New("reconcile: Temporal, Store and Now are required")
	}
	found, err := c.reconcileTables(ctx)
	if err != nil {
		return found, err
	}
	open, err := c.reconcileOpen(ctx, repair)
	if found = append(found, open...); err != nil {
		return found, err
	}
	strays, err := c.reconcileRunning(ctx, repair)
	return append(found, strays...), err
}

// reconcileTables looks for contradictions within PostgreSQL. They have no
// repair: the record of transitions is what everything is rebuilt from.
func (c Config) reconcileTables(ctx context.Context) ([]Finding, error) {
	var found []Finding
	err := c.Store.As(ctx, actor, func(ctx context.Context, tx *store.Tx) error {
		rows, err := tx.Contradictions(ctx)
		found = nil
		for _, r := range rows {
			found = append(found, Finding{Report: r.Report, Problem: r.Problem})
		}
		return err
	})
	return found, err
}

func (c Config) reconcileOpen(ctx context.Context, repair bool) ([]Finding, error) {
	var found []Finding
	after := ""
	for {
		var page []report.State
		err := c.Store.As(ctx, actor, func(ctx context.Context, tx *store.Tx) (err error) {
			page, err = tx.OpenReports(ctx, after, reconcilePage)
			return err
		})
		if err != nil || len(page) == 0 {
			return found, err
		}
		for _, s := range page {
			after = s.ID
			f, err := c.reconcileOne(ctx, s.ID, repair)
			if err != nil {
				return found, err
			}
			if f.Problem != "" {
				found = append(found, f)
			}
		}
	}
}

// reconcileOne compares one report with its workflow, twice if they disagree.
func (c Config) reconcileOne(ctx context.Context, id string, repair bool) (Finding, error) {
	var problem string
	for range 2 {
		row, err := c.load(ctx, id)
		if err != nil || !row.State.Stage.Open() {
			return Finding{}, err
		}
		if problem, err = c.compare(ctx, row); err != nil || problem == "" {
			return Finding{}, err
		}
	}
	f := Finding{Report: id, Problem: problem}
	if repair {
		if err := c.rebuild(ctx, id); err != nil {
			return f, err
		}
		f.Repaired = true
	}
	return f, nil
}

func (c Config) load(ctx context.Context, id string) (store.Row, error) {
	var row store.Row
	err := c.Store.As(ctx, actor, func(ctx context.Context, tx *store.Tx) (err error) {
		row, err = tx.Load(ctx, id)
		return err
	})
	return row, err
}

// compare says how a report's workflow differs from its row; "" if it does not.
func (c Config) compare(ctx context.Context, row store.Row) (string, error) {
	s := row.State
	if row.StartedRun < row.WantedRun {
		return "run not started", nil
	}
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	d, err := c.Temporal.DescribeWorkflowExecution(ctx, s.ID, "")
	if _, gone := errors.AsType[*serviceerror.NotFound](err); gone {
		return "no workflow", nil
	}
	if err != nil {
		return "", fmt.Errorf("describe %s: %w", s.ID, err)
	}
	if st := d.GetWorkflowExecutionInfo().GetStatus(); st != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return "workflow " + st.String(), nil
	}
	v, err := c.Temporal.QueryWorkflow(ctx, s.ID, "", contract.QueryState)
	if err != nil {
		return "", fmt.Errorf("query %s (is a worker up?): %w", s.ID, err)
	}
	var history report.State
	if err := v.Get(&history); err != nil {
		return "", fmt.Errorf("decode state of %s: %w", s.ID, err)
	}
	return differ(s, history), nil
}

// differ says what PostgreSQL and a history disagree on. A deadline shown may
// be later than the history's, since a decree moves it there first.
func differ(shown, history report.State) string {
	switch {
	case shown.Run != history.Run:
		return fmt.Sprintf("run %d wanted, %d runs", shown.Run, history.Run)
	case shown.Seq != history.Seq:
		return fmt.Sprintf("seq %d recorded, %d in the history", shown.Seq, history.Seq)
	case shown.Stage != history.Stage:
		return fmt.Sprintf("stage %s recorded, %s in the history", shown.Stage, history.Stage)
	}
	for _, k := range history.Clocks {
		c := shown.Clock(k.Kind)
		switch {
		case c == nil || c.Seq != k.Seq:
			return fmt.Sprintf("clock %s of seq %d only in the history", k.Kind, k.Seq)
		case c.DueAt.Before(k.DueAt):
			return fmt.Sprintf("deadline %s earlier than the history's", k.Kind)
		}
	}
	if len(shown.Clocks) != len(history.Clocks) {
		return "clocks differ"
	}
	return ""
}

// rebuild ends the workflow of a report, if one runs, and starts the next run
// from PostgreSQL. The run is wanted before it is started: a run that begins
// before that is committed would find itself superseded and end.
func (c Config) rebuild(ctx context.Context, id string) error {
	if err := c.terminate(ctx, id); err != nil {
		return err
	}
	row, err := c.load(ctx, id)
	if err != nil {
		return err
	}
	err = c.as(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.WriteAudit(ctx, store.Audit{Actor: actor, Action: "repair", Report: id, Allowed: true}); err != nil {
			return err
		}
		_, err := tx.Rerun(ctx, id, row.WantedRun)
		return err
	})
	if err != nil {
		return err
	}
	if row, err = c.load(ctx, id); err != nil {
		return err
	}
	err = c.start(ctx, row.State)
	if errors.Is(err, contract.ErrOlderRun) {
		return nil // the sweeper, which saw it first, starts the wanted run
	}
	if err != nil {
		return err
	}
	return c.Store.As(ctx, actor, func(ctx context.Context, tx *store.Tx) error {
		return tx.MarkStarted(ctx, id, row.State.Run)
	})
}

func (c Config) terminate(ctx context.Context, id string) error {
	err := c.Temporal.TerminateWorkflow(ctx, id, "", "kawal reconcile --repair")
	if _, gone := errors.AsType[*serviceerror.NotFound](err); err != nil && !gone {
		return fmt.Errorf("terminate %s: %w", id, err)
	}
	return nil
}

// reconcileRunning looks for workflows whose report has ended or is unknown.
func (c Config) reconcileRunning(ctx context.Context, repair bool) ([]Finding, error) {
	var found []Finding
	req := &workflowservice.ListWorkflowExecutionsRequest{
		Query: fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Running'", contract.ReportWorkflow), PageSize: reconcilePage,
	}
	for {
		page, err := c.Temporal.ListWorkflow(ctx, req)
		if err != nil {
			return found, fmt.Errorf("list running: %w", err)
		}
		for _, e := range page.GetExecutions() {
			f, err := c.stray(ctx, e.GetExecution().GetWorkflowId(), repair)
			if err != nil {
				return found, err
			}
			if f.Problem != "" {
				found = append(found, f)
			}
		}
		if req.NextPageToken = page.GetNextPageToken(); len(req.NextPageToken) == 0 {
			return found, nil
		}
	}
}

func (c Config) stray(ctx context.Context, id string, repair bool) (Finding, error) {
	row, err := c.load(ctx, id)
	if known(err) != nil {
		return Finding{}, err
	}
	if err == nil && row.State.Stage.Open() {
		return Finding{}, nil
	}
	d, derr := c.Temporal.DescribeWorkflowExecution(ctx, id, "") // visibility lags: ask the history
	if derr != nil || d.GetWorkflowExecutionInfo().GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return Finding{}, nil //nolint:nilerr // a workflow that cannot be described does not run
	}
	f := Finding{Report: id, Problem: "workflow runs, report does not"}
	if repair {
		if err := c.terminate(ctx, id); err != nil {
			return f, err
		}
		f.Repaired = true
	}
	return f, nil
}
