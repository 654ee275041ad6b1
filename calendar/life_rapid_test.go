package calendar_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kawal-id/kawal/calendar"
)

// aLife draws what may have happened to a clock of days: a start, then pauses,
// extensions and transfers in order of time. The last pause may still last.
func aLife(t *rapid.T) calendar.Life {
	unit := rapid.SampledFrom([]calendar.Unit{calendar.WorkingDays, calendar.CalendarDays}).Draw(t, "unit")
	first := calendar.NewDate(2019, time.January, 1) + calendar.Date(rapid.IntRange(0, 2200).Draw(t, "start"))
	id := rapid.SampledFrom([]string{"national", "wita"}).Draw(t, "calendar")
	life := calendar.Life{{Act: calendar.Start, On: first, Unit: unit, N: rapid.IntRange(0, 60).Draw(t, "n"), Calendar: id}}
	at := (first + 1).Time().Add(3 * time.Hour)
	for range rapid.IntRange(0, 5).Draw(t, "steps") {
		at = at.Add(time.Duration(rapid.IntRange(0, 30*24).Draw(t, "later")) * time.Hour)
		last := life[len(life)-1].Act
		switch act := rapid.SampledFrom([]calendar.Act{calendar.Pause, calendar.Extend, calendar.Move}).Draw(t, "act"); {
		case last == calendar.Pause:
			life = append(life, calendar.Step{Act: calendar.Resume, At: at, Calendar: id})
		case act == calendar.Extend:
			life = append(life, calendar.Step{Act: act, At: at, N: rapid.IntRange(1, 10).Draw(t, "more")})
		case act == calendar.Move:
			id = rapid.SampledFrom([]string{"national", "wita"}).Draw(t, "to")
			life = append(life, calendar.Step{Act: act, At: at, Calendar: id})
		default:
			life = append(life, calendar.Step{Act: act, At: at})
		}
	}
	return life
}

func TestARevisionNeverShortensARunningClock(t *testing.T) {
	t.Parallel()
	all := books(t)
	rapid.Check(t, func(rt *rapid.T) {
		life := aLife(rt)
		until := calendar.NewDate(2019, time.January, 1) + calendar.Date(rapid.IntRange(0, 2900).Draw(rt, "until"))
		before, err := life.Reckon(all, until)
		require.NoError(rt, err)
		after, err := life.Reckon(all, until+calendar.Date(rapid.IntRange(0, 900).Draw(rt, "more")))
		require.NoError(rt, err)
		require.False(rt, after.Due.At.Before(before.Due.At), "%v", life)
		require.GreaterOrEqual(rt, after.Left, before.Left)
	})
}

func TestADeadlineByDaysIsAWorkingDaysEnd(t *testing.T) {
	t.Parallel()
	all := books(t)
	rapid.Check(t, func(rt *rapid.T) {
		life := aLife(rt)
		r, err := life.Reckon(all, 0)
		require.NoError(rt, err)
		x, err := all[r.Calendar].Config().At(r.Due.Revision)
		require.NoError(rt, err)
		require.Equal(rt, r.Due.At, (r.Due.Date + 1).Start(all[r.Calendar].Config().Zone))
		require.True(rt, x.IsWorking(r.Due.Date) || r.Due.Provisional, "%s is off under the revision that gave it: %v", r.Due.Date, life)
	})
}

func TestPausingAndResumingOnOneDayChangesNothing(t *testing.T) {
	t.Parallel()
	all := books(t)
	rapid.Check(t, func(rt *rapid.T) {
		life := aLife(rt)
		if life[len(life)-1].Act == calendar.Pause {
			return
		}
		was, err := life.Reckon(all, 0)
		require.NoError(rt, err)
		last := life[0].On.Time().Add(24 * time.Hour)
		if at := life[len(life)-1].At; !at.IsZero() {
			last = at
		}
		day := calendar.DateOf(last) + calendar.Date(rapid.IntRange(1, 40).Draw(rt, "days"))
		noon := day.Time().Add(5 * time.Hour) // midday in WIB and WITA
		id := life.Calendar()
		with := append(life[:len(life):len(life)], calendar.Step{Act: calendar.Pause, At: noon},
			calendar.Step{Act: calendar.Resume, At: noon.Add(3 * time.Hour), Calendar: id})
		now, err := with.Reckon(all, 0)
		require.NoError(rt, err)
		require.Equal(rt, was.Due, now.Due, "%v", with)
		require.Len(rt, now.Pauses, len(was.Pauses))
	})
}

func TestALongerPauseNeverEndsEarlier(t *testing.T) {
	t.Parallel()
	all := books(t)
	rapid.Check(t, func(rt *rapid.T) {
		start := calendar.NewDate(2024, time.January, 1) + calendar.Date(rapid.IntRange(0, 500).Draw(rt, "start"))
		n := rapid.IntRange(1, 20).Draw(rt, "n")
		paused := rapid.IntRange(1, 10).Draw(rt, "paused")
		ends := func(days int) calendar.Date {
			from := (start + calendar.Date(paused)).Time().Add(5 * time.Hour)
			r, err := calendar.Life{
				{Act: calendar.Start, On: start, Unit: calendar.WorkingDays, N: n, Calendar: "national"},
				{Act: calendar.Pause, At: from},
				{Act: calendar.Resume, At: from.Add(time.Duration(days) * 24 * time.Hour), Calendar: "national"},
			}.Reckon(all, 0)
			require.NoError(rt, err)
			return r.Due.Date
		}
		days := rapid.IntRange(0, 60).Draw(rt, "days")
		require.LessOrEqual(rt, ends(days), ends(days+1))
	})
}
