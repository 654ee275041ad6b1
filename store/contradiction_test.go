package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

func contradictions(b *bench) []store.Contradiction {
	return get(b, func(ctx context.Context, tx *store.Tx) ([]store.Contradiction, error) { return tx.Contradictions(ctx) })
}

func TestWhatAdvanceWritesNeverContradictsItself(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a, c := b.file(filed{contact: true}), b.file(filed{contact: true})
	b.forward(a.ID, works)
	b.forward(c.ID, works)
	b.mustGive(c.ID, b.said(report.Command{Action: report.Merge, By: report.Admin, Target: a.ID}))
	b.followUp(a.ID, report.Concluding, "Sudah ditambal.")
	b.mustGive(a.ID, b.said(report.Command{Action: report.ConfirmDone, By: report.Reporter}))
	require.Empty(t, contradictions(b))
}

func TestEachContradictionIsNoticed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ spoil, want string }{
		"a lost transition":    {`UPDATE report SET seq = seq + 1 WHERE id = $1`, "seq is not the number of transitions"},
		"another stage":        {`UPDATE report SET stage = 'closure' WHERE id = $1`, "stage is not that of the last transition"},
		"an old public copy":   {`UPDATE published SET stage = 'closed' WHERE id = $1`, "public copy at another stage"},
		"a lost public copy":   {`DELETE FROM published WHERE id = $1`, "published without a public copy"},
		"a notice of no clock": {`UPDATE outbox SET clock = 'verification:1' WHERE report = $1`, "waiting notice of a clock that does not run"},
		"a notice of nothing":  {`UPDATE outbox SET seq = 99 WHERE report = $1`, "notice of a transition not recorded"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			id := b.file(filed{contact: true}).ID
			b.forward(id, works)
			_, err := b.connect().Exec(t.Context(), tt.spoil, id)
			require.NoError(t, err)
			require.Contains(t, contradictions(b), store.Contradiction{Report: id, Problem: tt.want})
		})
	}
}

func TestALostCodeIsReplacedOnceADayThroughTheContact(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	with, without := b.file(filed{contact: true}).ID, b.file(filed{}).ID
	queued := func() int { return b.count(`SELECT count(*) FROM outbox WHERE template = 'access_code'`) }
	for _, id := range []string{with, with, without, "KWL-0000-0000-0"} {
		b.must(func(ctx context.Context, tx *store.Tx) error { return tx.QueueCode(ctx, id) })
	}
	require.Equal(t, 1, queued())
	b.setNow(b.now().AddDate(0, 0, 1))
	b.must(func(ctx context.Context, tx *store.Tx) error { return tx.QueueCode(ctx, with) })
	require.Equal(t, 2, queued())
}
