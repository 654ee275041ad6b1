package chain_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/chain"
)

var (
	key   = ed25519.NewKeyFromSeed(slices.Repeat([]byte{1}, ed25519.SeedSize))
	wrong = ed25519.NewKeyFromSeed(slices.Repeat([]byte{2}, ed25519.SeedSize))
	keys  = map[string]ed25519.PublicKey{chain.KeyID(key.Public().(ed25519.PublicKey)): key.Public().(ed25519.PublicKey)}
	noon  = time.Date(2025, 8, 6, 5, 0, 0, 0, time.UTC)
)

// database is what a table owner can lay hands on, and the file of checkpoints.
type database struct {
	rows        []chain.Row
	links       []chain.Link
	texts       []chain.Text
	checkpoints []chain.Checkpoint
	histories   map[string]string // digests of the files of exported histories, by report and run
}

// sealed is how many rows of a filled database the chain holds; two more wait.
const sealed = 60

// filled is a log of sealed rows, one a minute, with a checkpoint after every
// seventh and the last; the rest of the rows has just been written. Texts are
// published, renewed and taken back on the way.
func filled() *database {
	d := &database{histories: map[string]string{}}
	var head chain.Link
	for i := range sealed {
		r := line(i)
		switch i % 6 {
		case 1:
			t := chain.Text{Report: r.Report, Title: fmt.Sprintf("Judul %d", i), Body: fmt.Sprintf("Isi %d", i)}
			d.publish(&r, t, fmt.Sprintf(`{"title": %q, "body": %q}`, digest(t.Title), digest(t.Body)))
		case 2:
			r.Action, r.Detail = chain.ExportHistory, fmt.Sprintf(`{"run": "r%d", "sha256": %q}`, i, digest(fmt.Sprint(i)))
			d.histories[fmt.Sprintf("%s r%d", r.Report, i)] = digest(fmt.Sprint(i))
		case 3:
			t := chain.Text{Report: r.Report, Command: fmt.Sprintf("c%d", i), N: i % 2, Body: fmt.Sprintf("Balasan %d", i)}
			d.publish(&r, t, fmt.Sprintf(`{"n": %d, "sha256": %q, "command": %q}`, t.N, digest(t.Body), t.Command))
		case 5:
			if i%4 == 1 {
				r.Action, r.Detail = chain.Unpublish, "{}"
				d.texts = slices.DeleteFunc(d.texts, func(t chain.Text) bool { return t.Report == r.Report })
			}
		}
		d.rows = append(d.rows, r)
	}
	// A row that became visible late: sealed behind one with a higher number.
	order := slices.Clone(d.rows)
	order[8], order[9] = order[9], order[8]
	for i, r := range order {
		head = chain.Next(head, r, noon.Add(time.Duration(i)*time.Minute))
		d.links = append(d.links, head)
		if head.N%7 == 0 || head.N == sealed {
			d.checkpoints = append(d.checkpoints, chain.Sign(key, head, head.SealedAt))
		}
	}
	for i := range 2 {
		r := line(sealed + i)
		r.At = now
		d.rows = append(d.rows, r)
	}
	return d
}

var now = noon.Add(90 * time.Minute)

func line(i int) chain.Row {
	return chain.Row{ID: int64(i*3 + 1), At: noon.Add(time.Duration(i) * time.Minute), Kind: "staff", Subject: fmt.Sprintf("s%d", i%5), Unit: "kab",
		Roles: []string{"admin", "head"}[:1+i%2], Action: []string{"read", "forward"}[i%2], Report: fmt.Sprintf("KWL-%d", i/6%4), Allowed: i%3 > 0,
		Detail: fmt.Sprintf(`{"seq": %d}`, i)}
}

func (d *database) publish(r *chain.Row, t chain.Text, detail string) {
	r.Action, r.Detail = chain.Publish, detail
	d.texts = slices.DeleteFunc(d.texts, func(o chain.Text) bool { return o.Report == t.Report && o.Command == t.Command && o.N == t.N })
	d.texts = append(d.texts, t)
}

