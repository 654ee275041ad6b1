package e2e_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"maps"
	mrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
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
	"go.temporal.io/api/proxy"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/kawal-id/kawal/internal/seal"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/worker"
)

// sealedIn returns the payloads of a history, each with what it is for. They are
// those of the history itself.
func sealedIn(t testing.TB, h *historypb.History) (all []*commonpb.Payload, uses []string) {
	t.Helper()
	for _, e := range h.Events {
		one := &historypb.History{Events: []*historypb.HistoryEvent{e}}
		require.NoError(t, proxy.VisitPayloads(t.Context(), one, proxy.VisitPayloadsOptions{SkipSearchAttributes: true,
			Visitor: func(c *proxy.VisitPayloadsContext, p []*commonpb.Payload) ([]*commonpb.Payload, error) {
				for range p {
					uses = append(uses, fmt.Sprintf("%s %T", e.EventType, c.Parent))
				}
				all = append(all, p...)
				return p, nil
			}}))
	}
	return all, uses
}

// forgery is a payload that nobody sealed for the workflow it is read in.
type forgery struct {
	how string
	of  string // workflow in whose history it lies
	*commonpb.Payload
}

// altered is a copy of a payload with something done to it.
func altered(how, of string, p *commonpb.Payload, do func(*commonpb.Payload)) forgery {
	p = proto.Clone(p).(*commonpb.Payload)
	do(p)
	return forgery{how, of, p}
}

// flips are all bits of the bytes of a payload, its labels included, if every;
// else one of each label's and n at random.
func flips(r *mrand.Rand, of string, p *commonpb.Payload, every bool, n int) (all []forgery) {
	flip := func(how string, bit int, at func(*commonpb.Payload) []byte) {
		all = append(all, altered(how, of, p, func(p *commonpb.Payload) { at(p)[bit/8] ^= 1 << (bit % 8) }))
	}
	data := func(p *commonpb.Payload) []byte { return p.Data }
	for _, name := range slices.Sorted(maps.Keys(p.Metadata)) {
		bits := 8 * len(p.Metadata[name])
		for i := range bits {
			if every || i%8 == r.IntN(8) {
				flip("a bit of "+name, i, func(p *commonpb.Payload) []byte { return p.Metadata[name] })
			}
		}
	}
	for i := range 8 * len(p.Data) {
		if every {
			flip("a bit", i, data)
		}
	}
	for range n {
		flip("a bit", r.IntN(8*len(p.Data)), data)
	}
	return all
}

// relabelled are what else is done to a payload of one workflow: with its labels
// changed, its bytes cut, lengthened or opened.
func relabelled(of string, p, plain *commonpb.Payload, keys []string) []forgery {
	label := func(how, name, value string) forgery {
		return altered(how, of, p, func(p *commonpb.Payload) { p.Metadata[name] = []byte(value) })
	}
	all := []forgery{
		label("another format", "encoding", "binary/kawal2"), label("said to be plain", "encoding", "json/plain"), label("no key", "kawal-key", ""),
		label("no workflow", "kawal-wf", ""), label("one label more", "kawal-note", "x"),
		altered("empty", of, p, func(p *commonpb.Payload) { p.Data = nil }),
		altered("cut", of, p, func(p *commonpb.Payload) { p.Data = p.Data[:len(p.Data)-1] }),
		altered("cut to its head", of, p, func(p *commonpb.Payload) { p.Data = p.Data[:5] }),
		altered("lengthened", of, p, func(p *commonpb.Payload) { p.Data = append(p.Data, 0) }),
		altered("doubled", of, p, func(p *commonpb.Payload) { p.Data = append(p.Data, p.Data...) }),
		altered("plaintext", of, plain, func(*commonpb.Payload) {}),
		altered("plaintext under the labels of a seal", of, p, func(p *commonpb.Payload) { p.Data = plain.Data }),
	}
	for _, key := range keys {
		if key != string(p.Metadata["kawal-key"]) {
			all = append(all, label("the id of another key", "kawal-key", key))
		}
	}
	for _, name := range []string{"encoding", "kawal-key", "kawal-wf"} {
		all = append(all, altered("without "+name, of, p, func(p *commonpb.Payload) { delete(p.Metadata, name) }))
	}
	return all
}

