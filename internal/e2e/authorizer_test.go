package e2e_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/kawal-id/kawal/internal/signer"
	"github.com/kawal-id/kawal/workflows/contract"
)

// as is a client of the world's namespace with other headers.
func (w *world) as(h interface {
	GetHeaders(context.Context) (map[string]string, error)
}) client.Client {
	w.t.Helper()
	c, err := client.NewLazyClient(client.Options{HostPort: w.address, Namespace: w.namespace, HeadersProvider: h,
		DataConverter: w.sealed.DataConverter(), FailureConverter: w.sealed.FailureConverter()})
	require.NoError(w.t, err)
	w.t.Cleanup(c.Close)
	return c
}

type noHeaders struct{}

// GetHeaders returns none.
func (noHeaders) GetHeaders(context.Context) (map[string]string, error) { return nil, nil }

// Tried by starting the server without authorizer: every row is served.
func TestTemporalServesNobodyWithoutAGoodToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	other := filepath.Join(t.TempDir(), "other.pem")
	require.NoError(t, signer.Create(other))
	stranger, err := signer.Open(other)
	require.NoError(t, err)
	read := w.namespace + ":read"
	good := signer.Pass{Key: trusted(), Subject: "supervisor", Audience: "kawal", Permissions: []string{read}, Now: time.Now}
	foreign, elsewhere, old, officer := good, good, good, good
	foreign.Key, elsewhere.Audience, officer.Permissions = stranger, "another", nil
	old.Now = func() time.Time { return time.Now().Add(-signer.PassLife) }
	for name, h := range map[string]interface {
		GetHeaders(context.Context) (map[string]string, error)
	}{
		"no token": noHeaders{}, "signed by a stranger": foreign, "for another audience": elsewhere, "ten minutes old": old,
		"no permission": officer, "another namespace": passTo("default:read"),
	} {
		_, err := w.as(h).WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: w.namespace})
		var denied *serviceerror.PermissionDenied
		require.ErrorAs(t, err, &denied, name)
	}
	_, err = w.as(good).WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: w.namespace})
	require.NoError(t, err)
}

func TestWhoMayOnlyLookCannotSignal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	f := w.submit(submission("dinas-pupr"))
	reader := w.as(passTo(w.namespace + ":read"))
	_, err := reader.DescribeWorkflowExecution(t.Context(), f.id, "")
	require.NoError(t, err)
	_, err = reader.QueryWorkflow(t.Context(), f.id, "", contract.QueryState)
	require.NoError(t, err)
	var denied *serviceerror.PermissionDenied
	require.ErrorAs(t, reader.SignalWorkflow(t.Context(), f.id, "", contract.SignalCalendarRevised, nil), &denied)
	require.ErrorAs(t, reader.TerminateWorkflow(t.Context(), f.id, "", "never"), &denied)
	require.NoError(t, w.temporal.SignalWorkflow(t.Context(), f.id, "", contract.SignalCalendarRevised, nil))
}
