package signer

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"
)

// PassLife is how long a pass is good, from a minute before it is signed: the
// clocks of two machines may differ.
const PassLife = 10 * time.Minute

const skew = time.Minute

// Pass signs the tokens by which Temporal knows a machine. It is the headers
// provider of a Temporal client: each call gets a token of its own.
type Pass struct {
	Key         *Key
	Subject     string   // such as "kawal-api"
	Audience    string   // whom Temporal wants tokens to be for
	Permissions []string // namespace:role, such as "kawal:write"; temporal-system is the cluster
	Now         func() time.Time
}

// Token returns a token that is good for less than PassLife from now.
func (p Pass) Token() (string, error) {
	now := p.Now()
	return p.Key.Sign(jwt.Claims{
		Subject: p.Subject, Audience: jwt.Audience{p.Audience}, ID: rand.Text(),
		IssuedAt: jwt.NewNumericDate(now.Add(-skew)), Expiry: jwt.NewNumericDate(now.Add(PassLife - skew)),
	}, map[string]any{"permissions": p.Permissions})
}

// GetHeaders returns the authorization header for one call.
func (p Pass) GetHeaders(context.Context) (map[string]string, error) {
	token, err := p.Token()
	if err != nil {
		return nil, err
	}
	return map[string]string{"authorization": "Bearer " + token}, nil
}
