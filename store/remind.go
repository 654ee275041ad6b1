package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/report"
)

// facts are what the plans of a report's clocks depend on beside its state.
type facts struct {
	units []unitFact
	done  []doneFact
}

// unitFact is a unit of the tree with its calendar; without a unit, only a
// calendar that a clock runs on.
type unitFact struct {
	Base                   string // queue, holder or national
	Unit                   string
	Named                  bool // named as accused itself
	Admin, Officer, Headed bool // has active people of that role
	CalendarRow
}

// doneFact is a step that has left, wholly or in part, or is given up.
type doneFact struct {
	Dedup string
	At    time.Time
}

// among is where a report stands while its facts are read.
type among struct {
	id      string
	queue   *string // nil: as recorded
	holder  *string // nil: as recorded
	accused []string
}

func asDecided(s report.State, accused ...string) among {
	holder := s.Holder()
	return among{id: s.ID, queue: &s.Queue, holder: &holder, accused: accused}
}

// queueFacts queues the reading of a report's facts.
func (t *Tx) queueFacts(b *pgx.Batch, f *facts, a among) {
	if a.accused == nil {
		a.accused = []string{}
	}
	into(b, &f.units, pgx.RowToStructByName[unitFact], `
		WITH place AS (
			SELECT
				coalesce(@queue::text, (SELECT queue FROM report WHERE id = @id)) AS queue,
				coalesce(@holder::text, (SELECT coalesce(unit, agency) FROM report WHERE id = @id)) AS holder),
		chain AS (
			SELECT 'queue' AS base, u.unit, u.n
			FROM place, units_above(place.queue) WITH ORDINALITY AS u (unit, n)
			UNION ALL
			SELECT 'holder', u.unit, u.n
			FROM place, units_above(place.holder) WITH ORDINALITY AS u (unit, n)
			UNION ALL
			SELECT 'national', @national::text, 1),
		placed AS (
			SELECT base, unit, n, unit_calendar(unit) AS calendar FROM chain
			UNION ALL
			SELECT '', '', 0, calendar FROM clock WHERE report = @id AND status = 'running')
		SELECT p.base, p.unit, `+calendarColumns+`,
			p.unit = ANY (@accused::text[])
				OR EXISTS (SELECT FROM accused x WHERE x.report = @id AND x.agency = p.unit) AS named,
			EXISTS (SELECT FROM staff s WHERE s.unit = p.unit AND s.active AND 'admin' = ANY (s.roles)) AS admin,
			EXISTS (SELECT FROM staff s WHERE s.unit = p.unit AND s.active AND 'officer' = ANY (s.roles)) AS officer,
			EXISTS (SELECT FROM staff s WHERE s.unit = p.unit AND s.active AND 'head' = ANY (s.roles)) AS headed
		FROM placed p
		JOIN calendar c ON c.id = p.calendar
		ORDER BY p.base, p.n`,
		pgx.StrictNamedArgs{"id": a.id, "queue": a.queue, "holder": a.holder, "national": t.s.national, "accused": a.accused})
	into(b, &f.done, pgx.RowToStructByName[doneFact], `
		SELECT dedup, coalesce(sent_at, died_at, send_at) AS at
		FROM outbox
		WHERE report = $1
			AND step IS NOT NULL
			AND (sent_at IS NOT NULL OR died_at IS NOT NULL OR delivered <> '{}')`, a.id)
}

// plans returns the plan of each clock of s that has one to be made.
func (t *Tx) plans(ctx context.Context, s report.State, f facts, known counters) ([]planned, error) {
	done := map[string]time.Time{}
	for _, d := range f.done {
		done[d.Dedup] = d.At
	}
	base := planned{state: s, done: done}
	rows := map[string]CalendarRow{}
	for id, row := range known.row {
		rows[id] = row
	}
	for _, u := range f.units {
		rows[u.ID] = u.CalendarRow
		if err := t.place(ctx, &base, u); err != nil {
			return nil, err
		}
	}
	shut(base.queue)
	shut(base.holder)
	var all []planned
	for _, c := range s.Clocks {
		if c.Status != report.Running || c.Kind == report.ReopenWindow {
			continue
		}
		row, ok := rows[c.Calendar]
		if !ok {
			return nil, fmt.Errorf("calendar %s of clock %s is unknown", c.Calendar, c.Kind)
		}
		k, err := t.s.counter(ctx, t.conn, row, row.Revision)
		if err != nil {
			return nil, err
		}
		p := base
		p.clock, p.days = c, k.index
		all = append(all, p)
	}
	return all, nil
}

// place puts a unit into the chain it belongs to.
func (t *Tx) place(ctx context.Context, p *planned, u unitFact) error {
	if u.Base == "" {
		return nil
	}
	k, err := t.s.counter(ctx, t.conn, u.CalendarRow, u.Revision)
	if err != nil {
		return err
	}
	r := rungUnit{id: u.Unit, shut: u.Named, admin: u.Admin, officer: u.Officer, head: u.Headed, office: k.index}
	switch u.Base {
	case "queue":
		p.queue = append(p.queue, r)
	case "holder":
		p.holder = append(p.holder, r)
	case "national":
		p.national = r
	}
	return nil
}

