// Package signer holds a signing key in a file and signs short-lived tokens with
// it (JWT, ES256). The local issuer signs with one, and API and worker sign the
// tokens by which Temporal knows them with another.
package signer

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Key is an ES256 signing key with an id made from its public half. It is safe
// for concurrent use.
type Key struct {
	*ecdsa.PrivateKey
	ID string

	signer jose.Signer
}

// Create makes the key with mode 0600 unless there is one. It is written beside
// its place and linked there whole, so that a crash leaves no half of one.
func Create(file string) error {
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
		return fmt.Errorf("make signing key: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // its other name stays
	err = errors.Join(pem.Encode(f, &pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), f.Sync(), f.Close())
	if err != nil {
		return fmt.Errorf("make signing key: %w", err)
	}
	if err := os.Link(f.Name(), file); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("make signing key: %w", err)
	}
	return nil
}

// Open reads the key. It refuses a file that others can read.
func Open(file string) (*Key, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by others: chmod go-rwx", file)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read signing key: %w", err)
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, fmt.Errorf("%s holds no key", file)
	}
	k, err := x509.ParseECPrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("parse signing key: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(&k.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	sum := sha256.Sum256(public)
	id := hex.EncodeToString(sum[:8])
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: k, KeyID: id}},
		(&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	return &Key{k, id, s}, nil
}

// Sign returns a token of claims, merged from left to right.
func (k *Key) Sign(claims ...any) (string, error) {
	b := jwt.Signed(k.signer)
	for _, c := range claims {
		b = b.Claims(c)
	}
	token, err := b.Serialize()
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return token, nil
}

// JWKS is the public half as a JSON Web Key Set, for whoever checks tokens.
func (k *Key) JWKS() ([]byte, error) {
	return json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
		{Key: &k.PublicKey, KeyID: k.ID, Algorithm: string(jose.ES256), Use: "sig"},
	}})
}

// Publish writes the key set into a file that everybody may read, whole or not at all.
func (k *Key) Publish(file string) error {
	b, err := k.JWKS()
	if err != nil {
		return fmt.Errorf("publish signing key: %w", err)
	}
	next := file + ".new"
	if err := os.WriteFile(next, b, 0o644); err != nil {
		return fmt.Errorf("publish signing key: %w", err)
	}
	if err := os.Rename(next, file); err != nil {
		return fmt.Errorf("publish signing key: %w", err)
	}
	return nil
}
