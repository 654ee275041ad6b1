package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// people gives the small regency everybody an escalation can reach.
func (b *bench) people() {
	b.t.Helper()
	for subject, office := range map[string]string{
		"admin.pu": works + " admin", "officer.jalan": roads + " officer", "officer.dinkes": health + " officer",
		"head.kab": kab + " head", "admin.nas": nation + " admin", "operator": " admin",
	} {
		unit, role, _ := strings.Cut(office, " ")
		b.must(func(ctx context.Context, tx *store.Tx) error {
			return tx.PutStaff(ctx, store.StaffMember{Subject: subject, Name: subject, Unit: unit, Roles: []string{role}, Active: true})
		})
	}
}

// told is what a notice of a clock was, on one line, in WIB.
func (b *bench) told(n store.Notice) string {
	line := fmt.Sprintf("%s %s %s", b.now().In(time.FixedZone("WIB", 7*3600)).Format("Mon 02 Jan 15:04"), n.To, n.Template)
	if len(n.Subjects) > 0 {
		line += " " + strings.Join(n.Subjects, ",")
	}
	return line
}

// pass lets time pass as sender and workflow see it: each waiting notice is
// taken at its time and sent, each clock is marked late at its due time. It
// returns what was sent of one kind of clock.
func (b *bench) pass(until time.Time, kind report.ClockKind) (all []string) {
	b.t.Helper()
	for {
		at := b.nextAt(until)
		if at.IsZero() {
			b.setNow(until)
			return all
		}
		if at.After(b.now()) {
			b.setNow(at)
		}
		b.markLate()
		for _, n := range b.notices(50) {
			if n.Clock == kind {
				all = append(all, b.told(n))
			}
			b.must(func(ctx context.Context, tx *store.Tx) error { return tx.Sent(ctx, n.ID) })
		}
	}
}

// nextAt is when something happens next, at most until; zero if nothing does.
func (b *bench) nextAt(until time.Time) time.Time {
	b.t.Helper()
	var at *time.Time
	conn := b.connect()
	defer func() { require.NoError(b.t, conn.Close(b.t.Context())) }()
	require.NoError(b.t, conn.QueryRow(b.t.Context(), `
		SELECT min(at)
		FROM (
			SELECT send_at AS at FROM outbox WHERE sent_at IS NULL AND void_at IS NULL AND died_at IS NULL
			UNION ALL
			SELECT c.due_at
			FROM clock c
			JOIN report r ON r.id = c.report
			WHERE c.status = 'running' AND c.late_at IS NULL AND r.stage IN ('verification', 'follow_up', 'closure')
				AND c.kind IN ('verification', 'first_follow_up', 'resolution')) AS next
		WHERE at <= $1`, until).Scan(&at))
	if at == nil {
		return time.Time{}
	}
	return at.UTC()
}

// markLate does what the workflows do at this moment.
func (b *bench) markLate() {
	b.t.Helper()
	open := get(b, func(ctx context.Context, tx *store.Tx) ([]report.State, error) { return tx.OpenReports(ctx, "", 100) })
	for _, s := range open {
		for _, c := range s.Clocks {
			if c.Kind.Duty() && c.Status == report.Running && !c.Late() && !c.DueAt.After(b.now()) {
				b.bySystem(s.ID, report.Command{Action: report.MarkLate, Clock: c.Kind, ClockSeq: c.Seq, ReceivedAt: c.DueAt})
			}
		}
	}
}

// The days are those of the list in force on 6 August 2025 (SKB 2025), under
// which Monday 18 August was a working day; Friday 5 September is Maulid Nabi.
func TestAFollowUpIsRemindedAndEscalatesRungByRung(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.people()
	b.forward(b.file(filed{}).ID, works) // Wednesday: 7, 8, 11, 12, 13 August
	require.Equal(t, []string{
		"Mon 11 Aug 07:30 officers reminder officer.pu", // day 3
		"Tue 12 Aug 07:30 officers reminder officer.pu", // day 4
		"Wed 13 Aug 07:30 officers reminder officer.pu", // day 5
		"Thu 14 Aug 07:30 officers late officer.pu",
		"Mon 18 Aug 07:30 admins late admin.pu", // the agency holds it itself
		"Wed 20 Aug 07:30 heads late head.kab",  // works has no head
		"Fri 22 Aug 07:30 national late admin.nas,operator",
		"Fri 29 Aug 07:30 national still_late admin.nas,operator",
		"Mon 08 Sep 07:30 national still_late admin.nas,operator", // not on the holiday before
	}, b.pass(wib("2025-09-10 00:00"), report.FirstFollowUp))
}

