package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// Defects of other engines (RULES.md section 4) that show only where clocks,
// notices and statistics meet, each a test that fails when the defect is put
// in; the comment says how it was tried. Those about counting stand in calendar.

// clockRecord returns all clocks of a kind that a report ever had, oldest first.
func (b *bench) clockRecord(id string, kind report.ClockKind) (all []report.Clock) {
	b.t.Helper()
	for _, c := range get(b, func(ctx context.Context, tx *store.Tx) ([]report.Clock, error) { return tx.Clocks(ctx, id) }) {
		if c.Kind == kind {
			all = append(all, c)
		}
	}
	return all
}

// sendBack sends a report back to its administrator.
func (b *bench) sendBack(id string) {
	b.t.Helper()
	b.mustGive(id, b.said(report.Command{Action: report.Return, By: report.Officer, Office: works},
		store.Text{Kind: store.TextNote, Body: "Bukan wewenang kami."}))
}

func (b *bench) amendClass(id string, class report.Class) report.State {
	b.t.Helper()
	return b.mustGive(id, b.said(report.Command{Action: report.Amend, By: report.Admin, Office: kab, Class: class}))
}

func (b *bench) reassign(id, agency string) report.State {
	b.t.Helper()
	return b.mustGive(id, b.said(report.Command{Action: report.Reassign, By: report.Admin, Office: kab, Unit: agency}))
}

// Five office hours from Wednesday 10:30: one and a half before the break, three
// after it, half on Thursday, until 08:00. An hour before is Wednesday 15:30.
//
// Tried: soon takes a limit in hours for one in days (eve, a midnight).
func TestDefect03OneHourBeforeIsAnOfficeHourAndNotMidnight(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.people()
	b.setNow(wib("2025-08-06 10:30"))
	n := b.newReport(filed{})
	n.State.Rules.FollowUp = report.Limit{Unit: report.WorkingHours, N: 5}
	b.must(func(ctx context.Context, tx *store.Tx) error { _, err := tx.Accept(ctx, n); return err })
	f := b.forward(n.State.ID, works).Clock(report.FirstFollowUp)
	require.Equal(t, wib("2025-08-07 08:00"), f.DueAt)
	require.Equal(t, wib("2025-08-06 15:30"), f.SoonAt)
	require.Equal(t, []string{
		"Wed 06 Aug 14:00 officers reminder officer.pu", // half of it: two and a half hours
		"Wed 06 Aug 15:30 officers reminder officer.pu",
	}, b.pass(wib("2025-08-07 08:00").Add(-time.Microsecond), report.FirstFollowUp))
}

// R of 14 days from Wed 6 August ends on the 26th: 7, 8, 11-15, 18-22, 25, 26.
// Paused from the 8th to the 15th it keeps 12 and ends on 2 September: 18-22,
// 25-29, 1, 2. A class of 60 days adds 46: 3, 4 September (the 5th is off), 15 in
// three weeks to the 26th, 29 and 30, 23 in October, 4 in November: the 6th. From
// the 6th of August without the pause it would be 30 October.
//
// Tried: step gives Recount, from the start, for a limit that has grown (after:
// 30 October); recount adds nothing to a paused clock (during).
func TestDefect05AnotherLimitDoesNotForgetPausedTime(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	after, during := b.file(filed{}).ID, b.file(filed{}).ID
	for _, id := range []string{after, during} {
		require.Equal(t, "2025-08-26", b.forward(id, works).Clock(report.Resolution).Date)
	}
	b.setNow(wib("2025-08-08 09:00"))
	for _, id := range []string{after, during} {
		b.sendBack(id)
		require.Equal(t, 12, b.load(id).State.Clock(report.Resolution).Left)
	}
	b.setNow(wib("2025-08-11 09:00"))
	require.Equal(t, 58, b.amendClass(during, report.ComplaintSupervisory).Clock(report.Resolution).Left)
	b.setNow(wib("2025-08-15 09:00"))
	require.Equal(t, "2025-09-02", b.forward(after, works).Clock(report.Resolution).Date)
	require.Equal(t, "2025-11-06", b.forward(during, works).Clock(report.Resolution).Date)
	b.setNow(wib("2025-08-18 09:00"))
	require.Equal(t, "2025-11-06", b.amendClass(after, report.ComplaintSupervisory).Clock(report.Resolution).Date)
}

