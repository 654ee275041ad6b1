package policy_test

import (
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/report"
)

// The worlds of the matrix: every role, on every seat, in every circumstance,
// with every content, identity and stage. What holds in a world is stated by
// hand beside it, so that nothing of rules.go is needed to know it.

// fact is what holds between a person's office and a report.
type fact uint8

const (
	overQueue      fact = 1 << iota // at or above the unit in whose queue it is, or national
	overAgency                      // at or above the addressed agency, or national
	aboveAgency                     // above the addressed agency, not in it, or national
	aboveAddressed                  // as aboveAgency, of the agency that an archived report had
	holds                           // at or above the unit that the report is with
	within                          // in the addressed agency or a unit below it
	had                             // archived, an agency had it: a fact of the report
)

const nation = overQueue | overAgency | aboveAgency | aboveAddressed

// parents is the tree: national > kab > dinas > bidang > seksi; kab > dinkes;
// national > kota.
var parents = map[string]string{
	"national": "", "kab": "national", "dinas": "kab", "dinkes": "kab", "bidang": "dinas", "seksi": "bidang", "kota": "national",
}

// chain is a unit and all above it, as the office hands it to the policy.
func chain(unit string) (up []string) {
	for ; unit != ""; unit = parents[unit] {
		up = append(up, unit)
	}
	return up
}

// layout is where a report stands.
type layout struct{ queue, agency, holder, had string }

var (
	waits    = layout{queue: "dinas"}
	went     = layout{queue: "kab", agency: "dinas", holder: "bidang"}
	deep     = layout{queue: "kab", agency: "bidang", holder: "bidang"}
	returned = layout{queue: "dinas", had: "dinas"}
)

// seat is an office beside a report.
type seat struct {
	unit  string
	at    layout
	facts fact
}

var seats = []seat{
	{"", went, nation},
	{"national", went, nation | holds},
	{"kab", went, overQueue | overAgency | aboveAgency | holds},
	{"dinas", went, overAgency | holds | within},
	{"bidang", went, holds | within},
	{"seksi", went, within},
	{"dinkes", went, 0},
	{"kota", went, 0},
	{"dinas", deep, overAgency | aboveAgency | holds},
	{"bidang", deep, overAgency | holds | within},
	{"", waits, nation},
	{"kab", waits, overQueue},
	{"dinas", waits, overQueue},
	{"bidang", waits, 0},
	{"", returned, nation | had},
	{"kab", returned, overQueue | aboveAddressed | had},
	{"dinas", returned, overQueue | had},
}

// circumstance is what else is known of a report: whom it accuses and to whom it
// was escalated.
type circumstance struct {
	name      string
	accused   func(unit string) []string
	escalated func(unit string, role policy.Role) []policy.Rung
	inside    func(unit string) bool // the office lies in an accused tree
	his       bool                   // it was escalated to this very office
}

