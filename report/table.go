package report

import (
	"slices"
	"time"

	"github.com/kawal-id/kawal/internal/fault"
)

// verb is what a transition does to a clock.
type verb string

const (
	start    verb = "start"
	meet     verb = "meet"
	pass     verb = "pass"
	stop     verb = "stop"
	pause    verb = "pause"
	resume   verb = "resume"
	carryOn  verb = "start or resume" // R: starts at the first forward, else resumes
	stopAll  verb = "stop all"
	pauseAll verb = "pause all"
	goOn     verb = "resume all"
	move     verb = "move" // R runs on under the new agency's calendar
	recount  verb = "recount"
)

// clockOp is one verb on one clock; Clock is empty for the verbs on all.
type clockOp struct {
	Verb  verb
	Clock ClockKind
}

// guard is a condition on the state, judged at the time of receipt. It returns
// a fault.Conflict that says what stands in the way.
type guard func(s State, by Role, at time.Time) error

// Transition is one row of Table.
type Transition struct {
	Action   Action
	By       []Role
	From     []Stage
	To       Stage // empty: the stage stays; see Back
	Back     bool  // to the stage before the merge
	NewRound bool
	Clocks   []clockOp
	When     func(s State, c Command) bool // the row is only for such reports; nil: for all
	If       guard
	Do       func(next *State, c Command) // what clock verbs cannot say
	Effects  Effects
	Note     string // for the documents, one line
}

// Effects is what a transition asks of the world beside the state.
type Effects struct {
	Publish       bool     `json:"publish,omitempty"`        // make or renew the public copy
	TakeDown      bool     `json:"take_down,omitempty"`      // remove the public copy
	CloseMerged   bool     `json:"close_merged,omitempty"`   // reports merged into this one close with it
	UnmergeMerged bool     `json:"unmerge_merged,omitempty"` // reports merged into this one go their own way first
	Notices       []Notice `json:"notices,omitempty"`
}

// Audience is who a notice goes to.
type Audience string

// The audiences of RULES.md section 1.3.
const (
	ToReporter Audience = "reporter"
	ToOfficers Audience = "officers" // of the unit that holds the report
	ToAdmins   Audience = "admins"   // of the queue, or of the unit it is escalated to
	ToStaff    Audience = "staff"    // officers and administrators of the unit it is escalated to
	ToHeads    Audience = "heads"    // pimpinan of the unit it is escalated to
	ToNational Audience = "national" // the national administrators
)

// Notice is one message to be sent. Template is also the code of the event.
type Notice struct {
	To       Audience  `json:"to"`
	Template string    `json:"template"`
	Clock    ClockKind `json:"clock,omitempty"` // void once this clock ends; sent in working hours
}

var (
	open          = []Stage{Verification, AwaitingReporter, FollowUp, Closure}
	reporterAdmin = []Role{Reporter, Admin}
)

func tell(to Audience, templates ...string) []Notice {
	var n []Notice
	for _, t := range templates {
		n = append(n, Notice{To: to, Template: t})
	}
	return n
}

