package web_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The whole of a report on a small screen without JavaScript: filed, found again,
// replied to, rated.
func TestACitizenFilesAndFollowsAReportWithoutJavaScript(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	b := w.browse(phone, false)
	b.open("/")
	b.press(`.hero a.button`)
	b.fill("title", "Jalan berlubang di depan pasar")
	b.fill("body", "Lubang sedalam dua jengkal, berbahaya pada malam hari.")
	b.tick("f-class-complaint_ordinary")
	b.choose("category", "Jalan Berlubang")
	b.press(`button[value="2"]`)
	b.choose("region", "KABUPATEN BANDUNG")
	b.choose("agency", "Dinas Pekerjaan Umum dan")
	b.press(`button[value="3"]`)
	b.press(`button[value="periksa"]`)
	b.reads("Belum ada yang terkirim", "tidak ada yang dapat menggantinya")
	b.press(`button[value="kirim"]`)
	id, code := b.text("#nomor"), b.text("#kode")
	w.forward(id, "Jalan berlubang di depan pasar", "Lubang sedalam dua jengkal.")
	w.answer(id, "Lubang akan ditambal pekan ini.")
	b.open("/lacak")
	b.fill("id", id)
	b.press(`main button`)
	b.reads("Lubang akan ditambal pekan ini.", "Ini laporan Anda?")
	b.fill("code", code)
	b.press(`main button`)
	b.fill("text", "Masih berlubang satu lagi.")
	b.press(`button[value="reply"]`)
	b.reads("Balasan Anda sudah diterima.", "Masih berlubang satu lagi.")
	require.NotContains(t, b.text("html"), code)
}
