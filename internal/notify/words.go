package notify

import (
	"fmt"
	"time"

	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// sentences holds what each notice says, by audience and template: the one
// list of RULES.md section 1.3. report.Table names the templates, and the plan of
// the clocks in package store those of reminders and escalations; a test keeps
// them together.
var sentences = map[report.Audience]map[string]string{
	report.ToReporter: {
		"received":           "Laporan Anda telah kami terima dan menunggu verifikasi.",
		"forwarded":          "Laporan Anda telah diteruskan ke instansi yang berwenang.",
		"information_wanted": "Kami memerlukan keterangan tambahan dari Anda.",
		"interim_follow_up":  "Instansi memberi tindak lanjut sementara.",
		"follow_up":          "Instansi telah menindaklanjuti laporan Anda. Tanpa tanggapan, laporan selesai otomatis.",
		"extension":          "Batas waktu instansi diperpanjang.",
		"agency_changed":     "Laporan Anda dialihkan ke instansi lain.",
		"merged":             "Laporan Anda digabung dengan laporan lain yang serupa.",
		"unmerged":           "Laporan Anda dipisahkan kembali dan ditangani sendiri.",
		"deadline_moved":     "Batas waktu laporan Anda berubah karena perubahan hari libur.",
		"closing_tomorrow":   "Laporan Anda selesai otomatis bila tidak ada tanggapan sampai akhir hari kerja berikutnya.",
		"answer_reminder":    "Kami masih menunggu keterangan tambahan dari Anda.",
		"closed":             "Laporan Anda telah selesai. Anda masih dapat membukanya kembali selama masa buka kembali.",
		"archived":           "Laporan Anda diarsipkan. Alasannya dapat dibaca pada halaman laporan.",
		"identity_opened":    "Identitas Anda dibuka oleh dua pemegang kunci. Waktu dan alasannya dapat dibaca pada halaman laporan.",
	},
	report.ToOfficers: {
		"forwarded_to_you":   "Sebuah laporan didisposisikan kepada instansi Anda.",
		"assigned_to_you":    "Sebuah laporan didisposisikan kepada unit Anda.",
		"reply":              "Ada tanggapan pada laporan yang Anda tangani.",
		"reopened":           "Laporan yang Anda tangani dibuka kembali.",
		"withdrawn":          "Laporan yang Anda tangani dicabut oleh pelapor.",
		"extension_granted":  "Permintaan perpanjangan disetujui.",
		"extension_declined": "Permintaan perpanjangan ditolak.",
		"reminder":           "Batas waktu sebuah laporan yang Anda tangani sudah dekat.",
		"late":               "Batas waktu sebuah laporan yang Anda tangani telah lewat.",
	},
	report.ToAdmins: {
		"submitted":            "Ada laporan menunggu verifikasi.",
		"returned":             "Sebuah laporan dikembalikan karena bukan wewenang instansi.",
		"information_supplied": "Pelapor telah melengkapi keterangan.",
		"extension_asked":      "Instansi meminta perpanjangan batas waktu.",
		"reply":                "Ada tanggapan pada laporan dalam antrean Anda.",
		"reminder":             "Batas verifikasi sebuah laporan dalam antrean Anda sudah dekat.",
		"late":                 "Batas waktu sebuah laporan di bawah kewenangan Anda telah lewat.",
	},
	report.ToStaff: {
		"late": "Batas waktu sebuah laporan pada unit di bawah Anda telah lewat.",
	},
	report.ToHeads: {
		"late": "Batas waktu sebuah laporan pada instansi Anda telah lewat. Laporan itu kini dapat Anda baca.",
	},
	report.ToNational: {
		"reminder":   "Batas verifikasi sebuah laporan dalam antrean nasional sudah dekat.",
		"late":       "Batas waktu sebuah laporan telah lewat dan belum ditangani oleh instansi yang berwenang.",
		"still_late": "Sebuah laporan masih terlambat.",
	},
}

// dueLine says until when, as of the sending; empty for a notice that no clock
// caused, and for limits that do not end with a day.
func dueLine(row store.Notice) string {
	day, err := time.Parse(time.DateOnly, row.Day)
	if err != nil {
		return "" // no day
	}
	return fmt.Sprintf("%s: %d %s %d\n", row.Clock.Name(), day.Day(), months[day.Month()-1], day.Year())
}

var months = [...]string{"Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober",
	"November", "Desember"}
