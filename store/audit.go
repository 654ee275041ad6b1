package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/kawal-id/kawal/report"
)

// WriteAudit adds one line to the audit log, which nobody who serves requests
// can change or delete. Zero At means now; Detail holds codes only.
//
// The line travels with the transaction's next statements, or with its COMMIT,
// so that it costs no round trip. If it cannot be written those fail, and the
// transaction leaves nothing: As tells.
func (t *Tx) WriteAudit(_ context.Context, a Audit) error {
	if a.At.IsZero() {
		a.At = t.s.now()
	}
	if a.Detail == nil {
		a.Detail = json.RawMessage(`{}`)
	}
	if a.Actor.Roles == nil {
		a.Actor.Roles = []string{}
	}
	t.lines = append(t.lines, a)
	return nil
}

// queueLines puts the lines that wait behind the statements of a batch.
func (t *Tx) queueLines(b *pgx.Batch) {
	for _, a := range t.lines {
		b.Queue(`
			INSERT INTO audit (at, kind, subject, unit, roles, action, report, allowed, detail)
			VALUES (@at, @kind, @subject, @unit, @roles, @action, @report, @allowed, @detail)`,
			pgx.StrictNamedArgs{
				"at": a.At, "kind": a.Actor.Kind, "subject": a.Actor.Subject, "unit": a.Actor.Unit, "roles": a.Actor.Roles,
				"action": a.Action, "report": a.Report, "allowed": a.Allowed, "detail": a.Detail,
			}).Exec(func(pgconn.CommandTag) error { return nil })
	}
	t.lines = nil
}

// noted is what the audit log holds of a command that was accepted: what was
// asked in codes, without the digests of texts that may never be published.
func noted(n NewCommand) (json.RawMessage, error) {
	c := n.Command
	c.Digests = nil
	detail, err := json.Marshal(struct {
		report.Command
		Accused []string `json:"accused,omitempty"`
	}{c, n.Accused})
	if err != nil {
		return nil, fmt.Errorf("encode command %s: %w", c.ID, err)
	}
	return detail, nil
}

// by is the actor of the transaction in columns of the audit log, for statements
// that write a line along with what they do.
const by = `
	current_setting('kawal.actor'), current_setting('kawal.subject'), current_setting('kawal.unit'),
	string_to_array(current_setting('kawal.roles'), ',')`

// AuditKey is where a page of the audit log ends: the row's time and number.
type AuditKey struct {
	At time.Time
	ID int64
}

// AuditFilter narrows the audit log; zero fields do not.
type AuditFilter struct {
	Report  string // tracking id
	Subject string // of the actor
	Action  string // of the line, or of a reading that it names under "with"
	Since   time.Time
	Until   time.Time // before it
	After   *AuditKey // the page before ended here
	Limit   int       // required
}

// AuditLine is a row of the audit log as auditors read it.
type AuditLine struct {
	ID      int64
	At      time.Time
	Kind    ActorKind
	Subject string
	Unit    string
	Roles   []string
	Action  string
	Report  string
	Allowed bool
	Detail  json.RawMessage
	Hash    []byte // of its link in the chain; nil until it is sealed
}

// AuditLog returns lines of the audit log, the latest first.
func (t *Tx) AuditLog(ctx context.Context, f AuditFilter) ([]AuditLine, error) {
	var after AuditKey
	if f.After != nil {
		after = *f.After
	}
	lines, err := many(ctx, t, pgx.RowToStructByName[AuditLine], `
		SELECT a.id, a.at, a.kind, a.subject, a.unit, a.roles, a.action, a.report, a.allowed, a.detail, c.hash
		FROM audit a
		LEFT JOIN audit_chain c ON c.audit = a.id
		WHERE (@report::text IS NULL OR a.report = @report)
			AND (@subject::text IS NULL OR a.subject = @subject)
			AND (@action::text IS NULL OR a.action = @action OR jsonb_exists(a.detail -> 'with', @action))
			AND (@since::timestamptz IS NULL OR a.at >= @since)
			AND (@until::timestamptz IS NULL OR a.at < @until)
			AND (@after_at::timestamptz IS NULL OR (a.at, a.id) < (@after_at, @after_id::bigint))
		ORDER BY a.at DESC, a.id DESC
		LIMIT @limit`,
		pgx.StrictNamedArgs{
			"report": nonzero(f.Report), "subject": nonzero(f.Subject), "action": nonzero(f.Action), "since": nonzero(f.Since),
			"until": nonzero(f.Until), "after_at": nonzero(after.At), "after_id": after.ID, "limit": f.Limit,
		})
	if err != nil {
		return nil, fmt.Errorf("select audit log: %w", err)
	}
	for i := range lines {
		lines[i].At = lines[i].At.UTC()
	}
	return lines, nil
}
