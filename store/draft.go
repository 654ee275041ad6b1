package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/seal"
	"github.com/kawal-id/kawal/report"
)

// Draft is a follow-up that waits for a head [konsep tindak lanjut].
type Draft struct {
	ID       string // UUID
	Report   string
	Agency   string // addressed when it was saved
	Office   string // unit of its author
	Subject  string // its author
	Kind     report.FollowUpKind
	Text     string
	Revision int // 1, and one more each time it is changed
	SavedAt  time.Time

	ReturnedBy string     // subject of the head who gave it back; empty: it was not
	ReturnedAt *time.Time // when
	Reason     string     // why

	Command string // that sends it; empty: none, or it was refused
}

func draftCell(column, id string) seal.Cell {
	return seal.Cell{Table: "draft", Column: column, Row: id}
}

type draftRow struct {
	ID         string
	Report     string
	Agency     string
	Office     string
	Subject    string
	Kind       report.FollowUpKind
	Sealed     []byte
	Revision   int
	SavedAt    time.Time
	ReturnedBy string
	ReturnedAt *time.Time
	Reason     []byte
	Command    string
	Wrapped    []byte
}

// liveCommand is the command that sends a draft d; one that was refused sends
// nothing.
const liveCommand = `coalesce((SELECT m.id FROM command m WHERE m.id = d.command AND m.state <> 'refused'), '')`

const draftColumns = `
	d.id, d.report, d.agency, d.office, d.subject, d.kind, d.sealed, d.revision, d.saved_at, coalesce(d.returned_by, '') AS returned_by,
	d.returned_at, d.reason_sealed AS reason, ` + liveCommand + ` AS command,
	(SELECT k.wrapped FROM report_key k WHERE k.report = d.report) AS wrapped`

func (t *Tx) openDraft(r draftRow) (Draft, error) {
	d := Draft{
		ID: r.ID, Report: r.Report, Agency: r.Agency, Office: r.Office, Subject: r.Subject, Kind: r.Kind, Revision: r.Revision,
		SavedAt: r.SavedAt.UTC(), ReturnedBy: r.ReturnedBy, ReturnedAt: utc(r.ReturnedAt), Command: r.Command,
	}
	key, err := t.key(r.Report, r.Wrapped)
	if err != nil {
		return d, err
	}
	if d.Text, err = openText(key, draftCell("text", r.ID), r.Sealed); err != nil {
		return d, err
	}
	d.Reason, err = openText(key, draftCell("reason", r.ID), r.Reason)
	return d, err
}

func (t *Tx) openDrafts(rows []draftRow) ([]Draft, error) {
	all := make([]Draft, len(rows))
	for i, r := range rows {
		var err error
		if all[i], err = t.openDraft(r); err != nil {
			return nil, fmt.Errorf("draft %s: %w", r.ID, err)
		}
	}
	return all, nil
}

func queueDrafts(b *pgx.Batch, found *[]draftRow, report string) {
	into(b, found, pgx.RowToStructByName[draftRow], `
		SELECT `+draftColumns+`
		FROM draft d
		WHERE d.report = $1
		ORDER BY d.saved_at, d.id`, report)
}

// Drafts returns drafts that the transaction's actor sees and that are not being
// sent, oldest first, at most limit: those that he wrote and was given back and, for
// a head, those that wait for one.
func (t *Tx) Drafts(ctx context.Context, head bool, limit int) ([]Draft, error) {
	rows, err := many(ctx, t, pgx.RowToStructByName[draftRow], `
		SELECT `+draftColumns+`
		FROM draft d
		WHERE `+liveCommand+` = ''
			AND (d.returned_at IS NULL AND @head OR d.returned_at IS NOT NULL AND d.subject = @subject)
		ORDER BY d.saved_at, d.id
		LIMIT @limit`,
		pgx.StrictNamedArgs{"head": head, "subject": t.actor.Subject, "limit": limit})
	if err != nil {
		return nil, fmt.Errorf("select drafts: %w", err)
	}
	return t.openDrafts(rows)
}

// LockDraft returns a draft of a report and keeps others from changing it until the
// transaction ends. fault.NotFound if there is none, or it is not the actor's to see.
func (t *Tx) LockDraft(ctx context.Context, report, id string) (Draft, error) {
	var rows []draftRow
	b := &pgx.Batch{}
	b.Queue(`SELECT FROM draft WHERE report = $1 AND id = $2 FOR UPDATE`, report, id)
	into(b, &rows, pgx.RowToStructByName[draftRow], `
		SELECT `+draftColumns+`
		FROM draft d
		WHERE d.report = $1 AND d.id = $2`, report, id)
	err := t.run(ctx, b)
	if err == nil && len(rows) == 0 {
		err = pgx.ErrNoRows
	}
	if err != nil {
		return Draft{}, explain(err, "select draft of "+report)
	}
	return t.openDraft(rows[0])
}

