package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// How many custodians [pemegang kunci identitas] there are (issue 4): any two of
// them open a sealed identity.
const (
	MinCustodians = 2
	MaxCustodians = 5
)

// kem is ML-KEM-768 with X25519 (X-Wing): an identity sealed today must not open
// to whoever has a quantum computer tomorrow.
var kem, kdf, hpkeAEAD = hpke.MLKEM768X25519(), hpke.HKDFSHA256(), hpke.AES256GCM()

// custodianName is the subject of a staff member, and names a file.
var custodianName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$`)

// Custodian is the public half of a custodian's key. Whoever has it writes to
// the custodian and reads nothing.
type Custodian struct {
	Name   string // subject of the staff member
	public hpke.PublicKey
}

// Fingerprint is what two people read to each other to compare a key: 32
// hexadecimal digits in groups of four, half of its SHA-256.
func (c Custodian) Fingerprint() string {
	sum := sha256.Sum256(c.public.Bytes())
	digits := hex.EncodeToString(sum[:16])
	var groups []string
	for g := range slices.Chunk([]byte(digits), 4) {
		groups = append(groups, string(g))
	}
	return strings.Join(groups, " ")
}

// CustodianKey is the private half. It belongs on its custodian's machine and
// nowhere else.
type CustodianKey struct {
	Custodian
	private hpke.PrivateKey
}

// NewCustodianKey makes a key for the staff member with that subject.
func NewCustodianKey(name string) (*CustodianKey, error) {
	private, err := kem.GenerateKey()
	if err != nil {
		return nil, fmt.Errorf("generate key: %w", err)
	}
	return custodianKey(name, private)
}

func custodianKey(name string, private hpke.PrivateKey) (*CustodianKey, error) {
	if !custodianName.MatchString(name) {
		return nil, fmt.Errorf("custodian %q: letters, digits and . _ @ + - only, at most 100", name)
	}
	return &CustodianKey{Custodian{name, private.PublicKey()}, private}, nil
}

// Custodians are the two to five to whom identities are sealed, by name. The
// zero Custodians are none: nothing can be sealed to them.
type Custodians struct{ all []Custodian }

// NewCustodians refuses fewer than two, more than five, and two that share a name
// or a key: one person would then open alone.
func NewCustodians(all ...Custodian) (Custodians, error) {
	if len(all) < MinCustodians || len(all) > MaxCustodians {
		return Custodians{}, fmt.Errorf("%d custodians, not %d to %d", len(all), MinCustodians, MaxCustodians)
	}
	all = slices.SortedFunc(slices.Values(all), func(a, b Custodian) int { return strings.Compare(a.Name, b.Name) })
	for i, a := range all {
		for _, b := range all[i+1:] {
			if a.Name == b.Name || bytes.Equal(a.public.Bytes(), b.public.Bytes()) {
				return Custodians{}, fmt.Errorf("custodians %s and %s are one", a.Name, b.Name)
			}
		}
	}
	return Custodians{all}, nil
}

// Names returns the custodians' names, sorted.
func (c Custodians) Names() []string {
	var names []string
	for _, one := range c.all {
		names = append(names, one.Name)
	}
	return names
}

// Layer is how far an envelope has been opened.
type Layer string

// The layers of an envelope, from outside. Each comment says who opens it.
const (
	OuterLayer Layer = "outer" // First opens it
	InnerLayer Layer = "inner" // Second opens it
	DataKey    Layer = "key"   // nobody: this is the key of the identity
)

// Envelope holds the data key of one sealed field of one report for one pair of
// custodians: sealed by HPKE to Second, and that to First. As SealFor makes it,
// the layer is the outer one.
type Envelope struct {
	First, Second string // names; First comes first by name
	Layer         Layer
	Sealed        []byte
}

// SealFor seals one field of a report under a fresh data key, and that key once
// for every pair of custodians. What it returns nobody opens alone, the caller
// included: he has no private key, and forgets the data key. An error if there
// are no custodians.
func (c Custodians) SealFor(field, report string, plain []byte) (sealed []byte, envelopes []Envelope, err error) {
	if len(c.all) < MinCustodians {
		return nil, nil, errors.New("seal to custodians: there are none")
	}
	key := make([]byte, rawBytes)
	if _, err := rand.Read(key); err != nil {
		return nil, nil, fmt.Errorf("draw data key: %w", err)
	}
	defer clear(key)
	aead, err := dataCipher(key)
	if err != nil {
		return nil, nil, err
	}
	sealed = aead.Seal(nil, nil, plain, about(custody, "data", field, report))
	envelopes = make([]Envelope, len(c.all)*(len(c.all)-1)/2)
	var g errgroup.Group // a pair takes as long as writing the report
	n := 0
	for i, first := range c.all {
		for _, second := range c.all[i+1:] {
			e := &envelopes[n]
			n++
			g.Go(func() (err error) {
				if *e, err = sealPair(first, second, field, report, key); err != nil {
					err = fmt.Errorf("seal to %s and %s: %w", first.Name, second.Name, err)
				}
				return err
			})
		}
	}
	if err := g.Wait(); err != nil {
		return nil, nil, err
	}
	return sealed, envelopes, nil
}

func sealPair(first, second Custodian, field, report string, key []byte) (Envelope, error) {
	e := Envelope{First: first.Name, Second: second.Name, Layer: OuterLayer}
	inner, err := hpke.Seal(second.public, kdf, hpkeAEAD, e.info(InnerLayer, field, report), key)
	if err != nil {
		return e, err
	}
	e.Sealed, err = hpke.Seal(first.public, kdf, hpkeAEAD, e.info(OuterLayer, field, report), inner)
	return e, err
}

// OpenOne opens the layer that is this custodian's turn and returns the envelope
// without it. An error if it is another's turn, or if a bit, the report, the
// field or the pair differs from what was sealed.
func (k *CustodianKey) OpenOne(field, report string, e Envelope) (Envelope, error) {
	next := DataKey
	switch {
	case e.Layer == OuterLayer && k.Name == e.First:
		next = InnerLayer
	case e.Layer == InnerLayer && k.Name == e.Second:
	default:
		return Envelope{}, fmt.Errorf("the %s layer of the envelope for %s and %s is not for %s", e.Layer, e.First, e.Second, k.Name)
	}
	opened, err := hpke.Open(k.private, kdf, hpkeAEAD, e.info(e.Layer, field, report), e.Sealed)
	if err != nil {
		return Envelope{}, fmt.Errorf("open %s layer: %w", e.Layer, err)
	}
	return Envelope{First: e.First, Second: e.Second, Layer: next, Sealed: opened}, nil
}

// OpenSealed opens what SealFor sealed with an envelope that both of its
// custodians have opened.
func OpenSealed(field, report string, e Envelope, sealed []byte) ([]byte, error) {
	if e.Layer != DataKey || len(e.Sealed) != rawBytes {
		return nil, errors.New("the envelope is not open: two custodians are needed")
	}
	aead, err := dataCipher(e.Sealed)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, nil, sealed, about(custody, "data", field, report))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", field, err)
	}
	return plain, nil
}

// dataCipher is AES-256-GCM with random nonces.
func dataCipher(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("cipher: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// info binds a layer to report, field and pair.
func (e Envelope) info(l Layer, field, report string) []byte {
	return about(custody, string(l), field, report, e.First, e.Second)
}

// custody begins what envelopes and sealed identities are bound to.
const custody = "kawal custody 1"

// about writes what a ciphertext is bound to, so that no two lists of parts read
// the same. use says what it is for, and no use begins with another.
func about(use string, parts ...string) []byte {
	b := []byte(use)
	for _, p := range parts {
		b = binary.AppendUvarint(b, uint64(len(p)))
		b = append(b, p...)
	}
	return b
}
