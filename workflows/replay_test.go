package workflows_test

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/workflows"
	"github.com/kawal-id/kawal/workflows/contract"
)

// The corpus holds one recorded history of each way through the life of a
// report, with a golden of what the queries answered at its end. A real server
// wrote them: go test ./internal/e2e -run TestRecordHistories -record.
const corpus = "testdata/histories"

// ending is what the queries answer once a run is over.
type ending struct {
	State    report.State    `json:"state"`
	Timeline []contract.Step `json:"timeline"`
}

// witness hears the query handlers that a run registers, since a replayer
// cannot be queried: it compares only structure.
type witness struct {
	interceptor.WorkerInterceptorBase
	state    func() (report.State, error)
	timeline func() ([]contract.Step, error)
	result   contract.Outcome
	timers   []time.Duration
}

func (w *witness) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &inbound{WorkflowInboundInterceptorBase: interceptor.WorkflowInboundInterceptorBase{Next: next}, witness: w}
}

type inbound struct {
	interceptor.WorkflowInboundInterceptorBase
	witness *witness
}

func (i *inbound) Init(next interceptor.WorkflowOutboundInterceptor) error {
	return i.Next.Init(&outbound{WorkflowOutboundInterceptorBase: interceptor.WorkflowOutboundInterceptorBase{Next: next}, witness: i.witness})
}

func (i *inbound) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	out, err := i.Next.ExecuteWorkflow(ctx, in)
	i.witness.result, _ = out.(contract.Outcome) // nothing if the run goes on in another
	return out, err
}

type outbound struct {
	interceptor.WorkflowOutboundInterceptorBase
	witness *witness
}

func (o *outbound) SetQueryHandlerWithOptions(ctx workflow.Context, name string, handler any, options workflow.QueryHandlerOptions) error {
	switch f := handler.(type) {
	case func() (report.State, error):
		o.witness.state = f
	case func() ([]contract.Step, error):
		o.witness.timeline = f
	}
	return o.Next.SetQueryHandlerWithOptions(ctx, name, handler, options)
}

func (o *outbound) NewTimerWithOptions(ctx workflow.Context, d time.Duration, options workflow.TimerOptions) workflow.Future {
	o.witness.timers = append(o.witness.timers, d)
	return o.Next.NewTimerWithOptions(ctx, d, options)
}

// replayed is what the present code makes of a history.
type replayed struct {
	ending
	result contract.Outcome // what the run returned
	timers []time.Duration  // of every timer it set, in order
}

// replay runs the present code over a history.
func replay(h *historypb.History) (replayed, error) {
	w := &witness{}
	r, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{
		Interceptors: []interceptor.WorkerInterceptor{w}, DisableRegistrationAliasing: true})
	if err != nil {
		return replayed{}, err
	}
	r.RegisterWorkflowWithOptions(workflows.Report, workflow.RegisterOptions{Name: contract.ReportWorkflow,
		VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade})
	if err := r.ReplayWorkflowHistory(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)), h); err != nil {
		return replayed{}, err
	}
	out := replayed{result: w.result, timers: w.timers}
	if out.State, err = w.state(); err != nil {
		return out, err
	}
	out.Timeline, err = w.timeline()
	return out, err
}

// timersOf returns for how long each timer of a history was set, in order.
func timersOf(h *historypb.History) []time.Duration {
	var set []time.Duration
	for _, e := range h.Events {
		if a := e.GetTimerStartedEventAttributes(); a != nil {
			set = append(set, a.StartToFireTimeout.AsDuration())
		}
	}
	return set
}

func readHistory(t testing.TB, name string) *historypb.History {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(corpus, name+".json"))
	require.NoError(t, err)
	h := &historypb.History{}
	readable := temporalproto.CustomJSONUnmarshalOptions{Metadata: map[string]any{commonpb.EnablePayloadShorthandMetadataKey: true}}
	require.NoError(t, readable.Unmarshal(b, h))
	return h
}

func readGolden(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(corpus, name+".golden.json"))
	require.NoError(t, err)
	return string(b)
}

// asGolden spells an ending as a golden file does.
func asGolden(t *testing.T, e ending) string {
	t.Helper()
	b, err := json.MarshalIndent(e, "", " ")
	require.NoError(t, err)
	return string(b) + "\n"
}

// recorded names the histories of the corpus.
func recorded(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(corpus, "*.json"))
	require.NoError(t, err)
	var names []string
	for _, f := range files {
		if name := strings.TrimSuffix(filepath.Base(f), ".json"); !strings.HasSuffix(name, ".golden") {
			names = append(names, name)
		}
	}
	require.NotEmpty(t, names, "the corpus is empty")
	return names
}

func TestEveryRecordedHistoryReplaysToTheSameState(t *testing.T) {
	t.Parallel()
	for _, name := range recorded(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := readHistory(t, name)
			got, err := replay(h)
			require.NoError(t, err)
			require.Equal(t, readGolden(t, name), asGolden(t, got.ending))
			require.Equal(t, timersOf(h), got.timers, "a timer was set for another time then")
			last := h.Events[len(h.Events)-1]
			require.Equal(t, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, last.EventType)
			var was contract.Outcome
			result := last.GetWorkflowExecutionCompletedEventAttributes().GetResult()
			require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(result, &was))
			require.Equal(t, was, got.result, "the run returned something else then")
		})
	}
}

