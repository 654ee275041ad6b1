package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/report"
)

// HeldText is a reply or follow-up that has been said and does not appear yet.
type HeldText struct {
	Report  string
	Command string
	Kind    TextKind
	Role    report.Role
	Office  string // unit that wrote it, or empty
	Subject string // staff who wrote it, or empty
	Body    string // as it was written
	At      time.Time
}

type heldRow struct {
	said
	Report  string
	Role    report.Role
	Office  string
	Subject string
	At      time.Time
	Hold    bool
	Wrapped []byte
}

const heldColumns = saidColumns + `, t.report, t.role, coalesce(t.office, '') AS office, coalesce(m.subject, '') AS subject,
	t.at, t.hold, (SELECT k.wrapped FROM report_key k WHERE k.report = t.report) AS wrapped`

func (t *Tx) held(r heldRow) (HeldText, error) {
	key, err := t.key(r.Report, r.Wrapped)
	if err != nil {
		return HeldText{}, err
	}
	body, err := r.open(key)
	return HeldText{
		Report: r.Report, Command: r.Command, Kind: r.Kind, Role: r.Role, Office: r.Office, Subject: r.Subject, Body: body, At: r.At.UTC(),
	}, err
}

// HeldTexts returns texts of reports that the transaction's actor sees and that do
// not appear yet, oldest first, at most limit: replies of reporters, and the
// follow-ups that the actor himself wrote. Those of erased reports are left out.
func (t *Tx) HeldTexts(ctx context.Context, replies bool, limit int) ([]HeldText, error) {
	rows, err := many(ctx, t, pgx.RowToStructByName[heldRow], `
		SELECT `+heldColumns+`
		FROM post t
		JOIN command m ON m.id = t.command
		WHERE t.hold
			AND t.seq IS NOT NULL
			AND t.body_sealed IS NOT NULL
			AND (t.kind = 'reply' AND @replies OR t.kind = 'follow_up' AND m.subject = @subject)
		ORDER BY t.at, t.id
		LIMIT @limit`,
		pgx.StrictNamedArgs{"replies": replies, "subject": t.actor.Subject, "limit": limit})
	if err != nil {
		return nil, fmt.Errorf("select held texts: %w", err)
	}
	all := make([]HeldText, len(rows))
	for i, r := range rows {
		if all[i], err = t.held(r); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// HeldText returns the reply or follow-up of a command, and whether it is still
// held. fault.NotFound if the report has no such text, or it is not said yet.
func (t *Tx) HeldText(ctx context.Context, id, command string) (text HeldText, held bool, err error) {
	r, err := one(ctx, t, pgx.RowToStructByName[heldRow], `
		SELECT `+heldColumns+`
		FROM post t
		JOIN command m ON m.id = t.command
		WHERE t.report = $1 AND t.command = $2 AND t.seq IS NOT NULL AND t.kind IN ('reply', 'follow_up')`, id, command)
	if err != nil {
		return HeldText{}, false, explain(err, "select text of "+id)
	}
	if r.Wrapped == nil {
		return HeldText{}, false, erased()
	}
	text, err = t.held(r)
	return text, r.Hold, err
}

// ConfirmText lets the reply or follow-up of a command appear: at once, if the
// report is published. redacted is what is read in its place by whoever may not
// read the original; empty: there is no copy. The first confirmation stands:
// repeating it changes nothing. fault.NotFound if the report has no such text,
// fault.Gone if it was erased.
func (t *Tx) ConfirmText(ctx context.Context, id, command, redacted string) error {
	if _, err := t.Lock(ctx, id); err != nil {
		return err
	}
	if _, held, err := t.HeldText(ctx, id, command); err != nil || !held {
		return err
	}
	key, err := t.keyOf(ctx, id)
	if err != nil {
		return err
	}
	sealed, err := sealText(key, copyCell(command), redacted)
	if err != nil {
		return err
	}
	sum := ""
	if redacted != "" {
		sum = digest(redacted)
	}
	_, err = t.exec(ctx, `
		UPDATE post
		SET hold = false, copy_sealed = @sealed, copy_sha256 = @sum, confirmed_at = @now
		WHERE report = @report AND command = @command AND hold AND seq IS NOT NULL AND kind IN ('reply', 'follow_up')`,
		pgx.StrictNamedArgs{"report": id, "command": command, "sealed": sealed, "sum": nonzero(sum), "now": t.s.now()})
	if err != nil {
		return explain(err, "confirm text of "+id)
	}
	p, err := t.readPublic(ctx, id, false)
	if err != nil {
		return err
	}
	b := &pgx.Batch{}
	queuePublishPosts(b, id, p, t.s.now())
	return explain(t.run(ctx, b), "publish text of "+id)
}
