package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/auth"
	"github.com/kawal-id/kawal/internal/issuer"
	"github.com/kawal-id/kawal/internal/sample"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/web"
)

// signIn is a real issuer that lets anybody be any of the sample's people.
func (w *town) signIn() web.SignIn {
	w.t.Helper()
	var h http.Handler
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { h.ServeHTTP(rw, r) }))
	w.t.Cleanup(srv.Close)
	w.issuer = srv.URL
	people := []issuer.Persona{{Subject: "orang.asing", Name: "Orang Asing"}}
	for _, m := range sample.Staff() {
		people = append(people, issuer.Persona{Subject: m.Subject, Name: m.Name})
	}
	i, err := issuer.New(issuer.Config{URL: srv.URL, KeyFile: filepath.Join(w.t.TempDir(), "issuer.pem"), Audience: "kawal", Now: time.Now, Personas: people})
	require.NoError(w.t, err)
	h = i.Handler()
	l, err := auth.NewLogin(auth.Config{Issuer: srv.URL, Now: time.Now}, auth.Client{ID: "kawal", Callback: w.web.URL + "/meja/selesai"})
	require.NoError(w.t, err)
	return l
}

// comesAs signs a visitor in and returns the page he came for.
func (v *visitor) comesAs(subject, path string) answered {
	v.w.t.Helper()
	login := v.get(path)
	require.Equal(v.w.t, http.StatusOK, login.status)
	require.Contains(v.w.t, login.body, "Masuk sebagai")
	id := regexp.MustCompile(`name="id" value="([^"]+)"`).FindStringSubmatch(login.body)
	require.Len(v.w.t, id, 2)
	res, err := v.PostForm(v.w.issuer+"/login", url.Values{"id": {id[1]}, "subject": {subject}})
	require.NoError(v.w.t, err)
	return v.read(res)
}

// signsIn signs a browser in at the issuer, on the way to a path.
func (b *browser) signsIn(subject, path string) {
	b.t.Helper()
	b.open(path)
	b.press(`button[value="` + subject + `"]`)
}

func TestStaffComeToTheirDeskThroughTheIssuerAlone(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.file()
	v := w.visitor()
	got := v.comesAs(anAdmin, "/meja/laporan/"+r.ID+"?a=b")
	require.Equal(t, "/meja/laporan/"+r.ID+"?a=b", got.url, "he comes where he wanted to go")
	require.Contains(t, got.body, "Admin Koordinator Kabupaten Tirtajaya")
	require.Contains(t, got.body, "Lubang sedalam dua jengkal")

	for _, c := range v.Jar.Cookies(mustURL(t, w.web.URL)) {
		require.NotContains(t, c.Value, anAdmin)
		require.Len(t, c.Value, 43, "256 random bits and nothing else: %s", c.Name)
	}
	out := v.post("/meja/keluar")
	require.Contains(t, out.body, "Anda sudah keluar")
	require.Contains(t, out.header.Get("Clear-Site-Data"), "storage")
	require.Contains(t, v.get("/meja").body, "Masuk sebagai")
	require.Equal(t, http.StatusUnauthorized, v.post("/meja/laporan/"+r.ID+"/tindakan", "tindakan", "note", "text", "x").status)
}

func mustURL(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	require.NoError(t, err)
	return u
}

// A code that somebody else got, a state of another browser, a sign-in that is done:
// none lets anybody in.
func TestASignInIsGoodOnceInTheBrowserThatBeganIt(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	he, she := w.visitor(), w.visitor()
	stop := func(v *visitor) string { // follows until the issuer sends back, and keeps that address
		v.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
			if r.URL.Path == "/meja/selesai" {
				return http.ErrUseLastResponse
			}
			return nil
		}
		login := v.get("/meja")
		id := regexp.MustCompile(`name="id" value="([^"]+)"`).FindStringSubmatch(login.body)
		res, err := v.PostForm(w.issuer+"/login", url.Values{"id": {id[1]}, "subject": {anAdmin}})
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		v.CheckRedirect = nil
		return strings.TrimPrefix(res.Header.Get("Location"), w.web.URL)
	}
	his, hers := stop(he), stop(she)
	require.Equal(t, http.StatusUnauthorized, she.get(his).status, "his code in her browser")
	require.Equal(t, http.StatusUnauthorized, she.get(hers).status, "and her own sign-in is spent")
	require.Equal(t, http.StatusUnauthorized, w.visitor().get(his).status, "and in one that began nothing")
	require.Equal(t, http.StatusOK, he.get(his).status)
	require.Equal(t, http.StatusUnauthorized, he.get(his).status, "twice")
	require.Equal(t, http.StatusOK, he.get("/meja").status, "which ends nothing")
	mixed := w.visitor()
	q := mustURL(t, stop(mixed)).Query()
	q.Set("code", mustURL(t, stop(w.visitor())).Query().Get("code"))
	require.Equal(t, http.StatusUnauthorized, mixed.get("/meja/selesai?"+q.Encode()).status, "another's code under one's own state")
}

