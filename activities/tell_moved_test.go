package activities_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/testsuite"

	"github.com/kawal-id/kawal/activities"
	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/workflows/contract"
)

// signals is a hand-written stand-in for Temporal that takes signals.
type signals struct {
	client.Client
	mu      sync.Mutex
	sent    []string
	refuses map[string]error
}

func (s *signals) SignalWorkflow(_ context.Context, id, _, name string, _ any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.refuses[id]; err != nil {
		return err
	}
	s.sent = append(s.sent, id+" "+name)
	return nil
}

// moved is a bench with n reports whose verification a decree has moved.
func moved(t *testing.T, n int) (*bench, []string) {
	t.Helper()
	b := newBench(t)
	var ids []string
	for range n {
		b.accept()
		ids = append(ids, b.state.ID)
	}
	owner, err := pgx.Connect(t.Context(), b.url) // moves are written by a recount only
	require.NoError(t, err)
	defer owner.Close(context.Background())
	for _, id := range ids {
		_, err := owner.Exec(t.Context(), `
			INSERT INTO move (report, kind, seq, calendar, revision, decree, from_due, to_due, lifted, at)
			SELECT report, kind, seq, calendar, revision, '', due_at, due_at + interval '1 day', false, now()
			FROM clock
			WHERE report = $1`, id)
		require.NoError(t, err)
	}
	return b, ids
}

func (b *bench) tellMoved(from ...any) activities.TellMovedResult {
	b.t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivityWithOptions(b.acts.TellMoved, activity.RegisterOptions{Name: contract.TellMoved})
	if len(from) > 0 {
		env.SetHeartbeatDetails(from[0])
	}
	v, err := env.ExecuteActivity(contract.TellMoved)
	require.NoError(b.t, err)
	var out activities.TellMovedResult
	require.NoError(b.t, v.Get(&out))
	return out
}

func (b *bench) untold() []string {
	var ids []string
	b.as(func(ctx context.Context, tx *store.Tx) (err error) {
		ids, err = tx.Untold(ctx, "", 100)
		return err
	})
	return ids
}

func TestEachReportThatMovedIsToldOnce(t *testing.T) {
	t.Parallel()
	b, ids := moved(t, 3)
	s := &signals{}
	b.acts.Temporal, b.acts.TellASecond = s, 1000
	require.Equal(t, activities.TellMovedResult{Told: 3}, b.tellMoved())
	require.Empty(t, b.untold())
	require.Zero(t, b.tellMoved(), "the second run tells nobody again")
	var want []string
	for _, id := range ids {
		want = append(want, id+" calendar_revised")
	}
	require.ElementsMatch(t, want, s.sent)
}

func TestAReportThatCannotBeToldLagsAndOneWithoutWorkflowDoesNot(t *testing.T) {
	t.Parallel()
	b, ids := moved(t, 3)
	s := &signals{refuses: map[string]error{ids[0]: errors.New("busy"), ids[1]: serviceerror.NewNotFound("gone")}}
	b.acts.Temporal, b.acts.TellASecond = s, 1000
	require.Equal(t, activities.TellMovedResult{Told: 2, Lagging: true}, b.tellMoved())
	require.Equal(t, []string{ids[0]}, b.untold())
	s.refuses = nil
	require.Equal(t, activities.TellMovedResult{Told: 1}, b.tellMoved())
}

func TestTellingGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	b, _ := moved(t, 4)
	order := b.untold()
	s := &signals{}
	b.acts.Temporal, b.acts.TellASecond = s, 1000
	require.Equal(t, activities.TellMovedResult{Told: 2, Lagging: true}, b.tellMoved(order[1]), "those before it come in the next pass")
	require.ElementsMatch(t, []string{order[2] + " calendar_revised", order[3] + " calendar_revised"}, s.sent)
}
