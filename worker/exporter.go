package worker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/workflows/contract"
)

const (
	exportEvery   = time.Minute
	exportRecent  = time.Hour            // what a round looks at: visibility lags
	exportFull    = 24 * time.Hour       // between looks at everything
	exportFar     = 400 * 24 * time.Hour // longer than Temporal keeps a history
	exportBatch   = 200
	exportTimeout = 30 * time.Second
)

// exporter writes closed histories to files before Temporal forgets them.
type exporter struct {
	c    Config
	full time.Time // of the last round that looked at everything without an error
}

// export exports what has closed in the last hour, and once a day and at the
// start whatever closed and is not exported yet. A history that fails is logged
// with the others' and tried again.
func (e *exporter) export(ctx context.Context) error {
	begun := e.c.Now()
	since := begun.Add(-exportRecent)
	full := begun.Sub(e.full) >= exportFull
	if full {
		since = begun.Add(-exportFar)
	}
	if err := e.c.exportSince(ctx, since); err != nil {
		return err
	}
	if full {
		e.full = begun
	}
	return nil
}

// Export exports every closed history that is not exported yet. Repeating it does
// nothing.
func (c Config) Export(ctx context.Context) error { return c.exportSince(ctx, c.Now().Add(-exportFar)) }

func (c Config) exportSince(ctx context.Context, since time.Time) error {
	req := &workflowservice.ListWorkflowExecutionsRequest{PageSize: exportBatch, Query: fmt.Sprintf(
		"WorkflowType = '%s' AND ExecutionStatus != 'Running' AND CloseTime > '%s'", contract.ReportWorkflow, since.UTC().Format(time.RFC3339))}
	var errs []error
	for {
		rpc, cancel := context.WithTimeout(ctx, 5*rpcTimeout)
		page, err := c.Temporal.ListWorkflow(rpc, req)
		cancel()
		if err != nil {
			return errors.Join(append(errs, fmt.Errorf("list closed runs: %w", err))...)
		}
		if err := c.exportPage(ctx, page.GetExecutions()); err != nil {
			errs = append(errs, err)
		}
		if req.NextPageToken = page.GetNextPageToken(); len(req.NextPageToken) == 0 {
			return errors.Join(errs...)
		}
	}
}

func (c Config) exportPage(ctx context.Context, page []*workflowpb.WorkflowExecutionInfo) error {
	var ids []string
	for _, e := range page {
		ids = append(ids, e.GetExecution().GetWorkflowId())
	}
	var done []store.Export
	err := c.as(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		done, err = tx.Exports(ctx, ids...)
		return err
	})
	if err != nil {
		return err
	}
	return each(page, func(e *workflowpb.WorkflowExecutionInfo) error {
		id, run := e.GetExecution().GetWorkflowId(), e.GetExecution().GetRunId()
		if slices.ContainsFunc(done, func(x store.Export) bool { return x.Report == id && x.RunID == run }) {
			return nil
		}
		return c.exportOne(ctx, id, run)
	})
}

// exportOne writes a history and then records its digest. A file whose record a
// crash has kept from the database is written anew.
func (c Config) exportOne(ctx context.Context, id, run string) error {
	h, err := c.History(ctx, id, run)
	if err != nil {
		return err
	}
	b, err := protojson.Marshal(h)
	if err != nil {
		return fmt.Errorf("encode history %s %s: %w", id, run, err)
	}
	if err := writeWhole(HistoryFile(c.Histories, id, run), b); err != nil {
		return fmt.Errorf("export history %s %s: %w", id, run, err)
	}
	sum := sha256.Sum256(b)
	return c.as(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.RecordExport(ctx, store.Export{Report: id, RunID: run, SHA256: hex.EncodeToString(sum[:])})
		return err
	})
}

// History reads a history as Temporal keeps it: payloads are sealed.
func (c Config) History(ctx context.Context, id, run string) (*historypb.History, error) {
	ctx, cancel := context.WithTimeout(ctx, exportTimeout)
	defer cancel()
	h := &historypb.History{}
	events := c.Temporal.GetWorkflowHistory(ctx, id, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			return nil, fmt.Errorf("read history %s %s: %w", id, run, err)
		}
		h.Events = append(h.Events, e)
	}
	return h, nil
}

// HistoryFile is where an exported history lies: always within the folder,
// whatever a forged id or run looks like.
func HistoryFile(folder, id, run string) string {
	return filepath.Join(folder, strings.Trim(filepath.Base(id), "."), filepath.Base(run)+".json")
}

// writeWhole writes a file (0600) beside its place and moves it there once the
// disk has it.
func writeWhole(path string, b []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".history-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone if it was moved
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
