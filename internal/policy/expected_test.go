package policy_test

import (
	"slices"

	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/report"
)

// What RULES.md sections 1.1, 5 and 6 say of each action, written a second time
// without rules.go: the matrix holds the two against each other, and
// docs/authorization.md is made of the words.

// condition is when somebody may.
type condition struct {
	words string
	holds func(world) bool
}

var (
	always       = condition{"always", func(world) bool { return true }}
	ifPublished  = condition{"published", func(w world) bool { return w.content.published && !w.content.secret }}
	notSecret    = condition{"not secret", func(w world) bool { return !w.content.secret }}
	notSecretOwn = condition{"not secret, open", func(w world) bool { return !w.content.secret && w.identity == "open" }}
	reach        = condition{"reach", inReach}
	overOpen     = condition{"queue, open", func(w world) bool { return w.is(overQueue) && w.identity == "open" }}
	reachOrTold  = condition{"reach or escalated", func(w world) bool { return inReach(w) || w.escalated() }}
	original     = condition{"queue; or reach or escalated, open", func(w world) bool {
		return w.is(overQueue) || w.identity == "open" && (inReach(w) || w.escalated())
	}}
	copyOf = condition{"queue; or reach, open", func(w world) bool {
		return w.is(overQueue) || w.identity == "open" && inReach(w)
	}}
	reopens = condition{"reach; archived: above the agency that had it", func(w world) bool {
		return inReach(w) && (w.stage != report.Archived || !w.is(had) || w.is(aboveAddressed))
	}}
	extends    = condition{"reach, above the agency", func(w world) bool { return inReach(w) && w.is(aboveAgency) }}
	ofNation   = condition{"national", national}
	aboveIt    = condition{"above the unit", func(w world) bool { return national(w) || slices.Contains(w.target.above, w.seat.unit) }}
	aboveUsers = condition{"above every user", func(w world) bool { return national(w) || slices.Contains(w.target.overUsers, w.seat.unit) }}
	appoints   = condition{"own tree; operator's people: national", func(w world) bool {
		return national(w) || !w.target.operator && slices.Contains(w.target.in, w.seat.unit)
	}}
	holdsIt    = condition{"holds", holding}
	holdsOpen  = condition{"holds, open", func(w world) bool { return holding(w) && w.identity == "open" }}
	headReads  = condition{"holds, not secret; or escalated", heading}
	headOpen   = condition{"holds, not secret; or escalated; open", func(w world) bool { return heading(w) && w.identity == "open" }}
	sent       = condition{"sent it", func(w world) bool { return w.hands.author == he }}
	holdsSent  = condition{"holds, wrote it", func(w world) bool { return holding(w) && w.hands.author == he }}
	drafts     = condition{"holds within the agency, not secret", drafting}
	draftsOwn  = condition{"holds within the agency, not secret, wrote it", func(w world) bool { return drafting(w) && w.hands.author == he }}
	inItsTree  = condition{"own tree", func(w world) bool { return national(w) || slices.Contains(w.target.in, w.seat.unit) }}
	itsOwn     = condition{"of the unit", func(w world) bool { return w.seat.unit != "" && w.seat.unit == w.target.unit }}
	asksFirst  = condition{"sealed, first", func(w world) bool { return w.identity == "sealed" && len(w.hands.voices) == 0 }}
	agreesNext = condition{"sealed, another asked", func(w world) bool {
		return w.identity == "sealed" && len(w.hands.voices) > 0 && !slices.Contains(w.hands.voices, he)
	}}
	agreedTwo = condition{"sealed, one of two who agree", func(w world) bool {
		return w.identity == "sealed" && slices.Contains(w.hands.voices, he) && slices.Contains(w.hands.voices, she)
	}}
)

func national(w world) bool { return w.seat.unit == "" || w.seat.unit == "national" }

// inReach: section 1.1, "queued in or addressed to his tree"; section 6, of
// secret reports "administrators of the queue" alone.
func inReach(w world) bool { return w.is(overQueue) || w.is(overAgency) && !w.content.secret }

// holding: section 1.1, "for his own unit and those below it"; section 6, of
// secret reports "officers of the addressed unit".
func holding(w world) bool { return w.is(holds) && (!w.content.secret || w.is(within)) }

// drafting: as holding, of whoever works or leads within the addressed agency; a head
// never reads a secret one for it.
func drafting(w world) bool { return w.is(holds) && w.is(within) && !w.content.secret }

// heading: section 1.1, "reads what his agency may read"; section 6, a secret
// one "once escalated to".
func heading(w world) bool { return w.is(holds) && !w.content.secret || w.escalated() }

// row is who may do one action.
type row struct {
	action policy.Action
	who    map[policy.Role]condition
}

// group is one table of the page.
type group struct {
	title  string
	report bool // about one report: who may not read it may not learn of it
	rows   []row
}

func everybody(c condition) map[policy.Role]condition {
	m := map[policy.Role]condition{}
	for _, r := range policy.Roles {
		m[r] = c
	}
	return m
}

func only(r policy.Role, c condition) map[policy.Role]condition {
	return map[policy.Role]condition{r: c}
}

func officers(c condition) map[policy.Role]condition {
	return map[policy.Role]condition{policy.Officer: c, policy.Integrator: c}
}

