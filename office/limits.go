package office

// The limits of what people send, in runes after trimming. All are ours.
const (
	MinTitle      = 10
	MaxTitle      = 150
	MaxBody       = 20_000
	MaxText       = 20_000 // of replies, follow-ups, notes, reasons
	MaxAttributes = 50
	MaxAttribute  = 1_000
	MaxAccused    = 20
	MaxName       = 200
	MaxAddress    = 500
	MaxDocuments  = 3
	MaxDocument   = 128 << 10 // bytes
	MinReason     = 20        // of opening an identity: the reporter reads it
	MaxReason     = 1_000

	MaxTemplateName = 100
	MaxTemplate     = 5_000
)

// NotFoundSentence is what everyone reads who asks for a report that does not
// exist, is secret, is not yet published, or whose code he does not have.
const NotFoundSentence = "Laporan tidak ditemukan, atau kode aksesnya tidak cocok."
