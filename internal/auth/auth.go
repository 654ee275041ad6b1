// Package auth checks the bearer tokens of staff: who somebody is, said by an
// OpenID Connect issuer. What he may do the database says, at each request.
package auth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/kawal-id/kawal/internal/fault"
)

// Config says whose tokens are good. Nothing turns the check off.
type Config struct {
	Issuer     string           // required: https address, or http on loopback
	Audience   string           // required
	Algorithms []string         // empty: RS256, ES256
	Now        func() time.Time // required
}

// Verifier checks tokens. It is safe for concurrent use.
type Verifier struct {
	c  Config
	mu sync.Mutex
	v  *oidc.IDTokenVerifier // nil until the issuer has answered once
}

// New returns a verifier, or an error that names what Config lacks. The issuer
// is asked when the first token comes, and again until it has answered.
func New(c Config) (*Verifier, error) {
	if c.Issuer == "" || c.Audience == "" || c.Now == nil {
		return nil, errors.New("auth: Issuer, Audience and Now are required")
	}
	if len(c.Algorithms) == 0 {
		c.Algorithms = []string{oidc.RS256, oidc.ES256}
	}
	return &Verifier{c: c}, nil
}

// Verify returns the subject of a valid token. fault.Unauthenticated if the
// token is malformed, expired, of another issuer or audience, or signed
// otherwise; fault.Unavailable if the issuer could not be asked.
func (v *Verifier) Verify(ctx context.Context, raw string) (string, error) {
	check, err := v.verifier(ctx)
	if err != nil {
		return "", fmt.Errorf("discover issuer: %w: %w", fault.New(fault.Unavailable, "Layanan masuk sedang tidak tersedia. Coba lagi nanti."), err)
	}
	t, err := check.Verify(ctx, raw)
	if err != nil || t.Subject == "" {
		return "", fmt.Errorf("verify token: %w", fault.New(fault.Unauthenticated, "Token tidak sah atau sudah kedaluwarsa. Masuk kembali."))
	}
	return t.Subject, nil
}

// verifier asks the issuer's discovery document once.
func (v *Verifier) verifier(ctx context.Context) (*oidc.IDTokenVerifier, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.v != nil {
		return v.v, nil
	}
	// The provider keeps the context for later key look-ups: not the request's.
	p, err := oidc.NewProvider(context.WithoutCancel(ctx), v.c.Issuer)
	if err != nil {
		return nil, err
	}
	v.v = p.Verifier(&oidc.Config{ClientID: v.c.Audience, SupportedSigningAlgs: v.c.Algorithms, Now: v.c.Now})
	return v.v, nil
}
