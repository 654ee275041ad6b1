package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// MaxRulesFile is the size of a rule file in bytes. Ours.
const MaxRulesFile = 1 << 20

// What a rule set may hold. All are ours; they refuse slips of the finger, such
// as milliseconds for days.
const (
	maxVersion   = 10_000
	maxSource    = 500 // runes
	firstYear    = 1945
	lastYear     = 2199
	maxRuleDays  = 3650
	maxRuleHours = 100_000
	maxRuleSecs  = 86_400
)

// most is how many of a unit a limit may have.
var most = map[Unit]int{WorkingDays: maxRuleDays, CalendarDays: maxRuleDays, WorkingHours: maxRuleHours, Seconds: maxRuleSecs}

// unitNames are the units as a reader may write them, in the order of the
// constants.
var unitNames = []string{string(WorkingDays), string(CalendarDays), string(WorkingHours), string(Seconds)}

// RulesError says what is wrong with a rule file, and in which line.
type RulesError struct {
	Line   int    // from 1
	Reason string // Indonesian, for the person who wrote the file
}

// Error returns line and reason.
func (e *RulesError) Error() string { return fmt.Sprintf("baris %d: %s", e.Line, e.Reason) }

func wrong(n *yaml.Node, format string, args ...any) error {
	return &RulesError{max(n.Line, 1), fmt.Sprintf(format, args...)}
}

// ReadRules reads one rule set with all its versions from YAML 1.2 or JSON, as
// docs/rules.md describes it, and returns the versions in ascending order. It
// takes nothing on trust: a field, unit or class it does not know, a missing
// clock, a number out of range, versions or dates that do not ascend, a key
// given twice, an alias, a second document, more than MaxRulesFile bytes are a
// *RulesError. Other errors are those of in.
func ReadRules(in io.Reader) ([]RuleSet, error) {
	raw, err := io.ReadAll(io.LimitReader(in, MaxRulesFile+1))
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	if len(raw) > MaxRulesFile {
		return nil, &RulesError{1 + bytes.Count(raw, []byte("\n")), "berkas lebih besar daripada 1 MiB"}
	}
	root, err := document(raw)
	if err != nil {
		return nil, err
	}
	return ruleSets(root)
}

// document returns the root of the only document in raw.
func document(raw []byte) (*yaml.Node, error) {
	if err := readable(raw); err != nil {
		return nil, err
	}
	d := yaml.NewDecoder(bytes.NewReader(raw))
	var doc, second yaml.Node
	err := d.Decode(&doc)
	if errors.Is(err, io.EOF) || err == nil && len(doc.Content) == 0 {
		return nil, &RulesError{1, "berkas kosong"}
	}
	if err != nil {
		return nil, malformed(raw, err)
	}
	if err = d.Decode(&second); err == nil {
		return nil, wrong(&second, "lebih dari satu dokumen; satu berkas memuat satu aturan")
	}
	if !errors.Is(err, io.EOF) {
		return nil, malformed(raw, err)
	}
	return doc.Content[0], plainNodes(doc.Content[0])
}

// readable refuses what YAML takes for no text, so that its line is known.
func readable(raw []byte) error {
	for line, at := 1, 0; at < len(raw); {
		r, n := utf8.DecodeRune(raw[at:])
		switch {
		case r == utf8.RuneError && n == 1:
			return &RulesError{line, "bukan teks UTF-8"}
		case unicode.IsControl(r) && !strings.ContainsRune("\t\r\n\u0085", r), r == '\ufffe', r == '\uffff':
			return &RulesError{line, fmt.Sprintf("karakter kendali %U", r)}
		case r == '\n':
			line++
		}
		at += n
	}
	return nil
}

var yamlLine = regexp.MustCompile(`line (\d+)`)

// maxProbed bounds the search for the line that broke the grammar, which reads
// the file once for each line. Ours; a rule set of twenty versions has 300.
const maxProbed = 500

// malformed is what the YAML library says, with the line. Its words are English
// and about the grammar; what they mean to a person is that this is no YAML. Its
// line is often where the broken list or mapping began, so in files of
// reasonable length the line is sought after which nothing can be read.
func malformed(raw []byte, err error) error {
	line := 1
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		line, _ = strconv.Atoi(m[1]) // digits; too many of them are 0
	}
	lines := bytes.SplitAfter(raw, []byte("\n"))
	for k := len(lines) - 1; k >= line && len(lines) <= maxProbed; k-- {
		var n yaml.Node
		if yaml.Unmarshal(bytes.Join(lines[:k], nil), &n) == nil {
			line = k + 1
		}
	}
	return &RulesError{max(line, 1), "bukan YAML atau JSON yang sah: periksa sisipan (indentasi), tanda kutip, kurung, dan alias (*)"}
}

