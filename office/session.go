package office

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/store"
)

// SessionKind is whose a session of the pages is; one kind never opens another.
type SessionKind string

// The kinds of session.
const (
	ReporterSession SessionKind = "reporter" // ShownCode
	DeskSession     SessionKind = "desk"     // of staff
	SignInSession   SessionKind = "sign-in"  // of who is about to become staff
)

// SessionLife is how long a session lasts.
type SessionLife struct {
	Idle  time.Duration // unused
	Total time.Duration // in any case
}

// ShownCode is what a reporter's session holds.
type ShownCode struct {
	Report string `json:"report"` // tracking id
	Code   string `json:"code"`   // access code, checked anew at each request
}

// OpenSession keeps what a person has shown, as JSON, and returns the token that
// his cookie holds: 256 random bits. It is sealed under that token and the
// server's key; who has the table alone can read nothing and open nothing.
func (o *Office) OpenSession(ctx context.Context, kind SessionKind, shown any, life SessionLife) (token string, err error) {
	var b [32]byte
	if _, err := io.ReadFull(o.Random, b[:]); err != nil {
		return "", fmt.Errorf("draw session token: %w", err)
	}
	token = base64.RawURLEncoding.EncodeToString(b[:])
	plain, err := json.Marshal(shown)
	if err != nil {
		return "", fmt.Errorf("encode session: %w", err)
	}
	key := kind.key(token)
	sealed, err := o.Keys.SealAnswer(key, plain)
	if err != nil {
		return "", fmt.Errorf("seal session: %w", err)
	}
	err = o.Store.As(ctx, anyone, func(ctx context.Context, tx *store.Tx) error {
		return tx.AddSession(ctx, store.Session{MAC: o.Keys.IdempotencyMAC(key), Sealed: sealed, Idle: life.Idle, Life: life.Total})
	})
	return token, err
}

// UseSession puts what the session of a token holds into shown, and puts off its
// end. fault.Unauthenticated if there is none of that kind, or it has ended.
func (o *Office) UseSession(ctx context.Context, kind SessionKind, token string, shown any) error {
	key := kind.key(token)
	var sealed []byte
	err := o.Store.As(ctx, anyone, func(ctx context.Context, tx *store.Tx) (err error) {
		sealed, err = tx.UseSession(ctx, o.Keys.IdempotencyMAC(key))
		return err
	})
	if fault.KindOf(err) == fault.NotFound {
		return fault.New(fault.Unauthenticated, "Sesi Anda telah berakhir.")
	}
	if err != nil {
		return err
	}
	plain, err := o.Keys.OpenAnswer(key, sealed)
	if err != nil {
		return fmt.Errorf("open session: %w", err)
	}
	if err := json.Unmarshal(plain, shown); err != nil {
		return fmt.Errorf("decode session: %w", err)
	}
	return nil
}

// EndSession ends the session of a token. Repeating it does nothing.
func (o *Office) EndSession(ctx context.Context, kind SessionKind, token string) error {
	return o.Store.As(ctx, anyone, func(ctx context.Context, tx *store.Tx) error {
		return tx.EndSession(ctx, o.Keys.IdempotencyMAC(kind.key(token)))
	})
}

// key is under what a session is sealed and found: no Idempotency-Key reaches it,
// since sessions lie in a table of their own.
func (k SessionKind) key(token string) string { return "web session|" + string(k) + "|" + token }

// anyone is the actor of whoever shows nothing but a session's token.
var anyone = store.Actor{Kind: store.Anyone}
