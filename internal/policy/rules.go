package policy

import (
	"slices"

	"github.com/kawal-id/kawal/report"
)

// rule is the condition under which a role may act.
type rule func(Actor, Resource) bool

// rules is the only table of who may do what. An action or a role without an
// entry is denied.
var rules = build()

func build() map[Action]map[Role]rule {
	t := map[Action]map[Role]rule{
		ReadPublic: {Anyone: published, Reporter: published, Admin: published, Officer: published, Integrator: published,
			Head: published, Supervisor: published, Auditor: published, Custodian: published, Gateway: published},
		ReadCatalogue: {Anyone: always, Reporter: always, Admin: always, Officer: always, Integrator: always,
			Head: always, Supervisor: always, Auditor: always, Custodian: always, Gateway: always},
		Read: {Reporter: always, Admin: either(inReach, escalatedTo(Admin)), Officer: held, Integrator: held,
			Head: either(heldNotSecret, escalatedTo(Head)), Supervisor: notSecret, Auditor: always},
		ReadOriginal: {Reporter: always, Admin: either(overQueueOrOpen, both(escalatedTo(Admin), openIdentity)),
			Officer: heldAndOpen, Integrator: heldAndOpen,
			Head: both(either(heldNotSecret, escalatedTo(Head)), openIdentity), Supervisor: notSecretAndOpen, Auditor: always},
		ReadNotes: {Admin: either(inReach, escalatedTo(Admin)), Officer: held, Integrator: held,
			Head: either(heldNotSecret, escalatedTo(Head)), Auditor: always},
		ReadPackage: {Admin: national},
		ReadCommand: {Reporter: always, Admin: authored, Officer: authored, Integrator: authored, Head: authored},
		List: {Admin: always, Officer: always, Integrator: always, Head: always, Supervisor: always,
			Auditor: always},
		ReadQueue: {Admin: always, Officer: always, Integrator: always, Head: always},
		ReadStatistics: {Admin: always, Officer: always, Integrator: always, Head: always, Supervisor: always,
			Auditor: always},
		Rate:                 {Reporter: always},
		ReplaceCode:          {Reporter: always},
		ConsentPublic:        {Reporter: always, Admin: inReach},
		ConfirmCopy:          {Admin: overQueueOrOpen},
		ConfirmFollowUp:      {Officer: both(held, authored), Integrator: both(held, authored), Head: both(draftable, authored)},
		PrepareCopy:          {Admin: inReach},
		SaveDraft:            {Officer: draftable, Integrator: draftable},
		ReadDraft:            {Officer: draftable, Integrator: draftable, Head: draftable},
		ApproveDraft:         {Head: draftable},
		DeleteDraft:          {Officer: both(draftable, authored), Integrator: both(draftable, authored)},
		ReadTemplates:        {Admin: always, Officer: always, Integrator: always, Head: always},
		PutTemplate:          {Admin: inTree, Head: ofUnit},
		RunBulk:              {Admin: always, Officer: always, Integrator: always},
		ListIdentityRequests: {Custodian: always},
		ReadIdentity:         {Reporter: always, Admin: both(overQueue, openIdentity)},
		RequestIdentity:      {Custodian: firstVoice},
		ConsentIdentity:      {Custodian: secondVoice},
		OpenIdentity:         {Custodian: ofTwoVoices},
		Erase:                {Reporter: always},
		ReadViews:            {Supervisor: always, Auditor: always},
		DecodeHistory:        {Supervisor: notSecret, Auditor: always},
		ReadAudit:            {Auditor: always},
		ReadDeadLetters:      {Admin: national, Supervisor: always},
		Requeue:              {Admin: national},
		PutAgency:            {Admin: aboveUnit},
		PutCategory:          {Admin: national},
		PutStaff:             {Admin: mayAppoint},
		PutCalendar:          {Admin: national},
		PlanDecree:           {Admin: aboveUsers},
		CommitDecree:         {Admin: aboveUsers},

		Of(report.Submit):     {Anyone: always, Reporter: always, Gateway: always, Admin: always, Officer: always, Integrator: always},
		Of(report.Reply):      {Reporter: always, Admin: inReach},
		Of(report.Reopen):     {Reporter: always, Admin: mayReopen},
		Of(report.MakeSecret): {Reporter: always, Admin: inReach},
	}
	for _, a := range []report.Action{report.SupplyInfo, report.ConfirmDone, report.Withdraw} {
		t[Of(a)] = map[Role]rule{Reporter: always}
	}
	for _, a := range []report.Action{report.Forward, report.RequestInfo, report.PassUp, report.Archive,
		report.Reassign, report.Merge, report.Unmerge, report.Amend} {
		t[Of(a)] = map[Role]rule{Admin: inReach}
	}
	for _, a := range []report.Action{report.Extend, report.DeclineExtension} {
		t[Of(a)] = map[Role]rule{Admin: both(inReach, aboveAgency)}
	}
	for _, a := range []report.Action{report.Accept, report.Assign, report.Note, report.PostFollowUp, report.Return,
		report.RequestExtension} {
		t[Of(a)] = map[Role]rule{Officer: held, Integrator: held}
	}
	return t
}

func always(Actor, Resource) bool { return true }

func published(_ Actor, r Resource) bool { return r.Published && !r.Secret }

func notSecret(_ Actor, r Resource) bool { return !r.Secret }

func notSecretAndOpen(_ Actor, r Resource) bool { return !r.Secret && r.Identity == "open" }

func national(a Actor, _ Resource) bool { return a.National }

