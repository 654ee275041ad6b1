package web_test

import (
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/door"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/web"
)

func TestEveryPageAnswersInBothLanguages(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.file()
	w.forward(r.ID, "Jalan berlubang", "Lubang di depan pasar.")
	for name, path := range still(r.ID) {
		want := map[string]int{"locked": http.StatusNotFound, "missing": http.StatusNotFound, "wrong-filter": http.StatusUnprocessableEntity}[name]
		if want == 0 {
			want = http.StatusOK
		}
		for prefix, lang := range map[string]string{"": "id", "/en": "en"} {
			got := w.visitor().get(prefix + path)
			require.Equal(t, want, got.status, "%s%s: %s", prefix, path, got.body)
			require.Contains(t, got.body, `<html lang="`+lang+`">`)
			require.Equal(t, "no-store", got.header.Get("Cache-Control"))
			require.Empty(t, got.header.Get("ETag")+got.header.Get("Last-Modified"))
			require.Contains(t, got.header.Get("Content-Security-Policy"), "default-src 'none'; script-src 'self'; style-src 'self'")
			require.NotRegexp(t, `(?i)<style|\s(style|on[a-z]+)="`, got.body, "nothing inline")
		}
	}
}

// Tried by taking a text out of one file, and by misspelling a key in a template.
func TestBothLanguagesSayTheSame(t *testing.T) {
	t.Parallel()
	texts := map[string]map[string]string{}
	for _, l := range []string{"id", "en"} {
		texts[l] = map[string]string{}
		for _, part := range []string{"", "desk."} {
			b, err := os.ReadFile("words/" + part + l + ".json")
			require.NoError(t, err)
			m := map[string]string{}
			require.NoError(t, json.Unmarshal(b, &m))
			for key := range m {
				require.NotContains(t, texts[l], key, "said twice")
			}
			maps.Copy(texts[l], m)
		}
	}
	verbs := regexp.MustCompile(`%[a-z]`)
	for key, text := range texts["id"] {
		other, ok := texts["en"][key]
		require.True(t, ok, "%s has no English", key)
		require.Equal(t, verbs.FindAllString(text, -1), verbs.FindAllString(other, -1), key)
		require.NotEmpty(t, text, key)
		require.NotEmpty(t, other, key)
	}
	require.Len(t, texts["en"], len(texts["id"]))
	names, err := os.ReadDir("templates")
	require.NoError(t, err)
	for _, n := range names {
		b, err := os.ReadFile("templates/" + n.Name())
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`[{(]t "([^"]+)"|paragraphs "([^"]+)"`).FindAllStringSubmatch(string(b), -1) {
			require.Contains(t, texts["id"], m[1]+m[2], n.Name())
		}
	}
}

// What is not there, not yet there, secret, withdrawn, or opened with a wrong code
// is one and the same answer, byte for byte and header for header. Tried by
// showing the address in the answer, and by leaving out the wait.
func TestWhatMayNotBeKnownIsOneAnswer(t *testing.T) {
	t.Parallel()
	const after = 60 * time.Millisecond
	w := newTown(t, func(c *web.Config) { c.NotFoundAfter = after })
	unpublished := w.file()
	secret := w.file(func(s *office.Submission) { s.Content = office.ContentSecret })
	public := w.file()
	w.forward(public.ID, "Jalan berlubang", "Lubang di depan pasar.")
	hidden := w.file()
	w.forward(hidden.ID, "Jalan berlubang", "Lubang di depan pasar.")
	_, err := w.SetVisibility(t.Context(), reporterOf(hidden), hidden.ID, true, "")
	require.NoError(t, err)
	v := w.visitor()
	var first answered
	for i, path := range []string{"/laporan/KWL-0000-0000-0", "/laporan/x", "/laporan/" + unpublished.ID, "/laporan/" + secret.ID, "/laporan/" + hidden.ID} {
		begun := w.realNow()
		got := v.get(path)
		require.GreaterOrEqual(t, w.realNow().Sub(begun), after)
		got.header.Del("Date")
		if i == 0 {
			first = got
		}
		require.Equal(t, http.StatusNotFound, got.status)
		require.Equal(t, first.body, got.body, path)
		require.Equal(t, first.header, got.header, path)
	}
	for _, id := range []string{"KWL-0000-0000-0", unpublished.ID, secret.ID, public.ID} {
		got := v.post("/laporan/"+id, "code", "7K2M-Q9Q2-MTXX")
		got.header.Del("Date")
		require.Equal(t, http.StatusNotFound, got.status)
		require.Equal(t, first.body, got.body, id)
		require.Equal(t, first.header, got.header, id)
	}
	wrong := v.post("/lacak", "id", unpublished.ID, "optional_code", "7K2M-Q9Q2-MTXX")
	require.Equal(t, http.StatusNotFound, wrong.status)
	require.Equal(t, wrong.body, v.post("/lacak", "id", public.ID, "optional_code", "7K2M-Q9Q2-MTXX").body)
}

