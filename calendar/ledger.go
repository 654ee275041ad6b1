package calendar

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Kind says why a day is off, or on.
type Kind string

// The kinds of days in a ledger, and Weekend, which no ledger holds.
const (
	NationalHoliday Kind = "national"         // libur nasional
	CollectiveLeave Kind = "collective_leave" // cuti bersama; off unless the office works it
	Election        Kind = "election"         // hari pemungutan suara
	RegionalOff     Kind = "regional_off"     // libur daerah
	RegionalOn      Kind = "regional_on"      // hari kerja pengganti: worked although a weekend or a holiday
	Weekend         Kind = "weekend"          // akhir pekan: from the week, never from a decree
)

// TrackSKB marks the joint ministerial decrees: a year is decreed once one with
// that CalendarYear is in force.
const TrackSKB = "SKB"

// Decree is one legal act on the calendar, the unit of change.
type Decree struct {
	Key          string    // unique in its ledger, such as SKB2025r1
	IssuedOn     time.Time // midnight UTC of the day of issue, from which it applies; zero: date unknown, the decree is a note
	RecordedAt   time.Time // when the operator loaded it; zero: with the first load
	Track        string    // kind of act: SKB, Keppres-election, Keppres-ASN, Kepgub, ...
	Title        string    // official numbers
	Effect       string    // what it changed, in words
	CalendarYear int       // the year whose days it declares
	Confidence   string    // how well it is attested
	Revision     int       // 1 to N; 0 on input: numbered after the given ones by IssuedOn, then Key. Notes keep 0
}

// Day is one row: a decree makes a date off, or on.
type Day struct {
	Date         Date
	Kind         Kind
	NameID       string // official name, what people read
	NameEN       string
	Decree       string // key of the decree that declares it
	SupersededBy string // key of the decree that takes it back; empty: none
	Confidence   string
}

// Ledger is a chain of decrees with their days, office hours and settings. It
// never changes; a new decree makes a new ledger.
type Ledger struct {
	decrees  []Decree  // by revision: decrees[0] is revision 1
	notes    []Decree  // undated, by key
	days     []Day     // by date, then as given
	hours    []Hours   // a later one wins: by revision, in a chain those of the overlay last
	settings []Setting // likewise
	number   map[string]int
}

// RowError refuses a ledger: which row, and why.
type RowError struct {
	Table  string // "decrees", "days", "hours" or "settings"
	Line   int    // from 1; in a file the line, header included
	Reason string // for people
}

func (e *RowError) Error() string {
	return fmt.Sprintf("%s baris %d: %s", e.Table, e.Line, e.Reason)
}

// NewLedger numbers the dated decrees and checks the days against them. Given
// revision numbers are kept and must be 1..M; decrees without one follow by
// IssuedOn, then Key. It refuses with *RowError (Line counts the slice from 1):
// an empty or repeated key, a wrong number, a year outside 1900 to 9999, an
// unknown kind, an empty name, an unknown or undated decree, one superseded by
// itself or an earlier one, and a date and name twice in one decree.
func NewLedger(decrees []Decree, days []Day) (*Ledger, error) {
	l := &Ledger{number: make(map[string]int, len(decrees))}
	if err := l.addDecrees(decrees); err != nil {
		return nil, err
	}
	if err := l.addDays(days); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *Ledger) addDecrees(decrees []Decree) error {
	taken := map[int]bool{}
	for i, d := range decrees {
		if reason := l.refuseDecree(d, taken); reason != "" {
			return &RowError{"decrees", i + 1, reason}
		}
		l.number[d.Key] = 0
		if d.IssuedOn.IsZero() {
			l.notes = append(l.notes, d)
			continue
		}
		d.IssuedOn = DateOf(d.IssuedOn).Time()
		l.decrees = append(l.decrees, d)
		taken[d.Revision] = d.Revision > 0
	}
	slices.SortStableFunc(l.notes, func(a, b Decree) int { return cmp.Compare(a.Key, b.Key) })
	slices.SortStableFunc(l.decrees, byNumber)
	for i := range l.decrees {
		d := &l.decrees[i]
		if d.Revision > 0 && d.Revision != i+1 {
			row := slices.IndexFunc(decrees, func(g Decree) bool { return g.Key == d.Key })
			return &RowError{"decrees", row + 1, fmt.Sprintf("nomor revisi %d melompati %d", d.Revision, i+1)}
		}
		d.Revision = i + 1
		l.number[d.Key] = i + 1
	}
	return nil
}