// shut shuts every unit of a chain below one that is accused.
func shut(chain []rungUnit) {
	below := false
	for i := range slices.Backward(chain) {
		below = below || chain[i].shut
		chain[i].shut = below
	}
}

// queuePlan queues that of each running clock the next step waits, and nothing
// else of its plan. A step that a pause had voided comes back; one that has left
// does not.
func (t *Tx) queuePlan(b *pgx.Batch, s report.State, plans []planned) {
	now, keys := t.s.now(), []string{}
	waiting := &pgx.Batch{}
	for _, p := range plans {
		step, ok := p.next(now)
		if !ok {
			continue
		}
		keys = append(keys, step.key)
		waiting.Queue(`
			INSERT INTO outbox (report, seq, dedup, template, audience, unit, clock, step, send_at, created_at)
			VALUES (@id, @seq, @dedup, @template, @audience, @unit, @clock, @step, @send_at, @now)
			ON CONFLICT (dedup) DO UPDATE
			SET send_at = excluded.send_at, seq = excluded.seq, template = excluded.template, void_at = NULL,
				attempts = CASE WHEN outbox.void_at IS NULL THEN outbox.attempts ELSE 0 END
			WHERE outbox.sent_at IS NULL AND outbox.died_at IS NULL AND outbox.delivered = '{}'`,
			pgx.StrictNamedArgs{
				"id": s.ID, "seq": s.Seq, "dedup": step.key, "template": step.template, "audience": string(step.to),
				"unit": nonzero(step.unit), "clock": clockName(p.clock), "step": step.name, "send_at": p.look(step, now), "now": now,
			})
	}
	b.Queue(`
		UPDATE outbox
		SET void_at = $2
		WHERE report = $1
			AND step IS NOT NULL
			AND source IS NULL
			AND delivered = '{}'
			AND NOT dedup = ANY ($3)
			AND `+waitingNotice, s.ID, now, keys)
	b.QueuedQueries = append(b.QueuedQueries, waiting.QueuedQueries...)
}

// clockName is how outbox names a clock.
func clockName(c report.Clock) string { return fmt.Sprintf("%s:%d", c.Kind, c.Seq) }

// look is a report as found when its notices are looked at.
type look struct {
	rows    []stateRow
	waiting []int // 1 if an accepted command has not been applied yet
	facts   facts
	state   report.State
	plans   []planned
}

// planOf returns the plan of a clock by its name in outbox, or nil.
func (l *look) planOf(clock string) *planned {
	for i := range l.plans {
		if clockName(l.plans[i].clock) == clock {
			return &l.plans[i]
		}
	}
	return nil
}

// looks reads reports and keeps them from changing until the transaction ends;
// those that somebody is changing at this moment are left out. Waiting for them
// with notices in hand could end in a deadlock.
func (t *Tx) looks(ctx context.Context, ids []string) (map[string]*look, error) {
	free, err := many(ctx, t, pgx.RowTo[string], `
		SELECT id
		FROM report
		WHERE id = ANY ($1)
		ORDER BY id
		FOR KEY SHARE SKIP LOCKED`, ids)
	if err != nil {
		return nil, fmt.Errorf("lock reports of notices: %w", err)
	}
	all, b := map[string]*look{}, &pgx.Batch{}
	for _, id := range free {
		l := &look{}
		all[id] = l
		into(b, &l.rows, pgx.RowToStructByName[stateRow],
			`SELECT r.state, r.wanted_run, `+liveClocks+` FROM report r WHERE r.id = $1`, id)
		into(b, &l.waiting, pgx.RowTo[int], `SELECT 1 FROM command WHERE report = $1 AND state = 'waiting' LIMIT 1`, id)
		t.queueFacts(b, &l.facts, among{id: id})
	}
	if err := t.run(ctx, b); err != nil {
		return nil, fmt.Errorf("read reports of notices: %w", err)
	}
	for _, id := range free {
		l := all[id]
		if l.state, err = l.rows[0].decode(); err != nil {
			return nil, err
		}
		if l.plans, err = t.plans(ctx, l.state, l.facts, counters{}); err != nil {
			return nil, fmt.Errorf("plan notices of %s: %w", id, err)
		}
	}
	return all, nil
}

// verdict is what becomes of a notice of a plan that was taken.
type verdict int

const (
	send   verdict = iota
	putOff         // it goes back; its time, if any, is written
	void
)

