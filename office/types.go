package office

import (
	"net/http"
	"time"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/workflows/contract"
)

// CallerKind is what sort of caller asks.
type CallerKind string

// The kinds of caller.
const (
	Anyone   CallerKind = "anyone"
	Reporter CallerKind = "reporter" // presents an access code, which is not yet checked
	Staff    CallerKind = "staff"
	Gateway  CallerKind = "gateway" // SMS; may also carry a reporter's code
)

// Channels of a Caller who is not staff. Gateways file as sms, staff as paper.
const (
	ChannelWeb = "web"
	ChannelAPI = "api"
)

// Caller is who asks. Make staff with [Office.Staff]; the others are plain
// values. A code is checked against the one report a method is about.
type Caller struct {
	Kind    CallerKind
	Subject string // staff: OIDC subject; gateway: client id; else empty
	Member  Member // staff: as the database has it at this request
	Code    string // access code presented, or empty
	Channel string // ChannelWeb or ChannelAPI; empty: api
}

// What the store holds and a caller reads as it is. Lists and catalogue entries
// carry nothing that this caller may not see.
type (
	// Member is a person with an office.
	Member = store.StaffMember
	// Agency is a unit of the tree.
	Agency = store.Agency
	// Category is a topic.
	Category = store.Category
	// Region is an official region code.
	Region = store.Region
	// Calendar is a calendar of working days.
	Calendar = store.CalendarRow
	// Filter narrows a list.
	Filter = store.Filter
	// Card is one line of a list.
	Card = store.Card
	// Clusters is what a map shows of many reports.
	Clusters = store.Clusters

	// Cluster is reports counted as one point.
	Cluster = store.Cluster
	// Entry is a published report with its texts.
	Entry = store.Entry
	// OpenData is the open data of a night.
	OpenData = store.OpenData
	// Statistic is one line of the statistics.
	Statistic = store.Statistic
	// Scores is how many reports were rated 1, 2, 3 and 4.
	Scores = store.Scores
	// Rating is the reporter's judgement.
	Rating = store.Rating
	// DeadLetter is a notice that could not be sent.
	DeadLetter = store.DeadLetter
	// Outcome is what a workflow says of an applied command.
	Outcome = contract.Outcome
)

// The two questions of RULES.md section 6.
const (
	IdentityOpen   = "open"   // name and contact
	IdentitySealed = "sealed" // the same, sealed [anonim]
	IdentityNone   = "none"   // no name; contact optional

	ContentPublic = "public"
	ContentSecret = "secret" // rahasia
)

// Submission is a report to be filed. Texts are counted in runes after
// trimming; fields in brackets are the JSON pointers of refusals.
type Submission struct {
	Title      string            // MinTitle..MaxTitle runes [/title]
	Body       string            // 1..MaxBody runes [/body]
	Class      report.Class      // [/class]
	Category   string            // code [/category]
	Attributes map[string]string // at most MaxAttributes, each value at most MaxAttribute runes [/attributes/NAME]
	Region     string            // official code [/region]
	Lat, Long  *float64          // WGS 84 degrees, inside Indonesia, both or neither [/lat, /long]
	OccurredOn string            // YYYY-MM-DD, not after today in the queue's zone; or empty [/occurred_on]
	Agency     string            // suggested; or empty [/agency]
	Accused    []string          // units, at most MaxAccused [/accused/N]
	Identity   string            // IdentityOpen, IdentitySealed, IdentityNone; empty: none [/identity]
	Content    string            // ContentPublic, ContentSecret; empty: public [/content]
	ShowName   bool              // only with IdentityOpen [/show_name]
	Name       string            // open and sealed: required [/name]
	NIK        string            // 16 digits; or empty [/nik]
	Address    string            // or empty [/address]
	Contact    string            // e-mail address or +62 telephone number; open and sealed: required [/contact]
	Documents  []Document        // that show who he is, at most MaxDocuments; part of the identity [/documents/N]
}

// Document is one that shows who somebody is, such as an identity card [KTP]. It is
// sealed with the name and read by nobody else.
type Document struct {
	Name    string `json:"name"`    // as its owner calls it, at most MaxName runes
	Content []byte `json:"content"` // JPEG, PNG or PDF, at most MaxDocument bytes
}