// transplanted are payloads of another report laid into a history, as they are,
// relabelled, and in parts.
func transplanted(of string, p, foreign *commonpb.Payload) []forgery {
	return []forgery{
		{"of another report", of, foreign},
		altered("of another report, relabelled", of, foreign, func(p *commonpb.Payload) { p.Metadata["kawal-wf"] = []byte(of) }),
		altered("of another report, under labels of this one", of, p, func(p *commonpb.Payload) { p.Data = foreign.Data }),
		altered("with the head of another", of, p, func(p *commonpb.Payload) { copy(p.Data, foreign.Data[:17]) }),
		altered("with the end of another", of, p, func(p *commonpb.Payload) { copy(p.Data[len(p.Data)-16:], foreign.Data[len(foreign.Data)-16:]) }),
	}
}

// accepted are the ways by which a forgery is opened: in its workflow, in an
// activity of it, and by who has no context, as the clients of a human have none.
// Such a one goes by the label, so that what is laid into another history as it
// is remains what it was: the reader sees whose it is.
func (f forgery) accepted(k *seal.Keys) (all []string) {
	base := k.Codec()
	bound := base.(converter.PayloadCodecWithSerializationContext)
	for how, codec := range map[string]converter.PayloadCodec{
		"workflow": bound.WithSerializationContext(converter.WorkflowSerializationContext{Namespace: "kawal", WorkflowID: f.of}),
		"activity": bound.WithSerializationContext(converter.ActivitySerializationContext{Namespace: "kawal", WorkflowID: f.of}),
		"nobody":   base,
	} {
		if how == "nobody" && f.how == "of another report" {
			continue
		}
		if _, err := codec.Decode([]*commonpb.Payload{proto.Clone(f.Payload).(*commonpb.Payload)}); err == nil {
			all = append(all, how)
		}
	}
	return all
}

// console lays forgeries before the codec of the Temporal UI, for a reader who
// may read everything, and returns those that it opens.
func console(t testing.TB, k *seal.Keys, forged []forgery) (opened []string) {
	t.Helper()
	const origin = "http://127.0.0.1:8233"
	everything := func(_ context.Context, _ string, workflows []string) ([]bool, error) {
		granted := make([]bool, len(workflows))
		for i := range granted {
			granted[i] = true
		}
		return granted, nil
	}
	for some := range slices.Chunk(forged, 200) {
		asked := &commonpb.Payloads{}
		for _, f := range some {
			asked.Payloads = append(asked.Payloads, f.Payload)
		}
		b, err := protojson.Marshal(asked)
		require.NoError(t, err)
		r := httptest.NewRequest(http.MethodPost, "/decode", strings.NewReader(string(b)))
		r.Header.Set("Authorization", "Bearer x")
		r.Header.Set("Origin", origin)
		w := httptest.NewRecorder()
		k.Console(origin, everything).ServeHTTP(w, r)
		require.Equal(t, http.StatusOK, w.Code, "%s", w.Body)
		var got commonpb.Payloads
		require.NoError(t, protojson.Unmarshal(w.Body.Bytes(), &got))
		require.Len(t, got.Payloads, len(some))
		for i, f := range some {
			if f.how != "of another report" && !proto.Equal(f.Payload, got.Payloads[i]) {
				opened = append(opened, f.how)
			}
		}
	}
	return opened
}

// driven is a report that has had most of a life under a running worker.
func (l lives) driven() filed {
	l.t.Helper()
	f := l.opened(limits(withResolution))
	l.act(f, anOfficer, "/notes", saying("Sudah dilihat di lapangan."))
	l.act(f, anOfficer, "/follow-ups", saying("Lubang sudah ditambal."))
	l.say(f, "/replies", saying("Masih ada satu lubang."))
	return f
}

