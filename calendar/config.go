package calendar

import (
	"fmt"
	"time"
)

// Config is one calendar: what makes the working days of an office. Zone,
// WeekDays and JointLeaveOff are what holds before any Setting by decree.
type Config struct {
	ID            string         // for messages only
	Zone          *time.Location // required; see Zone
	WeekDays      int            // required: 5 (Monday to Friday) or 6 (Monday to Saturday)
	JointLeaveOff bool           // true: joint leave [cuti bersama] is off, as in most offices; false: it is worked
	Ledger        *Ledger        // required: the base
	Overlay       *Ledger        // regional decrees; nil: none
}

// Chain is the ledger the revisions of this calendar count: the base, or base
// and overlay as one chain in which each keeps its order and, between them, the
// earlier RecordedAt, then IssuedOn, goes first. Errors: an unfit Config, a decree
// key that both ledgers hold.
func (c Config) Chain() (*Ledger, error) {
	switch {
	case c.Zone == nil:
		return nil, fmt.Errorf("kalender %s tanpa zona", c.ID)
	case c.WeekDays != 5 && c.WeekDays != 6:
		return nil, fmt.Errorf("kalender %s: pekan kerja %d hari, seharusnya 5 atau 6", c.ID, c.WeekDays)
	case c.Ledger == nil:
		return nil, fmt.Errorf("kalender %s tanpa daftar keputusan", c.ID)
	case c.Overlay == nil:
		return c.Ledger, nil
	}
	return merge(c.Ledger, c.Overlay)
}

// At is the calendar after the decrees 1..revision of its Chain; 0 is before the
// first. Errors: an unfit Config, a revision the chain does not have, NoWorkError.
// Building one takes well under a millisecond; keep it where it is asked often.
func (c Config) At(revision int) (*Index, error) {
	chain, err := c.Chain()
	if err != nil {
		return nil, err
	}
	return c.at(chain, revision)
}

func (c Config) at(chain *Ledger, revision int) (*Index, error) {
	if revision < 0 || revision > chain.Revision() {
		return nil, fmt.Errorf("kalender %s: revisi %d di luar 0 sampai %d", c.ID, revision, chain.Revision())
	}
	return newIndex(c, chain, revision, func(d Decree) bool { return d.Revision <= revision })
}

// Latest is the calendar at the last revision. Errors as At.
func (c Config) Latest() (*Index, error) {
	chain, err := c.Chain()
	if err != nil {
		return nil, err
	}
	return c.at(chain, chain.Revision())
}

// AsOf is the calendar by law on a day: every decree issued then or before.
// It equals At(Chain.RevisionOn(asOf)) unless a decree was recorded after a later
// one; then it leaves out what was not issued yet. Errors as At.
func (c Config) AsOf(asOf Date) (*Index, error) {
	chain, err := c.Chain()
	if err != nil {
		return nil, err
	}
	in := func(d Decree) bool { return DateOf(d.IssuedOn) <= asOf }
	return newIndex(c, chain, chain.RevisionOn(asOf), in)
}