func TestWhoHasNoOfficeHasNoDesk(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	require.Equal(t, http.StatusForbidden, w.visitor().comesAs("orang.asing", "/meja").status)
	v := w.visitor()
	require.Equal(t, http.StatusOK, v.comesAs("petugas.pupr", "/meja").status)
	require.NoError(t, w.PutStaff(t.Context(), w.as("admin.national"), office.Member{Subject: "petugas.pupr", Name: "Petugas", Unit: pupr, Roles: []string{"officer"}}))
	require.Equal(t, http.StatusForbidden, v.get("/meja").status, "an office taken away is gone at the next request")

	none := newTown(t, func(c *web.Config) { c.SignIn = nil })
	for _, path := range []string{"/meja", "/meja/masuk", "/meja/selesai", "/en/meja"} {
		require.Equal(t, http.StatusNotFound, none.visitor().get(path).status, path)
	}
}

// Where a sign-in leads to afterwards is a page of the desk, whatever the address says.
func TestASignInLeadsToTheDeskOnly(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for _, to := range []string{"https://jahat.example/meja", "//jahat.example/meja", "/\\jahat.example", "/lapor", "/mejaku", "meja"} {
		got := w.visitor().comesAs(anAdmin, "/meja/masuk?ke="+url.QueryEscape(to))
		require.Equal(t, "/meja", got.url, to)
	}
	require.Equal(t, "/en/meja/laporan?late=1", w.visitor().comesAs(anAdmin, "/en/meja/laporan?late=1").url)
}

// The handling of a report at the desk: read, asked about, forwarded with a redacted
// copy, accepted, answered.
func TestTheHandlingOfAReportAtTheDesk(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.file(func(s *office.Submission) {
		s.Body = "Lubang dalam di depan rumah saya. Hubungi 0812-3456-7890 atau warga@surat.example."
	})
	admin := w.browse(desktop, true)
	admin.signsIn(anAdmin, "/meja")
	admin.reads("1 laporan menunggu Anda", "Jalan berlubang di depan pasar", "Belum terverifikasi")
	admin.press(`.files a`)
	admin.reads("Hubungi 0812-3456-7890", "Batas verifikasi", "nomor telepon", "surel")
	admin.axe("file")
	admin.unfoldAct("forward")
	require.NotContains(t, own[string](admin, `document.querySelector("#f-forward-public_body").value`), "3456")
	admin.set("f-forward-public_body", "Lubang dalam. Hubungi 0812-3456-7890.")
	admin.press(`button[value="forward"]`)
	admin.reads("nomor telepon")
	admin.axe("forward refused")
	require.Equal(t, "Lubang dalam. Hubungi 0812-3456-7890.", own[string](admin, `document.querySelector("#f-forward-public_body").value`), "what he wrote is kept")
	admin.set("f-forward-public_body", "Lubang dalam di depan pasar.")
	admin.press(`button[value="forward"]`)
	admin.reads("Laporan diteruskan.", "Dinas", "Diteruskan")

	officer := w.browse(phone, true)
	officer.signsIn(anOfficer, "/en/meja")
	officer.reads("1 reports wait for you")
	officer.open("/meja/laporan/" + r.ID)
	officer.reads("Lubang dalam di depan pasar.")
	require.NotContains(t, officer.text("main"), "3456", "the agency of an anonymous reporter reads the copy")
	officer.unfoldAct("accept")
	officer.press(`button[value="accept"]`)
	officer.reads("Laporan diterima.", "Sedang ditindaklanjuti")
	officer.unfoldAct("follow_up")
	officer.press(`button[value="follow_up"]`)
	officer.axe("follow-up refused")
	officer.set("f-follow_up-text", "Lubang sudah ditambal.")
	officer.press(`button[value="follow_up"]`)
	officer.reads("Tindak lanjut terkirim.", "Lubang sudah ditambal.", "Selesai otomatis")
	public := w.browse(phone, false)
	public.open("/laporan/" + r.ID)
	public.reads("Lubang dalam di depan pasar.", "Lubang sudah ditambal.")
}

// unfoldAct opens the form of an act.
func (b *browser) unfoldAct(action string) {
	b.t.Helper()
	own[bool](b, `document.querySelector("#lakukan-`+action+`").open = true`)
}

// set puts a text into a field.
func (b *browser) set(id, text string) {
	b.t.Helper()
	own[string](b, `document.getElementById("`+id+`").value = `+strconv.Quote(text))
}

