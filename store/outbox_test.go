package store_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

var sender = store.Actor{Kind: store.Sender}

func (b *bench) notices(n int) []store.Notice {
	b.t.Helper()
	var taken []store.Notice
	require.NoError(b.t, b.s.As(b.t.Context(), sender, func(ctx context.Context, tx *store.Tx) (err error) {
		taken, err = tx.TakeNotices(ctx, n)
		return err
	}))
	return taken
}

func templates(notices []store.Notice) (all []string) {
	for _, n := range notices {
		all = append(all, string(n.To)+" "+n.Template)
	}
	return all
}

func TestNoticesSayWhoGetsThem(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{contact: true, identity: "sealed"}).ID
	b.forward(id, works)
	got := b.notices(10)
	require.Equal(t, []string{"reporter received", "admins submitted", "reporter forwarded", "officers forwarded_to_you"}, templates(got))
	require.Equal(t, []byte("sealed contact"), got[0].Contact)
	require.True(t, got[0].Sealed)
	require.Equal(t, wib("2025-08-12 00:00"), *got[0].DueAt)
	require.Equal(t, []string{"admin.kab"}, got[1].Subjects)
	require.Nil(t, got[1].Contact)
	require.Equal(t, []string{"officer.pu"}, got[3].Subjects)
	require.Equal(t, 1, got[3].Attempts)
}

func TestNobodyWithoutAContactIsWrittenTo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.file(filed{})
	require.Equal(t, []string{"admins submitted"}, templates(b.notices(10)))
}

func TestAccusedStaffGetNoNotice(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.file(filed{accused: []string{kab}})
	got := b.notices(10)
	require.Equal(t, []string{"admins submitted"}, templates(got))
	require.Empty(t, got[0].Subjects)
}

func TestTwoTakersGetDifferentNotices(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for range 3 {
		b.file(filed{})
	}
	b.must(func(ctx context.Context, first *store.Tx) error {
		mine, err := first.TakeNotices(ctx, 2)
		require.NoError(t, err)
		require.Len(t, mine, 2)
		theirs := b.notices(10)
		require.Len(t, theirs, 1)
		require.NotContains(t, []int64{mine[0].ID, mine[1].ID}, theirs[0].ID)
		return nil
	})
	require.Empty(t, b.notices(10)) // leased
	b.setNow(wednesday.Add(3 * time.Minute))
	require.Len(t, b.notices(10), 3) // the takers died
}

func TestASentNoticeIsNotSentAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.file(filed{})
	n := b.notices(10)[0]
	for range 2 {
		b.must(func(ctx context.Context, tx *store.Tx) error { return tx.Sent(ctx, n.ID) })
	}
	b.setNow(wednesday.Add(time.Hour))
	require.Empty(t, b.notices(10))
}

func TestAFailedNoticeBacksOffAndDies(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.file(filed{})
	b.unplanned()
	cause := errors.New(strings.Repeat("é", 600))
	for i := range 10 {
		taken := b.notices(10)
		require.Len(t, taken, 1, "attempt %d", i+1)
		require.Equal(t, i+1, taken[0].Attempts)
		b.must(func(ctx context.Context, tx *store.Tx) error { return tx.Failed(ctx, taken[0].ID, cause) })
		require.Empty(t, b.notices(10))
		if i == 0 {
			b.setNow(b.now().Add(29 * time.Second))
			require.Empty(t, b.notices(10))
		}
		b.setNow(b.now().Add(6 * time.Hour))
	}
	require.Empty(t, b.notices(10))
	dead := b.dead(staff("", "admin"))
	require.Len(t, dead, 1)
	require.Equal(t, "submitted", dead[0].Template)
	require.Equal(t, 10, dead[0].Attempts)
	require.Equal(t, strings.Repeat("é", 500), dead[0].LastError)

	b.must(func(ctx context.Context, tx *store.Tx) error { return tx.Requeue(ctx, dead[0].ID) })
	require.Equal(t, 1, b.notices(10)[0].Attempts)
	require.ErrorIs(t, b.do(func(ctx context.Context, tx *store.Tx) error { return tx.Requeue(ctx, dead[0].ID) }), fault.NotFound)
}

// dead returns the dead letters as an actor reads them.
func (b *bench) dead(a store.Actor) (found []store.DeadLetter) {
	b.t.Helper()
	require.NoError(b.t, b.s.As(b.t.Context(), a, func(ctx context.Context, tx *store.Tx) (err error) {
		found, err = tx.DeadLetters(ctx)
		return err
	}))
	return found
}