func elsewhere(string) []string                  { return []string{"elsewhere"} }
func nobody(string) []string                     { return nil }
func himself(unit string) []string               { return []string{or(unit, "national")} }
func never(string) bool                          { return false }
func nowhere(string, policy.Role) []policy.Rung  { return nil }
func here(u string, r policy.Role) []policy.Rung { return []policy.Rung{{Unit: u, Role: r}} }
func anOffice(unit string) bool                  { return unit != "" }
func below(unit string) bool                     { return unit != "" && unit != "national" }
func other(_ string, _ policy.Role) []policy.Rung {
	return []policy.Rung{{Unit: "elsewhere", Role: policy.Head}}
}
func beside(unit string, _ policy.Role) []policy.Rung {
	return []policy.Rung{{Unit: unit, Role: "other"}}
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

var circumstances = []circumstance{
	{"plain", nobody, nowhere, never, false},
	{"escalated to this office", nobody, here, never, true},
	{"escalated to another role of the unit", nobody, beside, never, false},
	{"escalated elsewhere", nobody, other, never, false},
	{"accuses the unit", himself, nowhere, anOffice, false},
	{"accuses the unit above", func(u string) []string { return []string{or(parents[u], "elsewhere")} }, nowhere, below, false},
	{"accuses another", elsewhere, nowhere, never, false},
	{"accuses the unit, and was escalated to it", himself, here, anOffice, true},
}

// content is what may be known of a report. The last contradicts itself: then
// secret counts.
type content struct{ secret, published bool }

var contents = []content{{false, false}, {false, true}, {true, false}, {true, true}}

var identities = []string{"open", "sealed", "none"}

// hands are whose a command or text is, and which custodians agree.
type hands struct {
	author string
	voices []string
}

const he, she, third = "he", "she", "third"

var allHands = []hands{{}, {he, []string{he}}, {she, []string{she}}, {"", []string{he, she}}, {she, []string{she, third}}, {he, []string{he, he}}}

// target is what is set up: a unit or an office in it, and a calendar by the
// agencies that use it. Who is above is stated by hand; the nation always is.
type target struct {
	unit      string
	operator  bool // an office of the operator or of the national level
	users     []string
	above, in []string // units above it; units whose tree it is in
	overUsers []string // units above every user
}

func (t target) chains() (all [][]string) {
	for _, u := range t.users {
		all = append(all, chain(u))
	}
	return all
}

var targets = []target{
	{unit: "", users: nil},
	{unit: "kab", users: []string{"kab"}, in: []string{"kab"}},
	{unit: "dinas", users: []string{"dinas"}, above: []string{"kab"}, in: []string{"kab", "dinas"}, overUsers: []string{"kab"}},
	{unit: "dinas", users: []string{"dinas", "dinkes"}, operator: true, above: []string{"kab"}, in: []string{"kab", "dinas"}, overUsers: []string{"kab"}},
	{unit: "bidang", users: []string{"bidang", "dinkes"}, above: []string{"kab", "dinas"}, in: []string{"kab", "dinas", "bidang"}, overUsers: []string{"kab"}},
	{unit: "kota", users: []string{"dinas", "kota"}, in: []string{"kota"}},
}

// world is one row of the matrix: everything but the action.
type world struct {
	role     policy.Role
	seat     seat
	around   circumstance
	content  content
	identity string
	stage    report.Stage
	hands    hands
	target   target
}

func (w world) is(f fact) bool { return w.seat.facts&f != 0 }

// shut: the person is in an accused tree. No reporter is.
func (w world) shut() bool { return w.role != policy.Reporter && w.around.inside(w.seat.unit) }

// escalated: to this very office, and still within its reach.
func (w world) escalated() bool { return w.around.his && w.seat.unit != "" && w.is(holds|overQueue) }

func (w world) actor() policy.Actor {
	a := policy.Actor{Roles: []policy.Role{w.role}}
	if !outsider(w.role) {
		a.Subject, a.Unit, a.Above = he, w.seat.unit, chain(w.seat.unit)
		a.National = a.Unit == "" || a.Unit == "national"
	}
	return a
}

func outsider(r policy.Role) bool {
	return r == policy.Anyone || r == policy.Reporter || r == policy.Gateway
}

func (w world) resource() policy.Resource {
	l := w.seat.at
	return policy.Resource{
		Stage: w.stage, Secret: w.content.secret, Published: w.content.published, Identity: w.identity,
		Queue: chain(l.queue), Agency: chain(l.agency), Holder: chain(l.holder), Addressed: chain(l.had),
		Accused: w.around.accused(w.seat.unit), Escalated: w.around.escalated(w.seat.unit, w.role),
		Author: w.hands.author, Voices: w.hands.voices,
		Unit: chain(w.target.unit), Users: w.target.chains(), Operator: w.target.operator,
	}
}

// worlds yields the worlds of a role; those of people without an office differ
// in the report alone.
func worlds(role policy.Role, yield func(world)) {
	for _, s := range seats {
		if outsider(role) && s.unit != "" {
			continue
		}
		for _, around := range circumstances {
			for _, c := range contents {
				for _, identity := range identities {
					for _, stage := range report.Stages {
						yield(world{role: role, seat: s, around: around, content: c, identity: identity, stage: stage})
					}
				}
			}
		}
	}
}
