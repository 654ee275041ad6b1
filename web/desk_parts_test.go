package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

// deskParts are the parts of the desk and who has a tab for them. Everybody else who
// types the address is refused by the office, or shown an empty desk of his own.
var deskParts = map[string][]string{
	"/meja":                   {"admin.tirtajaya", "petugas.pupr", "kepala.pupr"},
	"/meja/tertahan":          {"admin.tirtajaya", "petugas.pupr", "kepala.pupr"},
	"/meja/templat":           {"admin.tirtajaya", "petugas.pupr", "kepala.pupr"},
	"/meja/konsep":            {"petugas.pupr", "kepala.pupr"},
	"/meja/massal":            {"admin.tirtajaya", "petugas.pupr"},
	"/meja/kalender":          {"admin.tirtajaya", "admin.national"},
	"/meja/kalender/national": {"admin.tirtajaya", "admin.national"},
	"/meja/identitas":         {"kustodian.1"},
	"/meja/pemberitahuan":     {"admin.national", "inspektorat.supervisor"},
	"/meja/temporal":          {"inspektorat.supervisor", "auditor"},
	"/meja/audit":             {"auditor"},
}

// closed are the parts that the office shuts to others.
var closed = []string{"/meja/identitas", "/meja/pemberitahuan", "/meja/temporal", "/meja/audit"}

// Tried by taking a role out of a tab, and by showing all tabs to everybody.
func TestEachPartOfTheDeskIsThereForItsPeople(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	people := map[string]*visitor{}
	for _, subject := range []string{"admin.national", "admin.tirtajaya", "petugas.pupr", "kepala.pupr", "inspektorat.supervisor", "auditor", "kustodian.1"} {
		people[subject] = w.visitor()
		first := people[subject].comesAs(subject, "/meja")
		require.Equal(t, http.StatusOK, first.status, subject)
		for _, m := range regexp.MustCompile(`href="(/meja[a-z/]*)"`).FindAllStringSubmatch(first.body, -1) {
			if m[1] == "/meja" && !strings.Contains(first.body, `<li><a href="/meja">Antrean`) {
				continue // the way to the desk below every page
			}
			require.Equal(t, http.StatusOK, people[subject].get(m[1]).status, "%s %s", subject, m[1])
		}
	}
	for path, may := range deskParts {
		for _, subject := range may {
			require.Equal(t, http.StatusOK, people[subject].get(path).status, "%s %s", subject, path)
		}
	}
	for _, path := range closed {
		for subject, v := range people {
			tab := strings.Contains(v.get("/meja").body, `href="`+path+`"`)
			got := v.get(path).status
			require.Equal(t, tab, got == http.StatusOK, "%s %s: %d", subject, path, got)
		}
	}
}

// Two people and a decree: one tries it out, another commits it, and the report says
// why its date moved.
func TestADecreeIsTriedOutAndCommittedByTwo(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.file()
	w.forward(r.ID, "Jalan berlubang", "Lubang dalam.")
	first := w.browse(desktop, true)
	first.signsIn("admin.national", "/meja/kalender/national")
	first.set("f-d-key", "SKB-uji")
	first.set("f-d-issued_on", "2026-10-07")
	first.set("f-d-year", "2026")
	first.set("f-d-decree_title", "Perubahan cuti bersama 2026")
	first.set("f-d-days_text", "2026-10-12 collective_leave")
	first.press(`main form button`)
	first.reads("Baris ke-1")
	require.Equal(t, "Perubahan cuti bersama 2026", own[string](first, `document.querySelector("#f-d-decree_title").value`), "what was typed is kept")
	first.axe("decree refused")
	first.set("f-d-days_text", "2026-10-12; collective_leave; Cuti bersama tambahan")
	first.press(`main form button`)
	first.reads("Batas waktu 1 laporan akan bergeser", "orang lain yang menetapkan", r.ID)
	first.axe("plan")
	first.shoot("desk-plan")

	again := w.visitor()
	again.comesAs("admin.national", "/meja")
	plan := regexp.MustCompile(`name="plan" value="([^"]+)"`)
	second := w.visitor()
	page := second.comesAs("admin.national2", "/meja/kalender/national/SKB-uji")
	id := plan.FindStringSubmatch(page.body)
	require.Len(t, id, 2)
	require.Equal(t, http.StatusForbidden, again.post("/meja/kalender/national/SKB-uji", "tindakan", "commit", "plan", id[1]).status, "who tried it out does not commit it")
	list := second.get("/meja/kalender/national/SKB-uji/daftar.csv")
	require.Equal(t, "text/csv; charset=utf-8", list.header.Get("Content-Type"))
	require.Contains(t, list.body, r.ID+","+pupr+",first_follow_up,")
	done := second.post("/meja/kalender/national/SKB-uji", "tindakan", "commit", "plan", id[1])
	require.Equal(t, http.StatusOK, done.status)
	require.Contains(t, done.body, "1 laporan bergeser")
	require.Contains(t, second.get("/laporan/"+r.ID).body, "Cuti bersama tambahan")
	require.Contains(t, second.get("/meja/laporan/"+r.ID).body, "Batas waktu bergeser karena keputusan")
}

