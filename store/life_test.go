package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/report"
)

// at reads a local time in WIB.
func at(t *testing.T, s string) time.Time {
	t.Helper()
	zone, err := calendar.Zone("Asia/Jakarta")
	require.NoError(t, err)
	v, err := time.ParseInLocation("2006-01-02 15:04:05", s, zone)
	require.NoError(t, err)
	return v.UTC()
}

// asOf is the national list as it stood on a day, in WIB, as the calendar of
// unit "dinas".
func asOf(t *testing.T, day string) almanac {
	t.Helper()
	d, err := calendar.ParseDate(day)
	require.NoError(t, err)
	zone, err := calendar.Zone("Asia/Jakarta")
	require.NoError(t, err)
	c := calendar.Config{ID: "wib", Zone: zone, WeekDays: 5, JointLeaveOff: true, Ledger: calendar.National()}
	row := CalendarRow{ID: "wib", Zone: "Asia/Jakarta", WeekDays: 5, JointLeave: true, Revision: calendar.National().RevisionOn(d)}
	b, err := calendar.NewBook(c, row.Revision)
	require.NoError(t, err)
	return almanac{counters{map[string]CalendarRow{"dinas": row}, map[string]CalendarRow{"wib": row}}, map[string]*calendar.Book{"wib": b}}
}

// before is what was on record of a clock when it became pending; nil for one
// that starts.
func before(c report.Clock) *lived {
	switch c.Pending {
	case report.PendingStart:
		return nil
	case report.PendingPause:
		c.PausedAt = time.Time{}
	case report.PendingResume:
		c.ResumedAt, c.Status = time.Time{}, report.Paused
	case report.PendingExtend:
		c.Extra = 0
	case report.PendingMove:
		c.MovedAt = time.Time{}
	case report.PendingRecount:
		c.Limit = report.Limit{Unit: report.WorkingDays, N: 5}
	}
	c.Pending = ""
	return &lived{Clock: c}
}

func days(n int) report.Limit    { return report.Limit{Unit: report.WorkingDays, N: n} }
func hours(n int) report.Limit   { return report.Limit{Unit: report.WorkingHours, N: n} }
func seconds(n int) report.Limit { return report.Limit{Unit: report.Seconds, N: n} }

