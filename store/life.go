package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/report"
)

// lived is a clock as recorded, with all that happened to it.
type lived struct {
	report.Clock
	Life calendar.Life
}

type livedRow struct {
	Clock json.RawMessage
	Life  json.RawMessage
}

// queueLives queues a read of the live clocks of a report.
func queueLives(b *pgx.Batch, dst *[]livedRow, id string) {
	into(b, dst, pgx.RowToStructByName[livedRow], `
		SELECT clock, life
		FROM clock_json
		WHERE report = $1 AND status IN ('running', 'paused')
		ORDER BY seq, kind`, id)
}

func decodeLives(rows []livedRow) ([]lived, error) {
	all := make([]lived, len(rows))
	for i, r := range rows {
		if err := json.Unmarshal(r.Clock, &all[i].Clock); err != nil {
			return nil, fmt.Errorf("decode clock: %w", err)
		}
		if err := json.Unmarshal(r.Life, &all[i].Life); err != nil {
			return nil, fmt.Errorf("decode life of clock: %w", err)
		}
		all[i].Clock = micro(report.State{Clocks: []report.Clock{all[i].Clock}}).Clocks[0]
	}
	return all, nil
}

// almanac is the calendars that some clocks need, opened.
type almanac struct {
	counters
	books map[string]*calendar.Book
}

// open opens the calendars that were found. While this transaction revises them
// nothing that it reads is kept for others: it may not be committed.
func (t *Tx) open(ctx context.Context, k counters) (almanac, error) {
	a := almanac{k, map[string]*calendar.Book{}}
	read := t.s.book
	if t.revising {
		read = readBook
	}
	for id, row := range k.row {
		b, err := read(ctx, t.conn, row)
		if err != nil {
			return a, err
		}
		a.books[id] = b
	}
	return a, nil
}

// unit returns the calendar of a unit under every decree known.
func (k almanac) unit(unit string) (CalendarRow, *calendar.Index, error) {
	row, ok := k.of[unit]
	if !ok {
		return row, nil, fmt.Errorf("unit %s has no calendar", unit)
	}
	x, err := k.books[row.ID].Latest()
	return row, x, err
}

// settle finds the date of a clock, given what was recorded of it before (nil
// for one that starts), and the steps by which its life goes on. at is the
// receipt of the command. It is pure but for the calendars it reads.
//
// A date once given is never given earlier: where the law gives an earlier one,
// the date held stands with its calendar and revision (RULES.md section 3).
func (k almanac) settle(c report.Clock, before *lived, at time.Time) (report.Settled, calendar.Life, error) {
	row, x, err := k.unit(c.Unit)
	if err != nil {
		return report.Settled{}, nil, err
	}
	var life calendar.Life
	added := 0
	if before != nil {
		if life, err = k.lifeOf(*before); err != nil {
			return report.Settled{}, nil, err
		}
		if len(before.Life) > 0 {
			added = len(life)
		}
	}
	if s, ok := step(c, before, row.ID, x, at); ok {
		life = append(life[:len(life):len(life)], s)
	}
	r, err := life.Reckon(k.books, 0)
	if err != nil {
		return report.Settled{}, nil, fmt.Errorf("count clock %s: %w", c.Kind, err)
	}
	return k.outcome(c, r, row), life[added:], nil
}

// step is what happened to a clock, as its life records it; false if nothing
// that counts.
func step(c report.Clock, before *lived, own string, x *calendar.Index, at time.Time) (calendar.Step, bool) {
	switch c.Pending {
	case report.PendingStart:
		return begin(c, c.StartedAt, c.Limit.N, own, x), true
	case report.PendingPause:
		return calendar.Step{Act: calendar.Pause, At: c.PausedAt}, true
	case report.PendingResume:
		return calendar.Step{Act: calendar.Resume, At: c.ResumedAt, Calendar: own}, true
	case report.PendingExtend:
		return calendar.Step{Act: calendar.Extend, At: at, N: c.Extra}, true
	case report.PendingMove:
		return calendar.Step{Act: calendar.Move, At: c.MovedAt, Calendar: own}, true
	case report.PendingRecount:
		if c.Grow > 0 {
			return calendar.Step{Act: calendar.Grow, At: at, N: c.Grow}, true
		}
		return calendar.Step{Act: calendar.Recount, At: at, Unit: calendar.Unit(c.Limit.Unit), N: c.Limit.N + c.Extra}, true
	}
	if before != nil && c.Status == report.Paused && c.Limit.N > before.Limit.N {
		return calendar.Step{Act: calendar.Grow, At: at, N: c.Limit.N - before.Limit.N}, true
	}
	return calendar.Step{}, false
}

