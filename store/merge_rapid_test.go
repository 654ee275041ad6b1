package store

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/report"
)

// shelf holds the calendars of two agencies, and of the queue, as they were
// known on each day: a decree is known from the day of its issue.
type shelf map[string]*calendar.Book

// shelved are the zones of the calendars, by the unit that has them.
var shelved = map[string]string{"kab": "Asia/Jakarta", "pu": "Asia/Jakarta", "timur": "Asia/Jayapura"}

func (h shelf) on(t require.TestingT, now time.Time) almanac {
	revision := calendar.National().RevisionOn(calendar.DateOf(now))
	k := almanac{newCounters(nil), map[string]*calendar.Book{}}
	for unit, name := range shelved {
		row := CalendarRow{ID: name, Zone: name, WeekDays: 5, JointLeave: true, Revision: revision}
		key := fmt.Sprint(name, revision)
		if h[key] == nil {
			zone, err := calendar.Zone(name)
			require.NoError(t, err)
			h[key], err = calendar.NewBook(calendar.Config{ID: name, Zone: zone, WeekDays: 5, JointLeaveOff: true, Ledger: calendar.National()}, revision)
			require.NoError(t, err)
		}
		k.of[unit], k.row[name], k.books[name] = row, row, h[key]
	}
	return k
}

// desk is one report with the lives of its clocks, as the tables hold them.
type desk struct {
	t     require.TestingT
	h     shelf
	now   time.Time
	state report.State
	lives map[string]calendar.Life
}

func (d desk) clone() desk {
	d.state.Clocks = slices.Clone(d.state.Clocks)
	lives := map[string]calendar.Life{}
	for k, l := range d.lives {
		lives[k] = slices.Clone(l)
	}
	d.lives = lives
	return d
}

func (d *desk) known() []lived {
	var all []lived
	for _, c := range d.state.Clocks {
		all = append(all, lived{c, d.lives[clockName(c)]})
	}
	return all
}

// at lets time pass: decrees issued meanwhile are recorded and counted, and
// clocks whose time has come are late.
func (d *desk) at(now time.Time) {
	for day := calendar.DateOf(d.now); day <= calendar.DateOf(now); day++ {
		if calendar.National().RevisionOn(day) == calendar.National().RevisionOn(day-1) {
			continue
		}
		d.now = latestOf(d.now, day.Time())
		d.markLate()
		settled, _, err := d.h.on(d.t, d.now).recountAll(d.known())
		require.NoError(d.t, err)
		d.state.Settle(settled, d.now)
	}
	d.now = now
	d.markLate()
}

func (d *desk) markLate() {
	if d.state.Stage == report.Merged {
		return
	}
	for _, c := range d.state.Clocks {
		if c.Kind.Duty() && c.Status == report.Running && !c.Late() && !d.now.Before(c.DueAt) {
			d.must(report.Command{Action: report.MarkLate, By: report.System, Clock: c.Kind, ClockSeq: c.Seq, ReceivedAt: c.DueAt})
		}
	}
}

// give applies a command as Advance does, but for the tables.
func (d *desk) give(c report.Command) error {
	c.ID, c.Digests = "c", []string{"00"}
	if c.ReceivedAt.IsZero() {
		c.ReceivedAt = d.now
	}
	next, _, err := report.Apply(d.state, c)
	if err != nil {
		return err
	}
	_, lives, err := d.h.on(d.t, d.now).settleAll(&next, d.known(), c.ReceivedAt, d.now)
	require.NoError(d.t, err)
	for i, l := range lives {
		d.lives[clockName(next.Clocks[i])] = append(d.lives[clockName(next.Clocks[i])], l...)
	}
	next.Prune()
	d.state = next
	return nil
}

func (d *desk) must(c report.Command) {
	require.NoError(d.t, d.give(c), c.Action)
}

// acts are what staff and reporter may do with a report before it is merged.
var acts = []report.Command{
	{Action: report.PostFollowUp, By: report.Officer, Kind: report.Interim},
	{Action: report.PostFollowUp, By: report.Officer, Kind: report.Concluding},
	{Action: report.Reply, By: report.Reporter},
	{Action: report.Return, By: report.Officer},
	{Action: report.Forward, By: report.Admin, Unit: "pu"},
	{Action: report.Forward, By: report.Admin, Unit: "timur"},
	{Action: report.Reassign, By: report.Admin, Unit: "pu"},
	{Action: report.Reassign, By: report.Admin, Unit: "timur"},
	{Action: report.Amend, By: report.Admin, Class: report.ComplaintSupervisory},
	{Action: report.RequestExtension, By: report.Officer, Clock: report.Resolution, Days: 5},
	{Action: report.RequestExtension, By: report.Officer, Clock: report.FirstFollowUp, Days: 2},
	{Action: report.Extend, By: report.Admin},
}