// Monday 11 August: 12, 13, 14, 15 and 19, since the 18th is off. Days 3, 4 and 5
// are Thursday, Friday and Tuesday.
//
// Tried: dayMarks goes back from the due day by civil days.
func TestDefect06RemindersFollowTheCalendar(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.people()
	b.revise(after18August)
	b.setNow(wib("2025-08-11 09:00"))
	b.forward(b.file(filed{}).ID, works)
	require.Equal(t, []string{
		"Thu 14 Aug 07:30 officers reminder officer.pu",
		"Fri 15 Aug 07:30 officers reminder officer.pu",
		"Tue 19 Aug 07:30 officers reminder officer.pu",
	}, b.pass(wib("2025-08-20 00:00"), report.FirstFollowUp))
}

// Works has until 13 August; health gets the report on Friday the 15th and has
// 18, 19, 20, 21 and 22 August. Midnight of the east is 22:00 WIB.
//
// Tried: Reassign neither stops F nor starts one.
func TestDefect07TheSecondAgencyInheritsNoDeadClock(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.people()
	id := b.file(filed{}).ID
	b.forward(id, works)
	require.Len(t, b.pass(wib("2025-08-15 09:00"), report.FirstFollowUp), 4) // late since the 14th
	s := b.reassign(id, health)
	require.Equal(t, report.OnTrack, s.SLAAt(b.now()))
	require.Equal(t, wib("2025-08-22 22:00"), s.Clock(report.FirstFollowUp).DueAt)
	require.Equal(t, []string{
		"Wed 20 Aug 05:30 officers reminder officer.dinkes",
		"Thu 21 Aug 05:30 officers reminder officer.dinkes",
		"Fri 22 Aug 05:30 officers reminder officer.dinkes",
	}, b.pass(wib("2025-08-22 22:00").Add(-time.Microsecond), report.FirstFollowUp))
	record := b.clockRecord(id, report.FirstFollowUp)
	require.Len(t, record, 2)
	require.Equal(t, works, record[0].Unit)
	require.Equal(t, report.Stopped, record[0].Status)
	require.Equal(t, wib("2025-08-14 00:00"), record[0].LateAt, "it stays on the record of works")
	require.Equal(t, health, record[1].Unit)
	require.Zero(t, record[1].LateAt)
}

// Works has five days and three more, until 18 August. Health, from Thursday the
// 7th, has five: 8, 11, 12, 13, 14 August.
//
// Tried: Reassign moves F to the other agency in place of stopping and starting.
func TestDefect08TheOldLimitDoesNotSurviveATransfer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.people()
	id := b.file(filed{}).ID
	b.forward(id, works)
	b.mustGive(id, b.said(report.Command{Action: report.RequestExtension, By: report.Officer, Office: works, Clock: report.FirstFollowUp, Days: 3}))
	s := b.mustGive(id, b.said(report.Command{Action: report.Extend, By: report.Admin, Office: kab}))
	require.Equal(t, "2025-08-18", s.Clock(report.FirstFollowUp).Date)
	b.setNow(wib("2025-08-07 09:00"))
	f := b.reassign(id, health).Clock(report.FirstFollowUp)
	require.Equal(t, "2025-08-14", f.Date)
	require.Zero(t, f.Extra)
	require.Equal(t, wib("2025-08-07 09:00"), f.StartedAt)
	require.Equal(t, []string{ // none to works, none on days of eight
		"Tue 12 Aug 05:30 officers reminder officer.dinkes",
		"Wed 13 Aug 05:30 officers reminder officer.dinkes",
		"Thu 14 Aug 05:30 officers reminder officer.dinkes",
		"Fri 15 Aug 05:30 officers late officer.dinkes",
	}, b.pass(wib("2025-08-16 00:00"), report.FirstFollowUp))
}

// F of the first round is met on Friday the 8th. R is met on the 20th, long after
// F's day, the 13th. The reply of the 20th gives a second F: 21, 22, 25, 26, 27
// August, which is let pass.
//
// Tried: startClock numbers every clock 1, so that the second F takes the place
// of the first.
func TestDefect09ALaterClockDoesNotOverrideTheFirstFollowUp(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.people()
	id := b.file(filed{}).ID
	b.forward(id, works)
	b.setNow(wib("2025-08-08 10:00"))
	b.followUp(id, report.Interim, "Sedang diperiksa.")
	require.Empty(t, b.pass(wib("2025-08-20 10:00"), report.FirstFollowUp))
	b.followUp(id, report.Concluding, "Sudah ditambal.")
	b.setNow(wib("2025-08-20 11:00"))
	b.reply(id, "Berlubang lagi.")
	b.pass(wib("2025-08-28 00:00"), report.FirstFollowUp)
	require.Equal(t, report.Late, b.load(id).State.SLAAt(b.now()))

	record := b.clockRecord(id, report.FirstFollowUp)
	require.Len(t, record, 2)
	first, second := record[0], record[1]
	require.Equal(t, report.Met, first.Status)
	require.Equal(t, wib("2025-08-08 10:00"), first.EndedAt)
	require.Equal(t, "2025-08-13", first.Date)
	require.Zero(t, first.LateAt)
	require.Equal(t, report.Running, second.Status)
	require.Equal(t, "2025-08-27", second.Date)
	require.Equal(t, wib("2025-08-28 00:00"), second.LateAt)
}

