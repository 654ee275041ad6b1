package e2e_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/stretchr/testify/require"
)

// visit asks for a page, or sends a form, with the canaries of requests. It
// follows nothing.
func (a *aviary) visit(method, path string, form url.Values, cookies ...*http.Cookie) (*http.Response, []byte) {
	a.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(a.t.Context(), method, a.api.URL+path, body)
	require.NoError(a.t, err)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i, header := range []string{"X-Forwarded-For", "User-Agent", "X-Kanari", "Referer"} {
		req.Header.Set(header, a.request[i].word)
	}
	for _, c := range cookies {
		req.AddCookie(c)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	require.NoError(a.t, err)
	defer res.Body.Close()
	var answer bytes.Buffer
	require.NoError(a.t, res.Header.Write(&answer))
	_, err = io.Copy(&answer, res.Body)
	require.NoError(a.t, err)
	return res, answer.Bytes()
}

var onReceipt = regexp.MustCompile(`id="(?:nomor|kode)">([^<]+)<`)

// hatchOnPages files a report of a mode through the form, step by step.
func (a *aviary) hatchOnPages(identity, content string) *bird {
	a.t.Helper()
	n := fmt.Sprintf("%05d7", rand.IntN(100_000))
	b := &bird{identity: identity, content: content}
	put := func(k kind, word string) string {
		b.canaries = append(b.canaries, canary{k, word, b})
		return word
	}
	form := url.Values{
		"title": {"Judul " + put(aTitle, "KanariJudul"+n)}, "body": {"Kalimat " + put(aBody, "KanariKalimat"+n) + " tentang jalan."},
		"class": {"complaint_ordinary"}, "category": {"roads.pothole"}, "region": {"32.04"}, "agency": {pupr}, "identity": {identity}, "content": {content},
		"name": {"Nama " + put(aName, "KanariNama"+n)}, "nik": {put(aNIK, "3204"+n+n)}, "address": {"Jalan " + put(anAddr, "KanariAlamat"+n)},
		"contact": {put(aContact, "kanari"+n+"@surat.example")}, "kunci": {"kunci-sekali-" + n},
	}
	for _, step := range []string{"2", "3", "periksa", "kirim"} {
		form.Set("ke", step)
		res, answer := a.visit(http.MethodPost, "/lapor", form)
		require.Equal(a.t, http.StatusOK, res.StatusCode, "%s", answer)
		require.Equal(a.t, "no-store", res.Header.Get("Cache-Control"))
		if step == "kirim" {
			found := onReceipt.FindAllSubmatch(answer, -1)
			require.Len(a.t, found, 2)
			b.filed = filed{string(found[0][1]), string(found[1][1])}
			a.receipts.Write(answer)
		}
	}
	put(aCode, b.code)
	a.birds = append(a.birds, b)
	return b
}

// pages asks for every page as anybody, and for each report's as each reporter;
// and keeps what the cookies hold.
func (a *aviary) pages(s sinks) {
	a.t.Helper()
	for _, path := range []string{"/", "/lapor", "/lacak", "/kode-hilang", "/laporan", "/laporan?q=jalan", "/laporan?category=roads&late=1", "/instansi",
		"/instansi/" + pupr, "/topik", "/topik/roads.pothole", "/statistik", "/peta", "/peta?zoom=12&lat=-7&long=107.5", "/tentang", "/privasi", "/aman", "/keluar", "/sw.js", "/manifest.webmanifest"} {
		for _, prefix := range []string{"", "/en"} {
			_, s["api:anyone "+prefix+path] = a.visit(http.MethodGet, prefix+path, nil)
		}
	}
	var cookies bytes.Buffer
	for _, mine := range a.birds {
		opened, _ := a.visit(http.MethodPost, "/laporan/"+mine.id, url.Values{"code": {mine.code}})
		require.Equal(a.t, http.StatusSeeOther, opened.StatusCode)
		for _, c := range opened.Cookies() {
			cookies.WriteString(c.String())
		}
		cookies.WriteString(opened.Header.Get("Location"))
		_, s["api:anyone page "+mine.id] = a.visit(http.MethodGet, "/laporan/"+mine.id, nil)
		_, wrong := a.visit(http.MethodPost, "/laporan/"+mine.id, url.Values{"code": {"7K2MQ-9Q2MT-XXXXX-00000-ABCDE"}})
		s["api:anyone page "+mine.id] = append(s["api:anyone page "+mine.id], wrong...)
		for _, b := range a.birds {
			_, text := a.visit(http.MethodGet, "/laporan/"+b.id, nil, opened.Cookies()...)
			who := "reporter"
			if mine != b {
				who = "stranger"
			}
			name := fmt.Sprintf("api:%s page %s", who, b.id)
			s[name] = append(s[name], text...)
		}
	}
	s["cookie:all"] = cookies.Bytes()
}
