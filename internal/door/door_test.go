package door

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhoeverLeavesIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	d, err := New(Config{Now: time.Now, NotFoundAfter: time.Hour})
	require.NoError(t, err)
	ctx, leave := context.WithCancel(context.WithValue(t.Context(), arrivalKey{}, time.Now()))
	leave()
	d.Level(ctx)
	require.Error(t, ctx.Err(), "it came back before the hour was over")
}
