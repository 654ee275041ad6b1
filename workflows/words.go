package workflows

import (
	"fmt"
	"strings"
	"time"

	"github.com/kawal-id/kawal/report"
)

// What people read in the Temporal UI, in Indonesian. Nothing here names a
// person, a place or a text.

const (
	patientAttempt  = 30 * time.Second // one try of a regular activity
	patientInterval = 10 * time.Second // between tries, at most
)

var days = [...]string{"Min", "Sen", "Sel", "Rab", "Kam", "Jum", "Sab"}
var months = [...]string{"Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"}

// summary says what a timer is for: "Batas tindak lanjut: Rab 13 Agu 2025 (SKB 2025)".
func summary(w report.Wake) string {
	s := w.Clock.Kind.Name() + ": " + lastDay(w.Clock)
	if w.Soon {
		return "Pengingat, " + s
	}
	return s
}

// lastDay names the last day on which a clock can be met, and the decree by
// which it was counted. The date is the local one that the store found.
func lastDay(c report.Clock) string {
	d, err := time.Parse(time.DateOnly, c.Date)
	if err != nil {
		return c.DueAt.UTC().Format("15:04:05") + " UTC"
	}
	s := fmt.Sprintf("%s %d %s %d", days[d.Weekday()], d.Day(), months[d.Month()-1], d.Year())
	switch {
	case c.Provisional:
		s += " (sementara)"
	case c.Decree != "":
		s += " (" + c.Decree + ")"
	}
	return s
}

// card is the details pane: stage, who acts, all clocks.
func card(s report.State) string {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**, putaran %d\n\n", s.Stage.Label(s.Accepted), s.Round)
	if len(s.Clocks) > 0 {
		b.WriteString("| Batas | Sampai | Keadaan |\n|---|---|---|\n")
	}
	for _, c := range s.Clocks {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", c.Kind.Name(), lastDay(c), standing(c))
	}
	return b.String()
}

func standing(c report.Clock) string {
	switch {
	case c.Late():
		return "terlambat"
	case c.Status == report.Paused:
		return "dijeda"
	}
	return "berjalan"
}

// describe says what a message does, for the forms of the Temporal UI.
func describe(a report.Action) string {
	return descriptions[a]
}

var descriptions = map[report.Action]string{
	report.Forward:          "Disposisi: teruskan ke instansi dan terbitkan.",
	report.RequestInfo:      "Tunda: minta keterangan pelapor.",
	report.SupplyInfo:       "Pelapor melengkapi keterangan.",
	report.PassUp:           "Limpahkan ke antrean tingkat di atas.",
	report.Archive:          "Arsipkan dengan alasan.",
	report.Return:           "Bukan wewenang: kembalikan ke administrator.",
	report.Assign:           "Disposisi ke unit di bawah.",
	report.Accept:           "Instansi menerima laporan.",
	report.Note:             "Catatan internal.",
	report.PostFollowUp:     "Tindak lanjut instansi.",
	report.Reply:            "Tanggapan pelapor atau administrator.",
	report.ConfirmDone:      "Pelapor menyatakan selesai.",
	report.RequestExtension: "Instansi meminta perpanjangan.",
	report.Extend:           "Perpanjang batas waktu.",
	report.DeclineExtension: "Tolak perpanjangan.",
	report.Reassign:         "Alihkan ke instansi lain.",
	report.Merge:            "Gabungkan ke laporan lain.",
	report.Withdraw:         "Pelapor mencabut laporan.",
	report.Amend:            "Ubah klasifikasi, kategori atau wilayah.",
	report.MakeSecret:       "Rahasiakan.",
	report.MakePublic:       "Buka untuk umum setelah tiga persetujuan.",
}