// Nothing of a page outlives the report's being made secret: the very next request
// finds it on no page. Tried by leaving the row in published.
func TestMakingSecretTakesAReportOffEveryPageAtOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.file()
	const word = "Kembangsepatu"
	w.forward(r.ID, "Lubang di Jalan "+word, "Lubang sedalam dua jengkal di Jalan "+word+".")
	w.answer(r.ID, "Akan ditambal.")
	_, err := w.Rate(t.Context(), reporterOf(r), r.ID, 4, "")
	require.NoError(t, err)
	v := w.visitor()
	shown := func() (found []string) {
		for _, path := range append([]string{"/laporan?q=sedalam", "/laporan?q=" + r.ID, "/en/laporan/" + r.ID}, mapped(still(r.ID))...) {
			if got := v.get(path); strings.Contains(got.body, word) {
				found = append(found, path)
			}
		}
		slices.Sort(found)
		return found
	}
	require.Equal(t, []string{"/", "/en/laporan/" + r.ID, "/instansi/" + pupr, "/laporan", "/laporan/" + r.ID, "/laporan?q=" + r.ID, "/laporan?q=sedalam", "/peta", "/topik/roads.pothole"}, shown(),
		"it is where it should be")
	require.Contains(t, v.get("/statistik").body, "Sangat Puas: 1")
	_, err = w.SetVisibility(t.Context(), reporterOf(r), r.ID, true, "")
	require.NoError(t, err)
	require.Empty(t, shown())
	require.NotContains(t, v.get("/statistik").body, "Sangat Puas: 1")
}

func mapped(m map[string]string) (all []string) {
	for _, v := range m {
		all = append(all, v)
	}
	return all
}

// An access code is in no address, no cookie and no page but the receipt.
func TestACodeIsShownOnTheReceiptAndNowhereElse(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visitor()
	r := w.file()
	got := v.post("/lacak", "id", strings.ToLower(r.ID), "optional_code", strings.ToLower(r.AccessCode))
	require.Equal(t, http.StatusOK, got.status)
	require.Equal(t, "/laporan/"+r.ID, got.url)
	require.Contains(t, got.body, "Jalan berlubang di depan pasar")
	base, err := url.Parse(w.web.URL)
	require.NoError(t, err)
	cookies := v.Jar.Cookies(base)
	require.Len(t, cookies, 1)
	plain := strings.ReplaceAll(r.AccessCode, "-", "")
	for _, text := range []string{got.body, cookies[0].Value} {
		require.NotContains(t, strings.ReplaceAll(text, "-", ""), plain)
	}
	require.Contains(t, v.post("/laporan/"+r.ID+"/akhiri").url, "/lacak")
	require.Empty(t, v.Jar.Cookies(base))
	require.Equal(t, http.StatusNotFound, v.get("/laporan/"+r.ID).status)
}

