package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/web"
)

// publishAt files and publishes a report at a point.
func (w *town) publishAt(title string, lat, long float64, change ...func(*office.Submission)) office.Receipt {
	w.t.Helper()
	r := w.file(append([]func(*office.Submission){func(s *office.Submission) { s.Title, s.Lat, s.Long = title, &lat, &long }}, change...)...)
	w.forward(r.ID, title, "Sudah diperiksa.")
	return r
}

// scatter publishes reports in two provinces: five near Bandung, two in Jakarta, one
// without a point.
func (w *town) scatter() {
	w.t.Helper()
	for i := range 5 {
		w.publishAt(fmt.Sprintf("Lubang di Bandung nomor %d", i+1), -7.00-0.01*float64(i), 107.55)
	}
	for i := range 2 {
		w.publishAt(fmt.Sprintf("Lubang di Jakarta nomor %d", i+1), -6.20, 106.82, func(s *office.Submission) { s.Region = "31" })
	}
	r := w.file()
	w.forward(r.ID, "Tanpa titik", "Tanpa titik.")
}

// What the map shows is what the list says, the list is there without a script, and
// what is not published is in neither.
func TestTheMapAndItsListHoldTheSame(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.scatter()
	secret := w.publishAt("Laporan yang dirahasiakan", -7.5, 110.2)
	_, err := w.SetVisibility(t.Context(), reporterOf(secret), secret.ID, true, "")
	require.NoError(t, err)
	plain := w.visitor().get("/peta")
	require.Equal(t, http.StatusOK, plain.status)
	require.Contains(t, plain.body, "7 laporan punya titik di peta. 1 lainnya tidak.")
	require.Contains(t, plain.body, "Jawa Barat")
	require.NotContains(t, plain.body, "dirahasiakan")
	require.NotContains(t, plain.body, secret.ID)

	for _, width := range []int64{phone, desktop} {
		b := w.browse(width, true)
		b.open("/peta")
		b.until(`document.querySelectorAll(".cluster").length === 2`)
		require.Equal(t, []any{"Jawa Barat: 5", "Daerah Khusus Ibukota Jakarta: 2"}, own[[]any](b, `[...document.querySelectorAll(".cluster")].map((x) => x.getAttribute("aria-label").trim())`))
		b.until(`document.querySelector(".map path") !== null`)
		b.axe("map")
		b.shoot("map")
		b.open("/en/peta")
		b.axe("map in English")
	}
}

// The map follows the filters and its place, both in the address; its numbers lead
// nearer, by mouse and by keyboard, and the list with them.
func TestTheMapIsMovedAndFiltered(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.scatter()
	b := w.browse(desktop, true)
	b.open("/peta?region=32")
	b.until(`document.querySelectorAll(".cluster").length === 1`)
	require.Contains(t, b.text("#daftar-peta"), "5 laporan")
	own[bool](b, `(document.querySelector(".cluster").focus(), true)`)
	b.enterKey()
	b.until(`location.search.includes("zoom=9") && location.search.includes("region=32")`)
	b.until(`document.querySelector("#daftar-peta").innerText.includes("Laporan di bagian peta ini")`)
	b.until(`document.querySelectorAll("#daftar-peta article").length === 5`)
	require.NotContains(t, b.text("#daftar-peta"), "Jakarta")
	b.shoot("map-near")
	b.axe("map near")
	again := own[string](b, `location.href`)
	other := w.browse(phone, false)
	other.do(chromedp.Navigate(again))
	other.reads("Laporan di bagian peta ini", "Lubang di Bandung nomor 1")

	v := w.visitor()
	require.Contains(t, v.get("/peta?category=environment").body, "Tidak ada laporan di bagian peta ini.")
	require.Contains(t, v.get("/peta?until=2026-10-07").body, "Tidak ada laporan di bagian peta ini.")
	for _, wrong := range []string{"zoom=99", "zoom=x", "lat=utara", "zoom=9&bbox=1,2,3", "zoom=9&bbox=a,b,c,d", "zoom=16&bbox=95,-11,141,6", "stage=apa", "since=kemarin", "lat=NaN"} {
		got := v.get("/peta?" + wrong)
		require.Equal(t, http.StatusUnprocessableEntity, got.status, wrong)
		require.Contains(t, got.body, `role="alert"`, wrong)
	}
}

// Whoever files a report may put a pin, with the mouse or the keyboard; the public sees
// it roughly.
func TestAReportIsFiledWithAPin(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	b := w.browse(phone, true)
	b.open("/lapor")
	b.fill("title", "Lampu jalan padam di depan balai")
	b.fill("body", "Tiga lampu padam sejak pekan lalu.")
	b.tick("f-class-complaint_ordinary")
	b.choose("category", "Penerangan Jalan")
	b.press(`button[value="2"]`)
	b.choose("region", "Kabupaten Bandung")
	b.do(chromedp.Click(chromedp.CSS("details:has(#peta) summary")))
	b.until(`document.querySelector(".map path") !== null`)
	b.shoot("filing-pin")
	b.axe("pin")
	own[bool](b, `(document.getElementById("peta").focus(), true)`)
	b.enterKey()
	b.until(`document.getElementById("f-lat").value !== ""`)
	b.fill("lat", "-7,01")
	b.press(`button[value="3"]`)
	b.reads("Isi lintang dan bujur")
	b.fill("lat", "-7.0312")
	b.fill("long", "107.5498")
	b.press(`button[value="3"]`)
	b.press(`button[value="periksa"]`)
	b.press(`button[value="kirim"]`)
	id := b.text("#nomor")
	v, err := w.Report(t.Context(), w.as(anAdmin), id)
	require.NoError(t, err)
	require.InDelta(t, -7.0312, *v.Lat, 0.0001)
	w.forward(id, "Lampu padam", "Tiga lampu padam.")
	public, err := w.Report(t.Context(), office.Caller{Kind: office.Anyone}, id)
	require.NoError(t, err)
	require.NotEqual(t, -7.0312, *public.Lat)
	b.keys(kb.Tab)
}

// A tile server is asked only where an operator named one, and on the map alone.
func TestTheTileServerIsTheOperatorsChoice(t *testing.T) {
	t.Parallel()
	w := newTown(t, func(c *web.Config) {
		c.Tiles = web.Tiles{URL: "https://ubin.example/{z}/{x}/{y}.png", Attribution: "Pembuat Peta"}
	})
	v := w.visitor()
	require.Contains(t, v.get("/peta").header.Get("Content-Security-Policy"), "img-src 'self' data: https://ubin.example;")
	require.NotContains(t, v.get("/").header.Get("Content-Security-Policy"), "ubin")
	require.NotContains(t, newTown(t).visitor().get("/peta").header.Get("Content-Security-Policy"), "https:")
	for _, bad := range []string{"http://ubin.example/{z}", "ubin", "https://a b/{z}", "javascript:alert(1)"} {
		_, err := web.New(web.Config{Office: w.Office, Now: w.now, URL: w.web.URL, Tiles: web.Tiles{URL: bad}})
		require.Error(t, err, bad)
	}
	require.True(t, strings.Contains(v.get("/peta").body, "Pembuat Peta"))
}
