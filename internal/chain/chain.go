// Package chain makes the audit log tamper evident: each row is bound to all
// rows before it by a hash, and the last hash is signed now and then, in a file
// outside the database. Verify, which is pure, finds the first thing that is
// wrong.
package chain

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"strconv"
	"time"
)

// version begins what is hashed for a link. Another encoding is another version.
const version = "kawal audit 1"

// Row is a row of the audit log as it lies in the table. It holds codes only.
type Row struct {
	ID      int64     // number in the table; rows may become visible out of its order
	At      time.Time // in microseconds
	Kind    string    // of the actor
	Subject string    // of staff; empty: nobody in person
	Unit    string
	Roles   []string
	Action  string
	Report  string // tracking id; empty: about no single report
	Allowed bool
	Detail  string // JSON as PostgreSQL prints a jsonb
}

// Link seals one row into the chain, in the order of sealing.
type Link struct {
	N        int64     // 1, 2, 3, without a gap
	Audit    int64     // the row
	Hash     []byte    // 32 bytes
	SealedAt time.Time // in microseconds
}

// Next returns the link of a row behind prev; the zero Link begins a chain. at
// is the time of sealing.
//
// The hash is SHA-256 over these fields in this order, each as the number of its
// bytes in 8 bytes, most significant first, and its bytes: the version "kawal
// audit 1"; the hash before, 32 zero bytes for the first; N; the time of sealing;
// ID; At; Kind; Subject; Unit; the number of roles, and each; Action; Report;
// "true" or "false" for Allowed; Detail. Numbers are decimal, times are
// microseconds since 1970 in UTC, texts are UTF-8.
func Next(prev Link, r Row, at time.Time) Link {
	l := Link{N: prev.N + 1, Audit: r.ID, SealedAt: at.UTC().Truncate(time.Microsecond)}
	l.Hash = digest(prev.Hash, l, r)
	return l
}

func digest(before []byte, l Link, r Row) []byte {
	if len(before) == 0 {
		before = make([]byte, sha256.Size)
	}
	e := encoder{sha256.New()}
	e.text(version)
	e.bytes(before)
	e.number(l.N)
	e.number(l.SealedAt.UnixMicro())
	e.number(r.ID)
	e.number(r.At.UnixMicro())
	e.text(r.Kind)
	e.text(r.Subject)
	e.text(r.Unit)
	e.number(int64(len(r.Roles)))
	for _, role := range r.Roles {
		e.text(role)
	}
	e.text(r.Action)
	e.text(r.Report)
	e.text(strconv.FormatBool(r.Allowed))
	e.text(r.Detail)
	return e.h.Sum(nil)
}

// encoder writes fields that cannot run into each other.
type encoder struct{ h hash.Hash }

func (e encoder) bytes(b []byte) {
	_, _ = e.h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(b)))) // a hash takes all
	_, _ = e.h.Write(b)
}

func (e encoder) text(s string) { e.bytes([]byte(s)) }

func (e encoder) number(n int64) { e.text(strconv.FormatInt(n, 10)) }