func TestTheCookieIsForThisHostAndNoScript(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"http://127.0.0.1/laporan":        `^kawal-reporter=[\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`,
		"https://lapor.contoh.id/laporan": `^__Host-kawal-reporter=[\w-]{43}; Path=/; HttpOnly; Secure; SameSite=Strict$`,
	} {
		w := newTown(t, func(c *web.Config) { c.URL = address })
		r := w.file()
		v := w.visitor()
		v.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		got := v.post("/laporan/"+r.ID, "code", r.AccessCode)
		require.Equal(t, http.StatusSeeOther, got.status)
		require.Regexp(t, want, got.header.Get("Set-Cookie"))
	}
}

// A session that has ended, or that is another report's, lets nobody act.
func TestOnlyTheSessionOfTheReportActs(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	mine, other := w.file(), w.file()
	v := w.visitor()
	v.post("/laporan/"+mine.ID, "code", mine.AccessCode)
	require.Equal(t, http.StatusUnauthorized, v.post("/laporan/"+other.ID+"/tindakan", "tindakan", "withdraw", "sure", "1").status)
	require.Equal(t, http.StatusUnprocessableEntity, v.post("/laporan/"+mine.ID+"/tindakan", "tindakan", "withdraw").status, "not without being sure")
	require.Equal(t, http.StatusUnprocessableEntity, v.post("/laporan/"+mine.ID+"/tindakan", "tindakan", "close").status, "no act of a reporter")
	w.pass(31 * time.Minute)
	ended := v.post("/laporan/"+mine.ID+"/tindakan", "tindakan", "withdraw", "sure", "1")
	require.Equal(t, http.StatusUnauthorized, ended.status)
	require.Contains(t, ended.body, "Sesi Anda telah berakhir")
	view, err := w.Report(t.Context(), reporterOf(mine), mine.ID)
	require.NoError(t, err)
	require.EqualValues(t, "verification", view.Stage)
}

// What another host's page makes a browser send is refused. Tried by leaving out
// the check.
func TestAnotherSiteCanSendNothing(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.file()
	for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://lain.example"}, {"Origin", "null"}} {
		got := w.visitor().send(http.MethodPost, "/laporan/"+r.ID, url.Values{"code": {r.AccessCode}}, headers...)
		require.Equal(t, http.StatusForbidden, got.status, headers)
		require.Empty(t, got.header.Get("Set-Cookie"))
	}
	for _, headers := range [][]string{{"Sec-Fetch-Site", "same-origin"}, {"Origin", w.web.URL}, {}} {
		got := w.visitor().send(http.MethodPost, "/laporan/"+r.ID, url.Values{"code": {r.AccessCode}}, headers...)
		require.Equal(t, http.StatusOK, got.status, headers)
	}
}

// The form as a whole: what is filled in, by name.
func filled(pairs ...string) []string {
	return append([]string{"title", "Jalan berlubang di depan pasar", "body", "Lubang sedalam dua jengkal.", "class", "complaint_ordinary", "category", "roads.pothole",
		"region", "32.04", "identity", "none", "content", "public", "kunci", "0123456789abcdef0123456789abcdef"}, pairs...)
}

var idOf = regexp.MustCompile(`id="nomor">([^<]+)<`)

func TestAFormSentTwiceFilesOneReport(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	one := w.visitor().post("/lapor", filled("ke", "kirim")...)
	require.Equal(t, http.StatusOK, one.status, one.body)
	two := w.visitor().post("/lapor", filled("ke", "kirim")...)
	require.Equal(t, idOf.FindStringSubmatch(one.body)[1], idOf.FindStringSubmatch(two.body)[1])
	changed := w.visitor().post("/lapor", filled("ke", "kirim", "title", "Jalan berlubang di depan balai")...)
	require.Equal(t, http.StatusConflict, changed.status)
}

// The picture on the receipt is that of the address and nothing more.
func TestTheQRCodeHoldsTheAddressAndNotTheCode(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	got := w.visitor().post("/lapor", filled("ke", "kirim")...)
	want, err := web.QRCode(w.web.URL + "/laporan/" + idOf.FindStringSubmatch(got.body)[1])
	require.NoError(t, err)
	require.Contains(t, html.UnescapeString(got.body), `src="`+want+`"`)
}