// plainNodes refuses anchors and aliases: what a file says stands where it says it.
func plainNodes(n *yaml.Node) error {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		return wrong(n, "anchor (&) dan alias (*) tidak diterima; tulis nilainya")
	}
	for _, c := range n.Content {
		if err := plainNodes(c); err != nil {
			return err
		}
	}
	return nil
}

// quoted is what a file said, cut to a length that a person reads.
func quoted(s string) string {
	if r := []rune(s); len(r) > 40 {
		s = string(r[:40]) + "…"
	}
	return strconv.Quote(s)
}

// fields are the values of a mapping by name, each known and given once.
type fields struct {
	of   *yaml.Node
	what string // what the mapping is, for the reasons
	by   map[string]*yaml.Node
}

func fieldsOf(n *yaml.Node, what string, known ...string) (fields, error) {
	f := fields{n, what, map[string]*yaml.Node{}}
	if n.Kind != yaml.MappingNode {
		return f, wrong(n, "%s harus berupa pasangan nama dan nilai", what)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch {
		case key.Kind != yaml.ScalarNode || !slices.Contains(known, key.Value):
			return f, wrong(key, "%s tidak mengenal %s; yang dikenal: %s", what, quoted(key.Value), strings.Join(known, ", "))
		case f.by[key.Value] != nil:
			return f, wrong(key, "%s memuat %q dua kali", what, key.Value)
		}
		f.by[key.Value] = n.Content[i+1]
	}
	return f, nil
}

func (f fields) need(name string) (*yaml.Node, error) {
	if n := f.by[name]; n != nil {
		return n, nil
	}
	return nil, wrong(f.of, "%s tanpa %q", f.what, name)
}

// ruleID is what an id may be.
var ruleID = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)

func ruleSets(root *yaml.Node) ([]RuleSet, error) {
	f, err := fieldsOf(root, "aturan", "id", "demo", "versions")
	if err != nil {
		return nil, err
	}
	n, err := f.need("id")
	if err != nil {
		return nil, err
	}
	if n.Kind != yaml.ScalarNode || !ruleID.MatchString(n.Value) {
		return nil, wrong(n, "id %s harus 1 sampai 64 huruf kecil, angka, atau tanda hubung", quoted(n.Value))
	}
	base := RuleSet{ID: n.Value}
	if base.Demo, err = f.flag("demo"); err != nil {
		return nil, err
	}
	if n, err = f.need("versions"); err != nil {
		return nil, err
	}
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		return nil, wrong(n, "versions harus berupa daftar dengan sedikitnya satu versi")
	}
	var sets []RuleSet
	for _, v := range n.Content {
		r, err := version(v, base)
		if err != nil {
			return nil, err
		}
		if len(sets) > 0 {
			if err := follows(v, sets[len(sets)-1], r); err != nil {
				return nil, err
			}
		}
		sets = append(sets, r)
	}
	return sets, nil
}

// follows refuses a version that does not come after the one before it.
func follows(n *yaml.Node, before, r RuleSet) error {
	switch {
	case r.Version == before.Version:
		return wrong(n, "versi %d tercantum dua kali", r.Version)
	case r.Version < before.Version:
		return wrong(n, "versi %d setelah versi %d; urutkan dari yang terkecil", r.Version, before.Version)
	case r.From.IsZero():
		return wrong(n, "versi %d tanpa tanggal berlaku; hanya versi pertama yang boleh", r.Version)
	case r.From.Equal(before.From):
		return wrong(n, "versi %d dan %d berlaku sejak tanggal yang sama", before.Version, r.Version)
	case r.From.Before(before.From):
		return wrong(n, "versi %d berlaku lebih dahulu daripada versi %d", r.Version, before.Version)
	}
	return nil
}

func version(n *yaml.Node, r RuleSet) (RuleSet, error) {
	f, err := fieldsOf(n, "versi", "version", "from", "source", "provisional", "limits")
	if err != nil {
		return r, err
	}
	if r.Version, err = f.number("version", 1, maxVersion); err != nil {
		return r, err
	}
	if r.From, err = f.date("from"); err != nil {
		return r, err
	}
	if _, err = f.need("source"); err != nil {
		return r, err
	}
	if r.Source, err = f.source(); err != nil {
		return r, err
	}
	if r.Provisional, err = f.flag("provisional"); err != nil {
		return r, err
	}
	if n, err = f.need("limits"); err != nil {
		return r, err
	}
	return r, r.limitsOf(n)
}

// limitField is a limit by its name in the file.
type limitField struct {
	name string
	kind ClockKind
	to   *Limit
}

// limitFields are the limits that do not depend on the class. All are required.
func (r *RuleSet) limitFields() []limitField {
	return []limitField{
		{"verification", VerificationClock, &r.Verification}, {"follow_up", FirstFollowUp, &r.FollowUp},
		{"silence", Silence, &r.Silence}, {"answer", AnswerClock, &r.Answer}, {"reopen", ReopenWindow, &r.Reopen},
	}
}