// Table is the only place that knows what may follow what: RULES.md section 1
// row by row. Where several rows fit, the first one is taken.
var Table = []Transition{
	{Action: Forward, By: []Role{Admin}, From: []Stage{Verification}, To: FollowUp, NewRound: true,
		Clocks: []clockOp{{meet, VerificationClock}, {start, FirstFollowUp}, {carryOn, Resolution}},
		Do:     address, Effects: Effects{Publish: true,
			Notices: append(tell(ToReporter, "forwarded"), tell(ToOfficers, "forwarded_to_you")...)},
		Note: "publishes unless secret"},
	{Action: RequestInfo, By: []Role{Admin}, From: []Stage{Verification}, To: AwaitingReporter,
		Clocks:  []clockOp{{pause, VerificationClock}, {start, AnswerClock}},
		Effects: Effects{Notices: tell(ToReporter, "information_wanted")}},
	{Action: SupplyInfo, By: []Role{Reporter}, From: []Stage{AwaitingReporter}, To: Verification,
		Clocks:  []clockOp{{meet, AnswerClock}, {resume, VerificationClock}},
		Effects: Effects{Notices: tell(ToAdmins, "information_supplied")}},
	{Action: Reply, By: []Role{Reporter}, From: []Stage{AwaitingReporter}, To: Verification,
		Clocks:  []clockOp{{meet, AnswerClock}, {resume, VerificationClock}},
		Effects: Effects{Notices: tell(ToAdmins, "information_supplied")}, Note: "is supply_info"},
	{Action: NoAnswer, By: []Role{System}, From: []Stage{AwaitingReporter}, To: Archived,
		Clocks: []clockOp{{pass, AnswerClock}, {Verb: stopAll}}, Do: outcome("no_answer"),
		Effects: Effects{UnmergeMerged: true, Notices: tell(ToReporter, "archived")}, Note: "A passes"},
	{Action: PassUp, By: []Role{Admin}, From: []Stage{Verification},
		Do:      func(n *State, c Command) { n.Queue = c.Unit },
		Effects: Effects{Notices: tell(ToAdmins, "submitted")}, Note: "queue of the level above; V runs on"},
	{Action: Archive, By: []Role{Admin}, From: []Stage{Verification, AwaitingReporter}, To: Archived,
		Clocks: []clockOp{{Verb: stopAll}}, Do: func(n *State, c Command) { n.Outcome = c.Reason },
		Effects: Effects{UnmergeMerged: true, Notices: tell(ToReporter, "archived")}},
	{Action: Return, By: []Role{Officer}, From: []Stage{FollowUp}, To: Verification, If: mayReturn,
		Clocks:  []clockOp{{stop, FirstFollowUp}, {pause, Resolution}, {start, VerificationClock}},
		Do:      returned,
		Effects: Effects{Notices: tell(ToAdmins, "returned")}, Note: "before the first follow-up, three times at most"},
	{Action: Assign, By: []Role{Officer}, From: []Stage{FollowUp, Closure},
		Do:      func(n *State, c Command) { n.Unit = c.Unit },
		Effects: Effects{Notices: tell(ToOfficers, "assigned_to_you")}, Note: "to a unit below"},
	{Action: Accept, By: []Role{Officer}, From: []Stage{FollowUp}, If: notAccepted,
		Do: func(n *State, _ Command) { n.Accepted = true }},
	{Action: Note, By: []Role{Officer}, From: []Stage{FollowUp, Closure}},
	{Action: PostFollowUp, By: []Role{Officer}, From: []Stage{FollowUp, Closure},
		Do: followUp, Effects: Effects{Notices: tell(ToReporter, "follow_up")},
		Note: "concluding: to closure, F and R met, C starts; interim: F met, only while R runs"},
	{Action: Reply, By: reporterAdmin, From: []Stage{Closure}, To: FollowUp, NewRound: true, When: inSilence,
		Clocks:  []clockOp{{meet, Silence}, {start, FirstFollowUp}},
		Effects: Effects{Notices: tell(ToOfficers, "reply")}},
	{Action: Reply, By: reporterAdmin, From: []Stage{Verification, FollowUp, Closure},
		Effects: Effects{Notices: tell(ToOfficers, "reply")}, Note: "no clock; in closure only one received before the silence began"},
	{Action: Reply, By: []Role{Reporter}, From: []Stage{Closed}, To: FollowUp, NewRound: true, When: addressed, If: withinWindow,
		Clocks: []clockOp{{meet, ReopenWindow}, {start, FirstFollowUp}, {carryOn, Resolution}}, Do: reopened,
		Effects: Effects{Notices: tell(ToOfficers, "reopened")}, Note: "is a reopening"},
	{Action: Reply, By: []Role{Reporter}, From: []Stage{Closed}, To: Verification, If: withinWindow,
		Clocks: []clockOp{{meet, ReopenWindow}, {start, VerificationClock}}, Do: reopened,
		Effects: Effects{Notices: tell(ToAdmins, "submitted")}, Note: "is a reopening; no agency was addressed"},
	{Action: ConfirmDone, By: []Role{Reporter}, From: []Stage{Closure}, To: Closed,
		Clocks: []clockOp{{meet, Silence}, {start, ReopenWindow}}, Do: closed("confirmed"),
		Effects: Effects{CloseMerged: true, Notices: tell(ToReporter, "closed")}},
	{Action: Close, By: []Role{System}, From: []Stage{Closure}, To: Closed,
		Clocks: []clockOp{{pass, Silence}, {start, ReopenWindow}}, Do: closed("silent"),
		Effects: Effects{CloseMerged: true, Notices: tell(ToReporter, "closed")}, Note: "C passes"},
	{Action: MarkLate, By: []Role{System}, From: []Stage{Verification, FollowUp, Closure}, Do: markLate,
		Note: "V, F or R passes; stops nothing"},
	{Action: RequestExtension, By: []Role{Officer}, From: []Stage{FollowUp}, If: somethingToExtend, Do: ask,
		Effects: Effects{Notices: tell(ToAdmins, "extension_asked")}, Note: "before the due time, once per round"},
	{Action: Extend, By: []Role{Admin}, From: []Stage{FollowUp}, If: extensionAsked, Do: grant,
		Effects: Effects{Notices: append(tell(ToReporter, "extension"), tell(ToOfficers, "extension_granted")...)},
		Note:    "grants what was asked"},
	{Action: DeclineExtension, By: []Role{Admin}, From: []Stage{FollowUp}, If: extensionAsked, Do: decline,
		Effects: Effects{Notices: tell(ToOfficers, "extension_declined")}},
	{Action: Reassign, By: []Role{Admin}, From: []Stage{FollowUp, Closure}, To: FollowUp,
		Clocks: []clockOp{{stop, FirstFollowUp}, {stop, Silence}, {start, FirstFollowUp}, {move, Resolution}}, Do: address,
		Effects: Effects{Notices: append(tell(ToReporter, "agency_changed"), tell(ToOfficers, "forwarded_to_you")...)},
		Note:    "F anew, the old F stays on the first agency's record, R runs on"},
	{Action: Merge, By: []Role{Admin}, From: []Stage{Verification, FollowUp, Closure}, To: Merged, If: isPublic,
		Clocks: []clockOp{{Verb: pauseAll}}, Do: merge,
		Effects: Effects{Notices: tell(ToReporter, "merged")}, Note: "only public into public"},
	{Action: Unmerge, By: []Role{Admin, System}, From: []Stage{Merged}, Back: true,
		Clocks: []clockOp{{Verb: goOn}}, Do: unmerge,
		Effects: Effects{Notices: tell(ToReporter, "unmerged")}},
	{Action: CloseWithTarget, By: []Role{System}, From: []Stage{Merged}, To: Closed,
		Clocks: []clockOp{{stop, VerificationClock}, {stop, FirstFollowUp}, {stop, Silence}, {start, ReopenWindow}}, Do: closed("merged"),
		Note: "R stays paused: it is never met by closing"},
	{Action: Withdraw, By: []Role{Reporter}, From: open, To: Withdrawn,
		Clocks: []clockOp{{Verb: stopAll}}, Do: outcome("withdrawn"),
		Effects: Effects{TakeDown: true, UnmergeMerged: true, Notices: tell(ToOfficers, "withdrawn")}},
	{Action: Reopen, By: []Role{Reporter}, From: []Stage{Closed}, To: FollowUp, NewRound: true, When: addressed, If: withinWindow,
		Clocks: []clockOp{{meet, ReopenWindow}, {start, FirstFollowUp}, {carryOn, Resolution}}, Do: reopened,
		Effects: Effects{Notices: tell(ToOfficers, "reopened")}, Note: "within O"},
	{Action: Reopen, By: []Role{Reporter}, From: []Stage{Closed}, To: Verification, If: withinWindow,
		Clocks: []clockOp{{meet, ReopenWindow}, {start, VerificationClock}}, Do: reopened,
		Effects: Effects{Notices: tell(ToAdmins, "submitted")}, Note: "within O; no agency was addressed"},
	{Action: Reopen, By: []Role{Admin}, From: []Stage{Closed}, To: FollowUp, NewRound: true, When: addressed,
		Clocks: []clockOp{{stop, ReopenWindow}, {start, FirstFollowUp}, {carryOn, Resolution}}, Do: reopened,
		Effects: Effects{Notices: tell(ToOfficers, "reopened")}, Note: "any time"},
	{Action: Reopen, By: []Role{Admin}, From: []Stage{Closed}, To: Verification,
		Clocks: []clockOp{{stop, ReopenWindow}, {start, VerificationClock}}, Do: reopened,
		Effects: Effects{Notices: tell(ToAdmins, "submitted")}, Note: "any time; no agency was addressed"},
	{Action: Reopen, By: []Role{Admin}, From: []Stage{Archived}, To: Verification,
		Clocks: []clockOp{{start, VerificationClock}}, Do: reopened,
		Effects: Effects{Notices: tell(ToAdmins, "submitted")}, Note: "new V"},
	{Action: Amend, By: []Role{Admin}, From: open, Clocks: []clockOp{{recount, Resolution}}, Do: amend,
		Note: "R recounted from its start, never earlier"},
	{Action: MakeSecret, By: reporterAdmin, From: []Stage{Verification, AwaitingReporter, FollowUp, Closure, Closed, Archived},
		If: isNotSecret, Do: func(n *State, _ Command) { n.Secret, n.Published = true, false },
		Effects: Effects{TakeDown: true, UnmergeMerged: true}, Note: "instant; a merged report is unmerged first"},
	{Action: MakePublic, By: []Role{System}, From: []Stage{Verification, AwaitingReporter, FollowUp, Closure, Closed, Archived},
		If: isSecret, Do: func(n *State, _ Command) { n.Secret = false; n.Published = n.Round > 0 },
		Effects: Effects{Publish: true}, Note: "once the reporter and two administrators have consented"},
}

