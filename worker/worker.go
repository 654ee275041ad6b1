// Package worker runs the report workflow and its activities, and the loops
// beside them: the sweeper, which brings to Temporal what PostgreSQL has
// accepted, the sender, which empties the outbox, and the sealer, which chains the
// audit log, the exporter, which keeps closed histories, the folder, which keeps the
// totals of the map, and the maker of the nightly open data.
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"golang.org/x/sync/errgroup"

	"github.com/kawal-id/kawal/activities"
	"github.com/kawal-id/kawal/internal/chain"
	"github.com/kawal-id/kawal/internal/notify"
	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/workflows"
	"github.com/kawal-id/kawal/workflows/contract"
)

// Config says what a worker needs.
type Config struct {
	Temporal    client.Client                               // required
	Store       *store.Store                                // required
	Notifier    notify.Notifier                             // required
	NewCode     func() (code string, mac []byte, err error) // required: draws an access code and its keyed hash
	Now         func() time.Time                            // required
	Every       time.Duration                               // between sweeps; 0: 2 s
	TellASecond int                                         // workflows told of a decree a second; 0: 500

	// Checkpoint signs the end of the audit chain and keeps it outside the
	// database. nil: the chain has no checkpoints, as in tests.
	Checkpoint func(head chain.Link, at time.Time) error

	// Histories is the folder of exported histories, the same for all workers; "":
	// none are exported.
	Histories string

	Log *slog.Logger // nil: slog.Default()
}

// Registry is what workflows and activities are registered with: a worker, a
// replayer or a test environment.
type Registry interface {
	RegisterWorkflowWithOptions(w any, o workflow.RegisterOptions)
	RegisterActivityWithOptions(a any, o activity.RegisterOptions)
}

// Register gives workflows and activities the names of the contract.
// Auto-upgrade: a report outlives many builds and must not be pinned to one.
func Register(r Registry, a *activities.Activities) {
	RegisterWorkflow(r)
	r.RegisterActivityWithOptions(a.OpenStage, activity.RegisterOptions{Name: contract.OpenStage})
	r.RegisterActivityWithOptions(a.ConfirmDeadlines, activity.RegisterOptions{Name: contract.ConfirmDeadlines})
	r.RegisterActivityWithOptions(a.RefuseCommand, activity.RegisterOptions{Name: contract.RefuseCommand})
	r.RegisterActivityWithOptions(a.TellMoved, activity.RegisterOptions{Name: contract.TellMoved})
}

// RegisterWorkflow registers the workflows alone, for a replayer.
func RegisterWorkflow(r interface {
	RegisterWorkflowWithOptions(w any, o workflow.RegisterOptions)
}) {
	r.RegisterWorkflowWithOptions(workflows.Report, workflow.RegisterOptions{
		Name: contract.ReportWorkflow, VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
	})
	r.RegisterWorkflowWithOptions(workflows.TellMoved, workflow.RegisterOptions{
		Name: contract.TellMovedWorkflow, VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
	})
}

// pollers ask Temporal for workflow tasks at the same time. With the SDK's two,
// tasks waited 0.4 to 1 s to be taken while 32 reporters wrote and the worker
// idled; a burst is 130 reports a second (RULES.md section 7).
const pollers = 16

// Run works until ctx ends, then lets running activities finish and returns
// nil. It returns an error if a part is missing or the worker cannot start.
func Run(ctx context.Context, c Config) error {
	c, err := c.checked()
	if err != nil {
		return err
	}
	w := sdk.New(c.Temporal, contract.TaskQueue, sdk.Options{
		DisableRegistrationAliasing: true, MaxConcurrentWorkflowTaskPollers: pollers,
	})
	Register(w, &activities.Activities{Store: c.Store, Temporal: c.Temporal, TellASecond: c.TellASecond})
	if err := w.Start(); err != nil {
		return fmt.Errorf("start worker: %w", err)
	}
	seal := &sealer{c: c}
	defer seal.last(ctx) // after what the activities wrote
	defer w.Stop()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return c.loop(ctx, "sweep", c.Every, c.Sweep) })
	g.Go(func() error { return c.loop(ctx, "heal", c.Every, (&healer{c: c}).heal) })
	g.Go(func() error { return c.loop(ctx, "revise", c.Every, c.Revise) })
	g.Go(func() error { return c.loop(ctx, "send", c.Every, c.Send) })
	g.Go(func() error { return c.loop(ctx, "seal", sealEvery, seal.seal) })
	g.Go(func() error { return c.loop(ctx, "fold", foldEvery, c.Fold) })
	g.Go(func() error { return c.loop(ctx, "open data", openDataEvery, c.MakeOpenData) })
	if c.Histories != "" {
		g.Go(func() error { return c.loop(ctx, "export", exportEvery, (&exporter{c: c}).export) })
	}
	return g.Wait()
}

func (c Config) checked() (Config, error) {
	switch {
	case c.Temporal == nil:
		return c, errors.New("worker: Temporal is required")
	case c.Store == nil:
		return c, errors.New("worker: Store is required")
	case c.Notifier.Sender == nil:
		return c, errors.New("worker: Notifier is required")
	case c.NewCode == nil:
		return c, errors.New("worker: NewCode is required")
	case c.Now == nil:
		return c, errors.New("worker: Now is required")
	}
	if c.Every == 0 {
		c.Every = 2 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c, nil
}

// loop repeats f until ctx ends, at this distance. An error is logged and tried
// again: what is away comes back.
func (c Config) loop(ctx context.Context, name string, every time.Duration, f func(context.Context) error) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := f(ctx); err != nil && ctx.Err() == nil {
			c.Log.WarnContext(ctx, "loop", "loop", name, "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