// A list of letters tells that there is a report. Tried by reading them all.
func TestALetterIsShownToWhoMaySeeItsReport(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	open, secret, accuses := b.file(filed{}).ID, b.file(filed{secret: true}).ID, b.file(filed{accused: []string{kab}}).ID
	require.NoError(t, b.try(`UPDATE outbox SET died_at = created_at WHERE sent_at IS NULL AND void_at IS NULL`))
	for name, tt := range map[string]struct {
		actor store.Actor
		want  []string
	}{
		"the nation":               {staff("", "admin"), []string{open, secret, accuses}},
		"not an accused office":    {staff(kab, "admin"), []string{open, secret}},
		"no secret for supervisor": {staff("", "supervisor"), []string{open, accuses}},
	} {
		seen := map[string]bool{}
		for _, l := range b.dead(tt.actor) {
			seen[l.Report] = true
		}
		require.ElementsMatch(t, tt.want, slices.Collect(maps.Keys(seen)), name)
	}
}

func TestANoticeOfAClockWaitsForOfficeHoursAndDiesWithTheClock(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	b.forward(id, works)
	f := b.load(id).State.Clock(report.FirstFollowUp)
	b.setNow(f.DueAt.Add(time.Second)) // local midnight
	b.notices(10)
	b.bySystem(id, report.Command{Action: report.MarkLate, Clock: f.Kind, ClockSeq: f.Seq, ReceivedAt: f.DueAt})
	require.NotContains(t, templates(b.notices(10)), "officers late")
	require.Equal(t, 1, b.count(`SELECT count(*) FROM outbox WHERE template = 'late' AND send_at = '2025-08-14 07:30+07'`))

	b.followUp(id, report.Concluding, "Sudah.") // before the office opens: none after an answer
	b.setNow(wib("2025-08-14 08:00"))
	require.NotContains(t, templates(b.notices(10)), "officers late")
	require.Equal(t, 1, b.count(`SELECT count(*) FROM outbox WHERE template = 'late' AND void_at IS NOT NULL`))
}

func TestDemonstrationNoticesLeaveAtAnyHour(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{rules: "demo"}).ID
	s := b.forward(id, works)
	f := s.Clock(report.FirstFollowUp)
	require.Equal(t, wednesday.Add(30*time.Second), f.DueAt)
	require.Nil(t, s.Clock(report.Resolution))
	b.notices(10)
	b.setNow(wib("2025-08-09 23:00")) // Saturday night
	b.bySystem(id, report.Command{Action: report.MarkLate, Clock: f.Kind, ClockSeq: f.Seq, ReceivedAt: f.DueAt})
	require.Contains(t, templates(b.notices(10)), "officers late")
}

// unplanned takes the steps of plans away: the test is about something else.
func (b *bench) unplanned() {
	b.t.Helper()
	_, err := b.connect().Exec(b.t.Context(), `UPDATE outbox SET void_at = now() WHERE step IS NOT NULL`)
	require.NoError(b.t, err)
}

func TestReportersOfMergedReportsHearNothingOfAnEndTheyDoNotShare(t *testing.T) {
	t.Parallel()
	for template, end := range map[string]func(b *bench, target string){
		"archived": func(b *bench, target string) {
			b.mustGive(target, b.said(report.Command{Action: report.Return, By: report.Officer, Office: works}, store.Text{Kind: store.TextReason, Body: "Bukan kami."}))
			b.mustGive(target, b.said(report.Command{Action: report.Archive, By: report.Admin, Office: kab, Reason: "too_general"}))
		},
		"withdrawn": func(b *bench, target string) {
			b.mustGive(target, b.said(report.Command{Action: report.Withdraw, By: report.Reporter}))
		},
	} {
		t.Run(template, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			target, child := b.merged()
			end(b, target)
			require.Equal(t, 1, b.count(`SELECT count(*) FROM outbox WHERE report = $1 AND template = $2`, target, template))
			require.Zero(t, b.count(`SELECT count(*) FROM outbox WHERE report = $1 AND template = $2`, child, template))
			require.Equal(t, 1, b.count(`SELECT count(*) FROM outbox WHERE report = $1 AND template = 'unmerged'`, child))
		})
	}
}