// The answer comes on the 14th, when three reminders and the first rung have
// left. The next rungs would be the 18th, 20th and 22nd.
//
// Tried: followUp does not meet F; and plans, steps, Late and liveClocks leave out
// the status of the clock.
func TestDefect10NothingEscalatesOnceItIsAnswered(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.people()
	id := b.file(filed{}).ID
	b.forward(id, works)
	require.Equal(t, []string{
		"Mon 11 Aug 07:30 officers reminder officer.pu",
		"Tue 12 Aug 07:30 officers reminder officer.pu",
		"Wed 13 Aug 07:30 officers reminder officer.pu",
		"Thu 14 Aug 07:30 officers late officer.pu",
	}, b.pass(wib("2025-08-14 10:00"), report.FirstFollowUp))
	b.followUp(id, report.Concluding, "Sudah.")
	require.Empty(t, b.pass(wib("2025-09-10 00:00"), report.FirstFollowUp))
	require.Zero(t, b.count(`SELECT count(*) FROM escalation`))
	require.Empty(t, contradictions(b))
}

// Tried: steps leaves the stage out, since a late clock runs on in a merged
// report.
func TestDefect11AMergedReportNeitherRemindsNorEscalates(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.people()
	target, child := b.file(filed{}).ID, b.file(filed{}).ID
	b.forward(child, works)
	b.setNow(wib("2025-08-11 06:00"))
	b.forward(target, works)
	require.Equal(t, []string{
		"Mon 11 Aug 07:30 officers reminder officer.pu", "Tue 12 Aug 07:30 officers reminder officer.pu",
		"Wed 13 Aug 07:30 officers reminder officer.pu",
		"Thu 14 Aug 07:30 officers reminder officer.pu", // the target's day 3
		"Thu 14 Aug 07:30 officers late officer.pu",
	}, b.pass(wib("2025-08-14 09:00"), report.FirstFollowUp))
	b.mustGive(child, b.said(report.Command{Action: report.Merge, By: report.Admin, Office: kab, Target: target}))
	b.followUp(target, report.Concluding, "Sudah.")
	require.Empty(t, b.pass(wib("2025-08-25 09:00"), report.FirstFollowUp))
	b.mustGive(child, b.said(report.Command{Action: report.Unmerge, By: report.Admin, Office: kab}))
	require.Equal(t, []string{
		"Mon 25 Aug 09:00 admins late admin.pu", // the rung after the one that left before the merge
		"Wed 27 Aug 07:30 heads late head.kab",
	}, b.pass(wib("2025-08-28 00:00"), report.FirstFollowUp))
}

// Wednesday 13 August: 14, 15, 19, 20 and 21, the 18th is off. Nothing leaves at
// the midnight at which the clock passes, on the weekend or on the day off.
//
// Tried: NextOfficeOpening gives the moment itself and Opening the midnight; and
// rungTime and pause count civil days.
func TestDefect12NoNoticeOfAClockAtMidnightOnWeekendsOrHolidays(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.people()
	b.revise(after18August)
	b.setNow(wib("2025-08-13 09:00"))
	b.forward(b.file(filed{}).ID, works)
	require.Equal(t, []string{
		"Tue 19 Aug 07:30 officers reminder officer.pu",
		"Wed 20 Aug 07:30 officers reminder officer.pu",
		"Thu 21 Aug 07:30 officers reminder officer.pu",
		"Fri 22 Aug 07:30 officers late officer.pu",
		"Tue 26 Aug 07:30 admins late admin.pu", // two working days on: a weekend between
	}, b.pass(wib("2025-08-27 00:00"), report.FirstFollowUp))
}

