package web_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// keys types keys, as somebody does who has no mouse.
func (b *browser) keys(keys ...string) {
	b.t.Helper()
	for _, k := range keys {
		b.do(chromedp.KeyEvent(k))
	}
}

// enterKey presses Enter once: kb.Enter sends its character a second time, to
// whatever has the focus then.
func (b *browser) enterKey() {
	b.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		p := input.DispatchKeyEventParams{Type: kind, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13, NativeVirtualKeyCode: 13}
		if kind == input.DispatchKeyEventTypeKeyDown {
			p.Text = "\r"
		}
		_, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, p)
		require.NoError(b.t, err)
	}
}

// own runs a script in the page's own world.
func own[T any](b *browser, script string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err)
	return v
}

// focus waits until something has the focus.
func (b *browser) focus(selector string) {
	b.t.Helper()
	b.until(`document.activeElement.matches(` + "`" + selector + "`" + `)`)
}

// A report is begun, corrected and gone on with by the keyboard alone, and what
// has the focus is always seen.
func TestTheKeyboardIsEnough(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	b := w.browse(desktop, true)
	b.open("/lapor")
	b.keys(kb.Tab)
	b.focus(".skip")
	b.enterKey()
	b.keys(kb.Tab)
	b.focus("#f-title") // the skip link passes the menus
	b.until(`getComputedStyle(document.activeElement).outline.includes("solid 3px")`)
	b.keys("J", "a", "l", "a", "n")
	b.enterKey()
	b.focus("#salah") // Enter goes on, and what is wrong is read first
	b.keys(kb.Tab)
	b.focus(`#salah a[href="#f-title"]`)
	b.enterKey()
	b.focus("#f-title")
	b.keys(kb.Tab)
	b.focus("#f-body")
	b.keys("J", kb.Tab, " ")
	b.until(`document.querySelector("#f-class-complaint_ordinary").checked`)
}

// Nothing of a report is in the browser once the page is left: no storage, no page
// in a cache, and the service worker keeps assets only. Tried by caching a page.
func TestNothingOfAReportStaysInTheBrowser(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.file()
	b := w.browse(phone, true)
	b.enter(r.ID, r.AccessCode)
	b.reads("Jalan berlubang di depan pasar")
	b.open("/")
	b.open("/tentang")
	type left struct {
		Storage int      `json:"storage"`
		Cookies string   `json:"cookies"`
		Caches  []string `json:"caches"`
	}
	kept := own[left](b, `(async () => {
		await navigator.serviceWorker.ready;
		const urls = [];
		for (const name of await caches.keys()) {
			for (const r of await (await caches.open(name)).keys()) { urls.push(new URL(r.url).pathname); }
		}
		return {storage: localStorage.length + sessionStorage.length + (await indexedDB.databases()).length, cookies: document.cookie, caches: urls};
	})()`)
	require.Zero(t, kept.Storage)
	require.Empty(t, kept.Cookies, "no script reads the session's cookie")
	for _, path := range kept.Caches {
		require.True(t, strings.HasPrefix(path, "/aset/"), path)
	}
	entries, err := chromedp.Run(b.ctx, chromedp.NavigationEntries())
	require.NoError(t, err)
	text, err := json.Marshal(entries)
	require.NoError(t, err)
	require.NotContains(t, string(text), strings.ReplaceAll(r.AccessCode, "-", ""))
	require.NotContains(t, string(text), r.AccessCode)
}

// Tried by taking the icons out of the manifest.
func TestThePagesCanBeInstalled(t *testing.T) {
	t.Parallel()
	b := newTown(t).browse(phone, true)
	b.open("/")
	require.True(t, own[bool](b, `navigator.serviceWorker.ready.then(() => true)`))
	got, err := chromedp.Call(b.ctx, page.GetInstallabilityErrors, cdp.Empty{})
	require.NoError(t, err)
	for _, e := range got.InstallabilityErrors {
		require.Equal(t, "in-incognito", e.ErrorID)
	}
	manifest, err := chromedp.Call(b.ctx, page.GetAppManifest, page.GetAppManifestParams{})
	require.NoError(t, err)
	require.Empty(t, manifest.Errors)
	require.Contains(t, manifest.Data, `"start_url": "/"`)
}

// What is replaced in the history cannot be gone back to.
func TestTheQuickExitIsNoPlaceToComeBackFrom(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.file()
	b := w.browse(phone, true)
	b.open("/tentang")
	b.enter(r.ID, r.AccessCode)
	b.press(".exit")
	b.until(`document.title === "Halaman kosong"`)
	entries, err := chromedp.Run(b.ctx, chromedp.NavigationEntries())
	require.NoError(t, err)
	last := entries.Entries[len(entries.Entries)-1]
	require.True(t, strings.HasSuffix(last.URL, "/keluar"), last.URL)
	b.open("/laporan/" + r.ID)
	b.reads("Laporan tidak ditemukan")
}
