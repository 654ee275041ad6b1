package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
)

// Advance records one transition that report.Apply decided, all or nothing:
// transition, clocks with the dates found for them, read model, the command's
// texts, the public copy, notices, and what it means for reports merged into
// this one. It is the only writer of transitions.
//
// Repeating it with the same command returns what was recorded the first time.
// fault.NotFound if there is no such report. fault.Conflict if another command
// has taken the sequence number, if the report is not at the one before, if a
// merge is not possible, or if a report without a redacted copy would be
// published.
func (t *Tx) Advance(ctx context.Context, a Advance) (Advanced, error) {
	a.Next = micro(a.Next)
	a.Command.ReceivedAt = a.Command.ReceivedAt.UTC().Truncate(time.Microsecond)
	held, err := t.hold(ctx, a)
	if err != nil {
		return Advanced{}, err
	}
	if done := held.done; done != nil {
		return *done, nil
	}
	found, lives, err := t.settleAll(ctx, newCounters(held.units), &a.Next, held.clocks, a.Command.ReceivedAt)
	if err != nil {
		return Advanced{}, fmt.Errorf("settle clocks of %s: %w", a.Next.ID, err)
	}
	b := &pgx.Batch{}
	if err := t.queueAdvance(ctx, b, a, held, found, lives); err != nil {
		return Advanced{}, err
	}
	if err := t.run(ctx, b); err != nil {
		return Advanced{}, explainPublish(err, fmt.Sprintf("record %s %d", a.Next.ID, a.Next.Seq))
	}
	if err := t.moveMerged(ctx, a); err != nil {
		return Advanced{}, err
	}
	return Advanced{Settled: found, Seq: a.Next.Seq, WantedRun: max(held.report.WantedRun, a.Next.Run)}, nil
}

// held is what Advance knows once the report is locked.
type held struct {
	report lockedRow
	clocks []lived // live ones, as recorded
	units  []unitCalendar
	facts  facts
	public openPublic
	done   *Advanced // the transition is recorded already
}

type lockedRow struct {
	Seq           int
	WantedRun     int
	AcceptedAt    time.Time
	ConcludedDays *int
}

type recordedRow struct {
	Seq       int
	CommandID string
	Settled   json.RawMessage
}

type targetRow struct {
	Stage     report.Stage
	Published bool
	Secret    bool
}

// hold locks the report, then the target of a merge, then the calendars, and
// judges whether the transition can be recorded.
func (t *Tx) hold(ctx context.Context, a Advance) (held, error) {
	var h held
	var rows []lockedRow
	var recorded []recordedRow
	var targets []targetRow
	var children []int
	var lives []livedRow
	id, b := a.Next.ID, &pgx.Batch{}
	b.Queue(counting)
	b.Queue(`SELECT FROM report WHERE id = $1 FOR UPDATE`, id)
	into(b, &rows, pgx.RowToStructByName[lockedRow], `
		SELECT r.seq, r.wanted_run, r.accepted_at, r.concluded_days
		FROM report r
		WHERE r.id = $1`, id)
	queueLives(b, &lives, id)
	into(b, &recorded, pgx.RowToStructByName[recordedRow], `
		SELECT seq, command_id, settled
		FROM transition
		WHERE report = $1 AND (seq = $2 OR command_id = $3)`, id, a.Next.Seq, a.Command.ID)
	if a.Command.Action == report.Merge {
		into(b, &targets, pgx.RowToStructByName[targetRow],
			`SELECT stage, published, secret FROM report WHERE id = $1 FOR SHARE`, a.Command.Target)
		into(b, &children, pgx.RowTo[int],
			`SELECT 1 FROM report WHERE merged_to = $1 AND stage = 'merged' LIMIT 1`, id)
	}
	lockCalendars(b, &h.units, unitsOf(a.Next), id)
	t.queueFacts(b, &h.facts, asDecided(a.Next))
	var texts public
	queuePublic(b, &texts, id, a.Command.ID, a.Effects.Publish)
	if err := t.run(ctx, b); err != nil {
		return h, fmt.Errorf("lock report %s: %w", id, err)
	}
	if len(rows) == 0 {
		return h, absent(pgx.ErrNoRows, id)
	}
	h.report = rows[0]
	if err := h.judge(a, recorded); err != nil || h.done != nil {
		return h, err
	}
	if a.Command.Action == report.Merge {
		if err := mayMerge(targets, len(children) > 0); err != nil {
			return h, err
		}
	}
	var err error
	if h.clocks, err = decodeLives(lives); err != nil {
		return h, fmt.Errorf("clocks of %s: %w", id, err)
	}
	if h.public, err = t.openPublic(texts, id); err != nil {
		return h, fmt.Errorf("texts of %s: %w", id, err)
	}
	return h, nil
}

// judge compares the transition with those recorded.
func (h *held) judge(a Advance, recorded []recordedRow) error {
	taken := slices.ContainsFunc(recorded, func(r recordedRow) bool {
		return r.Seq != a.Next.Seq || r.CommandID != a.Command.ID
	})
	if taken || (len(recorded) == 0 && h.report.Seq != a.Next.Seq-1) {
		return fault.New(fault.Conflict, "Laporan sudah berubah oleh tindakan lain. Muat ulang, lalu coba lagi.")
	}
	if len(recorded) == 0 {
		return nil
	}
	done, err := recorded[0].advanced(h.report.WantedRun)
	h.done = &done
	return err
}