func (l *Ledger) refuseDecree(d Decree, taken map[int]bool) string {
	_, known := l.number[d.Key]
	switch {
	case d.Key == "":
		return "kunci keputusan kosong"
	case known:
		return fmt.Sprintf("keputusan %s tercantum dua kali", d.Key)
	case d.Revision < 0 || d.IssuedOn.IsZero() && d.Revision != 0:
		return fmt.Sprintf("nomor revisi %d tidak berlaku untuk %s", d.Revision, d.Key)
	case taken[d.Revision]:
		return fmt.Sprintf("nomor revisi %d tercantum dua kali", d.Revision)
	case d.CalendarYear < 1900 || d.CalendarYear > 9999:
		return fmt.Sprintf("tahun kalender %d di luar 1900 sampai 9999", d.CalendarYear)
	}
	return ""
}

// byNumber puts numbered decrees first, the others by date of issue, then key.
func byNumber(a, b Decree) int {
	switch {
	case a.Revision > 0 && b.Revision > 0:
		return cmp.Compare(a.Revision, b.Revision)
	case a.Revision > 0:
		return -1
	case b.Revision > 0:
		return 1
	}
	return cmp.Or(a.IssuedOn.Compare(b.IssuedOn), cmp.Compare(a.Key, b.Key))
}

func (l *Ledger) addDays(days []Day) error {
	type identity struct {
		date         Date
		name, decree string
	}
	seen := make(map[identity]bool, len(days))
	for i, d := range days {
		id := identity{d.Date, d.NameID, d.Decree}
		reason := l.refuseDay(d)
		if reason == "" && seen[id] {
			reason = fmt.Sprintf("%s %q tercantum dua kali dalam %s", d.Date, d.NameID, d.Decree)
		}
		if reason != "" {
			return &RowError{"days", i + 1, reason}
		}
		seen[id] = true
	}
	l.days = slices.Clone(days)
	slices.SortStableFunc(l.days, func(a, b Day) int { return cmp.Compare(a.Date, b.Date) })
	return nil
}

func (l *Ledger) refuseDay(d Day) string {
	switch d.Kind {
	case NationalHoliday, CollectiveLeave, Election, RegionalOff, RegionalOn:
	default:
		return fmt.Sprintf("jenis hari %q tidak dikenal", d.Kind)
	}
	if d.NameID == "" {
		return "nama hari kosong"
	}
	if reason := l.refuseKey(d.Decree); reason != "" {
		return reason
	}
	if d.SupersededBy == "" {
		return ""
	}
	if reason := l.refuseKey(d.SupersededBy); reason != "" {
		return reason
	}
	if l.number[d.SupersededBy] <= l.number[d.Decree] {
		return fmt.Sprintf("%s tidak dapat mencabut %s yang tidak mendahuluinya", d.SupersededBy, d.Decree)
	}
	return ""
}

// With is the ledger with these office hours and settings in place of its own.
// It refuses with *RowError (Table "hours" or "settings", Line from 1): an
// unknown or undated decree; no weekday, an unknown one or one twice, dates and
// times out of order, a break not inside the day, two rows of one decree for one
// day; an unknown zone, a week of other than 5 or 6 days, a setting that changes
// nothing, two of one decree.
func (l *Ledger) With(hours []Hours, settings []Setting) (*Ledger, error) {
	next := *l
	next.hours, next.settings = copyHours(hours), copySettings(settings)
	for i, h := range hours {
		if reason := l.refuseHours(h, hours[:i]); reason != "" {
			return nil, &RowError{"hours", i + 1, reason}
		}
	}
	for i, s := range settings {
		if reason := l.refuseSetting(s, settings[:i]); reason != "" {
			return nil, &RowError{"settings", i + 1, reason}
		}
	}
	slices.SortStableFunc(next.hours, func(a, b Hours) int { return cmp.Compare(l.number[a.Decree], l.number[b.Decree]) })
	slices.SortStableFunc(next.settings, func(a, b Setting) int { return cmp.Compare(l.number[a.Decree], l.number[b.Decree]) })
	return &next, nil
}

func (l *Ledger) refuseHours(h Hours, before []Hours) string {
	if reason := cmp.Or(l.refuseKey(h.Decree), h.refuse()); reason != "" {
		return reason
	}
	if slices.ContainsFunc(before, func(o Hours) bool { return o.Decree == h.Decree && o.meets(h) }) {
		return fmt.Sprintf("hari yang sama diatur dua kali dalam %s", h.Decree)
	}
	return ""
}

