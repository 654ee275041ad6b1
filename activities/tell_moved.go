package activities

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/workflows/contract"
)

// TellMovedResult says what one pass over the moved reports came to.
type TellMovedResult struct {
	Told    int  `json:"told"`
	Lagging bool `json:"lagging,omitempty"` // some could not be told, or came in meanwhile
}

const (
	tellPage     = 500
	tellAtOnce   = 32  // signals under way
	tellASecond  = 500 // reports a second unless Activities says otherwise: beside people's own commands
	tellFailures = 50  // in one page, after which Temporal is taken to be away
)

// TellMoved sends one signal without payload to the workflow of each report
// whose date a decree moved, by tracking id, at a steady pace. It heartbeats how
// far it has come and goes on from there; running it twice tells a report twice
// at most, which then asks PostgreSQL once more. A workflow that is gone needs
// nothing: its next run starts from the moved dates.
func (a *Activities) TellMoved(ctx context.Context) (TellMovedResult, error) {
	var out TellMovedResult
	after := ""
	if activity.HasHeartbeatDetails(ctx) {
		if err := activity.GetHeartbeatDetails(ctx, &after); err != nil {
			return out, fmt.Errorf("read heartbeat: %w", err)
		}
	}
	pace := a.TellASecond
	if pace == 0 {
		pace = tellASecond
	}
	limit := rate.NewLimiter(rate.Limit(pace), tellAtOnce)
	for {
		ids, err := a.untold(ctx, after)
		if err != nil {
			return out, err
		}
		if len(ids) == 0 {
			return a.lagging(ctx, out)
		}
		told, err := a.tell(ctx, limit, ids)
		out.Told += len(told)
		if err := errors.Join(err, a.told(ctx, told)); err != nil {
			return out, err
		}
		after = ids[len(ids)-1]
		activity.RecordHeartbeat(ctx, after)
	}
}

func (a *Activities) untold(ctx context.Context, after string) (ids []string, err error) {
	err = a.Store.As(ctx, worker, func(ctx context.Context, tx *store.Tx) error {
		ids, err = tx.Untold(ctx, after, tellPage)
		return err
	})
	return ids, err
}

func (a *Activities) told(ctx context.Context, ids []string) error {
	return a.Store.As(ctx, worker, func(ctx context.Context, tx *store.Tx) error { return tx.Told(ctx, ids) })
}

func (a *Activities) lagging(ctx context.Context, out TellMovedResult) (TellMovedResult, error) {
	ids, err := a.untold(ctx, "")
	out.Lagging = len(ids) > 0
	return out, err
}

// tell signals each workflow and returns those that know, or need not.
func (a *Activities) tell(ctx context.Context, limit *rate.Limiter, ids []string) ([]string, error) {
	knows, errs := make([]bool, len(ids)), make([]error, len(ids))
	var g errgroup.Group
	g.SetLimit(tellAtOnce)
	for i, id := range ids {
		if err := limit.Wait(ctx); err != nil {
			break // the activity is being stopped; what was told is recorded
		}
		g.Go(func() error {
			err := a.Temporal.SignalWorkflow(ctx, id, "", contract.SignalCalendarRevised, nil)
			_, gone := errors.AsType[*serviceerror.NotFound](err)
			if knows[i] = err == nil || gone; !knows[i] {
				errs[i] = fmt.Errorf("signal %s: %w", id, err)
			}
			return nil
		})
	}
	_ = g.Wait() // each goroutine keeps its own error
	var told []string
	failed := 0
	for i, id := range ids {
		if knows[i] {
			told = append(told, id)
		} else if errs[i] != nil {
			failed++
		}
	}
	if failed >= tellFailures {
		return told, errors.Join(errs...)
	}
	return told, nil
}
