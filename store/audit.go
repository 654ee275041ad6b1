package store

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"
)

// WriteAudit adds one line to the audit log, which nobody who serves requests
// can change or delete. Zero At means now; Detail holds codes only.
func (t *Tx) WriteAudit(ctx context.Context, a Audit) error {
	if a.At.IsZero() {
		a.At = t.s.now()
	}
	if a.Detail == nil {
		a.Detail = json.RawMessage(`{}`)
	}
	roles := a.Actor.Roles
	if roles == nil {
		roles = []string{}
	}
	_, err := t.exec(ctx, `
		INSERT INTO audit (at, kind, subject, unit, roles, action, report, allowed, detail)
		VALUES (@at, @kind, @subject, @unit, @roles, @action, @report, @allowed, @detail)`,
		pgx.StrictNamedArgs{
			"at": a.At, "kind": a.Actor.Kind, "subject": a.Actor.Subject, "unit": a.Actor.Unit, "roles": roles,
			"action": a.Action, "report": a.Report, "allowed": a.Allowed, "detail": a.Detail,
		})
	return explain(err, "write audit")
}
