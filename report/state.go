package report

import (
	"slices"
	"time"
)

// State is all that decides what may become of a report: codes, times and
// counts. It is what a run of the workflow starts with and what PostgreSQL
// keeps; it holds no content and nothing about the reporter.
type State struct {
	ID        string    `json:"id"`
	Seq       int       `json:"seq"` // of the last applied transition; submission is 1
	Run       int       `json:"run"` // number of the workflow run that owns the report, from 1
	Stage     Stage     `json:"stage"`
	Before    Stage     `json:"before,omitempty"` // merged: the stage to go back to
	Round     int       `json:"round"`            // 0 before the first forward
	Queue     string    `json:"queue"`            // unit whose administrators verify it
	Agency    string    `json:"agency,omitempty"` // addressed agency, set by forward
	Unit      string    `json:"unit,omitempty"`   // unit of the agency it is assigned to; empty: the agency itself
	Class     Class     `json:"class"`
	Category  string    `json:"category"`
	Region    string    `json:"region"`
	Channel   string    `json:"channel"`
	Secret    bool      `json:"secret,omitempty"`
	Published bool      `json:"published,omitempty"`
	Accepted  bool      `json:"accepted,omitempty"`  // by the agency, in this round
	Followed  bool      `json:"followed,omitempty"`  // a follow-up was posted by this agency in this round
	Extended  bool      `json:"extended,omitempty"`  // an extension was granted or declined in this round
	Concluded bool      `json:"concluded,omitempty"` // R was met, for good
	Returns   int       `json:"returns,omitempty"`   // bukan wewenang so far
	MovedBy   string    `json:"moved_by,omitempty"`  // decree that moved a running clock in this stage
	MergedTo  string    `json:"merged_to,omitempty"`
	MergedAt  time.Time `json:"merged_at,omitzero"`
	ClosedAt  time.Time `json:"closed_at,omitzero"`
	Outcome   string    `json:"outcome,omitempty"` // confirmed, silent, archive reason, withdrawn, merged
	Rules     RuleSet   `json:"rules"`
	Clocks    []Clock   `json:"clocks"`

	Kept []ClockKind `json:"kept,omitempty"` // merged: clocks that were paused before it and stay so after it
}

// clone returns a copy that shares nothing that Apply changes.
func (s State) clone() State {
	s.Clocks = slices.Clone(s.Clocks)
	return s
}

// Clock returns the live clock of a kind, or nil. There is at most one.
func (s State) Clock(k ClockKind) *Clock {
	for i := range s.Clocks {
		if s.Clocks[i].Kind == k && s.Clocks[i].Live() {
			return &s.Clocks[i]
		}
	}
	return nil
}

// Holder returns the unit that the report is with: the unit assigned, else the
// agency.
func (s State) Holder() string {
	if s.Unit != "" {
		return s.Unit
	}
	return s.Agency
}

// Prune drops the clocks that have ended. Call it once they are recorded.
func (s *State) Prune() {
	s.Clocks = slices.DeleteFunc(s.Clocks, func(c Clock) bool { return !c.Live() })
}

// Settle takes the dates that the store found. Repeating it changes nothing;
// dates of clocks the state does not have are ignored. A clock whose new date
// lies after now is no longer late; one that a revision moved is named by
// MovedBy until the stage changes.
func (s *State) Settle(found []Settled, now time.Time) {
	for _, f := range found {
		for i := range s.Clocks {
			if c := &s.Clocks[i]; c.Kind == f.Kind && c.Seq == f.Seq {
				if c.Pending == "" && c.Status == Running && f.Revision > c.Revision && f.DueAt.After(c.DueAt) {
					s.MovedBy = f.Decree
				}
				c.settle(f, now)
			}
		}
	}
}

func (c *Clock) settle(f Settled, now time.Time) {
	if c.Pending == PendingPause || c.Status == Paused {
		c.Left = f.Left
	}
	c.DueAt, c.SoonAt = f.DueAt, f.SoonAt
	c.Calendar, c.Revision, c.Provisional = f.Calendar, f.Revision, f.Provisional
	c.Date, c.Decree = f.Date, f.Decree
	if c.Status == Running && now.Before(c.DueAt) {
		c.LateAt = time.Time{}
	}
	c.Pending, c.Grow = "", 0
}

// SLA is how the authorities stand: the worst clock that binds them.
type SLA string

// The SLA states, as search attribute KawalSLA holds them.
const (
	OnTrack SLA = "on_track"
	DueSoon SLA = "due_soon"
	Late    SLA = "late"
	OnHold  SLA = "paused"
)

// SLAAt returns the worst state of the running duties at now; paused if none
// runs and one is paused; on track once the report has ended.
func (s State) SLAAt(now time.Time) SLA {
	if !s.Stage.Open() {
		return OnTrack
	}
	worst, paused, running := OnTrack, false, false
	for _, c := range s.Clocks {
		if !c.Kind.Duty() {
			continue
		}
		switch {
		case c.Status == Paused:
			paused = true
		case c.Status != Running:
		case c.Late():
			return Late
		default:
			running = true
			if !c.SoonAt.IsZero() && !now.Before(c.SoonAt) {
				worst = DueSoon
			}
		}
	}
	if paused && !running {
		return OnHold
	}
	return worst
}

// Due returns the running clock that is due first and has not been marked
// late, or nil.
func (s State) Due() *Clock {
	var first *Clock
	for i := range s.Clocks {
		c := &s.Clocks[i]
		if c.Status != Running || c.Late() || c.DueAt.IsZero() || c.Kind == ReopenWindow {
			continue
		}
		if first == nil || c.DueAt.Before(first.DueAt) {
			first = c
		}
	}
	return first
}

// NearestDue returns the due time of the nearest running clock, late ones
// included; zero if none runs.
func (s State) NearestDue() time.Time {
	var t time.Time
	for _, c := range s.Clocks {
		if c.Status == Running && c.Kind != ReopenWindow && !c.DueAt.IsZero() && (t.IsZero() || c.DueAt.Before(t)) {
			t = c.DueAt
		}
	}
	return t
}

// Wake is the next moment at which something happens by itself.
type Wake struct {
	At    time.Time
	Clock Clock
	Soon  bool // due_soon begins, not the deadline
}

// NextWake returns what happens next by itself after now, and false if nothing
// does until somebody acts. A deadline that has passed wakes at once.
func (s State) NextWake(now time.Time) (Wake, bool) {
	var w Wake
	for _, c := range s.Clocks {
		if c.Status != Running || c.Late() || c.DueAt.IsZero() || c.Kind == ReopenWindow {
			continue
		}
		at, soon := c.DueAt, false
		if c.Kind.Duty() && c.SoonAt.After(now) && c.SoonAt.Before(c.DueAt) {
			at, soon = c.SoonAt, true
		}
		if w.At.IsZero() || at.Before(w.At) {
			w = Wake{at, c, soon}
		}
	}
	return w, !w.At.IsZero()
}
