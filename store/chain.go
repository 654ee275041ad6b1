package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/internal/chain"
)

// sealerLock is the advisory lock of who seals; advisory locks have numbers.
const sealerLock = 0x6b617761_00000001 // "kawa", 1

const rowColumns = `a.id, a.at, a.kind, a.subject, a.unit, a.roles, a.action, a.report, a.allowed, a.detail::text AS detail`

// SealAudit chains up to limit rows of the audit log that wait for it, the lowest
// number first, and returns the end of the chain and how many it sealed. A row
// that becomes visible later than one with a higher number is sealed later. While
// another transaction seals, it seals nothing. The zero head means that the chain
// is empty.
func (t *Tx) SealAudit(ctx context.Context, limit int) (head chain.Link, sealed int, err error) {
	var mine []bool
	var heads []chain.Link
	var rows []chain.Row
	b := &pgx.Batch{}
	into(b, &mine, pgx.RowTo[bool], `SELECT pg_try_advisory_xact_lock($1)`, sealerLock)
	into(b, &heads, pgx.RowToStructByName[chain.Link], `
		SELECT n, audit, hash, sealed_at
		FROM audit_chain
		ORDER BY n DESC
		LIMIT 1`)
	into(b, &rows, pgx.RowToStructByName[chain.Row], `
		SELECT `+rowColumns+`
		FROM audit_waiting w
		JOIN audit a ON a.id = w.audit
		ORDER BY w.audit
		LIMIT $1`, limit)
	if err := t.run(ctx, b); err != nil {
		return head, 0, fmt.Errorf("select rows to seal: %w", err)
	}
	if len(heads) > 0 {
		head = heads[0]
	}
	if !mine[0] || len(rows) == 0 {
		return head, 0, nil
	}
	return t.link(ctx, head, rows)
}

// link writes the links of rows behind head.
func (t *Tx) link(ctx context.Context, head chain.Link, rows []chain.Row) (chain.Link, int, error) {
	now, first := t.s.now(), head.N+1
	var ids []int64
	var hashes [][]byte
	for _, r := range rows {
		head = chain.Next(head, r, now)
		ids, hashes = append(ids, r.ID), append(hashes, head.Hash)
	}
	_, err := t.exec(ctx, `
		INSERT INTO audit_chain (n, audit, hash, sealed_at)
		SELECT @first + x.n - 1, x.audit, x.hash, @now
		FROM unnest(@ids::bigint[], @hashes::bytea[]) WITH ORDINALITY AS x (audit, hash, n)`,
		pgx.StrictNamedArgs{"first": first, "ids": ids, "hashes": hashes, "now": now})
	if err != nil {
		return head, 0, explain(err, "seal audit rows")
	}
	return head, len(rows), nil
}

// Unsealed says how many rows of the audit log wait for their link, and how long
// the oldest has waited, by the database's clock; 0 if none waits.
func (s *Store) Unsealed(ctx context.Context) (rows int, oldest time.Duration, err error) {
	type row struct {
		Rows   int
		Oldest time.Duration
	}
	err = s.As(ctx, Actor{Kind: Worker}, func(ctx context.Context, tx *Tx) error {
		r, err := one(ctx, tx, pgx.RowToStructByName[row], `
			SELECT count(*) AS rows, coalesce(greatest(now() - min(since), '0'), '0') AS oldest
			FROM audit_waiting`)
		rows, oldest = r.Rows, r.Oldest
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("count unsealed audit rows: %w", err)
	}
	return rows, oldest, nil
}

// AuditTrail hands fn the audit log with its chain and the published texts as
// they are at one moment, for chain.Verify: entries first. It changes nothing. It
// connects as the URL's user, becomes kawal_migrate if he may, and needs SELECT on
// audit, audit_chain, post, published and published_post. What row-level security
// would hide is an error.
func AuditTrail(ctx context.Context, url string, fn func(iter.Seq2[chain.Entry, error], iter.Seq2[chain.Text, error]) error) (err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	o := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return pgx.BeginTxFunc(ctx, conn, o, func(tx pgx.Tx) error { return readTrail(ctx, tx, fn) })
}

func readTrail(ctx context.Context, tx pgx.Tx, fn func(iter.Seq2[chain.Entry, error], iter.Seq2[chain.Text, error]) error) error {
	if _, err := tx.Exec(ctx, `SET LOCAL row_security = off`); err != nil {
		return fmt.Errorf("see all rows: %w", err)
	}
	var may bool
	if err := tx.QueryRow(ctx, `SELECT pg_has_role('kawal_migrate', 'MEMBER')`).Scan(&may); err != nil {
		return fmt.Errorf("ask for roles: %w", err)
	}
	if may {
		if _, err := tx.Exec(ctx, `SET LOCAL ROLE kawal_migrate`); err != nil {
			return fmt.Errorf("become kawal_migrate: %w", err)
		}
	}
	return fn(entries(ctx, tx), texts(ctx, tx))
}

// entryRow is a row, a link, or both.
type entryRow struct {
	chain.Row
	N        *int64
	Chained  *int64
	Hash     []byte
	SealedAt *time.Time
	Found    bool // the row is there
}

func (r entryRow) entry() chain.Entry {
	var e chain.Entry
	if r.Found {
		e.Row = &r.Row
	}
	if r.N != nil {
		e.Link = &chain.Link{N: *r.N, Audit: *r.Chained, Hash: r.Hash, SealedAt: *r.SealedAt}
	}
	return e
}

func entries(ctx context.Context, tx pgx.Tx) iter.Seq2[chain.Entry, error] {
	const q = `
		SELECT coalesce(a.id, 0) AS id, coalesce(a.at, 'epoch') AS at, coalesce(a.kind, '') AS kind,
			coalesce(a.subject, '') AS subject, coalesce(a.unit, '') AS unit, coalesce(a.roles, '{}') AS roles,
			coalesce(a.action, '') AS action, coalesce(a.report, '') AS report, coalesce(a.allowed, false) AS allowed,
			coalesce(a.detail::text, '') AS detail, c.n, c.audit AS chained, c.hash, c.sealed_at, a.id IS NOT NULL AS found
		FROM audit_chain c
		FULL JOIN audit a ON a.id = c.audit
		ORDER BY c.n, a.id`
	return stream(ctx, tx, "read audit log", q, entryRow.entry)
}

func texts(ctx context.Context, tx pgx.Tx) iter.Seq2[chain.Text, error] {
	const q = `
		SELECT id AS report, '' AS command, 0 AS n, title, body
		FROM published
		UNION ALL
		SELECT q.report, coalesce(t.command, '?'), coalesce(t.n, 0), '', q.body
		FROM published_post q
		LEFT JOIN post t ON t.id = q.post
		ORDER BY report, command, n`
	return stream(ctx, tx, "read published texts", q, func(t chain.Text) chain.Text { return t })
}

// stream reads the rows of a query one by one.
func stream[T, U any](ctx context.Context, tx pgx.Tx, doing, q string, to func(T) U) iter.Seq2[U, error] {
	return func(yield func(U, error) bool) {
		var none U
		rows, err := tx.Query(ctx, q)
		if err != nil {
			yield(none, fmt.Errorf("%s: %w", doing, err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			v, err := pgx.RowToStructByName[T](rows)
			if err != nil {
				yield(none, fmt.Errorf("%s: %w", doing, err))
				return
			}
			if !yield(to(v), nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(none, fmt.Errorf("%s: %w", doing, err))
		}
	}
}