func TestSettle(t *testing.T) {
	t.Parallel()
	const list, longer = "2025-08-06", "2025-08-07" // 18 August is off in the longer one
	var (
		start = func(l report.Limit, from string) report.Clock {
			return report.Clock{Pending: report.PendingStart, Limit: l, StartedAt: at(t, from)}
		}
		paused = func(l report.Limit, due, on string) report.Clock {
			return report.Clock{Pending: report.PendingPause, Limit: l, DueAt: at(t, due), PausedAt: at(t, on)}
		}
		resumed = func(l report.Limit, due, on, until string, left int) report.Clock {
			return report.Clock{Pending: report.PendingResume, Limit: l, DueAt: at(t, due), PausedAt: at(t, on),
				ResumedAt: at(t, until), Left: left}
		}
		grown = func(l report.Limit, from, due string, extra int) report.Clock {
			return report.Clock{Pending: report.PendingExtend, Limit: l, StartedAt: at(t, from), DueAt: at(t, due), Extra: extra}
		}
		moved = func(from, due, on string) report.Clock {
			return report.Clock{Pending: report.PendingMove, Limit: days(5), StartedAt: at(t, from), DueAt: at(t, due), MovedAt: at(t, on)}
		}
		pausedOnce = func(c report.Clock) report.Clock {
			c.PausedAt, c.ResumedAt = at(t, "2025-08-07 09:00:00"), at(t, "2025-08-14 09:00:00")
			return c
		}
		recounted = func(l report.Limit, due string, grow int) report.Clock {
			return report.Clock{Pending: report.PendingRecount, Limit: l, StartedAt: at(t, "2025-08-06 09:00:00"), DueAt: at(t, due), Grow: grow}
		}
	)
	tests := map[string]struct {
		clock       report.Clock
		bound, now  string // lists by day of issue
		due, soon   string
		left        int
		provisional bool
		from        string // day of the list that the answer names, if not now's
	}{
		"ten days as the list stood": {clock: start(days(10), "2025-08-06 09:00:00"),
			now: list, due: "2025-08-21 00:00:00", soon: "2025-08-19 00:00:00"},
		"ten days after the decree of 7 August": {clock: start(days(10), "2025-08-06 09:00:00"),
			now: longer, due: "2025-08-22 00:00:00", soon: "2025-08-20 00:00:00"},
		"one day is due soon from its first": {clock: start(days(1), "2025-08-06 09:00:00"),
			now: list, due: "2025-08-08 00:00:00", soon: "2025-08-06 00:00:00"},
		"no days on a Sunday": {clock: start(days(0), "2025-08-10 09:00:00"),
			now: list, due: "2025-08-12 00:00:00", soon: "2025-08-10 00:00:00"},
		"a receipt before local midnight": {clock: start(days(1), "2025-08-06 23:59:59"),
			now: list, due: "2025-08-08 00:00:00", soon: "2025-08-06 00:00:00"},
		"past the horizon it is provisional": {clock: start(days(60), "2025-11-20 09:00:00"),
			now: list, due: "2026-02-18 00:00:00", soon: "2026-02-16 00:00:00", provisional: true},
		"calendar days roll forward": {clock: start(report.Limit{Unit: report.CalendarDays, N: 3}, "2025-08-06 09:00:00"),
			now: list, due: "2025-08-12 00:00:00", soon: "2025-08-08 00:00:00"},
		"working hours pass in office hours": {clock: start(hours(1), "2025-08-09 09:00:00"),
			now: list, due: "2025-08-11 08:30:00", soon: "2025-08-11 08:18:00"},
		"seconds": {clock: start(seconds(20), "2025-08-09 09:00:00"),
			now: list, due: "2025-08-09 09:00:20", soon: "2025-08-09 09:00:16"},

		"a pause over a weekend keeps the working days": {clock: paused(days(3), "2025-08-12 00:00:00", "2025-08-08 15:00:00"),
			bound: list, now: list, due: "2025-08-12 00:00:00", left: 1},
		"a pause on the due day keeps nothing": {clock: paused(days(3), "2025-08-12 00:00:00", "2025-08-11 15:00:00"),
			bound: list, now: list, due: "2025-08-12 00:00:00"},
		"a pause keeps calendar days": {clock: paused(report.Limit{Unit: report.CalendarDays, N: 5}, "2025-08-12 00:00:00", "2025-08-08 15:00:00"),
			bound: list, now: list, due: "2025-08-12 00:00:00", left: 3},
		"a pause keeps office time as seconds": {clock: paused(hours(4), "2025-08-11 08:30:00", "2025-08-08 16:00:00"),
			bound: list, now: list, due: "2025-08-11 08:30:00", left: 5400}, // half an hour on Friday, one on Monday
		"a pause keeps seconds": {clock: paused(seconds(20), "2025-08-09 09:00:20", "2025-08-09 09:00:08"),
			bound: list, now: list, due: "2025-08-09 09:00:20", left: 12},

		"resumed on the same civil day": {clock: resumed(days(3), "2025-08-12 00:00:00", "2025-08-08 08:00:00", "2025-08-08 23:00:00", 1),
			bound: list, now: list, due: "2025-08-12 00:00:00", left: 1},
		"resumed with one day left": {clock: resumed(days(3), "2025-08-12 00:00:00", "2025-08-08 08:00:00", "2025-08-15 08:00:00", 1),
			bound: list, now: list, due: "2025-08-19 00:00:00", soon: "2025-08-15 00:00:00", left: 1},
		"resumed with nothing left on a working day": {clock: resumed(days(3), "2025-08-12 00:00:00", "2025-08-11 08:00:00", "2025-08-14 08:00:00", 0),
			bound: list, now: list, due: "2025-08-15 00:00:00", soon: "2025-08-14 00:00:00"},
		"resumed with nothing left on a Saturday": {clock: resumed(days(3), "2025-08-12 00:00:00", "2025-08-11 08:00:00", "2025-08-16 08:00:00", 0),
			bound: list, now: longer, due: "2025-08-20 00:00:00", soon: "2025-08-16 00:00:00"},
		"resumed in seconds on the same day": {clock: resumed(seconds(20), "2025-08-09 09:00:20", "2025-08-09 09:00:10", "2025-08-09 09:01:00", 10),
			bound: list, now: list, due: "2025-08-09 09:01:10", soon: "2025-08-09 09:01:08", left: 10},

		"resumed in office time": {clock: resumed(hours(4), "2025-08-11 08:30:00", "2025-08-08 16:00:00", "2025-08-13 09:00:00", 5400),
			bound: list, now: list, due: "2025-08-13 10:30:00", soon: "2025-08-13 10:12:00", left: 5400},

		"extended by an office hour": {clock: grown(hours(4), "2025-08-08 13:30:00", "2025-08-11 08:30:00", 1),
			bound: list, now: list, due: "2025-08-11 09:30:00", soon: "2025-08-11 08:30:00"},
		"extended by three days": {clock: grown(days(5), "2025-08-06 09:00:00", "2025-08-14 00:00:00", 3),
			bound: list, now: longer, due: "2025-08-20 00:00:00", soon: "2025-08-15 00:00:00"},
		"extended by seconds": {clock: grown(seconds(30), "2025-08-06 09:00:00", "2025-08-06 09:00:30", 20),
			bound: list, now: list, due: "2025-08-06 09:00:50", soon: "2025-08-06 09:00:40"},

		"moved with four days left": {clock: moved("2025-08-11 09:00:00", "2025-08-19 00:00:00", "2025-08-12 09:00:00"),
			bound: list, now: longer, due: "2025-08-20 00:00:00", soon: "2025-08-15 00:00:00"},
		"moved to a calendar that ends earlier": {clock: moved("2025-08-11 09:00:00", "2025-08-20 00:00:00", "2025-08-12 09:00:00"),
			bound: longer, now: list, due: "2025-08-20 00:00:00", from: longer},
		"recounted with a longer limit": {clock: recounted(days(14), "2025-08-14 00:00:00", 9),
			bound: list, now: list, due: "2025-08-27 00:00:00", soon: "2025-08-25 00:00:00"},
		"recounted after a pause, the pause is kept": {clock: pausedOnce(recounted(days(14), "2025-08-21 00:00:00", 9)),
			bound: list, now: list, due: "2025-09-03 00:00:00", soon: "2025-09-01 00:00:00"},
		"recounted in another unit from the start": {clock: recounted(report.Limit{Unit: report.CalendarDays, N: 14}, "2025-08-14 00:00:00", 0),
			bound: list, now: list, due: "2025-08-21 00:00:00", soon: "2025-08-19 00:00:00"},
		"recounted in another unit to an earlier date it stands": {clock: recounted(report.Limit{Unit: report.CalendarDays, N: 2}, "2025-08-27 00:00:00", 0),
			bound: list, now: list, due: "2025-08-27 00:00:00"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now, bound := asOf(t, tt.now), asOf(t, or(tt.bound, tt.now))
			tt.clock.Kind, tt.clock.Seq, tt.clock.Unit = report.Resolution, 4, "dinas"
			if tt.clock.Status = report.Running; tt.clock.Pending == report.PendingPause {
				tt.clock.Status = report.Paused
			}
			if tt.clock.StartedAt.IsZero() {
				tt.clock.StartedAt = at(t, map[report.Unit]string{
					report.WorkingDays: "2025-08-06 09:00:00", report.CalendarDays: "2025-08-06 09:00:00",
					report.WorkingHours: "2025-08-08 13:30:00", report.Seconds: "2025-08-09 09:00:00",
				}[tt.clock.Limit.Unit])
			}
			if !tt.clock.DueAt.IsZero() {
				tt.clock.Calendar, tt.clock.Revision = "wib", bound.row["wib"].Revision
			}
			prior := before(tt.clock)
			if prior != nil && tt.clock.Pending == report.PendingPause {
				prior.Status = report.Running
			}
			got, _, err := now.settle(tt.clock, prior, at(t, "2025-08-11 09:00:00"))
			require.NoError(t, err)
			require.Equal(t, at(t, tt.due), got.DueAt)
			require.Equal(t, tt.left, got.Left)
			require.Equal(t, tt.provisional, got.Provisional)
			require.Equal(t, report.Resolution, got.Kind)
			require.Equal(t, 4, got.Seq)
			require.Equal(t, "wib", got.Calendar)
			if tt.soon != "" {
				require.Equal(t, at(t, tt.soon), got.SoonAt)
			}
			if tt.from != "" {
				require.Equal(t, asOf(t, tt.from).row["wib"].Revision, got.Revision)
			}
		})
	}
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func TestARecountExtendsButNeverShortens(t *testing.T) {
	t.Parallel()
	list, longer := asOf(t, "2025-08-06"), asOf(t, "2025-08-07")
	again := func(k almanac, c report.Clock, life ...calendar.Step) report.Settled {
		c.Unit, c.Calendar = "dinas", "wib"
		f, _, err := k.recount(lived{c, life})
		require.NoError(t, err)
		return f
	}
	clock := report.Clock{Kind: report.Silence, Limit: days(10), Status: report.Running, StartedAt: at(t, "2025-08-06 09:00:00"),
		DueAt: at(t, "2025-08-21 00:00:00"), Revision: list.row["wib"].Revision}

	moved := again(longer, clock)
	require.Equal(t, at(t, "2025-08-22 00:00:00"), moved.DueAt)
	require.Equal(t, longer.row["wib"].Revision, moved.Revision)

	clock.DueAt, clock.Revision = moved.DueAt, moved.Revision
	require.Equal(t, at(t, "2025-08-22 00:00:00"), again(list, clock).DueAt, "as if the day had been taken back")

	// The last steps of a clock older than the record of lives are not known.
	resumed := report.Clock{Kind: report.Resolution, Limit: days(14), Status: report.Running, StartedAt: at(t, "2025-07-01 09:00:00"),
		ResumedAt: at(t, "2025-08-15 09:00:00"), Left: 2, DueAt: at(t, "2025-08-20 00:00:00"), Revision: list.row["wib"].Revision}
	require.Equal(t, at(t, "2025-08-21 00:00:00"), again(longer, resumed).DueAt)

	rolled := report.Clock{Kind: report.Resolution, Limit: report.Limit{Unit: report.CalendarDays, N: 12}, Status: report.Running,
		StartedAt: at(t, "2025-08-06 09:00:00"), DueAt: at(t, "2025-08-19 00:00:00"), Revision: list.row["wib"].Revision}
	require.Equal(t, at(t, "2025-08-20 00:00:00"), again(longer, rolled).DueAt)

	office := report.Clock{Kind: report.Resolution, Limit: hours(3), Status: report.Running, StartedAt: at(t, "2025-08-15 15:30:00"),
		DueAt: at(t, "2025-08-18 09:30:00"), Revision: list.row["wib"].Revision}
	require.Equal(t, at(t, "2025-08-19 09:30:00"), again(longer, office).DueAt, "Monday the 18th is off")

	demo := report.Clock{Limit: seconds(20), Status: report.Running, DueAt: at(t, "2025-08-18 09:00:00")}
	require.Equal(t, demo.DueAt, again(longer, demo).DueAt)
}