func (r recordedRow) advanced(wanted int) (Advanced, error) {
	out := Advanced{Seq: r.Seq, WantedRun: wanted}
	if err := json.Unmarshal(r.Settled, &out.Settled); err != nil {
		return Advanced{}, fmt.Errorf("decode settled dates: %w", err)
	}
	return out, nil
}

// mayMerge holds the rules of a merge that are not about the merged report's
// own state (RULES.md section 1.2).
func mayMerge(target []targetRow, hasMerged bool) error {
	switch {
	case len(target) == 0:
		return fault.New(fault.Conflict, "Laporan tujuan tidak ditemukan.")
	case target[0].Secret || !target[0].Published:
		return fault.New(fault.Conflict, "Laporan tujuan belum terbit.")
	case target[0].Stage == report.Merged:
		return fault.New(fault.Conflict, "Laporan tujuan sendiri sudah digabung.")
	case !target[0].Stage.Open():
		return fault.New(fault.Conflict, "Laporan tujuan sudah tidak terbuka.")
	case hasMerged:
		return fault.New(fault.Conflict, "Laporan yang menjadi tujuan penggabungan tidak dapat digabung.")
	}
	return nil
}

// Recall returns what Advance or Accept recorded for a sequence number.
// fault.NotFound if there is nothing.
func (t *Tx) Recall(ctx context.Context, id string, seq int) (Advanced, error) {
	type row struct {
		recordedRow
		WantedRun int
	}
	r, err := one(ctx, t, pgx.RowToStructByName[row], `
		SELECT x.seq, x.command_id, x.settled, r.wanted_run
		FROM transition x
		JOIN report r ON r.id = x.report
		WHERE x.report = $1 AND x.seq = $2`, id, seq)
	if err != nil {
		return Advanced{}, absent(err, id)
	}
	return r.advanced(r.WantedRun)
}

// settleAll finds the dates of all pending clocks of s and puts them in. Where
// the database holds a later date for a clock than the caller knows, since a
// decree moved it, the later one stands. It returns the dates of both, and how
// the life of each clock of s goes on. at is the receipt of the command.
func (t *Tx) settleAll(ctx context.Context, k counters, s *report.State, known []lived, at time.Time) ([]report.Settled, []calendar.Life, error) {
	a, err := t.open(ctx, k)
	if err != nil {
		return nil, nil, err
	}
	return a.settleAll(s, known, at, t.s.now())
}

// settleAll is that of Tx under calendars that are open; now is the present.
func (k almanac) settleAll(s *report.State, known []lived, at, now time.Time) ([]report.Settled, []calendar.Life, error) {
	found, lives := []report.Settled{}, make([]calendar.Life, len(s.Clocks))
	for i := range s.Clocks {
		c := &s.Clocks[i]
		before := recorded(*c, known)
		moved := before != nil && adopt(c, before.Clock)
		grown := before != nil && c.Status == report.Paused && c.Limit.N > before.Limit.N
		if c.Pending == "" && !moved && !grown {
			continue
		}
		if c.Pending == "" && !grown {
			found = append(found, record(*c))
			continue
		}
		f, life, err := k.settle(*c, before, at)
		if err != nil {
			return nil, nil, err
		}
		found, lives[i] = append(found, f), life
	}
	s.Settle(found, now)
	*s = micro(*s)
	return found, lives, nil
}

// recorded is what is known of a clock, or nil.
func recorded(c report.Clock, known []lived) *lived {
	for i, r := range known {
		if r.Kind == c.Kind && r.Seq == c.Seq {
			return &known[i]
		}
	}
	return nil
}

// adopt takes over a later date that is on record for the clock, and reports
// whether there was one. An answer that was timely by that date was not late.
func adopt(c *report.Clock, r report.Clock) bool {
	if !r.DueAt.After(c.DueAt) {
		return false
	}
	c.DueAt, c.SoonAt, c.Calendar, c.Revision = r.DueAt, r.SoonAt, r.Calendar, r.Revision
	c.Provisional, c.Date, c.Decree = r.Provisional, r.Date, r.Decree
	if !c.EndedAt.IsZero() && c.EndedAt.Before(c.DueAt) {
		c.LateAt = time.Time{}
	}
	return true
}

// queueAdvance queues all writes of one transition.
func (t *Tx) queueAdvance(ctx context.Context, b *pgx.Batch, a Advance, h held, found []report.Settled, lives []calendar.Life) error {
	id := a.Next.ID
	if a.Effects.TakeDown || a.Next.Secret {
		queueTakeDown(b, id, t.s.now())
	}
	if err := t.queueTransition(b, a, found); err != nil {
		return err
	}
	if err := queueClocks(b, a.Next, lives); err != nil {
		return err
	}
	days, err := t.concludedDays(ctx, a, h)
	if err != nil {
		return err
	}
	if err := queueState(b, a.Next, t.s.now(), days); err != nil {
		return err
	}
	queueApplied(b, a, t.s.now())
	if a.Effects.Publish {
		queuePublish(b, id, h.public, t.s.now())
	}
	queueRefresh(b, id)
	queuePublishPosts(b, id, h.public, t.s.now())
	k := newCounters(h.units)
	if err := t.queueNotices(ctx, b, a, k); err != nil {
		return err
	}
	plans, err := t.plans(ctx, a.Next, h.facts, k)
	if err != nil {
		return err
	}
	t.queuePlan(b, a.Next, plans)
	return nil
}