func TestAHeldReplyAppearsInItsRedactedCopy(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.file()
	w.forward(r.ID, "Jalan berlubang", "Lubang dalam.")
	w.answer(r.ID, "Sudah ditambal.")
	w.says(r, office.Act{Action: report.Reply, Text: "Belum. Hubungi saya di 0812-3456-7890."})
	b := w.browse(phone, true)
	b.signsIn(anAdmin, "/meja/tertahan")
	b.reads("Belum. Hubungi saya di 0812-3456-7890.")
	b.axe("held")
	b.shoot("desk-held-reply")
	require.NotContains(t, own[string](b, `document.querySelector("main textarea").value`), "3456")
	own[string](b, `document.querySelector("main textarea").value = "Belum. Telepon 0812-3456-7890."`)
	b.press(`main form button`)
	b.reads("nomor telepon")
	b.axe("held refused")
	own[string](b, `document.querySelector("main textarea").value = "Belum ditambal semua."`)
	b.press(`main form button`)
	b.reads("Teks itu sekarang tampil.", "Tidak ada yang menunggu Anda.")
	public := w.visitor().get("/laporan/" + r.ID)
	require.Contains(t, public.body, "Belum ditambal semua.")
	require.NotContains(t, public.body, "3456")
}

// In a unit that wants it an officer saves a draft; his head gives it back, then posts
// it.
func TestADraftIsPostedByAHead(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	unit := office.Agency{}
	all, err := w.Agencies(t.Context())
	require.NoError(t, err)
	for _, a := range all {
		if a.ID == pupr {
			unit = a
		}
	}
	unit.DraftApproval = true
	require.NoError(t, w.PutAgency(t.Context(), w.as("admin.national"), unit))
	_, err = w.PutTemplate(t.Context(), w.as("kepala.pupr"), office.Template{ID: "tambal", Unit: pupr, Name: "Penambalan", Text: "Lubang akan ditambal."})
	require.NoError(t, err)
	r := w.file()
	w.forward(r.ID, "Jalan berlubang", "Lubang dalam.")

	officer := w.browse(phone, true)
	officer.signsIn(anOfficer, "/meja/laporan/"+r.ID+"?templat=tambal")
	officer.reads("simpan konsep")
	require.Equal(t, "Lubang akan ditambal.", own[string](officer, `document.querySelector("#f-save_draft-text").value`))
	officer.axe("draft form")
	officer.press(`button[value="save_draft"]`)
	officer.reads("Konsep tersimpan dan menunggu kepala.", "Lubang akan ditambal.")
	require.NotContains(t, w.visitor().get("/laporan/"+r.ID).body, "akan ditambal")

	head := w.browse(desktop, true)
	head.signsIn("kepala.pupr", "/meja/konsep")
	head.reads("Lubang akan ditambal.", "menunggu kepala")
	head.axe("drafts")
	head.shoot("desk-drafts-head")
	head.press(`button[value="return_draft"]`)
	head.reads("Alasan")
	own[string](head, `document.querySelector("main textarea").value = "Sebut tanggalnya."`)
	head.press(`button[value="return_draft"]`)
	head.reads("Konsep dikembalikan.")
	officer.open("/meja/konsep")
	officer.reads("Sebut tanggalnya.", "dikembalikan")
	officer.open("/meja/laporan/" + r.ID)
	officer.unfoldAct("save_draft")
	officer.set("f-save_draft-text", "Lubang akan ditambal Jumat ini.")
	officer.press(`button[value="save_draft"]`)
	head.open("/meja/konsep")
	head.press(`button[value="approve_draft"]`)
	head.reads("Konsep disetujui dan terkirim.", "Tidak ada konsep")
	require.Contains(t, w.visitor().get("/laporan/"+r.ID).body, "Lubang akan ditambal Jumat ini.")
}

// The desk lets custodians ask and agree; a name it never shows.
func TestCustodiansAskAndAgreeAtTheDesk(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.file(func(s *office.Submission) {
		s.Identity, s.Name, s.Contact = office.IdentitySealed, "Warga Contoh", "warga@surat.example"
	})
	first, second := w.browse(phone, true), w.browse(desktop, true)
	first.signsIn("kustodian.1", "/meja/identitas")
	first.set("f-k-id", r.ID)
	first.set("f-k-reason_text", "Terlalu pendek")
	first.press(`main form button`)
	first.reads("20")
	first.axe("custody refused")
	first.set("f-k-reason_text", "Pelapor terancam dan perlu dilindungi segera.")
	first.press(`section[aria-labelledby=minta] button`)
	first.reads("Menunggu kustodian kedua.", r.ID)
	second.signsIn("kustodian.2", "/meja/identitas")
	second.reads("Pelapor terancam")
	second.axe("custody")
	second.shoot("desk-custody-agree")
	second.press(`section[aria-labelledby=permintaan] button`)
	second.reads("kawal custodian open "+r.ID, "--as kustodian.2")
	require.NotContains(t, second.text("main"), "Warga Contoh")
}

func TestTheAuditLogIsReadAtTheDesk(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.file()
	w.forward(r.ID, "Jalan berlubang", "Lubang dalam.")
	v := w.visitor()
	page := v.comesAs("auditor", "/meja/audit?report="+r.ID)
	require.Contains(t, page.body, anAdmin)
	require.Contains(t, page.body, "<code>forward</code>")
	require.Equal(t, http.StatusUnprocessableEntity, v.get("/meja/audit?from=kemarin").status)
	require.Contains(t, v.get("/meja/audit?subject=auditor").body, "<code>read_audit</code>", "the reading is in it")
}
