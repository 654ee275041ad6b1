package office_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// load records a version of a rule set made from the default one.
func (b *bench) load(id string, version int, from string, change func(*report.RuleSet)) {
	b.t.Helper()
	r, err := report.RulesByID(report.DefaultRules)
	require.NoError(b.t, err)
	r.ID, r.Version, r.Source = id, version, "Peraturan Contoh"
	r.From, err = time.Parse(time.DateOnly, from)
	require.NoError(b.t, err)
	change(&r)
	err = b.store.As(b.t.Context(), store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AddRules(ctx, []report.RuleSet{r})
		return err
	})
	require.NoError(b.t, err)
}

// deadlines returns the limits of a report's clocks by kind.
func (b *bench) limits(r office.Receipt) map[report.ClockKind]int {
	b.t.Helper()
	all, err := b.Deadlines(b.t.Context(), with(r.AccessCode), r.ID)
	require.NoError(b.t, err)
	n := map[report.ClockKind]int{}
	for _, d := range all {
		n[d.Kind] = d.Limit.N
	}
	return n
}

// Version 2 begins on 7 August, with a shorter and a longer limit. The report of
// the 6th is forwarded after it has begun.
func TestAReportAcceptedYesterdayKeepsYesterdaysRules(t *testing.T) {
	t.Parallel()
	b := newBench(t) // Wednesday 6 August 2025, 09:00 WIB
	b.load(report.DefaultRules, 2, "2025-08-07", func(r *report.RuleSet) {
		r.Verification.N, r.FollowUp.N = 1, 2
		r.Resolution[report.ComplaintOrdinary] = report.Limit{Unit: report.WorkingDays, N: 90}
	})
	yesterday := b.file()
	b.pass(24 * time.Hour)
	today := b.file()
	for _, r := range []office.Receipt{yesterday, today} {
		b.do("admin.kab", r.ID, forward())
	}
	require.Equal(t, map[report.ClockKind]int{report.VerificationClock: 3, report.FirstFollowUp: 5, report.Resolution: 14}, b.limits(yesterday))
	require.Equal(t, map[report.ClockKind]int{report.VerificationClock: 1, report.FirstFollowUp: 2, report.Resolution: 90}, b.limits(today))
	// Thu 7, Fri 8, Mon 11 August; and Fri 8 August: the following midnight in WIB.
	require.Equal(t, time.Date(2025, 8, 11, 17, 0, 0, 0, time.UTC), *yesterday.DueAt)
	require.Equal(t, time.Date(2025, 8, 8, 17, 0, 0, 0, time.UTC), *today.DueAt)
	require.Equal(t, 1, b.engine.started[0].Rules.Version)
	require.Equal(t, 2, b.engine.started[1].Rules.Version)
}

// A rule begins at midnight of the place where the report waits: 22:00 WIB is
// midnight in WIT.
func TestRulesBeginAtMidnightOfTheQueue(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	err := b.store.As(t.Context(), store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.PutCalendar(ctx, store.CalendarRow{ID: "wit", Zone: "Asia/Jayapura", WeekDays: 5, JointLeave: true}); err != nil {
			return err
		}
		return tx.PutAgency(ctx, store.Agency{ID: "kota", Name: "Kota Timur", Parent: "national", Region: "32.73", Calendar: "wit", Active: true})
	})
	require.NoError(t, err)
	b.load(report.DefaultRules, 2, "2025-08-07", func(*report.RuleSet) {})
	inTown := func(s *office.Submission) { s.Agency, s.Region = "kota", "32.73" }
	for _, c := range []struct {
		at       string // UTC
		wib, wit int    // version
	}{
		{"2025-08-06T14:59:59Z", 1, 1},
		{"2025-08-06T15:00:00Z", 1, 2},
		{"2025-08-06T16:59:59Z", 1, 2},
		{"2025-08-06T17:00:00Z", 2, 2},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		require.NoError(t, err)
		b.pass(at.Sub(b.now()))
		n := len(b.engine.started)
		b.file()
		b.file(inTown)
		require.Equal(t, "kab", b.engine.started[n].Queue)
		require.Equal(t, "kota", b.engine.started[n+1].Queue)
		require.Equal(t, c.wib, b.engine.started[n].Rules.Version, c.at)
		require.Equal(t, c.wit, b.engine.started[n+1].Rules.Version, c.at)
	}
}

func TestAUnitMayNameARuleSetOnceItIsInForce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := context.WithoutCancel(t.Context())
	unit := office.Agency{ID: "kab", Name: "Kabupaten Contoh", Parent: "national", Region: "32.04", RuleSet: "kabupaten", Active: true}
	requireField(t, b.PutAgency(ctx, b.as("admin.nasional"), unit), fault.Invalid, "/rule_set")
	b.load("kabupaten", 1, "2025-08-07", func(r *report.RuleSet) { r.Verification.N = 2 })
	err := b.PutAgency(ctx, b.as("admin.nasional"), unit)
	requireField(t, err, fault.Invalid, "/rule_set")
	require.ErrorContains(t, err, "baru berlaku sejak Kamis 7 Agustus 2025")
	b.pass(24 * time.Hour)
	require.NoError(t, b.PutAgency(ctx, b.as("admin.nasional"), unit))
	b.file()
	rules := b.engine.started[0].Rules
	require.Equal(t, "kabupaten", rules.ID)
	require.Equal(t, 2, rules.Verification.N)
}

func TestRuleSetsAreListedWithTheVersionOfToday(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.load(report.DefaultRules, 2, "2025-08-07", func(r *report.RuleSet) { r.Provisional = true })
	b.load("kabupaten", 1, "2026-01-01", func(*report.RuleSet) {})
	find := func(id string) office.RuleSet {
		all, err := b.RuleSets(t.Context())
		require.NoError(t, err)
		require.Len(t, all, 5)
		for _, s := range all {
			if s.ID == id {
				return s
			}
		}
		require.Fail(t, "not listed", id)
		return office.RuleSet{}
	}
	s := find(report.DefaultRules)
	require.Equal(t, 1, s.Current)
	require.Equal(t, []string{"", "2025-08-07"}, []string{s.Versions[0].From, s.Versions[1].From})
	require.True(t, s.Versions[1].Provisional)
	require.Len(t, s.Versions[0].Limits, 9)
	require.Contains(t, s.Versions[0].Limits, office.RuleLimit{
		Clock: report.Resolution, Class: report.Aspiration, Unit: report.WorkingDays, N: 14, Source: "ketentuan kami"})
	require.Zero(t, find("kabupaten").Current)
	require.True(t, find("demo").Demo)
	b.pass(24 * time.Hour)
	require.Equal(t, 2, find(report.DefaultRules).Current)
	b.Demo = false
	all, err := b.RuleSets(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 4, "nobody else is shown what is for demonstration")
}