func TestAUnitBelowTheAgencyIsTheFirstRung(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.people()
	id := b.file(filed{}).ID
	b.forward(id, works)
	b.mustGive(id, b.said(report.Command{Action: report.Assign, By: report.Officer, Office: works, Unit: roads}))
	require.Equal(t, []string{
		"Mon 11 Aug 07:30 officers reminder officer.jalan",
		"Tue 12 Aug 07:30 officers reminder officer.jalan",
		"Wed 13 Aug 07:30 officers reminder officer.jalan",
		"Thu 14 Aug 07:30 officers late officer.jalan",
		"Mon 18 Aug 07:30 staff late admin.pu,officer.pu",
		"Wed 20 Aug 07:30 heads late head.kab",
	}, b.pass(wib("2025-08-21 00:00"), report.FirstFollowUp))
}

func TestALateVerificationEscalatesFromTheLevelAboveItsQueue(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		queue string
		want  []string
	}{
		"below the top": {works, []string{
			"Fri 08 Aug 07:30 admins reminder admin.pu", // days 2 and n-1 coincide
			"Mon 11 Aug 07:30 admins reminder admin.pu",
			"Tue 12 Aug 07:30 admins late admin.kab",
			"Thu 14 Aug 07:30 heads late head.kab",
			"Mon 18 Aug 07:30 national late admin.nas,operator",
		}},
		"below the national level": {kab, []string{
			"Fri 08 Aug 07:30 admins reminder admin.kab",
			"Mon 11 Aug 07:30 admins reminder admin.kab",
			"Tue 12 Aug 07:30 national late admin.nas,operator",
			"Tue 19 Aug 07:30 national still_late admin.nas,operator",
		}},
		"at the top": {nation, []string{
			"Fri 08 Aug 07:30 national reminder admin.nas,operator",
			"Mon 11 Aug 07:30 national reminder admin.nas,operator",
			"Tue 12 Aug 07:30 national late admin.nas,operator",
			"Tue 19 Aug 07:30 national still_late admin.nas,operator",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.people()
			n := b.newReport(filed{})
			n.State.Queue = tt.queue
			for i := range n.State.Clocks {
				n.State.Clocks[i].Unit = tt.queue
			}
			b.must(func(ctx context.Context, tx *store.Tx) error { _, err := tx.Accept(ctx, n); return err })
			require.Equal(t, tt.want, b.pass(wib("2025-08-20 00:00"), report.VerificationClock))
		})
	}
}

func TestTheReceiversOfficeDecidesTheHour(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.people()
	b.forward(b.file(filed{}).ID, health) // two hours east
	require.Equal(t, []string{
		"Mon 11 Aug 05:30 officers reminder officer.dinkes",
		"Tue 12 Aug 05:30 officers reminder officer.dinkes",
		"Wed 13 Aug 05:30 officers reminder officer.dinkes",
		"Thu 14 Aug 05:30 officers late officer.dinkes",
		"Mon 18 Aug 07:30 heads late head.kab", // no administrator: the head takes the day
	}, b.pass(wib("2025-08-19 00:00"), report.FirstFollowUp))
}

func TestASenderThatWasAwayWaitsForTheOfficeAndSendsNothingStale(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.people()
	b.forward(b.file(filed{}).ID, works)
	b.setNow(wib("2025-08-12 20:00")) // two reminders were due; their days are over
	for _, n := range b.notices(50) {
		require.Empty(t, n.Clock)
		b.must(func(ctx context.Context, tx *store.Tx) error { return tx.Sent(ctx, n.ID) })
	}
	require.Equal(t, []string{"Wed 13 Aug 07:30 officers reminder officer.pu"}, b.pass(wib("2025-08-13 12:00"), report.FirstFollowUp))
}

