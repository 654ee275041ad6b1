package office_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

const manyWords = "Catatan massal kanari."

func outOfScope(ids ...string) office.BulkOrder {
	return office.BulkOrder{Act: office.Act{Action: report.Archive, Reason: "out_of_scope", Text: manyWords}, Reports: ids}
}

func (b *bench) begin(subject string, o office.BulkOrder) office.BulkJob {
	b.t.Helper()
	j, err := b.StartBulk(b.t.Context(), b.as(subject), o, "")
	require.NoError(b.t, err)
	return j
}

func (b *bench) run(subject, job string, n int) office.BulkJob {
	b.t.Helper()
	j, err := b.RunBulk(b.t.Context(), b.as(subject), job, n)
	require.NoError(b.t, err)
	return j
}

func (b *bench) files(n int) (ids []string) {
	b.t.Helper()
	for range n {
		ids = append(ids, b.file().ID)
	}
	return ids
}

// archived is how often reports were archived.
func (b *bench) archived() int {
	return b.count(`SELECT count(*) FROM transition WHERE action = 'archive'`)
}

func states(j office.BulkJob) (all []string) {
	for _, i := range j.Items {
		all = append(all, i.State)
	}
	return all
}

func TestAnActOnManyReportsTellsWhatBecameOfEach(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	mine, also := b.file(), b.file()
	foreign := b.file(func(s *office.Submission) { s.Region, s.Agency = "32.73", "kota" })
	done := b.forwarded()
	const unknown = "KWL-7F3K-9Q2M-E"
	order := outOfScope(mine.ID, foreign.ID, done.ID, unknown, also.ID, mine.ID)
	j := b.begin("admin.kab", order)
	require.Equal(t, []int{5, 5}, []int{j.Total, j.Pending}, "one named twice counts once")
	require.Zero(t, b.archived(), "nothing before it is run")

	j = b.run("admin.kab", j.ID, 2)
	require.Equal(t, []string{"applied", "refused", "pending", "pending", "pending"}, states(j))
	j = b.run("admin.kab", j.ID, 0)
	require.Equal(t, []string{"applied", "refused", "refused", "refused", "applied"}, states(j))
	require.Equal(t, []int{5, 0, 0, 2, 3}, []int{j.Total, j.Pending, j.Waiting, j.Applied, j.Refused})
	require.Equal(t, []string{"not_found", "conflict", "not_found"}, []string{j.Items[1].Kind, j.Items[2].Kind, j.Items[3].Kind})
	require.Equal(t, j.Items[3].Reason, j.Items[1].Reason, "what is not his to know of looks like what is not there")
	require.NotEmpty(t, j.Items[2].Reason)
	require.Equal(t, []string{"out_of_scope", manyWords}, []string{j.Reason, j.Text})
	require.Equal(t, j, b.run("admin.kab", j.ID, 0), "nothing is left to do")
	require.Equal(t, 2, b.archived())

	require.NotContains(t, b.dump("bulk", "bulk_item"), "kanari", "what is to be done lies sealed")
	jobs, err := b.Bulks(t.Context(), b.as("admin.kab"))
	require.NoError(t, err)
	require.Len(t, jobs, 1)
	require.Equal(t, []int{5, 2, 3}, []int{jobs[0].Total, jobs[0].Applied, jobs[0].Refused})
	require.Equal(t, 1, b.count(`SELECT count(*) FROM audit WHERE action = 'run_bulk' AND allowed AND detail->>'bulk' = $1`, j.ID))
	require.Equal(t, 2, b.count(`SELECT count(*) FROM audit WHERE action = 'archive' AND allowed AND subject = 'admin.kab'`), "each is in the log")
}

func TestAJobIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	j := b.begin("admin.kab", outOfScope(b.file().ID))
	for _, who := range []string{"admin.kab2", "admin.nasional", "officer.pu"} {
		jobs, err := b.Bulks(t.Context(), b.as(who))
		require.NoError(t, err)
		require.Empty(t, jobs)
		_, err = b.Bulk(t.Context(), b.as(who), j.ID)
		require.ErrorIs(t, err, fault.NotFound, who)
		_, err = b.RunBulk(t.Context(), b.as(who), j.ID, 1)
		require.ErrorIs(t, err, fault.NotFound, who)
	}
	for _, who := range []string{"head.pu", "auditor", "supervisor", "kustodian.1"} {
		_, err := b.StartBulk(t.Context(), b.as(who), outOfScope(b.file().ID), "")
		require.ErrorIs(t, err, fault.Forbidden, who)
		_, err = b.Bulk(t.Context(), b.as(who), j.ID)
		require.ErrorIs(t, err, fault.Forbidden, who)
	}
	_, err := b.Bulks(t.Context(), anyone)
	require.ErrorIs(t, err, fault.Unauthenticated)
	require.Zero(t, b.archived())
	for _, a := range []store.Actor{{Kind: store.Anyone}, {Kind: store.Staff, Subject: "admin.kab2", Roles: []string{"admin"}}, {Kind: store.Gateway, Subject: "admin.kab"}} {
		require.NoError(t, b.store.As(t.Context(), a, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Bulk(ctx, j.ID)
			require.ErrorIs(t, err, fault.NotFound, "the wall: %v", a)
			items, err := tx.BulkItems(ctx, j.ID)
			require.Empty(t, items)
			return err
		}))
	}
}