func staffOf(admin, officer, head, supervisor, auditor condition) map[policy.Role]condition {
	m := map[policy.Role]condition{policy.Admin: admin, policy.Officer: officer, policy.Integrator: officer, policy.Head: head}
	for r, c := range map[policy.Role]condition{policy.Supervisor: supervisor, policy.Auditor: auditor} {
		if c.holds != nil {
			m[r] = c
		}
	}
	return m
}

func and(m map[policy.Role]condition, r policy.Role, c condition) map[policy.Role]condition {
	m[r] = c
	return m
}

func each(c map[policy.Role]condition, actions ...report.Action) []row {
	var rows []row
	for _, a := range actions {
		rows = append(rows, row{policy.Of(a), c})
	}
	return rows
}

var none condition

// expected is the whole of it. What is not here nobody may.
var expected = []group{
	{"Read a report", true, []row{
		{policy.ReadPublic, everybody(ifPublished)},
		{policy.Read, and(staffOf(reachOrTold, holdsIt, headReads, notSecret, always), policy.Reporter, always)},
		{policy.ReadOriginal, and(staffOf(original, holdsOpen, headOpen, notSecretOwn, always), policy.Reporter, always)},
		{policy.ReadNotes, staffOf(reachOrTold, holdsIt, headReads, none, always)},
		{policy.ReadPackage, only(policy.Admin, ofNation)},
		{policy.ReadCommand, and(and(and(officers(sent), policy.Admin, sent), policy.Head, sent), policy.Reporter, always)},
		{policy.DecodeHistory, map[policy.Role]condition{policy.Supervisor: notSecret, policy.Auditor: always}},
	}},
	{"What the reporter does", true, append(
		each(only(policy.Reporter, always), report.SupplyInfo, report.ConfirmDone, report.Withdraw),
		row{policy.Rate, only(policy.Reporter, always)},
		row{policy.ReplaceCode, only(policy.Reporter, always)},
		row{policy.Erase, only(policy.Reporter, always)},
	)},
	{"What the reporter and administrators do", true, append(
		each(and(only(policy.Admin, reach), policy.Reporter, always), report.Reply, report.MakeSecret),
		row{policy.Of(report.Reopen), and(only(policy.Admin, reopens), policy.Reporter, always)},
		row{policy.ConsentPublic, and(only(policy.Admin, reach), policy.Reporter, always)},
	)},
	{"What administrators decide", true, append(append(
		each(only(policy.Admin, reach), report.Forward, report.RequestInfo, report.PassUp, report.Archive, report.Reassign,
			report.Merge, report.Unmerge, report.Amend),
		each(only(policy.Admin, extends), report.Extend, report.DeclineExtension)...),
		row{policy.ConfirmCopy, only(policy.Admin, copyOf)},
		row{policy.PrepareCopy, only(policy.Admin, reach)},
	)},
	{"What the agency does", true, append(
		each(officers(holdsIt), report.Accept, report.Assign, report.Note, report.PostFollowUp, report.Return, report.RequestExtension),
		row{policy.ConfirmFollowUp, and(officers(holdsSent), policy.Head, draftsOwn)},
		row{policy.SaveDraft, officers(drafts)},
		row{policy.ReadDraft, and(officers(drafts), policy.Head, drafts)},
		row{policy.ApproveDraft, only(policy.Head, drafts)},
		row{policy.DeleteDraft, officers(draftsOwn)},
	)},
	{"Identity", true, []row{
		{policy.ReadIdentity, and(only(policy.Admin, overOpen), policy.Reporter, always)},
		{policy.RequestIdentity, only(policy.Custodian, asksFirst)},
		{policy.ConsentIdentity, only(policy.Custodian, agreesNext)},
		{policy.OpenIdentity, only(policy.Custodian, agreedTwo)},
	}},
	{"File, lists and consoles", false, []row{
		{policy.Of(report.Submit), map[policy.Role]condition{policy.Anyone: always, policy.Reporter: always, policy.Gateway: always,
			policy.Admin: always, policy.Officer: always, policy.Integrator: always}},
		{policy.ReadCatalogue, everybody(always)},
		{policy.List, staffOf(always, always, always, always, always)},
		{policy.ReadStatistics, staffOf(always, always, always, always, always)},
		{policy.ReadQueue, staffOf(always, always, always, none, none)},
		{policy.ReadTemplates, and(and(officers(always), policy.Admin, always), policy.Head, always)},
		{policy.RunBulk, and(officers(always), policy.Admin, always)},
		{policy.ListIdentityRequests, only(policy.Custodian, always)},
		{policy.ReadViews, map[policy.Role]condition{policy.Supervisor: always, policy.Auditor: always}},
		{policy.ReadAudit, only(policy.Auditor, always)},
		{policy.ReadDeadLetters, map[policy.Role]condition{policy.Admin: ofNation, policy.Supervisor: always}},
		{policy.Requeue, only(policy.Admin, ofNation)},
	}},
	{"Set up", false, []row{
		{policy.PutAgency, only(policy.Admin, aboveIt)},
		{policy.PutStaff, only(policy.Admin, appoints)},
		{policy.PutTemplate, and(only(policy.Admin, inItsTree), policy.Head, itsOwn)},
		{policy.PutCategory, only(policy.Admin, ofNation)},
		{policy.PutCalendar, only(policy.Admin, ofNation)},
		{policy.PlanDecree, only(policy.Admin, aboveUsers)},
		{policy.CommitDecree, only(policy.Admin, aboveUsers)},
	}},
}