// SaveDraft keeps what the transaction's actor wrote about a report that he has
// locked: Report, Agency, Office, Kind and Text of n, under ID if he has none there
// yet. Saving what lies there changes nothing; else the revision grows, and what a
// head said of it is gone. fault.Conflict while it is being sent, fault.Gone for an
// erased report.
func (t *Tx) SaveDraft(ctx context.Context, n Draft) (Draft, error) {
	rows, err := many(ctx, t, pgx.RowToStructByName[draftRow], `
		SELECT `+draftColumns+`
		FROM draft d
		WHERE d.report = $1 AND d.agency = $2 AND d.subject = $3`, n.Report, n.Agency, t.actor.Subject)
	if err != nil {
		return Draft{}, fmt.Errorf("select draft of %s: %w", n.Report, err)
	}
	if len(rows) > 0 {
		was, err := t.openDraft(rows[0])
		switch {
		case err != nil:
			return Draft{}, err
		case was.Command != "":
			return Draft{}, fault.New(fault.Conflict, "Konsep ini sudah disetujui dan sedang dikirim.")
		case was.Text == n.Text && was.Kind == n.Kind && was.ReturnedAt == nil:
			return was, nil
		}
		n.ID, n.Revision = was.ID, was.Revision
	}
	n.Subject, n.SavedAt, n.Revision = t.actor.Subject, t.s.now(), n.Revision+1
	key, err := t.keyOf(ctx, n.Report)
	if err != nil {
		return Draft{}, err
	}
	sealed, err := key.Seal(draftCell("text", n.ID), []byte(n.Text))
	if err != nil {
		return Draft{}, err
	}
	_, err = t.exec(ctx, `
		INSERT INTO draft (id, report, agency, office, subject, kind, sealed, revision, saved_at)
		VALUES (@id, @report, @agency, @office, @subject, @kind, @sealed, @revision, @now)
		ON CONFLICT (id) DO UPDATE
		SET office = excluded.office, kind = excluded.kind, sealed = excluded.sealed, revision = excluded.revision,
			saved_at = excluded.saved_at, returned_by = NULL, returned_at = NULL, reason_sealed = NULL, command = NULL`,
		pgx.StrictNamedArgs{
			"id": n.ID, "report": n.Report, "agency": n.Agency, "office": n.Office, "subject": n.Subject, "kind": n.Kind,
			"sealed": sealed, "revision": n.Revision, "now": n.SavedAt,
		})
	return n, explain(err, "save draft of "+n.Report)
}

// SendDraft notes the command that a locked draft became.
func (t *Tx) SendDraft(ctx context.Context, id, command string) error {
	_, err := t.exec(ctx, `UPDATE draft SET command = $2 WHERE id = $1`, id, command)
	return explain(err, "send draft "+id)
}

// ReturnDraft gives a locked draft back to its author, and returns it.
func (t *Tx) ReturnDraft(ctx context.Context, d Draft, reason string) (Draft, error) {
	key, err := t.keyOf(ctx, d.Report)
	if err != nil {
		return d, err
	}
	sealed, err := key.Seal(draftCell("reason", d.ID), []byte(reason))
	if err != nil {
		return d, err
	}
	now := t.s.now()
	d.ReturnedBy, d.ReturnedAt, d.Reason = t.actor.Subject, &now, reason
	_, err = t.exec(ctx, `
		UPDATE draft
		SET returned_by = @by, returned_at = @now, reason_sealed = @reason, command = NULL
		WHERE id = @id`,
		pgx.StrictNamedArgs{"id": d.ID, "by": d.ReturnedBy, "now": now, "reason": sealed})
	return d, explain(err, "return draft "+d.ID)
}

// DeleteDraft deletes a draft. Repeating it does nothing.
func (t *Tx) DeleteDraft(ctx context.Context, id string) error {
	_, err := t.exec(ctx, `DELETE FROM draft WHERE id = $1`, id)
	return explain(err, "delete draft "+id)
}

// PurgeDrafts deletes drafts that nobody touched since a moment and that have no
// report to be sent on: it has ended, or is with another agency. It returns how many.
func (t *Tx) PurgeDrafts(ctx context.Context, before time.Time) (int, error) {
	n, err := t.exec(ctx, `
		DELETE FROM draft d
		USING report r
		WHERE r.id = d.report
			AND greatest(d.saved_at, d.returned_at) < $1
			AND (r.stage NOT IN ('follow_up', 'closure') OR r.agency IS DISTINCT FROM d.agency)`, before)
	return n, explain(err, "purge drafts")
}
