// Package contract is what outsiders may know of the report workflow: ids,
// names, messages and search attributes. Names are never changed, structs only
// grow.
package contract

import (
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/kawal-id/kawal/report"
)

// Names registered with Temporal.
const (
	Namespace      = "kawal"
	TaskQueue      = "kawal-reports"
	ReportWorkflow = "Report"

	OpenStage        = "OpenStage"        // local activity, and the same as a regular one
	ConfirmDeadlines = "ConfirmDeadlines" // likewise
	RefuseCommand    = "RefuseCommand"    // likewise

	// TellMovedWorkflow tells the workflows of reports whose date a decree moved;
	// its name is also its id, so that one runs at a time.
	TellMovedWorkflow = "TellMoved"
	TellMoved         = "TellMovedReports" // regular activity

	QueryState    = "state"
	QueryActions  = "allowed_actions"
	QueryTimeline = "timeline"

	// SignalCalendarRevised has no payload: the shown deadlines have moved in
	// PostgreSQL, ask again. A signal, since nobody waits and nothing can be
	// refused.
	SignalCalendarRevised = "calendar_revised"
)

// Commands lists the actions that arrive as messages. Each is an update under
// its own name, refused before it leaves an event, and a signal under the same
// name, for the reporter's commands and for updates that timed out.
var Commands = []report.Action{
	report.Forward, report.RequestInfo, report.SupplyInfo, report.PassUp, report.Archive, report.Return,
	report.Assign, report.Accept, report.Note, report.PostFollowUp, report.Reply, report.ConfirmDone,
	report.RequestExtension, report.Extend, report.DeclineExtension, report.Reassign, report.Merge,
	report.Withdraw, report.Amend, report.MakeSecret, report.MakePublic,
}

// ReportInput starts a run.
type ReportInput struct {
	Run   int          `json:"run"`
	State report.State `json:"state"`           // as accepted or reopened: Seq is already recorded
	Done  []Done       `json:"done,omitempty"`  // after continue-as-new: the last commands
	Steps []Step       `json:"steps,omitempty"` // after continue-as-new: the timeline so far
}

// Done is the verdict on one command.
type Done struct {
	ID      string `json:"id"`
	Refused string `json:"refused,omitempty"` // fault kind; empty: applied
	Reason  string `json:"reason,omitempty"`
}

// Step is one row of a run's timeline.
type Step struct {
	Seq    int           `json:"seq"`
	Action report.Action `json:"action"`
	By     report.Role   `json:"by"`
	At     time.Time     `json:"at"`
	Stage  report.Stage  `json:"stage"`
}

// Outcome is the answer to an update, and the result of a run.
type Outcome struct {
	Seq   int          `json:"seq"`
	Stage report.Stage `json:"stage"`
	Round int          `json:"round,omitempty"`
	DueAt time.Time    `json:"due_at,omitzero"`
	Code  string       `json:"code,omitempty"` // how a run ended: outcome of the report, or superseded
}

// The search attributes. They are never encrypted: codes only, and for secret
// reports nothing but stage, SLA and due time.
var (
	Stage    = temporal.NewSearchAttributeKeyKeyword("KawalStage")
	SLA      = temporal.NewSearchAttributeKeyKeyword("KawalSLA")
	Agency   = temporal.NewSearchAttributeKeyKeyword("KawalAgency")
	Category = temporal.NewSearchAttributeKeyKeyword("KawalCategory")
	Region   = temporal.NewSearchAttributeKeyKeyword("KawalRegion")
	Channel  = temporal.NewSearchAttributeKeyKeyword("KawalChannel")
	Result   = temporal.NewSearchAttributeKeyKeyword("KawalOutcome")
	MovedBy  = temporal.NewSearchAttributeKeyKeyword("KawalMovedBy")
	DueAt    = temporal.NewSearchAttributeKeyTime("KawalDueAt")
	Round    = temporal.NewSearchAttributeKeyInt64("KawalRound")
)
