package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/kawal-id/kawal/internal/fault"
)

// alphabet is Crockford's base32: no I, L, O, U.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// idSymbols is the number of random symbols of a tracking id: 40 bits, enough
// that ids cannot be counted through; the access code is the secret.
const idSymbols = 8

// NewID returns a tracking id such as KWL-7F3K-9Q2M-T, drawn from random: eight
// random symbols and a check character from the same 32 letters. It is also the
// workflow id. An error is one of random's.
func NewID(random io.Reader) (string, error) {
	b := make([]byte, idSymbols)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("draw tracking id: %w", err)
	}
	s := make([]byte, idSymbols)
	for i, v := range b {
		s[i] = alphabet[v&31]
	}
	return format(string(s)), nil
}

// ParseID reads a tracking id as people write it: case, spaces and dashes do
// not matter, O is read as 0, I and L as 1. It returns the canonical form, or
// fault.Invalid if a symbol or the check character is wrong.
func ParseID(s string) (string, error) {
	bad := fault.At("/id", "Nomor laporan %q salah ketik. Bentuknya KWL-XXXX-XXXX-X.", s)
	s = strings.NewReplacer(" ", "", "-", "").Replace(strings.ToUpper(s))
	s, ok := strings.CutPrefix(s, "KWL")
	s = strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(s)
	if !ok || len(s) != idSymbols+1 {
		return "", bad
	}
	for i := range len(s) {
		if strings.IndexByte(alphabet, s[i]) < 0 {
			return "", bad
		}
	}
	if s[idSymbols] != check(s[:idSymbols]) {
		return "", bad
	}
	return format(s[:idSymbols]), nil
}

func format(s string) string {
	return "KWL-" + s[:4] + "-" + s[4:] + "-" + string(check(s))
}

// check is a Luhn mod 32 character: it finds every wrong symbol and nearly
// every swap of neighbours.
func check(s string) byte {
	sum, factor := 0, 2
	for i := len(s) - 1; i >= 0; i-- {
		v := strings.IndexByte(alphabet, s[i]) * factor
		sum += v/32 + v%32
		factor = 3 - factor
	}
	return alphabet[(32-sum%32)%32]
}
