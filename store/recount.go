package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/report"
)

// Recounted is what counting again came to.
type Recounted struct {
	Reports int // whose date moved, or whose late mark was lifted
	Clocks  int // that moved
	Lifted  int // late marks, also of clocks that have ended
}

// livedGroup is all live clocks for which the law gives the same date: those
// with the same life, date and calendar. There are few of them, however many
// reports there are.
type livedGroup struct {
	Clock json.RawMessage // of one of them
	Life  json.RawMessage
	Late  bool
	N     int
}

// liveGroups selects the groups of the calendars @ids. A clock older than the
// record of lives is a group of its own. One of each is found by its place in the
// table, which is the cheapest to compare.
const liveGroups = `
	SELECT (
			SELECT j.clock
			FROM clock k
			JOIN clock_json j ON j.report = k.report AND j.kind = k.kind AND j.seq = k.seq
			WHERE k.ctid = g.one) AS clock,
		g.life, g.late, g.n
	FROM (
		SELECT min(c.ctid) AS one, c.life, c.late_at IS NOT NULL AS late, count(*) AS n
		FROM clock c
		WHERE c.status IN ('running', 'paused')
			AND c.limit_unit <> 'seconds'
			AND (c.calendar = ANY (@ids) OR EXISTS (
				SELECT FROM jsonb_array_elements(c.life) AS s WHERE s ->> 'cal' = ANY (@ids)))
		GROUP BY c.calendar, c.limit_unit, c.status, c.due_at, c.provisional, c.remaining, c.life, c.late_at IS NOT NULL,
			CASE WHEN c.life = '[]' THEN c.report || c.kind || c.seq END) AS g`

// roomy lets the statements of a decree hash in memory, to the end of the
// transaction. To compile them would take longer than to run them.
const roomy = `SELECT set_config('work_mem', '64MB', true), set_config('jit', 'off', true)`

// shift is what becomes of one group.
type shift struct {
	lived
	late bool
	to   report.Settled
}

// shifts counts every group of the calendars again under the books and returns
// those whose date, standing or days kept change.
func (k almanac) shifts(groups []livedGroup) ([]shift, error) {
	var all []shift
	for _, g := range groups {
		clocks, err := decodeLives([]livedRow{{g.Clock, g.Life}})
		if err != nil {
			return nil, err
		}
		f, changed, err := k.recount(clocks[0])
		if err != nil {
			return nil, err
		}
		if changed {
			all = append(all, shift{clocks[0], g.Late, f})
		}
	}
	return all, nil
}

// shifted is the columns of shifts as arrays, by which the statements below join
// clock: what is said of a clock before the colon, what becomes of it after.
func shifted(all []shift) (pgx.StrictNamedArgs, error) {
	n := len(all)
	var (
		calendars, statuses, lives, single     = make([]string, n), make([]string, n), make([]string, n), make([]*string, n)
		dues, newDues, newSoons                = make([]time.Time, n), make([]time.Time, n), make([]time.Time, n)
		provisional, newProvisional, late      = make([]bool, n), make([]bool, n), make([]bool, n)
		left, newLeft, newRevision             = make([]int, n), make([]int, n), make([]int, n)
		units, newCalendar, newDate, newDecree = make([]string, n), make([]string, n), make([]*string, n), make([]*string, n)
		dates                                  = make([]*string, n)
	)
	for i, s := range all {
		life, err := json.Marshal(s.Life)
		if err != nil {
			return nil, fmt.Errorf("encode life: %w", err)
		}
		if len(s.Life) == 0 {
			life = []byte("[]")
		}
		dates[i] = nonzero(s.Date)
		calendars[i], statuses[i], lives[i], units[i] = s.Calendar, string(s.Status), string(life), string(s.Limit.Unit)
		dues[i], provisional[i], left[i], late[i] = s.DueAt, s.Provisional, s.Left, s.late
		newDues[i], newSoons[i], newProvisional[i], newLeft[i] = s.to.DueAt, s.to.SoonAt, s.to.Provisional, s.to.Left
		newCalendar[i], newRevision[i] = s.to.Calendar, s.to.Revision
		newDate[i], newDecree[i] = nonzero(s.to.Date), nonzero(s.to.Decree)
		if len(s.Life) == 0 {
			started := s.StartedAt.UTC().Format(time.RFC3339Nano)
			single[i] = &started
		}
	}
	return pgx.StrictNamedArgs{
		"calendars": calendars, "units": units, "statuses": statuses, "lives": lives, "dues": dues, "provisional": provisional,
		"left": left, "late": late, "started": single, "new_dues": newDues, "new_soons": newSoons, "new_provisional": newProvisional,
		"new_left": newLeft, "new_calendar": newCalendar, "new_revision": newRevision, "new_date": newDate, "new_decree": newDecree,
		"dates": dates,
	}, nil
}

