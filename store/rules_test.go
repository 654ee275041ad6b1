package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

func day(s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// next is a version of the default rule set with its own first limit.
func next(t testing.TB, version int, from string, verification int) report.RuleSet {
	t.Helper()
	r, err := report.RulesByID(report.DefaultRules)
	require.NoError(t, err)
	r.Version, r.Verification.N, r.Source = version, verification, "Peraturan Contoh"
	if from != "" {
		r.From = day(from).Time()
	}
	return r
}

func (b *bench) addRules(versions ...report.RuleSet) (added []report.RuleSet, err error) {
	err = b.do(func(ctx context.Context, tx *store.Tx) error {
		added, err = tx.AddRules(ctx, versions)
		return err
	})
	return added, err
}

func (b *bench) rules(id, on string) (r report.RuleSet, err error) {
	err = b.do(func(ctx context.Context, tx *store.Tx) error {
		r, err = tx.Rules(ctx, id, day(on))
		return err
	})
	return r, err
}

func TestMigratingPutsInTheRuleSetsOfTheBuildOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	all, err := b.s.RuleSets(t.Context())
	require.NoError(t, err)
	require.Equal(t, report.RuleSets(), all)
	// What an operator loaded stays, and nothing is put beside it.
	added, err := b.addRules(next(t, 2, "2025-09-01", 4))
	require.NoError(t, err)
	require.Len(t, added, 1)
	_, err = b.connect().Exec(t.Context(), `DELETE FROM rule_set WHERE id = 'sp4n-lapor' AND version = 1`)
	require.NoError(t, err)
	before := b.count(`SELECT count(*) FROM rule_set`)
	require.NoError(t, store.Migrate(t.Context(), b.url))
	require.Equal(t, before, b.count(`SELECT count(*) FROM rule_set`))
}

func TestTheRulesInForceAreThoseOfTheDay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := b.addRules(next(t, 2, "2025-09-01", 4), next(t, 3, "2025-10-01", 5))
	require.NoError(t, err)
	for on, version := range map[string]int{"2025-08-31": 1, "2025-09-01": 2, "2025-09-30": 2, "2025-10-01": 3, "2031-01-01": 3} {
		r, err := b.rules(report.DefaultRules, on)
		require.NoError(t, err)
		require.Equal(t, version, r.Version, on)
	}
	_, err = b.rules("hukum-rimba", "2025-09-01")
	require.ErrorIs(t, err, fault.NotFound)
	future := next(t, 1, "2026-01-01", 3)
	future.ID = "kabupaten"
	_, err = b.addRules(future)
	require.NoError(t, err)
	_, err = b.rules("kabupaten", "2025-12-31")
	require.ErrorIs(t, err, fault.Conflict)
	_, err = b.rules("kabupaten", "2026-01-01")
	require.NoError(t, err)
}

func TestARecordedVersionNeverChanges(t *testing.T) {
	t.Parallel()
	b := newBench(t) // Wednesday 6 August 2025, 09:00 WIB
	first, err := report.RulesByID(report.DefaultRules)
	require.NoError(t, err)
	second := next(t, 2, "2025-09-01", 4)
	added, err := b.addRules(first, second)
	require.NoError(t, err)
	require.Equal(t, []report.RuleSet{second}, added)
	added, err = b.addRules(first, second)
	require.NoError(t, err)
	require.Empty(t, added, "the same again does nothing")
	b.setNow(wib("2025-12-01 09:00"))
	added, err = b.addRules(second)
	require.NoError(t, err)
	require.Empty(t, added, "nor once it has begun")
	b.setNow(wednesday)

	demo := next(t, 3, "2025-10-01", 4)
	demo.Demo = true
	other := next(t, 2, "2025-09-01", 4)
	other.Provisional = true
	for name, c := range map[string]struct {
		versions []report.RuleSet
		reason   string
	}{
		"other limits":              {[]report.RuleSet{next(t, 2, "2025-09-01", 7)}, "sudah ada dengan isi lain"},
		"another mark":              {[]report.RuleSet{other}, "sudah ada dengan isi lain"},
		"another date":              {[]report.RuleSet{next(t, 2, "2025-09-02", 4)}, "sudah ada dengan isi lain"},
		"good, then changed":        {[]report.RuleSet{next(t, 1, "", 9), next(t, 3, "2025-10-01", 4)}, "sudah ada dengan isi lain"},
		"no later than the last":    {[]report.RuleSet{next(t, 3, "2025-09-01", 4)}, "harus berlaku setelah"},
		"demonstration all at once": {[]report.RuleSet{demo}, "peragaan"},
		"good, then demonstration":  {[]report.RuleSet{next(t, 3, "2025-10-01", 4), demo}, "peragaan"},
	} {
		_, err := b.addRules(c.versions...)
		require.ErrorIs(t, err, fault.Conflict, name)
		require.ErrorContains(t, err, c.reason, name)
	}
	require.Equal(t, 2, b.count(`SELECT count(*) FROM rule_set WHERE id = 'sp4n-lapor'`), "nothing half done")
	_, err = b.addRules(next(t, 4, "2025-10-01", 4))
	require.NoError(t, err)
	_, err = b.addRules(next(t, 3, "2025-09-15", 4))
	require.ErrorContains(t, err, "lebih lama daripada versi 4")
}

