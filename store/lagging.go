package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Lagging returns up to limit open reports with a running clock that has not
// been held against the newest revision of its calendar, those due first.
// ConfirmDeadlines takes a report off the list.
func (t *Tx) Lagging(ctx context.Context, limit int) ([]string, error) {
	ids, err := many(ctx, t, pgx.RowTo[string], `
		SELECT c.report
		FROM clock c
		JOIN calendar k ON k.id = c.calendar
		JOIN report r ON r.id = c.report
		WHERE c.status = 'running'
			AND c.kind <> 'reopen'
			AND c.limit_unit <> 'seconds'
			AND greatest(c.confirmed, c.revision) < k.revision
			AND r.stage IN ('verification', 'awaiting_reporter', 'follow_up', 'closure')
		GROUP BY c.report
		ORDER BY min(c.due_at), c.report
		LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("select reports behind their calendar: %w", err)
	}
	return ids, nil
}

// confirmed notes that the running clocks of a report were held against the
// newest revisions.
func (t *Tx) confirmed(ctx context.Context, id string) error {
	_, err := t.exec(ctx, `
		UPDATE clock c
		SET confirmed = k.revision
		FROM calendar k
		WHERE k.id = c.calendar AND c.report = $1 AND c.status = 'running' AND c.confirmed < k.revision`, id)
	if err != nil {
		return fmt.Errorf("confirm clocks of %s: %w", id, err)
	}
	return nil
}