// Suffix is that of a file of the document's type: .jpg, .png or .pdf; empty for any
// other.
func (d Document) Suffix() string {
	switch http.DetectContentType(d.Content) {
	case "image/jpeg":
		return ".jpg"
	case "image/png":
		return ".png"
	case "application/pdf":
		return ".pdf"
	}
	return ""
}

// Receipt is the answer to a Submission.
type Receipt struct {
	ID         string       `json:"id"`          // tracking id
	AccessCode string       `json:"access_code"` // shown this once
	Stage      report.Stage `json:"stage"`
	Label      string       `json:"label"`
	Identity   string       `json:"identity"` // as filed: a sensitive category seals
	Content    string       `json:"content"`  // as filed: a sensitive category makes secret
	AcceptedAt time.Time    `json:"accepted_at"`
	DueAt      *time.Time   `json:"due_at"` // of the verification
}

// Act is what a caller does to a report. Which fields an Action reads is said
// beside each; the others are ignored.
type Act struct {
	Action      report.Action       // never system's: close, no_answer, mark_late, close_with_target, make_public
	Text        string              // request_info, supply_info, return, note, follow_up, reply: required; archive: optional [/text]
	PublicTitle string              // forward: required the first time, unless a copy exists or was prepared [/public_title]
	PublicBody  string              // as PublicTitle [/public_body]
	Confirmed   bool                // forward, reply of staff: the public texts are as meant, also where they seem to tell somebody apart
	Unit        string              // forward, reassign: agency; assign: unit below [/agency, /unit]
	Target      string              // merge: tracking id [/target]
	Kind        report.FollowUpKind // follow_up; empty: concluding [/kind]
	Reason      string              // archive: one of report.ArchiveReasons [/reason]
	Clock       report.ClockKind    // request_extension: first_follow_up or resolution [/clock]
	Days        int                 // request_extension: units of the clock's limit [/days]
	Class       report.Class        // amend; empty: unchanged [/class]
	Category    string              // amend; empty: unchanged [/category]
	Region      string              // amend; empty: unchanged [/region]
	Accused     []string            // amend; nil: unchanged, empty: nobody [/accused/N]

	id string // of the command; empty: a random one
}

// The states of a command in an Answer.
const (
	StateWaiting = string(store.Waiting) // accepted; the workflow has not applied it yet
	StateApplied = string(store.Applied)
	StateRefused = string(store.Refused) // CommandStatus only
)

// Answer is the answer to an Act. A refusal is an error instead.
type Answer struct {
	CommandID string      `json:"command_id"`
	State     string      `json:"state"`             // StateWaiting or StateApplied
	Outcome   *Outcome    `json:"outcome,omitempty"` // applied
	View      *ReportView `json:"report,omitempty"`  // applied, and the caller may still see it
}

// CommandStatus is how far a command has come.
type CommandStatus struct {
	ID         string        `json:"id"`
	Report     string        `json:"report"`
	Action     report.Action `json:"action"`
	State      string        `json:"state"`
	Seq        *int          `json:"seq,omitempty"`    // of the transition, once applied
	Kind       string        `json:"kind,omitempty"`   // fault kind, once refused
	Reason     string        `json:"reason,omitempty"` // sentence, once refused
	ReceivedAt time.Time     `json:"received_at"`
	SettledAt  *time.Time    `json:"settled_at,omitempty"`
}

// The eyes through which a ReportView is seen.
const (
	SeenByPublic   = "public"
	SeenByReporter = "reporter"
	SeenByStaff    = "staff"
)

