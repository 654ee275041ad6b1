package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

func (b *bench) insert(id string, n store.NewCommand) (store.CommandRow, error) {
	b.t.Helper()
	n.Report = id
	var row store.CommandRow
	err := b.do(func(ctx context.Context, tx *store.Tx) (err error) {
		row, err = tx.InsertCommand(ctx, n)
		return err
	})
	return row, err
}

func (b *bench) mustInsert(id string, n store.NewCommand) store.CommandRow {
	b.t.Helper()
	row, err := b.insert(id, n)
	require.NoError(b.t, err)
	return row
}

func (b *bench) command(id string) store.CommandRow {
	b.t.Helper()
	return get(b, func(ctx context.Context, tx *store.Tx) (store.CommandRow, error) { return tx.Command(ctx, id) })
}

func (b *bench) thread(id string) []store.Post {
	b.t.Helper()
	return get(b, func(ctx context.Context, tx *store.Tx) ([]store.Post, error) { return tx.Thread(ctx, id) })
}

func TestTheSameCommandIsStoredOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	n := b.said(report.Command{Action: report.Reply, By: report.Reporter}, store.Text{Kind: store.TextReply, Body: "Masih rusak."})
	first := b.mustInsert(id, n)
	require.Equal(t, store.Waiting, first.State)
	require.Equal(t, wednesday, first.ReceivedAt)
	require.Equal(t, "somebody", first.Subject)
	require.Nil(t, first.Seq)

	b.setNow(wednesday.Add(time.Hour))
	require.Equal(t, first, b.mustInsert(id, n))
	require.Equal(t, first, b.command(n.Command.ID))
	require.Equal(t, 1, b.count(`SELECT count(*) FROM post`))
	require.Empty(t, b.thread(id)) // unpublished until applied
}

func TestACommandIsReceivedWhenItIsStored(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	n := store.NewCommand{Command: report.Command{ID: "c1", Action: report.Withdraw, By: report.Reporter}}
	require.Equal(t, wednesday, b.mustInsert(id, n).ReceivedAt)
}

func TestACommandThatDoesNotFitIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id, other := b.file(filed{}).ID, b.file(filed{}).ID
	n := b.said(report.Command{Action: report.Withdraw, By: report.Reporter})
	b.mustInsert(id, n)
	_, err := b.insert(other, n)
	require.ErrorIs(t, err, fault.Conflict)
	_, err = b.insert("KWL-0000-0000-0", b.said(report.Command{Action: report.Withdraw, By: report.Reporter}))
	require.ErrorIs(t, err, fault.NotFound)

	n = b.said(report.Command{Action: report.Reply, By: report.Reporter}, store.Text{Kind: store.TextReply, Body: "Masih rusak."})
	n.Texts[0].Body = "Sudah baik."
	_, err = b.insert(id, n)
	require.ErrorContains(t, err, "digest")
	require.ErrorIs(t, b.do(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Command(ctx, "nothing")
		return err
	}), fault.NotFound)
}

func TestAnAmendmentReplacesTheAccusedAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{accused: []string{works}}).ID
	amend := func(accused []string) error {
		n := b.said(report.Command{Action: report.Amend, By: report.Admin, Office: kab, Category: "roads"})
		n.Accused = accused
		_, err := b.insert(id, n)
		return err
	}
	require.NoError(t, amend([]string{health, roads}))
	require.Equal(t, []string{health, roads}, b.load(id).Accused)
	require.NoError(t, amend(nil)) // says nothing of them
	require.Equal(t, []string{health, roads}, b.load(id).Accused)
	require.ErrorIs(t, amend([]string{"nobody"}), fault.Invalid)
	require.Equal(t, []string{health, roads}, b.load(id).Accused)
	require.NoError(t, amend([]string{}))
	require.Empty(t, b.load(id).Accused)
}

