package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
)

const (
	noticeLease   = 2 * time.Minute // how long a taker may work on a notice before another may take it
	noticeTries   = 10              // a notice that failed this often is dead
	firstBackoff  = 30 * time.Second
	longestPause  = 6 * time.Hour
	maxErrorRunes = 500
)

// waitingNotice is a row of outbox that has not come to an end.
const waitingNotice = `sent_at IS NULL AND void_at IS NULL AND died_at IS NULL`

// queueVoid queues that waiting notices of a report's clocks become void: of a
// clock that no longer runs, and those that tell a due time that has moved
// ahead since.
func queueVoid(b *pgx.Batch, id string, now time.Time) {
	b.Queue(voidNotices+` AND o.report = $2`, now, id)
}

// voidNotices ends waiting notices o of clocks that give no reason for them any more,
// at $1.
const voidNotices = `
	UPDATE outbox o
	SET void_at = $1
	WHERE o.clock IS NOT NULL
		AND ` + waitingNotice + `
		AND NOT EXISTS (
			SELECT FROM clock c
			WHERE c.report = o.report
				AND c.kind || ':' || c.seq = o.clock
				AND c.status = 'running'
				AND (o.due_at IS NULL OR c.due_at IS NULL OR c.due_at <= o.due_at))`

// queueNotices queues what a transition does to the outbox: notices of clocks
// that no longer run become void, its own are added. A notice to the reporter
// goes also to the reporters of reports merged into this one, unless they go
// their own way with this transition, and to nobody without a contact. What a
// clock caused waits for the receiver's office hours, except under rules for
// demonstration.
func (t *Tx) queueNotices(ctx context.Context, b *pgx.Batch, a Advance, k counters) error {
	id, now := a.Next.ID, t.s.now()
	queueVoid(b, id, now)
	for _, n := range a.Effects.Notices {
		unit := receiver(a.Next, n.To)
		if n.To != report.ToReporter && unit == "" {
			continue // nobody holds it yet
		}
		send, err := t.sendTime(ctx, a, n, k, now)
		if err != nil {
			return err
		}
		clock, due := noticeClock(a, n)
		b.Queue(`
			INSERT INTO outbox (report, seq, dedup, template, audience, unit, clock, due_at, send_at, created_at)
			SELECT r.id, @seq, concat_ws(':', r.id, @id::text, @seq::integer, @audience::text, @template::text),
				@template, @audience, @unit, @clock, @due_at, @send_at, @now
			FROM report r
			WHERE (r.id = @id OR (@audience = 'reporter' AND NOT @apart::boolean AND r.merged_to = @id AND r.stage = 'merged'))
				AND (@audience <> 'reporter' OR EXISTS (SELECT FROM contact k WHERE k.report = r.id))
			ON CONFLICT (dedup) DO NOTHING`,
			pgx.StrictNamedArgs{
				"id": id, "seq": a.Next.Seq, "audience": string(n.To), "template": n.Template, "unit": nonzero(unit),
				"clock": nonzero(clock), "due_at": nonzero(due), "send_at": send, "now": now, "apart": a.Effects.UnmergeMerged,
			})
	}
	return nil
}

// receiver is the unit a notice goes to; empty for the reporter.
func receiver(s report.State, to report.Audience) string {
	switch to {
	case report.ToOfficers:
		return s.Holder()
	case report.ToAdmins:
		return s.Queue
	}
	return ""
}

// sendTime is when a notice may leave.
func (t *Tx) sendTime(ctx context.Context, a Advance, n report.Notice, k counters, now time.Time) (time.Time, error) {
	if a.Next.Rules.Demo || (n.Clock == "" && a.Command.By != report.System) {
		return now, nil
	}
	unit := receiver(a.Next, n.To)
	if unit == "" {
		unit = a.Next.Queue
	}
	row, ok := k.of[unit]
	if !ok {
		return now, fmt.Errorf("unit %s has no calendar", unit)
	}
	c, err := t.s.counter(ctx, t.conn, row, row.Revision)
	if err != nil {
		return now, err
	}
	return c.index.NextOfficeOpening(now), nil
}

