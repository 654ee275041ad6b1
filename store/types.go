package store

import (
	"encoding/json"
	"time"

	"github.com/kawal-id/kawal/report"
)

// Actor is in whose name a transaction runs. Row-level security reads it.
type Actor struct {
	Kind    ActorKind
	Subject string   // staff: OIDC subject; gateway: its client id; else empty
	Unit    string   // staff: unit of office; empty for the operator's people
	Roles   []string // staff: roles as the database has them
	Report  string   // reporter: the one report his access code is to open; filing: the one to be accepted; custodian: the one he acts on
	CodeMAC []byte   // reporter: of his access code
}

// ActorKind is what sort of caller an Actor is.
type ActorKind string

// The kinds of actor.
const (
	Anyone   ActorKind = "anyone"
	Reporter ActorKind = "reporter"
	Filing   ActorKind = "filing" // brings one new report
	Staff    ActorKind = "staff"
	Custody  ActorKind = "custodian" // staff who act on the sealed identity of one report
	Gateway  ActorKind = "gateway"
	Worker   ActorKind = "worker" // workflow activities, sweeper, reconciler
	Sender   ActorKind = "sender" // the notice sender
)

// NewReport is a report to be accepted. Times are UTC.
type NewReport struct {
	State      report.State   // from report.New: seq 1, V pending
	Effects    report.Effects // from report.New
	AcceptedAt time.Time
	Title      string
	Body       string
	Attributes map[string]string
	Lat, Long  *float64 // WGS 84 degrees, both or neither
	OccurredOn string   // YYYY-MM-DD, or empty
	Suggested  string   // agency the reporter suggests, or empty
	Accused    []string // units
	Identity   string   // open, sealed, none
	ShowName   bool
	Person     []byte // name, NIK, address: of an open identity as they are, of a sealed one sealed to the custodians; or nil
	Contact    []byte // sealed notice contact, or nil
	CodeMAC    []byte // HMAC of the access code
	Subject    string // staff or gateway that took it in, or empty

	// Of a sealed identity, one for each pair of custodians; else none.
	Envelopes []Envelope
}

// identityOpen is the kind of identity that lies under the report's own key.
const identityOpen = "open"

// TextKind is what a text is for.
type TextKind string

// The kinds of text.
const (
	TextTitle    TextKind = "public_title"
	TextBody     TextKind = "public_body"
	TextQuestion TextKind = "question"  // request_info
	TextAnswer   TextKind = "answer"    // supply_info
	TextReply    TextKind = "reply"     //
	TextFollowUp TextKind = "follow_up" //
	TextNote     TextKind = "note"      // staff only
	TextReason   TextKind = "reason"    // return, archive: staff and reporter
)

// Text is one text that a command carries.
type Text struct {
	Kind TextKind
	Body string
}

// NewCommand is a command to be accepted: the row that makes it durable.
type NewCommand struct {
	Report  string
	Command report.Command // Digests in the order of Texts
	Subject string         // who sent it: staff subject, or empty for the reporter
	Texts   []Text
	Accused []string // amend: replaces the accused units at once, if not nil
	Hold    bool     // texts stay unpublished until confirmed
}

// CommandState is how far a command has come.
type CommandState string

// The states of a command.
const (
	Waiting CommandState = "waiting"
	Applied CommandState = "applied"
	Refused CommandState = "refused"
)

// CommandRow is a command as recorded.
type CommandRow struct {
	ID         string
	Report     string
	Action     report.Action
	Role       report.Role
	Subject    string
	State      CommandState
	Seq        *int   // of the transition, once applied
	Kind       string // fault kind, once refused
	Reason     string // sentence, once refused
	ReceivedAt time.Time
	SettledAt  *time.Time
}

// Advance is one transition to be recorded.
type Advance struct {
	Before  report.Stage
	Next    report.State
	Command report.Command
	Effects report.Effects
}

// Advanced is what was recorded, now or the first time.
type Advanced struct {
	Settled   []report.Settled
	Seq       int
	WantedRun int
}

// Row is a report as staff and its reporter read it.
type Row struct {
	State                   report.State // with its live clocks
	AcceptedAt              time.Time
	UpdatedAt               time.Time
	Title                   string
	Body                    string
	PublicTitle, PublicBody string
	Prepared                *PreparedCopy // for the next forward; nil: none, or not the actor's to see
	Drafts                  []Draft       // that the actor may see, oldest first
	Attributes              map[string]string
	Lat, Long               *float64
	OccurredOn              string
	Suggested               string
	Accused                 []string
	Identity                string
	ShowName                bool
	HasContact              bool
	WantedRun               int
	StartedRun              int
	Rating                  *Rating
	Escalated               []Escalated // earliest first
	ErasedAt                *time.Time  // the texts are gone
}

