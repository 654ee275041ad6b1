package web_test

import (
	"context"
	_ "embed" // axe-core
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// axeScript is axe-core (testdata/axe/LICENSE). It is put into a world of its own
// beside the page's, which the page's content security policy does not reach.
//
//go:embed testdata/axe/axe.min.js
var axeScript string

// patience is how long a test waits for anything in a browser.
const patience = 20 * time.Second

const (
	phone   = 360
	desktop = 1280
)

// chromium is one process for all tests; each browser is a context of its own in
// it, with its own cookies and caches.
var chromium = sync.OnceValues(func() (context.Context, error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, fmt.Errorf("chromium is missing (tools/need chromium): %w", err)
	}
	ctx, _ := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("lang", "id-ID"), chromedp.Flag("font-render-hinting", "none"))...)
	ctx, _ = chromedp.NewContext(ctx)
	return ctx, chromedp.Do(ctx)
})

// TestMain ends the browser with the tests.
func TestMain(m *testing.M) {
	code := m.Run()
	if ctx, err := chromium(); err == nil {
		_ = chromedp.Cancel(ctx)
	}
	os.Exit(code)
}

// browser is a person's browser on the town's pages. When the test ends it fails
// it for every violation of the content security policy, every request to
// another host, and everything the console complains of.
type browser struct {
	*town
	ctx   context.Context
	width int64
	js    bool // the pages' own JavaScript runs
	mu    sync.Mutex
	bad   []string
}

// browse opens a browser. script says whether JavaScript is on.
func (w *town) browse(width int64, script bool) *browser {
	w.t.Helper()
	root, err := chromium()
	require.NoError(w.t, err)
	ctx, end := chromedp.NewContext(root, chromedp.WithNewBrowserContext())
	w.t.Cleanup(end)
	b := &browser{town: w, ctx: ctx, width: width, js: script}
	require.NoError(w.t, chromedp.Listen(ctx, b.listen))
	height := int64(740)
	if width > 700 {
		height = 900
	}
	_, err = chromedp.Call(ctx, network.Enable, network.EnableParams{})
	require.NoError(w.t, err)
	_, err = chromedp.Call(ctx, log.Enable, cdp.Empty{})
	require.NoError(w.t, err)
	_, err = chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 700})
	require.NoError(w.t, err)
	b.script(script)
	w.t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		require.Empty(w.t, b.bad)
	})
	return b
}

// script turns JavaScript on or off.
func (b *browser) script(on bool) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
	require.NoError(b.t, err)
}

// listen keeps what must not be.
func (b *browser) listen(ev any) {
	switch e := ev.(type) {
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
		if host := "http://" + u.Host; err != nil || u.Scheme != "data" && host != b.web.URL && host != b.issuer {
			b.complain("request to " + e.Request.URL)
		}
	case *log.EventEntryAdded:
		// Answers with an error status are what tests ask for; what Clear-Site-Data did is no complaint.
		if e.Entry.Source != log.EntrySourceNetwork && !strings.HasPrefix(e.Entry.Text, "Clear-Site-Data header") {
			b.complain(fmt.Sprintf("%s: %s", e.Entry.Source, e.Entry.Text))
		}
	case *runtime.EventExceptionThrown:
		b.complain("exception: " + fmt.Sprint(*e.ExceptionDetails))
	}
}

func (b *browser) complain(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bad = append(b.bad, what)
}

// do runs actions; a test waits no longer than patience for them.
func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	require.NoError(b.t, chromedp.Do(ctx, actions...))
}

// open goes to a path.
func (b *browser) open(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.web.URL + path))
}

// fill types into a field, whose name is that of the form, in place of what it
// holds.
func (b *browser) fill(name, text string) {
	b.t.Helper()
	css := chromedp.CSS("#f-" + name)
	b.do(chromedp.Focus(css), chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent(kb.Delete), chromedp.SendKeys(css, text))
}

// choose takes an option of a list by typing what it says, as the keyboard does.
func (b *browser) choose(name, label string) {
	b.t.Helper()
	b.do(chromedp.SendKeys(chromedp.CSS("#f-"+name), label))
}

// press clicks something and waits for the page it leads to.
func (b *browser) press(selector string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(selector))); err != nil {
		b.shoot("failed")
		require.NoError(b.t, err, selector)
	}
}

// tick marks a box or a choice.
func (b *browser) tick(id string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS("#" + id)))
}

// text is what a person reads in an element.
func (b *browser) text(selector string) string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	s, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS(selector)))
	require.NoError(b.t, err, selector)
	return strings.TrimSpace(s)
}

// reads holds the page against what it must say.
func (b *browser) reads(wanted ...string) {
	b.t.Helper()
	all := b.text("main")
	for _, x := range wanted {
		require.Contains(b.t, all, x)
	}
}

// isolated runs a script in a world beside the page's, and reads its value.
func (b *browser) isolated(script string, into any) {
	b.t.Helper()
	require.NoError(b.t, b.try(script, into))
}

// try is isolated for a page that may just be leaving.
func (b *browser) try(script string, into any) error {
	tree, err := chromedp.Call(b.ctx, page.GetFrameTree, cdp.Empty{})
	if err != nil {
		return err
	}
	world, err := chromedp.Call(b.ctx, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: tree.FrameTree.Frame.ID, WorldName: "test"})
	if err != nil {
		return err
	}
	yes := true
	got, err := chromedp.Call(b.ctx, runtime.Evaluate, runtime.EvaluateParams{
		Expression: script, ContextID: world.ExecutionContextID, AwaitPromise: &yes, ReturnByValue: &yes})
	switch {
	case err != nil:
		return err
	case got.ExceptionDetails != nil:
		return fmt.Errorf("%v", *got.ExceptionDetails)
	}
	return json.Unmarshal(got.Result.Value, into)
}

// until waits until a script says yes.
func (b *browser) until(script string) {
	b.t.Helper()
	require.Eventually(b.t, func() bool {
		var yes bool
		return b.try(script, &yes) == nil && yes
	}, patience, 20*time.Millisecond, script)
}

// finding is one violation that axe-core found.
type finding struct {
	ID    string   `json:"id"`
	Help  string   `json:"help"`
	Nodes []string `json:"nodes"`
}

// axe holds the page against WCAG 2.2 AA, and its width against the screen's; what
// it finds fails the test at its end.
func (b *browser) axe(what string) {
	b.t.Helper()
	var found struct {
		Wrong []finding `json:"wrong"`
		Wide  int64     `json:"wide"`
	}
	b.script(true)
	defer b.script(b.js)
	b.isolated(axeScript+`;axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then((r) => ({
		wrong: r.violations.map((v) => ({id: v.id, help: v.help, nodes: v.nodes.map((n) => n.html + " | " + n.failureSummary)})),
		wide: document.documentElement.scrollWidth}))`, &found)
	for _, f := range found.Wrong {
		b.complain(fmt.Sprintf("%s at %d px: %s", what, b.width, f))
	}
	if found.Wide > b.width {
		b.complain(fmt.Sprintf("%s at %d px scrolls sideways: %d", what, b.width, found.Wide))
	}
}

// shoot keeps a picture of the page where KAWAL_SCREENSHOTS says, under its name
// and width; without it there is none.
func (b *browser) shoot(name string) {
	b.t.Helper()
	dir := os.Getenv("KAWAL_SCREENSHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	require.NoError(b.t, err)
	require.NoError(b.t, os.MkdirAll(dir, 0o755))
	require.NoError(b.t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d.png", name, b.width)), small(b.t, picture), 0o644))
}