// both: one condition and the other.
func both(one, other rule) rule {
	return func(a Actor, r Resource) bool { return one(a, r) && other(a, r) }
}

// either: one condition or the other.
func either(one, other rule) rule {
	return func(a Actor, r Resource) bool { return one(a, r) || other(a, r) }
}

// escalatedTo: the report was escalated to this office, and is still with the
// actor's unit or below it, or queued there. He reads it, a secret one too.
func escalatedTo(role Role) rule {
	return func(a Actor, r Resource) bool {
		return a.Unit != "" && slices.Contains(r.Escalated, Rung{a.Unit, role}) &&
			(slices.Contains(r.Holder, a.Unit) || slices.Contains(r.Queue, a.Unit))
	}
}

func openIdentity(_ Actor, r Resource) bool { return r.Identity == "open" }

// overQueue: the queue lies in the coordinator's tree.
func overQueue(a Actor, r Resource) bool { return a.National || slices.Contains(r.Queue, a.Unit) }

// inReach: queued in or addressed to the coordinator's tree; a secret report is
// for the administrators over its queue only.
func inReach(a Actor, r Resource) bool {
	return overQueue(a, r) || !r.Secret && slices.Contains(r.Agency, a.Unit)
}

// overQueueOrOpen: of a report whose reporter is not open the agency's own
// administrators read the redacted copy, as its officers do.
func overQueueOrOpen(a Actor, r Resource) bool {
	return overQueue(a, r) || inReach(a, r) && r.Identity == "open"
}

// held: the report is with the actor's unit or one below it; a secret one within
// the addressed agency only, since those above it are rungs of the escalation.
// Nobody holds a report for no unit.
func held(a Actor, r Resource) bool {
	return a.Unit != "" && slices.Contains(r.Holder, a.Unit) && (!r.Secret || withinAgency(a, r))
}

// withinAgency: the actor's unit is the addressed agency or lies below it.
func withinAgency(a Actor, r Resource) bool {
	return len(r.Agency) > 0 && slices.Contains(a.Above, r.Agency[0])
}

// heldNotSecret: a head reads a secret report only once it is escalated to him.
func heldNotSecret(a Actor, r Resource) bool { return held(a, r) && !r.Secret }

// draftable: the report lies with the actor's unit or one below it, within the agency
// it is addressed to; never a secret one, which no head may read.
func draftable(a Actor, r Resource) bool { return heldNotSecret(a, r) && withinAgency(a, r) }

// inTree: the unit lies in the coordinator's tree.
func inTree(a Actor, r Resource) bool { return a.National || slices.Contains(r.Unit, a.Unit) }

// ofUnit: the actor's very unit.
func ofUnit(a Actor, r Resource) bool { return a.Unit != "" && len(r.Unit) > 0 && r.Unit[0] == a.Unit }

// authored: the actor himself sent it.
func authored(a Actor, r Resource) bool { return a.Subject != "" && a.Subject == r.Author }

// sealedFor: a sealed identity, and a custodian who is known by name: two must be
// told apart.
func sealedFor(a Actor, r Resource) bool { return a.Subject != "" && r.Identity == "sealed" }

// firstVoice: nobody has asked yet.
func firstVoice(a Actor, r Resource) bool { return sealedFor(a, r) && len(r.Voices) == 0 }

// secondVoice: another custodian has asked.
func secondVoice(a Actor, r Resource) bool {
	return sealedFor(a, r) && len(r.Voices) > 0 && !slices.Contains(r.Voices, a.Subject)
}

// ofTwoVoices: he is one of two or more different custodians who agree.
func ofTwoVoices(a Actor, r Resource) bool {
	return sealedFor(a, r) && slices.Contains(r.Voices, a.Subject) &&
		slices.ContainsFunc(r.Voices, func(s string) bool { return s != "" && s != a.Subject })
}

// heldAndOpen: in sealed and none reports the agency reads the redacted copy.
func heldAndOpen(a Actor, r Resource) bool { return held(a, r) && r.Identity == "open" }

// aboveAgency: an extension is granted above the agency, never by itself.
func aboveAgency(a Actor, r Resource) bool { return above(a, r.Agency) }

// mayReopen: whoever has it in reach, but an archived report to which an agency
// was ever addressed only above that agency: its own people do not undo what
// became of it.
func mayReopen(a Actor, r Resource) bool {
	if r.Stage == report.Archived && len(r.Addressed) > 0 {
		return inReach(a, r) && above(a, r.Addressed)
	}
	return inReach(a, r)
}

// aboveUnit: an agency is set up, moved and given a calendar from above it.
func aboveUnit(a Actor, r Resource) bool { return above(a, r.Unit) }

// aboveUsers: a calendar belongs to the administrators above every agency that
// uses it; the national one, and one that nobody uses, to the national level.
func aboveUsers(a Actor, r Resource) bool {
	if a.National {
		return true
	}
	for _, chain := range r.Users {
		if !above(a, chain) {
			return false
		}
	}
	return len(r.Users) > 0
}

// mayAppoint: a coordinator appoints in his tree; the operator's people and the
// national level are appointed at the national level.
func mayAppoint(a Actor, r Resource) bool {
	if r.Operator {
		return a.National
	}
	return a.National || slices.Contains(r.Unit, a.Unit)
}

// above: the actor's unit lies strictly above the first of the chain.
func above(a Actor, chain []string) bool {
	return a.National || len(chain) > 1 && slices.Contains(chain[1:], a.Unit)
}
