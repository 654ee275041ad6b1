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

// queueClocks queues all clocks of a state, ended ones included, in the order
// of the state: an ended clock leaves its place to a new one of its kind.
// lives, if not nil, are the steps that each life goes on by.
func queueClocks(b *pgx.Batch, s report.State, lives []calendar.Life) error {
	for i, c := range s.Clocks {
		life := calendar.Life{}
		if len(lives) > 0 && lives[i] != nil {
			life = lives[i]
		}
		if err := queueClock(b, s.ID, c, life); err != nil {
			return err
		}
	}
	return nil
}

func queueClock(b *pgx.Batch, id string, c report.Clock, life calendar.Life) error {
	steps, err := json.Marshal(life)
	if err != nil {
		return fmt.Errorf("encode life of clock %s: %w", c.Kind, err)
	}
	b.Queue(`
		INSERT INTO clock (
			report, kind, seq, unit, limit_unit, limit_n, started_at, due_at, soon_at, calendar, revision, provisional,
			date, decree, status, late_at, paused_at, resumed_at, remaining, asked, extra, extended, moved_at, ended_at,
			life)
		VALUES (
			@report, @kind, @seq, @unit, @limit_unit, @limit_n, @started_at, @due_at, @soon_at, @calendar, @revision, @provisional,
			@date::text::date, @decree, @status, @late_at, @paused_at, @resumed_at, @remaining, @asked, @extra, @extended, @moved_at, @ended_at,
			@life)
		ON CONFLICT (report, kind, seq) DO UPDATE
		SET unit = excluded.unit, limit_unit = excluded.limit_unit, limit_n = excluded.limit_n, due_at = excluded.due_at,
			soon_at = excluded.soon_at, calendar = excluded.calendar, revision = excluded.revision,
			provisional = excluded.provisional, date = excluded.date, decree = excluded.decree, status = excluded.status,
			late_at = excluded.late_at, paused_at = excluded.paused_at, resumed_at = excluded.resumed_at,
			remaining = excluded.remaining, asked = excluded.asked, extra = excluded.extra, extended = excluded.extended,
			moved_at = excluded.moved_at, ended_at = excluded.ended_at, life = clock.life || excluded.life,
			moved_by = NULL`,
		pgx.StrictNamedArgs{
			"report": id, "kind": c.Kind, "seq": c.Seq, "unit": c.Unit, "limit_unit": c.Limit.Unit, "limit_n": c.Limit.N,
			"started_at": c.StartedAt, "due_at": nonzero(c.DueAt), "soon_at": nonzero(c.SoonAt), "calendar": nonzero(c.Calendar),
			"revision": c.Revision, "provisional": c.Provisional, "date": nonzero(c.Date), "decree": nonzero(c.Decree),
			"status": c.Status, "late_at": nonzero(c.LateAt), "paused_at": nonzero(c.PausedAt),
			"resumed_at": nonzero(c.ResumedAt), "remaining": c.Left, "asked": c.Asked, "extra": c.Extra,
			"extended": c.Extended, "moved_at": nonzero(c.MovedAt), "ended_at": nonzero(c.EndedAt),
			"life": json.RawMessage(steps),
		})
	return nil
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
// Whoever asks is told: moves of this report wait for nobody afterwards.
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
	var rows []livedRow
	b := &pgx.Batch{}
	lockCalendars(b, &units, unitsOf(s), id)
	queueLives(b, &rows, id)
	into(b, &waiting, pgx.RowTo[report.Command], `
		SELECT command
		FROM command
		WHERE report = $1 AND state = 'waiting'
		ORDER BY received_at, id`, id)
	if err := t.run(ctx, b); err != nil {
		return Confirmed{}, fmt.Errorf("confirm deadlines of %s: %w", id, err)
	}
	clocks, err := decodeLives(rows)
	if err != nil {
		return Confirmed{}, fmt.Errorf("clocks of %s: %w", id, err)
	}
	a, err := t.open(ctx, newCounters(units))
	if err != nil {
		return Confirmed{}, err
	}
	settled, moves, err := a.recountAll(clocks)
	if err != nil {
		return Confirmed{}, fmt.Errorf("recount clocks of %s: %w", id, err)
	}
	if len(moves) > 0 {
		if err := t.saveDates(ctx, s, settled, moves); err != nil {
			return Confirmed{}, err
		}
	}
	if err := t.Told(ctx, []string{id}); err != nil {
		return Confirmed{}, err
	}
	return Confirmed{Settled: settled, Commands: waiting, WantedRun: s.Run}, nil
}

// moved is a date that a revision moved.
type moved struct {
	before report.Clock
	after  report.Settled
}

// recountAll counts the live clocks again under every decree known. It returns
// the dates of the running ones, and of those paused whose days kept grew, and
// what changed.
func (k almanac) recountAll(clocks []lived) (all []report.Settled, moves []moved, err error) {
	for _, c := range clocks {
		f, changed, err := k.recount(c)
		if err != nil {
			return nil, nil, err
		}
		if changed {
			moves = append(moves, moved{c.Clock, f})
		}
		if changed || c.Status == report.Running {
			all = append(all, f)
		}
	}
	return all, moves, nil
}

// recount counts one clock again, and reports whether its date, its standing as
// provisional or the days it keeps changed.
func (k almanac) recount(c lived) (report.Settled, bool, error) {
	held := record(c.Clock)
	if c.Limit.Unit == report.Seconds {
		return held, false, nil
	}
	life, err := k.lifeOf(c)
	if err != nil {
		return held, false, err
	}
	r, err := life.Reckon(k.books, 0)
	if err != nil {
		return held, false, fmt.Errorf("count clock %s: %w", c.Kind, err)
	}
	f := k.outcome(c.Clock, r, k.row[c.Calendar])
	if f.DueAt.Equal(held.DueAt) && f.Provisional == held.Provisional && f.Left == held.Left {
		return held, false, nil
	}
	return f, true, nil
}

// saveDates records dates that a revision moved. It is no transition: the
// sequence number stays.
func (t *Tx) saveDates(ctx context.Context, s report.State, found []report.Settled, moves []moved) error {
	now := t.s.now()
	b := &pgx.Batch{}
	for _, m := range moves {
		queueMove(b, s.ID, m, now)
	}
	s.Settle(found, now)
	s = micro(s)
	if err := queueClocks(b, s, nil); err != nil {
		return err
	}
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

// queueMove queues the record of one date that moved.
func queueMove(b *pgx.Batch, id string, m moved, now time.Time) {
	c, f := m.before, m.after
	b.Queue(`
		INSERT INTO move (report, kind, seq, calendar, revision, decree, from_due, to_due, from_date, to_date, lifted, at)
		VALUES (@report, @kind, @seq, @calendar, @revision, @decree, @from_due, @to_due, @from::text::date, @to::text::date, @lifted, @at)
		ON CONFLICT DO NOTHING`,
		pgx.StrictNamedArgs{
			"report": id, "kind": c.Kind, "seq": c.Seq, "calendar": f.Calendar, "revision": f.Revision, "decree": f.Decree,
			"from_due": c.DueAt, "to_due": f.DueAt, "from": nonzero(c.Date), "to": nonzero(f.Date),
			"lifted": c.Late() && now.Before(f.DueAt), "at": now,
		})
}