// shiftTable joins clock c with the shifts m.
const shiftTable = `
	unnest(
		@calendars::text[], @units::text[], @statuses::text[], @lives::text[]::jsonb[], @dues::timestamptz[], @provisional::boolean[],
		@left::integer[], @late::boolean[], @started::timestamptz[], @new_dues::timestamptz[], @new_soons::timestamptz[],
		@new_provisional::boolean[], @new_left::integer[], @new_calendar::text[], @new_revision::integer[], @new_date::date[],
		@new_decree::text[], @dates::date[])
	AS m (calendar, unit, status, life, due_at, provisional, kept, late, started_at, new_due, new_soon,
		new_provisional, new_left, new_calendar, new_revision, new_date, new_decree, date)`

// The first condition follows from the others, and spares the hash of clocks that
// have ended.
const shiftMatch = `
	c.status IN ('running', 'paused')
	AND c.calendar = m.calendar
	AND c.limit_unit = m.unit
	AND c.status = m.status
	AND c.due_at = m.due_at
	AND c.provisional = m.provisional
	AND c.remaining = m.kept
	AND (c.late_at IS NOT NULL) = m.late
	AND c.life = m.life
	AND (m.started_at IS NULL OR c.started_at = m.started_at)`

// Recount counts every open clock of some calendars again under their newest
// revisions, in one transaction: the shown deadlines move, and what moved is
// written down for the timeline, the reporters and the workflows. Go finds the
// dates, once for each group of clocks that have lived alike; the statements only
// join. Calendars counted already are counted again, which changes nothing.
func (t *Tx) Recount(ctx context.Context, ids []string) (Recounted, error) {
	if _, err := t.exec(ctx, revising); err != nil {
		return Recounted{}, fmt.Errorf("lock counting: %w", err)
	}
	rows, err := many(ctx, t, pgx.RowToStructByName[CalendarRow], `
		SELECT `+calendarColumns+`
		FROM calendar c
		WHERE c.id = ANY ($1)
		ORDER BY c.id
		FOR UPDATE`, ids)
	if err != nil {
		return Recounted{}, fmt.Errorf("lock calendars: %w", err)
	}
	k, groups, err := t.groups(ctx, rows)
	if err != nil {
		return Recounted{}, err
	}
	all, err := k.shifts(groups)
	if err != nil {
		return Recounted{}, fmt.Errorf("count clocks again: %w", err)
	}
	out, err := t.shift(ctx, all)
	if err != nil {
		return Recounted{}, err
	}
	_, err = t.exec(ctx, `UPDATE calendar SET recounted = revision WHERE id = ANY ($1)`, ids)
	return out, explain(err, "mark calendars counted")
}

// groups reads the groups of some calendars, and opens every calendar, since a
// life may name any.
func (t *Tx) groups(ctx context.Context, of []CalendarRow) (almanac, []livedGroup, error) {
	var every []CalendarRow
	var groups []livedGroup
	ids := make([]string, len(of))
	for i, c := range of {
		ids[i] = c.ID
	}
	b := &pgx.Batch{}
	b.Queue(roomy)
	into(b, &every, pgx.RowToStructByName[CalendarRow], `SELECT `+calendarColumns+` FROM calendar c`)
	into(b, &groups, pgx.RowToStructByName[livedGroup], liveGroups, pgx.StrictNamedArgs{"ids": ids})
	if err := t.run(ctx, b); err != nil {
		return almanac{}, nil, fmt.Errorf("select groups of clocks: %w", err)
	}
	found := counters{row: map[string]CalendarRow{}}
	for _, c := range every {
		found.row[c.ID] = c
	}
	k, err := t.open(ctx, found)
	return k, groups, err
}