// A running workflow of the build that recorded the corpus is a history that has not
// ended: at every point where it waited it replays, and its next steps are those that
// were recorded, since the whole replays too.
func TestEveryRecordedHistoryReplaysFromWhereItWaited(t *testing.T) {
	t.Parallel()
	for _, name := range recorded(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole, tasks := readHistory(t, name), 0
			for i, e := range whole.Events {
				if e.EventType != enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED {
					continue
				}
				if tasks++; tasks == 1 {
					continue // nothing has run yet
				}
				_, err := replay(&historypb.History{Events: whole.Events[:i+1]})
				require.NoError(t, err, "as it stood at event %d", i+1)
			}
			require.True(t, tasks > 1 || name == "superseded", "a run that is not wanted ends with its first task; others wait")
		})
	}
}

// TestTheCorpusShowsEveryActionOfAWorkflow keeps a new row of the table from
// going unrecorded.
func TestTheCorpusShowsEveryActionOfAWorkflow(t *testing.T) {
	t.Parallel()
	shown := map[report.Action]bool{}
	for _, name := range recorded(t) {
		end, err := replay(readHistory(t, name))
		require.NoError(t, err, name)
		for _, s := range end.Timeline {
			shown[s.Action] = true
		}
	}
	for _, a := range append(slices.Clone(contract.Commands), report.Close, report.NoAnswer, report.MarkLate) {
		require.True(t, shown[a], "no recorded history applies %s", a)
	}
	// What no workflow applies: acceptance, and what PostgreSQL decides on reports that have ended.
	elsewhere := []report.Action{report.Unmerge, report.Reopen, report.CloseWithTarget}
	for _, row := range report.Table {
		require.True(t, shown[row.Action] || slices.Contains(elsewhere, row.Action), "%s is in no history", row.Action)
	}
}

// find returns the first event of a kind.
func find(t *testing.T, h *historypb.History, kind enumspb.EventType) int {
	t.Helper()
	i := slices.IndexFunc(h.Events, func(e *historypb.HistoryEvent) bool { return e.EventType == kind })
	require.GreaterOrEqual(t, i, 0)
	return i
}

// without leaves out the first event of a kind and numbers the rest anew.
func without(t *testing.T, h *historypb.History, kind enumspb.EventType) {
	t.Helper()
	i := find(t, h, kind)
	h.Events = slices.Delete(h.Events, i, i+1)
	for n, e := range h.Events {
		e.EventId = int64(n + 1)
	}
}

func TestAHistoryAlteredOnPurposeDoesNotReplay(t *testing.T) {
	t.Parallel()
	for name, alter := range map[string]func(t *testing.T, h *historypb.History){
		"an upsert left out": func(t *testing.T, h *historypb.History) {
			without(t, h, enumspb.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES)
		},
		"a command that never came": func(t *testing.T, h *historypb.History) {
			without(t, h, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED)
		},
		"another timer": func(t *testing.T, h *historypb.History) {
			h.Events[find(t, h, enumspb.EVENT_TYPE_TIMER_STARTED)].GetTimerStartedEventAttributes().TimerId = "4711"
		},
		"another activity": func(t *testing.T, h *historypb.History) {
			m := h.Events[find(t, h, enumspb.EVENT_TYPE_MARKER_RECORDED)].GetMarkerRecordedEventAttributes()
			change(m.Details["data"], contract.OpenStage, contract.RefuseCommand)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := readHistory(t, "silent_closure")
			_, err := replay(h)
			require.NoError(t, err, "unaltered")
			alter(t, h)
			_, err = replay(h)
			require.ErrorContains(t, err, "[TMPRL1100]", "not found out")
		})
	}
}

// change replaces text in payloads.
func change(p *commonpb.Payloads, from, to string) {
	for _, p := range p.GetPayloads() {
		p.Data = []byte(strings.ReplaceAll(string(p.Data), from, to))
	}
}

// redate gives a clock other dates wherever the store found some.
func redate(h *historypb.History, clock report.ClockKind) {
	for _, e := range h.Events {
		result := e.GetMarkerRecordedEventAttributes().GetDetails()["result"]
		if len(result.GetPayloads()) == 1 && strings.Contains(string(result.Payloads[0].Data), `"k":"`+string(clock)+`"`) {
			change(result, `"due":"20`, `"due":"21`)
		}
	}
}

// TestAnAlteredDeadlineIsNoticed shows why there are goldens and why timers are
// compared: the replayer itself compares only which timer was set.
func TestAnAlteredDeadlineIsNoticed(t *testing.T) {
	t.Parallel()
	const name = "extension_granted"
	h := readHistory(t, name)
	redate(h, report.ReopenWindow)
	got, err := replay(h)
	require.NoError(t, err)
	require.NotEqual(t, readGolden(t, name), asGolden(t, got.ending), "the golden shows the final state")
	require.Equal(t, timersOf(h), got.timers)

	h = readHistory(t, name)
	redate(h, report.Silence)
	got, err = replay(h)
	require.NoError(t, err)
	require.Equal(t, readGolden(t, name), asGolden(t, got.ending), "this clock is over at the end")
	require.NotEqual(t, timersOf(h), got.timers, "but its timer ran for another time")
}

func TestAnAlteredGoldenIsNoticed(t *testing.T) {
	t.Parallel()
	got, err := replay(readHistory(t, "withdrawn"))
	require.NoError(t, err)
	altered := strings.Replace(readGolden(t, "withdrawn"), `"outcome": "withdrawn"`, `"outcome": "silent"`, 1)
	require.NotEqual(t, readGolden(t, "withdrawn"), altered)
	require.NotEqual(t, altered, asGolden(t, got.ending))
}
