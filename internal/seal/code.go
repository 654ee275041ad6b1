package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"io"
	"strings"
)

// codeAlphabet is Crockford's base32.
const codeAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// codeSymbols is the length of an access code: 26 symbols of 5 bits, 130 bits.
const codeSymbols = 26

// NewAccessCode draws an access code from random, in groups of four:
// "7F3K-9Q2M-...".
func NewAccessCode(random io.Reader) (string, error) {
	b := make([]byte, codeSymbols)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("draw access code: %w", err)
	}
	var s strings.Builder
	for i, v := range b {
		if i > 0 && i%4 == 0 {
			s.WriteByte('-')
		}
		s.WriteByte(codeAlphabet[v&31])
	}
	return s.String(), nil
}

// NewAccessCode is the function of the same name.
func (k *Keys) NewAccessCode(random io.Reader) (string, error) { return NewAccessCode(random) }

// CodeMAC is the keyed hash that is kept of an access code. The way it is
// typed does not matter: case, spaces, dashes, O for 0, I and L for 1.
func (k *Keys) CodeMAC(code string) []byte {
	code = strings.NewReplacer(" ", "", "-", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(code))
	return mac(k.pepper, "access code|"+code)
}

// answerCipher is AES-256-GCM with random nonces under a derived key.
func (k *Keys) answerCipher(key string) (cipher.AEAD, error) {
	derived, err := k.derive(key)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, fmt.Errorf("cipher: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}
