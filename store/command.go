package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/seal"
	"github.com/kawal-id/kawal/report"
)

const commandColumns = `
	id, report, action, role, coalesce(subject, '') AS subject, state, seq, coalesce(fault_kind, '') AS kind,
	coalesce(reason, '') AS reason, received_at, settled_at`

// InsertCommand makes a command durable: its row, and its texts unpublished.
// Receipt is the moment of this call if Command.ReceivedAt is zero, taken under
// the report's lock, so that no deadline is confirmed past it; the row that
// comes back holds it, and it is this receipt that must travel on. A command to
// make the report secret takes the public copy down at once; an amendment with
// Accused replaces the accused units at once.
//
// Repeating it with the same id returns the stored row and changes nothing.
// fault.NotFound for an unknown report, fault.Gone for an erased one, fault.Conflict if the id is another
// report's or another action's, fault.Invalid for an unknown accused unit.
func (t *Tx) InsertCommand(ctx context.Context, n NewCommand) (CommandRow, error) {
	if err := n.check(); err != nil {
		return CommandRow{}, err
	}
	var known []CommandRow
	var wrapped [][]byte
	b := &pgx.Batch{}
	b.Queue(counting)
	b.Queue(`SELECT FROM report WHERE id = $1 FOR SHARE`, n.Report)
	into(b, &known, pgx.RowToStructByName[CommandRow], `SELECT `+commandColumns+` FROM command WHERE id = $1`, n.Command.ID)
	into(b, &wrapped, pgx.RowTo[[]byte], wrappedKey, n.Report)
	if err := t.run(ctx, b); err != nil {
		return CommandRow{}, explain(err, "lock report "+n.Report)
	}
	if len(known) > 0 {
		return same(known[0], n)
	}
	key, err := t.mustKey(n.Report, wrapped)
	if err != nil {
		return CommandRow{}, fmt.Errorf("command %s: %w", n.Command.ID, err)
	}
	if n.Command.ReceivedAt.IsZero() {
		n.Command.ReceivedAt = t.s.now()
	}
	n.Command.ReceivedAt = n.Command.ReceivedAt.UTC().Truncate(time.Microsecond)
	stored, err := t.insertCommand(ctx, n, key)
	if err != nil {
		return CommandRow{}, explain(err, "insert command "+n.Command.ID)
	}
	return same(stored, n)
}