// Every bit of some payloads of recorded histories, thousands of random bits of
// all, payloads and parts of payloads of one report in the history of another,
// changed labels, cut and lengthened bytes, plaintext, and the seals of another
// installation: the codec of the workers opens none of it, nor does the console.
// Tried with a codec that does not look at the label of the key: it is found.
func TestNoAlteredOrTransplantedPayloadIsAccepted(t *testing.T) {
	t.Parallel()
	l := lives{newWorld(t, shared(t))}
	one, two := l.driven(), l.driven()
	every, random, others := 3, 30, 6
	if os.Getenv("KAWAL_PROVE") == "full" {
		every, random, others = 1000, 300, 1000
	}
	seed := uint64(time.Now().UnixNano()) //nolint:gosec // it is told by what fails
	r := mrand.New(mrand.NewPCG(seed, 8)) //nolint:gosec // chance that can be repeated
	mine, uses := sealedIn(t, l.raw(one.id))
	foreign, _ := sealedIn(t, l.raw(two.id))
	require.Greater(t, len(mine), 20)
	elsewhere := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, seal.Create(elsewhere))
	strangers, err := seal.Open(elsewhere)
	require.NoError(t, err)
	stranger := strangers.Codec().(converter.PayloadCodecWithSerializationContext).
		WithSerializationContext(converter.WorkflowSerializationContext{Namespace: "kawal", WorkflowID: one.id})

	var forged []forgery
	for i, p := range mine {
		require.Equal(t, one.id, string(p.Metadata["kawal-wf"]), "every payload is bound to its report: %s", uses[i])
		require.Len(t, forgery{"as it is", one.id, p}.accepted(l.sealed), 3, uses[i])
		plain, err := l.sealed.Codec().Decode([]*commonpb.Payload{p})
		require.NoError(t, err)
		again, err := stranger.Encode(plain)
		require.NoError(t, err)
		forged = append(forged, forgery{"sealed elsewhere", one.id, again[0]})
		forged = append(forged, flips(r, one.id, p, i < every, random)...)
		forged = append(forged, relabelled(one.id, p, plain[0], []string{"1", string(again[0].Metadata["kawal-key"]), rand.Text()})...)
		for range others {
			forged = append(forged, transplanted(one.id, p, foreign[r.IntN(len(foreign))])...)
		}
	}
	require.Greater(t, len(forged), 5000)
	accepted := map[string]int{}
	for _, f := range forged {
		for _, by := range f.accepted(l.sealed) {
			accepted[f.how+", by "+by]++
		}
	}
	for _, how := range console(t, l.sealed, forged) {
		accepted[how+", by the console"]++
	}
	require.Empty(t, accepted, "of %d forgeries, seed %d", len(forged), seed)
	t.Logf("%d forgeries of %d payloads, none accepted", len(forged), len(mine))
}

// replayed runs the workflow's code over a history as it lies on the server.
func (l lives) replayed(id string, h *historypb.History) error {
	r, err := sdkworker.NewWorkflowReplayerWithOptions(sdkworker.WorkflowReplayerOptions{DataConverter: l.sealed.DataConverter(),
		FailureConverter: l.sealed.FailureConverter(), DisableRegistrationAliasing: true})
	require.NoError(l.t, err)
	worker.RegisterWorkflow(r)
	return r.ReplayWorkflowHistoryWithOptions(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)), h,
		sdkworker.ReplayWorkflowHistoryOptions{OriginalExecution: workflow.Execution{ID: id}})
}

// unread are the payloads that a workflow writes and never reads: captions for
// the Temporal UI, and what it answered.
var unread = []string{"*sdk.UserMetadata", "*update.Outcome"}

