package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/report"
)

// queueClocks queues all clocks of a state, ended ones included, in the order
// of the state: an ended clock leaves its place to a new one of its kind.
func queueClocks(b *pgx.Batch, s report.State) {
	for _, c := range s.Clocks {
		queueClock(b, s.ID, c)
	}
}

func queueClock(b *pgx.Batch, id string, c report.Clock) {
	b.Queue(`
		INSERT INTO clock (
			report, kind, seq, unit, limit_unit, limit_n, started_at, due_at, soon_at, calendar, revision, provisional,
			date, decree, status, late_at, paused_at, resumed_at, remaining, asked, extra, extended, moved_at, ended_at)
		VALUES (
			@report, @kind, @seq, @unit, @limit_unit, @limit_n, @started_at, @due_at, @soon_at, @calendar, @revision, @provisional,
			@date::text::date, @decree, @status, @late_at, @paused_at, @resumed_at, @remaining, @asked, @extra, @extended, @moved_at, @ended_at)
		ON CONFLICT (report, kind, seq) DO UPDATE
		SET unit = excluded.unit, limit_unit = excluded.limit_unit, limit_n = excluded.limit_n, due_at = excluded.due_at,
			soon_at = excluded.soon_at, calendar = excluded.calendar, revision = excluded.revision,
			provisional = excluded.provisional, date = excluded.date, decree = excluded.decree, status = excluded.status,
			late_at = excluded.late_at, paused_at = excluded.paused_at, resumed_at = excluded.resumed_at,
			remaining = excluded.remaining, asked = excluded.asked, extra = excluded.extra, extended = excluded.extended,
			moved_at = excluded.moved_at, ended_at = excluded.ended_at`,
		pgx.StrictNamedArgs{
			"report": id, "kind": c.Kind, "seq": c.Seq, "unit": c.Unit, "limit_unit": c.Limit.Unit, "limit_n": c.Limit.N,
			"started_at": c.StartedAt, "due_at": nonzero(c.DueAt), "soon_at": nonzero(c.SoonAt), "calendar": nonzero(c.Calendar),
			"revision": c.Revision, "provisional": c.Provisional, "date": nonzero(c.Date), "decree": nonzero(c.Decree),
			"status": c.Status, "late_at": nonzero(c.LateAt), "paused_at": nonzero(c.PausedAt),
			"resumed_at": nonzero(c.ResumedAt), "remaining": c.Left, "asked": c.Asked, "extra": c.Extra,
			"extended": c.Extended, "moved_at": nonzero(c.MovedAt), "ended_at": nonzero(c.EndedAt),
		})
}

// Clocks returns every clock that ever ran for a report, in the order in which
// they started. It is empty for an unknown report.
func (t *Tx) Clocks(ctx context.Context, id string) ([]report.Clock, error) {
	rows, err := many(ctx, t, pgx.RowTo[json.RawMessage], `
		SELECT clock
		FROM clock_json
		WHERE report = $1
		ORDER BY seq, kind`, id)
	if err != nil {
		return nil, fmt.Errorf("select clocks of %s: %w", id, err)
	}
	clocks := make([]report.Clock, len(rows))
	for i, r := range rows {
		if err := json.Unmarshal(r, &clocks[i]); err != nil {
			return nil, fmt.Errorf("decode clock of %s: %w", id, err)
		}
	}
	return micro(report.State{Clocks: clocks}).Clocks, nil
}

// ConfirmDeadlines finds the dates of all running clocks under the calendars
// now in force, records those that became later, and returns them all, with the
// accepted commands that no transition has applied yet, oldest first. The report
// is locked, so a command accepted afterwards was received after this moment.
// Repeating it gives the same dates unless a decree or a command came between;
// Skipped is filled only where this call moved a date.
// fault.NotFound if there is no such report.
func (t *Tx) ConfirmDeadlines(ctx context.Context, id string) (Confirmed, error) {
	s, err := t.Lock(ctx, id)
	if err != nil {
		return Confirmed{}, err
	}
	var units []unitCalendar
	var waiting []report.Command
	b := &pgx.Batch{}
	lockCalendars(b, &units, unitsOf(s), id)
	into(b, &waiting, pgx.RowTo[report.Command], `
		SELECT command
		FROM command
		WHERE report = $1 AND state = 'waiting'
		ORDER BY received_at, id`, id)
	if err := t.run(ctx, b); err != nil {
		return Confirmed{}, fmt.Errorf("confirm deadlines of %s: %w", id, err)
	}
	settled, moved, behind, err := t.recount(ctx, newCounters(units), s)
	if err != nil {
		return Confirmed{}, fmt.Errorf("recount clocks of %s: %w", id, err)
	}
	if moved {
		if err := t.saveDates(ctx, s, settled); err != nil {
			return Confirmed{}, err
		}
	}
	if behind {
		if err := t.confirmed(ctx, id); err != nil {
			return Confirmed{}, err
		}
	}
	return Confirmed{Settled: settled, Commands: waiting, WantedRun: s.Run}, nil
}

// recount counts the running clocks again under the latest revision of the
// calendar that gave each its date, and reports whether any date or revision
// changed, and whether any was given under an older revision.
func (t *Tx) recount(ctx context.Context, k counters, s report.State) (all []report.Settled, moved, behind bool, err error) {
	for _, c := range s.Clocks {
		if c.Status != report.Running {
			continue
		}
		row, ok := k.row[c.Calendar]
		if !ok {
			return nil, false, false, fmt.Errorf("calendar %s of clock %s is unknown", c.Calendar, c.Kind)
		}
		f := record(c)
		if row.Revision > c.Revision {
			behind = true
			now, err := t.s.counter(ctx, t.conn, row, row.Revision)
			if err != nil {
				return nil, false, false, err
			}
			bound, err := t.s.counter(ctx, t.conn, row, c.Revision)
			if err != nil {
				return nil, false, false, err
			}
			f = confirm(c, now, bound)
			moved = moved || f.Revision != c.Revision
		}
		all = append(all, f)
	}
	return all, moved, behind, nil
}

// saveDates records dates that a revision moved. It is no transition: the
// sequence number stays.
func (t *Tx) saveDates(ctx context.Context, s report.State, found []report.Settled) error {
	now := t.s.now()
	s.Settle(found, now)
	s = micro(s)
	b := &pgx.Batch{}
	queueClocks(b, s)
	if err := queueState(b, s, now, nil); err != nil {
		return err
	}
	queueRefresh(b, s.ID)
	queueVoid(b, s.ID, now)
	if err := t.run(ctx, b); err != nil {
		return fmt.Errorf("move deadlines of %s: %w", s.ID, err)
	}
	return nil
}
