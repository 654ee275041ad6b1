package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/report"
)

// BulkState is how far one item of a job has come.
type BulkState string

// The states of an item.
const (
	BulkPending BulkState = "pending" // not carried out yet
	BulkWaiting BulkState = "waiting" // its command is accepted and not applied yet
	BulkApplied BulkState = "applied"
	BulkRefused BulkState = "refused"
)

// Bulk is one act on many reports.
type Bulk struct {
	ID        string // UUID
	Action    report.Action
	Sealed    []byte // what is to be done
	CreatedAt time.Time

	Total, Pending, Waiting, Applied, Refused int // items
}

// BulkItem is the act on one of the reports.
type BulkItem struct {
	N         int // 1, 2, ...
	Report    string
	Command   string // id of its command, given before there is one
	State     BulkState
	Kind      string // fault kind, once refused
	Reason    string // sentence, once refused
	SettledAt *time.Time
}

// AddBulk keeps a job of the transaction's actor with its items, all pending.
func (t *Tx) AddBulk(ctx context.Context, n Bulk, items []BulkItem) (time.Time, error) {
	now, b := t.s.now(), &pgx.Batch{}
	b.Queue(`
		INSERT INTO bulk (id, subject, action, sealed, created_at)
		VALUES (@id, @subject, @action, @sealed, @now)`,
		pgx.StrictNamedArgs{"id": n.ID, "subject": t.actor.Subject, "action": n.Action, "sealed": n.Sealed, "now": now})
	ns, reports, commands := make([]int, len(items)), make([]string, len(items)), make([]string, len(items))
	for i, item := range items {
		ns[i], reports[i], commands[i] = item.N, item.Report, item.Command
	}
	b.Queue(`
		INSERT INTO bulk_item (bulk, n, report, command)
		SELECT @bulk, n, report, command
		FROM unnest(@ns::smallint[], @reports::text[], @commands::text[]) AS i (n, report, command)`,
		pgx.StrictNamedArgs{"bulk": n.ID, "ns": ns, "reports": reports, "commands": commands})
	return now, explain(t.run(ctx, b), "insert job "+n.ID)
}

const bulkColumns = `
	b.id, b.action, b.sealed, b.created_at, i.total, i.pending, i.waiting, i.applied, i.refused
	FROM bulk b
	CROSS JOIN LATERAL (
		SELECT count(*) AS total, count(*) FILTER (WHERE state = 'pending') AS pending, count(*) FILTER (WHERE state = 'waiting') AS waiting,
			count(*) FILTER (WHERE state = 'applied') AS applied, count(*) FILTER (WHERE state = 'refused') AS refused
		FROM bulk_item
		WHERE bulk = b.id) i`

// Bulk returns a job. fault.NotFound if there is none, or it is not the actor's.
func (t *Tx) Bulk(ctx context.Context, id string) (Bulk, error) {
	n, err := one(ctx, t, pgx.RowToStructByName[Bulk], `SELECT `+bulkColumns+` WHERE b.id = $1`, id)
	n.CreatedAt = n.CreatedAt.UTC()
	return n, explain(err, "select job "+id)
}

// Bulks returns the jobs of the actor, the latest first.
func (t *Tx) Bulks(ctx context.Context, limit int) ([]Bulk, error) {
	all, err := many(ctx, t, pgx.RowToStructByName[Bulk], `
		SELECT `+bulkColumns+`
		WHERE b.subject = $1
		ORDER BY b.created_at DESC, b.id
		LIMIT $2`, t.actor.Subject, limit)
	if err != nil {
		return nil, fmt.Errorf("select jobs: %w", err)
	}
	for i := range all {
		all[i].CreatedAt = all[i].CreatedAt.UTC()
	}
	return all, nil
}

const bulkItemColumns = `n, report, command, state, coalesce(fault_kind, '') AS kind, coalesce(reason, '') AS reason, settled_at`

// BulkItems returns the items of a job in their order.
func (t *Tx) BulkItems(ctx context.Context, id string) ([]BulkItem, error) {
	all, err := many(ctx, t, pgx.RowToStructByName[BulkItem], `
		SELECT `+bulkItemColumns+`
		FROM bulk_item
		WHERE bulk = $1
		ORDER BY n`, id)
	if err != nil {
		return nil, fmt.Errorf("select items of job %s: %w", id, err)
	}
	for i := range all {
		all[i].SettledAt = utc(all[i].SettledAt)
	}
	return all, nil
}

// TakeBulkItem returns the first item of a job that nobody has carried out or is
// carrying out, and keeps others from it for a while; ok is false if there is none.
func (t *Tx) TakeBulkItem(ctx context.Context, id string, lease time.Duration) (item BulkItem, ok bool, err error) {
	now := t.s.now()
	found, err := many(ctx, t, pgx.RowToStructByName[BulkItem], `
		UPDATE bulk_item
		SET taken_until = @until
		WHERE bulk = @bulk AND n = (
			SELECT n
			FROM bulk_item
			WHERE bulk = @bulk AND state = 'pending' AND (taken_until IS NULL OR taken_until <= @now)
			ORDER BY n
			LIMIT 1
			FOR UPDATE SKIP LOCKED)
		RETURNING `+bulkItemColumns,
		pgx.StrictNamedArgs{"bulk": id, "now": now, "until": now.Add(lease)})
	if err != nil || len(found) == 0 {
		return BulkItem{}, false, explain(err, "take item of job "+id)
	}
	return found[0], true, nil
}

// ReleaseBulkItem gives back an item that was taken and not carried out.
func (t *Tx) ReleaseBulkItem(ctx context.Context, id string, n int) error {
	_, err := t.exec(ctx, `UPDATE bulk_item SET taken_until = NULL WHERE bulk = $1 AND n = $2 AND state = 'pending'`, id, n)
	return explain(err, "release item of job "+id)
}

// SettleBulkItem records what became of an item: State, Kind and Reason of it. What
// is applied or refused stays so.
func (t *Tx) SettleBulkItem(ctx context.Context, id string, item BulkItem) error {
	_, err := t.exec(ctx, `
		UPDATE bulk_item
		SET state = @state, fault_kind = @kind, reason = @reason, settled_at = @now, taken_until = NULL
		WHERE bulk = @bulk AND n = @n AND state IN ('pending', 'waiting')`,
		pgx.StrictNamedArgs{
			"bulk": id, "n": item.N, "state": item.State, "kind": nonzero(item.Kind), "reason": nonzero(item.Reason), "now": t.s.now(),
		})
	return explain(err, "settle item of job "+id)
}

// PurgeBulks deletes jobs begun before a moment and returns how many.
func (t *Tx) PurgeBulks(ctx context.Context, before time.Time) (int, error) {
	n, err := t.exec(ctx, `DELETE FROM bulk WHERE created_at < $1`, before)
	return n, explain(err, "purge jobs")
}