// ReportView is a report as one caller may see it. What he may not see is
// empty.
type ReportView struct {
	ID             string          `json:"id"`
	SeenBy         string          `json:"seen_by"`
	Title          string          `json:"title"` // public and, in sealed and none reports, agency: the redacted copy
	Body           string          `json:"body"`  // likewise
	Stage          report.Stage    `json:"stage"`
	Label          string          `json:"label"` // official, Indonesian
	Class          report.Class    `json:"class"`
	Category       string          `json:"category"`
	Region         string          `json:"region"`
	Agency         string          `json:"agency,omitempty"`
	Channel        string          `json:"channel"`
	Round          int             `json:"round"`
	Late           bool            `json:"late"`
	Secret         bool            `json:"secret"`
	Published      bool            `json:"published"`
	Outcome        string          `json:"outcome,omitempty"`
	MergedTo       string          `json:"merged_to,omitempty"` // Thread is then that of this report
	Lat            *float64        `json:"lat,omitempty"`       // public: snapped, unless the reporter is open
	Long           *float64        `json:"long,omitempty"`
	At             time.Time       `json:"at"` // public: published at; else accepted at
	UpdatedAt      time.Time       `json:"updated_at"`
	Clocks         []ClockView     `json:"clocks"`
	AllowedActions []report.Action `json:"allowed_actions"` // of this caller, now; never nil
	Thread         []PostView      `json:"thread"`          // oldest first; never nil
	Rating         *Rating         `json:"rating,omitempty"`
	Reporter       string          `json:"reporter,omitempty"`  // public: name of a reporter who shows it; empty: "Pelapor"
	ErasedAt       *time.Time      `json:"erased_at,omitempty"` // then the texts are empty

	// Reporter and staff only.
	Own *OwnView `json:"own,omitempty"`
	// Staff only.
	Desk *DeskView `json:"desk,omitempty"`
}