// begin is the first step of a life. By days it holds the day and no time, so
// that clocks of the same day have the same life.
func begin(c report.Clock, from time.Time, n int, id string, x *calendar.Index) calendar.Step {
	s := calendar.Step{Act: calendar.Start, Unit: calendar.Unit(c.Limit.Unit), N: n, Calendar: id}
	if s.Unit.ByDay() {
		s.On = x.Date(from)
	} else {
		s.At = from
	}
	return s
}

// lifeOf is the life of a clock. For one older than the record of lives it is
// what can still be known: a start and a limit, or, where more has happened, the
// units that lay between its last beginning and its date.
func (k almanac) lifeOf(c lived) (calendar.Life, error) {
	if len(c.Life) > 0 {
		return c.Life, nil
	}
	b, ok := k.books[c.Calendar]
	if !ok {
		return nil, fmt.Errorf("calendar %s of clock %s is unknown", c.Calendar, c.Kind)
	}
	x, err := b.Config().At(min(c.Revision, b.Revision()))
	if err != nil {
		return nil, err
	}
	from, n := began(c.Clock), c.Limit.N
	if !untouched(c.Clock) {
		n = between(c.Clock, x, from)
	}
	life := calendar.Life{begin(c.Clock, from, n, c.Calendar, x)}
	if c.Status == report.Paused {
		life = append(life, calendar.Step{Act: calendar.Pause, At: c.PausedAt})
	}
	return life, nil
}

// untouched: the date follows from start and limit alone.
func untouched(c report.Clock) bool {
	return c.PausedAt.IsZero() && c.ResumedAt.IsZero() && c.MovedAt.IsZero() && c.Extra == 0
}

// between is how many units of the limit lie between a moment and the date.
func between(c report.Clock, x *calendar.Index, from time.Time) int {
	last := x.Date(c.DueAt.Add(-time.Nanosecond))
	switch c.Limit.Unit {
	case report.WorkingDays:
		return x.Remaining(x.Date(from), last)
	case report.CalendarDays:
		return max(0, int(last-x.Date(from)))
	case report.WorkingHours:
		return int((x.Hours(from, c.DueAt) + time.Hour - 1) / time.Hour)
	}
	return max(0, int(c.DueAt.Sub(from)/time.Second))
}

// began is the moment from which a clock counts what it still had.
func began(c report.Clock) time.Time {
	from := c.StartedAt
	for _, t := range []time.Time{c.ResumedAt, c.MovedAt} {
		if t.After(from) && (c.Status != report.Paused || t.Before(c.PausedAt)) {
			from = t
		}
	}
	return from
}

// outcome is the date that a reckoning gives a clock, or the one it holds if
// that is later.
func (k almanac) outcome(c report.Clock, r calendar.Reckoning, own CalendarRow) report.Settled {
	held, left := record(c), c.Left
	if r.Paused {
		left = r.Left
		if c.Pending == "" {
			left = max(left, c.Left)
		}
	}
	found := report.Settled{
		Kind: c.Kind, Seq: c.Seq, DueAt: r.Due.At, SoonAt: r.Soon, Calendar: r.Calendar, Revision: r.Due.Revision,
		Provisional: r.Due.Provisional, Left: left,
	}
	if found.Calendar == "" {
		found.Calendar, found.Revision = own.ID, own.Revision
	}
	if calendar.Unit(c.Limit.Unit).ByDay() {
		found.Date = r.Due.Date.String()
		found.Decree = shortNames(k.books[found.Calendar].Decrees(), found.Revision)[r.Due.Date.Year()]
		found.Skipped = skipped(r)
	}
	if found.DueAt.Before(held.DueAt) {
		held.Left = left
		return held
	}
	return found
}

// record is the date that the clock has.
func record(c report.Clock) report.Settled {
	return report.Settled{
		Kind: c.Kind, Seq: c.Seq, DueAt: c.DueAt, SoonAt: c.SoonAt, Calendar: c.Calendar, Revision: c.Revision,
		Provisional: c.Provisional, Date: c.Date, Decree: c.Decree, Left: c.Left, Late: c.Late(),
	}
}

// skipped names the days not counted that are off by a decree:
// "2025-08-18 SKB2025r1 Cuti Bersama ...".
func skipped(r calendar.Reckoning) []string {
	var days []string
	for _, d := range r.Off() {
		if d.Kind != calendar.Weekend {
			days = append(days, fmt.Sprintf("%s %s %s", d.Date, d.Decree, d.Name))
		}
	}
	return days
}
