package chain

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	// SealWithin is how long a row may wait for its link: the sealer comes every
	// half second, and 10 s are an alarm (issue 4, point 7).
	SealWithin = 10 * time.Second
	// SignWithin is how long a link may wait for a checkpoint: one is made each
	// minute while there is something new. Ours.
	SignWithin = 5 * time.Minute
)

// Actions of the rows that hold digests of published texts. Publish holds those
// of a public copy ({"title": ..., "body": ...}), or of one text beside it
// ({"command": ..., "n": ..., "sha256": ...}); Unpublish takes all of a report
// back, or the text that its detail names.
const (
	Publish   = "publish"
	Unpublish = "unpublish"
)

// ExportHistory is the action of the row that holds the digest of a history that
// was exported to a file ({"run": ..., "sha256": ...}).
const ExportHistory = "export_history"

// Entry is one row with its link. One of them may be missing.
type Entry struct {
	Row  *Row
	Link *Link
}

// Text is a text that the public reads: the public copy of a report with its
// Title, or with a Command the text number N of that command.
type Text struct {
	Report  string
	Command string
	N       int
	Title   string
	Body    string
}

func (t Text) key() string { return textKey(t.Report, t.Command, t.N) }

func textKey(report, command string, n int) string {
	if command == "" {
		return report
	}
	return fmt.Sprintf("%s %s %d", report, command, n)
}

// Trail is everything that is verified, read at one moment.
type Trail struct {
	Entries     iter.Seq2[Entry, error] // by N; rows without a link last
	Texts       iter.Seq2[Text, error]  // asked for after Entries
	Checkpoints []Checkpoint            // in the order of their file

	// Digest returns the SHA-256 of the file of an exported history, hexadecimal;
	// empty if there is none. nil: exported histories are not looked at.
	Digest func(report, run string) (string, error)

	Keys map[string]ed25519.PublicKey
	Now  time.Time
}

// Summary counts what was verified.
type Summary struct {
	Links       int64 // of the chain
	Waiting     int   // rows not chained yet, none older than SealWithin
	Texts       int
	Histories   int // exported ones
	Checkpoints int
	Signed      int64 // number of links up to the last checkpoint
}

// Wrong is the first thing that does not hold.
type Wrong struct {
	N     int64  // of the link; 0: no link is concerned
	Audit int64  // of the row; 0: no row is concerned
	Text  string // published text or exported history; empty: none is concerned
	What  string // in Indonesian, one sentence
}

// Error says it in Indonesian.
func (w *Wrong) Error() string {
	var at []string
	if w.N != 0 {
		at = append(at, fmt.Sprintf("mata rantai %d", w.N))
	}
	if w.Audit != 0 {
		at = append(at, fmt.Sprintf("baris audit %d", w.Audit))
	}
	if w.Text != "" {
		at = append(at, w.Text)
	}
	return strings.TrimPrefix(strings.Join(at, ", ")+": "+w.What, ": ")
}

// Verify walks the chain and holds rows, checkpoints and published texts against
// it. It is pure but for what the sequences read. The error is a *Wrong for what
// is wrong first, or the sequences' own.
//
// It finds any change of a row, link, text or checkpoint; a row, link or text
// that is gone or out of its place; a row beside the chain; and a chain written
// anew from any link that a checkpoint covers. It cannot know that the newest
// checkpoint and all that came after the one before it are gone together, when
// that was less than SignWithin ago.
func Verify(t Trail) (Summary, error) {
	v := verifier{t: t, seen: map[int64]uint64{}, texts: map[string]map[string]string{}, heads: map[int64][]Checkpoint{}}
	for _, step := range []func() error{v.signatures, v.walk, v.ends, v.published} {
		if err := step(); err != nil {
			return v.sum, err
		}
	}
	return v.sum, nil
}

type verifier struct {
	t      Trail
	sum    Summary
	last   Link
	seen   map[int64]uint64             // rows that the chain holds: 64 to a word
	texts  map[string]map[string]string // digests of what is published, by report and textKey
	heads  map[int64][]Checkpoint       // by N
	oldest time.Time                    // sealing of the first link behind the last checkpoint; zero: none
}

// signatures holds the checkpoints against the keys.
func (v *verifier) signatures() error {
	for i, c := range v.t.Checkpoints {
		if !c.signed(v.t.Keys) {
			return &Wrong{N: c.N, What: fmt.Sprintf("titik periksa pada baris berkas %d rusak atau tidak ditandatangani kunci yang dikenal.", i+1)}
		}
		v.heads[c.N] = append(v.heads[c.N], c)
		v.sum.Signed = max(v.sum.Signed, c.N)
	}
	v.sum.Checkpoints = len(v.t.Checkpoints)
	return nil
}