// OwnView is what the reporter and staff see beside the public part.
type OwnView struct {
	Identity   string            `json:"identity"`
	Content    string            `json:"content"`
	ShowName   bool              `json:"show_name"`
	HasContact bool              `json:"has_contact"`
	OccurredOn string            `json:"occurred_on,omitempty"`
	Suggested  string            `json:"suggested_agency,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
	Accused    []string          `json:"accused,omitempty"`
	Opened     []IdentityOpening `json:"identity_opened,omitempty"` // the reporter only; oldest first
}

// IdentityOpening is the trace of an opened identity, as its reporter reads it.
type IdentityOpening struct {
	At     time.Time `json:"at"` // before anybody could read the name
	Reason string    `json:"reason"`
	By     []Opener  `json:"by"` // who asked, who agreed
}

// Opener is one of the two who opened an identity: office and subject, no name.
type Opener struct {
	Role    report.Role `json:"role"`
	Subject string      `json:"subject"`
}

// The states of an IdentityRequest.
const (
	IdentityRequested = "requested" // waits for a second custodian
	IdentityAgreed    = "agreed"    // the envelope can be had
	IdentityOpened    = "opened"    // it was handed out, and still can be had
	IdentityExpired   = "expired"   // over: ask anew
)

// IdentityRequest is a request to open a sealed identity.
type IdentityRequest struct {
	ID          string          `json:"id"`
	Report      string          `json:"report"`
	State       string          `json:"state"`
	Reason      string          `json:"reason"`
	RequestedBy string          `json:"requested_by"` // subject
	RequestedAt time.Time       `json:"requested_at"`
	ConsentedBy string          `json:"consented_by,omitempty"` // subject
	ConsentedAt *time.Time      `json:"consented_at,omitempty"`
	OpenedAt    *time.Time      `json:"opened_at,omitempty"`
	ExpiresAt   time.Time       `json:"expires_at"`       // of the request, or once agreed of the consent
	Sealed      *SealedIdentity `json:"sealed,omitempty"` // to the two who agreed only
}

// SealedIdentity is a sealed identity with its envelope for one pair of
// custodians: nothing in it can be read without both of their private keys.
type SealedIdentity struct {
	Field    string `json:"field"`    // FieldIdentity
	First    string `json:"first"`    // opens the outer layer
	Second   string `json:"second"`   // opens the inner one
	Envelope []byte `json:"envelope"` // of the data key
	Person   []byte `json:"person"`   // under the data key: JSON of name, nik, address
}

// DeskView is what only staff see.
type DeskView struct {
	Queue         string        `json:"queue"`
	Unit          string        `json:"unit,omitempty"` // assigned
	SLA           report.SLA    `json:"sla"`
	Returns       int           `json:"returns"`
	Rules         string        `json:"rule_set"`
	PublicTitle   string        `json:"public_title,omitempty"`
	PublicBody    string        `json:"public_body,omitempty"`
	Suggestion    *Redacted     `json:"suggestion,omitempty"`     // of a public copy, for whoever is to make the first one
	Prepared      *PreparedCopy `json:"prepared_copy,omitempty"`  // of the next forward; nil: none
	Drafts        []DraftView   `json:"drafts,omitempty"`         // of officers and heads where the report lies; oldest first
	DraftApproval bool          `json:"draft_approval,omitempty"` // follow-ups wait for a head
	History       string        `json:"history,omitempty"`        // address in the Temporal UI, for who may go there
	Seq           int           `json:"seq"`
	Run           int           `json:"run"`
}

// Redacted is a report without what seems to tell somebody apart: identity numbers
// [NIK], telephone numbers, e-mail addresses and number plates. Names it does not
// find; a person decides what is published.
type Redacted struct {
	Title string   `json:"title"`
	Body  string   `json:"body"`
	Found []string `json:"found"` // what was taken out, each with its kind, as people read it; never nil
}

// ClockView is one clock as people read it.
type ClockView struct {
	Kind        report.ClockKind   `json:"kind"`
	Name        string             `json:"name"` // Indonesian
	Status      report.ClockStatus `json:"status"`
	Unit        string             `json:"unit,omitempty"` // whose calendar counts
	Limit       report.Limit       `json:"limit"`
	StartedAt   time.Time          `json:"started_at"`
	DueAt       *time.Time         `json:"due_at,omitempty"` // exclusive; nil while paused
	DueDate     string             `json:"due_date,omitempty"`
	Late        bool               `json:"late"`
	Provisional bool               `json:"provisional"`
	Calendar    string             `json:"calendar,omitempty"`
	Revision    int                `json:"revision,omitempty"`
	Decree      string             `json:"decree,omitempty"`
	EndedAt     *time.Time         `json:"ended_at,omitempty"`
}

// PostView is one entry of the thread.
type PostView struct {
	ID        string              `json:"id,omitempty"` // names it in its report; not for the public
	Kind      string              `json:"kind"`         // question, answer, reply, follow_up, note, reason
	Role      report.Role         `json:"role"`
	Office    string              `json:"office,omitempty"`
	FollowUp  report.FollowUpKind `json:"follow_up,omitempty"`
	Body      string              `json:"body"`
	At        time.Time           `json:"at"`
	Published bool                `json:"published"`
	Held      bool                `json:"held,omitempty"` // it waits to be confirmed (RULES.md section 6)
	Copy      string              `json:"copy,omitempty"` // what others read in place of Body
}

// Deadline explains one clock.
type Deadline struct {
	ClockView
	Rule        string   `json:"rule"` // rule set
	RuleVersion int      `json:"rule_version,omitempty"`
	RuleFrom    string   `json:"rule_from,omitempty"` // first day of effect of that version; empty: not verified
	Source      string   `json:"source"`              // legal source of this limit
	Start       string   `json:"start"`               // day of receipt in the calendar's zone, YYYY-MM-DD
	Skipped     []DayOff `json:"skipped"`             // days not counted that are no weekends; never nil
	Weekends    int      `json:"weekends"`
	Pauses      []Pause  `json:"pauses"`                   // never nil
	Changes     []Change `json:"changes"`                  // extensions and transfers; never nil
	Said        []Said   `json:"said"`                     // what each state of the calendar gave, oldest first; never nil
	Missing     string   `json:"missing_decree,omitempty"` // that a provisional date waits for
	Earlier     string   `json:"earlier_date,omitempty"`   // date that the current revision gives, where earlier than the binding one
	Sentence    string   `json:"sentence"`                 // Indonesian
	DaysLeft    *int     `json:"-"`                        // working days after today up to the due date; nil unless it runs and has one
}

// Pause is a time in which a clock did not run.
type Pause struct {
	From string `json:"from"`         // YYYY-MM-DD
	To   string `json:"to,omitempty"` // empty: it lasts
}

// Change is an extension, a longer limit or a transfer.
type Change struct {
	Act      calendar.Act `json:"act"`
	On       string       `json:"on"`          // YYYY-MM-DD
	N        int          `json:"n,omitempty"` // units
	Calendar string       `json:"calendar,omitempty"`
}

// Said is what one state of a calendar gave for a clock.
type Said struct {
	On         string     `json:"on"` // the start, or the issue of the decree, YYYY-MM-DD
	Calendar   string     `json:"calendar"`
	Revision   int        `json:"revision"`
	Decree     string     `json:"decree,omitempty"` // key; empty at the start
	DueDate    string     `json:"due_date"`
	RecordedAt *time.Time `json:"recorded_at,omitempty"` // when the operator loaded the decree that moved the clock
}

// DayOff is one day that was not counted.
type DayOff struct {
	Date   string `json:"date"` // YYYY-MM-DD
	Name   string `json:"name"`
	Decree string `json:"decree"`          // key
	Title  string `json:"title,omitempty"` // official numbers
}

// Page is one page of a list, newest first.
type Page struct {
	Reports []Card `json:"reports"`
	Next    string `json:"next,omitempty"` // cursor; empty: the last page
}

// FeatureCollection is a list as GeoJSON, RFC 7946.
type FeatureCollection struct {
	Type         string    `json:"type"`
	Features     []Feature `json:"features"`
	WithoutPoint int       `json:"without_point"` // foreign member: reports that have no point
}

// Feature is one report on the map.
type Feature struct {
	Type       string            `json:"type"`
	ID         string            `json:"id"`
	Geometry   Point             `json:"geometry"`
	Properties FeatureProperties `json:"properties"`
}

// Point is a GeoJSON point: longitude, latitude.
type Point struct {
	Type        string     `json:"type"`
	Coordinates [2]float64 `json:"coordinates"`
}

// FeatureProperties is what the map says of a report.
type FeatureProperties struct {
	Title    string       `json:"title"`
	Category string       `json:"category"`
	Agency   string       `json:"agency"`
	Region   string       `json:"region"`
	Class    report.Class `json:"class"`
	Stage    report.Stage `json:"stage"`
	Label    string       `json:"label"`
	Late     bool         `json:"late"`
	At       time.Time    `json:"at"`
	DueAt    *time.Time   `json:"due_at,omitempty"`
}

// TimelineEntry is one thing that happened.
type TimelineEntry struct {
	Seq       int                `json:"seq"`
	Action    report.Action      `json:"action"`
	Role      report.Role        `json:"role"`
	Office    string             `json:"office,omitempty"`
	At        time.Time          `json:"at"` // receipt of the command
	From      report.Stage       `json:"from,omitempty"`
	To        report.Stage       `json:"to"`
	Label     string             `json:"label"` // of To
	Reason    string             `json:"reason,omitempty"`
	Deadlines []TimelineDeadline `json:"deadlines"` // of the clocks that ran after it; never nil
}

// TimelineDeadline is a deadline as it was then and as it is now.
type TimelineDeadline struct {
	Kind report.ClockKind `json:"kind"`
	Name string           `json:"name"`
	Then *time.Time       `json:"then,omitempty"`
	Now  *time.Time       `json:"now,omitempty"`
}

// Due is the answer to CalendarDue.
type Due struct {
	Calendar    string    `json:"calendar"`
	DueDate     string    `json:"due_date"` // YYYY-MM-DD, local
	DueAt       time.Time `json:"due_at"`   // the following local midnight, exclusive
	Revision    int       `json:"revision"`
	Provisional bool      `json:"provisional"`
	Start       string    `json:"start"`    // local day of receipt, not counted
	DaysOff     []DayOff  `json:"days_off"` // never nil
	Weekends    int       `json:"weekends"`
	Said        []Said    `json:"said"`     // what each revision since the start gave a clock that ran; never nil
	Sentence    string    `json:"sentence"` // Indonesian
}

// View is a link into the Temporal UI.
type View struct {
	Name  string `json:"name"`  // Indonesian
	Query string `json:"query"` // of the visibility store, with today's date
	URL   string `json:"url"`
}

// Visibility is the answer to SetVisibility.
type Visibility struct {
	CommandID string `json:"command_id,omitempty"` // of the command, once there is one
	State     string `json:"state"`                // StateWaiting, StateApplied, or StateConsented
	Reporter  bool   `json:"reporter_consented"`
	Admins    int    `json:"admins_consented"` // of 2
}

// StateConsented is the state while the consent is noted and others are missing.
const StateConsented = "consented"

// NewCode is the answer to ReplaceCode.
type NewCode struct {
	AccessCode string `json:"access_code,omitempty"` // only if the old code was presented
	Sent       bool   `json:"sent"`                  // asked without the old code: if there is such a report with a contact, it is on its way
}
