package calendar

import (
	"errors"
	"fmt"
	"slices"
)

// Ref names rows that a decree takes back: those of an earlier decree on a date,
// or the one of that name.
type Ref struct {
	Decree string // key
	Date   Date
	NameID string // empty: every row of the decree on that date
}

// Amendment is one decree with what it declares, sets and takes back. Its rows
// need no Decree, which is this one.
type Amendment struct {
	Decree     Decree
	Days       []Day
	Supersedes []Ref
	Hours      []Hours
	Settings   []Setting
}

// Amend adds a decree to the ledger as its next revision, whatever its date of
// issue, and returns the longer ledger; l stays as it is. It refuses with
// *RowError (Table "decree", "days", "supersedes", "hours" or "settings", Line
// from 1): what NewLedger and With refuse, a key that is known, a decree without date of issue, one
// that changes nothing yet gives no SKB year, and a row to be taken back that is
// unknown or taken back already.
func (l *Ledger) Amend(a Amendment) (*Ledger, error) {
	if a.Decree.IssuedOn.IsZero() {
		return nil, &RowError{"decree", 1, "tanggal penetapan wajib diisi"}
	}
	if _, known := l.number[a.Decree.Key]; known {
		return nil, &RowError{"decree", 1, fmt.Sprintf("keputusan %s sudah tercatat", a.Decree.Key)}
	}
	a.Decree.Revision = 0
	days := slices.Clone(l.days)
	for i, ref := range a.Supersedes {
		if err := supersede(days, ref, a.Decree.Key); err != nil {
			return nil, &RowError{"supersedes", i + 1, err.Error()}
		}
	}
	for _, d := range a.Days {
		d.Decree, d.SupersededBy = a.Decree.Key, ""
		days = append(days, d)
	}
	next, err := NewLedger(slices.Concat(l.decrees, l.notes, []Decree{a.Decree}), days)
	if bad, ok := errors.AsType[*RowError](err); ok {
		return nil, amended(bad, len(l.decrees)+len(l.notes), len(l.days))
	}
	if err != nil {
		return nil, err
	}
	return next.carry(l, a)
}

// carry gives the ledger the office hours and settings of the one before and of
// the amendment.
func (l *Ledger) carry(before *Ledger, a Amendment) (*Ledger, error) {
	hours, settings := before.Hours(), before.Settings()
	for _, h := range a.Hours {
		h.Decree = a.Decree.Key
		hours = append(hours, h)
	}
	for _, s := range a.Settings {
		s.Decree = a.Decree.Key
		settings = append(settings, s)
	}
	next, err := l.With(hours, settings)
	if bad, ok := errors.AsType[*RowError](err); ok {
		known := map[string]int{"hours": len(before.hours), "settings": len(before.settings)}
		return nil, &RowError{bad.Table, bad.Line - known[bad.Table], bad.Reason}
	}
	return next, err
}

// amended numbers a row as the amendment has it.
func amended(bad *RowError, decrees, days int) error {
	if bad.Table == "decrees" {
		return &RowError{"decree", max(1, bad.Line-decrees), bad.Reason}
	}
	return &RowError{bad.Table, max(1, bad.Line-days), bad.Reason}
}

// supersede marks the rows that ref names as taken back by a decree.
func supersede(days []Day, ref Ref, by string) error {
	known, found := false, 0
	for i := range days {
		d := &days[i]
		known = known || d.Decree == ref.Decree
		if d.Decree != ref.Decree || d.Date != ref.Date || ref.NameID != "" && d.NameID != ref.NameID {
			continue
		}
		if d.SupersededBy != "" {
			return fmt.Errorf("%s %q dari %s sudah dicabut oleh %s", d.Date, d.NameID, d.Decree, d.SupersededBy)
		}
		d.SupersededBy = by
		found++
	}
	switch {
	case !known:
		return fmt.Errorf("keputusan %q yang dicabut tidak dikenal, atau tidak memuat hari", ref.Decree)
	case found == 0:
		return fmt.Errorf("keputusan %s tidak memuat %s %q", ref.Decree, ref.Date, ref.NameID)
	}
	return nil
}