func TestWhatIsWrongLeadsBackToItsStep(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for name, x := range map[string]struct {
		change []string
		want   string
	}{
		"no title":                 {[]string{"title", "Pendek"}, `id="f-title-wrong"`},
		"no topic":                 {[]string{"category", "tidak-ada"}, `id="f-category-wrong"`},
		"no region":                {[]string{"region", ""}, `id="f-region-wrong"`},
		"a day to come":            {[]string{"occurred_on", "2026-12-24"}, `id="f-occurred_on-wrong"`},
		"a name without a contact": {[]string{"identity", "open", "name", "Warga"}, `id="f-contact-wrong"`},
		"a contact that is none":   {[]string{"contact", "di rumah"}, `id="f-contact-wrong"`},
		"a point abroad":           {[]string{"lat", "48.1", "long", "11.5"}, `role="alert"`},
		"a point that is none":     {[]string{"lat", "utara", "long", "107"}, `role="alert"`},
		"who accuses nobody":       {[]string{"accused", "tidak-ada"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := w.visitor().post("/lapor", filled(append([]string{"ke", "kirim"}, x.change...)...)...)
			require.Equal(t, http.StatusUnprocessableEntity, got.status, got.body)
			require.Contains(t, got.body, x.want)
			require.Contains(t, got.body, `role="alert"`)
			require.Contains(t, got.body, "<title>Kesalahan: Lapor")
		})
	}
}

// What was typed before the reporter chose to give no name is not filed.
func TestANameThatIsTakenBackIsNotFiled(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	got := w.visitor().post("/lapor", filled("ke", "kirim", "name", "Warga Contoh", "nik", "3204000000000001", "address", "Jalan Melati 1")...)
	require.Equal(t, http.StatusOK, got.status, got.body)
	require.Contains(t, got.body, "Tanpa nama")
}

func TestASensitiveTopicIsSaidToBeSecretBeforeItIsSent(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	all, err := w.Categories(t.Context())
	require.NoError(t, err)
	i := slices.IndexFunc(all, func(c office.Category) bool { return c.DefaultContent == office.ContentSecret })
	require.GreaterOrEqual(t, i, 0)
	got := w.visitor().post("/lapor", filled("ke", "periksa", "category", all[i].Code, "identity", "open", "name", "Warga", "contact", "warga@surat.example")...)
	require.Equal(t, http.StatusOK, got.status)
	require.Contains(t, got.body, "Topik ini selalu rahasia")
	require.Contains(t, got.body, "Nama Anda tersegel.")
	sent := w.visitor().post("/lapor", filled("ke", "kirim", "category", all[i].Code, "identity", "open", "name", "Warga", "contact", "warga@surat.example")...)
	require.Contains(t, sent.body, "Anonim")
	require.Contains(t, sent.body, "Rahasia")
}

// Likely duplicates are published ones only, and gone when they are made secret.
func TestLikelyDuplicatesArePublishedOnes(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	check := func() string { return w.visitor().post("/lapor", filled("ke", "periksa")...).body }
	r := w.file()
	require.NotContains(t, check(), "Mungkin sudah dilaporkan")
	w.forward(r.ID, "Jalan berlubang dekat pasar", "Lubang di jalan.")
	require.Contains(t, check(), "Jalan berlubang dekat pasar")
	_, err := w.SetVisibility(t.Context(), reporterOf(r), r.ID, true, "")
	require.NoError(t, err)
	require.NotContains(t, check(), "Mungkin sudah dilaporkan")
}

// A lost code: the answer is the same for every number; only a report that is
// there is asked to send one.
func TestALostCodeIsSentAndNothingIsSaid(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.file()
	one := w.visitor().post("/kode-hilang", "id", r.ID)
	require.Equal(t, http.StatusOK, one.status)
	require.Equal(t, one.body, w.visitor().post("/kode-hilang", "id", "KWL-0000-0000-0").body)
	w.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	require.ElementsMatch(t, []string{r.ID, "KWL-0000-0000-0"}, w.sent)
}

