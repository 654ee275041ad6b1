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
	"os"
	"path/filepath"
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
// off; nothing else in the file is ever changed. One process at a time.
// ErrShorter if the file's last checkpoint is of a longer chain.
func Append(path string, c Checkpoint) (err error) {
	line, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode checkpoint: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("folder of checkpoints: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open checkpoints: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	last, err := cutTorn(f)
	if err != nil {
		return err
	}
	if last.N > c.N {
		return fmt.Errorf("%w: %d rows, not %d", ErrShorter, c.N, last.N)
	}
	_, err = f.Write(append(line, '\n'))
	if err := errors.Join(err, f.Sync()); err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

// maxLine is more than a checkpoint takes, in bytes.
const maxLine = 4096

// cutTorn cuts off an unfinished line and returns the last checkpoint, the zero
// one if there is none.
func cutTorn(f *os.File) (last Checkpoint, err error) {
	info, err := f.Stat()
	if err != nil {
		return last, fmt.Errorf("look at checkpoints: %w", err)
	}
	from := max(0, info.Size()-2*maxLine)
	tail, err := io.ReadAll(io.NewSectionReader(f, from, info.Size()-from))
	if err != nil {
		return last, fmt.Errorf("read checkpoints: %w", err)
	}
	whole := bytes.LastIndexByte(tail, '\n') + 1
	if whole < len(tail) {
		if err := f.Truncate(from + int64(whole)); err != nil {
			return last, fmt.Errorf("cut unfinished checkpoint: %w", err)
		}
	}
	all, err := ReadCheckpoints(bytes.NewReader(tail))
	if err != nil || len(all) == 0 {
		return last, err
	}
	return all[len(all)-1], nil
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open folder of checkpoints: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write folder of checkpoints: %w", err)
	}
	return nil
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
