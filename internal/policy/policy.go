// Package policy decides who may do what: one pure function over plain data,
// and everything it does not allow is denied (RULES.md sections 1.1, 5 and 6).
// Row-level security in the database is an independent second wall.
package policy

import (
	"maps"
	"slices"

	"github.com/kawal-id/kawal/report"
)

// Role is an office that a person holds, or what he is to one report.
type Role string

// The roles. Those of staff are spelled as the database has them.
const (
	Anyone     Role = "anyone"
	Reporter   Role = "reporter"   // pelapor: his code opened this report
	Admin      Role = "admin"      // admin nasional, admin instansi, koordinator
	Officer    Role = "officer"    // pejabat penghubung
	Integrator Role = "integrator" // a machine client with an officer's rights
	Head       Role = "head"       // pimpinan: reads; decides nothing but drafts of follow-ups
	Supervisor Role = "supervisor" // the operator's: reads what is not secret, changes nothing
	Auditor    Role = "auditor"    // inspektorat: reads all, changes nothing
	Custodian  Role = "custodian"  // opens sealed identities, two together
	Gateway    Role = "gateway"    // SMS
)

// Action is what somebody wants to do: an action of the report table, or one of
// the readings and catalogue actions below.
type Action string

// Actions beside those of package report.
const (
	ReadPublic           Action = "read_public"            // the published copy
	ReadCatalogue        Action = "read_catalogue"         // units, categories, regions, calendars, rule sets
	Read                 Action = "read"                   // the report as its people read it, with thread and timeline
	ReadOriginal         Action = "read_original"          // the reporter's own words
	ReadNotes            Action = "read_notes"             // internal notes [catatan internal]
	ReadPackage          Action = "read_package"           // one file for the Ombudsman
	ReadCommand          Action = "read_command"           // what became of a command, for who sent it
	List                 Action = "list"                   // reports within reach
	ReadQueue            Action = "read_queue"             // what waits for me
	ReadStatistics       Action = "read_statistics"        // over what is within reach
	Rate                 Action = "rate"                   // nilai
	ReplaceCode          Action = "replace_code"           // kode akses baru
	ConsentPublic        Action = "consent_public"         // one of three voices for make_public
	ConfirmCopy          Action = "confirm_copy"           // let a held text of the reporter appear, in its redacted copy
	ConfirmFollowUp      Action = "confirm_follow_up"      // let one's own held follow-up appear
	PrepareCopy          Action = "prepare_copy"           // confirm the redacted copy that the next forward carries
	SaveDraft            Action = "save_draft"             // konsep tindak lanjut: write or change one's own
	ReadDraft            Action = "read_draft"             //
	ApproveDraft         Action = "approve_draft"          // post it in one's name, or give it back
	DeleteDraft          Action = "delete_draft"           // one's own
	ReadTemplates        Action = "read_templates"         // templat tanggapan, of one's unit and those above
	PutTemplate          Action = "put_template"           // write, replace and delete
	RunBulk              Action = "run_bulk"               // tindakan massal: keep, carry out and read one's own
	ListIdentityRequests Action = "list_identity_requests" // what waits for a custodian
	ReadIdentity         Action = "read_identity"          // name, NIK and address of an open reporter
	RequestIdentity      Action = "request_identity"       // ask to open a sealed one: the first custodian
	ConsentIdentity      Action = "consent_identity"       // agree: the second custodian
	OpenIdentity         Action = "open_identity"          // take part in opening it, once two have agreed
	Erase                Action = "erase"                  // hapus data pribadi: UU 27/2022
	ReadViews            Action = "read_views"             // links into the Temporal UI
	DecodeHistory        Action = "decode_history"         // payloads of one workflow, in the Temporal UI
	ReadAudit            Action = "read_audit"             // the audit log
	ReadDeadLetters      Action = "read_dead_letters"      // notices that could not be sent
	Requeue              Action = "requeue"                // try such a notice again
	PutAgency            Action = "put_agency"             //
	PutCategory          Action = "put_category"           //
	PutStaff             Action = "put_staff"              //
	PutCalendar          Action = "put_calendar"           // a new one
	PlanDecree           Action = "plan_decree"            // try a decree out on a calendar
	CommitDecree         Action = "commit_decree"          // make one that another tried out the next revision
)

// Of returns the policy's name for an action of the report table.
func Of(a report.Action) Action { return Action(a) }

// Actor is who wants to act.
type Actor struct {
	Roles    []Role   // of staff, or Anyone, or Reporter if his code opened the resource
	Subject  string   // of staff: who he is; empty: unknown, so that he is nobody's author and no custodian
	Unit     string   // unit of office; empty: the operator's people and who holds no unit
	Above    []string // Unit and all units above it; nil if Unit is empty
	National bool     // an office of the national level
}

// Resource is what is acted on. Chains hold a unit first, then all above it.
type Resource struct {
	Stage     report.Stage
	Secret    bool
	Published bool
	Identity  string     // open, sealed, none
	Queue     []string   // chain of the queue's unit
	Agency    []string   // chain of the addressed agency; nil: none
	Addressed []string   // chain of the agency it was last addressed to, returned or not; nil: never
	Holder    []string   // chain of the unit it is with; nil: none
	Accused   []string   // units
	Escalated []Rung     // to whom the report was escalated
	Unit      []string   // catalogue actions: chain of the unit to be changed, or to be placed under
	Users     [][]string // decrees: chains of the agencies that use the calendar; nil: the national one, or nobody's
	Operator  bool       // put_staff: an office of the operator or of the national level
	Author    string     // read_command, confirm_follow_up, delete_draft: subject of the staff who sent it
	Voices    []string   // of the custody of a sealed identity: subjects of the custodians who asked or agreed
}

