package calendar

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Book is a calendar through time: which decrees were law on which day. It is
// safe for concurrent use and keeps what it has built.
type Book struct {
	config   Config
	chain    *Ledger
	revision int    // decrees after it are not known here
	days     []Date // on which decrees were issued, ascending, each once

	mu   sync.Mutex
	laws map[Date]*Index // by the last day of issue
}

// NewBook opens a calendar as it is known at a revision of its Chain. Errors: as
// Config.Chain; a revision the chain does not have; NoWorkError at that revision.
func NewBook(c Config, revision int) (*Book, error) {
	chain, err := c.Chain()
	if err != nil {
		return nil, err
	}
	if revision < 0 || revision > chain.Revision() {
		return nil, fmt.Errorf("kalender %s: revisi %d di luar 0 sampai %d", c.ID, revision, chain.Revision())
	}
	b := &Book{config: c, chain: chain, revision: revision, laws: map[Date]*Index{}}
	for _, d := range chain.decrees[:revision] {
		b.days = append(b.days, DateOf(d.IssuedOn))
	}
	slices.SortFunc(b.days, order)
	b.days = slices.Compact(b.days)
	if _, err := b.Latest(); err != nil {
		return nil, err
	}
	return b, nil
}

// Config is the calendar as it was given.
func (b *Book) Config() Config { return b.config }

// Decrees are the decrees known, by revision; a copy.
func (b *Book) Decrees() []Decree { return slices.Clone(b.chain.decrees[:b.revision]) }

// Revision is the revision up to which decrees are known.
func (b *Book) Revision() int { return b.revision }

// Latest is the calendar under every decree known. Errors as Law.
func (b *Book) Latest() (*Index, error) { return b.Law(maxDate) }

// Law is the calendar by law on a day: every decree known that was issued then
// or before. It is built once for each day of issue. Errors as Config.At.
func (b *Book) Law(day Date) (*Index, error) {
	last := Date(minDate)
	if i, found := slices.BinarySearch(b.days, day); found {
		last = day
	} else if i > 0 {
		last = b.days[i-1]
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if x, ok := b.laws[last]; ok {
		return x, nil
	}
	in, revision := func(d Decree) bool { return d.Revision <= b.revision && DateOf(d.IssuedOn) <= last }, 0
	for _, d := range b.chain.decrees[:b.revision] {
		if in(d) {
			revision = d.Revision
		}
	}
	x, err := newIndex(b.config, b.chain, revision, in)
	if err != nil {
		return nil, err
	}
	b.laws[last] = x
	return x, nil
}

// issued are the days after from, up to and including to, on which a decree was
// issued.
func (b *Book) issued(from, to Date) []Date {
	i, _ := slices.BinarySearch(b.days, from+1)
	j, found := slices.BinarySearch(b.days, to)
	if found {
		j++
	}
	if i >= j {
		return nil
	}
	return b.days[i:j]
}

// decreesOf are the keys of the decrees issued on a day, joined by "; ".
func (b *Book) decreesOf(day Date) string {
	var keys []string
	for _, d := range b.chain.decrees[:b.revision] {
		if DateOf(d.IssuedOn) == day {
			keys = append(keys, d.Key)
		}
	}
	return strings.Join(keys, "; ")
}

// With is the calendar after a longer ledger has taken the place of its base, or
// of its own decrees, one revision on. The chain must grow at its end: a decree
// is recorded after those that are known. Errors as NewBook.
func (b *Book) With(base bool, l *Ledger) (*Book, error) {
	c := b.config
	if base {
		c.Ledger = recordedLast(l, b.chain)
	} else {
		c.Overlay = recordedLast(l, b.chain)
	}
	return NewBook(c, b.revision+1)
}

// recordedLast gives the last decree of l, if it is not yet recorded, a time of
// record after every decree of the chain.
func recordedLast(l, chain *Ledger) *Ledger {
	last := l.decrees[len(l.decrees)-1]
	for _, d := range chain.decrees {
		if !last.RecordedAt.After(d.RecordedAt) {
			last.RecordedAt = d.RecordedAt.Add(time.Microsecond)
		}
	}
	next := *l
	next.decrees = append(slices.Clone(l.decrees[:len(l.decrees)-1]), last)
	return &next
}