// shift moves the dates of the groups, and of clocks that have ended, and all
// that follows from them.
func (t *Tx) shift(ctx context.Context, all []shift, ended ...endedShift) (Recounted, error) {
	if len(all) == 0 && len(ended) == 0 {
		return Recounted{}, nil
	}
	now, b := t.s.now(), &pgx.Batch{}
	var counts []shiftedRow
	// Joins of many rows whose number the planner cannot know: by hash, in memory.
	b.Queue(`SELECT set_config('enable_nestloop', 'off', true), set_config('enable_mergejoin', 'off', true)`)
	if err := queueShift(b, &counts, all, now); err != nil {
		return Recounted{}, err
	}
	for _, e := range ended {
		if err := queueEnded(b, e, now); err != nil {
			return Recounted{}, err
		}
	}
	b.Queue(`SELECT set_config('enable_nestloop', 'on', true), set_config('enable_mergejoin', 'on', true)`)
	if err := t.run(ctx, b); err != nil {
		return Recounted{}, fmt.Errorf("move deadlines: %w", err)
	}
	out := counts[0].Recounted
	if out.Lifted > 0 {
		if _, err := t.exec(ctx, refresh+` WHERE p.id = ANY ($1) AND r.id = p.id`, counts[0].Late); err != nil {
			return Recounted{}, fmt.Errorf("refresh public copies: %w", err)
		}
	}
	for _, e := range ended {
		out.Clocks++
		if e.lifted() {
			out.Lifted++
		}
	}
	return out, nil
}

// shiftedRow counts what moved, and names the reports of the marks lifted.
type shiftedRow struct {
	Recounted
	Late []string
}

// queueShift queues the one statement that moves the clocks of all groups, writes
// down what moved, in the order of its index, and ends waiting notices that told a
// date which is none any more. It is all that a decree writes of a report, unless
// it lifts a late mark.
func queueShift(b *pgx.Batch, counts *[]shiftedRow, all []shift, now time.Time) error {
	args, err := shifted(all)
	if err != nil {
		return err
	}
	args["now"] = now
	into(b, counts, pgx.RowToStructByName[shiftedRow], `
		WITH moved AS (
			UPDATE clock c
			SET due_at = m.new_due, soon_at = m.new_soon, provisional = m.new_provisional, remaining = m.new_left,
				calendar = m.new_calendar, revision = m.new_revision, date = m.new_date, decree = m.new_decree,
				late_at = CASE WHEN m.new_due > @now THEN NULL ELSE c.late_at END, shifted_at = @now,
				moved_by = CASE
					WHEN c.status = 'running' AND m.new_due > c.due_at AND m.new_decree <> '' THEN m.new_decree
					ELSE c.moved_by
				END
			FROM `+shiftTable+`
			WHERE `+shiftMatch+`
			RETURNING c.report, c.kind, c.seq, m.new_calendar, m.new_revision, coalesce(m.new_decree, '') AS new_decree,
				m.due_at AS from_due, c.due_at AS to_due, m.date AS from_date, m.new_date, m.late AND c.late_at IS NULL AS lifted),
		voided AS (
			UPDATE outbox o
			SET void_at = @now
			FROM moved x
			WHERE o.report = x.report
				AND o.clock = x.kind || ':' || x.seq
				AND o.due_at < x.to_due
				AND `+waitingNotice+`),
		written AS (
			INSERT INTO move (report, kind, seq, calendar, revision, decree, from_due, to_due, from_date, to_date, lifted, at)
			SELECT x.report, x.kind, x.seq, x.new_calendar, x.new_revision, x.new_decree, x.from_due, x.to_due, x.from_date, x.new_date,
				x.lifted, @now
			FROM moved x
			ORDER BY x.report
			ON CONFLICT (report, kind, seq, calendar, revision) DO UPDATE
			SET to_due = excluded.to_due, to_date = excluded.to_date, at = excluded.at, told_at = NULL
			RETURNING report, lifted)
		SELECT count(DISTINCT report)::integer AS reports, count(*)::integer AS clocks,
			(count(*) FILTER (WHERE lifted))::integer AS lifted,
			coalesce(array_agg(report) FILTER (WHERE lifted), '{}') AS late
		FROM written`, args)
	return nil
}