// Escalated is a rung that a late report was escalated to.
type Escalated struct {
	Unit string
	Role string // admin or head
}

// Rating is the reporter's judgement: 1 Tidak Puas, 2 Cukup Puas, 3 Puas, 4 Sangat Puas.
type Rating struct {
	Score   int
	Text    string
	RatedAt time.Time
}

// Post is one entry of the thread.
type Post struct {
	Command   string // that brought it; empty in what the public reads
	Seq       int
	Kind      TextKind
	Role      report.Role
	Office    string // unit that wrote it, or empty
	FollowUp  report.FollowUpKind
	Body      string
	SHA256    string
	At        time.Time
	Published bool
	Held      bool   // it waits to be confirmed
	Copy      string // redacted copy for whoever may not read Body; empty: none
}

// Event is one row of the timeline.
type Event struct {
	Seq       int
	Action    report.Action
	Role      report.Role
	Office    string
	At        time.Time // receipt of the command
	From, To  report.Stage
	Reason    string
	Clocks    []report.Clock // as they stood after it
	CommandID string
}

// Filter narrows a list. Zero fields do not filter.
type Filter struct {
	Category, Agency, Region string // with everything below them
	Stage                    report.Stage
	Class                    report.Class
	Late                     *bool
	Q                        string      // words of the published text, or a tracking id
	BBox                     *[4]float64 // west, south, east, north
	Since, Until             time.Time   // from the first, before the second; zero: no bound
	Limit                    int         // 1..100
	After                    *Key        // keyset: strictly older than
}

// Key is a place in a list: newest first, then by id.
type Key struct {
	At time.Time
	ID string
}

// Card is one line of a list.
type Card struct {
	ID        string
	Title     string
	Category  string
	Agency    string
	Region    string
	Class     report.Class
	Stage     report.Stage
	Accepted  bool
	Secret    bool
	Late      bool
	At        time.Time // published at (public list) or accepted at (staff)
	DueAt     *time.Time
	Lat, Long *float64
}

// Agency is a unit of the tree [instansi, unit kerja].
type Agency struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Parent    string `json:"parent,omitempty"`
	Region    string `json:"region,omitempty"`
	Calendar  string `json:"calendar,omitempty"`  // empty: inherited
	RuleSet   string `json:"rule_set,omitempty"`  // empty: inherited
	Oversight string `json:"oversight,omitempty"` // empty: the parent
	Active    bool   `json:"active"`

	// Follow-ups of this unit and those below it wait for a head; see office.SaveDraft.
	DraftApproval bool `json:"draft_approval,omitempty"`
}

// Category is a topic [kategori].
type Category struct {
	Code, Parent, NameID, NameEN string
	DefaultContent               string // public or secret; secret forces it
	Weight                       int
}

// Region is an official region code [kode wilayah].
type Region struct{ Code, Parent, Name string }

// StaffMember is a person with an office, by the subject of the token.
type StaffMember struct {
	Subject string
	Name    string // what colleagues see; may be a function
	Unit    string // empty: the operator's people and the national level
	Roles   []string
	Active  bool
}

// CalendarRow is a calendar with its chain of decrees.
type CalendarRow struct {
	ID         string
	Zone       string
	WeekDays   int
	JointLeave bool // off day
	Revision   int
}

// Notice is an outbox row that a sender has taken.
type Notice struct {
	ID       int64
	Report   string
	Template string
	To       report.Audience
	Contact  []byte   // sealed contact, for the reporter
	Subjects []string // staff whom it has not reached yet, for all audiences but the reporter
	Sealed   bool     // the reporter is sealed: "ada kabar" only
	DueAt    *time.Time
	Attempts int
	Clock    report.ClockKind // whose DueAt it is; empty if no clock caused the notice
	Day      string           // the last counted day before DueAt, YYYY-MM-DD; empty with Clock, and for seconds and hours
}

// DeadLetter is a notice that could not be sent.
type DeadLetter struct {
	ID        int64
	Report    string
	Template  string
	Attempts  int
	LastError string
	DiedAt    time.Time
}

// Answer is a stored answer to an idempotent request.
type Answer struct {
	RequestSHA []byte // of method, path and body
	Sealed     []byte // the sealed answer; nil while the first request is still at work
}

// Statistic is one line of the statistics.
type Statistic struct {
	Key               string // value of the dimension
	Received          int
	LateNow           int
	WasLate           int      // clocks this agency let pass
	MedianWorkingDays *float64 // to the first concluding follow-up
	Rating            *float64 // mean, 1 to 4
	Ratings           int
}

// Audit is one line of the audit log: decisions, refusals, privileged reads.
type Audit struct {
	At      time.Time
	Actor   Actor
	Action  string
	Report  string
	Allowed bool
	Detail  json.RawMessage // codes only
}
