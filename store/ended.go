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

// endedShift is what a decree recorded after its issue does to a clock that has
// ended since: an answer was timely after all, or the time to reopen a report
// that closed by silence counts from later.
type endedShift struct {
	report string
	clock  report.Clock
	to     report.Settled
	life   calendar.Life // of a reopen window that counts from later; nil: unchanged
}

// lifted reports whether the shift takes a late mark away.
func (e endedShift) lifted() bool { return e.life == nil }

type endedRow struct {
	Report string
	Clock  json.RawMessage
	Life   json.RawMessage
	Reopen json.RawMessage // the reopen window, if one runs
}

// endedShifts finds the clocks of some calendars, ended since the issue of a
// decree, for which it changes something (RULES.md section 3): late ones that
// were answered in time by it, and silences that it would have made longer. No
// report changes its stage.
func (t *Tx) endedShifts(ctx context.Context, k almanac, of []CalendarRow, d calendar.Decree) ([]endedShift, error) {
	ids := make([]string, len(of))
	for i, c := range of {
		ids[i] = c.ID
	}
	rows, err := many(ctx, t, pgx.RowToStructByName[endedRow], `
		SELECT c.report, j.clock, j.life, (
			SELECT o.clock
			FROM clock_json o
			WHERE o.report = c.report AND o.kind = 'reopen' AND o.status = 'running') AS reopen
		FROM clock c
		JOIN clock_json j ON j.report = c.report AND j.kind = c.kind AND j.seq = c.seq
		JOIN report r ON r.id = c.report
		WHERE c.ended_at >= @since
			AND c.limit_unit <> 'seconds'
			AND c.calendar = ANY (@ids)
			AND (c.late_at IS NOT NULL OR (c.kind = 'silence' AND c.status = 'passed' AND r.stage = 'closed'))
		ORDER BY c.report, c.seq, c.kind`,
		pgx.StrictNamedArgs{"ids": ids, "since": d.IssuedOn.Add(-24 * time.Hour)}) // whatever the zone
	if err != nil {
		return nil, fmt.Errorf("select ended clocks: %w", err)
	}
	var all []endedShift
	for _, row := range rows {
		e, changed, err := k.endedShift(row)
		if err != nil {
			return nil, fmt.Errorf("count ended clock of %s: %w", row.Report, err)
		}
		if changed {
			all = append(all, e)
		}
	}
	return all, nil
}

func (k almanac) endedShift(row endedRow) (endedShift, bool, error) {
	clocks, err := decodeLives([]livedRow{{row.Clock, row.Life}})
	if err != nil {
		return endedShift{}, false, err
	}
	c := clocks[0]
	life, err := k.lifeOf(c)
	if err != nil {
		return endedShift{}, false, err
	}
	x, err := k.books[c.Calendar].Latest()
	if err != nil {
		return endedShift{}, false, err
	}
	r, err := life.Reckon(k.books, x.Date(c.EndedAt.Add(-time.Nanosecond)))
	if err != nil {
		return endedShift{}, false, err
	}
	if r.Paused || !r.Due.At.After(c.EndedAt) || !r.Due.At.After(c.DueAt) {
		return endedShift{}, false, nil
	}
	if c.Kind == report.Silence {
		return k.longerWindow(row, x, r.Due.At)
	}
	return endedShift{report: row.Report, clock: c.Clock, to: k.outcome(c.Clock, r, k.row[c.Calendar])}, true, nil
}

// longerWindow counts the reopen window of a report from the day on which its
// silence would have ended.
func (k almanac) longerWindow(row endedRow, x *calendar.Index, from time.Time) (endedShift, bool, error) {
	if len(row.Reopen) == 0 {
		return endedShift{}, false, nil
	}
	clocks, err := decodeLives([]livedRow{{row.Reopen, json.RawMessage(`[]`)}})
	if err != nil {
		return endedShift{}, false, err
	}
	o := clocks[0]
	life := calendar.Life{begin(o.Clock, from, o.Limit.N, o.Calendar, x)}
	r, err := life.Reckon(k.books, 0)
	if err != nil || !r.Due.At.After(o.DueAt) {
		return endedShift{}, false, err
	}
	return endedShift{report: row.Report, clock: o.Clock, to: k.outcome(o.Clock, r, k.row[o.Calendar]), life: life}, true, nil
}

// queueEnded queues one such change, its record, and the late units of the public
// copy.
func queueEnded(b *pgx.Batch, e endedShift, now time.Time) error {
	f := e.to
	var life *string
	if e.life != nil {
		steps, err := json.Marshal(e.life)
		if err != nil {
			return fmt.Errorf("encode life: %w", err)
		}
		s := string(steps)
		life = &s
	}
	b.Queue(`
		UPDATE clock
		SET due_at = @due_at, soon_at = @soon_at, date = @date::text::date, decree = @decree, calendar = @calendar, revision = @revision,
			provisional = @provisional, late_at = NULL, life = coalesce(@life::text::jsonb, life), shifted_at = @now
		WHERE report = @report AND kind = @kind AND seq = @seq`,
		pgx.StrictNamedArgs{
			"report": e.report, "kind": e.clock.Kind, "seq": e.clock.Seq, "due_at": f.DueAt, "soon_at": f.SoonAt, "date": nonzero(f.Date),
			"decree": nonzero(f.Decree), "calendar": f.Calendar, "revision": f.Revision, "provisional": f.Provisional, "life": life, "now": now,
		})
	b.Queue(`
		INSERT INTO move (report, kind, seq, calendar, revision, decree, from_due, to_due, from_date, to_date, lifted, at)
		VALUES (@report, @kind, @seq, @calendar, @revision, @decree, @from_due, @to_due, @from::text::date, @to::text::date, @lifted, @at)
		ON CONFLICT DO NOTHING`,
		pgx.StrictNamedArgs{
			"report": e.report, "kind": e.clock.Kind, "seq": e.clock.Seq, "calendar": f.Calendar, "revision": f.Revision, "decree": f.Decree,
			"from_due": e.clock.DueAt, "to_due": f.DueAt, "from": nonzero(e.clock.Date), "to": nonzero(f.Date), "lifted": e.lifted(), "at": now,
		})
	queueRefresh(b, e.report)
	queueVoid(b, e.report, now)
	return nil
}
