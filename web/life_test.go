package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

// enter opens a report as its reporter.
func (b *browser) enter(id, code string) {
	b.t.Helper()
	b.open("/laporan/" + id)
	b.fill("code", code)
	b.press(`main form button`)
}

// unfold opens the part of the page in which an act asks whether it is meant.
func (b *browser) unfold(what string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS(`details:has(button[value="` + what + `"]) summary`)))
}

// The whole life of a report as its reporter sees it: asked for more, answered,
// replied to, confirmed, rated, reopened, made secret and withdrawn.
func TestTheWholeLifeOfAReportInABrowser(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	b := w.browse(phone, true)
	b.open("/lapor")
	b.fill("title", "Lampu jalan padam di depan balai warga")
	b.fill("body", "Tiga lampu padam sejak pekan lalu.")
	b.tick("f-class-complaint_ordinary")
	b.choose("category", "Penerangan Jalan")
	b.press(`button[value="2"]`)
	b.choose("region", "Kabupaten Bandung")
	b.press(`button[value="3"]`)
	b.tick("f-identity-open")
	b.fill("name", "Warga Contoh")
	b.fill("contact", "warga@surat.example")
	b.press(`button[value="periksa"]`)
	b.reads("Tulisan asli Anda, dan nama Anda.", "kode baru dapat dikirim ke kontak Anda")
	b.press(`button[value="kirim"]`)
	id, code := b.text("#nomor"), b.text("#kode")
	b.open("/laporan/" + id)
	b.reads("Laporan tidak ditemukan")
	b.enter(id, code)
	b.reads("Laporan ini belum terbit", "Batas verifikasi", "3 hari kerja lagi", "Lampu jalan padam di depan balai warga")

	w.act("admin.national", id, office.Act{Action: report.RequestInfo, Text: "Di jalan apa?"})
	b.open("/laporan/" + id)
	b.reads("Di jalan apa?", "Batas jawaban pelapor", "Lengkapi keterangan")
	b.fill("text", "Jalan Melati nomor satu sampai tiga.")
	b.press(`button[value="supply_info"]`)
	b.reads("Keterangan Anda sudah diterima.", "Jalan Melati nomor satu sampai tiga.")

	w.act("admin.national", id, office.Act{Action: report.Forward, Unit: pupr, PublicTitle: "Lampu jalan padam", PublicBody: "Tiga lampu padam."})
	w.answer(id, "Lampu akan diganti.")
	b.open("/laporan/" + id)
	b.reads("Lampu akan diganti.", "Selesai otomatis", "10 hari kerja lagi", "Nyatakan selesai")
	b.fill("text", "Baru satu yang menyala.")
	b.press(`button[value="reply"]`)
	b.reads("Balasan Anda sudah diterima.", "Baru satu yang menyala.", "Batas tindak lanjut", "5 hari kerja lagi")
	w.answer(id, "Semua sudah menyala.")

	b.open("/laporan/" + id)
	b.press(`button[value="confirm_done"]`)
	b.reads("Pernyataan Anda sudah diterima.", "Selesai", "Batas buka kembali")
	b.tick("f-score-4")
	b.press(`button[value="rate"]`)
	b.reads("Terima kasih atas penilaian Anda.", "Sangat Puas")
	b.press(`button[value="reopen"]`)
	b.reads("Permintaan membuka kembali sudah diterima.", "Batas tindak lanjut")

	b.unfold("make_secret")
	b.press(`button[value="make_secret"]`)
	b.reads("Tandai kotak ini bila Anda yakin.")
	b.tick("f-sure-make_secret")
	b.press(`button[value="make_secret"]`)
	b.reads("Laporan ini sekarang rahasia.")
	other := w.browse(desktop, true)
	other.open("/laporan/" + id)
	other.reads("Laporan tidak ditemukan")

	b.unfold("new_code")
	b.tick("f-sure-new_code")
	b.press(`button[value="new_code"]`)
	fresh := b.text("#kode")
	require.NotEqual(t, code, fresh)
	other.fill("code", code)
	other.press(`main form button`)
	other.reads("Laporan tidak ditemukan")
	other.fill("code", fresh)
	other.press(`main form button`)
	other.reads("Baru satu yang menyala.")

	b.open("/laporan/" + id)
	b.unfold("withdraw")
	b.tick("f-sure-withdraw")
	b.press(`button[value="withdraw"]`)
	b.reads("Laporan dicabut.", "Dicabut")
	w.pass(5 * time.Hour)
	b.open("/laporan/" + id)
	b.reads("Laporan tidak ditemukan")
}

// What a reporter decides about his own: his name in the public copy, secrecy and the
// way back, and in the end that all is erased.
func TestAReporterDecidesWhatStaysOfHisReport(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	b := w.browse(phone, true)
	b.open("/lapor")
	b.fill("title", "Lampu jalan padam di depan balai warga")
	b.fill("body", "Tiga lampu padam sejak pekan lalu.")
	b.tick("f-class-complaint_ordinary")
	b.choose("category", "Penerangan Jalan")
	b.press(`button[value="2"]`)
	b.choose("region", "Kabupaten Bandung")
	b.press(`button[value="3"]`)
	b.until(`document.querySelector("[data-open]").hidden`)
	b.tick("f-identity-open")
	b.fill("name", "Warga Contoh")
	b.fill("contact", "warga@surat.example")
	b.tick("f-show_name")
	b.press(`button[value="periksa"]`)
	b.reads("Nama Anda, Warga Contoh, ikut terbit.")
	b.press(`button[value="kirim"]`)
	id, code := b.text("#nomor"), b.text("#kode")
	w.forward(id, "Lampu jalan padam", "Tiga lampu padam.")
	public := w.browse(phone, false)
	public.open("/laporan/" + id)
	public.reads("Warga Contoh")

	b.enter(id, code)
	for _, act := range []string{"make_secret", "consent_public"} {
		b.unfold(act)
		b.tick("f-sure-" + act)
		b.press(`button[value="` + act + `"]`)
	}
	b.reads("Persetujuan Anda tercatat.")
	public.open("/laporan/" + id)
	public.reads("Laporan tidak ditemukan")
	for _, admin := range []string{"admin.national", "admin.national2"} {
		v := w.visitor()
		v.comesAs(admin, "/meja/laporan/"+id)
		got := v.post("/meja/laporan/"+id+"/tindakan", "tindakan", "consent_public", "sure", "1", "kunci", strings.Repeat("k", 32))
		require.Equal(t, http.StatusOK, got.status)
	}
	public.open("/laporan/" + id)
	public.reads("Lampu jalan padam")

	b.open("/laporan/" + id)
	b.unfold("withdraw")
	b.tick("f-sure-withdraw")
	b.press(`button[value="withdraw"]`)
	b.unfold("erase")
	b.tick("f-sure-erase")
	b.press(`button[value="erase"]`)
	b.reads("Isi laporan sudah dihapus.", "dihapus atas permintaan Anda")
	require.NotContains(t, b.text("main"), "Tiga lampu padam")
	b.axe("erased")
	admin := w.visitor()
	require.NotContains(t, admin.comesAs("admin.national", "/meja/laporan/"+id).body, "Tiga lampu padam")
}
