package report

import "time"

// ClockKind names one of the limits of RULES.md section 1.
type ClockKind string

// The clocks. Each comment gives the letter used in the rules and who is bound.
const (
	VerificationClock ClockKind = "verification"    // V: the administrator of the queue
	AnswerClock       ClockKind = "answer"          // A: the reporter
	FirstFollowUp     ClockKind = "first_follow_up" // F: the addressed agency, first follow-up of the round
	Resolution        ClockKind = "resolution"      // R: the addressed agency, by class
	Silence           ClockKind = "silence"         // C: nobody; the report closes when it passes
	ReopenWindow      ClockKind = "reopen"          // O: the reporter may reopen until it passes
)

// Duty reports whether the clock binds an authority. Only duties can be late,
// escalate, and count for the SLA.
func (k ClockKind) Duty() bool {
	return k == VerificationClock || k == FirstFollowUp || k == Resolution
}

// Name returns what people call the clock, in Indonesian.
func (k ClockKind) Name() string {
	switch k {
	case VerificationClock:
		return "Batas verifikasi"
	case AnswerClock:
		return "Batas jawaban pelapor"
	case FirstFollowUp:
		return "Batas tindak lanjut"
	case Resolution:
		return "Batas penyelesaian"
	case Silence:
		return "Selesai otomatis"
	case ReopenWindow:
		return "Batas buka kembali"
	}
	return string(k)
}

// ClockStatus says whether a clock counts.
type ClockStatus string

// The statuses of a clock. Met and stopped clocks stay on the record of whoever
// held them, and leave State with Prune.
const (
	Running ClockStatus = "running"
	Paused  ClockStatus = "paused"
	Met     ClockStatus = "met"     // what it asked for was done
	Stopped ClockStatus = "stopped" // ended without being met
	Passed  ClockStatus = "passed"  // it ran out and did what it was for (A, C)
)

// Pending says which date must be found for a clock before its state is
// complete. The store finds it under the calendar in force.
type Pending string

// What can be pending.
const (
	PendingStart   Pending = "start"   // count Limit from StartedAt
	PendingPause   Pending = "pause"   // find Left, the days kept, as of PausedAt
	PendingResume  Pending = "resume"  // count Left from ResumedAt
	PendingExtend  Pending = "extend"  // Extra more units after the due date
	PendingMove    Pending = "move"    // transferred at MovedAt: the rest on Unit's calendar, never earlier
	PendingRecount Pending = "recount" // Limit changed: Grow more units after the due date; another unit: from StartedAt, never earlier
)

// Clock is one limit of one report, as plain data. Kind and Seq identify it.
// All times are UTC.
type Clock struct {
	Kind        ClockKind   `json:"kind"`
	Seq         int         `json:"seq"`  // of the transition that started it
	Unit        string      `json:"unit"` // agency whose calendar counts and whose record it is
	Limit       Limit       `json:"limit"`
	StartedAt   time.Time   `json:"started_at"`
	DueAt       time.Time   `json:"due_at,omitzero"`  // exclusive: late means now >= DueAt
	SoonAt      time.Time   `json:"soon_at,omitzero"` // due_soon begins: the start of day n-1
	Calendar    string      `json:"calendar,omitempty"`
	Revision    int         `json:"revision,omitempty"` // of Calendar, that gave DueAt
	Provisional bool        `json:"provisional,omitempty"`
	Date        string      `json:"date,omitempty"`   // local civil date of the last counted day, YYYY-MM-DD; empty for seconds
	Decree      string      `json:"decree,omitempty"` // short name of the newest joint decree for the year of Date; empty for seconds
	Status      ClockStatus `json:"status"`
	LateAt      time.Time   `json:"late_at,omitzero"`    // when it was marked late; the due time, not the moment of marking
	PausedAt    time.Time   `json:"paused_at,omitzero"`  // receipt of the command that paused it
	ResumedAt   time.Time   `json:"resumed_at,omitzero"` // receipt of the command that last resumed it
	Left        int         `json:"left,omitempty"`      // units kept while paused: working days, days or seconds
	Asked       int         `json:"asked,omitempty"`     // units of an extension asked for, not yet answered
	Extra       int         `json:"extra,omitempty"`     // units of the extension granted
	Extended    bool        `json:"extended,omitempty"`  // an extension was granted or declined
	Grow        int         `json:"grow,omitempty"`      // units by which the limit has just grown; only while PendingRecount
	MovedAt     time.Time   `json:"moved_at,omitzero"`
	EndedAt     time.Time   `json:"ended_at,omitzero"`
	Pending     Pending     `json:"pending,omitempty"`
}

// Late reports whether the clock runs and has been marked late.
func (c Clock) Late() bool { return c.Status == Running && !c.LateAt.IsZero() }

// Live reports whether the clock still matters for what comes: it runs or is
// paused.
func (c Clock) Live() bool { return c.Status == Running || c.Status == Paused }

// end finishes the clock at t. A clock that was due before t keeps that on its
// record: LateAt is its due time.
func (c *Clock) end(s ClockStatus, t time.Time) {
	if c.Status == Running && c.Kind.Duty() && !c.DueAt.IsZero() && !t.Before(c.DueAt) {
		c.LateAt = c.DueAt
	}
	c.Status, c.EndedAt, c.Pending = s, t, ""
}

// Settled is the date found for one clock, as the store recorded it.
type Settled struct {
	Kind        ClockKind `json:"k"`
	Seq         int       `json:"s"`
	DueAt       time.Time `json:"due,omitzero"`
	SoonAt      time.Time `json:"soon,omitzero"`
	Calendar    string    `json:"cal,omitempty"`
	Revision    int       `json:"rev,omitempty"`
	Provisional bool      `json:"prov,omitempty"`
	Date        string    `json:"date,omitempty"`   // local civil date of the last counted day, YYYY-MM-DD
	Decree      string    `json:"decree,omitempty"` // short name of the newest joint decree for the year of Date, such as "SKB 2025"
	Left        int       `json:"left,omitempty"`
	Late        bool      `json:"late,omitempty"`
	Skipped     []string  `json:"skip,omitempty"` // days not counted that are no weekends: date and decree
}
