package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/report"
)

// Explained is one clock and why it is due when it is. Where a date was once
// given that counting does not give any more, the date stands: it is the clock's.
type Explained struct {
	Clock       report.Clock
	Explanation calendar.Explanation
	DaysLeft    *int // working days after today, in the calendar's zone, up to its last day; nil unless it runs and has such a day
}

// Explained explains every clock that ever ran for a report, in the order in
// which they started; of clocks in seconds only the sentence is worth reading.
// It is empty for an unknown report.
func (t *Tx) Explained(ctx context.Context, id string) ([]Explained, error) {
	var rows []livedRow
	var every []CalendarRow
	b := &pgx.Batch{}
	into(b, &rows, pgx.RowToStructByName[livedRow], `
		SELECT clock, life
		FROM clock_json
		WHERE report = $1
		ORDER BY seq, kind`, id)
	into(b, &every, pgx.RowToStructByName[CalendarRow], `
		SELECT DISTINCT `+calendarColumns+`
		FROM clock k
		CROSS JOIN LATERAL (
			SELECT k.calendar AS id
			UNION
			SELECT s ->> 'cal' FROM jsonb_array_elements(k.life) AS s WHERE s ? 'cal') AS u
		JOIN calendar c ON c.id = u.id
		WHERE k.report = $1`, id)
	if err := t.run(ctx, b); err != nil {
		return nil, fmt.Errorf("select clocks of %s: %w", id, err)
	}
	clocks, err := decodeLives(rows)
	if err != nil {
		return nil, fmt.Errorf("clocks of %s: %w", id, err)
	}
	k := counters{row: map[string]CalendarRow{}}
	for _, c := range every {
		k.row[c.ID] = c
	}
	a, err := t.open(ctx, k)
	if err != nil {
		return nil, err
	}
	all := make([]Explained, len(clocks))
	for i, c := range clocks {
		if all[i], err = a.explain(c); err != nil {
			return nil, fmt.Errorf("explain %s of %s: %w", c.Kind, id, err)
		}
		if all[i].DaysLeft, err = a.daysLeft(c, t.s.now()); err != nil {
			return nil, fmt.Errorf("count what is left of %s of %s: %w", c.Kind, id, err)
		}
	}
	return all, nil
}

// explain explains a clock under the decrees issued while it ran.
func (k almanac) explain(c lived) (Explained, error) {
	life, err := k.lifeOf(c)
	if err != nil {
		return Explained{}, err
	}
	var until calendar.Date
	if b := k.books[c.Calendar]; !c.EndedAt.IsZero() && b != nil {
		x, err := b.Latest()
		if err != nil {
			return Explained{}, err
		}
		until = x.Date(c.EndedAt.Add(-time.Nanosecond))
	}
	e, err := life.Explain(k.books, until)
	return Explained{Clock: c.Clock, Explanation: e}, err
}

// daysLeft counts the working days that are left of a clock at a moment.
func (k almanac) daysLeft(c lived, at time.Time) (*int, error) {
	b := k.books[c.Calendar]
	if b == nil || c.Status != report.Running || c.Date == "" {
		return nil, nil // nothing to count
	}
	x, err := b.Latest()
	if err != nil {
		return nil, err
	}
	last, err := calendar.ParseDate(c.Date)
	if err != nil {
		return nil, err
	}
	n := x.Remaining(x.Date(at), last)
	return &n, nil
}