func (d *database) clone() *database {
	c := &database{rows: slices.Clone(d.rows), links: slices.Clone(d.links), texts: slices.Clone(d.texts), checkpoints: slices.Clone(d.checkpoints),
		histories: maps.Clone(d.histories)}
	for i := range c.rows {
		c.rows[i].Roles = slices.Clone(c.rows[i].Roles)
	}
	for i := range c.links {
		c.links[i].Hash = slices.Clone(c.links[i].Hash)
	}
	for i := range c.checkpoints {
		c.checkpoints[i].Signature = slices.Clone(c.checkpoints[i].Signature)
	}
	return c
}

// entries joins rows and links as the store does: links by number, then rows
// without one.
func (d *database) entries() iter.Seq2[chain.Entry, error] {
	var all []chain.Entry
	linked := map[int64]bool{}
	for i := range d.links {
		found := false
		for j := range d.rows {
			if d.rows[j].ID == d.links[i].Audit {
				all, found = append(all, chain.Entry{Row: &d.rows[j], Link: &d.links[i]}), true
				linked[d.rows[j].ID] = true
			}
		}
		if !found {
			all = append(all, chain.Entry{Link: &d.links[i]})
		}
	}
	slices.SortStableFunc(all, func(a, b chain.Entry) int { return int(a.Link.N - b.Link.N) })
	for j := range d.rows {
		if !linked[d.rows[j].ID] {
			all = append(all, chain.Entry{Row: &d.rows[j]})
		}
	}
	return seq(all)
}

