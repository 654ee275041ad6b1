package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/kawal-id/kawal/office"
)

// clients act at the same time.
const clients = 32

// exhausted counts how often Temporal refused a call since it had too many, and
// keeps what it said last.
type exhausted struct {
	n    atomic.Int64
	last atomic.Value
}

func (e *exhausted) intercept(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	err := invoke(ctx, method, req, reply, cc, opts...)
	if status.Code(err) == codes.ResourceExhausted {
		e.n.Add(1)
		e.last.Store(method + ": " + err.Error())
	}
	return err
}

// BenchmarkWith32Clients measures the whole stack in one process on one
// machine: API, worker, PostgreSQL, Temporal and the clients share its cores. It
// fails if Temporal refuses a call, of API or worker, for having too many.
func BenchmarkWith32Clients(b *testing.B) {
	http.DefaultTransport.(*http.Transport).MaxIdleConnsPerHost = clients // else connections are measured
	l, e := lives{newWorld(b, shared(b))}, &exhausted{}
	l.stopWorker()
	l.temporal = l.dialThrough(e.intercept)
	l.startWorker()
	l.startAPI(office.Temporal{Client: l.temporal, Now: time.Now})
	f := l.submit(submission(pupr))
	l.forward(f, anAdmin, pupr) // the catalogue is known and something is published

	for _, m := range []struct {
		name    string
		measure func(*testing.B, lives)
	}{
		{"submission", submissions},
		{"signal to applied", signals},
		{"decision", decisions},
		{"public read", func(b *testing.B, l lives) { reads(b, l, "/reports/"+f.id) }},
		{"public list", func(b *testing.B, l lives) { reads(b, l, "/reports") }},
	} {
		b.Run(m.name, func(b *testing.B) { m.measure(b, lives{l.in(b)}) })
	}
	require.Zero(b, e.n.Load(), "Temporal refused calls: %v", e.last.Load())
}

// share lets the clients do n things between them and waits for the last. The
// first error ends the benchmark.
func share(b *testing.B, n int, do func(client, i int) error) {
	b.Helper()
	var next atomic.Int64
	errs := make(chan error, clients)
	for c := range clients {
		go func() {
			var err error
			for i := int(next.Add(1)) - 1; i < n && err == nil; i = int(next.Add(1)) - 1 {
				err = do(c, i)
			}
			errs <- err
		}()
	}
	for range clients {
		require.NoError(b, <-errs)
	}
}

// each is how many things every client does in one round: enough that the first
// and the last do not count.
const each = 5

// rounds lets every client do its share b.N times and reports how many things
// were done a second.
func rounds(b *testing.B, what string, do func(client, i int) error) {
	b.Helper()
	n := b.N * clients * each
	b.ResetTimer()
	share(b, n, do)
	b.StopTimer()
	b.ReportMetric(0, "ns/op") // of a round, which says nothing
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), what+"/s")
}

// must makes a request that must be answered with one of some statuses.
func (l lives) must(c caller, method, path string, body any, want ...int) (answer, error) {
	a, err := l.attempt(c, method, path, body)
	if err == nil && !slices.Contains(want, a.status) {
		err = fmt.Errorf("%s %s: %d %s", method, path, a.status, a.body)
	}
	return a, err
}

// submissions files reports over HTTP: each is committed and its workflow
// started before the answer comes.
func submissions(b *testing.B, l lives) {
	rounds(b, "reports", func(int, int) error {
		_, err := l.must(caller{}, http.MethodPost, "/reports", submission(pupr), http.StatusCreated)
		return err
	})
}

// filedByAll files n reports and waits until their workflows wait.
func (l lives) filedByAll(b *testing.B, n int) []filed {
	b.Helper()
	reports := make([]filed, n)
	share(b, n, func(_, i int) error {
		a, err := l.must(caller{}, http.MethodPost, "/reports", submission(pupr), http.StatusCreated)
		if err != nil {
			return err
		}
		var r struct {
			TrackingID string `json:"tracking_id"`
			AccessCode string `json:"access_code"`
		}
		a.into(b, &r)
		reports[i] = filed{r.TrackingID, r.AccessCode}
		return nil
	})
	for _, f := range reports {
		l.agree(f.id)
	}
	return reports
}

// signals sends replies of reporters, each client on a report of his own, and
// waits for each until its workflow has applied it.
func signals(b *testing.B, l lives) {
	of := l.filedByAll(b, clients)
	rounds(b, "replies", func(c, _ int) error {
		a, err := l.must(of[c].reporter(), http.MethodPost, "/reports/"+of[c].id+"/replies", saying("Masih berlubang."), http.StatusAccepted)
		if err != nil {
			return err
		}
		return l.applied(b, of[c].reporter(), a)
	})
}

// applied asks now and then until the command that an answer speaks of is
// applied.
func (l lives) applied(b *testing.B, c caller, waiting answer) error {
	command := strings.TrimPrefix(waiting.header.Get("Location"), "/v1")
	tick := time.NewTicker(50 * time.Millisecond) // asking more often costs more than it tells
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); <-tick.C {
		a, err := l.must(c, http.MethodGet, command, nil, http.StatusOK)
		if err != nil {
			return err
		}
		var s struct {
			State string `json:"state"`
		}
		if a.into(b, &s); s.State == "applied" {
			return nil
		}
	}
	return fmt.Errorf("%s is not applied", command)
}

// decisions forwards reports over HTTP: each is applied by its workflow before
// the answer comes, or waited for, if the answer was that it waits.
func decisions(b *testing.B, l lives) {
	of := l.filedByAll(b, b.N*clients*each)
	var undecided atomic.Int64
	rounds(b, "decisions", func(_, i int) error {
		a, err := l.must(staff(anAdmin), http.MethodPost, "/reports/"+of[i].id+"/forward", map[string]string{
			"agency": pupr, "public_title": "Jalan berlubang", "public_body": "Lubang di depan pasar."}, http.StatusOK, http.StatusAccepted)
		if err == nil && a.status == http.StatusAccepted {
			undecided.Add(1)
			err = l.applied(b, staff(anAdmin), a)
		}
		return err
	})
	b.ReportMetric(float64(undecided.Load()), "undecided")
}

// reads reads as anybody, over HTTP.
func reads(b *testing.B, l lives, path string) {
	rounds(b, "reads", func(int, int) error {
		_, err := l.must(caller{}, http.MethodGet, path, nil, http.StatusOK)
		return err
	})
}
