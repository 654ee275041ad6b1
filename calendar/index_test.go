package calendar_test

import (
	"testing"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kawal-id/kawal/calendar"
)

// reference is a rickar/cal calendar of the same days: one Holiday per row in
// force at the revision, Locations and Observed nil, the week by WorkdayFunc.
func reference(c calendar.Config, revision int) *cal.BusinessCalendar {
	number := map[string]int{}
	for _, d := range c.Ledger.Decrees() {
		number[d.Key] = d.Revision
	}
	b := cal.NewBusinessCalendar()
	b.WorkdayFunc = func(t time.Time) bool {
		return t.Weekday() != time.Sunday && (c.WeekDays == 6 || t.Weekday() != time.Saturday)
	}
	for _, d := range c.Ledger.Days() {
		ended := d.SupersededBy != "" && number[d.SupersededBy] <= revision
		if number[d.Decree] > revision || ended || d.Kind == calendar.CollectiveLeave && !c.JointLeaveOff {
			continue
		}
		y, m, day := d.Date.Time().Date()
		b.AddHoliday(&cal.Holiday{Name: d.NameID, Month: m, Day: day, Func: cal.CalcDayOfMonth, StartYear: y, EndYear: y})
	}
	return b
}

type pair struct {
	index *calendar.Index
	cal   *cal.BusinessCalendar
	first calendar.Date
	last  calendar.Date
}

// pairs are index and reference for both weeks, joint leave off and worked, at
// revisions before and after amendments.
func pairs(t *testing.T) []pair {
	var ps []pair
	for _, week := range []int{5, 6} {
		for _, leave := range []bool{true, false} {
			for _, revision := range []int{1, 5, 13, 14, 15, 19, 23, 28, 35, 43, calendar.National().Revision()} {
				c := office(t, "Asia/Jakarta", week)
				c.JointLeaveOff = leave
				x := at(t, c, revision)
				last, ok := x.Horizon()
				require.True(t, ok)
				ps = append(ps, pair{x, reference(c, revision), calendar.NewDate(2017, 1, 1), last})
			}
		}
	}
	return ps
}

func TestAddEqualsTheReferenceOnEveryPair(t *testing.T) {
	t.Parallel()
	ps := pairs(t)
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(ps).Draw(t, "calendar")
		start := calendar.Date(rapid.Int32Range(int32(p.first), int32(p.last)).Draw(t, "start"))
		n := rapid.IntRange(1, 70).Draw(t, "n")
		got, err := p.index.Add(start, n)
		want := calendar.DateOf(p.cal.WorkdaysFrom(start.Time(), n))
		if want > p.last {
			require.ErrorIs(t, err, calendar.HorizonError{Year: p.last.Year() + 1})
			return
		}
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, got, p.index.NthDay(start, n))
		require.Equal(t, n, p.index.Count(start, got))
	})
}

func TestCountEqualsTheReferenceOnEveryPair(t *testing.T) {
	t.Parallel()
	ps := pairs(t)
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(ps).Draw(t, "calendar")
		from := calendar.Date(rapid.Int32Range(int32(p.first), int32(p.last)).Draw(t, "from"))
		to := calendar.Date(rapid.Int32Range(int32(p.first), int32(p.last)).Draw(t, "to"))
		want := 0
		if to > from {
			want = p.cal.WorkdaysInRange((from + 1).Time(), to.Time())
		}
		require.Equal(t, want, p.index.Count(from, to))
		require.Equal(t, p.cal.IsWorkday(to.Time()), p.index.IsWorking(to))
		require.Len(t, p.index.Skipped(from, to), max(int(to-from), 0)-want)
	})
}

// TestEachDayOfEachRevisionEqualsTheReference leaves no day to chance.
func TestEachDayOfEachRevisionEqualsTheReference(t *testing.T) {
	t.Parallel()
	c := office(t, "Asia/Makassar", 5)
	for revision := 1; revision <= c.Ledger.Revision(); revision++ {
		x, ref := at(t, c, revision), reference(c, revision)
		last, _ := x.Horizon()
		for d := calendar.NewDate(2017, 1, 1); d <= last; d++ {
			if x.IsWorking(d) != ref.IsWorkday(d.Time()) {
				require.Failf(t, "differs", "revision %d, %s", revision, d)
			}
		}
	}
}

// FuzzAddAndCountAgree tries any start, count and revision, outside the decreed
// years too.
func FuzzAddAndCountAgree(f *testing.F) {
	f.Add(int32(20306), 10, 43, true)
	f.Add(int32(-719162), 3, 0, false)
	f.Add(int32(2932890), 100_000, 47, true)
	f.Add(int32(17166), -1, 1, true)
	c := office(f, "Asia/Jayapura", 6)
	c.Overlay = aceh(f)
	chain, err := c.Chain()
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, day int32, n, revision int, leave bool) {
		c := c
		c.JointLeaveOff = leave
		x, err := c.At(revision)
		if revision < 0 || revision > chain.Revision() {
			require.Error(t, err)
			return
		}
		require.NoError(t, err)
		start := calendar.NewDate(1, 1, 1) + calendar.Date(uint32(day)%3_500_000)
		got, err := x.Add(start, n)
		due := x.DueProvisional(start.Start(c.Zone), n)
		if err != nil {
			require.True(t, due.Provisional || n < 0)
			return
		}
		require.False(t, due.Provisional)
		require.Equal(t, got, due.Date)
		require.True(t, x.IsWorking(got))
		if n > 0 {
			require.Equal(t, n, x.Count(start, got))
		}
	})
}

func TestAddAndCountDoNotAllocate(t *testing.T) {
	x := latest(t, office(t, "Asia/Jakarta", 5)) // not parallel: AllocsPerRun refuses
	start, to := calendar.NewDate(2025, 8, 6), calendar.NewDate(2026, 8, 6)
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		if _, err := x.Add(start, 60); err != nil {
			panic(err)
		}
	}))
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		if x.Count(start, to) == 0 {
			panic("nothing counted")
		}
	}))
}

func BenchmarkAdd(b *testing.B) {
	x := latest(b, office(b, "Asia/Jakarta", 5))
	start := calendar.NewDate(2025, 8, 6)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := x.Add(start+calendar.Date(i&255), i&63); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCount(b *testing.B) {
	x := latest(b, office(b, "Asia/Jakarta", 5))
	from := calendar.NewDate(2025, 8, 6)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if x.Count(from, from+100+calendar.Date(i&255)) == 0 {
			b.Fatal("nothing counted")
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	c := office(b, "Asia/Jakarta", 5)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Latest(); err != nil {
			b.Fatal(err)
		}
	}
}
