package store

import (
	"time"

	"github.com/kawal-id/kawal/report"
)

// PublicRow is a published report as anyone may read it: redacted copies only.
type PublicRow struct {
	Card
	Body        string
	PublishedAt time.Time
	UpdatedAt   time.Time // of the last transition that touched the public copy
	Channel     string
	Round       int
	Reporter    string         // name of a reporter who shows it; empty: "Pelapor"
	MergedTo    string         // the thread is then that of this report
	Clocks      []report.Clock // live clocks
	Thread      []Post         // published texts, oldest first
	Rating      *Rating        // score and time; its text is the reporter's and the staff's
}

// Pending is an accepted command that no workflow has applied yet.
type Pending struct {
	Report  string
	Command report.Command
	Run     int // run that is wanted now
}

// Confirmed is what a workflow learns before it lets a deadline pass.
type Confirmed struct {
	Settled   []report.Settled // live clocks under the calendar now in force
	Commands  []report.Command // accepted, not yet applied, oldest first
	WantedRun int
}
