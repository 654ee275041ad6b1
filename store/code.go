package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// TemplateCode is the notice that brings a reporter a new access code. The
// sender draws the code when it sends: it is nowhere before.
const TemplateCode = "access_code"

// QueueCode queues a new access code for the contact of a report. Repeating it
// on the same UTC day does nothing, so that nobody can flood a reporter; for an
// unknown report or one without a contact it does nothing either, and does not
// tell.
func (t *Tx) QueueCode(ctx context.Context, id string) error {
	now := t.s.now()
	_, err := t.exec(ctx, `
		INSERT INTO outbox (report, seq, dedup, template, audience, send_at, created_at)
		SELECT r.id, r.seq, concat_ws(':', r.id, @template::text, @day::text), @template, 'reporter', @now, @now
		FROM report r
		JOIN contact k ON k.report = r.id
		WHERE r.id = @id
		ON CONFLICT (dedup) DO NOTHING`,
		pgx.StrictNamedArgs{"id": id, "template": TemplateCode, "day": now.Format(time.DateOnly), "now": now})
	if err != nil {
		return fmt.Errorf("queue access code of %s: %w", id, err)
	}
	return nil
}
