package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/calendar"
)

type strayRow struct {
	Report string
	Clock  json.RawMessage
	Life   json.RawMessage
	Own    string // calendar of the unit now
}

// followCalendar hands the running clocks of a unit and all below it, where they
// have got another calendar, to that calendar, as a transfer would: the rest is
// counted there, and the later date stands (RULES.md section 3: an agency that
// changes its calendar makes a revision). What moved is written down and told as
// after a decree. Clocks that are paused go on by the new calendar by themselves.
func (t *Tx) followCalendar(ctx context.Context, unit string) error {
	const stray = `
		FROM clock c
		JOIN clock_json j ON j.report = c.report AND j.kind = c.kind AND j.seq = c.seq
		WHERE c.status = 'running'
			AND c.limit_unit <> 'seconds'
			AND c.unit IN (SELECT units_below($1))
			AND unit_calendar(c.unit) <> coalesce((
				SELECT s.step ->> 'cal'
				FROM jsonb_array_elements(c.life) WITH ORDINALITY AS s (step, n)
				WHERE s.step ? 'cal'
				ORDER BY s.n DESC
				LIMIT 1), c.calendar)`
	var rows []strayRow
	b := &pgx.Batch{}
	b.Queue(revising)
	b.Queue(`SELECT FROM report WHERE id IN (SELECT c.report `+stray+`) ORDER BY id FOR UPDATE`, unit)
	into(b, &rows, pgx.RowToStructByName[strayRow],
		`SELECT c.report, j.clock, j.life, unit_calendar(c.unit) AS own `+stray+` ORDER BY c.report, c.seq, c.kind`, unit)
	if err := t.run(ctx, b); err != nil {
		return fmt.Errorf("select clocks of %s: %w", unit, err)
	}
	if len(rows) == 0 {
		return nil
	}
	k, _, err := t.groups(ctx, nil)
	if err != nil {
		return err
	}
	now := t.s.now()
	b = &pgx.Batch{}
	for _, row := range rows {
		if err := k.queueStray(b, row, now); err != nil {
			return fmt.Errorf("clock of %s: %w", row.Report, err)
		}
	}
	return explain(t.run(ctx, b), "move clocks of "+unit)
}

// queueStray queues what becomes of one clock.
func (k almanac) queueStray(b *pgx.Batch, row strayRow, now time.Time) error {
	clocks, err := decodeLives([]livedRow{{row.Clock, row.Life}})
	if err != nil {
		return err
	}
	c := clocks[0]
	life, err := k.lifeOf(c)
	if err != nil {
		return err
	}
	life = append(life[:len(life):len(life)], calendar.Step{Act: calendar.Move, At: now, Calendar: row.Own})
	r, err := life.Reckon(k.books, 0)
	if err != nil {
		return err
	}
	steps, err := json.Marshal(life)
	if err != nil {
		return fmt.Errorf("encode life: %w", err)
	}
	f := k.outcome(c.Clock, r, k.row[row.Own])
	b.Queue(`
		UPDATE clock
		SET due_at = @due_at, soon_at = @soon_at, date = @date::text::date, decree = @decree, calendar = @calendar, revision = @revision,
			provisional = @provisional, late_at = CASE WHEN @due_at > @now::timestamptz THEN NULL ELSE late_at END, moved_at = @now, life = @life,
			moved_by = CASE WHEN @due_at > due_at THEN coalesce(@decree, moved_by) ELSE moved_by END, shifted_at = @now
		WHERE report = @report AND kind = @kind AND seq = @seq`,
		pgx.StrictNamedArgs{
			"report": row.Report, "kind": c.Kind, "seq": c.Seq, "due_at": f.DueAt, "soon_at": f.SoonAt, "date": nonzero(f.Date),
			"decree": nonzero(f.Decree), "calendar": f.Calendar, "revision": f.Revision, "provisional": f.Provisional, "now": now,
			"life": json.RawMessage(steps),
		})
	if f.DueAt.After(c.DueAt) {
		queueMove(b, row.Report, moved{c.Clock, f}, now)
		queueVoid(b, row.Report, now)
	}
	if c.Late() && f.DueAt.After(now) {
		queueRefresh(b, row.Report)
	}
	return nil
}