func TestTheQuickExitForgets(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.file()
	v := w.visitor()
	v.post("/laporan/"+r.ID, "code", r.AccessCode)
	got := v.get("/keluar")
	require.Equal(t, `"cache", "cookies", "storage"`, got.header.Get("Clear-Site-Data"))
	require.NotContains(t, strings.ToLower(got.body), "kawal")
	require.NotContains(t, strings.ToLower(got.body), "lapor")
	require.Equal(t, http.StatusNotFound, v.get("/laporan/"+r.ID).status, "the session is over")

	w = newTown(t, func(c *web.Config) { c.QuickExit = "https://cuaca.example/" })
	v = w.visitor()
	v.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	require.Equal(t, "https://cuaca.example/", v.get("/keluar").header.Get("Location"))
}

func TestThePagesShareTheAllowanceOfANetwork(t *testing.T) {
	t.Parallel()
	w := newTown(t, func(c *web.Config) {
		c.Gate = door.NewGate(door.Limits{Requests: door.Rate{PerSecond: 1, Burst: 4}, Filings: door.Rate{PerSecond: 0.1, Burst: 1}})
	})
	require.Equal(t, http.StatusOK, w.visitor().post("/lapor", filled("ke", "kirim")...).status)
	got := w.visitor().post("/lapor", filled("ke", "kirim")...)
	require.Equal(t, http.StatusTooManyRequests, got.status, "a second filing")
	require.Equal(t, "5", got.header.Get("Retry-After"))
	require.Equal(t, http.StatusOK, w.visitor().get("/tentang").status, "reading goes on")
	require.Equal(t, http.StatusOK, w.visitor().get("/tentang").status)
	require.Equal(t, http.StatusTooManyRequests, w.visitor().get("/tentang").status)
}

func TestALargeOrBrokenFormIsRefused(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	require.Equal(t, http.StatusRequestEntityTooLarge, w.visitor().post("/lapor", "body", strings.Repeat("x", 1<<20)).status)
	require.Equal(t, http.StatusBadRequest, w.visitor().post("/lapor", "body", "a\x00b").status)
	require.Equal(t, http.StatusBadRequest, w.visitor().post("/lapor", "body", "a\xffb").status)
	require.Equal(t, http.StatusMethodNotAllowed, w.visitor().send(http.MethodDelete, "/lapor", nil).status)
}

// Only what changes with its name is kept, and no page by the service worker.
func TestOnlyAssetsAreKept(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	home := w.visitor().get("/")
	for _, path := range regexp.MustCompile(`(?:href|src)="(/aset/[^"]+)"`).FindAllStringSubmatch(home.body, -1) {
		require.Equal(t, "public, max-age=31536000, immutable", w.visitor().get(path[1]).header.Get("Cache-Control"), path[1])
	}
	for _, path := range []string{"/sw.js", "/manifest.webmanifest", "/icon-192.png"} {
		got := w.visitor().get(path)
		require.Equal(t, http.StatusOK, got.status, path)
		require.Equal(t, "no-cache", got.header.Get("Cache-Control"), path)
	}
	require.Contains(t, w.visitor().get("/sw.js").body, `url.pathname.startsWith("/aset/")`)
}

func TestTheListPagesAndFiltersByItsAddress(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for i := range 23 {
		r := w.file()
		w.forward(r.ID, fmt.Sprintf("Lubang nomor %02d", i), "Lubang di jalan.")
		w.pass(time.Minute)
	}
	v := w.visitor()
	first := v.get("/laporan?category=roads&agency=" + pupr)
	require.Contains(t, first.body, "Lubang nomor 22")
	require.NotContains(t, first.body, "Lubang nomor 02")
	next := regexp.MustCompile(`href="([^"]+)" rel="next"`).FindStringSubmatch(first.body)
	require.NotNil(t, next)
	second := v.get(strings.ReplaceAll(next[1], "&amp;", "&"))
	require.Contains(t, second.body, "Lubang nomor 02")
	require.NotContains(t, second.body, `rel="next"`)
	require.NotContains(t, v.get("/laporan?category=environment").body, "Lubang nomor")
	require.NotContains(t, v.get("/laporan?late=1").body, "Lubang nomor")
	require.NotContains(t, v.get("/laporan?since=2026-10-08").body, "Lubang nomor")
}

