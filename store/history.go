package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/internal/chain"
)

// Export is a closed history that lies in a file.
type Export struct {
	Report string
	RunID  string // Temporal's
	SHA256 string // of the file, hexadecimal
}

// Exports returns the exported histories of some reports, by report and run.
func (t *Tx) Exports(ctx context.Context, reports ...string) ([]Export, error) {
	all, err := many(ctx, t, pgx.RowToStructByName[Export], `
		SELECT report, run_id, sha256
		FROM history_export
		WHERE report = ANY ($1)
		ORDER BY report, exported_at, run_id`, reports)
	if err != nil {
		return nil, fmt.Errorf("select exported histories: %w", err)
	}
	return all, nil
}

// RecordExport records that a history lies in its file, and its digest in the
// audit log. The first record stands: it returns false if there is one.
func (t *Tx) RecordExport(ctx context.Context, e Export) (fresh bool, err error) {
	n, err := t.exec(ctx, `
		WITH put AS (
			INSERT INTO history_export (report, run_id, sha256, exported_at)
			VALUES (@report, @run, @sha256, @now)
			ON CONFLICT (report, run_id) DO NOTHING
			RETURNING report, run_id, sha256)
		INSERT INTO audit (at, kind, subject, unit, roles, action, report, allowed, detail)
		SELECT @now, `+by+`, '`+chain.ExportHistory+`', report, true, jsonb_build_object('run', run_id, 'sha256', sha256)
		FROM put`,
		pgx.StrictNamedArgs{"report": e.Report, "run": e.RunID, "sha256": e.SHA256, "now": t.s.now()})
	return n == 1, explain(err, "record export of "+e.Report)
}
