package notify

import "github.com/kawal-id/kawal/report"

// sentences holds what each notice says, by audience and template: the one
// list of RULES.md section 1.3. report.Table names the templates; a test keeps
// the two together.
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
		"closing_tomorrow":   "Laporan Anda selesai otomatis bila tidak ada tanggapan sampai akhir hari kerja ini.",
		"closed":             "Laporan Anda telah selesai. Anda masih dapat membukanya kembali selama masa buka kembali.",
		"archived":           "Laporan Anda diarsipkan. Alasannya dapat dibaca pada halaman laporan.",
	},
	report.ToOfficers: {
		"forwarded_to_you":   "Sebuah laporan didisposisikan kepada instansi Anda.",
		"assigned_to_you":    "Sebuah laporan didisposisikan kepada unit Anda.",
		"reply":              "Ada tanggapan pada laporan yang Anda tangani.",
		"reopened":           "Laporan yang Anda tangani dibuka kembali.",
		"withdrawn":          "Laporan yang Anda tangani dicabut oleh pelapor.",
		"extension_granted":  "Permintaan perpanjangan disetujui.",
		"extension_declined": "Permintaan perpanjangan ditolak.",
		"late":               "Batas waktu sebuah laporan telah lewat.",
	},
	report.ToAdmins: {
		"submitted":            "Ada laporan menunggu verifikasi.",
		"returned":             "Sebuah laporan dikembalikan karena bukan wewenang instansi.",
		"information_supplied": "Pelapor telah melengkapi keterangan.",
		"extension_asked":      "Instansi meminta perpanjangan batas waktu.",
		"reply":                "Ada tanggapan pada laporan dalam antrean Anda.",
		"late":                 "Batas verifikasi sebuah laporan telah lewat.",
	},
}
