package store_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// forget makes the database one in which nothing issued on a day or later has
// been recorded: as an installation of that time.
func (b *bench) forget(day string) {
	b.t.Helper()
	owner := b.connect()
	for _, sql := range []string{
		`DELETE FROM day WHERE decree IN (SELECT key FROM decree WHERE issued_on >= $1)`,
		`UPDATE day SET superseded_by = NULL WHERE superseded_by IN (SELECT key FROM decree WHERE issued_on >= $1)`,
		`DELETE FROM decree WHERE issued_on >= $1`,
	} {
		_, err := owner.Exec(b.t.Context(), sql, day)
		require.NoError(b.t, err)
	}
	_, err := owner.Exec(b.t.Context(), `UPDATE calendar SET revision = (SELECT count(*) FROM decree WHERE issued_on IS NOT NULL)`)
	require.NoError(b.t, err)
}

func civil(s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// amendment is a decree that takes days off.
func amendment(key, issued string, kind calendar.Kind, days ...string) calendar.Amendment {
	a := calendar.Amendment{Decree: calendar.Decree{Key: key, IssuedOn: civil(issued).Time(), Track: "SKB", CalendarYear: civil(issued).Year(),
		Title: "SKB uji (Perubahan)", Effect: "uji", Confidence: "high"}}
	for _, d := range days {
		a.Days = append(a.Days, calendar.Day{Date: civil(d), Kind: kind, NameID: "Cuti Bersama Proklamasi Kemerdekaan", NameEN: "Leave", Confidence: "high"})
	}
	return a
}

var august18 = amendment("SKB2025r1", "2025-08-07", calendar.CollectiveLeave, "2025-08-18")

func (b *bench) preview(id string, a calendar.Amendment) (store.Preview, error) {
	var p store.Preview
	err := b.do(func(ctx context.Context, tx *store.Tx) (err error) {
		p, _, err = tx.Preview(ctx, id, a)
		return err
	})
	return p, err
}

func (b *bench) revision(id string) int {
	b.t.Helper()
	_, n, err := b.s.Calendar(b.t.Context(), id)
	require.NoError(b.t, err)
	return n
}

func (b *bench) commit(id string, base int, a calendar.Amendment) (store.Recounted, error) {
	var out store.Recounted
	err := b.do(func(ctx context.Context, tx *store.Tx) (err error) {
		_, out, err = tx.CommitDecree(ctx, id, base, a)
		return err
	})
	return out, err
}

func (b *bench) mustCommit(id string, a calendar.Amendment) store.Recounted {
	b.t.Helper()
	out, err := b.commit(id, b.revision(id), a)
	require.NoError(b.t, err)
	return out
}

func TestADecreeIsTriedOutAndThenCommittedWithItsEffects(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.forget("2025-08-07")
	id, other := b.inClosure(), b.file(filed{}).ID
	b.forward(other, works)
	b.setNow(wednesday.Add(24 * time.Hour))
	base := b.revision("wib")

	p, err := b.preview(store.NationalCalendar, august18)
	require.NoError(t, err)
	require.Equal(t, store.Preview{
		Revision: base + 1, Reports: 2,
		Moves: []store.MoveGroup{
			{Unit: works, Kind: report.Resolution, From: "2025-08-26", To: "2025-08-27", Clocks: 1},
			{Unit: works, Kind: report.Silence, From: "2025-08-20", To: "2025-08-21", Clocks: 1},
		},
		Named: p.Named,
	}, p)
	require.Len(t, p.Named, 2)
	require.Equal(t, base, b.revision("wib"), "nothing has changed")
	require.Equal(t, "2025-08-20", b.load(id).State.Clock(report.Silence).Date)

	out := b.mustCommit(store.NationalCalendar, august18)
	require.Equal(t, store.Recounted{Reports: 2, Clocks: 2}, out)
	require.Equal(t, base+1, b.revision("wib"))
	require.Equal(t, base+1, b.revision("wit"), "every calendar has the national chain")
	require.Equal(t, "2025-08-21", b.load(id).State.Clock(report.Silence).Date)
	require.Equal(t, "2025-08-27", b.load(other).State.Clock(report.Resolution).Date)
	late := b.file(filed{})
	require.Equal(t, "2025-08-12", late.Clock(report.VerificationClock).Date, "what starts later counts under it")
}

// What a list, a queue, a count or a page says of a date follows the decree, for
// staff and for the public alike.
func TestEveryListShowsTheDateThatADecreeMoved(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.forget("2025-08-07")
	b.setNow(wib("2025-08-11 09:00"))
	id := b.file(filed{lat: -6.9, lon: 107.6}).ID
	b.forward(id, works) // F: 12 to 15 and 18 August
	f := b.load(id).State.Clock(report.FirstFollowUp)
	require.Equal(t, "2025-08-18", f.Date)
	b.setNow(wib("2025-08-19 06:00"))
	b.bySystem(id, report.Command{Action: report.MarkLate, Clock: f.Kind, ClockSeq: f.Seq, ReceivedAt: f.DueAt})
	before := b.shown(id)
	require.Equal(t, shown{due: f.DueAt, late: true, lateNow: 1, wasLate: 1, clock: f.DueAt, updated: b.now()}, before)

	b.setNow(wib("2025-08-19 07:00"))
	require.Equal(t, 1, b.mustCommit(store.NationalCalendar, august18).Lifted)
	due := wib("2025-08-20 00:00")
	require.Equal(t, shown{due: due, clock: due, updated: b.now()}, b.shown(id))
	require.Equal(t, "SKB 2025 (perubahan)", b.load(id).State.MovedBy)

	b.followUp(id, report.Interim, "Diperiksa.")
	require.Equal(t, "SKB 2025 (perubahan)", b.load(id).State.MovedBy, "until the stage changes")
	b.followUp(id, report.Concluding, "Sudah.")
	b.reply(id, "Belum.")
	require.Equal(t, report.FollowUp, b.load(id).State.Stage)
	require.Empty(t, b.load(id).State.MovedBy)
}

// shown is what all lists and pages agree upon of a report.
type shown struct {
	due, clock, updated time.Time
	late                bool
	lateNow, wasLate    int
}

// shown reads a report that works holds in every way and requires that all say
// the same of it.
func (b *bench) shown(id string) shown {
	b.t.Helper()
	var cards []store.Card
	var lines []store.Statistic
	yes := true
	add := func(more []store.Card, err error) {
		require.NoError(b.t, err)
		cards = append(cards, more...)
	}
	p, err := b.s.PublicReport(b.t.Context(), id)
	require.NoError(b.t, err)
	add([]store.Card{p.Card}, nil)
	add(b.s.PublicList(b.t.Context(), store.Filter{}))
	add(b.s.PublicList(b.t.Context(), store.Filter{Late: &p.Late}))
	add(b.s.PublicList(b.t.Context(), store.Filter{Q: id}))
	lines, err = b.s.PublicStatistics(b.t.Context(), "agency", store.Filter{})
	require.NoError(b.t, err)
	require.NoError(b.t, b.s.As(b.t.Context(), staff(works, "officer"), func(ctx context.Context, tx *store.Tx) error {
		add(tx.StaffList(ctx, store.Filter{}))
		add(tx.StaffList(ctx, store.Filter{Late: &p.Late}))
		add(tx.Queue(ctx, store.Filter{}))
		more, err := tx.StaffStatistics(ctx, "agency", store.Filter{})
		lines = append(lines, more...)
		return err
	}))
	late, err := b.s.PublicList(b.t.Context(), store.Filter{Late: &yes})
	require.NoError(b.t, err)
	require.Equal(b.t, p.Late, len(late) == 1)
	require.Len(b.t, cards, 7)
	for _, c := range cards {
		require.Equal(b.t, id, c.ID)
		require.Equal(b.t, p.DueAt, c.DueAt)
		require.Equal(b.t, p.Late, c.Late)
	}
	require.Len(b.t, lines, 2)
	require.Equal(b.t, lines[0], lines[1])
	require.Equal(b.t, p.UpdatedAt, b.load(id).UpdatedAt)
	return shown{
		due: *p.DueAt, clock: p.Clocks[0].DueAt, updated: p.UpdatedAt, late: p.Late, lateNow: lines[0].LateNow, wasLate: lines[0].WasLate,
	}
}

func TestTheNameOfTheDecreeLeavesWithTheStage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.forget("2025-08-07")
	b.setNow(wib("2025-08-14 09:00"))
	id := b.file(filed{contact: true}).ID // V: 15, 18, 19 August
	require.Equal(t, 1, b.mustCommit(store.NationalCalendar, august18).Reports)
	const by = "SKB 2025 (perubahan)"
	require.Equal(t, by, b.load(id).State.MovedBy)
	b.confirm(id)
	require.Equal(t, by, b.load(id).State.MovedBy, "nothing has happened to the report")
	b.mustGive(id, b.said(report.Command{Action: report.RequestInfo, By: report.Admin, Office: kab}, store.Text{Kind: store.TextQuestion, Body: "Di mana?"}))
	b.mustGive(id, b.said(report.Command{Action: report.SupplyInfo, By: report.Reporter}, store.Text{Kind: store.TextAnswer, Body: "Di pasar."}))
	s := b.load(id).State
	require.Equal(t, report.Running, s.Clock(report.VerificationClock).Status, "the clock that was moved goes on")
	require.Empty(t, s.MovedBy)
}