func (v *verifier) walk() error {
	for e, err := range v.t.Entries {
		if err != nil {
			return err
		}
		if e.Link == nil {
			err = v.waits(e.Row)
		} else {
			err = v.link(*e.Link, e.Row)
		}
		if err == nil {
			err = v.record(e.Row)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// waits judges a row that the chain does not hold.
func (v *verifier) waits(r *Row) error {
	if v.chained(r.ID) {
		return &Wrong{Audit: r.ID, What: "baris ini ada dua kali."}
	}
	if age := v.t.Now.Sub(r.At); age > SealWithin || age < -SealWithin {
		return &Wrong{Audit: r.ID, What: "baris ini tidak ada dalam rantai: disisipkan, mata rantainya dihapus, atau penyegel tidak bekerja."}
	}
	v.sum.Waiting++
	return nil
}

// link judges the next link and its row.
func (v *verifier) link(l Link, r *Row) error {
	at := func(what string) error { return &Wrong{N: l.N, Audit: l.Audit, What: what} }
	switch {
	case l.N <= v.last.N:
		return at("mata rantai atau barisnya ada dua kali.")
	case l.N != v.last.N+1:
		return &Wrong{N: v.last.N + 1, What: fmt.Sprintf("mata rantai ini hilang; berikutnya bernomor %d.", l.N)}
	case r == nil:
		return at("barisnya telah dihapus.")
	case v.chained(l.Audit):
		return at("baris ini sudah ada dalam rantai.")
	case l.Audit != r.ID || !bytes.Equal(l.Hash, digest(v.last.Hash, l, *r)):
		return at("baris atau mata rantainya telah diubah.")
	}
	for _, c := range v.heads[l.N] {
		if c.Head != hex.EncodeToString(l.Hash) {
			return at(fmt.Sprintf("titik periksa %s tidak cocok: rantai ditulis ulang pada atau sebelum mata rantai ini, setelah titik periksa sebelumnya.",
				c.At.UTC().Format(time.RFC3339)))
		}
	}
	v.seen[l.Audit>>6] |= 1 << (uint64(l.Audit) & 63)
	v.last, v.sum.Links = l, l.N
	if l.N == v.sum.Signed+1 {
		v.oldest = l.SealedAt
	}
	return nil
}

func (v *verifier) chained(id int64) bool { return v.seen[id>>6]&(1<<(uint64(id)&63)) != 0 }

// ends judges where the chain ends: not before a checkpoint, and not long after
// the last one.
func (v *verifier) ends() error {
	if v.sum.Signed > v.sum.Links {
		return &Wrong{N: v.sum.Links + 1, What: fmt.Sprintf("rantai terpotong: titik periksa menyebut %d baris, rantai hanya memuat %d.",
			v.sum.Signed, v.sum.Links)}
	}
	if age := v.t.Now.Sub(v.oldest); !v.oldest.IsZero() && (age > SignWithin || age < -SignWithin) {
		return &Wrong{N: v.sum.Signed + 1, What: "mulai mata rantai ini tidak ada titik periksa: berkasnya terpotong, atau penyegel tidak bekerja."}
	}
	return nil
}

// recorded is the detail of a row about a published text or exported history.
type recorded struct {
	Title   string `json:"title"`
	Body    string `json:"body"`
	Command string `json:"command"`
	N       int    `json:"n"`
	SHA256  string `json:"sha256"`
	Run     string `json:"run"`
}

// record takes note of what a row says about published texts and exported
// histories.
func (v *verifier) record(r *Row) error {
	if r.Action != Publish && r.Action != Unpublish && r.Action != ExportHistory {
		return nil
	}
	var d recorded
	if err := json.Unmarshal([]byte(r.Detail), &d); err != nil {
		return &Wrong{Audit: r.ID, What: "catatan digestnya tidak dapat dibaca."}
	}
	if r.Action == ExportHistory {
		return v.exported(r.Report, d)
	}
	parts := v.texts[r.Report]
	if parts == nil {
		parts = map[string]string{}
		v.texts[r.Report] = parts
	}
	key := textKey(r.Report, d.Command, d.N)
	switch {
	case r.Action == Unpublish && d.Command == "":
		delete(v.texts, r.Report)
	case r.Action == Unpublish:
		delete(parts, key)
	case d.Command == "":
		parts[key] = d.Title + d.Body
	default:
		parts[key] = d.SHA256
	}
	return nil
}

// exported holds the file of an exported history against its digest.
func (v *verifier) exported(report string, d recorded) error {
	if v.t.Digest == nil {
		return nil
	}
	found, err := v.t.Digest(report, d.Run)
	at := "riwayat " + report + " " + d.Run
	switch {
	case err != nil:
		return err
	case found == "":
		return &Wrong{Text: at, What: "berkasnya tidak ada."}
	case found != d.SHA256:
		return &Wrong{Text: at, What: "berkasnya bukan yang diekspor: digest SHA-256 tidak cocok."}
	}
	v.sum.Histories++
	return nil
}

// published holds the published texts against what the chain says of them.
func (v *verifier) published() error {
	for t, err := range v.t.Texts {
		if err != nil {
			return err
		}
		parts, key := v.texts[t.Report], t.key()
		want, ok := parts[key]
		switch {
		case !ok:
			return &Wrong{Text: "teks terbit " + key, What: "rantai tidak mencatat penerbitannya, atau mencatat penarikannya."}
		case want != t.digest():
			return &Wrong{Text: "teks terbit " + key, What: "isinya bukan yang diterbitkan: digest SHA-256 tidak cocok."}
		}
		delete(parts, key) // a second one is one too many
		v.sum.Texts++
	}
	var gone []string
	for _, parts := range v.texts {
		gone = slices.AppendSeq(gone, maps.Keys(parts))
	}
	if len(gone) > 0 {
		return &Wrong{Text: "teks terbit " + slices.Min(gone), What: "telah dihapus tanpa catatan penarikan."}
	}
	return nil
}

// digest is what the chain records of the text: of a public copy those of title
// and body, one after the other.
func (t Text) digest() string {
	if t.Command == "" {
		return sum(t.Title) + sum(t.Body)
	}
	return sum(t.Body)
}

func sum(text string) string {
	b := sha256.Sum256([]byte(text))
	return hex.EncodeToString(b[:])
}
