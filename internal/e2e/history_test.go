package e2e_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"

	historypb "go.temporal.io/api/history/v1"

	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/worker"
)

// A closed history is exported once, sealed as it was, with its digest in the
// audit log; an open one is not.
func TestAClosedHistoryIsExportedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	open, closed := w.forwarded(), w.forwarded()
	w.say(closed, "/withdraw", nil)
	w.eventually(func() error {
		n := w.count(`SELECT count(*) FROM report WHERE id = $1 AND stage = 'withdrawn'`, closed.id)
		if n == 0 {
			return fmt.Errorf("%s is not withdrawn", closed.id)
		}
		return nil
	})
	c := w.workerConfig()
	c.Histories = t.TempDir()
	exports := func() (all []store.Export) {
		t.Helper()
		require.NoError(t, c.Export(t.Context()))
		require.NoError(t, w.store.As(t.Context(), store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) (err error) {
			all, err = tx.Exports(ctx, open.id, closed.id)
			return err
		}))
		return all
	}
	var all []store.Export
	w.eventually(func() error { // the list of closed workflows lags
		if all = exports(); len(all) == 0 {
			return fmt.Errorf("%s is not exported", closed.id)
		}
		return nil
	})
	require.Len(t, all, 1)
	require.Equal(t, closed.id, all[0].Report)
	file := worker.HistoryFile(c.Histories, closed.id, all[0].RunID)
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	sum := sha256.Sum256(b)
	require.Equal(t, hex.EncodeToString(sum[:]), all[0].SHA256)
	require.Equal(t, 1, w.count(`
		SELECT count(*) FROM audit
		WHERE action = 'export_history' AND report = $1 AND detail = jsonb_build_object('run', $2::text, 'sha256', $3::text)`,
		closed.id, all[0].RunID, all[0].SHA256))
	var h historypb.History
	require.NoError(t, protojson.Unmarshal(b, &h))
	require.Len(t, h.Events, len(lives{w}.rawRun(closed.id, all[0].RunID).Events))
	require.NotContains(t, string(b), "withdrawn", "payloads stay sealed")
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	require.Equal(t, all, exports(), "once")
	require.Equal(t, 1, w.count(`SELECT count(*) FROM audit WHERE action = 'export_history'`))
	require.Equal(t, http.StatusOK, w.call(open.reporter(), http.MethodGet, "/reports/"+open.id, nil).status)
}