// Each act that the office allows has a form, and every form of an act is of one that
// the office knows.
func TestTheDeskOffersWhatTheOfficeAllows(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	open := w.file()
	forwarded := w.file(func(s *office.Submission) { s.Title = "Lampu jalan padam di taman" })
	w.forward(forwarded.ID, "Lampu jalan padam", "Tiga lampu padam.")
	answered := w.file(func(s *office.Submission) { s.Title = "Saluran air tersumbat lagi" })
	w.forward(answered.ID, "Saluran air tersumbat", "Meluap.")
	w.answer(answered.ID, "Sudah dibersihkan.")
	for _, subject := range []string{anAdmin, "admin.national", anOfficer, "kepala.pupr", "auditor", "inspektorat.supervisor"} {
		v := w.visitor()
		v.comesAs(subject, "/meja/laporan")
		for _, id := range []string{open.ID, forwarded.ID, answered.ID} {
			view, err := w.Report(t.Context(), w.as(subject), id)
			if err != nil || view.SeenBy != office.SeenByStaff {
				continue
			}
			page := v.get("/meja/laporan/" + id)
			var offered []report.Action
			for _, m := range regexp.MustCompile(`name="tindakan" value="([a-z_]+)"`).FindAllStringSubmatch(page.body, -1) {
				offered = append(offered, report.Action(m[1]))
			}
			offered = slices.DeleteFunc(offered, func(a report.Action) bool { return a == "prepare_copy" }) // no command
			require.ElementsMatch(t, view.AllowedActions, offered, "%s %s", subject, view.Stage)
		}
	}
}

func TestAnotherSiteSendsNothingInStaffsName(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.file()
	v := w.visitor()
	v.comesAs(anAdmin, "/meja")
	form := url.Values{"tindakan": {"note"}, "text": {"Catatan dari situs lain."}}
	require.Equal(t, http.StatusForbidden, v.send(http.MethodPost, "/meja/laporan/"+r.ID+"/tindakan", form, "Sec-Fetch-Site", "cross-site").status)
	require.NotContains(t, v.get("/meja/laporan/"+r.ID).body, "Catatan dari situs lain.")
}

// A report that a person may not know of is not there for him at the desk either.
func TestTheDeskShowsNobodyMoreThanTheOffice(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	secret := w.file(func(s *office.Submission) { s.Content = office.ContentSecret })
	accusing := w.file(func(s *office.Submission) { s.Accused, s.Agency = []string{pupr}, "" })
	for _, subject := range []string{anOfficer, "kepala.pupr", "petugas.kesehatan"} {
		v := w.visitor()
		v.comesAs(subject, "/meja/laporan")
		none := v.get("/meja/laporan/KWL-0000-0000-0")
		for _, id := range []string{secret.ID, accusing.ID} {
			got := v.get("/meja/laporan/" + id)
			require.Equal(t, http.StatusNotFound, got.status, "%s %s", subject, id)
			require.Equal(t, none.body, got.body)
			require.NotContains(t, v.get("/meja/laporan").body, id)
		}
	}
}

// deskStill are the pages of the desk that an address alone leads to, by the name of
// their picture, with somebody who may read them.
func deskStill(id string) map[string]struct{ who, path string } {
	return map[string]struct{ who, path string }{
		"desk-queue":     {anAdmin, "/meja"},
		"desk-reports":   {anOfficer, "/meja/laporan?category=roads"},
		"desk-report":    {anAdmin, "/meja/laporan/" + id},
		"desk-templates": {"kepala.pupr", "/meja/templat"},
		"desk-calendars": {"admin.national", "/meja/kalender"},
		"desk-calendar":  {"admin.national", "/meja/kalender/national"},
		"desk-custody":   {"kustodian.1", "/meja/identitas"},
		"desk-letters":   {"admin.national", "/meja/pemberitahuan"},
		"desk-views":     {"inspektorat.supervisor", "/meja/temporal"},
		"desk-audit":     {"auditor", "/meja/audit"},
		"desk-bulks":     {anAdmin, "/meja/massal"},
		"desk-held":      {anAdmin, "/meja/tertahan"},
		"desk-drafts":    {"kepala.pupr", "/meja/konsep"},
	}
}

// Each page of the desk in both languages on a small and a large screen, as
// TestEveryPageIsThereForEverybody.
func TestEveryPageOfTheDeskIsThereForEverybody(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.settle()
	r := w.file(func(s *office.Submission) {
		s.Title, s.Body = "Pohon tumbang menutup jalan", "Pohon menutup jalan sejak semalam. Mobil B 1234 XYZ tertimpa. Hubungi 0812-3456-7890."
	})
	for _, width := range []int64{phone, desktop} {
		for name, x := range deskStill(r.ID) {
			b := w.browse(width, true)
			b.signsIn(x.who, x.path)
			b.axe(x.path)
			b.shoot(name)
			b.open("/en" + x.path)
			b.axe("/en" + x.path)
		}
	}
}
