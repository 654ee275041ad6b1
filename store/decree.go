package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
)

// DecreePlan is a decree that one person has tried out and another may commit.
type DecreePlan struct {
	ID       string // drawn anew by every dry run
	Calendar string // to whose chain it is added; NationalCalendar: to every calendar's
	Key      string
	Revision int // of Calendar when it was tried out
	Subject  string
	At       time.Time
	Decree   calendar.Amendment
}

// Preview says what a decree would do.
type Preview struct {
	Revision int         // that Calendar would have
	Reports  int         // whose date would move
	Lifted   int         // clocks no longer late by it, ended ones included
	Moves    []MoveGroup // by unit, clock and dates
	Named    []NamedMove // published reports, by id, at most MaxNamed
}

// MaxNamed bounds how many reports a preview names.
const MaxNamed = 1000

// MoveGroup is clocks of one unit that would move alike.
type MoveGroup struct {
	Unit     string
	Kind     report.ClockKind
	From, To string // last days, YYYY-MM-DD; empty where a moment counts
	Clocks   int
}

// NamedMove is one clock of a published report.
type NamedMove struct {
	Report   string
	Unit     string
	Kind     report.ClockKind
	From, To time.Time
}

// PutPlan keeps the dry run of a decree; an older one of the same key makes way.
// fault.NotFound if there is no such calendar.
func (t *Tx) PutPlan(ctx context.Context, p DecreePlan) error {
	document, err := json.Marshal(p.Decree)
	if err != nil {
		return fmt.Errorf("encode decree: %w", err)
	}
	_, err = t.exec(ctx, `
		INSERT INTO decree_plan (calendar, key, id, revision, document, subject, at)
		VALUES (@calendar, @key, @id, @revision, @document, @subject, @at)
		ON CONFLICT (calendar, key) DO UPDATE
		SET id = excluded.id, revision = excluded.revision, document = excluded.document, subject = excluded.subject, at = excluded.at`,
		pgx.StrictNamedArgs{
			"calendar": p.Calendar, "key": p.Key, "id": p.ID, "revision": p.Revision, "document": json.RawMessage(document),
			"subject": p.Subject, "at": t.s.now(),
		})
	return explain(err, "put plan of "+p.Key)
}

// Plan returns the dry run that waits under a key. fault.NotFound if none does.
func (t *Tx) Plan(ctx context.Context, id, key string) (DecreePlan, error) {
	type row struct {
		Calendar, Key, ID string
		Revision          int
		Document          json.RawMessage
		Subject           string
		At                time.Time
	}
	r, err := one(ctx, t, pgx.RowToStructByName[row], `
		SELECT calendar, key, id, revision, document, subject, at
		FROM decree_plan
		WHERE calendar = $1 AND key = $2`, id, key)
	if err != nil {
		return DecreePlan{}, explain(err, "select plan of "+key)
	}
	p := DecreePlan{ID: r.ID, Calendar: r.Calendar, Key: r.Key, Revision: r.Revision, Subject: r.Subject, At: r.At.UTC()}
	if err := json.Unmarshal(r.Document, &p.Decree); err != nil {
		return DecreePlan{}, fmt.Errorf("decode plan of %s: %w", key, err)
	}
	return p, nil
}

// concerned returns the calendars whose chain a decree of a calendar joins, the
// calendar itself first. With lock nobody counts by them until the transaction
// ends. fault.NotFound if there is no such calendar.
func (t *Tx) concerned(ctx context.Context, id string, lock bool) ([]CalendarRow, error) {
	sql := `
		SELECT ` + calendarColumns + `
		FROM calendar c
		WHERE c.id = $1 OR $1 = '` + NationalCalendar + `'
		ORDER BY c.id <> $1, c.id`
	if lock {
		if _, err := t.exec(ctx, revising); err != nil {
			return nil, fmt.Errorf("lock counting: %w", err)
		}
		sql += ` FOR UPDATE`
	}
	rows, err := many(ctx, t, pgx.RowToStructByName[CalendarRow], sql, id)
	if err != nil {
		return nil, fmt.Errorf("select calendars: %w", err)
	}
	if len(rows) == 0 {
		return nil, fault.New(fault.NotFound, "Kalender %q tidak dikenal.", id)
	}
	return rows, nil
}