func TestAnOrderIsRefusedByTheFieldThatIsWrong(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file().ID
	many := make([]string, office.MaxBulk+1)
	for i := range many {
		many[i] = id
	}
	for field, o := range map[string]office.BulkOrder{
		"/action":       {Act: office.Act{Action: report.PostFollowUp, Text: "Sama untuk semua."}, Reports: []string{id}},
		"/reports":      outOfScope(),
		"/reports/1":    outOfScope(id, "KWL-XXXX"),
		"/reason":       {Act: office.Act{Action: report.Archive, Reason: "no_answer"}, Reports: []string{id}},
		"/text":         {Act: office.Act{Action: report.Note}, Reports: []string{id}},
		"/agency":       {Act: office.Act{Action: report.Forward, Unit: "entah"}, Reports: []string{id}},
		"/public_title": {Act: forward(), Reports: []string{id}},
	} {
		_, err := b.StartBulk(t.Context(), b.as("admin.kab"), o, "")
		requireField(t, err, fault.Invalid, field)
	}
	_, err := b.StartBulk(t.Context(), b.as("admin.kab"), outOfScope(many...), "")
	requireField(t, err, fault.Invalid, "/reports")
	one, err := b.StartBulk(t.Context(), b.as("admin.kab"), outOfScope(id), "0123456789abcdef")
	require.NoError(t, err)
	again, err := b.StartBulk(t.Context(), b.as("admin.kab"), outOfScope(id), "0123456789abcdef")
	require.NoError(t, err)
	require.Equal(t, one.ID, again.ID)
	require.Equal(t, 1, b.count(`SELECT count(*) FROM bulk`))
	for _, n := range []int{-1, office.MaxRun + 1} {
		_, err = b.RunBulk(t.Context(), b.as("admin.kab"), one.ID, n)
		requireField(t, err, fault.Invalid, "/limit")
	}
}

// Only what an administrator has looked at is published, many at once or not.
func TestManyAreForwardedOnlyWhereTheirCopyIsConfirmed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ready, bare, secret := b.file(), b.file(), b.file(func(s *office.Submission) { s.Content = office.ContentSecret })
	_, err := b.prepare("admin.kab", ready.ID, copyBody, false)
	require.NoError(t, err)
	j := b.begin("admin.kab", office.BulkOrder{Act: office.Act{Action: report.Forward, Unit: "kab.pu"}, Reports: []string{bare.ID, ready.ID, secret.ID}})
	j = b.run("admin.kab", j.ID, 0)
	require.Equal(t, []string{"refused", "applied", "refused"}, states(j))
	require.Contains(t, j.Items[0].Reason, "Konfirmasi salinannya")
	require.Equal(t, report.Verification, b.stage(bare.ID))
	v, err := b.Report(t.Context(), anyone, ready.ID)
	require.NoError(t, err)
	require.Equal(t, copyBody, v.Body)
}

// The process breaks after the command is committed and before its outcome is
// noted, and comes back when no key of the time is kept any more. Tried by drawing
// the command's id anew with each run: the second acted again, or was told of a
// conflict with itself.
func TestAJobThatBrokeOffGoesOnAndNeverActsTwice(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ids := b.files(4)
	j := b.begin("admin.kab", outOfScope(ids...))
	ctx, cancel := context.WithCancel(t.Context())
	broken := 0
	b.engine.set(func(e *engine) {
		e.before = func() { // of the first; then before the second is noted
			b.engine.set(func(e *engine) { e.before = func() { broken++; cancel() } })
		}
	})
	_, err := b.RunBulk(ctx, b.as("admin.kab"), j.ID, 0)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 1, broken)
	require.Equal(t, 2, b.count(`SELECT count(*) FROM command WHERE action = 'archive'`))
	b.exec(`DELETE FROM idempotency`)
	b.exec(`UPDATE bulk_item SET state = 'pending', settled_at = NULL, taken_until = now() + interval '1 year' WHERE n = 2`)
	b.Wait()
	j = b.run("admin.kab", j.ID, 0)
	require.Equal(t, []string{"applied", "pending", "applied", "applied"}, states(j), "what another has taken is left to him")
	b.exec(`UPDATE bulk_item SET taken_until = '2025-01-01' WHERE n = 2`)
	j = b.run("admin.kab", j.ID, 0)
	require.Equal(t, []string{"applied", "applied", "applied", "applied"}, states(j))
	require.Equal(t, 4, b.count(`SELECT count(*) FROM command WHERE action = 'archive'`), "once each")
	require.Equal(t, 4, b.archived())
}

