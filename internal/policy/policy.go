// Package policy decides who may do what: one pure function over plain data,
// and everything it does not allow is denied (RULES.md sections 1.1, 5 and 6).
// Row-level security in the database is an independent second wall.
package policy

import (
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
	Head       Role = "head"       // pimpinan: reads, decides nothing
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
	ReadPublic      Action = "read_public"       // the published copy
	Read            Action = "read"              // the report as its people read it, with thread and timeline
	ReadOriginal    Action = "read_original"     // the reporter's own words
	ReadNotes       Action = "read_notes"        // internal notes [catatan internal]
	ReadPackage     Action = "read_package"      // one file for the Ombudsman
	List            Action = "list"              // reports within reach
	ReadQueue       Action = "read_queue"        // what waits for me
	ReadStatistics  Action = "read_statistics"   // over what is within reach
	Rate            Action = "rate"              // nilai
	ReplaceCode     Action = "replace_code"      // kode akses baru
	ConsentPublic   Action = "consent_public"    // one of three voices for make_public
	ReadViews       Action = "read_views"        // links into the Temporal UI
	ReadAudit       Action = "read_audit"        // the audit log
	ReadDeadLetters Action = "read_dead_letters" // notices that could not be sent
	Requeue         Action = "requeue"           // try such a notice again
	PutAgency       Action = "put_agency"        //
	PutCategory     Action = "put_category"      //
	PutStaff        Action = "put_staff"         //
	PutCalendar     Action = "put_calendar"      // a new one
	PlanDecree      Action = "plan_decree"       // try a decree out on a calendar
	CommitDecree    Action = "commit_decree"     // make one that another tried out the next revision
)

// Of returns the policy's name for an action of the report table.
func Of(a report.Action) Action { return Action(a) }

// Actor is who wants to act.
type Actor struct {
	Roles    []Role   // of staff, or Anyone, or Reporter if his code opened the resource
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

// Authorize decides whether the actor may do the action to the resource. It is
// pure, and denies by default. A denial is Hidden if the actor may not read the
// report at all.
func Authorize(a Actor, act Action, r Resource) Decision {
	if shutOut(a, r) && !open(act) {
		return hide(r)
	}
	for _, role := range a.Roles {
		rule, ok := rules[act][role]
		if ok && rule(a, r) {
			return Decision{Allowed: true, Logged: logged(act) && (role == Supervisor || role == Auditor)}
		}
	}
	if act == ReadPublic || aboutReport(act) && !reads(a, r) {
		return hide(r)
	}
	return Decision{Reason: "Anda tidak berwenang melakukan tindakan ini."}
}

// hide denies; what is published everyone knows of.
func hide(r Resource) Decision {
	if r.Published && !r.Secret {
		return Decision{Reason: "Anda tidak berwenang atas laporan ini."}
	}
	return Decision{Reason: "Laporan tidak ditemukan.", Hidden: true}
}

// shutOut reports whether the actor's office lies in an accused tree. A
// reporter is never shut out of his own report.
func shutOut(a Actor, r Resource) bool {
	if slices.Contains(a.Roles, Reporter) {
		return false
	}
	return slices.ContainsFunc(r.Accused, func(u string) bool { return slices.Contains(a.Above, u) })
}

// logged: readings by the operator's people that the audit log holds.
func logged(act Action) bool { return act == Read || act == List || act == ReadStatistics }

func open(act Action) bool { return act == ReadPublic || act == Of(report.Submit) }

func reads(a Actor, r Resource) bool {
	return slices.ContainsFunc(a.Roles, func(role Role) bool {
		rule, ok := rules[Read][role]
		return ok && rule(a, r)
	})
}

// aboutReport reports whether the resource of the action is one report.
func aboutReport(act Action) bool {
	switch act {
	case List, ReadQueue, ReadStatistics, ReadViews, ReadAudit, ReadDeadLetters, Requeue, PutAgency, PutCategory, PutStaff,
		PutCalendar, PlanDecree, CommitDecree, Of(report.Submit):
		return false
	}
	return true
}