// amended returns the calendar's own ledger with the decree, or the refusal of
// its rows as *calendar.RowError. fault.Invalid at /settings for settings of the
// national calendar: what it decrees holds in calendars of all zones and weeks.
func (t *Tx) amended(ctx context.Context, id string, a calendar.Amendment) (*calendar.Ledger, error) {
	if id == NationalCalendar && len(a.Settings) > 0 {
		return nil, fault.At("/settings", "Pengaturan tidak berlaku untuk kalender %s: zona, pekan kerja dan cuti bersama "+
			"diatur oleh kalender masing-masing.", id)
	}
	own, err := readLedger(ctx, t.conn, chainOf(id))
	if err != nil {
		return nil, err
	}
	known, err := one(ctx, t, pgx.RowTo[bool], `SELECT EXISTS (SELECT FROM decree WHERE key = $1)`, a.Decree.Key)
	if err != nil {
		return nil, fmt.Errorf("select decree: %w", err)
	}
	if known {
		return nil, fault.New(fault.Conflict, "Keputusan %s sudah tercatat.", a.Decree.Key)
	}
	return own.Amend(a)
}

// chainOf is the calendar that a decree's row names: none for the national
// chain.
func chainOf(id string) string {
	if id == NationalCalendar {
		return ""
	}
	return id
}

// Preview says what a decree would do if it were committed now. It changes
// nothing and locks nothing. Errors: fault.NotFound for an unknown calendar;
// fault.Conflict for a key that is recorded;
// *calendar.RowError for what the ledger refuses.
func (t *Tx) Preview(ctx context.Context, id string, a calendar.Amendment) (p Preview, revision int, err error) {
	err = t.byLaw(ctx, func() (err error) {
		p, revision, err = t.preview(ctx, id, a)
		return err
	})
	return p, revision, err
}

func (t *Tx) preview(ctx context.Context, id string, a calendar.Amendment) (Preview, int, error) {
	rows, err := t.concerned(ctx, id, false)
	if err != nil {
		return Preview{}, 0, err
	}
	ledger, err := t.amended(ctx, id, a)
	if err != nil {
		return Preview{}, 0, err
	}
	k, groups, err := t.groups(ctx, rows)
	if err != nil {
		return Preview{}, 0, err
	}
	for _, row := range rows {
		if k.books[row.ID], err = k.books[row.ID].With(id == NationalCalendar, ledger); err != nil {
			return Preview{}, 0, err
		}
	}
	all, err := k.shifts(groups)
	if err != nil {
		return Preview{}, 0, fmt.Errorf("count clocks again: %w", err)
	}
	ended, err := t.endedShifts(ctx, k, rows, a.Decree)
	if err != nil {
		return Preview{}, 0, err
	}
	p := Preview{Revision: k.books[id].Revision(), Lifted: len(ended)}
	err = t.previewMoves(ctx, &p, all)
	return p, rows[0].Revision, err
}

func (t *Tx) previewMoves(ctx context.Context, p *Preview, all []shift) error {
	p.Moves, p.Named = []MoveGroup{}, []NamedMove{}
	if len(all) == 0 {
		return nil
	}
	args, err := shifted(all)
	if err != nil {
		return err
	}
	var counts []struct{ Reports, Lifted int }
	moved := `FROM clock c JOIN ` + shiftTable + ` ON ` + shiftMatch
	total, groups, named := args, pgx.StrictNamedArgs{}, pgx.StrictNamedArgs{}
	for name, v := range args {
		groups[name], named[name] = v, v
	}
	now := t.s.now()
	total["now"], named["most"] = now, MaxNamed
	b := &pgx.Batch{}
	into(b, &counts, pgx.RowToStructByPos[struct{ Reports, Lifted int }], `
		SELECT count(DISTINCT c.report)::integer, (count(*) FILTER (WHERE m.late AND m.new_due > @now))::integer
		`+moved, total)
	into(b, &p.Moves, pgx.RowToStructByName[MoveGroup], `
		SELECT c.unit, c.kind, coalesce(c.date::text, '') AS from, coalesce(m.new_date::text, '') AS to, count(*)::integer AS clocks
		`+moved+`
		WHERE m.new_due > m.due_at
		GROUP BY c.unit, c.kind, c.date, m.new_date
		ORDER BY c.unit, c.kind, c.date, m.new_date`, groups)
	into(b, &p.Named, pgx.RowToStructByName[NamedMove], `
		SELECT c.report, c.unit, c.kind, m.due_at AS from, m.new_due AS to
		`+moved+`
		JOIN published p ON p.id = c.report
		WHERE m.new_due > m.due_at
		ORDER BY c.report, c.kind
		LIMIT @most`, named)
	if err := t.run(ctx, b); err != nil {
		return fmt.Errorf("preview moves: %w", err)
	}
	p.Reports, p.Lifted = counts[0].Reports, p.Lifted+counts[0].Lifted
	return nil
}

