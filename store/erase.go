package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Erase deletes what a report says and who said it: its key, everything that the
// key sealed, identity, envelopes, contact, place and date, the public copy, and
// notices to the reporter that wait. Codes, times and digests stay, so that
// deadlines, statistics of the staff and the workflow's history stay valid. It
// returns when that was; repeating it changes nothing and returns the first time.
// fault.NotFound if there is no such report.
func (t *Tx) Erase(ctx context.Context, id string) (time.Time, error) {
	if _, err := t.Lock(ctx, id); err != nil { // only if the actor sees it
		return time.Time{}, err
	}
	now, b := t.s.now(), &pgx.Batch{}
	var at []time.Time
	b.Queue(`
		INSERT INTO erasure (report, at)
		VALUES ($1, $2)
		ON CONFLICT (report) DO NOTHING`, id, now)
	into(b, &at, pgx.RowTo[time.Time], `SELECT at FROM erasure WHERE report = $1`, id)
	queueTakeDown(b, id, now)
	b.Queue(`DELETE FROM report_key WHERE report = $1`, id)
	b.Queue(`
		UPDATE content
		SET title = NULL, body = NULL, attributes = NULL, title_sealed = NULL, body_sealed = NULL, attributes_sealed = NULL,
			lat = NULL, long = NULL, occurred_on = NULL
		WHERE report = $1`, id)
	b.Queue(`UPDATE post SET body = NULL, body_sealed = NULL, copy_sealed = NULL WHERE report = $1`, id)
	b.Queue(`UPDATE rating SET text = NULL, text_sealed = NULL WHERE report = $1`, id)
	b.Queue(`UPDATE identity SET person = NULL, show_name = false WHERE report = $1`, id)
	b.Queue(`DELETE FROM prepared_copy WHERE report = $1`, id)
	b.Queue(`DELETE FROM draft WHERE report = $1`, id)
	b.Queue(`DELETE FROM envelope WHERE report = $1`, id)
	b.Queue(`DELETE FROM contact WHERE report = $1`, id)
	b.Queue(`
		UPDATE outbox
		SET void_at = $2
		WHERE report = $1 AND audience = 'reporter' AND sent_at IS NULL AND void_at IS NULL AND died_at IS NULL`, id, now)
	if err := t.byLaw(ctx, func() error { return t.run(ctx, b) }); err != nil {
		return time.Time{}, explain(err, "erase "+id)
	}
	return at[0].UTC(), nil
}

// Unerased returns those of the reports that are here and not erased: after a
// restore, what was erased since the backup.
func (t *Tx) Unerased(ctx context.Context, ids []string) ([]string, error) {
	found, err := many(ctx, t, pgx.RowTo[string], `
		SELECT r.id
		FROM report r
		WHERE r.id = ANY ($1) AND NOT EXISTS (SELECT FROM erasure e WHERE e.report = r.id)
		ORDER BY r.id`, ids)
	if err != nil {
		return nil, fmt.Errorf("select reports to erase again: %w", err)
	}
	return found, nil
}
