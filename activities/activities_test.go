package activities_test

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/kawal-id/kawal/activities"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/testdb"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

var noon = time.Date(2025, 8, 6, 5, 0, 0, 0, time.UTC)

// bench is a database with one agency and one accepted report.
type bench struct {
	t     *testing.T
	url   string
	acts  *activities.Activities
	store *store.Store
	state report.State
}

func newBench(t *testing.T) *bench {
	t.Helper()
	url := testdb.New(t, store.MigrationsHash(), store.Migrate)
	st, err := store.Open(t.Context(), store.Config{Keys: testdb.Keys(t), URL: url, Now: func() time.Time { return noon }})
	require.NoError(t, err)
	t.Cleanup(st.Close)
	b := &bench{t: t, url: url, store: st, acts: &activities.Activities{Store: st}}
	b.as(func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(
			tx.PutRegions(ctx, []store.Region{{Code: "32", Name: "Jawa Barat"}}),
			tx.PutCategory(ctx, store.Category{Code: "roads", NameID: "Jalan", NameEN: "Roads", DefaultContent: "public"}),
			tx.PutAgency(ctx, store.Agency{ID: "national", Name: "Nasional", Active: true}),
			tx.PutAgency(ctx, store.Agency{ID: "dinas-pu", Name: "Dinas PU", Parent: "national", Active: true}),
		)
	})
	b.accept()
	return b
}

func (b *bench) as(fn func(context.Context, *store.Tx) error) {
	b.t.Helper()
	require.NoError(b.t, b.store.As(b.t.Context(), store.Actor{Kind: store.Worker}, fn))
}

func (b *bench) accept() {
	b.t.Helper()
	id, err := report.NewID(rand.Reader)
	require.NoError(b.t, err)
	rules, err := report.RulesByID(report.DefaultRules)
	require.NoError(b.t, err)
	s, effects, err := report.New(report.State{ID: id, Queue: "national", Class: report.ComplaintOrdinary, Category: "roads",
		Region: "32", Channel: "web", Rules: rules}, noon)
	require.NoError(b.t, err)
	b.as(func(ctx context.Context, tx *store.Tx) (err error) {
		b.state, err = tx.Accept(ctx, store.NewReport{State: s, Effects: effects, AcceptedAt: noon, Title: "Lampu padam", Body: "Sejak pekan lalu.",
			Identity: "none", CodeMAC: make([]byte, 32)})
		return err
	})
}

// withdraw is the step by which the reporter withdraws.
func (b *bench) withdraw(id string) activities.OpenStageInput {
	b.t.Helper()
	c := report.Command{ID: id, Action: report.Withdraw, By: report.Reporter, ReceivedAt: noon.Add(time.Hour)}
	next, effects, err := report.Apply(b.state, c)
	require.NoError(b.t, err)
	return activities.OpenStageInput{ID: b.state.ID, Before: b.state.Stage, Next: next, Command: c, Effects: effects}
}

// ask is the step by which an administrator asks for information, which
// starts a clock.
func (b *bench) ask() activities.OpenStageInput {
	b.t.Helper()
	c := report.Command{ID: "ask", Action: report.RequestInfo, By: report.Admin, ReceivedAt: noon.Add(time.Hour), Digests: []string{"00"}}
	next, effects, err := report.Apply(b.state, c)
	require.NoError(b.t, err)
	return activities.OpenStageInput{ID: b.state.ID, Before: b.state.Stage, Next: next, Command: c, Effects: effects}
}

func TestOpeningAStageTwiceGivesTheFirstDeadlines(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first, err := b.acts.OpenStage(t.Context(), b.ask())
	require.NoError(t, err)
	require.Len(t, first.Settled, 2, "the paused verification and the started answer")
	second, err := b.acts.OpenStage(t.Context(), b.ask())
	require.NoError(t, err)
	require.Equal(t, first, second)
	again, err := b.acts.OpenStage(t.Context(), activities.OpenStageInput{ID: b.state.ID, Next: report.State{Seq: 2}})
	require.NoError(t, err)
	require.Equal(t, first, again, "asked without a command, it recalls")
}

func TestTheFirstStepOfARunRecallsTheAcceptance(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	res, err := b.acts.OpenStage(t.Context(), activities.OpenStageInput{ID: b.state.ID, Next: report.State{Seq: 1}})
	require.NoError(t, err)
	require.Equal(t, 1, res.WantedRun)
	require.Equal(t, b.state.Clocks[0].DueAt, res.Settled[0].DueAt)
}

func TestASecondCommandOnTheSameStepIsAFaultThatIsNotRetried(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := b.acts.OpenStage(t.Context(), b.withdraw("one"))
	require.NoError(t, err)
	_, err = b.acts.OpenStage(t.Context(), b.withdraw("two"))
	var a *temporal.ApplicationError
	require.ErrorAs(t, err, &a)
	require.Equal(t, string(fault.Conflict), a.Type())
	require.True(t, a.NonRetryable())
}

func TestADatabaseThatIsAwayIsTriedAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.store.Close()
	_, err := b.acts.OpenStage(t.Context(), b.withdraw("one"))
	require.Error(t, err)
	var a *temporal.ApplicationError
	require.NotErrorAs(t, err, &a)
}

func TestConfirmingTwiceGivesTheSameDeadlines(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first, err := b.acts.ConfirmDeadlines(t.Context(), activities.ConfirmDeadlinesInput{ID: b.state.ID})
	require.NoError(t, err)
	require.Equal(t, b.state.Clocks[0].DueAt, first.Settled[0].DueAt)
	second, err := b.acts.ConfirmDeadlines(t.Context(), activities.ConfirmDeadlinesInput{ID: b.state.ID})
	require.NoError(t, err)
	require.Equal(t, first, second)
}

func TestConfirmingTellsOfCommandsThatHaveNotCome(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.as(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.InsertCommand(ctx, store.NewCommand{Report: b.state.ID, Command: report.Command{ID: "w", Action: report.Withdraw, By: report.Reporter}})
		return err
	})
	res, err := b.acts.ConfirmDeadlines(t.Context(), activities.ConfirmDeadlinesInput{ID: b.state.ID})
	require.NoError(t, err)
	require.Len(t, res.Commands, 1)
	require.Equal(t, "w", res.Commands[0].ID)
}

func TestRefusingTwiceKeepsTheFirstReason(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.as(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.InsertCommand(ctx, store.NewCommand{Report: b.state.ID, Command: report.Command{ID: "w", Action: report.Withdraw, By: report.Reporter}})
		return err
	})
	for _, reason := range []string{"pertama", "kedua"} {
		require.NoError(t, b.acts.RefuseCommand(t.Context(), activities.RefuseCommandInput{ID: "w", Kind: "conflict", Reason: reason}))
	}
	b.as(func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Command(ctx, "w")
		require.NoError(t, err)
		require.Equal(t, store.Refused, row.State)
		require.Equal(t, "pertama", row.Reason)
		return nil
	})
}