func TestANoticeThatTellsADateOfBeforeTheDecreeIsVoid(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.forget("2025-08-07")
	id := b.inClosure()
	c := b.load(id).State.Clock(report.Silence)
	owner := b.connect()
	for name, due := range map[string]time.Time{"old": c.DueAt, "new": wib("2025-08-22 00:00")} {
		_, err := owner.Exec(t.Context(), `
			INSERT INTO outbox (report, seq, dedup, template, audience, clock, due_at, send_at, created_at)
			VALUES ($1, 3, $2, 'closing', 'reporter', 'silence:' || $3::integer, $4, $4, $4)`, id, name, c.Seq, due)
		require.NoError(t, err)
	}
	b.mustCommit(store.NationalCalendar, august18)
	const void = `SELECT count(*) FROM outbox WHERE dedup = $1 AND void_at IS NOT NULL`
	require.Equal(t, 1, b.count(void, "old"))
	require.Zero(t, b.count(void, "new"))
}

// The commit takes as long as it writes: of an open report it writes the clocks,
// what moved, and nothing else. Another row of a report in it breaks the goal of
// docs/deadlines.md.
func TestADecreeWritesNothingOfAnOpenReportButItsClocks(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.forget("2025-08-07")
	id := b.inClosure()
	const rows = `
		SELECT count(*)
		FROM (
			SELECT xmin FROM report WHERE id = $1
			UNION ALL
			SELECT xmin FROM published WHERE id = $1
			UNION ALL
			SELECT xmin FROM outbox WHERE report = $1) AS r
		WHERE r.xmin::text::bigint > $2`
	last := b.count(`SELECT max(xmin::text::bigint) FROM clock`)
	require.Equal(t, 1, b.mustCommit(store.NationalCalendar, august18).Reports)
	require.Equal(t, 1, b.count(`SELECT count(*) FROM clock WHERE xmin::text::bigint > $1`, last))
	require.Zero(t, b.count(rows, id, last))
	require.Zero(t, b.count(`
		SELECT count(*)
		FROM pg_index i
		JOIN pg_attribute a ON a.attrelid = i.indrelid
		WHERE i.indrelid = 'clock'::regclass
			AND a.attname IN ('due_at', 'soon_at', 'date', 'decree', 'calendar', 'revision', 'provisional', 'remaining', 'moved_by', 'shifted_at')
			AND (a.attnum = ANY (i.indkey) OR strpos(pg_get_indexdef(i.indexrelid), a.attname) > 0)`), "a date in an index costs a row there too")
}