func TestAPausedClockKeepsMoreWhenADecreeIsRecordedLate(t *testing.T) {
	t.Parallel()
	// Five days from Tue 12 Aug: 13, 14, 15, 18, 19. Paused Tue 19 with nothing
	// left; by the decree of 7 Aug, recorded only now, the 18th was no day.
	zone, err := calendar.Zone("Asia/Jakarta")
	require.NoError(t, err)
	list, longer := asOf(t, "2025-08-06"), asOf(t, "2025-08-07")
	life := calendar.Life{
		{Act: calendar.Start, On: calendar.DateOf(at(t, "2025-08-12 09:00:00").In(zone)), Unit: calendar.WorkingDays, N: 5, Calendar: "wib"},
		{Act: calendar.Pause, At: at(t, "2025-08-19 10:00:00")},
	}
	c := report.Clock{Kind: report.VerificationClock, Unit: "dinas", Limit: days(5), Status: report.Paused, StartedAt: at(t, "2025-08-12 09:00:00"),
		PausedAt: at(t, "2025-08-19 10:00:00"), DueAt: at(t, "2025-08-20 00:00:00"), Calendar: "wib", Revision: list.row["wib"].Revision}
	same, changed, err := list.recount(lived{c, life})
	require.NoError(t, err)
	require.False(t, changed)
	require.Equal(t, 0, same.Left)
	f, changed, err := longer.recount(lived{c, life})
	require.NoError(t, err)
	require.True(t, changed)
	require.Equal(t, 1, f.Left)
	require.Equal(t, at(t, "2025-08-21 00:00:00"), f.DueAt)
}

func TestAProvisionalDateMovesWhenTheDecreeComes(t *testing.T) {
	t.Parallel()
	early, later := asOf(t, "2025-08-07"), asOf(t, "2025-12-31")
	clock := report.Clock{Kind: report.Resolution, Unit: "dinas", Limit: days(60), Status: report.Running,
		StartedAt: at(t, "2025-11-20 09:00:00"), Pending: report.PendingStart}
	first, life, err := early.settle(clock, nil, clock.StartedAt)
	require.NoError(t, err)
	require.True(t, first.Provisional)
	clock.DueAt, clock.Calendar, clock.Revision, clock.Provisional, clock.Pending = first.DueAt, "wib", first.Revision, true, ""
	moved, changed, err := later.recount(lived{clock, life})
	require.NoError(t, err)
	require.True(t, changed)
	require.False(t, moved.Provisional)
	require.Equal(t, "2026-02-20", moved.Date) // SKB 2026: 16 January, 16 and 17 February are off
}
