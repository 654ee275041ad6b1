package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/kawal-id/kawal/internal/seal"
	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/worker"
)

// forgetful is a Temporal that has forgotten every run.
type forgetful struct{ client.Client }

func (forgetful) ListWorkflow(context.Context, *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return &workflowservice.ListWorkflowExecutionsResponse{}, nil
}

// What Temporal has forgotten is read from its export, opened, as long as it is
// what was exported.
func TestAForgottenHistoryIsReadFromItsExport(t *testing.T) {
	t.Parallel()
	b := newAuditBench(t)
	var err error
	b.p.keys, err = seal.Open(b.p.settings.keys)
	require.NoError(t, err)
	b.p.temporal = forgetful{}
	input, err := b.p.keys.DataConverter().ToPayloads("tahap follow_up")
	require.NoError(t, err)
	written, err := protojson.Marshal(&historypb.History{Events: []*historypb.HistoryEvent{{EventId: 1,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionSignaledEventAttributes{
			WorkflowExecutionSignaledEventAttributes: &historypb.WorkflowExecutionSignaledEventAttributes{SignalName: "reply", Input: input}}}}})
	require.NoError(t, err)
	require.NotContains(t, string(written), "follow_up")
	file := worker.HistoryFile(b.p.histories, "KWL-0000-0000-0", "run")
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
	require.NoError(t, os.WriteFile(file, written, 0o600))
	sum := sha256.Sum256(written)
	b.as(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.RecordExport(ctx, store.Export{Report: "KWL-0000-0000-0", RunID: "run", SHA256: hex.EncodeToString(sum[:])})
		return err
	})
	runs, err := b.p.runs(t.Context(), "KWL-0000-0000-0")
	require.NoError(t, err)
	require.Len(t, runs, 1)
	require.Equal(t, "export", runs[0].Source)
	require.Contains(t, string(runs[0].History), "tahap follow_up")

	b.seal()
	code, out, _ := b.kawal("audit", "verify")
	require.Zero(t, code, out)
	require.Contains(t, out, "1 riwayat terekspor cocok")
	require.Contains(t, out, "2 baris dalam rantai", "the export, and the reading")

	require.NoError(t, os.WriteFile(file, append(written, ' '), 0o600))
	_, err = b.p.runs(t.Context(), "KWL-0000-0000-0")
	require.ErrorContains(t, err, "bukan yang diekspor")
	code, out, _ = b.kawal("audit", "verify")
	require.Equal(t, 1, code)
	require.Contains(t, out, "riwayat KWL-0000-0000-0 run: berkasnya bukan yang diekspor")
	require.NoError(t, os.Remove(file))
	code, out, _ = b.kawal("audit", "verify")
	require.Equal(t, 1, code)
	require.Contains(t, out, "berkasnya tidak ada")
	code, out, _ = b.kawal("audit", "verify", "--histories", "")
	require.Zero(t, code, out)
}

func TestHistorySaysHowItIsUsed(t *testing.T) {
	t.Parallel()
	b := newAuditBench(t)
	code, _, errOut := b.kawal("history")
	require.Equal(t, 2, code)
	require.Contains(t, errOut, "usage: kawal history ID")
	code, _, _ = b.kawal("history", "KWL-1")
	require.Equal(t, 1, code)
}