// Find returns the row for an action of a role in a stage, the first of those
// that differ by the report.
func Find(a Action, by Role, from Stage) (Transition, bool) {
	for _, t := range Table {
		if t.fits(a, by, from) {
			return t, true
		}
	}
	return Transition{}, false
}

func (t Transition) fits(a Action, by Role, from Stage) bool {
	return t.Action == a && slices.Contains(t.By, by) && slices.Contains(t.From, from)
}

// row returns the row for a command on this very report.
func row(s State, c Command) (Transition, bool) {
	for _, t := range Table {
		if t.fits(c.Action, c.By, s.Stage) && (t.When == nil || t.When(s, c)) {
			return t, true
		}
	}
	return Transition{}, false
}

// Allowed returns what a role may do with the report at a moment, in the order
// of Table, each action once. Whether this person may act for the report is
// the policy's question.
func Allowed(s State, by Role, at time.Time) []Action {
	allowed := []Action{}
	for _, t := range Table {
		if !slices.Contains(t.By, by) || !slices.Contains(t.From, s.Stage) || slices.Contains(allowed, t.Action) {
			continue
		}
		if t.If == nil || t.If(s, by, at) == nil {
			allowed = append(allowed, t.Action)
		}
	}
	return allowed
}

func conflict(format string, args ...any) error {
	return fault.New(fault.Conflict, format, args...)
}