func (r *RuleSet) limitsOf(n *yaml.Node) error {
	known := []string{}
	for _, l := range r.limitFields() {
		known = append(known, l.name)
	}
	f, err := fieldsOf(n, "limits", append(known, "resolution")...)
	if err != nil {
		return err
	}
	for _, l := range r.limitFields() {
		n, err := f.need(l.name)
		if err != nil {
			return err
		}
		if *l.to, err = r.limitOf(n, l.name, limitKey(l.kind, "")); err != nil {
			return err
		}
	}
	if n = f.by["resolution"]; n == nil {
		return nil
	}
	classes := []string{}
	for _, c := range Classes {
		classes = append(classes, string(c))
	}
	if f, err = fieldsOf(n, "resolution", classes...); err != nil {
		return err
	}
	for _, c := range Classes {
		n := f.by[string(c)]
		if n == nil {
			continue
		}
		l, err := r.limitOf(n, string(c), limitKey(Resolution, c))
		if err != nil {
			return err
		}
		if r.Resolution == nil {
			r.Resolution = map[Class]Limit{}
		}
		r.Resolution[c] = l
	}
	return nil
}

// limitOf reads one limit; a source of its own is noted under key.
func (r *RuleSet) limitOf(n *yaml.Node, name, key string) (Limit, error) {
	f, err := fieldsOf(n, name, "unit", "n", "source")
	if err != nil {
		return Limit{}, err
	}
	u, err := f.need("unit")
	if err != nil {
		return Limit{}, err
	}
	unit := Unit(u.Value)
	switch {
	case u.Kind != yaml.ScalarNode || most[unit] == 0:
		return Limit{}, wrong(u, "satuan %s tidak dikenal; yang dikenal: %s", quoted(u.Value), strings.Join(unitNames, ", "))
	case unit == Seconds && !r.Demo:
		return Limit{}, wrong(u, "satuan %q hanya untuk peragaan (demo: true)", unit)
	}
	amount, err := f.number("n", 0, most[unit])
	if err != nil {
		return Limit{}, err
	}
	if f.by["source"] != nil {
		s, err := f.source()
		if err != nil {
			return Limit{}, err
		}
		if r.Sources == nil {
			r.Sources = map[string]string{}
		}
		r.Sources[key] = s
	}
	return Limit{unit, amount}, nil
}

var wholeNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)

// number reads a required whole number from low to high.
func (f fields) number(name string, low, high int) (int, error) {
	n, err := f.need(name)
	if err != nil {
		return 0, err
	}
	if n.Kind != yaml.ScalarNode || n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 || !wholeNumber.MatchString(n.Value) {
		return 0, wrong(n, "%s: %s harus bilangan bulat", f.what, name)
	}
	v, err := strconv.Atoi(n.Value)
	switch {
	case n.Value[0] == '-' && low >= 0:
		return 0, wrong(n, "%s: %s tidak boleh negatif", f.what, name)
	case err != nil || v > high:
		return 0, wrong(n, "%s: %s lebih besar daripada %d", f.what, name, high)
	case v < low:
		return 0, wrong(n, "%s: %s lebih kecil daripada %d", f.what, name, low)
	}
	return v, nil
}

// date reads an optional day as midnight UTC; zero if it is absent or empty.
func (f fields) date(name string) (time.Time, error) {
	n := f.by[name]
	if n == nil || n.Kind == yaml.ScalarNode && (n.Value == "" || n.ShortTag() == "!!null") {
		return time.Time{}, nil
	}
	d, err := time.Parse(time.DateOnly, n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		return time.Time{}, wrong(n, "tanggal %s bukan YYYY-MM-DD", quoted(n.Value))
	}
	if d.Year() < firstYear || d.Year() > lastYear {
		return time.Time{}, wrong(n, "tahun %d di luar %d sampai %d", d.Year(), firstYear, lastYear)
	}
	return d, nil
}

// flag reads an optional true or false.
func (f fields) flag(name string) (bool, error) {
	n := f.by[name]
	if n == nil {
		return false, nil
	}
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" || n.Value != "true" && n.Value != "false" {
		return false, wrong(n, "%s harus true atau false", name)
	}
	return n.Value == "true", nil
}

// source reads a legal source: one line that says something.
func (f fields) source() (string, error) {
	n := f.by["source"]
	s := strings.TrimSpace(n.Value)
	switch {
	case n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str":
		return "", wrong(n, "%s: source harus teks", f.what)
	case s == "":
		return "", wrong(n, "%s: source kosong; sebut dasar hukumnya, atau bahwa ini ketentuan sendiri", f.what)
	case utf8.RuneCountInString(s) > maxSource:
		return "", wrong(n, "%s: source lebih panjang daripada %d huruf", f.what, maxSource)
	case strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }):
		return "", wrong(n, "%s: source harus satu baris tanpa karakter kendali", f.what)
	}
	return s, nil
}
