package policy_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/report"
)

var update = flag.Bool("update", false, "rewrite docs/authorization.md")

const preface = `# Who may do what

Generated from the matrix of internal/policy by ` + "`go test ./internal/policy -update`" + `; do not edit.

Each cell says when a role may do an action; a dash, or a role without a column, means never. The words are
those of the matrix, which states RULES.md sections 1.1, 5 and 6 a second time, apart from the code, and holds
both against each other in every world: role x action x identity x content x relation x stage.

Before every cell but those of read_public, read_catalogue and submit:

- Whose office lies in an accused tree [terlapor] may not, whatever the cell says. No reporter is shut out.
- Who is administrator and custodian, or administrator and auditor, may not: such duties must be apart.
- A person with several offices may what one of them allows.
- Who may not read an unpublished report gets the same answer as for one that does not exist.
- What supervisors and auditors read, and any reading of an identity by others than its reporter, is logged.
- What a stage allows is another question: [stages.md](stages.md).

| word | meaning |
|---|---|
| queue | the report is in the queue of his unit or of one below it, or he is national |
| reach | queue; or, unless secret, the report is addressed to his unit or one below it |
| holds | the report is with his unit or one below it; a secret one only within the addressed agency |
| escalated | it was escalated to this very office, and is still with or queued in his unit or below it |
| national | an office of the national level, or of no unit |
| published, secret | of the content; a secret report is never published |
| open, sealed | of the reporter's identity [anonim: sealed] |
| above | his unit lies above that unit, or he is national; never that unit itself |
`

// what an action is, in words, with the official term where there is one.
var what = map[policy.Action]string{
	policy.ReadPublic:                  "the published copy",
	policy.Read:                        "the report with thread, timeline and deadlines; texts in redacted copy",
	policy.ReadOriginal:                "the reporter's own words",
	policy.ReadNotes:                   "internal notes [catatan internal]",
	policy.ReadPackage:                 "one file for the Ombudsman",
	policy.ReadCommand:                 "what became of a command",
	policy.DecodeHistory:               "payloads of its workflow in the Temporal UI",
	policy.Of(report.SupplyInfo):       "supply information [lengkapi]",
	policy.Of(report.ConfirmDone):      "declare it done [nyatakan selesai]",
	policy.Of(report.Withdraw):         "withdraw [cabut]",
	policy.Rate:                        "rate [nilai]",
	policy.ReplaceCode:                 "another access code [kode akses]",
	policy.Erase:                       "erase personal data [hapus data pribadi, UU 27/2022]",
	policy.Of(report.Reply):            "reply [tanggapan]",
	policy.Of(report.MakeSecret):       "make secret [rahasiakan]: at once",
	policy.Of(report.Reopen):           "reopen [buka kembali]",
	policy.ConsentPublic:               "one of the three voices that make it public: the reporter and two administrators",
	policy.Of(report.Forward):          "forward to an agency [disposisi]",
	policy.Of(report.RequestInfo):      "ask for information [tunda]",
	policy.Of(report.PassUp):           "pass up [limpahkan ke atas]",
	policy.Of(report.Archive):          "archive [arsipkan]",
	policy.Of(report.Reassign):         "reassign [alihkan instansi]",
	policy.Of(report.Merge):            "merge [gabungkan]",
	policy.Of(report.Unmerge):          "unmerge [pisahkan]",
	policy.Of(report.Amend):            "change class, category, region, accused",
	policy.Of(report.Extend):           "grant an extension [perpanjang]",
	policy.Of(report.DeclineExtension): "decline it",
	policy.ConfirmCopy:                 "let a held text of the reporter appear, in its redacted copy",
	policy.Of(report.Accept):           "accept [terima]",
	policy.Of(report.Assign):           "hand down to a unit below",
	policy.Of(report.Note):             "write a note [catatan internal]",
	policy.Of(report.PostFollowUp):     "follow up [tindak lanjut]",
	policy.Of(report.Return):           "return [bukan wewenang]",
	policy.Of(report.RequestExtension): "ask for an extension",
	policy.ConfirmFollowUp:             "let his own held follow-up appear",
	policy.PrepareCopy:                 "confirm the redacted copy before forwarding [salinan publik]",
	policy.SaveDraft:                   "save a follow-up for a head [konsep tindak lanjut]",
	policy.ReadDraft:                   "read such a draft",
	policy.ApproveDraft:                "post it in his name, or give it back with a reason",
	policy.DeleteDraft:                 "delete his own",
	policy.ReadTemplates:               "templates of his unit and those above it [templat tanggapan]",
	policy.PutTemplate:                 "a template of a unit",
	policy.RunBulk:                     "an act on many reports, each as if done alone [tindakan massal]",
	policy.ListIdentityRequests:        "requests that are not over, of reports whose envelope he holds",
	policy.ReadIdentity:                "name, NIK and address of an open reporter",
	policy.RequestIdentity:             "ask to open a sealed identity",
	policy.ConsentIdentity:             "agree to it",
	policy.OpenIdentity:                "take part in opening it",
	policy.Of(report.Submit):           "file a report [lapor]",
	policy.ReadCatalogue:               "units, categories, regions, calendars, rule sets",
	policy.List:                        "list what he may read",
	policy.ReadStatistics:              "count what he may read",
	policy.ReadQueue:                   "what waits for him",
	policy.ReadViews:                   "links into the Temporal UI",
	policy.ReadAudit:                   "the audit log",
	policy.ReadDeadLetters:             "notices that could not be sent, of reports he may read",
	policy.Requeue:                     "try such a notice again",
	policy.PutAgency:                   "a unit: its parent, oversight, calendar, rule set",
	policy.PutStaff:                    "a person's office",
	policy.PutCategory:                 "a category",
	policy.PutCalendar:                 "a new calendar",
	policy.PlanDecree:                  "try a decree out",
	policy.CommitDecree:                "commit one that another tried out",
}

// page is docs/authorization.md.
func page() string {
	var b strings.Builder
	b.WriteString(preface)
	for _, g := range expected {
		var columns []policy.Role
		for _, r := range policy.Roles {
			if slices.ContainsFunc(g.rows, func(x row) bool { return x.who[r].holds != nil }) {
				columns = append(columns, r)
			}
		}
		fmt.Fprintf(&b, "\n## %s\n\n| action |", g.title)
		for _, r := range columns {
			fmt.Fprintf(&b, " %s |", r)
		}
		fmt.Fprintf(&b, "\n|---|%s\n", strings.Repeat("---|", len(columns)))
		for _, x := range g.rows {
			fmt.Fprintf(&b, "| `%s`: %s |", x.action, what[x.action])
			for _, r := range columns {
				fmt.Fprintf(&b, " %s |", or(x.who[r].words, "–"))
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// The page says what the matrix holds against the code. Tried by changing a word
// of it.
func TestThePageOfTheDocumentsIsCurrent(t *testing.T) {
	t.Parallel()
	const file = "../../docs/authorization.md"
	for _, a := range policy.Actions() {
		require.NotEmpty(t, what[a], a)
	}
	require.Len(t, what, len(policy.Actions()))
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(page()), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), page(), "run: go test ./internal/policy -update")
}
