package report

import (
	"fmt"
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

// RuleSet is the limits a report is pinned to at acceptance. A report carries
// its own copy: later changes of the table never reach a report under way.
type RuleSet struct {
	ID           string          `json:"id"`
	Source       string          `json:"source,omitempty"` // legal source, or "ours"
	From         time.Time       `json:"from,omitzero"`    // first day of effect, midnight UTC; zero: not verified
	Provisional  bool            `json:"provisional,omitempty"`
	Demo         bool            `json:"demo,omitempty"` // only the sample unit "demo" may name it
	Verification Limit           `json:"verification"`
	FollowUp     Limit           `json:"follow_up"`
	Silence      Limit           `json:"silence"`
	Answer       Limit           `json:"answer"`
	Reopen       Limit           `json:"reopen"`
	Resolution   map[Class]Limit `json:"resolution,omitempty"` // a class without an entry has no limit
}

// DefaultRules is the rule set of a unit that names none.
const DefaultRules = "sp4n-lapor"

// RuleSets returns the known rule sets, each a fresh copy, in the order in
// which they are shown. Figures marked (ours) in RULES.md section 2 have no
// source: A 10, O 10, aspiration 14.
func RuleSets() []RuleSet {
	return []RuleSet{
		lapor(DefaultRules, "Praktik SP4N-LAPOR!: verifikasi 3, tindak lanjut 5, penutupan 10 hari kerja; A, O dan aspirasi ketentuan kami", false),
		lapor("permenpanrb-62-2018", "Peraturan Menteri PANRB 62/2018 (dicabut oleh 5/2025); tanggal belum diverifikasi", true),
		lapor("permenpanrb-5-2025", "Peraturan Menteri PANRB 5/2025; naskah lengkap belum dibaca", true),
		{
			ID: "demo", Source: "Peragaan pada pemasangan setempat, bukan aturan", Demo: true,
			Verification: Limit{Seconds, 20}, FollowUp: Limit{Seconds, 30}, Silence: Limit{Seconds, 40},
			Answer: Limit{Seconds, 40}, Reopen: Limit{Seconds, 10},
		},
	}
}

// lapor returns the numbers of RULES.md section 2 under an id.
func lapor(id, source string, provisional bool) RuleSet {
	return RuleSet{
		ID: id, Source: source, Provisional: provisional,
		Verification: Limit{WorkingDays, 3}, FollowUp: Limit{WorkingDays, 5}, Silence: Limit{WorkingDays, 10},
		Answer: Limit{WorkingDays, 10}, Reopen: Limit{WorkingDays, 10},
		Resolution: map[Class]Limit{
			InformationRequest: {WorkingDays, 5}, ComplaintOrdinary: {WorkingDays, 14},
			ComplaintSupervisory: {WorkingDays, 60}, Aspiration: {WorkingDays, 14},
		},
	}
}

// RulesByID returns the rule set with that id, or fault.NotFound.
func RulesByID(id string) (RuleSet, error) {
	for _, r := range RuleSets() {
		if r.ID == id {
			return r, nil
		}
	}
	return RuleSet{}, fmt.Errorf("rule set: %w", fault.New(fault.NotFound, "Aturan %q tidak dikenal.", id))
}

// limit returns the limit of a clock for a class; none if the rules name none.
func (r RuleSet) limit(k ClockKind, c Class) Limit {
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