// noticeClock names the clock a notice depends on, and the time it tells.
func noticeClock(a Advance, n report.Notice) (string, time.Time) {
	if c := a.Next.Clock(n.Clock); n.Clock != "" && c != nil {
		return fmt.Sprintf("%s:%d", c.Kind, c.Seq), c.DueAt
	}
	return "", a.Next.NearestDue()
}

// noticeRow is what TakeNotices reads.
type noticeRow struct {
	ID       int64
	Report   string
	Template string
	Audience report.Audience
	Contact  []byte
	Subjects []string
	Sealed   bool
	DueAt    *time.Time
	Attempts int

	Dedup     string
	Step      *string // of a plan; the fields below count for such only
	Unit      *string
	Clock     *string
	Source    *string
	Merged    bool // the report is merged into Source
	Delivered []string

	kind report.ClockKind
	date string
}

// origin is the report whose clock caused the notice.
func (r noticeRow) origin() string {
	if r.Source != nil {
		return *r.Source
	}
	return r.Report
}

// begun reports whether some of the receivers have it already.
func (r noticeRow) begun() bool { return len(r.Delivered) > 0 }

// TakeNotices takes up to n notices that are due, oldest first, for two minutes:
// whoever takes one must call Sent or Failed, else it is given out again. Two
// takers at once get different ones. Attempts counts this one. Staff inside an
// accused tree are no receivers, nor those whom it has reached already; a unit
// without staff gives no Subjects.
//
// A step of a plan is held against its clock as it stands now: it is put off if
// its time has moved or the receiver's office is closed, void if its clock no
// longer wants it.
func (t *Tx) TakeNotices(ctx context.Context, n int) ([]Notice, error) {
	now := t.s.now()
	rows, err := many(ctx, t, pgx.RowToStructByName[noticeRow], `
		WITH due AS (
			SELECT id
			FROM outbox
			WHERE `+waitingNotice+` AND send_at <= @now AND (leased_until IS NULL OR leased_until <= @now)
			ORDER BY send_at, id
			LIMIT @n
			FOR UPDATE SKIP LOCKED),
		taken AS (
			UPDATE outbox o
			SET leased_until = @until, attempts = attempts + 1
			FROM due
			WHERE o.id = due.id
			RETURNING o.*)
		SELECT o.id, o.report, o.template, o.audience, o.due_at, o.attempts, i.kind = 'sealed' AS sealed,
			o.dedup, o.step, o.unit, o.clock, o.source, o.delivered,
			coalesce(r.stage = 'merged' AND r.merged_to = o.source, false) AS merged,
			CASE WHEN o.audience = 'reporter' THEN k.sealed END AS contact,
			ARRAY(
				SELECT s.subject
				FROM staff s
				WHERE s.active
					AND CASE o.audience
						WHEN 'national' THEN coalesce(s.unit, @national) = @national
						ELSE s.unit = o.unit
					END
					AND s.roles && CASE o.audience
						WHEN 'officers' THEN ARRAY['officer']
						WHEN 'staff' THEN ARRAY['officer', 'admin']
						WHEN 'heads' THEN ARRAY['head']
						ELSE ARRAY['admin']
					END
					AND NOT s.subject = ANY (o.delivered)
					AND NOT EXISTS (
						SELECT FROM accused x
						WHERE x.report = o.report AND x.agency IN (SELECT units_above(s.unit)))
				ORDER BY s.subject) AS subjects
		FROM taken o
		JOIN report r ON r.id = o.report
		JOIN identity i ON i.report = o.report
		LEFT JOIN contact k ON k.report = o.report
		ORDER BY o.send_at, o.id`,
		pgx.StrictNamedArgs{"n": n, "now": now, "until": now.Add(noticeLease), "national": t.s.national})
	if err != nil {
		return nil, fmt.Errorf("take notices: %w", err)
	}
	if rows, err = t.stillDue(ctx, rows); err != nil {
		return nil, err
	}
	notices := make([]Notice, len(rows))
	for i, r := range rows {
		notices[i] = Notice{
			ID: r.ID, Report: r.Report, Template: r.Template, To: r.Audience, Contact: r.Contact, Subjects: r.Subjects,
			Sealed: r.Sealed, DueAt: utc(r.DueAt), Attempts: r.Attempts, Clock: r.kind, Day: r.date,
		}
	}
	return notices, nil
}