// CommitDecree adds a decree to a calendar, as tried out under a revision, and
// moves every open clock it concerns, all in one transaction: it is committed
// with its effects or not at all. It returns the new revision of the calendar.
//
// Errors: fault.Conflict if the calendar has a newer revision than the one
// tried out under, or the key is recorded; fault.NotFound for an unknown calendar; *calendar.RowError.
func (t *Tx) CommitDecree(ctx context.Context, id string, base int, a calendar.Amendment) (revision int, out Recounted, err error) {
	err = t.byLaw(ctx, func() (err error) {
		revision, out, err = t.commitDecree(ctx, id, base, a)
		return err
	})
	return revision, out, err
}

func (t *Tx) commitDecree(ctx context.Context, id string, base int, a calendar.Amendment) (int, Recounted, error) {
	rows, err := t.concerned(ctx, id, true)
	if err != nil {
		return 0, Recounted{}, err
	}
	if rows[0].Revision != base {
		return 0, Recounted{}, fault.New(fault.Conflict,
			"Kalender %s kini pada revisi %d; uji coba ini dibuat pada revisi %d. Ulangi uji coba.", id, rows[0].Revision, base)
	}
	ledger, err := t.amended(ctx, id, a)
	if err != nil {
		return 0, Recounted{}, err
	}
	if err := t.writeDecree(ctx, id, ledger, a); err != nil {
		return 0, Recounted{}, err
	}
	t.revising = true
	out, err := t.recountFor(ctx, rows, a.Decree)
	return base + 1, out, err
}

// recountFor counts again the clocks of calendars that have just got a decree:
// open ones, and ended ones if it was issued before today.
func (t *Tx) recountFor(ctx context.Context, rows []CalendarRow, d calendar.Decree) (Recounted, error) {
	ids := make([]string, len(rows))
	for i := range rows {
		rows[i].Revision++
		ids[i] = rows[i].ID
	}
	k, groups, err := t.groups(ctx, rows)
	if err != nil {
		return Recounted{}, err
	}
	all, err := k.shifts(groups)
	if err != nil {
		return Recounted{}, fmt.Errorf("count clocks again: %w", err)
	}
	ended, err := t.endedShifts(ctx, k, rows, d)
	if err != nil {
		return Recounted{}, err
	}
	out, err := t.shift(ctx, all, ended...)
	if err != nil {
		return out, err
	}
	_, err = t.exec(ctx, `UPDATE calendar SET recounted = revision WHERE id = ANY ($1)`, ids)
	return out, explain(err, "mark calendars counted")
}

// writeDecree writes what the decree adds, and moves the calendars on. It is
// recorded after every other decree, also by a clock that went back.
func (t *Tx) writeDecree(ctx context.Context, id string, ledger *calendar.Ledger, a calendar.Amendment) error {
	d, _ := ledger.Decree(a.Decree.Key)
	b := &pgx.Batch{}
	queueDecree(b, d, chainOf(id))
	b.Queue(`
		UPDATE decree
		SET recorded_at = greatest($2::timestamptz, (SELECT max(recorded_at) FROM decree WHERE key <> $1) + interval '1 microsecond')
		WHERE key = $1`, d.Key, t.s.now())
	for _, y := range ledger.Days() {
		if y.Decree == d.Key || y.SupersededBy == d.Key {
			queueDay(b, y)
		}
	}
	for _, h := range ledger.Hours() {
		if h.Decree == d.Key {
			queueHours(b, h)
		}
	}
	for _, s := range ledger.Settings() {
		if s.Decree == d.Key {
			queueSetting(b, s)
		}
	}
	b.Queue(`
		UPDATE calendar
		SET revision = revision + 1
		WHERE id = $1 OR $1 = '`+NationalCalendar+`'`, id)
	b.Queue(`DELETE FROM decree_plan WHERE calendar = $1 AND key = $2`, id, d.Key)
	return explain(t.run(ctx, b), "write decree "+d.Key)
}
