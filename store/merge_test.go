package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// seen is all that anybody sees of a report but for the audit trail: what the
// office reads, what the public reads and which notices of its clocks wait.
type seen struct {
	own    store.Row
	public store.PublicRow
	wait   []string
}

func (b *bench) seen(id string) seen {
	b.t.Helper()
	v := seen{own: b.load(id)}
	var err error
	v.public, err = b.s.PublicReport(b.t.Context(), id)
	require.NoError(b.t, err)
	rows, err := b.connect().Query(b.t.Context(), `
		SELECT dedup || ' ' || send_at
		FROM outbox
		WHERE report = $1 AND step IS NOT NULL AND sent_at IS NULL AND void_at IS NULL
		ORDER BY 1`, id)
	require.NoError(b.t, err)
	for rows.Next() {
		var s string
		require.NoError(b.t, rows.Scan(&s))
		v.wait = append(v.wait, s)
	}
	require.NoError(b.t, rows.Err())
	return v
}

// untold takes from v the audit trail of a merge and its end: the numbers of
// transition and run, when it last changed, when which clocks stood still, and
// which of the revisions that give the same date was the last to be asked.
func (v seen) untold() seen {
	v.own.State.Seq, v.own.State.Run, v.own.WantedRun, v.own.UpdatedAt, v.public.UpdatedAt = 0, 0, 0, time.Time{}, time.Time{}
	for _, clocks := range []*[]report.Clock{&v.own.State.Clocks, &v.public.Clocks} {
		all := append([]report.Clock(nil), *clocks...)
		for i := range all {
			all[i].PausedAt, all[i].ResumedAt, all[i].Left = time.Time{}, time.Time{}, 0
			all[i].Revision, all[i].Decree = 0, ""
		}
		*clocks = all
	}
	return v
}

func TestMergingAndUnmergingLeavesBothReportsAsTheyWere(t *testing.T) {
	t.Parallel()
	for name, live := range map[string]func(*bench, string){
		"just forwarded": func(*bench, string) {},
		"answered for the time being": func(b *bench, id string) {
			b.followUp(id, report.Interim, "Sedang diperiksa.")
		},
		"answered": func(b *bench, id string) { b.followUp(id, report.Concluding, "Sudah.") },
		"returned": func(b *bench, id string) { b.sendBack(id) },
		"late":     func(b *bench, _ string) { b.pass(wib("2025-08-18 09:00"), "") },
		"moved by a decree": func(b *bench, id string) {
			b.revise(after18August)
			b.confirm(id)
		},
		"extended": func(b *bench, id string) {
			b.mustGive(id, b.said(report.Command{Action: report.RequestExtension, By: report.Officer, Office: works, Clock: report.FirstFollowUp, Days: 3}))
			b.mustGive(id, b.said(report.Command{Action: report.Extend, By: report.Admin, Office: kab}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.people()
			target, child := b.file(filed{contact: true}).ID, b.file(filed{contact: true}).ID
			b.forward(target, works)
			b.forward(child, works)
			live(b, child)
			was, of := b.seen(child), b.seen(target)

			b.mustGive(child, b.said(report.Command{Action: report.Merge, By: report.Admin, Office: kab, Target: target}))
			require.Equal(t, of, b.seen(target), "the target is unchanged, to the letter")
			require.Empty(t, b.seen(child).wait)
			b.setNow(b.now().Add(time.Hour)) // on the same civil day
			b.mustGive(child, b.said(report.Command{Action: report.Unmerge, By: report.Admin, Office: kab}))
			require.Equal(t, of, b.seen(target))
			now := b.seen(child)
			require.Equal(t, was.own.State.Seq+2, now.own.State.Seq)
			require.Equal(t, was.own.State.Run+1, now.own.State.Run)
			require.Equal(t, was.untold(), now.untold())
			require.Empty(t, contradictions(b))
		})
	}
}

// Three days merged, from the 6th to the 11th: F keeps its five, 12 to 15 and 18
// August, R its fourteen, to the 29th.
func TestWhatHappenedOnTheTargetStaysThere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	target, child := b.merged()
	b.setNow(wib("2025-08-07 09:00"))
	b.mustGive(child, b.said(report.Command{Action: report.Reply, By: report.Reporter}, store.Text{Kind: store.TextReply, Body: "Di sini juga."}))
	b.setNow(wib("2025-08-08 09:00"))
	b.followUp(target, report.Interim, "Sedang diperiksa.")
	b.setNow(wib("2025-08-11 09:00"))
	s := b.mustGive(child, b.said(report.Command{Action: report.Unmerge, By: report.Admin, Office: kab}))

	require.Equal(t, report.FollowUp, s.Stage)
	require.False(t, s.Followed)
	require.Equal(t, "2025-08-18", s.Clock(report.FirstFollowUp).Date)
	require.Equal(t, "2025-08-29", s.Clock(report.Resolution).Date)
	require.Nil(t, b.load(target).State.Clock(report.FirstFollowUp), "met there")
	require.Equal(t, "2025-08-26", b.load(target).State.Clock(report.Resolution).Date)
	bodies := func(id string) (all []string) {
		for _, p := range get(b, func(ctx context.Context, tx *store.Tx) ([]store.Post, error) { return tx.Thread(ctx, id) }) {
			if p.Kind == store.TextReply || p.Kind == store.TextFollowUp {
				all = append(all, p.Body)
			}
		}
		return all
	}
	require.Contains(t, bodies(target), "Sedang diperiksa.")
	require.NotContains(t, bodies(child), "Sedang diperiksa.")
	require.Equal(t, 1, b.count(`SELECT count(*) FROM command WHERE report = $1 AND action = 'reply' AND subject = $2`, target, child),
		"a reply on the target from then on")
}