func TestAnAcceptedAnswerCountsBeforeItIsApplied(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.people()
	id := b.file(filed{}).ID
	b.forward(id, works)
	b.pass(wib("2025-08-14 06:00"), report.FirstFollowUp) // late; its workflow does not answer
	n := b.mustInsert(id, b.said(report.Command{Action: report.PostFollowUp, By: report.Officer, Office: works, Kind: report.Concluding},
		store.Text{Kind: store.TextFollowUp, Body: "Sudah."}))
	require.Empty(t, b.pass(wib("2025-08-14 07:35"), report.FirstFollowUp))
	b.must(func(ctx context.Context, tx *store.Tx) error { return tx.Refuse(ctx, n.ID, "conflict", "Tidak dapat.") })
	require.Equal(t, []string{"Thu 14 Aug 07:36 officers late officer.pu"}, b.pass(wib("2025-08-14 08:00"), report.FirstFollowUp))
}

func TestAccusedUnitsAreNoRung(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.people()
	id := b.file(filed{}).ID
	b.forward(id, works)
	n := b.said(report.Command{Action: report.Amend, By: report.Admin, Office: kab, Class: report.ComplaintOrdinary})
	n.Accused = []string{works}
	b.mustGive(id, n)
	require.Equal(t, []string{
		"Mon 11 Aug 07:30 officers reminder", "Tue 12 Aug 07:30 officers reminder", "Wed 13 Aug 07:30 officers reminder", // to nobody
		"Thu 14 Aug 07:30 heads late head.kab",
		"Mon 18 Aug 07:30 national late admin.nas,operator",
	}, b.pass(wib("2025-08-19 00:00"), report.FirstFollowUp))
}

func TestAPauseRepeatsNoReminder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.people()
	id := b.file(filed{contact: true}).ID // V: 7, 8, 11 August
	require.Equal(t, []string{"Fri 08 Aug 07:30 admins reminder admin.kab"}, b.pass(wib("2025-08-08 15:00"), report.VerificationClock))
	b.mustGive(id, b.said(report.Command{Action: report.RequestInfo, By: report.Admin, Office: kab},
		store.Text{Kind: store.TextQuestion, Body: "Di mana?"}))
	require.Equal(t, []string{"Fri 15 Aug 07:30 reporter answer_reminder"}, b.pass(wib("2025-08-16 12:00"), report.AnswerClock)) // day 5 of 10
	b.mustGive(id, b.said(report.Command{Action: report.SupplyInfo, By: report.Reporter},
		store.Text{Kind: store.TextAnswer, Body: "Di depan pasar."}))
	require.Equal(t, []string{
		"Mon 18 Aug 07:30 admins reminder admin.kab", // day 3: the day that was left
		"Tue 19 Aug 07:30 national late admin.nas,operator",
	}, b.pass(wib("2025-08-20 00:00"), report.VerificationClock))
}

// Tried by sending a step at the time it was written with.
func TestADecreeBetweenPlanAndSendPutsTheReminderOff(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.people()
	b.setNow(wib("2025-08-13 09:00"))
	id := b.file(filed{}).ID // V: 14, 15 and 18 August
	require.Equal(t, []string{"Fri 15 Aug 07:30 admins reminder admin.kab"}, b.pass(wib("2025-08-15 16:00"), report.VerificationClock))
	b.revise(after18August) // the 18th is off
	b.confirm(id)
	require.Equal(t, []string{
		"Tue 19 Aug 07:30 admins reminder admin.kab",
		"Wed 20 Aug 07:30 national late admin.nas,operator",
	}, b.pass(wib("2025-08-21 00:00"), report.VerificationClock))
}