// Rung is a unit and a role in it that a late report was escalated to.
type Rung struct {
	Unit string
	Role Role
}

// Decision is the answer.
type Decision struct {
	Allowed bool
	Reason  string // why not, in Indonesian; empty if allowed
	Hidden  bool   // denied, and the actor may not even learn that it exists
	Logged  bool   // allowed, and the reading must be written to the audit log
}

// apart is the one table of duties that one person may not hold together (RULES.md
// section 5; that whoever watches holds no key and no office in an agency is ours).
// Nobody is appointed to both. Who holds both all the same, by another way or an
// earlier build, may do nothing if the row shuts him out; else his offices count, but
// for the custody of identities. The CHECKs of the table staff repeat the rows that
// the schema holds.
var apart = []struct {
	one, other Role
	shut       bool
}{
	{Admin, Custodian, true},
	{Admin, Auditor, true},
	{Custodian, Auditor, false},
	{Supervisor, Officer, false}, {Supervisor, Integrator, false}, {Supervisor, Head, false},
	{Auditor, Officer, false}, {Auditor, Integrator, false}, {Auditor, Head, false},
}

// Apart returns two roles that one person may not hold together; ok is false if
// there are none among these.
func Apart(roles []Role) (one, other Role, ok bool) {
	for _, p := range apart {
		if slices.Contains(roles, p.one) && slices.Contains(roles, p.other) {
			return p.one, p.other, true
		}
	}
	return "", "", false
}

// ShutOut reports whether two of the roles are so much apart that whoever holds both
// may do nothing.
func ShutOut(roles []Role) bool {
	for _, p := range apart {
		if p.shut && slices.Contains(roles, p.one) && slices.Contains(roles, p.other) {
			return true
		}
	}
	return false
}

// Authorize decides whether the actor may do the action to the resource. It is
// pure, and denies by default: what is in no rule, every office inside an accused
// tree, and who holds duties that must be apart. A denial is Hidden if the actor
// may not read the report at all. The order of the roles changes nothing.
func Authorize(a Actor, act Action, r Resource) Decision {
	d := Decision{}
	for _, role := range a.Roles {
		if permits(a, role, act, r) {
			d.Allowed = true
			d.Logged = d.Logged || logged(role, act)
		}
	}
	switch {
	case d.Allowed:
		return d
	case act == ReadPublic || aboutReport(act) && !reads(a, r):
		return hide(r)
	}
	return Decision{Reason: "Anda tidak berwenang melakukan tindakan ini."}
}

// permits reports whether the actor may do the action in one of his roles.
func permits(a Actor, role Role, act Action, r Resource) bool {
	rule, ok := rules[act][role]
	return ok && (open(act) || !barred(a, role, r)) && rule(a, r)
}

// hide denies; what is published everyone knows of.
func hide(r Resource) Decision {
	if r.Published && !r.Secret {
		return Decision{Reason: "Anda tidak berwenang atas laporan ini."}
	}
	return Decision{Reason: "Laporan tidak ditemukan.", Hidden: true}
}

// barred reports whether an office counts for nothing here: it lies in an
// accused tree, or its holder has another that must be apart from it. A reporter
// is never barred from his own report.
func barred(a Actor, role Role, r Resource) bool {
	if role == Reporter {
		return false
	}
	if ShutOut(a.Roles) {
		return true
	}
	return slices.ContainsFunc(r.Accused, func(u string) bool { return slices.Contains(a.Above, u) })
}

// logged: privileged readings, which the audit log holds. Those are all that the
// operator's people read, and every reading of an identity by others than its
// reporter.
func logged(role Role, act Action) bool {
	switch {
	case open(act) || role == Reporter:
		return false
	case act == ReadIdentity || act == OpenIdentity:
		return true
	}
	return role == Supervisor || role == Auditor
}

// open: for whoever it is, since it tells and touches nothing that is not public.
func open(act Action) bool {
	return act == ReadPublic || act == ReadCatalogue || act == Of(report.Submit)
}

func reads(a Actor, r Resource) bool {
	return slices.ContainsFunc(a.Roles, func(role Role) bool { return permits(a, role, Read, r) })
}

// aboutReport reports whether the resource of the action is one report.
func aboutReport(act Action) bool {
	switch act {
	case List, ReadQueue, ReadTemplates, PutTemplate, RunBulk, ListIdentityRequests, ReadStatistics, ReadViews, ReadAudit, ReadCatalogue, ReadDeadLetters, Requeue, PutAgency,
		PutCategory, PutStaff, PutCalendar, PlanDecree, CommitDecree, Of(report.Submit):
		return false
	}
	return true
}

// Actions returns every action that some role may do, sorted.
func Actions() []Action { return slices.Sorted(maps.Keys(rules)) }

// Roles lists the roles.
var Roles = []Role{Anyone, Reporter, Admin, Officer, Integrator, Head, Supervisor, Auditor, Custodian, Gateway}
