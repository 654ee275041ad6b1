package e2e_test

import (
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	sdk "go.temporal.io/sdk/worker"

	"github.com/kawal-id/kawal/internal/devstack"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/worker"
	"github.com/kawal-id/kawal/workflows/contract"
)

// shortHistories makes the server suggest a fresh history after 60 events; it
// does so after 4,096 otherwise.
const shortHistories = "limit.historyCount.suggestContinueAsNew:\n  - value: 60\n"

// TestALongHistoryGoesOnInAFreshOne is the safety valve: state, timeline and
// verdicts are carried over, and both histories replay.
func TestALongHistoryGoesOnInAFreshOne(t *testing.T) {
	t.Parallel()
	data, err := os.MkdirTemp("", "kawal-e2e-") // not TempDir: user postgres must be able to enter it
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(data) })
	require.NoError(t, os.Chmod(data, 0o755))
	config := stackConfig(data, contract.Namespace)
	config.DynamicConfig += shortHistories
	stack, err := devstack.Start(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = stack.Stop(context.Background()) })
	require.NoError(t, store.Migrate(t.Context(), stack.DatabaseURL))
	l := lives{newWorld(t, servers{stack.DatabaseURL, stack.TemporalAddress})}

	f := l.opened(limits())
	first := l.latest(f)
	c := l.prepared(f, report.Command{Action: report.Reply, By: report.Reporter}, store.Text{Kind: store.TextReply, Body: "Masih berlubang."})
	l.signal(f, c)
	for i := 0; l.latest(f) == first; i++ {
		require.Less(t, i, 30, "the history goes on and on")
		l.say(f, "/replies", saying("Masih berlubang."))
	}
	seq := l.row(f.id).State.Seq
	require.Len(t, l.golden(f.id).Timeline, seq-1, "the timeline is whole")
	l.signal(f, c)
	l.reaches(f, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, 1)
	l.act(f, anOfficer, "/follow-ups", saying("Lubang sudah ditambal."))
	require.Equal(t, seq+1, l.row(f.id).State.Seq, "a command of the first history is known in the second")

	for _, run := range []string{first, ""} {
		r := sdk.NewWorkflowReplayer()
		worker.RegisterWorkflow(r)
		require.NoError(t, r.ReplayWorkflowHistory(nil, l.unsealed(l.rawRun(f.id, run))))
	}
}

// latest is the id of the latest history of a report's run.
func (l lives) latest(f filed) string {
	l.t.Helper()
	return l.raw(f.id).Events[0].GetWorkflowExecutionStartedEventAttributes().GetOriginalExecutionRunId()
}