// Sent records that a notice has left. After a step of a plan its next one
// waits. Repeating it changes nothing.
func (t *Tx) Sent(ctx context.Context, id int64) error {
	of, err := t.lockOf(ctx, id)
	if err != nil {
		return err
	}
	planned, err := many(ctx, t, pgx.RowTo[bool], `
		UPDATE outbox
		SET sent_at = $2, leased_until = NULL
		WHERE id = $1 AND `+waitingNotice+`
		RETURNING step IS NOT NULL AND source IS NULL`, id, t.s.now())
	if err != nil {
		return explain(err, "mark notice sent")
	}
	if !slices.Contains(planned, true) {
		return nil
	}
	return t.left(ctx, id, of)
}

// Failed records that a notice could not be sent, but to those in reached, by
// subject. It is tried again for the others after 30 seconds, then twice as
// long each time up to six hours; the tenth failure makes it a dead letter. The
// cause must not hold an address: only its first 500 characters are kept, for
// DeadLetters. A step of a plan that has reached somebody, or is given up, is
// followed by the next.
func (t *Tx) Failed(ctx context.Context, id int64, cause error, reached ...string) error {
	text := []rune(cause.Error())
	if reached == nil {
		reached = []string{}
	}
	of, err := t.lockOf(ctx, id)
	if err != nil {
		return err
	}
	goOn, err := many(ctx, t, pgx.RowTo[bool], `
		UPDATE outbox
		SET leased_until = NULL,
			last_error = @cause,
			delivered = delivered || @reached::text[],
			died_at = CASE WHEN attempts >= @tries THEN @now::timestamptz END,
			send_at = @now::timestamptz
				+ least(@longest::interval, @first::interval * power(2, greatest(attempts - 1, 0)))
		WHERE id = @id AND `+waitingNotice+`
		RETURNING step IS NOT NULL AND source IS NULL AND (died_at IS NOT NULL OR delivered <> '{}')`,
		pgx.StrictNamedArgs{
			"id": id, "cause": string(text[:min(len(text), maxErrorRunes)]), "tries": noticeTries, "now": t.s.now(),
			"first": firstBackoff, "longest": longestPause, "reached": reached,
		})
	if err != nil {
		return explain(err, "mark notice failed")
	}
	if !slices.Contains(goOn, true) {
		return nil
	}
	return t.left(ctx, id, of)
}

// DeadLetters returns the notices that could not be sent, of reports that the
// transaction's actor may see, the latest first, at most 500.
func (t *Tx) DeadLetters(ctx context.Context) ([]DeadLetter, error) {
	dead, err := many(ctx, t, pgx.RowToStructByName[DeadLetter], `
		SELECT o.id, o.report, o.template, o.attempts, coalesce(o.last_error, '') AS last_error, o.died_at
		FROM outbox o
		JOIN report r ON r.id = o.report
		WHERE o.died_at IS NOT NULL AND `+visible+`
		ORDER BY o.died_at DESC, o.id DESC
		LIMIT 500`, t.withActor(pgx.StrictNamedArgs{}))
	if err != nil {
		return nil, fmt.Errorf("select dead letters: %w", err)
	}
	return dead, nil
}

// Requeue gives a dead letter ten more tries, from now on. fault.NotFound if
// there is none with that id.
func (t *Tx) Requeue(ctx context.Context, id int64) error {
	n, err := t.exec(ctx, `
		UPDATE outbox
		SET died_at = NULL, attempts = 0, leased_until = NULL, send_at = $2
		WHERE id = $1 AND died_at IS NOT NULL`, id, t.s.now())
	if err != nil {
		return explain(err, "requeue notice")
	}
	if n == 0 {
		return fault.New(fault.NotFound, "Tidak ada surat mati %d.", id)
	}
	return nil
}

// utc is the same moment in UTC.
func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}