func TestTwoRunnersAtOnceActOnceOnEach(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ids := b.files(12)
	j := b.begin("admin.kab", outOfScope(ids...))
	c := b.as("admin.kab")
	var both sync.WaitGroup
	errs := make([]error, 3)
	for i := range errs {
		both.Go(func() { _, errs[i] = b.RunBulk(t.Context(), c, j.ID, 0) })
	}
	both.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	j, err := b.Bulk(t.Context(), c, j.ID)
	require.NoError(t, err)
	require.Equal(t, []int{12, 0}, []int{j.Applied, j.Refused})
	require.Equal(t, 12, b.count(`SELECT count(*) FROM command WHERE action = 'archive'`))
}

func TestWhatWaitsIsAskedAfter(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	away := func(is bool) { b.engine.set(func(e *engine) { e.away = is }) }
	away(true)
	first := b.run("admin.kab", b.begin("admin.kab", outOfScope(b.file().ID)).ID, 0)
	require.Equal(t, []string{"waiting"}, states(first))
	away(false)
	b.Wait() // its signal is tried again
	first, err := b.Bulk(t.Context(), b.as("admin.kab"), first.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"applied"}, states(first))

	away(true)
	second := b.run("admin.kab", b.begin("admin.kab", outOfScope(b.file().ID)).ID, 0)
	require.Equal(t, []int{1, 0}, []int{second.Waiting, second.Refused})
	b.Wait()
	require.NoError(t, b.store.As(t.Context(), store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) error {
		return tx.Refuse(ctx, second.Items[0].CommandID, "conflict", "Laporan sudah selesai.")
	}))
	second, err = b.Bulk(t.Context(), b.as("admin.kab"), second.ID)
	require.NoError(t, err)
	require.Equal(t, []int{0, 1}, []int{second.Waiting, second.Refused})
	require.Equal(t, []string{"refused", "conflict", "Laporan sudah selesai."},
		[]string{second.Items[0].State, second.Items[0].Kind, second.Items[0].Reason})
}

func TestEachItemIsJudgedByWhatItsOwnerMayThen(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ids := b.files(3)
	j := b.begin("admin.kab", outOfScope(ids...))
	c := b.as("admin.kab")
	_, err := b.RunBulk(t.Context(), c, j.ID, 1)
	require.NoError(t, err)
	b.exec(`UPDATE staff SET unit = 'kota' WHERE subject = 'admin.kab'`)
	now, err := b.RunBulk(t.Context(), c, j.ID, 1)
	require.NoError(t, err)
	require.Equal(t, []string{"applied", "refused", "pending"}, states(now), "his office is elsewhere since")
	b.exec(`UPDATE staff SET active = false WHERE subject = 'admin.kab'`)
	_, err = b.RunBulk(t.Context(), c, j.ID, 1)
	require.ErrorIs(t, err, fault.Forbidden)
	require.Equal(t, 1, b.count(`SELECT count(*) FROM bulk_item WHERE state = 'pending' AND taken_until IS NULL`))
	require.Equal(t, 1, b.archived())
}

func TestAJobIsDeletedAfterItsTime(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.begin("admin.kab", outOfScope(b.file().ID))
	b.pass(time.Hour)
	kept := b.begin("admin.kab", outOfScope(b.file().ID))
	purge := func() (n int) {
		require.NoError(t, b.store.As(t.Context(), store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) (err error) {
			n, err = tx.PurgeBulks(ctx, wednesday.Add(time.Minute))
			return err
		}))
		return n
	}
	require.Equal(t, 1, purge())
	require.Zero(t, purge())
	require.Equal(t, 1, b.count(fmt.Sprintf(`SELECT count(*) FROM bulk_item WHERE bulk = '%s'`, kept.ID)))
}
