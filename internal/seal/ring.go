package seal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Rotatable names the keys that can be changed while everything runs: each is a
// keyset whose older keys go on opening what they sealed. The others cannot:
//
//   - code-pepper: access codes are kept as keyed hashes only, so there is nothing
//     to make new ones from; every code would be lost.
//   - answers: it finds stored answers by the same hash. They die after a day.
//   - audit.key: signatures are not made again; a new key is a new file, and who
//     verifies names both (kawal audit verify --key).
//   - custodians' keys: only two custodians together open what was sealed to them.
var Rotatable = map[string]string{"kek": kekFile, "contact": contactFile, "codec": codecFile}

// ring is a keyset in a file. A file that was replaced is read again at the next
// use, so that all processes that share a keys folder change keys at once.
type ring struct {
	path string

	mu   sync.Mutex
	info os.FileInfo // of the file as read
	held opened
}

// opened is a keyset that was read.
type opened struct {
	tink.AEAD
	primary uint32 // id of the key that seals
}

func openRing(path string) (*ring, error) {
	r := &ring{path: path}
	return r, r.read()
}

func (r *ring) read() error {
	info, err := os.Stat(r.path)
	if err != nil {
		return fmt.Errorf("key is missing: %w", err)
	}
	h, err := readKeyset(r.path)
	if err != nil {
		return err
	}
	a, err := aead.New(h)
	if err != nil {
		return fmt.Errorf("key %s: %w", filepath.Base(r.path), err)
	}
	r.info, r.held = info, opened{a, h.KeysetInfo().GetPrimaryKeyId()}
	return nil
}

// now returns the keys as the file has them. While it cannot be read, those read
// last go on.
func (r *ring) now() opened {
	r.mu.Lock()
	defer r.mu.Unlock()
	info, err := os.Stat(r.path)
	if err != nil || os.SameFile(info, r.info) && info.ModTime().Equal(r.info.ModTime()) {
		return r.held
	}
	_ = r.read() // else the keys read last go on
	return r.held
}

// fresh reports whether something was sealed by the key that seals now.
func (o opened) fresh(sealed []byte) bool {
	id, ok := keyOf(sealed)
	return ok && id == o.primary
}

// keyOf returns the id of the key that sealed something. A tink ciphertext begins
// with one byte of version and the key's id in four.
func keyOf(sealed []byte) (id uint32, ok bool) {
	if len(sealed) <= 5 {
		return 0, false
	}
	return binary.BigEndian.Uint32(sealed[1:5]), true
}

// Rotate adds a key to a keyset of the folder and lets it seal from now on; older
// keys go on opening. name is one of [Rotatable]. Two at once wait for each other.
func Rotate(dir, name string) error {
	return change(dir, name, func(m *keyset.Manager, _ *keyset.Handle) error {
		id, err := m.Add(aead.AES256GCMKeyTemplate())
		if err != nil {
			return err
		}
		return m.SetPrimary(id)
	})
}

// Retire removes all keys of a keyset but the one that seals. What is still sealed
// by one of them is lost, in backups too: ask first.
func Retire(dir, name string) error {
	return change(dir, name, func(m *keyset.Manager, h *keyset.Handle) error {
		for _, k := range h.KeysetInfo().GetKeyInfo() {
			if k.GetKeyId() == h.KeysetInfo().GetPrimaryKeyId() {
				continue
			}
			if err := m.Delete(k.GetKeyId()); err != nil {
				return err
			}
		}
		return nil
	})
}

func change(dir, name string, by func(*keyset.Manager, *keyset.Handle) error) (err error) {
	file, ok := Rotatable[name]
	if !ok {
		return fmt.Errorf("key %q cannot be changed while everything runs", name)
	}
	unlock, err := lock(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	path := filepath.Join(dir, file)
	h, err := readKeyset(path)
	if err != nil {
		return err
	}
	m := keyset.NewManagerFromHandle(h)
	if err := by(m, h); err != nil {
		return fmt.Errorf("change key %s: %w", file, err)
	}
	if h, err = m.Handle(); err != nil {
		return fmt.Errorf("change key %s: %w", file, err)
	}
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&b)); err != nil {
		return fmt.Errorf("encode key %s: %w", file, err)
	}
	return writeWhole(path, b.Bytes(), os.Rename)
}

// lock keeps two programs from changing the keys of a folder at once.
func lock(dir string) (unlock func() error, err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("keys folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock keys folder: %w", err), f.Close())
	}
	return f.Close, nil // closing unlocks
}

// writeWhole writes a file beside its place, mode 0600, and puts it there whole,
// so that a crash leaves no half of one.
func writeWhole(path string, content []byte, put func(from, to string) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // its other name stays
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return put(f.Name(), path)
}