func TestADecreeOfAnOverlayMovesItsAgenciesOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.forget("2025-08-07")
	west, east := b.file(filed{}).ID, b.file(filed{}).ID
	b.forward(west, works)
	b.forward(east, health)
	p, err := b.preview("wit", amendment("KEPGUB1", "2025-08-06", calendar.RegionalOff, "2025-08-08"))
	require.NoError(t, err)
	require.Equal(t, 1, p.Reports)
	b.mustCommit("wit", amendment("KEPGUB1", "2025-08-06", calendar.RegionalOff, "2025-08-08"))
	require.Equal(t, "2025-08-13", b.load(west).State.Clock(report.FirstFollowUp).Date)
	require.Equal(t, "2025-08-14", b.load(east).State.Clock(report.FirstFollowUp).Date)
	require.Equal(t, b.revision("wib")+1, b.revision("wit"))
	_, err = b.commit(store.NationalCalendar, b.revision("national"), amendment("KEPGUB1", "2025-08-06", calendar.NationalHoliday, "2025-08-11"))
	require.ErrorIs(t, err, fault.Conflict, "one key, one decree, in whatever chain")
}

func TestACommitUnderAnOlderRevisionIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.forget("2025-08-07")
	base := b.revision("national")
	b.mustCommit(store.NationalCalendar, amendment("SKB2025a", "2025-08-05", calendar.CollectiveLeave, "2025-08-15"))
	_, err := b.commit(store.NationalCalendar, base, august18)
	require.ErrorIs(t, err, fault.Conflict)
	require.Equal(t, base+1, b.revision("national"), "nothing has changed")
	_, err = b.commit("nirwana", 1, august18)
	require.ErrorIs(t, err, fault.NotFound)
}

func TestACommitThatFailsLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.forget("2025-08-07")
	id := b.inClosure()
	base := b.revision("national")
	err := b.do(func(ctx context.Context, tx *store.Tx) error {
		if _, _, err := tx.CommitDecree(ctx, store.NationalCalendar, base, amendment("SKBX", "2025-08-06", calendar.CollectiveLeave, "2025-08-07")); err != nil {
			return err
		}
		return fault.New(fault.Conflict, "batal")
	})
	require.ErrorIs(t, err, fault.Conflict)
	b.mustCommit(store.NationalCalendar, august18) // takes the same number
	require.Equal(t, "2025-08-21", b.load(id).State.Clock(report.Silence).Date, "the 7th was not taken off after all")
}

func TestADecreeRecordedLateCountsAsIfKnownFromItsIssue(t *testing.T) {
	t.Parallel()
	day := func(s string) time.Time { return wib(s + " 09:00") }

	t.Run("a late clock is late no more", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.forget("2025-08-07")
		b.setNow(day("2025-08-14"))
		id := b.file(filed{contact: true}).ID // V: 15, 18, 19 August
		b.setNow(wib("2025-08-20 00:00"))
		b.bySystem(id, report.Command{Action: report.MarkLate, Clock: report.VerificationClock, ClockSeq: 1, ReceivedAt: wib("2025-08-20 00:00")})
		require.True(t, b.load(id).State.Clocks[0].Late())
		b.setNow(day("2025-08-20"))
		require.Equal(t, store.Recounted{Reports: 1, Clocks: 1, Lifted: 1}, b.mustCommit(store.NationalCalendar, august18))
		c := b.load(id).State.Clocks[0]
		require.False(t, c.Late())
		require.Equal(t, "2025-08-20", c.Date)
		require.Zero(t, b.count(lateReports))
		moves := get(b, func(ctx context.Context, tx *store.Tx) ([]store.Move, error) { return tx.Moves(ctx, id) })
		require.True(t, moves[0].Lifted)
	})
	t.Run("an answer was timely", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.forget("2025-08-07")
		b.setNow(day("2025-08-14"))
		id := b.file(filed{}).ID
		b.setNow(day("2025-08-20"))
		b.forward(id, works) // a day late
		late := `SELECT count(*) FROM clock WHERE kind = 'verification' AND late_at IS NOT NULL`
		require.Equal(t, 1, b.count(late))
		require.Equal(t, 1, b.count(`SELECT count(*) FROM published WHERE late_units <> '{}'`))
		out := b.mustCommit(store.NationalCalendar, august18)
		require.Equal(t, 1, out.Lifted)
		require.Zero(t, b.count(late))
		require.Zero(t, b.count(`SELECT count(*) FROM published WHERE late_units <> '{}'`), "nor in the statistics")
	})
	t.Run("what ended before its issue stays", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.forget("2025-08-07")
		b.setNow(day("2025-07-01"))
		id := b.file(filed{}).ID
		b.setNow(day("2025-07-10"))
		b.forward(id, works)
		b.setNow(day("2025-08-20"))
		require.Zero(t, b.mustCommit(store.NationalCalendar, amendment("SKBX", "2025-08-19", calendar.CollectiveLeave, "2025-07-02")).Lifted)
		require.Equal(t, 1, b.count(`SELECT count(*) FROM clock WHERE kind = 'verification' AND late_at IS NOT NULL`))
	})
	t.Run("a silent closing stands and the reporter has longer to reopen", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.forget("2025-08-07")
		id := b.inClosure() // C to the end of 20 August
		b.setNow(wib("2025-08-21 00:00"))
		b.bySystem(id, report.Command{Action: report.Close, ReceivedAt: wib("2025-08-21 00:00")})
		o := b.load(id).State.Clock(report.ReopenWindow)
		require.Equal(t, "2025-09-04", o.Date) // ten days after Thu 21 August
		b.mustCommit(store.NationalCalendar, august18)
		row := b.load(id)
		require.Equal(t, report.Closed, row.State.Stage, "no closed report reopens by itself")
		require.Equal(t, "2025-09-08", row.State.Clock(report.ReopenWindow).Date) // ten days after Fri 22 August; the 5th is off
		b.must(func(ctx context.Context, tx *store.Tx) error { return tx.Told(ctx, []string{id}) })
		require.Equal(t, 1, b.count(`SELECT count(*) FROM outbox WHERE template = 'deadline_moved' AND report = $1`, id))
	})
}

