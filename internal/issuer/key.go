package issuer

import (
	"crypto/rand"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/kawal-id/kawal/internal/signer"
)

// Mint signs a token for a subject with the issuer's key, valid from now for
// ttl. It is for whoever can read the key file, such as kawal token. An error
// if there is no key yet.
func Mint(keyFile, issuerURL, audience, subject string, ttl time.Duration, now time.Time) (string, error) {
	k, err := signer.Open(keyFile)
	if err != nil {
		return "", err
	}
	return k.Sign(jwt.Claims{
		Issuer: issuerURL, Subject: subject, Audience: jwt.Audience{audience}, ID: rand.Text(),
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(ttl)),
	})
}

// The key as the library asks for it, to sign and to publish.
var (
	_ op.SigningKey = key{}
	_ op.Key        = publicKey{}
)

type key struct{ held *signer.Key }

// SignatureAlgorithm is ES256.
func (key) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.ES256 }

// Key returns the private key.
func (k key) Key() any { return k.held.PrivateKey }

// ID returns the key's id.
func (k key) ID() string { return k.held.ID }

type publicKey struct{ key }

// Algorithm is ES256.
func (publicKey) Algorithm() jose.SignatureAlgorithm { return jose.ES256 }

// Use is signing.
func (publicKey) Use() string { return "sig" }

// Key returns the public half.
func (k publicKey) Key() any { return &k.held.PublicKey }