// queueTransition queues the row of the timeline.
func (t *Tx) queueTransition(b *pgx.Batch, a Advance, found []report.Settled) error {
	settled, err := json.Marshal(found)
	if err != nil {
		return fmt.Errorf("encode settled dates: %w", err)
	}
	clocks, err := json.Marshal(a.Next.Clocks)
	if err != nil {
		return fmt.Errorf("encode clocks: %w", err)
	}
	c := a.Command
	b.Queue(`
		INSERT INTO transition (
			report, seq, command_id, action, role, office, at, recorded_at, run, from_stage, to_stage, reason, settled, clocks)
		VALUES (
			@report, @seq, @command_id, @action, @role, @office, @at, @recorded_at, @run, @from, @to, @reason, @settled, @clocks)`,
		pgx.StrictNamedArgs{
			"report": a.Next.ID, "seq": a.Next.Seq, "command_id": c.ID, "action": c.Action, "role": c.By,
			"office": nonzero(c.Office), "at": c.ReceivedAt, "recorded_at": t.s.now(), "run": max(a.Next.Run, 1),
			"from": a.Before, "to": a.Next.Stage, "reason": nonzero(c.Reason),
			"settled": json.RawMessage(settled), "clocks": json.RawMessage(clocks),
		})
	return nil
}

// queueState queues the read model. The wanted run only grows: a run that was
// replaced cannot take the report back.
func queueState(b *pgx.Batch, s report.State, now time.Time, concludedDays *int) error {
	args, err := stateArgs(s)
	if err != nil {
		return err
	}
	args["updated_at"], args["concluded_days"] = now, concludedDays
	b.Queue(`
		UPDATE report
		SET state = @state, seq = @seq, wanted_run = greatest(wanted_run, @run), stage = @stage,
			queue = @queue, agency = @agency, unit = @unit, class = @class, category = @category, region = @region,
			channel = @channel, secret = @secret, published = @published, merged_to = @merged_to,
			asked = @asked, concluded_days = coalesce(concluded_days, @concluded_days), updated_at = @updated_at
		WHERE id = @id`, args).Exec(touched("update report " + s.ID))
	return nil
}

// concludedDays counts the working days from acceptance to the first concluding
// follow-up, on the calendar of the agency that gave it; nil for any other
// transition.
func (t *Tx) concludedDays(ctx context.Context, a Advance, h held) (*int, error) {
	if !a.Next.Concluded || h.report.ConcludedDays != nil || a.Command.Action != report.PostFollowUp {
		return nil, nil
	}
	row, ok := newCounters(h.units).of[a.Next.Agency]
	if !ok {
		return nil, fmt.Errorf("unit %s has no calendar", a.Next.Agency)
	}
	k, err := t.s.counter(ctx, t.conn, row, row.Revision)
	if err != nil {
		return nil, err
	}
	n := k.index.Count(k.index.Date(h.report.AcceptedAt), k.index.Date(a.Command.ReceivedAt))
	return &n, nil
}

// moveMerged does to the reports merged into this one what its transition means
// for them: they close with it, or go their own way before it leaves. The
// commands are the system's, with ids that follow from the parent's transition.
func (t *Tx) moveMerged(ctx context.Context, a Advance) error {
	var action report.Action
	switch {
	case a.Effects.CloseMerged:
		action = report.CloseWithTarget
	case a.Effects.UnmergeMerged:
		action = report.Unmerge
	default:
		return nil
	}
	children, err := many(ctx, t, pgx.RowTo[string], `
		SELECT id
		FROM report
		WHERE merged_to = $1 AND stage = 'merged'
		ORDER BY id`, a.Next.ID)
	if err != nil {
		return fmt.Errorf("select reports merged into %s: %w", a.Next.ID, err)
	}
	for _, id := range children {
		c := report.Command{
			ID: fmt.Sprintf("%s:%s:%d", action, a.Next.ID, a.Next.Seq), Action: action, By: report.System,
			ReceivedAt: a.Command.ReceivedAt,
		}
		if _, err := t.ApplyDirect(ctx, id, c); err != nil {
			return fmt.Errorf("%s %s with %s: %w", action, id, a.Next.ID, err)
		}
	}
	return nil
}

// explainPublish is explain; a public copy without redacted text is a conflict.
func explainPublish(err error, doing string) error {
	if pe, ok := errors.AsType[*pgconn.PgError](err); ok && pe.Code == "23502" && pe.TableName == "published" {
		err = fault.New(fault.Conflict, "Salinan publik laporan ini belum dibuat.")
	}
	return explain(err, doing)
}