// A history with one altered or foreign payload does not replay, whichever it
// is that the workflow reads.
func TestAnAlteredHistoryDoesNotReplay(t *testing.T) {
	t.Parallel()
	l := lives{newWorld(t, shared(t))}
	one, two := l.driven(), l.driven()
	h, other := l.raw(one.id), l.raw(two.id)
	require.NoError(t, l.replayed(one.id, h), "unaltered")
	require.Error(t, l.replayed(one.id, other), "the history of another report")
	mine, uses := sealedIn(t, h)
	foreign, theirs := sealedIn(t, other)
	require.Equal(t, uses, theirs)
	noticed := map[string]int{}
	for i := range mine {
		read := !slices.ContainsFunc(unread, func(s string) bool { return strings.HasSuffix(uses[i], s) })
		for how, change := range map[string]func(p *commonpb.Payload){
			"a bit":          func(p *commonpb.Payload) { p.Data[len(p.Data)/2] ^= 1 },
			"a foreign one":  func(p *commonpb.Payload) { proto.Reset(p); proto.Merge(p, foreign[i]) },
			"one relabelled": func(p *commonpb.Payload) { p.Data = foreign[i].Data },
			"plaintext": func(p *commonpb.Payload) {
				plain, err := l.sealed.Codec().Decode([]*commonpb.Payload{p})
				require.NoError(t, err)
				proto.Reset(p)
				proto.Merge(p, plain[0])
			},
		} {
			bad := proto.Clone(h).(*historypb.History)
			payloads, _ := sealedIn(t, bad)
			change(payloads[i])
			if err := l.replayed(one.id, bad); read {
				require.Error(t, err, "%s in payload %d, %s", how, i, uses[i])
				noticed[uses[i]]++
			}
		}
	}
	require.GreaterOrEqual(t, len(noticed), 4, "%v", noticed)
	t.Logf("noticed: %v", noticed)
}

// meddling is a connection to Temporal on which the history of one report is
// altered on its way to the worker.
func (w *world) meddling(id string) client.Client {
	w.t.Helper()
	meddle := func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		err := invoke(ctx, method, req, reply, cc, opts...)
		if task, ok := reply.(*workflowservice.PollWorkflowTaskQueueResponse); ok && err == nil && task.GetWorkflowExecution().GetWorkflowId() == id {
			for _, e := range task.GetHistory().GetEvents() {
				if in := e.GetWorkflowExecutionUpdateAcceptedEventAttributes().GetAcceptedRequest().GetInput().GetArgs().GetPayloads(); len(in) > 0 {
					in[0].Data[len(in[0].Data)/2] ^= 1
				}
			}
		}
		return err
	}
	c, err := client.NewLazyClient(client.Options{HostPort: w.address, Namespace: w.namespace, HeadersProvider: passTo(w.namespace + ":write"),
		DataConverter: w.sealed.DataConverter(), FailureConverter: w.sealed.FailureConverter(),
		ConnectionOptions: client.ConnectionOptions{DialOptions: []grpc.DialOption{grpc.WithUnaryInterceptor(meddle)}},
		Logger:            sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	require.NoError(w.t, err)
	w.t.Cleanup(c.Close)
	return c
}

// A worker that is handed an altered history does not go on with that report:
// its task fails and nothing is recorded, while other reports live on. With the
// true history it goes on where it was.
func TestAWorkerWithAnAlteredHistoryDoesNotGoOn(t *testing.T) {
	t.Parallel()
	l := lives{newWorld(t, shared(t))}
	f, g := l.driven(), l.driven()
	honest, before := l.temporal, l.row(f.id).State
	l.stopWorker()
	l.temporal = l.meddling(f.id)
	l.startWorker()
	answer := l.call(staff(anOfficer), http.MethodPost, "/reports/"+f.id+"/follow-ups", saying("Sudah diperbaiki."))
	require.Equal(t, http.StatusAccepted, answer.status, "%s", answer.body)
	l.eventually(func() error {
		if events(l.raw(f.id), enumspb.EVENT_TYPE_WORKFLOW_TASK_FAILED) == 0 {
			return fmt.Errorf("no task of %s has failed", f.id)
		}
		return nil
	})
	l.act(g, anOfficer, "/follow-ups", saying("Sudah diperbaiki."))
	require.Equal(t, before.Seq, l.row(f.id).State.Seq, "it went on")
	d, err := honest.DescribeWorkflowExecution(t.Context(), f.id, "")
	require.NoError(t, err)
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, d.GetWorkflowExecutionInfo().GetStatus())

	l.stopWorker()
	l.temporal = honest
	l.startWorker()
	l.await(f.id, report.Closure)
	l.agree(f.id)
}