func seq[T any](all []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func (d *database) verify() (chain.Summary, error) {
	return chain.Verify(chain.Trail{Entries: d.entries(), Texts: seq(d.texts), Checkpoints: d.checkpoints, Keys: keys, Now: now,
		Digest: func(report, run string) (string, error) { return d.histories[report+" "+run], nil }})
}

// rehash makes the chain from link n (from 0) on fit its rows again, as who has
// the database but no key can.
func (d *database) rehash(from int) {
	var prev chain.Link
	if from > 0 {
		prev = d.links[from-1]
	}
	for i := from; i < len(d.links); i++ {
		prev = chain.Next(prev, d.rows[d.row(d.links[i].Audit)], d.links[i].SealedAt)
		d.links[i] = prev
	}
}

func (d *database) row(id int64) int {
	return slices.IndexFunc(d.rows, func(r chain.Row) bool { return r.ID == id })
}

// tampering does one thing to a database. It says which link is the first that
// does not hold; 0 where that is no link, or none exactly.
type tampering struct {
	name string
	do   func(d *database, r *rand.Rand) (first int64)
}

// edit changes one column of a row.
func edit(row *chain.Row, r *rand.Rand) {
	s := string(rune('a' + r.IntN(26)))
	switch r.IntN(10) {
	case 0:
		row.ID += 1000 + r.Int64N(1000)
	case 1:
		row.At = row.At.Add(time.Duration(1+r.IntN(1e6)) * time.Microsecond)
	case 2:
		row.Kind += s
	case 3:
		row.Subject = s + row.Subject
	case 4:
		row.Unit += s
	case 5:
		row.Roles = append([]string{row.Roles[0][:2], row.Roles[0][2:]}, row.Roles[1:]...)
	case 6:
		row.Subject, row.Unit = row.Subject+row.Unit[:1], row.Unit[1:] // a border moves
	case 7:
		row.Report += s
	case 8:
		row.Allowed = !row.Allowed
	default:
		row.Detail += " "
	}
}

// flip changes one bit.
func flip(b []byte, r *rand.Rand) { b[r.IntN(len(b))] ^= 1 << r.IntN(8) }

// at picks a link and its row.
func (d *database) at(r *rand.Rand) (link, row int) {
	link = r.IntN(len(d.links))
	return link, d.row(d.links[link].Audit)
}

// history picks an exported history.
func (d *database) history(r *rand.Rand) string {
	all := slices.Sorted(maps.Keys(d.histories))
	return all[r.IntN(len(all))]
}

var tamperings = []tampering{
	{"a column of a row", func(d *database, r *rand.Rand) int64 {
		l, i := d.at(r)
		edit(&d.rows[i], r)
		return d.links[l].N
	}},
	{"an action", func(d *database, r *rand.Rand) int64 {
		l, i := d.at(r)
		d.rows[i].Action = "approve"
		return d.links[l].N
	}},
	{"a hash", func(d *database, r *rand.Rand) int64 {
		l := r.IntN(len(d.links))
		flip(d.links[l].Hash, r)
		return d.links[l].N
	}},
	{"a time of sealing", func(d *database, r *rand.Rand) int64 {
		l := r.IntN(len(d.links))
		d.links[l].SealedAt = d.links[l].SealedAt.Add(-time.Duration(1+r.IntN(1e6)) * time.Microsecond)
		return d.links[l].N
	}},
	{"a number", func(d *database, r *rand.Rand) int64 {
		l := r.IntN(len(d.links))
		d.links[l].N += 1 + r.Int64N(100)
		return 0
	}},
	{"a link to another row", func(d *database, r *rand.Rand) int64 {
		l, m := r.IntN(len(d.links)), r.IntN(len(d.links))
		d.links[l].Audit = d.links[m].Audit
		return d.links[l].N
	}},
	{"a row deleted", func(d *database, r *rand.Rand) int64 {
		l, i := d.at(r)
		d.rows = slices.Delete(d.rows, i, i+1)
		return d.links[l].N
	}},
	{"a link deleted", func(d *database, r *rand.Rand) int64 {
		l := r.IntN(len(d.links))
		n := d.links[l].N
		d.links = slices.Delete(d.links, l, l+1)
		if n == sealed {
			return 0 // what is left is a row without a link
		}
		return n
	}},
	{"row and link deleted", func(d *database, r *rand.Rand) int64 {
		l, i := d.at(r)
		n := d.links[l].N
		d.rows, d.links = slices.Delete(d.rows, i, i+1), slices.Delete(d.links, l, l+1)
		return n
	}},
	{"row and link deleted, the rest counted anew", func(d *database, r *rand.Rand) int64 {
		l, i := d.at(r)
		n := d.links[l].N
		d.rows, d.links = slices.Delete(d.rows, i, i+1), slices.Delete(d.links, l, l+1)
		for j := l; j < len(d.links); j++ {
			d.links[j].N--
		}
		return n
	}},
	{"row and link deleted, the rest chained anew", func(d *database, r *rand.Rand) int64 {
		l, i := d.at(r)
		d.rows, d.links = slices.Delete(d.rows, i, i+1), slices.Delete(d.links, l, l+1)
		d.rehash(l)
		return 0
	}},
	{"two rows swapped", func(d *database, r *rand.Rand) int64 {
		_, i := d.at(r)
		_, j := d.at(r)
		d.rows[i], d.rows[j] = d.rows[j], d.rows[i]
		d.rows[i].ID, d.rows[j].ID = d.rows[j].ID, d.rows[i].ID
		return 0
	}},
	{"two links swapped", func(d *database, r *rand.Rand) int64 {
		l, m := r.IntN(len(d.links)), r.IntN(len(d.links))
		d.links[l].Audit, d.links[m].Audit = d.links[m].Audit, d.links[l].Audit
		return min(d.links[l].N, d.links[m].N)
	}},
	{"two rows swapped, the rest chained anew", func(d *database, r *rand.Rand) int64 {
		l, m := r.IntN(len(d.links)), r.IntN(len(d.links))
		d.links[l].Audit, d.links[m].Audit = d.links[m].Audit, d.links[l].Audit
		d.rehash(min(l, m))
		return 0
	}},
	{"a row beside the chain", func(d *database, r *rand.Rand) int64 {
		f := line(r.IntN(sealed))
		f.ID = 1000 + r.Int64N(1000)
		d.rows = append(d.rows, f)
		return 0
	}},
	{"a row beside the chain, of tomorrow", func(d *database, r *rand.Rand) int64 {
		f := line(r.IntN(sealed))
		f.ID, f.At = 2+3*r.Int64N(sealed), now.Add(time.Hour)
		d.rows = append(d.rows, f)
		return 0
	}},
	{"a row twice", func(d *database, r *rand.Rand) int64 {
		_, i := d.at(r)
		f := d.rows[i]
		f.Allowed = !f.Allowed
		d.rows = append(d.rows, f)
		return 0
	}},
	{"a link twice", func(d *database, r *rand.Rand) int64 {
		l := r.IntN(len(d.links))
		d.links = append(d.links, d.links[l])
		return 0
	}},
	{"a row sealed twice", func(d *database, r *rand.Rand) int64 {
		_, i := d.at(r)
		d.links = append(d.links, chain.Next(d.links[len(d.links)-1], d.rows[i], now))
		return sealed + 1
	}},
	{"a row put into the chain, the rest chained anew", func(d *database, r *rand.Rand) int64 {
		l := r.IntN(len(d.links))
		f := line(r.IntN(sealed))
		f.ID = 1000 + r.Int64N(1000)
		d.rows = append(d.rows, f)
		d.links = slices.Insert(d.links, l, chain.Link{Audit: f.ID, SealedAt: d.links[l].SealedAt})
		d.rehash(l)
		return 0
	}},
	{"a row put into the chain, the rest counted anew", func(d *database, r *rand.Rand) int64 {
		l := r.IntN(len(d.links))
		f := line(r.IntN(sealed))
		f.ID = 1000 + r.Int64N(1000)
		d.rows = append(d.rows, f)
		d.links = slices.Insert(d.links, l, chain.Link{N: int64(l + 1), Audit: f.ID, Hash: d.links[l].Hash, SealedAt: d.links[l].SealedAt})
		for j := l + 1; j < len(d.links); j++ {
			d.links[j].N++
		}
		return int64(l + 1)
	}},
	{"the tail cut", func(d *database, r *rand.Rand) int64 {
		l := r.IntN(len(d.links))
		for _, k := range d.links[l:] {
			d.rows = slices.Delete(d.rows, d.row(k.Audit), d.row(k.Audit)+1)
		}
		d.links = d.links[:l]
		return int64(l + 1)
	}},
	{"the chain's tail cut", func(d *database, r *rand.Rand) int64 {
		d.links = d.links[:r.IntN(len(d.links))]
		return 0
	}},
	{"the tail cut and grown again", func(d *database, r *rand.Rand) int64 {
		l := r.IntN(len(d.links))
		for i := l; i < len(d.links); i++ {
			row := &d.rows[d.row(d.links[i].Audit)]
			row.Subject += "x"
		}
		for range r.IntN(5) {
			f := line(r.IntN(sealed))
			f.ID = 1000 + int64(len(d.rows))
			d.rows, d.links = append(d.rows, f), append(d.links, chain.Link{Audit: f.ID, SealedAt: now})
		}
		d.rehash(l)
		return 0
	}},
	{"a row, and the chain from there", func(d *database, r *rand.Rand) int64 {
		l, i := d.at(r)
		d.rows[i].Subject += "x"
		d.rehash(l)
		return 0
	}},
	{"a row, the chain, and checkpoints of another key", func(d *database, r *rand.Rand) int64 {
		l, i := d.at(r)
		d.rows[i].Subject += "x"
		d.rehash(l)
		for j, c := range d.checkpoints {
			if c.N > int64(l) {
				d.checkpoints[j] = chain.Sign(wrong, d.links[c.N-1], c.At)
				if r.IntN(2) == 0 {
					d.checkpoints[j].Key = chain.KeyID(key.Public().(ed25519.PublicKey))
				}
			}
		}
		return 0
	}},
	{"a row, the chain, and the checkpoints' heads", func(d *database, r *rand.Rand) int64 {
		l, i := d.at(r)
		d.rows[i].Subject += "x"
		d.rehash(l)
		for j, c := range d.checkpoints {
			d.checkpoints[j].Head = hex.EncodeToString(d.links[c.N-1].Hash)
		}
		return 0
	}},
	{"a row, the chain, and no checkpoints", func(d *database, r *rand.Rand) int64 {
		l, i := d.at(r)
		d.rows[i].Subject += "x"
		d.rehash(l)
		d.checkpoints = slices.DeleteFunc(d.checkpoints, func(c chain.Checkpoint) bool { return c.N > int64(l) })
		return 0
	}},
	{"a checkpoint", func(d *database, r *rand.Rand) int64 {
		c := &d.checkpoints[r.IntN(len(d.checkpoints))]
		switch r.IntN(5) {
		case 0:
			c.N--
		case 1:
			c.Head = c.Head[1:] + "0"
		case 2:
			c.At = c.At.Add(time.Second)
		case 3:
			c.Key = "0" + c.Key[1:] + "1"
		default:
			flip(c.Signature, r)
		}
		return 0
	}},
	{"no checkpoints", func(d *database, r *rand.Rand) int64 {
		d.checkpoints = d.checkpoints[:r.IntN(len(d.checkpoints))]
		return 0
	}},
	{"a text", func(d *database, r *rand.Rand) int64 {
		t := &d.texts[r.IntN(len(d.texts))]
		if t.Command == "" && r.IntN(2) == 0 {
			t.Title += "."
		} else {
			t.Body = t.Body[:len(t.Body)-1]
		}
		return 0
	}},
	{"a border between title and body", func(d *database, r *rand.Rand) int64 {
		t := &d.texts[r.IntN(len(d.texts))]
		t.Title, t.Body = t.Title+t.Body[:1], t.Body[1:]
		return 0
	}},
	{"two texts swapped", func(d *database, r *rand.Rand) int64 {
		a, b := &d.texts[r.IntN(len(d.texts))], &d.texts[r.IntN(len(d.texts))]
		a.Body, b.Body = b.Body, a.Body
		return 0
	}},
	{"a text deleted", func(d *database, r *rand.Rand) int64 {
		i := r.IntN(len(d.texts))
		d.texts = slices.Delete(d.texts, i, i+1)
		return 0
	}},
	{"a text nobody published", func(d *database, r *rand.Rand) int64 {
		d.texts = append(d.texts, chain.Text{Report: "KWL-9", Command: fmt.Sprint(r.IntN(3)), Body: "x"})
		return 0
	}},
	{"a text twice", func(d *database, r *rand.Rand) int64 {
		d.texts = append(d.texts, d.texts[r.IntN(len(d.texts))])
		return 0
	}},
	{"a history altered", func(d *database, r *rand.Rand) int64 {
		run := d.history(r)
		d.histories[run] = digest(d.histories[run])
		return 0
	}},
	{"a history deleted", func(d *database, r *rand.Rand) int64 {
		delete(d.histories, d.history(r))
		return 0
	}},
	{"a text in another report", func(d *database, r *rand.Rand) int64 {
		d.texts[r.IntN(len(d.texts))].Report += "x"
		return 0
	}},
}

// Everything that a table owner without the signing key does to rows that are
// sealed, links, checkpoints or published texts is found: 5,000 random
// tamperings in make prove, 500 in make test.
func TestEveryTamperingIsFound(t *testing.T) {
	t.Parallel()
	n := 500
	if os.Getenv("KAWAL_PROVE") == "full" {
		n = 5000
	}
	whole := filled()
	done := map[string]int{}
	for i := 0; i < n; i++ {
		r := rand.New(rand.NewPCG(uint64(i), 7)) //nolint:gosec // chance that can be repeated
		d, how := whole.clone(), tamperings[i%len(tamperings)]
		first := how.do(d, r)
		for tries := 0; reflect.DeepEqual(whole, d); tries++ {
			require.Less(t, tries, 100, how.name)
			first = how.do(d, r) // it chose the same thing twice
		}
		s, err := d.verify()
		var w *chain.Wrong
		require.ErrorAs(t, err, &w, "%s, %d", how.name, i)
		if first != 0 {
			require.Equal(t, first, w.N, "%s, %d: %v", how.name, i, err)
			require.Equal(t, first-1, s.Links, "what stands before it holds: %s, %d", how.name, i)
		}
		done[how.name]++
	}
	require.Len(t, done, len(tamperings))
}

func TestAnUntouchedLogVerifies(t *testing.T) {
	t.Parallel()
	d := filled()
	s, err := d.verify()
	require.NoError(t, err)
	require.Equal(t, chain.Summary{Links: sealed, Waiting: 2, Texts: len(d.texts), Histories: len(d.histories), Checkpoints: 9, Signed: sealed}, s)
	require.Greater(t, len(d.texts), 5)
	_, err = (&database{}).verify()
	require.NoError(t, err, "an empty one too")
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