func TestAPlanWaitsUntilItIsReplacedOrCommitted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.forget("2025-08-07")
	put := func(id string) {
		b.must(func(ctx context.Context, tx *store.Tx) error {
			return tx.PutPlan(ctx, store.DecreePlan{ID: id, Calendar: "national", Key: "SKB2025r1", Revision: 42, Subject: "admin.nasional", Decree: august18})
		})
	}
	plan := func() (store.DecreePlan, error) {
		var p store.DecreePlan
		err := b.do(func(ctx context.Context, tx *store.Tx) (err error) {
			p, err = tx.Plan(ctx, "national", "SKB2025r1")
			return err
		})
		return p, err
	}
	put("one")
	put("two")
	p, err := plan()
	require.NoError(t, err)
	require.Equal(t, store.DecreePlan{ID: "two", Calendar: "national", Key: "SKB2025r1", Revision: 42, Subject: "admin.nasional",
		At: wednesday, Decree: august18}, p)
	b.mustCommit("national", august18)
	_, err = plan()
	require.ErrorIs(t, err, fault.NotFound)
	err = b.do(func(ctx context.Context, tx *store.Tx) error {
		return tx.PutPlan(ctx, store.DecreePlan{ID: "x", Calendar: "nirwana", Key: "K", Decree: august18})
	})
	require.Error(t, err)
	require.True(t, strings.Contains(err.Error(), "plan"))
}