// Answered on Monday 11 August, on the third working day: 7, 8, 11. The second
// answer, weeks later, is not the first.
//
// Tried: queueState sets concluded_days without coalesce.
func TestDefect13StatisticsOutliveClosingAndReopening(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	b.forward(id, works)
	b.setNow(wib("2025-08-11 10:00"))
	b.followUp(id, report.Concluding, "Sudah.")
	b.must(func(ctx context.Context, tx *store.Tx) error {
		return tx.PutRating(ctx, id, store.Rating{Score: 3, RatedAt: b.now()})
	})
	three, score := 3.0, 3.0
	want := []store.Statistic{{Key: works, Received: 1, MedianWorkingDays: &three, Rating: &score, Ratings: 1}}
	holds := func(when string) {
		public, err := b.s.PublicStatistics(t.Context(), "agency", store.Filter{})
		require.NoError(t, err)
		require.Equal(t, want, public, when)
		var own []store.Statistic
		require.NoError(t, b.s.As(t.Context(), staff(kab, "admin"), func(ctx context.Context, tx *store.Tx) (err error) {
			own, err = tx.StaffStatistics(ctx, "agency", store.Filter{})
			return err
		}))
		require.Equal(t, want, own, when)
	}
	holds("answered")
	b.setNow(wib("2025-08-12 10:00"))
	b.mustGive(id, b.said(report.Command{Action: report.ConfirmDone, By: report.Reporter}))
	holds("closed")
	b.setNow(wib("2025-08-15 10:00"))
	b.mustGive(id, b.said(report.Command{Action: report.Reopen, By: report.Reporter},
		store.Text{Kind: store.TextReply, Body: "Berlubang lagi."}))
	holds("reopened")
	b.setNow(wib("2025-08-19 10:00"))
	b.followUp(id, report.Concluding, "Ditambal lagi.")
	holds("answered again")
	s := b.load(id).State.Clock(report.Silence)
	b.setNow(s.DueAt)
	b.bySystem(id, report.Command{Action: report.Close, ReceivedAt: s.DueAt})
	holds("closed by silence")
}

// The silence from 6 August ends on the 20th under the list of that day, and on
// the 21st after the decree of the 7th: later, not anew. What anybody but
// reporter and administrator does or writes leaves it as it was.
//
// Tried: Note, Assign and Amend stop and start the silence, each in its turn.
func TestDefect17TheSilenceIsNotBegunAnewBySystemEvents(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.people()
	id := b.inClosure()
	begun := *b.load(id).State.Clock(report.Silence)
	require.Equal(t, wib("2025-08-21 00:00"), begun.DueAt)
	for _, event := range []struct {
		name string
		do   func()
	}{
		{"a note", func() {
			b.mustGive(id, b.said(report.Command{Action: report.Note, By: report.Officer, Office: works}, store.Text{Kind: store.TextNote, Body: "Arsip."}))
		}},
		{"another unit", func() {
			b.mustGive(id, b.said(report.Command{Action: report.Assign, By: report.Officer, Office: works, Unit: roads}))
		}},
		{"another category", func() {
			b.mustGive(id, b.said(report.Command{Action: report.Amend, By: report.Admin, Office: kab, Category: "roads"}))
		}},
		{"another class", func() { b.amendClass(id, report.Aspiration) }},
		{"a rating", func() {
			b.must(func(ctx context.Context, tx *store.Tx) error {
				return tx.PutRating(ctx, id, store.Rating{Score: 2, RatedAt: b.now()})
			})
		}},
		{"a view", func() { _, err := b.s.PublicReport(t.Context(), id); require.NoError(t, err) }},
		{"a look at the dates", func() { b.confirm(id) }},
	} {
		b.setNow(b.now().Add(24 * time.Hour))
		event.do()
		require.Equal(t, begun, *b.load(id).State.Clock(report.Silence), event.name)
	}
	b.revise(after18August) // on the 13th
	b.confirm(id)
	c := b.load(id).State.Clock(report.Silence)
	require.Equal(t, begun.StartedAt, c.StartedAt)
	require.Equal(t, wib("2025-08-22 00:00"), c.DueAt)
	require.Equal(t, []string{"Wed 20 Aug 07:30 reporter closing_tomorrow"}, b.pass(wib("2025-08-21 12:00"), report.Silence))
	require.Equal(t, *c, *b.load(id).State.Clock(report.Silence), "a notice")
	require.Equal(t, report.Closed, b.bySystem(id, report.Command{Action: report.Close, ReceivedAt: c.DueAt}).Stage)
}
