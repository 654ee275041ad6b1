package e2e_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	batchpb "go.temporal.io/api/batch/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/testsuite"

	"github.com/kawal-id/kawal/activities"
	"github.com/kawal-id/kawal/internal/devstack"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/workflows/contract"
)

// unbounded raises what would bound either way of signalling: the server's
// limits, and the pace of its batches.
const unbounded = `system.forceSearchAttributesCacheRefreshOnRead:
  - value: true
frontend.namespaceRPS:
  - value: 100000
frontend.namespaceRPS.visibility:
  - value: 100000
frontend.rps:
  - value: 100000
history.rps:
  - value: 100000
matching.rps:
  - value: 100000
frontend.persistenceMaxQPS:
  - value: 100000
history.persistenceMaxQPS:
  - value: 100000
matching.persistenceMaxQPS:
  - value: 100000
worker.batcherRPS:
  - value: 100000
worker.batcherConcurrency:
  - value: 32
`

// crowdSize is how many workflows run.
const crowdSize = 5000

// BenchmarkSignalling measures telling 5,000 running reports that a decree moved
// them, our way and by Temporal's batch signal, one after the other, and once
// more the other way round. Ours is the activity TellMoved at full pace: it reads from PostgreSQL whom to
// tell, signals, and writes down who was told. Temporal's is a batch operation
// over a visibility query with the same signal, until the server calls it
// completed. No worker of reports runs meanwhile, so that neither pays for what
// the reports do with the signal; in between it does, until every report waits
// again. It fails if Temporal refused a call for having too many.
func BenchmarkSignalling(b *testing.B) {
	data, err := os.MkdirTemp("", "kawal-e2e-") // not TempDir: user postgres must be able to enter it
	require.NoError(b, err)
	b.Cleanup(func() { _ = os.RemoveAll(data) })
	require.NoError(b, os.Chmod(data, 0o755))
	config := stackConfig(data, contract.Namespace)
	config.DynamicConfig = unbounded
	stack, err := devstack.Start(b.Context(), config)
	require.NoError(b, err)
	b.Cleanup(func() { _ = stack.Stop(context.Background()) })
	require.NoError(b, store.Migrate(b.Context(), stack.DatabaseURL))
	l, e := lives{newWorld(b, servers{stack.DatabaseURL, stack.TemporalAddress})}, &exhausted{}
	l.stopWorker()
	l.temporal = l.dialThrough(e.intercept)
	l.startWorker()
	l.startAPI(office.Temporal{Client: l.temporal, Now: time.Now})
	reports := l.filedByAll(b, crowdSize)

	var ours, batch time.Duration
	rounds := 0
	ways := []func(){
		func() { ours += l.tellMoved(b, rounds) },
		func() { batch += l.batchSignal(b) },
	}
	for b.Loop() {
		for range 2 {
			rounds++
			for i, way := range ways {
				if rounds+i > 1 {
					l.drain(b, reports)
				}
				l.stopWorker()
				way()
			}
			slices.Reverse(ways)
		}
	}
	per := func(d time.Duration) float64 { return d.Seconds() * 1e6 / float64(rounds*crowdSize) }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(per(ours), "µs/signal")
	b.ReportMetric(per(batch), "µs/batch-signal")
	b.ReportMetric(1e6/per(ours), "signals/s")
	b.ReportMetric(1e6/per(batch), "batch-signals/s")
	b.ReportMetric(ours.Seconds()/batch.Seconds(), "ours/batch")
	require.Zero(b, e.n.Load(), "Temporal refused calls: %v", e.last.Load())
	log, err := os.ReadFile(filepath.Join(data, "logs", "temporal.log"))
	require.NoError(b, err)
	require.NotContains(b, string(log), "ResourceExhausted", "the server's own batch was refused nothing either")
	require.NotContains(b, string(log), "Failed to process batch operation task")
}

// tellMoved runs the activity over a move of every report.
func (l lives) tellMoved(b *testing.B, round int) time.Duration {
	b.Helper()
	owner, err := pgx.Connect(b.Context(), l.database)
	require.NoError(b, err)
	defer owner.Close(b.Context())
	_, err = owner.Exec(b.Context(), `
		INSERT INTO move (report, kind, seq, calendar, revision, decree, from_due, to_due, lifted, at)
		SELECT report, kind, seq, calendar, 1000 + $1, '', due_at, due_at, false, now()
		FROM clock
		WHERE status = 'running'`, round)
	require.NoError(b, err)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	a := &activities.Activities{Store: l.store, Temporal: l.temporal, TellASecond: 1e6}
	env.RegisterActivity(a.TellMoved)
	begun := time.Now()
	v, err := env.ExecuteActivity(a.TellMoved)
	took := time.Since(begun)
	require.NoError(b, err)
	var res activities.TellMovedResult
	require.NoError(b, v.Get(&res))
	require.Equal(b, activities.TellMovedResult{Told: crowdSize}, res)
	return took
}

// batchSignal runs Temporal's batch operation over all running reports.
func (l lives) batchSignal(b *testing.B) time.Duration {
	b.Helper()
	job := uuid.NewString()
	begun := time.Now()
	_, err := l.temporal.WorkflowService().StartBatchOperation(b.Context(), &workflowservice.StartBatchOperationRequest{
		Namespace: l.namespace, JobId: job, Reason: "benchmark",
		VisibilityQuery: "WorkflowType = '" + contract.ReportWorkflow + "' AND ExecutionStatus = 'Running'",
		Operation: &workflowservice.StartBatchOperationRequest_SignalOperation{
			SignalOperation: &batchpb.BatchOperationSignal{Signal: contract.SignalCalendarRevised, Identity: "benchmark"}},
	})
	require.NoError(b, err)
	for {
		d, err := l.temporal.WorkflowService().DescribeBatchOperation(b.Context(), &workflowservice.DescribeBatchOperationRequest{Namespace: l.namespace, JobId: job})
		require.NoError(b, err)
		require.NotEqual(b, enumspb.BATCH_OPERATION_STATE_FAILED, d.GetState())
		if d.GetState() == enumspb.BATCH_OPERATION_STATE_COMPLETED {
			took := time.Since(begun)
			require.EqualValues(b, crowdSize, d.GetCompleteOperationCount())
			require.Zero(b, d.GetFailureOperationCount())
			return took
		}
		<-time.After(20 * time.Millisecond) // of seconds
	}
}

// drain runs the worker until every report waits again.
func (l lives) drain(b *testing.B, reports []filed) {
	b.Helper()
	l.startWorker()
	share(b, len(reports), func(_, i int) error {
		for {
			d, err := l.temporal.DescribeWorkflowExecution(b.Context(), reports[i].id, "")
			if err != nil {
				return err
			}
			if d.GetPendingWorkflowTask() == nil && len(d.GetPendingActivities()) == 0 {
				return nil
			}
			<-time.After(50 * time.Millisecond)
		}
	})
}
