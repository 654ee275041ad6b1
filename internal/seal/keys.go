// Package seal holds the keys of an installation and what they are used for:
// access codes, sealed fields, stored answers and Temporal payloads.
package seal

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// The files of a keys folder: tink keysets in JSON, and 32 random bytes each.
const (
	kekFile     = "kek.json"     // seals identities
	contactFile = "contact.json" // seals notice contacts; only the sender opens them
	codecFile   = "codec.json"   // Temporal payloads
	pepperFile  = "code-pepper"  // keyed hash of access codes
	answersFile = "answers"      // stored answers and idempotency keys
)

const rawBytes = 32

// Keys are the opened keys. They are safe for concurrent use.
type Keys struct {
	kek, contact, codec *ring
	pepper, answers     []byte
}

// Create makes the folder with mode 0700 and every missing key with mode 0600.
// Keys that exist stay as they are, so repeating it changes nothing.
func Create(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("keys folder: %w", err)
	}
	for _, name := range []string{kekFile, contactFile, codecFile, pepperFile, answersFile, auditFile} {
		if err := create(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("make key %s: %w", name, err)
		}
	}
	return nil
}

func create(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	content, err := fresh(filepath.Ext(path) == ".json")
	if err != nil {
		return err
	}
	if err := writeWhole(path, content, os.Link); !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil // another process was first
}

func fresh(isKeyset bool) ([]byte, error) {
	if !isKeyset {
		b := make([]byte, rawBytes)
		_, err := rand.Read(b)
		return b, err
	}
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&b))
	return b.Bytes(), err
}

// Open reads the keys. It refuses a folder or file that others can read and
// names a missing key.
func Open(dir string) (*Keys, error) {
	if err := private(dir); err != nil {
		return nil, err
	}
	k := &Keys{}
	var err error
	for name, to := range map[string]**ring{kekFile: &k.kek, contactFile: &k.contact, codecFile: &k.codec} {
		if *to, err = openRing(filepath.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	for name, to := range map[string]*[]byte{pepperFile: &k.pepper, answersFile: &k.answers} {
		if *to, err = read(filepath.Join(dir, name)); err != nil {
			return nil, err
		}
		if len(*to) != rawBytes {
			return nil, fmt.Errorf("key %s has %d bytes, not %d", name, len(*to), rawBytes)
		}
	}
	return k, nil
}

func readKeyset(path string) (*keyset.Handle, error) {
	b, err := read(path)
	if err != nil {
		return nil, err
	}
	h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(b)))
	if err != nil {
		return nil, fmt.Errorf("key %s: %w", filepath.Base(path), err)
	}
	return h, nil
}

func read(path string) ([]byte, error) {
	if err := private(path); err != nil {
		return nil, err
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	return b, nil
}

// private refuses what others than the owner may read or write.
func private(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("key is missing: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s can be read by others (mode %o): chmod go-rwx", path, info.Mode().Perm())
	}
	return nil
}

// SealField seals one field of a report, bound to both: it cannot be opened as
// another field or in another report. The contact has a key of its own.
func (k *Keys) SealField(field, report string, plain []byte) ([]byte, error) {
	sealed, err := k.of(field).now().Encrypt(plain, bound(field, report))
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", field, err)
	}
	return sealed, nil
}

// OpenField opens what SealField sealed, or fails if a bit, the field or the
// report differs.
func (k *Keys) OpenField(field, report string, sealed []byte) ([]byte, error) {
	plain, err := k.of(field).now().Decrypt(sealed, bound(field, report))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", field, err)
	}
	return plain, nil
}

// contactField is the one field with a key of its own.
const contactField = "contact"

func (k *Keys) of(field string) *ring {
	if field == contactField {
		return k.contact
	}
	return k.kek
}

func bound(field, report string) []byte { return []byte("kawal/1|" + field + "|" + report) }

// IdempotencyMAC is what is kept of an Idempotency-Key.
func (k *Keys) IdempotencyMAC(key string) []byte { return mac(k.answers, "idempotency|"+key) }

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text)) // never fails
	return h.Sum(nil)
}

// SealAnswer seals a stored answer under HKDF-SHA256 of the server's key and
// the caller's Idempotency-Key: without either it cannot be opened.
func (k *Keys) SealAnswer(key string, plain []byte) ([]byte, error) {
	c, err := k.answerCipher(key)
	if err != nil {
		return nil, err
	}
	return c.Seal(nil, nil, plain, nil), nil
}

// OpenAnswer opens what SealAnswer sealed under the same key.
func (k *Keys) OpenAnswer(key string, sealed []byte) ([]byte, error) {
	c, err := k.answerCipher(key)
	if err != nil {
		return nil, err
	}
	plain, err := c.Open(nil, nil, sealed, nil)
	if err != nil {
		return nil, fmt.Errorf("open stored answer: %w", err)
	}
	return plain, nil
}

func (k *Keys) derive(key string) ([]byte, error) {
	return hkdf.Key(sha256.New, k.answers, []byte(key), "kawal stored answer 1", rawBytes)
}
