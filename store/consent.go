package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/report"
)

// AddConsent records that the reporter or an administrator agrees to open a
// secret report, and returns who has agreed so far. Repeating it changes
// nothing: one administrator counts once. Subject is empty for the reporter.
func (t *Tx) AddConsent(ctx context.Context, id string, role report.Role, subject string) (reporter bool, admins int, err error) {
	type count struct {
		Reporter bool
		Admins   int
	}
	var counts []count
	b := &pgx.Batch{}
	// Under the lock, since two administrators at once must not both be first.
	b.Queue(counting)
	b.Queue(`SELECT FROM report WHERE id = $1 FOR UPDATE`, id)
	b.Queue(`
		INSERT INTO consent (report, role, subject, at)
		VALUES ($1, $2, $3, $4)
		ON CONFLICT (report, role, subject) DO NOTHING`, id, role, subject, t.s.now())
	into(b, &counts, pgx.RowToStructByName[count], `
		SELECT
			count(*) FILTER (WHERE role = 'reporter') > 0 AS reporter,
			count(*) FILTER (WHERE role = 'admin') AS admins
		FROM consent
		WHERE report = $1`, id)
	if err := t.run(ctx, b); err != nil {
		return false, 0, fmt.Errorf("consent to open %s: %w", id, err)
	}
	return counts[0].Reporter, counts[0].Admins, nil
}

// ClearConsents forgets who agreed: once the report was opened, or made secret
// again.
func (t *Tx) ClearConsents(ctx context.Context, id string) error {
	_, err := t.exec(ctx, `DELETE FROM consent WHERE report = $1`, id)
	return explain(err, "clear consents of "+id)
}
