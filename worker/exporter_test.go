package worker_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/worker"
)

// archive is a Temporal of closed runs, a page each; it can lose some.
type archive struct {
	client.Client
	runs []string
	lost map[string]bool
	read int
}

func (a *archive) ListWorkflow(_ context.Context, r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	i := len(r.NextPageToken)
	next := make([]byte, i+1)
	if i+1 == len(a.runs) {
		next = nil
	}
	return &workflowservice.ListWorkflowExecutionsResponse{NextPageToken: next, Executions: []*workflowpb.WorkflowExecutionInfo{
		{Execution: &commonpb.WorkflowExecution{WorkflowId: "KWL-1", RunId: a.runs[i]}}}}, nil
}

func (a *archive) GetWorkflowHistory(_ context.Context, _, run string, _ bool, _ enumspb.HistoryEventFilterType) client.HistoryEventIterator {
	a.read++
	return &events{lost: a.lost[run], left: 2}
}

type events struct {
	lost bool
	left int64
}

func (e *events) HasNext() bool { return e.left > 0 }

func (e *events) Next() (*historypb.HistoryEvent, error) {
	if e.lost {
		return nil, errors.New("away")
	}
	e.left--
	return &historypb.HistoryEvent{EventId: 2 - e.left}, nil
}

func TestAHistoryThatCannotBeReadKeepsNoOtherFromItsExport(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := &archive{runs: []string{"one", "two", "three"}, lost: map[string]bool{"two": true}}
	c := b.config()
	c.Temporal, c.Histories = a, t.TempDir()
	require.ErrorContains(t, c.Export(t.Context()), "read history KWL-1 two: away")
	exported := func() (runs []string) {
		b.as(func(ctx context.Context, tx *store.Tx) error {
			all, err := tx.Exports(ctx, "KWL-1")
			for _, x := range all {
				runs = append(runs, x.RunID)
			}
			return err
		})
		return runs
	}
	require.ElementsMatch(t, []string{"one", "three"}, exported())
	a.lost, a.read = nil, 0
	require.NoError(t, c.Export(t.Context()))
	require.ElementsMatch(t, []string{"one", "two", "three"}, exported())
	require.Equal(t, 1, a.read, "what is exported is not read again")
	for _, run := range a.runs {
		_, err := os.Stat(worker.HistoryFile(c.Histories, "KWL-1", run))
		require.NoError(t, err, run)
	}
}

func TestAnExportLiesWithinItsFolder(t *testing.T) {
	t.Parallel()
	require.Equal(t, "/h/KWL-1/a.json", worker.HistoryFile("/h", "KWL-1", "a"))
	require.Equal(t, "/h/b.json", worker.HistoryFile("/h", "..", "../../b"))
	require.Equal(t, "/h/etc/...json", worker.HistoryFile("/h", "../etc", ".."))
}
