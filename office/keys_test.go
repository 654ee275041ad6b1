package office_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"io"
	"testing"
)

// keys is a stand-in without secrets. It seals by binding: what was sealed for
// one purpose opens for no other.
type keys struct{}

func newKeys(*testing.T) keys { return keys{} }

func (keys) mac(parts ...string) []byte {
	m := hmac.New(sha256.New, []byte("test"))
	for _, p := range parts {
		m.Write([]byte(p + "\x00"))
	}
	return m.Sum(nil)
}

func (keys) NewAccessCode(random io.Reader) (string, error) {
	b := make([]byte, 17)
	_, err := io.ReadFull(random, b)
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)[:26], err
}

func (k keys) CodeMAC(code string) []byte { return k.mac("code", code) }

func (k keys) IdempotencyMAC(key string) []byte { return k.mac("key", key) }

func (k keys) SealField(field, report string, plain []byte) ([]byte, error) {
	return append(k.mac(field, report), flip(plain)...), nil
}

func (k keys) SealAnswer(key string, plain []byte) ([]byte, error) {
	return append(k.mac("answer", key), flip(plain)...), nil
}

func (k keys) OpenAnswer(key string, sealed []byte) ([]byte, error) {
	if len(sealed) < 32 || !hmac.Equal(sealed[:32], k.mac("answer", key)) {
		return nil, errors.New("sealed under another key")
	}
	return flip(sealed[32:]), nil
}

// flip makes sealed text unreadable in the database, and readable again.
func flip(b []byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		out[i] = ^c
	}
	return out
}