// stillDue looks at the taken notices that plans wrote and returns those that
// are right to leave now, with the others that no plan wrote. Of the rest the
// plans are written anew.
func (t *Tx) stillDue(ctx context.Context, rows []noticeRow) ([]noticeRow, error) {
	ids := reportsOf(rows)
	if len(ids) == 0 {
		return rows, nil
	}
	looks, err := t.looks(ctx, ids)
	if err != nil {
		return nil, err
	}
	b, now := &pgx.Batch{}, t.s.now()
	again := map[string]bool{}
	keep := rows[:0]
	for _, r := range rows {
		if r.Step == nil {
			keep = append(keep, r)
			continue
		}
		l := looks[r.origin()]
		v, until := judge(r, l, now)
		switch v {
		case send:
			c := l.planOf(*r.Clock).clock
			r.DueAt, r.kind, r.date = &c.DueAt, c.Kind, c.Date
			keep = append(keep, r)
		case void:
			b.Queue(`UPDATE outbox SET void_at = $2, leased_until = NULL WHERE id = $1`, r.ID, now)
		case putOff:
			b.Queue(`UPDATE outbox SET send_at = $2, leased_until = NULL, attempts = attempts - 1 WHERE id = $1`, r.ID, until)
		}
		if v != send && l != nil && len(l.waiting) == 0 && r.Source == nil {
			again[r.origin()] = true
		}
	}
	for id := range again {
		t.queuePlan(b, looks[id].state, looks[id].plans)
	}
	if err := t.run(ctx, b); err != nil {
		return nil, explain(err, "put off notices")
	}
	return keep, nil
}

// How long a notice waits for a report that somebody is changing, and for
// accepted commands to be applied. Ours.
const (
	busyPause    = time.Second
	commandPause = time.Minute
)

// judge holds a notice against the plan of its clock as it stands now. An
// accepted command may be the answer: until it is applied nobody is reminded.
func judge(r noticeRow, l *look, now time.Time) (verdict, time.Time) {
	if l == nil {
		return putOff, now.Add(busyPause)
	}
	p := l.planOf(*r.Clock)
	if p == nil || len(p.steps()) == 0 && !r.begun() {
		return void, now
	}
	if len(l.waiting) > 0 {
		return putOff, now.Add(commandPause)
	}
	if r.begun() || r.Source != nil {
		return judgeRest(r, *p, now)
	}
	step, ok := p.next(now)
	switch {
	case !ok || step.key != r.Dedup:
		return void, now
	case step.at.After(now):
		return putOff, p.look(step, now)
	}
	return send, now
}

// judgeRest judges what is left of a step that has begun to leave: receivers it
// did not reach, or reporters of reports merged into this one.
func judgeRest(r noticeRow, p planned, now time.Time) (verdict, time.Time) {
	office := p.days
	for _, u := range append(append([]rungUnit{p.national}, p.queue...), p.holder...) {
		if r.Unit != nil && u.id == *r.Unit {
			office = u.office
		}
	}
	switch at := p.opening(office, now); {
	case !p.state.Stage.Open() || r.Source != nil && !r.Merged:
		return void, now
	case at.After(now):
		return putOff, at
	}
	return send, now
}

func reportsOf(rows []noticeRow) []string {
	var ids []string
	for _, r := range rows {
		if r.Step != nil && !slices.Contains(ids, r.origin()) {
			ids = append(ids, r.origin())
		}
	}
	return ids
}

// left does what follows once a step has left, wholly or in part: who it was
// escalated to may read the report, reporters of reports merged into it are
// told, and the next step waits. The report must be locked.
func (t *Tx) left(ctx context.Context, id int64, of string) error {
	b := &pgx.Batch{}
	b.Queue(`
		INSERT INTO escalation (report, unit, role, at)
		SELECT report, unit, CASE audience WHEN 'heads' THEN 'head' ELSE 'admin' END, $2
		FROM outbox
		WHERE id = $1 AND audience IN ('heads', 'admins', 'staff') AND step LIKE 'late%'
		ON CONFLICT DO NOTHING`, id, t.s.now())
	b.Queue(`
		INSERT INTO outbox (report, seq, dedup, template, audience, clock, step, source, send_at, created_at)
		SELECT r.id, r.seq, concat_ws(':', r.id, o.dedup), o.template, o.audience, o.clock, o.step, o.report, $2, $2
		FROM outbox o
		JOIN report r ON r.merged_to = o.report AND r.stage = 'merged'
		WHERE o.id = $1
			AND o.audience = 'reporter'
			AND o.source IS NULL
			AND EXISTS (SELECT FROM contact k WHERE k.report = r.id)
		ON CONFLICT (dedup) DO NOTHING`, id, t.s.now())
	if err := t.run(ctx, b); err != nil {
		return explain(err, "go on after a notice of "+of)
	}
	looks, err := t.looks(ctx, []string{of})
	if err != nil || looks[of] == nil {
		return err
	}
	b = &pgx.Batch{}
	t.queuePlan(b, looks[of].state, looks[of].plans)
	return explain(t.run(ctx, b), "plan notices of "+of)
}

// lockOf locks the report of a notice, as a transition does before it touches
// the outbox, and returns it; empty if there is no such notice.
func (t *Tx) lockOf(ctx context.Context, id int64) (string, error) {
	found, err := many(ctx, t, pgx.RowTo[string], `
		SELECT r.id
		FROM report r
		WHERE r.id = (SELECT o.report FROM outbox o WHERE o.id = $1)
		FOR KEY SHARE`, id)
	if err != nil {
		return "", explain(err, "lock report of a notice")
	}
	return strings.Join(found, ""), nil
}