// Uncounted returns the calendars whose open clocks have not been counted under
// their newest revision, by id: a new build brought decrees.
func (t *Tx) Uncounted(ctx context.Context) ([]string, error) {
	ids, err := many(ctx, t, pgx.RowTo[string], `SELECT id FROM calendar WHERE recounted < revision ORDER BY id`)
	return ids, explain(err, "select calendars not counted")
}

// Untold returns up to limit reports that have not been told that a date moved,
// by id, after a given one.
func (t *Tx) Untold(ctx context.Context, after string, limit int) ([]string, error) {
	ids, err := many(ctx, t, pgx.RowTo[string], `
		SELECT DISTINCT report
		FROM move
		WHERE told_at IS NULL AND report > $1
		ORDER BY report
		LIMIT $2`, after, limit)
	return ids, explain(err, "select reports not told")
}

// Told records that reporter and workflow of reports have been told of every
// move so far: it writes the notice to the reporter whose date moved, to leave in
// the office hours of the calendar that moved it. Repeating it changes nothing.
func (t *Tx) Told(ctx context.Context, ids []string) error {
	rows, err := many(ctx, t, pgx.RowToStructByName[CalendarRow], `
		SELECT `+calendarColumns+`
		FROM calendar c
		WHERE c.id IN (SELECT calendar FROM move WHERE report = ANY ($1) AND told_at IS NULL)`, ids)
	if err != nil || len(rows) == 0 {
		return explain(err, "select calendars of moves")
	}
	now, b := t.s.now(), &pgx.Batch{}
	calendars, sends := make([]string, len(rows)), make([]time.Time, len(rows))
	for i, row := range rows {
		k, err := t.s.counter(ctx, t.conn, row, row.Revision)
		if err != nil {
			return err
		}
		calendars[i], sends[i] = row.ID, k.index.NextOfficeOpening(now)
	}
	b.Queue(`
		INSERT INTO outbox (report, seq, dedup, template, audience, due_at, send_at, created_at)
		SELECT DISTINCT ON (r.id) r.id, r.seq, concat_ws(':', r.id, 'moved', v.calendar, v.revision), 'deadline_moved', 'reporter',
			`+nearestDue+`, s.send_at, @now::timestamptz
		FROM move v
		JOIN report r ON r.id = v.report
		JOIN clock c ON c.report = v.report AND c.kind = v.kind AND c.seq = v.seq
		JOIN unnest(@calendars::text[], @sends::timestamptz[]) AS s (calendar, send_at) ON s.calendar = v.calendar
		WHERE v.report = ANY (@ids)
			AND v.told_at IS NULL
			AND v.to_due > v.from_due
			AND c.status = 'running'
			AND r.stage <> 'merged'
			AND EXISTS (SELECT FROM contact x WHERE x.report = r.id)
		ORDER BY r.id, v.revision DESC
		ON CONFLICT (dedup) DO NOTHING`,
		pgx.StrictNamedArgs{"ids": ids, "calendars": calendars, "sends": sends, "now": now})
	b.Queue(`UPDATE move SET told_at = $2 WHERE report = ANY ($1) AND told_at IS NULL`, ids, now)
	return explain(t.run(ctx, b), "mark reports told")
}

// Moves returns every date of a report that a revision moved, oldest first.
func (t *Tx) Moves(ctx context.Context, id string) ([]Move, error) {
	moves, err := many(ctx, t, pgx.RowToStructByName[Move], `
		SELECT kind, seq, calendar, revision, decree, from_due, to_due, coalesce(from_date::text, '') AS from_date,
			coalesce(to_date::text, '') AS to_date, lifted, at
		FROM move
		WHERE report = $1
		ORDER BY at, kind, seq, revision`, id)
	return moves, explain(err, "select moves of "+id)
}

// Move is one date of one clock that a revision moved.
type Move struct {
	Kind             report.ClockKind
	Seq              int
	Calendar         string
	Revision         int    // of Calendar
	Decree           string // short name
	FromDue, ToDue   time.Time
	FromDate, ToDate string // last days, YYYY-MM-DD; empty where a moment counts
	Lifted           bool   // the clock is no longer late by it
	At               time.Time
}
