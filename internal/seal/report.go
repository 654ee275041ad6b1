package seal

import (
	"crypto/rand"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// ReportKey seals what lies at rest about one report, with AES-256-GCM under 32
// random bytes of its own. They are kept only wrapped, under the KEK: who deletes
// the wrapped key has erased all that it sealed. It is safe for concurrent use.
type ReportKey struct {
	Wrapped []byte // to be kept beside the report

	aead tink.AEAD
}

// Cell is where something sealed lies. It opens nowhere else.
type Cell struct{ Table, Column, Row string }

// NewReportKey makes the key of a report.
func (k *Keys) NewReportKey(report string) (*ReportKey, error) {
	plain := make([]byte, rawBytes)
	if _, err := rand.Read(plain); err != nil {
		return nil, fmt.Errorf("draw key of %s: %w", report, err)
	}
	wrapped, err := k.kek.now().Encrypt(plain, wrapping(report))
	if err != nil {
		return nil, fmt.Errorf("wrap key of %s: %w", report, err)
	}
	return reportKey(plain, wrapped)
}

// OpenReportKey opens a wrapped key. It fails if a bit or the report differs.
func (k *Keys) OpenReportKey(report string, wrapped []byte) (*ReportKey, error) {
	plain, err := k.kek.now().Decrypt(wrapped, wrapping(report))
	if err != nil {
		return nil, fmt.Errorf("open key of %s: %w", report, err)
	}
	return reportKey(plain, wrapped)
}

func reportKey(plain, wrapped []byte) (*ReportKey, error) {
	a, err := subtle.NewAESGCM(plain)
	if err != nil {
		return nil, fmt.Errorf("cipher: %w", err)
	}
	return &ReportKey{wrapped, a}, nil
}

// Rewrap wraps the key of a report anew if an older KEK wrapped it; else it
// returns nil. What the key sealed stays as it is.
func (k *Keys) Rewrap(report string, wrapped []byte) ([]byte, error) {
	return again(k.kek.now(), wrapped, wrapping(report))
}

// ResealContact seals a contact anew if an older key sealed it; else it returns nil.
func (k *Keys) ResealContact(report string, sealed []byte) ([]byte, error) {
	return again(k.contact.now(), sealed, bound(contactField, report))
}

func again(keys opened, sealed, where []byte) ([]byte, error) {
	if keys.fresh(sealed) {
		return nil, nil
	}
	plain, err := keys.Decrypt(sealed, where)
	if err != nil {
		return nil, fmt.Errorf("open to seal anew: %w", err)
	}
	return keys.Encrypt(plain, where)
}

// Seal seals what lies in a cell.
func (k *ReportKey) Seal(c Cell, plain []byte) ([]byte, error) {
	sealed, err := k.aead.Encrypt(plain, c.bound())
	if err != nil {
		return nil, fmt.Errorf("seal %s.%s: %w", c.Table, c.Column, err)
	}
	return sealed, nil
}

// Open opens what Seal sealed, or fails if a bit or the cell differs.
func (k *ReportKey) Open(c Cell, sealed []byte) ([]byte, error) {
	plain, err := k.aead.Decrypt(sealed, c.bound())
	if err != nil {
		return nil, fmt.Errorf("open %s.%s: %w", c.Table, c.Column, err)
	}
	return plain, nil
}

func (c Cell) bound() []byte { return about("kawal at rest 1", c.Table, c.Column, c.Row) }

func wrapping(report string) []byte { return about("kawal report key 1", report) }