func TestARefusedCommandKeepsItsVerdict(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	n := b.said(report.Command{Action: report.Withdraw, By: report.Reporter})
	b.mustInsert(id, n)
	for _, reason := range []string{"Tidak bisa.", "Lain."} {
		b.must(func(ctx context.Context, tx *store.Tx) error {
			return tx.Refuse(ctx, n.Command.ID, string(fault.Conflict), reason)
		})
	}
	row := b.command(n.Command.ID)
	require.Equal(t, store.Refused, row.State)
	require.Equal(t, "conflict", row.Kind)
	require.Equal(t, "Tidak bisa.", row.Reason)
	require.Equal(t, wednesday, *row.SettledAt)
}

func TestPurgeDeletesWhatWasRefusedWithItsTexts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	b.reply(id, "Diterapkan.")
	refused := b.said(report.Command{Action: report.Reply, By: report.Reporter}, store.Text{Kind: store.TextReply, Body: "Ditolak."})
	b.mustInsert(id, refused)
	b.must(func(ctx context.Context, tx *store.Tx) error {
		return tx.Refuse(ctx, refused.Command.ID, "conflict", "x")
	})
	b.setNow(wednesday.Add(time.Hour))
	b.mustInsert(id, b.said(report.Command{Action: report.Reply, By: report.Reporter}, store.Text{Kind: store.TextReply, Body: "Baru."}))

	n := get(b, func(ctx context.Context, tx *store.Tx) (int, error) {
		return tx.PurgeCommands(ctx, wednesday.Add(time.Minute))
	})
	require.Equal(t, 1, n)
	require.Equal(t, 2, b.count(`SELECT count(*) FROM command`))
	require.Equal(t, 2, b.count(`SELECT count(*) FROM post`))
}

func TestWaitingCommandsComeOldestFirstAndToOneTaker(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	var want []string
	for i := range 4 {
		b.setNow(wednesday.Add(time.Duration(i) * time.Minute))
		want = append(want, b.mustInsert(id, b.said(report.Command{Action: report.Withdraw, By: report.Reporter})).ID)
	}
	until := wednesday.Add(3 * time.Minute) // the fourth is too young
	take := func(ctx context.Context, tx *store.Tx, n int) (ids []string) {
		found, err := tx.WaitingCommands(ctx, until, n)
		require.NoError(t, err)
		for _, p := range found {
			require.Equal(t, id, p.Report)
			require.Equal(t, 1, p.Run)
			ids = append(ids, p.Command.ID)
		}
		return ids
	}
	b.must(func(ctx context.Context, first *store.Tx) error {
		require.Equal(t, want[:2], take(ctx, first, 2))
		return b.do(func(ctx context.Context, second *store.Tx) error {
			require.Equal(t, want[2:3], take(ctx, second, 10))
			return nil
		})
	})
}

func TestUnstartedReportsComeToOneTaker(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var want []string
	for i := range 3 {
		b.setNow(wednesday.Add(time.Duration(i) * time.Minute))
		want = append(want, b.file(filed{}).ID)
	}
	take := func(ctx context.Context, tx *store.Tx, n int) (ids []string) {
		found, err := tx.Unstarted(ctx, n)
		require.NoError(t, err)
		for _, s := range found {
			require.Len(t, s.Clocks, 1)
			ids = append(ids, s.ID)
		}
		return ids
	}
	b.must(func(ctx context.Context, first *store.Tx) error {
		require.Equal(t, want[:2], take(ctx, first, 2))
		return b.do(func(ctx context.Context, second *store.Tx) error {
			require.Equal(t, want[2:], take(ctx, second, 10))
			return nil
		})
	})

	b.must(func(ctx context.Context, tx *store.Tx) error { return tx.MarkStarted(ctx, want[0], 1) })
	b.must(func(ctx context.Context, tx *store.Tx) error {
		require.Equal(t, want[1:], take(ctx, tx, 10))
		return nil
	})
	// A lost run is asked for again, under the next number.
	require.Equal(t, 2, get(b, func(ctx context.Context, tx *store.Tx) (int, error) { return tx.Rerun(ctx, want[0], 1) }))
	b.must(func(ctx context.Context, tx *store.Tx) error {
		found, err := tx.Unstarted(ctx, 1)
		require.Equal(t, 2, found[0].Run)
		return err
	})
	b.must(func(ctx context.Context, tx *store.Tx) error { return tx.MarkStarted(ctx, want[0], 2) })
	b.must(func(ctx context.Context, tx *store.Tx) error { return tx.MarkStarted(ctx, want[0], 1) }) // late news
	require.Equal(t, 2, b.load(want[0]).StartedRun)

	b.mustGive(want[1], b.said(report.Command{Action: report.Withdraw, By: report.Reporter}))
	b.must(func(ctx context.Context, tx *store.Tx) error {
		require.Equal(t, want[2:], take(ctx, tx, 10)) // nobody runs a withdrawn one
		_, err := tx.Rerun(ctx, want[1], 1)
		require.ErrorIs(t, err, fault.Conflict)
		_, err = tx.Rerun(ctx, "KWL-0000-0000-0", 1)
		require.ErrorIs(t, err, fault.NotFound)
		return nil
	})
}

