package seal

import (
	"crypto/hpke"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The files of a custodian, PEM: the public half goes to the operator, the
// private one never leaves its machine.
const (
	PublicSuffix  = ".pub"
	PrivateSuffix = ".key"
	publicBlock   = "KAWAL CUSTODIAN PUBLIC KEY"
	privateBlock  = "KAWAL CUSTODIAN PRIVATE KEY"
	nameHeader    = "Name"
)

// CreateCustodian makes the folder with mode 0700 and in it the key NAME.key,
// mode 0600, and NAME.pub, for the operator. os.ErrExist if there is such a key:
// what is sealed to it would be lost with it.
func CreateCustodian(dir, name string) (*CustodianKey, error) {
	k, err := NewCustodianKey(name)
	if err != nil {
		return nil, err
	}
	secret, err := k.private.Bytes()
	if err != nil {
		return nil, fmt.Errorf("encode key of %s: %w", name, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("custodians folder: %w", err)
	}
	if err := writeNew(filepath.Join(dir, name+PrivateSuffix), 0o600, block(privateBlock, name, secret)); err != nil {
		return nil, err
	}
	return k, k.Publish(dir)
}

// Publish writes NAME.pub, which the operator gets. os.ErrExist if there is such a
// file.
func (k *CustodianKey) Publish(dir string) error {
	return writeNew(filepath.Join(dir, k.Name+PublicSuffix), 0o644, block(publicBlock, k.Name, k.public.Bytes()))
}

func block(kind, name string, b []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Headers: map[string]string{nameHeader: name}, Bytes: b})
}

// writeNew writes a file that must not exist yet.
func writeNew(path string, mode os.FileMode, content []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	return nil
}

// OpenCustodianKey reads a private key. It refuses a file that others can read.
func OpenCustodianKey(path string) (*CustodianKey, error) {
	if err := private(path); err != nil {
		return nil, err
	}
	name, b, err := readBlock(path, privateBlock, PrivateSuffix)
	if err != nil {
		return nil, err
	}
	secret, err := kem.NewPrivateKey(b)
	if err != nil {
		return nil, fmt.Errorf("key %s: %w", path, err)
	}
	return custodianKey(name, secret)
}

// OpenCustodians reads every public key of a folder. It refuses a folder or a
// file that others than its owner can write, since whoever adds a key reads what
// is sealed from then on. Errors as [NewCustodians].
func OpenCustodians(dir string) (Custodians, error) {
	if err := unwritable(dir); err != nil {
		return Custodians{}, err
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*"+PublicSuffix))
	if err != nil {
		return Custodians{}, fmt.Errorf("custodians folder: %w", err)
	}
	var all []Custodian
	for _, path := range paths {
		c, err := openCustodian(path)
		if err != nil {
			return Custodians{}, err
		}
		all = append(all, c)
	}
	return NewCustodians(all...)
}

func openCustodian(path string) (Custodian, error) {
	if err := unwritable(path); err != nil {
		return Custodian{}, err
	}
	name, b, err := readBlock(path, publicBlock, PublicSuffix)
	if err != nil {
		return Custodian{}, err
	}
	var public hpke.PublicKey
	if public, err = kem.NewPublicKey(b); err != nil {
		return Custodian{}, fmt.Errorf("key %s: %w", path, err)
	}
	return Custodian{name, public}, nil
}

// readBlock reads a PEM file that is named as its key.
func readBlock(path, kind, suffix string) (name string, b []byte, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", nil, fmt.Errorf("read key: %w", err)
	}
	p, _ := pem.Decode(text)
	if p == nil || p.Type != kind {
		return "", nil, fmt.Errorf("%s holds no %s", path, strings.ToLower(kind))
	}
	name = p.Headers[nameHeader]
	if !custodianName.MatchString(name) || filepath.Base(path) != name+suffix {
		return "", nil, fmt.Errorf("%s holds the key of %q: a key's file has its custodian's name", path, name)
	}
	return name, p.Bytes, nil
}

// unwritable refuses what others than the owner may write.
func unwritable(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("custodians: %w", err)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s can be written by others (mode %o): chmod go-w", path, info.Mode().Perm())
	}
	return nil
}
