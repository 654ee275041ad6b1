package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// maxTries is how often As begins again after a serialization failure or a
// deadlock, the first time included.
const maxTries = 5

// Tx is one transaction in the name of an actor. It is not safe for concurrent
// use and is dead when the function it was given to returns.
type Tx struct {
	s        *Store
	conn     *pgx.Conn
	actor    Actor
	begun    bool
	revising bool    // it changes a calendar
	lines    []Audit // of the audit log, to travel with the next statements
}

// As runs fn in one transaction in the name of the actor and commits if it
// returns nil. BEGIN and the actor's settings travel with fn's first query, so
// a transaction of one query takes two round trips, and one of none takes
// none. After a deadlock or a serialization failure fn runs again, up to five
// times in all: it must be repeatable. fn's error is returned as it is, but for
// fault.Unavailable if PostgreSQL does not answer or leaves in the middle; after
// that only a repetition under the same key tells whether the commit came through.
func (s *Store) As(ctx context.Context, a Actor, fn func(context.Context, *Tx) error) error {
	var err error
	for range maxTries {
		if err = s.once(ctx, a, fn); !again(err) {
			return err
		}
	}
	return fmt.Errorf("%d tries: %w", maxTries, err)
}

func again(err error) bool {
	pe, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pe.Code == "40001" || pe.Code == "40P01")
}

func (s *Store) once(ctx context.Context, a Actor, fn func(context.Context, *Tx) error) error {
	c, err := s.pool.Acquire(ctx)
	if err != nil {
		return away(fmt.Errorf("acquire connection: %w", err))
	}
	// Release destroys a connection that is still in a transaction, such as
	// after a panic or a lost ROLLBACK.
	defer c.Release()
	t := &Tx{s: s, conn: c.Conn(), actor: a}
	if err := fn(ctx, t); err != nil {
		t.rollback(ctx)
		return away(err)
	}
	return away(t.commit(ctx))
}

func (t *Tx) commit(ctx context.Context) error {
	if len(t.lines) > 0 {
		return t.commitLines(ctx)
	}
	if !t.begun {
		return nil
	}
	tag, err := t.conn.Exec(ctx, `COMMIT`)
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if tag.String() != "COMMIT" {
		return fmt.Errorf("commit: %w", pgx.ErrTxCommitRollback)
	}
	return nil
}

// commitLines writes what waits for the audit log and commits, in one round trip.
// If a line fails, the COMMIT behind it is never executed.
func (t *Tx) commitLines(ctx context.Context) error {
	b, done := &pgx.Batch{}, ""
	t.begin(b)
	t.queueLines(b)
	b.Queue(`COMMIT`).Exec(func(tag pgconn.CommandTag) error {
		done = tag.String()
		return nil
	})
	if err := t.conn.SendBatch(ctx, b).Close(); err != nil {
		t.rollback(ctx)
		return fmt.Errorf("commit with audit: %w", err)
	}
	if done != "COMMIT" {
		return fmt.Errorf("commit with audit: %w", pgx.ErrTxCommitRollback)
	}
	return nil
}

func (t *Tx) rollback(ctx context.Context) {
	if t.conn.PgConn().TxStatus() == 'I' {
		return
	}
	// The error of fn is the one to tell; if this fails, Release closes the connection.
	_, _ = t.conn.Exec(context.WithoutCancel(ctx), `ROLLBACK`)
}

// begin puts BEGIN and the actor's settings before the transaction's first
// batch, so that they cost no round trip of their own.
func (t *Tx) begin(b *pgx.Batch) {
	if t.begun {
		return
	}
	t.begun = true
	first := &pgx.Batch{}
	first.Queue(`BEGIN`)
	first.Queue(`
		SELECT
			set_config('kawal.actor', @kind, true),
			set_config('kawal.subject', @subject, true),
			set_config('kawal.unit', @unit, true),
			set_config('kawal.below', CASE WHEN @unit = '' THEN '' ELSE array_to_string(ARRAY(SELECT units_below(@unit)), ',') END, true),
			set_config('kawal.roles', @roles, true),
			set_config('kawal.report', @report, true),
			set_config('kawal.code', @code, true),
			set_config('kawal.national', @national, true)`,
		pgx.StrictNamedArgs{
			"kind": string(t.actor.Kind), "subject": t.actor.Subject, "unit": t.actor.Unit,
			"roles": strings.Join(t.actor.Roles, ","), "report": t.actor.Report,
			"code": hex.EncodeToString(t.actor.CodeMAC), "national": strconv.FormatBool(t.national()),
		})
	b.QueuedQueries = append(first.QueuedQueries, b.QueuedQueries...)
}

// national reports whether the actor holds an office of the national level: in
// no unit, or in the one of the national administrators.
func (t *Tx) national() bool {
	return t.actor.Kind == Staff && (t.actor.Unit == "" || t.actor.Unit == t.s.national)
}

// byLaw runs fn where the calendar decides and not the actor: a decree moves the
// reports of everybody, also those that whoever commits it may not see. Until fn
// returns the transaction sees what the operator's own processes see.
func (t *Tx) byLaw(ctx context.Context, fn func() error) error {
	const become = `SELECT set_config('kawal.actor', $1, true)`
	if _, err := t.exec(ctx, become, string(Worker)); err != nil {
		return fmt.Errorf("become %s: %w", Worker, err)
	}
	if err := fn(); err != nil {
		return err // and the transaction is rolled back with it
	}
	if _, err := t.exec(ctx, become, string(t.actor.Kind)); err != nil {
		return fmt.Errorf("become %s again: %w", t.actor.Kind, err)
	}
	return nil
}

// run sends a batch in one round trip; results go to the callbacks of its
// queries.
func (t *Tx) run(ctx context.Context, b *pgx.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	t.begin(b)
	t.queueLines(b)
	return t.conn.SendBatch(ctx, b).Close()
}

// exec runs one statement and returns how many rows it touched.
func (t *Tx) exec(ctx context.Context, sql string, args ...any) (int, error) {
	n, b := 0, &pgx.Batch{}
	b.Queue(sql, args...).Exec(func(tag pgconn.CommandTag) error {
		n = int(tag.RowsAffected())
		return nil
	})
	err := t.run(ctx, b)
	return n, err
}

// many returns the rows of one query.
func many[T any](ctx context.Context, t *Tx, to pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	var found []T
	b := &pgx.Batch{}
	into(b, &found, to, sql, args...)
	err := t.run(ctx, b)
	return found, err
}

// one returns the only row of one query, or pgx.ErrNoRows.
func one[T any](ctx context.Context, t *Tx, to pgx.RowToFunc[T], sql string, args ...any) (T, error) {
	var none T
	found, err := many(ctx, t, to, sql, args...)
	switch {
	case err != nil:
		return none, err
	case len(found) == 0:
		return none, pgx.ErrNoRows
	case len(found) > 1:
		return none, pgx.ErrTooManyRows
	}
	return found[0], nil
}

// into queues a query whose rows go to dst when the batch is run.
func into[T any](b *pgx.Batch, dst *[]T, to pgx.RowToFunc[T], sql string, args ...any) {
	b.Queue(sql, args...).Query(func(rows pgx.Rows) error {
		var err error
		*dst, err = pgx.CollectRows(rows, to)
		return err
	})
}
