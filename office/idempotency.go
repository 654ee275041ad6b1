package office

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/store"
)

// The length of an Idempotency-Key in characters (DESIGN.md section 5).
const (
	minKey = 16
	maxKey = 255
)

// request is one request under an Idempotency-Key; the zero request has none.
// The key is kept as its MAC, and the answer sealed under the key itself: who
// does not have the key cannot read it, the database included.
type request struct {
	o     *Office
	key   string
	scope string
	mac   []byte
	sha   []byte
}

// under returns the request of a caller under a key; what it asks is told apart
// by parts. fault.Invalid for a key of a wrong length.
func (o *Office) under(c Caller, key string, parts ...any) (request, error) {
	if key == "" {
		return request{}, nil
	}
	if len(key) < minKey || len(key) > maxKey {
		return request{}, fault.New(fault.Invalid, "Idempotency-Key harus %d sampai %d karakter.", minKey, maxKey)
	}
	b, err := json.Marshal(parts)
	if err != nil {
		return request{}, fmt.Errorf("digest request: %w", err)
	}
	sum := sha256.Sum256(b)
	return request{o: o, key: key, scope: o.scope(c), mac: o.Keys.IdempotencyMAC(key), sha: sum[:]}, nil
}

// claim takes the key in tx. It returns true if the request is new. If it was
// answered before, that answer is put into answer. While the first request is
// still at work nothing is: pending. fault.Conflict if the key was used for
// another request. Another claim of the same key waits until tx ends.
func (r request) claim(ctx context.Context, tx *store.Tx, answer any) (fresh, pending bool, err error) {
	if r.key == "" {
		return true, false, nil
	}
	was, fresh, err := tx.ClaimKey(ctx, r.mac, r.scope, r.sha)
	if err != nil || fresh {
		return fresh, false, err
	}
	if string(was.RequestSHA) != string(r.sha) {
		return false, false, fault.New(fault.Conflict, "Idempotency-Key ini sudah dipakai untuk permintaan lain.")
	}
	if was.Sealed == nil {
		return false, true, nil
	}
	plain, err := r.o.Keys.OpenAnswer(r.key, was.Sealed)
	if err != nil {
		return false, false, fmt.Errorf("open stored answer: %w", err)
	}
	if err := json.Unmarshal(plain, answer); err != nil {
		return false, false, fmt.Errorf("decode stored answer: %w", err)
	}
	return false, false, nil
}

// store keeps the answer in tx.
func (r request) store(ctx context.Context, tx *store.Tx, answer any) error {
	if r.key == "" {
		return nil
	}
	plain, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	sealed, err := r.o.Keys.SealAnswer(r.key, plain)
	if err != nil {
		return fmt.Errorf("seal answer: %w", err)
	}
	return tx.StoreAnswer(ctx, r.mac, r.scope, sealed)
}