func TestAMarkThatADecreeLiftedFallsBackToReminders(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.people()
	b.setNow(wib("2025-08-13 09:00"))
	id := b.file(filed{}).ID // V: 14, 15 and 18 August
	require.Len(t, b.pass(wib("2025-08-19 06:00"), report.VerificationClock), 2)
	require.True(t, b.load(id).State.Clock(report.VerificationClock).Late())
	b.revise(after18August)
	b.confirm(id)
	require.Equal(t, []string{
		"Wed 20 Aug 07:30 national late admin.nas,operator", // day 3, the 19th now, was reminded of on the 18th
	}, b.pass(wib("2025-08-21 00:00"), report.VerificationClock))
}

func TestASecondLatenessIsAnEventOfItsOwn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.people()
	b.setNow(wib("2025-08-13 09:00"))
	id := b.file(filed{}).ID
	require.Len(t, b.pass(wib("2025-08-19 08:00"), report.VerificationClock), 3) // the first rung has left
	b.revise(after18August)
	b.confirm(id)
	require.False(t, b.load(id).State.Clock(report.VerificationClock).Late())
	require.Equal(t, []string{"Wed 20 Aug 07:30 national late admin.nas,operator"}, b.pass(wib("2025-08-21 00:00"), report.VerificationClock))
}

func TestAnExtensionIsRemindedOfAtItsWholeLength(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.people()
	id := b.file(filed{}).ID
	b.forward(id, works)
	require.Len(t, b.pass(wib("2025-08-12 09:00"), report.FirstFollowUp), 2) // days 3 and 4 of 5
	b.mustGive(id, b.said(report.Command{Action: report.RequestExtension, By: report.Officer, Office: works, Clock: report.FirstFollowUp, Days: 3}))
	b.mustGive(id, b.said(report.Command{Action: report.Extend, By: report.Admin, Office: kab}))
	require.Equal(t, []string{ // eight days: the fourth was reminded of
		"Fri 15 Aug 07:30 officers reminder officer.pu",
		"Mon 18 Aug 07:30 officers reminder officer.pu",
		"Tue 19 Aug 07:30 officers late officer.pu",
	}, b.pass(wib("2025-08-20 00:00"), report.FirstFollowUp))
}

func TestReportersOfMergedReportsAreToldThatTheTargetCloses(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	target, child := b.merged()
	b.followUp(target, report.Concluding, "Sudah.")
	require.Equal(t, []string{ // ten days, 20 August the last
		"Tue 19 Aug 07:30 reporter closing_tomorrow",
		"Tue 19 Aug 07:30 reporter closing_tomorrow",
	}, b.pass(wib("2025-08-20 12:00"), report.Silence))
	require.Equal(t, 1, b.count(`SELECT count(*) FROM outbox WHERE report = $1 AND template = 'closing_tomorrow' AND sent_at IS NOT NULL`, child))
	require.Empty(t, contradictions(b))
}

func TestDemonstrationRemindsAndEscalatesAtAnyHour(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.people()
	b.setNow(wib("2025-08-09 23:00")) // Saturday night; F: 30 seconds, due soon after 24
	b.forward(b.file(filed{rules: "demo"}).ID, works)
	var seconds []string
	for range 140 {
		for _, line := range b.pass(b.now().Add(time.Second), report.FirstFollowUp) {
			seconds = append(seconds, fmt.Sprint(b.now().Sub(wib("2025-08-09 23:00")).Seconds(), line[16:]))
		}
	}
	require.Equal(t, []string{
		"24 officers reminder officer.pu", "30 officers late officer.pu", "60 admins late admin.pu", "90 heads late head.kab",
		"120 national late admin.nas,operator",
	}, seconds)
}

// RULES.md section 6: its head and higher rungs once escalated to.
func TestASecretReportIsReadByTheHeadItWasEscalatedTo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.people()
	id := b.file(filed{secret: true}).ID
	b.forward(id, works)
	head, admin := staff(kab, "head"), staff(works, "admin")
	b.pass(wib("2025-08-18 07:29"), report.FirstFollowUp)
	require.Empty(t, b.as(admin, all))
	b.pass(wib("2025-08-18 08:00"), report.FirstFollowUp)
	require.Equal(t, []string{id}, b.as(admin, all))
	require.Empty(t, b.as(head, all))
	b.pass(wib("2025-08-20 08:00"), report.FirstFollowUp)
	require.Equal(t, []string{id}, b.as(head, all))
	require.Equal(t, []store.Escalated{{Unit: works, Role: "admin"}, {Unit: kab, Role: "head"}}, b.load(id).Escalated)

	n := b.said(report.Command{Action: report.Amend, By: report.Admin, Office: kab, Class: report.ComplaintOrdinary})
	n.Accused = []string{kab}
	b.mustGive(id, n)
	require.Empty(t, b.as(head, all), "an accused head never reads")
}

func TestOneBadAddressHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.people()
	b.must(func(ctx context.Context, tx *store.Tx) error {
		return tx.PutStaff(ctx, store.StaffMember{Subject: "officer.pu2", Name: "Petugas lain", Unit: works, Roles: []string{"officer"}, Active: true})
	})
	b.forward(b.file(filed{}).ID, works)
	b.pass(wib("2025-08-11 07:29"), report.FirstFollowUp)
	b.setNow(wib("2025-08-11 07:30"))
	n := b.notices(10)
	require.Equal(t, []string{"officers reminder"}, templates(n))
	b.must(func(ctx context.Context, tx *store.Tx) error {
		return tx.Failed(ctx, n[0].ID, errors.New("mailbox full"), "officer.pu2")
	})
	require.Equal(t, []string{
		"Mon 11 Aug 07:30 officers reminder officer.pu", // 30 seconds later, to him alone
		"Tue 12 Aug 07:30 officers reminder officer.pu,officer.pu2",
	}, b.pass(wib("2025-08-12 12:00"), report.FirstFollowUp))
}

func TestARungThatCannotBeSentDoesNotEndTheEscalation(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.people()
	b.forward(b.file(filed{}).ID, works)
	b.pass(wib("2025-08-14 07:29"), report.FirstFollowUp)
	for range 10 {
		b.setNow(b.nextAt(wib("2025-08-20 00:00")))
		for _, n := range b.notices(10) {
			require.Equal(t, "late", n.Template)
			b.must(func(ctx context.Context, tx *store.Tx) error { return tx.Failed(ctx, n.ID, errors.New("mailbox full")) })
		}
	}
	require.Equal(t, []string{
		"Mon 18 Aug 07:30 admins late admin.pu",
		"Wed 20 Aug 07:30 heads late head.kab",
	}, b.pass(wib("2025-08-21 00:00"), report.FirstFollowUp))
}

func TestClocksOlderThanTheirPlansGetOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.people()
	id := b.file(filed{}).ID
	f := b.forward(id, works).Clock(report.FirstFollowUp)
	conn := b.connect()
	_, err := conn.Exec(t.Context(), `DELETE FROM outbox WHERE step IS NOT NULL`)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), `
		INSERT INTO outbox (report, seq, dedup, template, audience, clock, step, send_at, created_at)
		VALUES ($1, 2, 'look', 'look', 'national', $2, 'look', $3, $3)`, id, fmt.Sprintf("%s:%d", f.Kind, f.Seq), b.now())
	require.NoError(t, err)
	require.Equal(t, []string{"Mon 11 Aug 07:30 officers reminder officer.pu"}, b.pass(wib("2025-08-11 12:00"), report.FirstFollowUp))
}

func TestARunningClockHasAtMostOneWaitingStep(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.people()
	b.forward(b.file(filed{}).ID, works)
	for at := wib("2025-08-07 00:00"); at.Before(wib("2025-09-10 00:00")); at = at.Add(12 * time.Hour) {
		b.pass(at, "")
		require.Zero(t, b.count(`
			SELECT count(*)
			FROM (
				SELECT clock
				FROM outbox
				WHERE step IS NOT NULL AND sent_at IS NULL AND void_at IS NULL
				GROUP BY report, clock
				HAVING count(*) > 1) AS twice`))
	}
	require.Zero(t, b.count(`SELECT count(*) FROM outbox WHERE extract(isodow FROM sent_at AT TIME ZONE 'Asia/Jakarta') > 5`))
	require.Empty(t, contradictions(b))
}
