package report

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/kawal-id/kawal/internal/fault"
)

// Unit is what a limit is counted in.
type Unit string

// The units. Seconds exist for demonstration only.
const (
	WorkingDays  Unit = "working_days"
	CalendarDays Unit = "calendar_days" // rolled forward off days off
	WorkingHours Unit = "working_hours"
	Seconds      Unit = "seconds"
)

// leftPer is how much a unit is in Clock.Left, which keeps hours as seconds.
func (u Unit) leftPer() int {
	if u == WorkingHours {
		return 3600
	}
	return 1
}

// Limit is a number of units; N is 0 or more. The zero Limit means no limit.
type Limit struct {
	Unit Unit `json:"unit,omitempty"`
	N    int  `json:"n,omitempty"`
}

// None reports whether there is no limit.
func (l Limit) None() bool { return l.Unit == "" }

// Class is the kind of a report [klasifikasi]. It decides the resolution limit.
type Class string

// The classes.
const (
	ComplaintOrdinary    Class = "complaint_ordinary"    // pengaduan tidak berkadar pengawasan
	ComplaintSupervisory Class = "complaint_supervisory" // pengaduan berkadar pengawasan
	Aspiration           Class = "aspiration"            // aspirasi
	InformationRequest   Class = "information_request"   // permintaan informasi
)

// Classes lists all classes.
var Classes = []Class{ComplaintOrdinary, ComplaintSupervisory, Aspiration, InformationRequest}

// Valid reports whether c is one of Classes.
func (c Class) Valid() bool {
	for _, k := range Classes {
		if c == k {
			return true
		}
	}
	return false
}

// RuleSet is one version of the limits a report is pinned to at acceptance. A
// report carries its own copy: later versions never reach a report under way.
type RuleSet struct {
	ID           string            `json:"id"`                // of all versions; 1 to 64 of a-z, 0-9 and hyphen
	Version      int               `json:"version,omitempty"` // from 1; 0: pinned before rule sets had versions
	Source       string            `json:"source,omitempty"`  // legal source, or "ours"
	Sources      map[string]string `json:"sources,omitempty"` // of single limits with a source of their own; see SourceOf
	From         time.Time         `json:"from,omitzero"`     // first day of effect, midnight UTC; zero: not verified, always
	Provisional  bool              `json:"provisional,omitempty"`
	Demo         bool              `json:"demo,omitempty"` // only the sample unit "demo" may name it
	Verification Limit             `json:"verification"`
	FollowUp     Limit             `json:"follow_up"`
	Silence      Limit             `json:"silence"`
	Answer       Limit             `json:"answer"`
	Reopen       Limit             `json:"reopen"`
	Resolution   map[Class]Limit   `json:"resolution,omitempty"` // a class without an entry has no limit
}

// DefaultRules is the rule set of a unit that names none.
const DefaultRules = "sp4n-lapor"

// ruleFiles are the rule sets that come with this build, one file an id. An
// installation may know more: what counts is what its database holds.
//
//go:embed rules/*.yaml
var ruleFiles embed.FS

var builtIn = sync.OnceValue(func() []RuleSet {
	names, err := fs.Glob(ruleFiles, "rules/*.yaml")
	if err != nil {
		panic(err)
	}
	var all []RuleSet
	for _, name := range names {
		raw, err := ruleFiles.ReadFile(name)
		if err != nil {
			panic(err)
		}
		sets, err := ReadRules(bytes.NewReader(raw))
		if err != nil {
			panic(fmt.Sprintf("%s: %v", name, err))
		}
		all = append(all, sets...)
	}
	return all
})

// RuleSets returns all versions of the rule sets that come with this build, each
// a fresh copy, by id and version.
func RuleSets() []RuleSet {
	all := slices.Clone(builtIn())
	for i := range all {
		all[i].Resolution, all[i].Sources = maps.Clone(all[i].Resolution), maps.Clone(all[i].Sources)
	}
	return all
}

// RulesByID returns the newest version of the rule set with that id that comes
// with this build, or fault.NotFound. What an installation has loaded beside
// them the store knows.
func RulesByID(id string) (RuleSet, error) {
	sets := RuleSets()
	for i := len(sets) - 1; i >= 0; i-- {
		if sets[i].ID == id {
			return sets[i], nil
		}
	}
	return RuleSet{}, fmt.Errorf("rule set: %w", fault.New(fault.NotFound, "Aturan %q tidak dikenal.", id))
}

// InForce returns, of the versions of one rule set, that with the greatest From
// that is not after on, a civil date as midnight UTC; false if none is in force
// yet. Their order does not matter.
func InForce(versions []RuleSet, on time.Time) (RuleSet, bool) {
	var found RuleSet
	ok := false
	for _, r := range versions {
		if !r.From.After(on) && (!ok || r.From.After(found.From)) {
			found, ok = r, true
		}
	}
	return found, ok
}

// NamedLimit is one limit of a rule set with what it limits.
type NamedLimit struct {
	Clock  ClockKind
	Class  Class // of Resolution only
	Limit  Limit
	Source string // legal source of this limit
}

// Limits returns the limits of all clocks, in the order in which they are shown:
// as in RULES.md section 1, resolution by class as in Classes. A class without
// a limit is left out.
func (r RuleSet) Limits() []NamedLimit {
	var all []NamedLimit
	add := func(k ClockKind, c Class) {
		if l := r.LimitOf(k, c); !l.None() {
			all = append(all, NamedLimit{k, c, l, r.SourceOf(k, c)})
		}
	}
	for _, k := range []ClockKind{VerificationClock, AnswerClock, FirstFollowUp} {
		add(k, "")
	}
	for _, c := range Classes {
		add(Resolution, c)
	}
	add(Silence, "")
	add(ReopenWindow, "")
	return all
}

// SourceOf returns the legal source of one limit: its own, else that of the rule
// set. The class matters for Resolution only.
func (r RuleSet) SourceOf(k ClockKind, c Class) string {
	if s := r.Sources[limitKey(k, c)]; s != "" {
		return s
	}
	return r.Source
}

// limitKey names a limit in RuleSet.Sources: its clock, and for Resolution the
// class.
func limitKey(k ClockKind, c Class) string {
	if k == Resolution {
		return string(k) + "." + string(c)
	}
	return string(k)
}

// LimitOf returns the limit of a clock for a class; none if the rules name none.
func (r RuleSet) LimitOf(k ClockKind, c Class) Limit {
	switch k {
	case VerificationClock:
		return r.Verification
	case AnswerClock:
		return r.Answer
	case FirstFollowUp:
		return r.FollowUp
	case Resolution:
		return r.Resolution[c]
	case Silence:
		return r.Silence
	case ReopenWindow:
		return r.Reopen
	}
	return Limit{}
}
