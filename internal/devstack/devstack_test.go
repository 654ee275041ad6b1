package devstack_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/kawal-id/kawal/internal/devstack"
	"github.com/kawal-id/kawal/internal/signer"
)

func config(t *testing.T) devstack.Config {
	t.Helper()
	dir := t.TempDir()
	file, keySet := filepath.Join(dir, "key.pem"), filepath.Join(dir, "keys.json")
	require.NoError(t, signer.Create(file))
	key, err := signer.Open(file)
	require.NoError(t, err)
	require.NoError(t, key.Publish(keySet))
	return devstack.Config{
		Data: filepath.Join(dir, "kawal"), Bin: "../../.bin", Namespace: "kawal", Retention: 365 * 24 * time.Hour,
		KeySources: []string{"file://" + keySet}, Audience: "kawal",
		Operator:         signer.Pass{Key: key, Subject: "operator", Audience: "kawal", Permissions: []string{"temporal-system:admin"}, Now: time.Now},
		SearchAttributes: map[string]enumspb.IndexedValueType{"KawalStage": enumspb.INDEXED_VALUE_TYPE_KEYWORD},
	}
}

func start(t *testing.T, c devstack.Config) *devstack.Stack {
	t.Helper()
	s, err := devstack.Start(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Stop(context.Background()) })
	return s
}

func TestASecondStartFindsAllDataAgain(t *testing.T) {
	t.Parallel()
	c, progress := config(t), &bytes.Buffer{}
	c.Progress = progress
	s := start(t, c)
	conn, err := pgx.Connect(t.Context(), s.DatabaseURL)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), `CREATE TABLE kept AS SELECT 1 AS n`)
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
	require.NoError(t, s.Stop(t.Context()))
	require.Equal(t, 3, strings.Count(progress.String(), "\n"), "each step says how long it took")

	s = start(t, c)
	conn, err = pgx.Connect(t.Context(), s.DatabaseURL)
	require.NoError(t, err)
	var n int
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT n FROM kept`).Scan(&n))
	require.NoError(t, conn.Close(t.Context()))

	cl, err := client.Dial(client.Options{HostPort: s.TemporalAddress, Namespace: "kawal", HeadersProvider: c.Operator})
	require.NoError(t, err)
	defer cl.Close()
	ns, err := cl.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: "kawal"})
	require.NoError(t, err)
	require.Equal(t, 365*24*time.Hour, ns.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration())
	sa, err := cl.OperatorService().ListSearchAttributes(t.Context(), &operatorservice.ListSearchAttributesRequest{Namespace: "kawal"})
	require.NoError(t, err)
	require.Contains(t, sa.GetCustomAttributes(), "KawalStage")
	host, _, err := net.SplitHostPort(s.TemporalAddress)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1", host)
}

func TestWhatAKillLeftIsEndedByTheNextStart(t *testing.T) {
	t.Parallel()
	c := config(t)
	first := start(t, c)
	first.Abandon() // as kill -9 does: the lock is gone, the children live, Temporal holds connections
	second := start(t, c)
	_, err := pgx.Connect(t.Context(), first.DatabaseURL)
	require.Error(t, err)
	conn, err := pgx.Connect(t.Context(), second.DatabaseURL)
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
}

func TestTwoOnOneFolderAreRefused(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.NoTemporal = true
	start(t, c)
	_, err := devstack.Start(t.Context(), c)
	require.ErrorIs(t, err, devstack.ErrInUse)
}

func TestAFolderThatEverybodyCanReachHoldsTheCluster(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("/var/tmp", "kawal-test-")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	c := config(t)
	c.Data, c.NoTemporal = filepath.Join(dir, "data"), true
	for range 2 {
		s := start(t, c)
		require.NoError(t, s.Stop(t.Context()))
	}
	require.FileExists(t, filepath.Join(c.Data, "postgres", "PG_VERSION"))
}

func TestAMissingPartIsNamed(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Bin = t.TempDir()
	_, err := devstack.Start(t.Context(), c)
	require.ErrorContains(t, err, "temporal-server is not built")
	pids, err := os.ReadDir(filepath.Join(c.Data, "pids"))
	require.NoError(t, err)
	require.Empty(t, pids, "nothing is left running")
	_, err = devstack.Start(t.Context(), devstack.Config{})
	require.ErrorContains(t, err, "required")
}