func TestRulesAreNotChangedBackwards(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, c := range []struct {
		name, now string
		refused   bool
	}{
		{"today", "2025-08-06 23:59", false},
		{"yesterday", "2025-08-07 00:00", true},
		{"tomorrow", "2025-08-05 12:00", false},
	} {
		b.setNow(wib(c.now))
		versions, id := []report.RuleSet{next(t, 2, "2025-08-06", 4)}, report.DefaultRules
		if c.refused {
			_, err := b.addRules(versions...)
			require.ErrorIs(t, err, fault.Conflict, c.name)
			require.ErrorContains(t, err, "tidak diubah surut", c.name)
			continue
		}
		_, err := b.addRules(versions...)
		require.NoError(t, err, c.name)
		_, err = b.connect().Exec(t.Context(), `DELETE FROM rule_set WHERE id = $1 AND version = 2`, id)
		require.NoError(t, err)
	}
	own := []report.RuleSet{next(t, 1, "2020-01-01", 3), next(t, 2, "2024-01-01", 4)}
	own[0].ID, own[1].ID = "kabupaten", "kabupaten"
	_, err := b.addRules(own...)
	require.NoError(t, err, "an id that nobody has used has no past to change")
}

func TestWhoServesRequestsCannotRewriteRules(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	conn := b.connect()
	_, err := conn.Exec(t.Context(), `SET ROLE kawal_app`)
	require.NoError(t, err)
	for _, sql := range []string{`UPDATE rule_set SET version = 9`, `DELETE FROM rule_set`, `TRUNCATE rule_set`} {
		_, err := conn.Exec(t.Context(), sql)
		require.ErrorContains(t, err, "permission denied", sql)
	}
}

func TestTwoLoadsAtOnceMakeOneVersion(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	type result struct {
		added []report.RuleSet
		err   error
	}
	results := make(chan result, 2)
	for n := range 2 {
		r := next(t, 2, "2025-09-01", 4+n)
		go func() {
			added, err := b.addRules(r)
			results <- result{added, err}
		}()
	}
	refused := 0
	for range 2 {
		if r := <-results; r.err != nil {
			require.ErrorIs(t, r.err, fault.Conflict)
			refused++
		} else {
			require.Len(t, r.added, 1)
		}
	}
	require.Equal(t, 1, refused)
}

// A report accepted yesterday keeps yesterday's rules through every later stage.
func TestAReportKeepsTheRulesItWasAcceptedUnder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.file(filed{class: report.ComplaintOrdinary})
	long := next(t, 2, "2025-08-07", 9)
	long.FollowUp.N, long.Resolution[report.ComplaintOrdinary] = 1, report.Limit{Unit: report.WorkingDays, N: 90}
	_, err := b.addRules(long)
	require.NoError(t, err)
	b.setNow(wednesday.Add(24 * time.Hour))
	s = b.forward(s.ID, works)
	require.Equal(t, 1, s.Rules.Version)
	require.Equal(t, 5, s.Clock(report.FirstFollowUp).Limit.N)
	require.Equal(t, 14, s.Clock(report.Resolution).Limit.N)
}
