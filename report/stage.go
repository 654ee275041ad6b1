package report

// Stage is where a report stands. The value is what the database and the API
// hold, and never changes.
type Stage string

// The stages. Each comment gives the official term and says who acts next.
const (
	Verification     Stage = "verification"      // belum terverifikasi: the administrator verifies
	AwaitingReporter Stage = "awaiting_reporter" // tertunda: the reporter completes it
	FollowUp         Stage = "follow_up"         // terdisposisi, sedang ditindaklanjuti: the agency answers
	Closure          Stage = "closure"           // ditindaklanjuti: the reporter, or ten silent working days
	Closed           Stage = "closed"            // selesai: nobody, unless reopened
	Archived         Stage = "archived"          // diarsipkan: nobody, unless an administrator reopens it
	Merged           Stage = "merged"            // digabung: whoever acts on the target
	Withdrawn        Stage = "withdrawn"         // dicabut: nobody, for good
)

// Stages lists all stages in the order of a report's life.
var Stages = []Stage{Verification, AwaitingReporter, FollowUp, Closure, Closed, Archived, Merged, Withdrawn}

// Open reports whether a workflow runs for a report in this stage.
func (s Stage) Open() bool {
	switch s {
	case Verification, AwaitingReporter, FollowUp, Closure:
		return true
	}
	return false
}

// Valid reports whether s is one of Stages.
func (s Stage) Valid() bool {
	return s.Open() || s == Closed || s == Archived || s == Merged || s == Withdrawn
}

// Label returns the official Indonesian label of the stage; accepted says
// whether the agency has accepted the report [sedang ditindaklanjuti].
func (s Stage) Label(accepted bool) string {
	switch s {
	case Verification:
		return "Belum terverifikasi"
	case AwaitingReporter:
		return "Tertunda"
	case FollowUp:
		if accepted {
			return "Sedang ditindaklanjuti"
		}
		return "Terdisposisi"
	case Closure:
		return "Ditindaklanjuti"
	case Closed:
		return "Selesai"
	case Archived:
		return "Diarsipkan"
	case Merged:
		return "Digabung"
	case Withdrawn:
		return "Dicabut"
	}
	return string(s)
}
