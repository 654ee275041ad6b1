package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/worker"
)

// history prints the history of a report with its payloads opened, one JSON
// object a run, the oldest first: from Temporal, or once Temporal has forgotten
// it from its export. The reading is written to the audit log first.
func history(ctx context.Context, args []string, pr program) int {
	if len(args) != 1 {
		fmt.Fprintln(pr.errOut, "usage: kawal history ID")
		return 2
	}
	id, err := report.ParseID(args[0])
	if err != nil {
		return pr.failed(err)
	}
	s, err := localOr(pr.getenv)
	if err != nil {
		return pr.failed(err)
	}
	p, err := open(ctx, s, "kawal-history", pr.errOut)
	if err != nil {
		return pr.failed(err)
	}
	defer p.close()
	runs, err := p.runs(ctx, id)
	if err != nil {
		return pr.failed(err)
	}
	if len(runs) == 0 {
		return pr.failed(fmt.Errorf("%s has no history", id))
	}
	for _, r := range runs {
		line, err := json.Marshal(r)
		if err != nil {
			return pr.failed(err)
		}
		fmt.Fprintf(pr.out, "%s\n", line)
	}
	return 0
}

// told is one run as history prints it.
type told struct {
	Report  string          `json:"report"`
	RunID   string          `json:"run_id"`
	Source  string          `json:"source"` // temporal, or export
	History json.RawMessage `json:"history"`
}

// runs returns the runs of a report with their histories, the oldest first.
func (p *parts) runs(ctx context.Context, id string) ([]told, error) {
	var kept []store.Export
	err := p.store.As(ctx, store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) (err error) {
		if err := tx.WriteAudit(ctx, store.Audit{Actor: store.Actor{Kind: store.Worker}, Action: "read_history", Report: id, Allowed: true}); err != nil {
			return err
		}
		kept, err = tx.Exports(ctx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	page, err := p.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		PageSize: 1000, Query: fmt.Sprintf("WorkflowId = '%s'", id)})
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	var all []told
	have := map[string]bool{}
	for _, e := range slices.Backward(page.GetExecutions()) { // the latest comes first
		run := e.GetExecution().GetRunId()
		h, err := p.worker().History(ctx, id, run)
		if err != nil {
			return nil, err
		}
		if all, err = p.tell(ctx, all, told{Report: id, RunID: run, Source: "temporal"}, h); err != nil {
			return nil, err
		}
		have[run] = true
	}
	var older []told
	for _, x := range kept {
		if have[x.RunID] {
			continue
		}
		h, err := readExport(p.histories, x)
		if err != nil {
			return nil, err
		}
		if older, err = p.tell(ctx, older, told{Report: id, RunID: x.RunID, Source: "export"}, h); err != nil {
			return nil, err
		}
	}
	return append(older, all...), nil
}

// tell opens the payloads of a history and adds it.
func (p *parts) tell(ctx context.Context, to []told, t told, h *historypb.History) ([]told, error) {
	codec := p.keys.Codec()
	err := proxy.VisitPayloads(ctx, h, proxy.VisitPayloadsOptions{SkipSearchAttributes: true,
		Visitor: func(_ *proxy.VisitPayloadsContext, sealed []*commonpb.Payload) ([]*commonpb.Payload, error) {
			return codec.Decode(sealed)
		}})
	if err != nil {
		return nil, fmt.Errorf("open history %s: %w", t.RunID, err)
	}
	t.History, err = temporalproto.CustomJSONMarshalOptions{Metadata: map[string]any{commonpb.EnablePayloadShorthandMetadataKey: true}}.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("encode history %s: %w", t.RunID, err)
	}
	return append(to, t), nil
}

// readExport reads an exported history that is still the one exported.
func readExport(folder string, x store.Export) (*historypb.History, error) {
	b, err := os.ReadFile(worker.HistoryFile(folder, x.Report, x.RunID))
	if err != nil {
		return nil, fmt.Errorf("exported history: %w", err)
	}
	if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != x.SHA256 {
		return nil, fmt.Errorf("riwayat %s %s: berkasnya bukan yang diekspor", x.Report, x.RunID)
	}
	h := &historypb.History{}
	if err := protojson.Unmarshal(b, h); err != nil {
		return nil, fmt.Errorf("decode exported history %s: %w", x.RunID, err)
	}
	return h, nil
}

// exportDigest is the digest of an exported history's file; empty if there is
// none.
func exportDigest(folder string) func(id, run string) (string, error) {
	return func(id, run string) (string, error) {
		b, err := os.ReadFile(worker.HistoryFile(folder, id, run))
		if errors.Is(err, fs.ErrNotExist) {
			return "", nil
		}
		if err != nil {
			return "", fmt.Errorf("exported history: %w", err)
		}
		sum := sha256.Sum256(b)
		return hex.EncodeToString(sum[:]), nil
	}
}
