package chain

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Checkpoint says that the chain had N rows and ended in Head at a time. It is
// signed with a key that the database does not hold.
type Checkpoint struct {
	N         int64     `json:"n"`
	Head      string    `json:"head"` // hash of link N, hexadecimal
	At        time.Time `json:"at"`   // UTC, in seconds
	Key       string    `json:"key"`  // id of the key
	Signature []byte    `json:"signature"`
}

// message is what is signed: RFC 8032 Ed25519 over these five lines.
func (c Checkpoint) message() []byte {
	return fmt.Appendf(nil, "kawal audit checkpoint 1\n%d\n%s\n%s\n%s\n", c.N, c.Head, c.At.UTC().Format(time.RFC3339Nano), c.Key)
}

// KeyID names a public key: the first 16 hexadecimal digits of its SHA-256.
func KeyID(k ed25519.PublicKey) string {
	sum := sha256.Sum256(k)
	return hex.EncodeToString(sum[:8])
}

// Sign makes the checkpoint of a chain that ends in head.
func Sign(key ed25519.PrivateKey, head Link, at time.Time) Checkpoint {
	c := Checkpoint{N: head.N, Head: hex.EncodeToString(head.Hash), At: at.UTC().Truncate(time.Second),
		Key: KeyID(key.Public().(ed25519.PublicKey))}
	c.Signature = ed25519.Sign(key, c.message())
	return c
}

// signed reports whether one of the keys, by their ids, signed c.
func (c Checkpoint) signed(keys map[string]ed25519.PublicKey) bool {
	key, ok := keys[c.Key]
	return ok && ed25519.Verify(key, c.message(), c.Signature)
}

// ErrShorter is a chain that is shorter than its last checkpoint says: rows are
// gone, or the database was restored from a backup.
var ErrShorter = errors.New("the audit log is shorter than its last checkpoint")

// Append adds a checkpoint to a file as one line of JSON, and returns once the
// disk has it. File (0600) and folder (0700) are made if they are missing. A last
// line without an end, which a crash has left, was never a checkpoint and is cut
// off; nothing else in the file is ever changed. ErrShorter if the file's last
// checkpoint is of a longer chain.
func Append(path string, c Checkpoint) error {
	return appendLine(path, c, func(tail []byte) error {
		all, err := ReadCheckpoints(bytes.NewReader(tail))
		if err != nil || len(all) == 0 {
			return err
		}
		if last := all[len(all)-1]; last.N > c.N {
			return fmt.Errorf("%w: %d rows, not %d", ErrShorter, c.N, last.N)
		}
		return nil
	})
}

// ReadCheckpoints reads what Append wrote, in its order; a line that is none
// becomes the zero Checkpoint, which nobody signed. What stands behind the last
// end of line was never whole and is left out.
func ReadCheckpoints(r io.Reader) ([]Checkpoint, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read checkpoints: %w", err)
	}
	var all []Checkpoint
	for line := range bytes.Lines(b[:bytes.LastIndexByte(b, '\n')+1]) {
		var c Checkpoint
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&c); err != nil {
			c = Checkpoint{}
		}
		all = append(all, c)
	}
	return all, nil
}
