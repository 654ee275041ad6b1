package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

// Many are forwarded together: those whose copy somebody has confirmed. The page goes
// on by itself and says what became of each.
func TestManyReportsAreForwardedWhereTheCopyIsConfirmed(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	var ids []string
	for i := range 3 {
		r := w.file(func(s *office.Submission) { s.Title = fmt.Sprintf("Lampu jalan padam nomor %d", i+1) })
		ids = append(ids, r.ID)
	}
	b := w.browse(desktop, true)
	b.signsIn(anAdmin, "/meja/laporan/"+ids[0])
	for _, id := range ids[:2] {
		b.open("/meja/laporan/" + id)
		b.unfoldAct("prepare_copy")
		b.press(`button[value="prepare_copy"]`)
		b.reads("Salinan publik dikonfirmasi.", "Belum terverifikasi")
	}
	b.open("/meja")
	for _, id := range ids {
		own[bool](b, `document.querySelector('input[value="`+id+`"]').checked = true`)
	}
	b.press(`main form[action$="/baru"] button`)
	b.reads("3 laporan dipilih", "Lampu jalan padam nomor 1")
	b.axe("new bulk")
	b.shoot("desk-bulk-new")
	b.unfoldAct("forward")
	b.press(`button[value="forward"]`)
	b.reads("Ada yang perlu diperbaiki")
	own[string](b, `document.getElementById("f-forward-agency").value = "`+pupr+`"`)
	b.press(`button[value="forward"]`)
	b.until(`document.querySelector("main").innerText.includes("Semua sudah dikerjakan")`)
	b.reads("3 dari 3 laporan dikerjakan. 1 ditolak.", "selesai", "Salinan publik")
	b.axe("bulk")
	b.shoot("desk-bulk")
	for i, id := range ids {
		v, err := w.Report(t.Context(), w.as(anAdmin), id)
		require.NoError(t, err)
		require.Equal(t, i < 2, v.Stage == report.FollowUp, id)
	}
}

// A job that breaks off is gone on with where it stopped, without JavaScript too, and
// nothing is done twice.
func TestABrokenOffJobIsResumed(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	var ids []string
	for i := range 25 {
		ids = append(ids, w.file(func(s *office.Submission) { s.Title = fmt.Sprintf("Iklan obat nomor %d", i+1) }).ID)
	}
	v := w.visitor()
	v.comesAs(anAdmin, "/meja")
	form := url.Values{"laporan": ids, "tindakan": {"archive"}, "reason": {"advertisement"}, "kunci": {strings.Repeat("k", 32)}}
	begun := v.send(http.MethodPost, "/meja/massal", form)
	require.Equal(t, http.StatusOK, begun.status)
	require.Contains(t, begun.body, "0 dari 25 laporan dikerjakan")
	require.Equal(t, begun.url, v.send(http.MethodPost, "/meja/massal", form).url, "sent twice it is one job")
	half := v.post(begun.url + "/lanjut")
	require.Contains(t, half.body, "20 dari 25 laporan dikerjakan")
	require.Contains(t, half.body, "Lanjutkan")
	require.Contains(t, v.get("/meja/massal").body, begun.url)
	require.Equal(t, http.StatusNotFound, func() int {
		other := w.visitor()
		other.comesAs("admin.national", "/meja")
		return other.get(begun.url).status
	}(), "a job is its owner's alone")
	require.Contains(t, v.post(begun.url+"/lanjut").body, "Semua sudah dikerjakan")
	require.Contains(t, v.post(begun.url+"/lanjut").body, "25 dari 25")
	for _, id := range ids {
		all, err := w.Timeline(t.Context(), w.as(anAdmin), id)
		require.NoError(t, err)
		require.Len(t, slices.DeleteFunc(all, func(e office.TimelineEntry) bool { return e.Action != report.Archive }), 1)
	}
}

// What the desk offers for many is what the office does for many.
func TestTheDeskOffersTheBulkActsOfTheOffice(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.file()
	var offered []report.Action
	for _, who := range []string{anAdmin, anOfficer} {
		v := w.visitor()
		page := v.comesAs(who, "/meja/massal/baru?laporan="+r.ID)
		for _, a := range report.Table {
			if strings.Contains(page.body, `name="tindakan" value="`+string(a.Action)+`"`) && !slices.Contains(offered, a.Action) {
				offered = append(offered, a.Action)
			}
		}
	}
	require.ElementsMatch(t, office.BulkActs, offered)
}
