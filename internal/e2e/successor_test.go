package e2e_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/workflows/contract"
)

// gate holds back what a worker answers to Temporal, while it is shut.
type gate struct {
	shut atomic.Bool
	open chan struct{}
}

func (g *gate) intercept(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	if strings.HasSuffix(method, "/RespondWorkflowTaskCompleted") && g.shut.Load() {
		select {
		case <-g.open:
		case <-ctx.Done():
		}
	}
	return invoke(ctx, method, req, reply, cc, opts...)
}

// TestAReportReopenedBeforeItsRunHasEndedHasANextRun: PostgreSQL has the report
// closed, and reopened, while the run that closed it is still open in Temporal.
// The next run cannot start yet, and must not be taken for started.
func TestAReportReopenedBeforeItsRunHasEndedHasANextRun(t *testing.T) {
	t.Parallel()
	l, g := lives{newWorld(t, shared(t))}, &gate{open: make(chan struct{})}
	l.stopWorker()
	l.temporal = l.dialThrough(g.intercept)
	l.startWorker()
	f := l.opened(limits())
	l.act(f, anOfficer, "/follow-ups", saying("Lubang sudah ditambal."))

	g.shut.Store(true)
	l.ok(f.reporter(), http.MethodPost, "/reports/"+f.id+"/confirm", nil)
	l.await(f.id, report.Closed)
	l.ok(f.reporter(), http.MethodPost, "/reports/"+f.id+"/reopen", nil)
	s := l.await(f.id, report.FollowUp).State
	require.Equal(t, 2, s.Run)
	engine := office.Temporal{Client: l.temporal, Now: time.Now}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second) // ten sweeps meanwhile
	defer cancel()
	require.ErrorIs(t, engine.Start(ctx, s), contract.ErrOlderRun)
	g.shut.Store(false)
	close(g.open)

	l.agree(f.id)
	require.Equal(t, 2, l.golden(f.id).State.Run)
	require.NoError(t, engine.Start(t.Context(), s), "repeating it does nothing")
	l.act(f, anOfficer, "/follow-ups", saying("Lubang terakhir sudah ditambal."))
	l.say(f, "/confirm", nil)
}