func (l *Ledger) refuseSetting(s Setting, before []Setting) string {
	if reason := cmp.Or(l.refuseKey(s.Decree), s.refuse()); reason != "" {
		return reason
	}
	if slices.ContainsFunc(before, func(o Setting) bool { return o.Decree == s.Decree }) {
		return fmt.Sprintf("pengaturan %s tercantum dua kali", s.Decree)
	}
	return ""
}

func copySettings(settings []Setting) []Setting {
	settings = slices.Clone(settings)
	for i, s := range settings {
		if s.JointLeaveOff != nil {
			settings[i].JointLeaveOff = new(*s.JointLeaveOff)
		}
	}
	return settings
}

func copyHours(hours []Hours) []Hours {
	hours = slices.Clone(hours)
	for i := range hours {
		hours[i].Weekdays = slices.Clone(hours[i].Weekdays)
	}
	return hours
}

func (l *Ledger) refuseKey(key string) string {
	number, known := l.number[key]
	if !known {
		return fmt.Sprintf("keputusan %q tidak dikenal", key)
	}
	if number == 0 {
		return fmt.Sprintf("keputusan %q tidak bertanggal, jadi tidak berlaku", key)
	}
	return ""
}

// Revision is the number of the last decree, 0 for an empty ledger.
func (l *Ledger) Revision() int { return len(l.decrees) }

// RevisionOn is the highest revision whose decree was issued on asOf or before;
// 0 if none was.
func (l *Ledger) RevisionOn(asOf Date) int {
	for i := len(l.decrees); i > 0; i-- {
		if DateOf(l.decrees[i-1].IssuedOn) <= asOf {
			return i
		}
	}
	return 0
}

// Decrees are the dated decrees by revision, numbered 1..N; a copy.
func (l *Ledger) Decrees() []Decree { return slices.Clone(l.decrees) }

// Notes are the undated decrees by key; they change nothing. A copy.
func (l *Ledger) Notes() []Decree { return slices.Clone(l.notes) }

// Days are all rows by date, superseded ones included; a copy.
func (l *Ledger) Days() []Day { return slices.Clone(l.days) }

// Hours are the office hours by decree, by revision; a later row wins over an
// earlier one. In a chain those of the overlay come last. A copy.
func (l *Ledger) Hours() []Hours { return copyHours(l.hours) }

// Settings are the settings by decree in the order of Hours; a copy.
func (l *Ledger) Settings() []Setting { return copySettings(l.settings) }

// Decree is the dated decree with the key; false if there is none.
func (l *Ledger) Decree(key string) (Decree, bool) {
	n := l.number[key]
	if n == 0 {
		return Decree{}, false
	}
	return l.decrees[n-1], true
}

// merge chains base and overlay into one ledger. Each keeps its order; between
// them the earlier RecordedAt, then IssuedOn, goes first, so that a decree
// recorded later never renumbers an earlier one. Office hours and settings of the
// overlay win over those of the base, whatever their revision.
func merge(base, overlay *Ledger) (*Ledger, error) {
	chain := make([]Decree, 0, len(base.decrees)+len(overlay.decrees))
	a, b := base.decrees, overlay.decrees
	for len(a) > 0 || len(b) > 0 {
		from := &a
		if len(a) == 0 || len(b) > 0 && earlier(b[0], a[0]) {
			from = &b
		}
		d := (*from)[0]
		*from = (*from)[1:]
		d.Revision = len(chain) + 1
		chain = append(chain, d)
	}
	for _, key := range slices.Sorted(maps.Keys(overlay.number)) {
		if _, both := base.number[key]; both {
			return nil, fmt.Errorf("keputusan %s ada di kalender nasional dan kalender daerah", key)
		}
	}
	l, err := NewLedger(chain, slices.Concat(base.days, overlay.days))
	if err != nil {
		return nil, err
	}
	l.hours = slices.Concat(base.hours, overlay.hours) // each checked by its own ledger
	l.settings = slices.Concat(base.settings, overlay.settings)
	return l, nil
}

func earlier(a, b Decree) bool {
	return cmp.Or(a.RecordedAt.Compare(b.RecordedAt), a.IssuedOn.Compare(b.IssuedOn), cmp.Compare(a.Key, b.Key)) < 0
}
