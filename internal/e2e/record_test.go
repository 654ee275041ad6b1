package e2e_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/api/temporalproto"
	"google.golang.org/protobuf/proto"

	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/workflows/contract"
)

// recordHistories makes TestRecordHistories drive the paths on real servers and
// write the corpus anew. Without it the test checks that the corpus is whole.
var recordHistories = flag.Bool("record", false, "record the corpus of workflow histories anew")

const corpus = "../../workflows/testdata/histories"

// lifePath is one way through the life of a report. It returns a report whose
// latest run is over.
type lifePath struct {
	name  string
	drive func(l lives) filed
}

// lives is a world in which reports live under limits of seconds.
type lives struct{ *world }

// patience is a limit that nothing in these tests outlives.
const patience = 300

// rules are limits in seconds, all patience but those changed.
func limits(change ...func(*report.RuleSet)) report.RuleSet {
	long := report.Limit{Unit: report.Seconds, N: patience}
	r := report.RuleSet{ID: "test", Source: "uji", Verification: long, FollowUp: long, Silence: long, Answer: long, Reopen: long}
	for _, f := range change {
		f(&r)
	}
	return r
}

func seconds(n int) report.Limit { return report.Limit{Unit: report.Seconds, N: n} }

// withResolution gives ordinary complaints a resolution limit.
func withResolution(r *report.RuleSet) {
	r.Resolution = map[report.Class]report.Limit{report.ComplaintOrdinary: seconds(patience), report.ComplaintSupervisory: seconds(2 * patience)}
}

// Those who act on what is filed under rules.
const (
	anAdmin     = "admin.tirtajaya"
	anOfficer   = "petugas.pupr"
	pupr        = "dinas-pupr"
	perhubungan = "dinas-perhubungan"
)

// file accepts a report under rules of its own, queued with the regency. The
// sweeper starts its workflow.
func (l lives) file(r report.RuleSet, before ...func(context.Context, *store.Tx, report.State) error) filed {
	l.t.Helper()
	id, err := report.NewID(rand.Reader)
	require.NoError(l.t, err)
	code, err := l.sealed.NewAccessCode(rand.Reader)
	require.NoError(l.t, err)
	now := time.Now().UTC()
	s, effects, err := report.New(report.State{ID: id, Queue: "tirtajaya", Class: report.ComplaintOrdinary,
		Category: "roads.pothole", Region: "32", Channel: "web", Rules: r}, now)
	require.NoError(l.t, err)
	err = l.store.As(l.t.Context(), store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) error {
		s, err := tx.Accept(ctx, store.NewReport{State: s, Effects: effects, AcceptedAt: now, Title: "Jalan berlubang",
			Body: "Lubang di depan pasar.", Suggested: pupr, Identity: "none", CodeMAC: l.sealed.CodeMAC(code)})
		for _, f := range before {
			if err == nil {
				err = f(ctx, tx, s)
			}
		}
		return err
	})
	require.NoError(l.t, err)
	if len(before) == 0 {
		l.agree(id)
	}
	return filed{id, code}
}

// act lets staff act and waits until workflow and database agree.
func (l lives) act(f filed, as, path string, body any) {
	l.t.Helper()
	l.ok(staff(as), http.MethodPost, "/reports/"+f.id+path, body)
	l.agree(f.id)
}

// say lets the reporter act and waits until it is applied.
func (l lives) say(f filed, path string, body any) {
	l.t.Helper()
	seq := l.row(f.id).State.Seq
	l.ok(f.reporter(), http.MethodPost, "/reports/"+f.id+path, body)
	require.Eventually(l.t, func() bool { return l.row(f.id).State.Seq > seq }, time.Minute, 20*time.Millisecond)
	l.agree(f.id)
}

func saying(s string) map[string]string { return map[string]string{"text": s} }

// opened brings a report under rules to its agency.
func (l lives) opened(r report.RuleSet) filed {
	l.t.Helper()
	f := l.file(r)
	l.forward(f, anAdmin, pupr)
	l.agree(f.id)
	return f
}

// accepted makes a command durable without sending it.
func (l lives) prepared(f filed, c report.Command, texts ...store.Text) report.Command {
	l.t.Helper()
	c.ID = rand.Text()
	for _, x := range texts {
		sum := sha256.Sum256([]byte(x.Body))
		c.Digests = append(c.Digests, hex.EncodeToString(sum[:]))
	}
	err := l.store.As(l.t.Context(), store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.InsertCommand(ctx, store.NewCommand{Report: f.id, Command: c, Texts: texts})
		c.ReceivedAt = row.ReceivedAt
		return err
	})
	require.NoError(l.t, err)
	return c
}

func (l lives) signal(f filed, c report.Command) {
	l.t.Helper()
	require.NoError(l.t, l.temporal.SignalWorkflow(l.t.Context(), f.id, "", string(c.Action), c))
}

// history is the latest run's, as the server keeps it.
func (l lives) raw(id string) *historypb.History {
	l.t.Helper()
	return l.rawRun(id, "")
}

// rawRun is one history by Temporal's run id; empty: the latest.
func (l lives) rawRun(id, run string) *historypb.History {
	l.t.Helper()
	h := &historypb.History{}
	events := l.temporal.GetWorkflowHistory(l.t.Context(), id, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		require.NoError(l.t, err)
		h.Events = append(h.Events, e)
	}
	return h
}