// later draws a moment up to some days after another, at an hour at which the
// civil day is the same in every zone and in UTC.
func later(rt *rapid.T, than time.Time, days int) time.Time {
	day, first := rapid.IntRange(0, days).Draw(rt, "days"), 0
	if day == 0 {
		first = than.Hour()
	}
	midnight := than.Truncate(24 * time.Hour)
	return midnight.Add(time.Duration(day*24+rapid.IntRange(first, 14).Draw(rt, "hour")) * time.Hour)
}

// aDesk draws a published report, open, and what happened to it.
func aDesk(rt *rapid.T, h shelf) desk {
	rules, err := report.RulesByID(report.DefaultRules)
	require.NoError(rt, err)
	now := later(rt, time.Date(2019, time.January, 2, 0, 0, 0, 0, time.UTC), 2400)
	s, _, err := report.New(report.State{ID: "KWL", Queue: "kab", Class: report.ComplaintOrdinary, Category: "roads", Region: "32", Channel: "web", Rules: rules}, now)
	require.NoError(rt, err)
	d := desk{t: rt, h: h, now: now, lives: map[string]calendar.Life{}}
	_, lives, err := h.on(rt, now).settleAll(&s, nil, now, now)
	require.NoError(rt, err)
	d.state, d.lives[clockName(s.Clocks[0])] = s, lives[0]
	d.must(report.Command{Action: report.Forward, By: report.Admin, Unit: rapid.SampledFrom([]string{"pu", "timur"}).Draw(rt, "agency")})
	for range rapid.IntRange(0, 8).Draw(rt, "acts") {
		d.at(later(rt, d.now, 10))
		seq := d.state.Seq
		if err := d.give(rapid.SampledFrom(acts).Draw(rt, "act")); err != nil {
			require.Equal(rt, seq, d.state.Seq)
		}
	}
	return d
}

// resumed is the date of a clock paused by a merge and resumed, by the words of
// RULES.md section 3: the working days after the day of the pause up to the due
// day are counted after the day of resumption, under the law of that day; what
// was held stands if it is later.
func (d desk) resumed(c report.Clock, from, until time.Time) time.Time {
	_, x, err := d.h.on(d.t, until).unit(c.Unit)
	require.NoError(d.t, err)
	b := d.h.on(d.t, from).books[c.Calendar]
	bound, err := b.Config().At(c.Revision)
	require.NoError(d.t, err)
	due := bound.Date(c.DueAt.Add(-time.Nanosecond))
	left := bound.Remaining(bound.Date(from), due)
	return latestOf(c.DueAt, x.DueProvisional(until, left).At)
}

// unmerge(merge(a)) = a but for the audit trail and for the days on which clocks
// stood still. A twin of a, never merged, shows what became of what the merge did
// not pause, and of all if it lasted no civil day.
func TestUnmergingResumesTheClocksWithTheirRest(t *testing.T) {
	t.Parallel()
	h, lasted := shelf{}, map[bool]int{}
	rapid.Check(t, func(rt *rapid.T) {
		d := aDesk(rt, h)
		before, merged := d.clone(), d.now
		if err := d.give(report.Command{Action: report.Merge, By: report.Admin, Target: "KWL-2"}); err != nil {
			require.Equal(rt, before.state, d.state)
			return
		}
		paused := d.clone()
		d.at(later(rt, merged, rapid.SampledFrom([]int{0, 3, 90}).Draw(rt, "at most")))
		d.must(report.Command{Action: report.Unmerge, By: report.Admin})
		twin := before.clone()
		twin.at(d.now)

		require.Equal(rt, before.state.Stage, d.state.Stage)
		require.Len(rt, d.state.Clocks, len(before.state.Clocks))
		for i, c := range before.state.Clocks {
			now := d.state.Clocks[i]
			require.Equal(rt, c.Kind, now.Kind)
			if c.Status == report.Running && paused.state.Clocks[i].Status == report.Paused {
				sameDay := calendar.DateOf(merged) == calendar.DateOf(d.now)
				lasted[sameDay]++
				want := d.resumed(c, merged, d.now)
				if sameDay {
					want = twin.state.Clocks[i].DueAt
				}
				require.Equal(rt, report.Running, now.Status)
				require.Equal(rt, c.Limit, now.Limit)
				require.Equal(rt, want, now.DueAt, "%s, merged from %s to %s", c.Kind, merged, d.now)
				continue
			}
			require.Equal(rt, twin.state.Clocks[i], now, "late or paused before: as if never merged")
		}
	})
	require.Positive(t, lasted[false])
	require.Positive(t, lasted[true])
}