// check compares the texts with the digests that will travel.
func (n NewCommand) check() error {
	if len(n.Texts) != len(n.Command.Digests) {
		return fmt.Errorf("command %s: %d texts and %d digests", n.Command.ID, len(n.Texts), len(n.Command.Digests))
	}
	for i, text := range n.Texts {
		if n.Command.Digests[i] != digest(text.Body) {
			return fmt.Errorf("command %s: digest %d is not of its text", n.Command.ID, i)
		}
	}
	return nil
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// same returns the stored row if it is this command's.
func same(r CommandRow, n NewCommand) (CommandRow, error) {
	if r.Report != n.Report || r.Action != n.Command.Action {
		return CommandRow{}, fault.New(fault.Conflict, "Nomor perintah sudah dipakai untuk tindakan lain.")
	}
	r.ReceivedAt, r.SettledAt = r.ReceivedAt.UTC(), utc(r.SettledAt)
	return r, nil
}

// insertCommand writes all parts in one round trip, the line of the audit log
// too. If another transaction was first with the id, nothing is written and its
// row comes back.
func (t *Tx) insertCommand(ctx context.Context, n NewCommand, key *seal.ReportKey) (CommandRow, error) {
	var stored []CommandRow
	b, c := &pgx.Batch{}, n.Command
	detail, err := noted(n)
	if err != nil {
		return CommandRow{}, err
	}
	b.Queue(`
		WITH put AS (
			INSERT INTO command (id, report, action, role, subject, command, state, received_at)
			VALUES (@id, @report, @action, @role, @subject, @command, 'waiting', @received_at)
			ON CONFLICT (id) DO NOTHING
			RETURNING report, action)
		INSERT INTO audit (at, kind, subject, unit, roles, action, report, allowed, detail)
		SELECT @now, `+by+`, action, report, true, @detail
		FROM put`,
		pgx.StrictNamedArgs{
			"id": c.ID, "report": n.Report, "action": c.Action, "role": c.By, "subject": nonzero(n.Subject),
			"command": c, "received_at": c.ReceivedAt, "now": t.s.now(), "detail": detail,
		})
	for i, text := range n.Texts {
		sealed, err := key.Seal(postCell(c.ID, i), []byte(text.Body))
		if err != nil {
			return CommandRow{}, err
		}
		b.Queue(`
			INSERT INTO post (report, command, n, kind, role, office, follow_up, body_sealed, sha256, at, hold)
			VALUES (@report, @command, @n, @kind, @role, @office, @follow_up, @body, @sha256, @at, @hold)
			ON CONFLICT (command, n) DO NOTHING`,
			pgx.StrictNamedArgs{
				"report": n.Report, "command": c.ID, "n": i, "kind": text.Kind, "role": c.By, "office": nonzero(c.Office),
				"follow_up": nonzero(c.Kind), "body": sealed, "sha256": c.Digests[i], "at": c.ReceivedAt, "hold": n.Hold,
			})
	}
	// Read back before the accused change: whoever accuses his own office sees
	// nothing of the report from then on.
	into(b, &stored, pgx.RowToStructByName[CommandRow], `SELECT `+commandColumns+` FROM command WHERE id = $1`, c.ID)
	if c.Action == report.MakeSecret {
		queueTakeDown(b, n.Report, t.s.now())
	}
	if c.Action == report.Amend && n.Accused != nil {
		b.Queue(`DELETE FROM accused WHERE report = $1`, n.Report)
		queueAccused(b, n.Report, n.Accused)
	}
	if err := t.run(ctx, b); err != nil {
		return CommandRow{}, err
	}
	if len(stored) == 0 {
		return CommandRow{}, pgx.ErrNoRows
	}
	return stored[0], nil
}

// Command returns a command by its id. fault.NotFound if there is none.
func (t *Tx) Command(ctx context.Context, id string) (CommandRow, error) {
	r, err := one(ctx, t, pgx.RowToStructByName[CommandRow], `SELECT `+commandColumns+` FROM command WHERE id = $1`, id)
	if errors.Is(err, pgx.ErrNoRows) {
		err = fault.New(fault.NotFound, "Perintah tidak ditemukan.")
	}
	if err != nil {
		return CommandRow{}, fmt.Errorf("select command %s: %w", id, err)
	}
	r.ReceivedAt, r.SettledAt = r.ReceivedAt.UTC(), utc(r.SettledAt)
	return r, nil
}

// Refuse records that a waiting command was refused, with the fault's kind and
// sentence, and that it was in the audit log. A command already applied or refused keeps its verdict.
//
// The public copy that an accepted make_secret took down stays down, whatever
// the reason of the refusal: its sender wanted the report secret. It comes back
// only where the report was secret already when the command was received and
// has been opened since, so that by its state it is public.
func (t *Tx) Refuse(ctx context.Context, id, kind, reason string) error {
	refused, err := many(ctx, t, pgx.RowToStructByName[refusedRow], `
		WITH refused AS (
			UPDATE command
			SET state = 'refused', fault_kind = @kind, reason = @reason, settled_at = @now
			WHERE id = @id AND state = 'waiting'
			RETURNING id, report, action, EXISTS (
				SELECT FROM transition x
				WHERE x.report = command.report AND x.action = 'make_public' AND x.recorded_at >= command.received_at) AS opened),
		noted AS (
			INSERT INTO audit (at, kind, subject, unit, roles, action, report, allowed, detail)
			SELECT @now, `+by+`, action, report, false, jsonb_build_object('id', id, 'refused', @kind::text)
			FROM refused)
		SELECT report, action, opened
		FROM refused`,
		pgx.StrictNamedArgs{"id": id, "kind": kind, "reason": reason, "now": t.s.now()})
	if err != nil {
		return explain(err, "refuse command "+id)
	}
	if len(refused) == 0 || refused[0].Action != report.MakeSecret || !refused[0].Opened {
		return nil
	}
	b := &pgx.Batch{}
	b.Queue(`SELECT FROM report WHERE id = $1 FOR UPDATE`, refused[0].Report)
	if err := t.run(ctx, b); err != nil {
		return explain(err, "lock report "+refused[0].Report)
	}
	return explain(t.publishAgain(ctx, refused[0].Report, t.s.now()), "restore public copy of "+refused[0].Report)
}

type refusedRow struct {
	Report string
	Action report.Action
	Opened bool // since its receipt
}

const (
	firstRedelivery   = 30 * time.Second // a command is brought again when it still waits then
	longestRedelivery = 10 * time.Minute
)

// WaitingCommands returns commands accepted before olderThan that no transition
// has applied yet and that are due to be brought to their workflow, the longest
// waiting first, and keeps other takers from them until the transaction ends.
// Taking one puts it off, by twice the time of the last, so that repetitions do
// not fill its history and others get their turn.
func (t *Tx) WaitingCommands(ctx context.Context, olderThan time.Time, limit int) ([]Pending, error) {
	rows, err := many(ctx, t, pgx.RowToStructByName[Pending], `
		WITH due AS (
			SELECT id
			FROM command
			WHERE state = 'waiting' AND received_at < @before AND (next_try_at IS NULL OR next_try_at <= @now)
			ORDER BY coalesce(next_try_at, received_at), id
			LIMIT @limit
			FOR UPDATE SKIP LOCKED),
		taken AS (
			UPDATE command c
			SET tries = c.tries + 1,
				next_try_at = @now::timestamptz + least(@first::interval * power(2, least(c.tries, 20)), @longest::interval)
			FROM due
			WHERE c.id = due.id
			RETURNING c.id, c.report, c.command, c.received_at)
		SELECT t.report, t.command, r.wanted_run AS run
		FROM taken t
		JOIN report r ON r.id = t.report
		ORDER BY t.received_at, t.id`,
		pgx.StrictNamedArgs{"before": olderThan, "now": t.s.now(), "limit": limit, "first": firstRedelivery, "longest": longestRedelivery})
	if err != nil {
		return nil, fmt.Errorf("select waiting commands: %w", err)
	}
	return rows, nil
}

// PurgeCommands deletes commands refused before a moment, with their texts, and
// returns how many. A command that waits is never deleted: it was accepted.
func (t *Tx) PurgeCommands(ctx context.Context, before time.Time) (int, error) {
	n, err := t.exec(ctx, `
		DELETE FROM command
		WHERE state = 'refused' AND settled_at < $1`, before)
	return n, explain(err, "purge commands")
}

// queueApplied marks the command of a transition applied, its texts said, and
// takes its redacted copies. A command of the system has no row.
func queueApplied(b *pgx.Batch, a Advance, now time.Time) {
	c := a.Command
	b.Queue(`
		UPDATE command
		SET state = 'applied', seq = $2, settled_at = $3, fault_kind = NULL, reason = NULL
		WHERE id = $1 AND report = $4`, c.ID, a.Next.Seq, now, a.Next.ID)
	if c.Action == report.PostFollowUp { // it was a draft
		b.Queue(`DELETE FROM draft WHERE command = $1`, c.ID)
	}
	if c.Action == report.Forward { // it carried the copy that was prepared
		b.Queue(`DELETE FROM prepared_copy WHERE report = $1`, a.Next.ID)
	}
	if len(c.Digests) == 0 {
		return
	}
	b.Queue(`UPDATE post SET seq = $2 WHERE command = $1 AND report = $3`, c.ID, a.Next.Seq, a.Next.ID)
	b.Queue(`
		UPDATE content
		SET copy_title = coalesce((SELECT id FROM post WHERE command = $2 AND kind = 'public_title'), copy_title),
			copy_body = coalesce((SELECT id FROM post WHERE command = $2 AND kind = 'public_body'), copy_body)
		WHERE report = $1`, a.Next.ID, c.ID)
}
