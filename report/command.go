package report

import (
	"slices"
	"time"

	"github.com/kawal-id/kawal/internal/fault"
)

// Role is in whose name a command is given. A gateway acts as the reporter
// whose code it carries, an integrator as an officer of its unit.
type Role string

// The roles that move a report.
const (
	Reporter Role = "reporter" // pelapor
	Admin    Role = "admin"    // admin nasional, admin instansi, koordinator
	Officer  Role = "officer"  // pejabat penghubung
	System   Role = "system"   // a clock ran out; never a person
)

// Action is what a command does. The value names the update, the signal and
// the row of the timeline, and never changes.
type Action string

// The actions.
const (
	Submit           Action = "submit"            // lapor: the first row of every timeline, not a command
	Forward          Action = "forward"           // disposisi
	RequestInfo      Action = "request_info"      // tunda: minta keterangan
	SupplyInfo       Action = "supply_info"       // lengkapi
	PassUp           Action = "pass_up"           // limpahkan ke atas
	Archive          Action = "archive"           // arsipkan
	Return           Action = "return"            // bukan wewenang
	Assign           Action = "assign"            // disposisi ke unit di bawah
	Accept           Action = "accept"            // terima
	Note             Action = "note"              // catatan internal
	PostFollowUp     Action = "follow_up"         // tindak lanjut
	Reply            Action = "reply"             // tanggapan
	ConfirmDone      Action = "confirm_done"      // nyatakan selesai
	RequestExtension Action = "request_extension" // minta perpanjangan
	Extend           Action = "extend"            // perpanjang
	DeclineExtension Action = "decline_extension" // tolak perpanjangan
	Reassign         Action = "reassign"          // alihkan instansi
	Merge            Action = "merge"             // gabungkan
	Unmerge          Action = "unmerge"           // pisahkan
	Withdraw         Action = "withdraw"          // cabut
	Reopen           Action = "reopen"            // buka kembali
	Amend            Action = "amend"             // ubah klasifikasi, kategori, wilayah
	MakeSecret       Action = "make_secret"       // rahasiakan
	MakePublic       Action = "make_public"       // buka untuk umum
	Close            Action = "close"             // selesai otomatis: C passes
	NoAnswer         Action = "no_answer"         // tidak dilengkapi: A passes
	MarkLate         Action = "mark_late"         // terlambat: V, F or R passes
	CloseWithTarget  Action = "close_with_target" // selesai bersama laporan induk
)

// FollowUpKind says whether a follow-up answers the report for good.
type FollowUpKind string

// The kinds of follow-up.
const (
	Concluding FollowUpKind = "concluding" // the default
	Interim    FollowUpKind = "interim"    // meets F only, possible while R runs
)

// ArchiveReasons lists why a report may be archived; no_answer is the system's.
var ArchiveReasons = []string{
	"wrong_format", "too_general", "not_government_performance", "unintelligible", "out_of_scope",
	"duplicate", "insulting", "advertisement", "before_court", "already_handled", "no_answer",
}

// Command is one act on one report, as the workflow and its history know it:
// codes, times and digests, never a name or a sentence.
type Command struct {
	ID         string       `json:"id"` // UUID; repeating a command with the same ID does nothing
	Action     Action       `json:"action"`
	By         Role         `json:"by"`
	Office     string       `json:"office,omitempty"`     // unit in whose name staff acts; empty for the reporter
	ReceivedAt time.Time    `json:"received_at"`          // commit of the command, UTC: commands are judged by it
	Unit       string       `json:"unit,omitempty"`       // addressed agency, unit below, or queue above
	Target     string       `json:"target,omitempty"`     // merge: the report merged into
	Kind       FollowUpKind `json:"kind,omitempty"`       // follow_up
	Reason     string       `json:"reason,omitempty"`     // archive: one of ArchiveReasons
	Clock      ClockKind    `json:"clock,omitempty"`      // extensions, mark_late
	ClockSeq   int          `json:"clock_seq,omitempty"`  // mark_late
	Days       int          `json:"days,omitempty"`       // extension asked: units of the clock's limit
	Class      Class        `json:"class,omitempty"`      // amend; empty: unchanged
	Category   string       `json:"category,omitempty"`   // amend
	Region     string       `json:"region,omitempty"`     // amend
	Digests    []string     `json:"digests,omitempty"`    // SHA-256, hex, of the texts the command carries, in order
	NoContact  bool         `json:"no_contact,omitempty"` // the reporter left no contact: no notices to him
}

// texts are the actions that carry at least one text.
var texts = []Action{RequestInfo, SupplyInfo, Return, Note, PostFollowUp, Reply}

// Check reports whether the command is well formed: fault.Invalid naming the
// field of the request otherwise. It does not look at any report.
func (c Command) Check() error {
	switch {
	case slices.Contains(texts, c.Action) && len(c.Digests) == 0:
		return fault.At("/text", "Teks wajib diisi.")
	case slices.Contains([]Action{Forward, Reassign, Assign, PassUp}, c.Action) && c.Unit == "":
		return fault.At("/agency", "Instansi tujuan wajib diisi.")
	case c.Action == Archive && (c.Reason == "no_answer" || !slices.Contains(ArchiveReasons, c.Reason)):
		return fault.At("/reason", "Alasan %q tidak dikenal.", c.Reason)
	case c.Action == Merge && c.Target == "":
		return fault.At("/target", "Laporan tujuan wajib diisi.")
	case c.Action == PostFollowUp && c.Kind != Concluding && c.Kind != Interim:
		return fault.At("/kind", "Jenis tindak lanjut harus concluding atau interim.")
	case c.Action == RequestExtension && c.Days < 1:
		return fault.At("/days", "Lama perpanjangan harus 1 atau lebih.")
	case c.Action == RequestExtension && c.Clock != FirstFollowUp && c.Clock != Resolution:
		return fault.At("/clock", "Hanya first_follow_up dan resolution dapat diperpanjang.")
	case c.Action == Amend && c.Class == "" && c.Category == "" && c.Region == "":
		return fault.At("", "Sebut paling sedikit satu: class, category, region, accused.")
	case c.Action == Amend && c.Class != "" && !c.Class.Valid():
		return fault.At("/class", "Klasifikasi %q tidak dikenal.", c.Class)
	}
	return nil
}