func TestAnAgencyThatChangesItsCalendarMovesItsRunningClocks(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.forget("2025-08-07")
	b.mustCommit("wit", amendment("KEPGUB1", "2025-08-06", calendar.RegionalOff, "2025-08-08"))
	id := b.file(filed{contact: true}).ID
	b.forward(id, works)
	other := b.file(filed{}).ID
	b.forward(other, health) // has that calendar already
	due := func(id string) string { return b.load(id).State.Clock(report.FirstFollowUp).Date }
	require.Equal(t, "2025-08-13", due(id))
	require.Equal(t, "2025-08-14", due(other))
	put := func(calendar string) {
		b.must(func(ctx context.Context, tx *store.Tx) error {
			return tx.PutAgency(ctx, store.Agency{ID: works, Name: "Dinas PU", Parent: kab, Calendar: calendar, Active: true})
		})
	}
	put("wit")
	require.Equal(t, "2025-08-14", due(id), "8 August is off there: 7, 11 to 14")
	require.Equal(t, "wit", b.load(id).State.Clock(report.FirstFollowUp).Calendar)
	require.Equal(t, "2025-08-14", due(other))
	moves := get(b, func(ctx context.Context, tx *store.Tx) ([]store.Move, error) { return tx.Moves(ctx, id) })
	require.Len(t, moves, 2, "F and R")
	put("wit")
	require.Len(t, get(b, func(ctx context.Context, tx *store.Tx) ([]store.Move, error) { return tx.Moves(ctx, id) }), 2, "once")
	put("") // back to what kab has: the later date stands
	require.Equal(t, "2025-08-14", due(id))
	b.mustCommit("wib", amendment("KEPGUB2", "2025-08-06", calendar.RegionalOff, "2025-08-11", "2025-08-12"))
	require.Equal(t, "2025-08-15", due(id), "it counts by that calendar again: 7, 8, 13 to 15")
}

// Transitions and decrees at the same time: nobody fails, and whatever came
// first, every date is the lawful one in the end.
func TestDecreesAmongTransitionsLoseNoDate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.forget("2025-08-06")
	var writers sync.WaitGroup
	stop := make(chan struct{})
	failed := make(chan error, 8)
	for range 6 {
		writers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := b.liveOn(); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	day := civil("2025-08-11")
	for i := range 6 {
		base := b.revision(store.NationalCalendar)
		_, err := b.commit(store.NationalCalendar, base, amendment(fmt.Sprintf("SKB%d", i), "2025-08-06", calendar.CollectiveLeave, (day+calendar.Date(i)).String()))
		require.NoError(t, err)
	}
	close(stop)
	writers.Wait()
	close(failed)
	for err := range failed {
		require.NoError(t, err)
	}
	require.Greater(t, b.count(`SELECT count(*) FROM report`), 6)
	again := get(b, func(ctx context.Context, tx *store.Tx) (store.Recounted, error) {
		return tx.Recount(ctx, []string{"national", "wib", "wit"})
	})
	require.Zero(t, again, "counting once more changes nothing")
	require.Empty(t, get(b, func(ctx context.Context, tx *store.Tx) ([]store.Contradiction, error) { return tx.Contradictions(ctx) }))
}

// liveOn files a report and brings it to closure, as workflows would.
func (b *bench) liveOn() error {
	s, err := b.tryFile(filed{contact: true})
	if err != nil {
		return err
	}
	for _, n := range []store.NewCommand{
		b.said(report.Command{Action: report.Forward, By: report.Admin, Office: kab, Unit: works},
			store.Text{Kind: store.TextTitle, Body: "Jalan berlubang"}, store.Text{Kind: store.TextBody, Body: "Salinan publik."}),
		b.said(report.Command{Action: report.PostFollowUp, By: report.Officer, Office: works, Kind: report.Concluding},
			store.Text{Kind: store.TextFollowUp, Body: "Sudah ditambal."}),
	} {
		if _, err := b.give(s.ID, n); err != nil {
			return err
		}
	}
	return nil
}
