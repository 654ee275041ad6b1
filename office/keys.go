package office

import "io"

// Keys makes and checks what only this installation can. It is safe for
// concurrent use.
type Keys interface {
	// NewAccessCode draws an access code of 130 random bits.
	NewAccessCode(random io.Reader) (string, error)
	// CodeMAC is what is kept of an access code. The way a code is typed
	// (case, spaces, dashes) does not matter.
	CodeMAC(code string) []byte
	// SealField seals one field of a report and binds it to both, so that it
	// cannot be moved to another row.
	SealField(field, report string, plain []byte) ([]byte, error)
	// IdempotencyMAC is what is kept of an Idempotency-Key.
	IdempotencyMAC(key string) []byte
	// SealAnswer and OpenAnswer seal under the key itself and the server's.
	SealAnswer(key string, plain []byte) ([]byte, error)
	OpenAnswer(key string, sealed []byte) ([]byte, error)
}

// The fields that are sealed at submission.
const (
	FieldIdentity = "identity" // JSON of name, nik, address
	FieldContact  = "contact"  // the address itself: an e-mail address, or a number that begins with +62
)
