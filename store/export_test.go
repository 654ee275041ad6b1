package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Walled is the tables behind the second wall.
var Walled = []string{"report", "report_key", "erasure", "content", "identity", "contact", "access", "accused", "escalation", "transition", "clock", "move",
	"command", "post", "outbox", "rating", "consent", "idempotency", "audit", "history_export", "staff",
	"envelope", "identity_request", "identity_consent", "identity_opening", "prepared_copy", "bulk", "bulk_item", "draft", "template"}

// Seen returns a column of all rows of a table that the transaction may see, as
// text, in order and each once; of "*" whole rows.
func Seen(ctx context.Context, t *Tx, table, column string) ([]string, error) {
	what := "x." + column
	if column == "*" {
		what = "x"
	}
	return many(ctx, t, pgx.RowTo[string], `SELECT DISTINCT `+what+`::text FROM `+table+` x ORDER BY 1`)
}

// ReadTrail is AuditTrail within a transaction of the test.
var ReadTrail = readTrail