// count returns how many events of a kind a history has.
func events(h *historypb.History, kind enumspb.EventType) int {
	n := 0
	for _, e := range h.Events {
		if e.EventType == kind {
			n++
		}
	}
	return n
}

// reaches waits until the latest run's history has n events of a kind.
func (l lives) reaches(f filed, kind enumspb.EventType, n int) {
	l.t.Helper()
	require.Eventually(l.t, func() bool { return events(l.raw(f.id), kind) >= n }, time.Minute, 50*time.Millisecond)
	l.agree(f.id)
}

// over waits until the latest run is over.
func (l lives) over(id string) {
	l.t.Helper()
	require.Eventually(l.t, func() bool {
		d, err := l.temporal.DescribeWorkflowExecution(l.t.Context(), id, "")
		return err == nil && d.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	}, 2*time.Minute, 100*time.Millisecond, "the run of %s does not end", id)
}

// unsealed is a copy of a history with its payloads opened.
func (l lives) unsealed(h *historypb.History) *historypb.History {
	l.t.Helper()
	h = proto.Clone(h).(*historypb.History)
	codec := l.sealed.Codec()
	require.NoError(l.t, proxy.VisitPayloads(l.t.Context(), h, proxy.VisitPayloadsOptions{SkipSearchAttributes: true,
		Visitor: func(_ *proxy.VisitPayloadsContext, p []*commonpb.Payload) ([]*commonpb.Payload, error) {
			return codec.Decode(p)
		}}))
	return h
}

// golden is what the queries answer about a run that is over.
type goldenState struct {
	State    report.State    `json:"state"`
	Timeline []contract.Step `json:"timeline"`
}

func (l lives) golden(id string) goldenState {
	l.t.Helper()
	var g goldenState
	for name, into := range map[string]any{contract.QueryState: &g.State, contract.QueryTimeline: &g.Timeline} {
		v, err := l.temporal.QueryWorkflow(l.t.Context(), id, "", name)
		require.NoError(l.t, err)
		require.NoError(l.t, v.Get(into))
	}
	return g
}

// record writes the latest run's history, with its payloads opened, and what it
// came to.
func (l lives) record(name, id string) {
	l.t.Helper()
	l.over(id)
	writeJSON(l.t, filepath.Join(corpus, name+".json"), l.spelled(l.unsealed(l.raw(id))))
	writeJSON(l.t, filepath.Join(corpus, name+".golden.json"), l.golden(id))
}

var shorthand = map[string]any{commonpb.EnablePayloadShorthandMetadataKey: true}

// spelled is a history as JSON, with its payloads spelled out for people and
// without the name of this machine.
func (l lives) spelled(h *historypb.History) any {
	l.t.Helper()
	b, err := temporalproto.CustomJSONMarshalOptions{Metadata: shorthand}.Marshal(h)
	require.NoError(l.t, err)
	var plain any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	require.NoError(l.t, d.Decode(&plain))
	return anonymous(plain)
}

// anonymous replaces what names a machine: who polled, and sticky task queues.
func anonymous(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = anonymous(v[i])
		}
	case map[string]any:
		for k := range v {
			switch {
			case k == "identity":
				v[k] = "kawal"
			case k == "name" && v["kind"] == "TASK_QUEUE_KIND_STICKY":
				v[k] = "sticky"
			default:
				v[k] = anonymous(v[k])
			}
		}
	}
	return v
}

func writeJSON(t testing.TB, file string, v any) {
	t.Helper()
	b, err := json.MarshalIndent(v, "", " ")
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, append(b, '\n'), 0o644))
}

func TestRecordHistories(t *testing.T) {
	if !*recordHistories {
		requireWholeCorpus(t)
		return
	}
	w := newWorld(t, shared(t))
	t.Run("path", func(t *testing.T) {
		for _, p := range lifePaths {
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				l := lives{w.in(t)}
				l.record(p.name, p.drive(l).id)
			})
		}
	})
	requireWholeCorpus(t)
}

// requireWholeCorpus fails if a path has no history, or a history no path.
func requireWholeCorpus(t *testing.T) {
	t.Helper()
	var want, have []string
	for _, p := range lifePaths {
		want = append(want, p.name+".golden.json", p.name+".json")
	}
	files, err := os.ReadDir(corpus)
	require.NoError(t, err)
	for _, f := range files {
		have = append(have, f.Name())
	}
	slices.Sort(want)
	slices.Sort(have)
	require.Equal(t, want, have, "go test ./internal/e2e -run TestRecordHistories -record writes the corpus anew")
	for _, name := range have {
		b, err := os.ReadFile(filepath.Join(corpus, name))
		require.NoError(t, err)
		require.False(t, strings.Contains(string(b), "binary/kawal1"), "%s is still sealed", name)
	}
}

// hold keeps others from changing a report until the returned function is
// called.
func (l lives) hold(f filed) (release func()) {
	l.t.Helper()
	conn, err := pgx.Connect(l.t.Context(), l.database)
	require.NoError(l.t, err)
	tx, err := conn.Begin(l.t.Context())
	require.NoError(l.t, err)
	_, err = tx.Exec(l.t.Context(), `SELECT FROM report WHERE id = $1 FOR UPDATE`, f.id)
	require.NoError(l.t, err)
	return func() {
		require.NoError(l.t, tx.Rollback(l.t.Context()))
		require.NoError(l.t, conn.Close(l.t.Context()))
	}
}
