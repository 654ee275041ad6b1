package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/internal/fault"
)

// ClaimKey claims an idempotency key for a request. fresh is true for the first
// claim: its caller does the work, then calls StoreAnswer, or ReleaseKey if it
// failed. For others the claim is returned: RequestSHA tells whether it is the
// same request, Sealed is nil while the first is still at work. A claim counts
// once its transaction commits; a second one waits for that.
func (t *Tx) ClaimKey(ctx context.Context, mac []byte, scope string, requestSHA []byte) (answer Answer, fresh bool, err error) {
	var claims []Answer
	b, n := &pgx.Batch{}, 0
	b.Queue(`
		INSERT INTO idempotency (mac, scope, request_sha, claimed_at)
		VALUES (@mac, @scope, @sha, @now)
		ON CONFLICT (mac, scope) DO NOTHING
		RETURNING 1`,
		pgx.StrictNamedArgs{"mac": mac, "scope": scope, "sha": requestSHA, "now": t.s.now()}).
		Query(func(rows pgx.Rows) error {
			for rows.Next() {
				n++
			}
			return rows.Err()
		})
	into(b, &claims, pgx.RowToStructByName[Answer],
		`SELECT request_sha, sealed FROM idempotency WHERE mac = $1 AND scope = $2`, mac, scope)
	if err := t.run(ctx, b); err != nil {
		return Answer{}, false, fmt.Errorf("claim key: %w", err)
	}
	if len(claims) == 0 { // released between the two statements
		return Answer{}, false, fault.New(fault.Unavailable, "Permintaan yang sama baru saja gagal. Coba lagi.")
	}
	return claims[0], n == 1, nil
}

// StoreAnswer keeps the sealed answer of a claimed request. fault.NotFound if
// the key is not claimed.
func (t *Tx) StoreAnswer(ctx context.Context, mac []byte, scope string, sealed []byte) error {
	n, err := t.exec(ctx, `
		UPDATE idempotency
		SET sealed = $3
		WHERE mac = $1 AND scope = $2`, mac, scope, sealed)
	if err != nil {
		return fmt.Errorf("store answer: %w", err)
	}
	if n == 0 {
		return fault.New(fault.NotFound, "Kunci idempotensi tidak ditemukan.")
	}
	return nil
}

// ReleaseKey gives up a claim without an answer, so that the request may be
// tried again. A stored answer stays.
func (t *Tx) ReleaseKey(ctx context.Context, mac []byte, scope string) error {
	_, err := t.exec(ctx, `
		DELETE FROM idempotency
		WHERE mac = $1 AND scope = $2 AND sealed IS NULL`, mac, scope)
	return explain(err, "release key")
}

// PurgeKeys deletes keys claimed before a moment and returns how many.
func (t *Tx) PurgeKeys(ctx context.Context, before time.Time) (int, error) {
	n, err := t.exec(ctx, `DELETE FROM idempotency WHERE claimed_at < $1`, before)
	return n, explain(err, "purge keys")
}
