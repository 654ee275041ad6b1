package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Session is what is kept of a session of the pages.
type Session struct {
	MAC    []byte        // keyed hash of its token, 16 bytes or more
	Sealed []byte        // what was shown, sealed under the token
	Idle   time.Duration // it ends when it was not used so long, whole milliseconds
	Life   time.Duration // and so long after it was opened in any case; at least Idle
}

// AddSession keeps a session, and forgets some that have ended.
func (t *Tx) AddSession(ctx context.Context, n Session) error {
	b, now := &pgx.Batch{}, t.s.now()
	b.Queue(`
		DELETE FROM web_session
		WHERE mac IN (
			SELECT mac FROM web_session
			WHERE expires_at <= $1
			ORDER BY expires_at
			LIMIT 100
			FOR UPDATE SKIP LOCKED)`, now)
	b.Queue(`
		INSERT INTO web_session (mac, sealed, idle, expires_at, ends_at)
		VALUES (@mac, @sealed, @idle, @expires, @ends)`,
		pgx.StrictNamedArgs{"mac": n.MAC, "sealed": n.Sealed, "idle": n.Idle, "expires": now.Add(min(n.Idle, n.Life)), "ends": now.Add(n.Life)})
	if err := t.run(ctx, b); err != nil {
		return fmt.Errorf("insert session: %w", err)
	}
	return nil
}

// UseSession returns what a session keeps, sealed, and puts off its end.
// fault.NotFound if there is none or it has ended.
func (t *Tx) UseSession(ctx context.Context, mac []byte) ([]byte, error) {
	sealed, err := one(ctx, t, pgx.RowTo[[]byte], `
		UPDATE web_session
		SET expires_at = least(ends_at, $2::timestamptz + idle)
		WHERE mac = $1 AND expires_at > $2
		RETURNING sealed`, mac, t.s.now())
	if err != nil {
		return nil, absent(err, "session")
	}
	return sealed, nil
}

// EndSession forgets a session. Repeating it does nothing.
func (t *Tx) EndSession(ctx context.Context, mac []byte) error {
	_, err := t.exec(ctx, `DELETE FROM web_session WHERE mac = $1`, mac)
	return explain(err, "delete session")
}