func TestOpenReportsAreWalkedById(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	want := map[string]bool{}
	for range 5 {
		want[b.file(filed{}).ID] = true
	}
	withdrawn := b.file(filed{}).ID
	b.mustGive(withdrawn, b.said(report.Command{Action: report.Withdraw, By: report.Reporter}))
	after := ""
	for range 3 {
		page := get(b, func(ctx context.Context, tx *store.Tx) ([]report.State, error) { return tx.OpenReports(ctx, after, 2) })
		for _, s := range page {
			require.Greater(t, s.ID, after)
			after = s.ID
			delete(want, s.ID)
		}
	}
	require.Empty(t, want)
}

func TestLockKeepsOthersOut(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	released := make(chan struct{})
	done := make(chan error, 1)
	b.must(func(ctx context.Context, tx *store.Tx) error {
		s, err := tx.Lock(ctx, id)
		require.NoError(t, err)
		require.Equal(t, report.Verification, s.Stage)
		go func() {
			done <- b.do(func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Lock(ctx, id)
				select {
				case <-released:
				default:
					t.Error("a second transaction had the lock at the same time")
				}
				return err
			})
		}()
		require.Eventually(t, func() bool {
			return b.count(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) == 1
		}, 10*time.Second, 5*time.Millisecond)
		close(released)
		return nil
	})
	require.NoError(t, <-done)
	require.ErrorIs(t, b.do(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Lock(ctx, "KWL-0000-0000-0")
		return err
	}), fault.NotFound)
}

func TestAWaitingCommandIsNeverPurged(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	b.mustInsert(id, b.said(report.Command{Action: report.Reply, By: report.Reporter}, store.Text{Kind: store.TextReply, Body: "Diterima, belum sampai."}))
	n := get(b, func(ctx context.Context, tx *store.Tx) (int, error) {
		return tx.PurgeCommands(ctx, wednesday.AddDate(1, 0, 0))
	})
	require.Zero(t, n)
}

func TestACommandThatStillWaitsComesAgainLaterAndLater(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	b.mustInsert(id, b.said(report.Command{Action: report.Withdraw, By: report.Reporter}))
	taken := func() int {
		return len(get(b, func(ctx context.Context, tx *store.Tx) ([]store.Pending, error) {
			return tx.WaitingCommands(ctx, b.now(), 10)
		}))
	}
	at := b.now()
	for _, step := range []struct {
		after time.Duration
		want  int
	}{{time.Second, 1}, {20 * time.Second, 0}, {11 * time.Second, 1}, {59 * time.Second, 0}, {time.Second, 1}, {2 * time.Minute, 1}} {
		at = at.Add(step.after)
		b.setNow(at)
		require.Equal(t, step.want, taken(), "at %s", at.Sub(wednesday))
	}
	for range 10 {
		at = at.Add(11 * time.Minute)
		b.setNow(at)
		require.Equal(t, 1, taken(), "never longer than ten minutes")
	}
}