// Who gave his name sealed reads on his page when, why and by whom it was opened.
func TestAnOpenedIdentityIsToldToItsReporterAlone(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.file(func(s *office.Submission) {
		s.Identity, s.Name, s.Contact = office.IdentitySealed, "Warga Contoh", "warga@surat.example"
	})
	w.forward(r.ID, "Jalan berlubang", "Lubang di jalan.")
	const why = "Diminta pengadilan untuk perkara nomor 12."
	q, err := w.RequestIdentity(t.Context(), w.as("kustodian.1"), r.ID, why, "")
	require.NoError(t, err)
	_, err = w.ConsentIdentity(t.Context(), w.as("kustodian.2"), r.ID, q.ID)
	require.NoError(t, err)
	_, err = w.IdentityRequest(t.Context(), w.as("kustodian.1"), r.ID, q.ID)
	require.NoError(t, err)
	v := w.visitor()
	require.NotContains(t, v.get("/laporan/"+r.ID).body, why)
	mine := v.post("/laporan/"+r.ID, "code", r.AccessCode).body
	require.Contains(t, mine, why)
	require.Contains(t, mine, "Kustodian kustodian.2")
}

func TestEnglishBeginsAtItsPrefix(t *testing.T) {
	t.Parallel()
	got := newTown(t).visitor().get("/en")
	require.Equal(t, "/en/", got.url)
	require.Contains(t, got.body, "File a report. Follow it until it is settled.")
}

// The four-point bar per report, per agency and for all.
func TestSatisfactionIsCountedInFourPoints(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for _, score := range []int{4, 4, 3, 1} {
		r := w.file()
		w.forward(r.ID, "Jalan berlubang", "Lubang di jalan.")
		w.answer(r.ID, "Sudah ditambal.")
		_, err := w.Rate(t.Context(), reporterOf(r), r.ID, score, "Catatan pribadi.")
		require.NoError(t, err)
		page := w.visitor().get("/laporan/" + r.ID).body
		require.Contains(t, page, map[int]string{4: "Sangat Puas", 3: "Puas", 1: "Tidak Puas"}[score])
		require.NotContains(t, page, "Catatan pribadi.")
	}
	for _, path := range []string{"/statistik", "/instansi/" + pupr, "/topik/roads"} {
		body := w.visitor().get(path).body
		for _, line := range []string{"Sangat Puas: 2 (50%)", "Puas: 1 (25%)", "Cukup Puas: 0 (0%)", "Tidak Puas: 1 (25%)"} {
			require.Contains(t, body, line, path)
		}
	}
}

// Several units may be accused, each once.
func TestSeveralUnitsAreAccusedOnTheForm(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visitor()
	form := []string{"title", "Jalan berlubang di depan pasar", "body", "Lubang dalam.", "class", "complaint_ordinary", "category", "roads.pothole", "region", "32.04",
		"identity", "none", "content", "public", "kunci", strings.Repeat("k", 32), "accused", "dinas-kesehatan", "accused_2", "dinas-pendidikan", "accused_3", "dinas-kesehatan"}
	check := v.post("/lapor", append(form, "ke", "periksa")...)
	require.Contains(t, check.body, "Dinas Pendidikan")
	receipt := v.post("/lapor", append(form, "ke", "kirim")...)
	id := regexp.MustCompile(`KWL-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]`).FindString(receipt.body)
	r, err := w.Report(t.Context(), w.as("admin.national"), id)
	require.NoError(t, err)
	require.Equal(t, []string{"dinas-kesehatan", "dinas-pendidikan"}, r.Own.Accused)
	wrong := v.post("/lapor", append(form, "accused_2", "tidak-ada", "ke", "periksa")...)
	require.Equal(t, http.StatusUnprocessableEntity, wrong.status)
	require.Contains(t, wrong.body, `href="#f-accused`)
}
