package issuer

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// key is the ES256 signing key with an id made from its public half.
type key struct {
	*ecdsa.PrivateKey
	id string
}

// signingKey reads the key. It refuses a file that others can read.
func signingKey(file string) (key, error) {
	info, err := os.Stat(file)
	if err != nil {
		return key{}, fmt.Errorf("signing key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return key{}, fmt.Errorf("%s can be read by others: chmod go-rwx", file)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return key{}, fmt.Errorf("read signing key: %w", err)
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return key{}, fmt.Errorf("%s holds no key", file)
	}
	k, err := x509.ParseECPrivateKey(block.Bytes)
	if err != nil {
		return key{}, fmt.Errorf("parse signing key: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(&k.PublicKey)
	if err != nil {
		return key{}, fmt.Errorf("signing key: %w", err)
	}
	sum := sha256.Sum256(public)
	return key{k, hex.EncodeToString(sum[:8])}, nil
}

// makeKey makes the key with mode 0600 unless there is one. It is written
// beside its place and linked there whole.
func makeKey(file string) error {
	if _, err := os.Stat(file); err == nil {
		return nil
	}
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalECPrivateKey(k)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // its other name stays
	err = errors.Join(pem.Encode(f, &pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), f.Close())
	if err != nil {
		return err
	}
	if err := os.Link(f.Name(), file); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}

// Mint signs a token for a subject with the issuer's key, valid from now for
// ttl. It is for whoever can read the key file, such as kawal token. An error
// if there is no key yet.
func Mint(keyFile, issuerURL, audience, subject string, ttl time.Duration, now time.Time) (string, error) {
	k, err := signingKey(keyFile)
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: k.PrivateKey, KeyID: k.id}},
		(&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return jwt.Signed(signer).Claims(jwt.Claims{
		Issuer: issuerURL, Subject: subject, Audience: jwt.Audience{audience}, ID: rand.Text(),
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(ttl)),
	}).Serialize()
}

// The key as the library asks for it, to sign and to publish.
var (
	_ op.SigningKey = key{}
	_ op.Key        = publicKey{}
)

// SignatureAlgorithm is ES256.
func (key) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.ES256 }

// Key returns the private key.
func (k key) Key() any { return k.PrivateKey }

// ID returns the key's id.
func (k key) ID() string { return k.id }

type publicKey struct{ key }

// Algorithm is ES256.
func (publicKey) Algorithm() jose.SignatureAlgorithm { return jose.ES256 }

// Use is signing.
func (publicKey) Use() string { return "sig" }

// Key returns the public half.
func (k publicKey) Key() any { return &k.PublicKey }
