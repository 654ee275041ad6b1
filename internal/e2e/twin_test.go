package e2e_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/api"
	"github.com/kawal-id/kawal/internal/auth"
	"github.com/kawal-id/kawal/internal/door"
	"github.com/kawal-id/kawal/internal/issuer"
	"github.com/kawal-id/kawal/internal/played"
	"github.com/kawal-id/kawal/internal/seal"
	"github.com/kawal-id/kawal/internal/testdb"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/web"
)

// nursery is what twins share: keys, custodians and the issuer of tokens.
type nursery struct {
	world
	tokens sync.Map // by subject
}

func newNursery(t *testing.T) *nursery {
	n := &nursery{world: world{t: t, keys: filepath.Join(t.TempDir(), "keys")}}
	require.NoError(t, seal.Create(n.keys))
	var err error
	n.sealed, err = seal.Open(n.keys)
	require.NoError(t, err)
	n.makeCustodians()
	n.startIssuer()
	return n
}

func (n *nursery) token(t testing.TB, subject string) string {
	t.Helper()
	if known, ok := n.tokens.Load(subject); ok {
		return known.(string)
	}
	token, err := issuer.Mint(n.issuerKey(), n.issuer.URL, "kawal", subject, 2*time.Hour, time.Now())
	require.NoError(t, err)
	n.tokens.Store(subject, token)
	return token
}

// twin is a world whose clock and whose chance are the same as its twin's at the
// same step: what both answer may then be compared as it is, tracking ids, times
// and names of requests included. The routes, the office, the policy, the store
// and PostgreSQL are the real ones; the workflow is played at once, since two runs
// of a real one never have the same times.
type twin struct {
	*world
	nursery *nursery
	office  *office.Office
	seed    uint64
	steps   uint64
	leak    atomic.Pointer[leak]

	mu     sync.Mutex
	at     time.Time
	chance *rand.ChaCha8
}

// birth is the moment at which twins begin: Monday, 2 February 2026, 09:00 WIB.
var birth = time.Date(2026, 2, 2, 2, 0, 0, 0, time.UTC)

func (n *nursery) newTwin(t testing.TB, seed uint64) *twin {
	t.Helper()
	w := n.in(t)
	w.database = testdb.New(t, store.MigrationsHash()[:16]+"_sample", func(ctx context.Context, url string) error {
		if err := store.Migrate(ctx, url); err != nil {
			return err
		}
		s, err := store.Open(ctx, store.Config{Keys: n.sealed, URL: url, MaxConns: 2, Now: time.Now})
		if err != nil {
			return err
		}
		defer s.Close()
		(&world{t: t, store: s}).putSample()
		return nil
	})
	tw := &twin{world: w, nursery: n, seed: seed}
	tw.next()
	var err error
	w.store, err = store.Open(t.Context(), store.Config{Keys: n.sealed, URL: hasty(t, w.database), MaxConns: 4, Now: tw.now})
	require.NoError(t, err)
	t.Cleanup(w.store.Close)
	quiet := slog.New(slog.DiscardHandler)
	tw.office, err = office.New(office.Config{Store: w.store, Engine: played.Engine{Store: w.store, Now: tw.now}, Keys: n.sealed, Custodians: n.to, Now: tw.now,
		Random: tw, Log: quiet, National: "national", TemporalUI: "http://127.0.0.1:8233", Demo: true,
		NoteErasure: func(string, time.Time) error { return nil },
		SendCode: func(ctx context.Context, id string) error {
			return w.store.As(ctx, store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) error { return tx.QueueCode(ctx, id) })
		}})
	require.NoError(t, err)
	t.Cleanup(tw.office.Wait)
	v, err := auth.New(auth.Config{Issuer: n.issuer.URL, Audience: "kawal", Now: time.Now})
	require.NoError(t, err)
	h, err := api.New(api.Config{Office: tw.office, Verifier: v, Now: tw.now, Random: tw, Log: quiet, NotFoundAfter: time.Nanosecond,
		Ready: func(context.Context) map[string]error { return nil }})
	require.NoError(t, err)
	pages, err := web.New(web.Config{Office: tw.office, SignIn: standIn{}, Now: tw.now, Random: tw, URL: "http://127.0.0.1/laporan", Log: quiet, NotFoundAfter: time.Nanosecond})
	require.NoError(t, err)
	h = door.Beside(h, pages)
	w.api = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw = patient{rw}
		if l := tw.leak.Load(); l != nil {
			l.serve(tw, h, rw, r)
			return
		}
		h.ServeHTTP(rw, r)
	}))
	t.Cleanup(w.api.Close)
	return tw
}

// patient is an answer whose reader has all the time: by a twin's clock every
// deadline of this machine's connections is long over.
type patient struct{ http.ResponseWriter }

// SetWriteDeadline sets none.
func (patient) SetWriteDeadline(time.Time) error { return nil }

// Flush sends what is written.
func (p patient) Flush() { _ = http.NewResponseController(p.ResponseWriter).Flush() } // the reader may have gone

// hasty is a database that does not wait for the disk: nobody pulls the plug on
// a twin.
func hasty(t testing.TB, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	q := u.Query()
	q.Set("synchronous_commit", "off")
	u.RawQuery = q.Encode()
	return u.String()
}

func (tw *twin) now() time.Time {
	tw.mu.Lock()
	defer tw.mu.Unlock()
	return tw.at
}

// Read draws bytes that are those of the other twin at the same step.
func (tw *twin) Read(b []byte) (int, error) {
	tw.mu.Lock()
	defer tw.mu.Unlock()
	return tw.chance.Read(b)
}

// next goes on to the next step, five hours later, whatever the last one drew.
func (tw *twin) next() {
	tw.mu.Lock()
	defer tw.mu.Unlock()
	tw.at = birth.Add(time.Duration(tw.steps) * 5 * time.Hour)
	tw.steps++
	tw.draw("step", tw.steps)
}

// draw begins the chance of a step or of a question.
func (tw *twin) draw(what string, n uint64) {
	of := append([]byte(what), make([]byte, 16)...)
	binary.BigEndian.PutUint64(of[len(what):], tw.seed)
	binary.BigEndian.PutUint64(of[len(what)+8:], n)
	tw.chance = rand.NewChaCha8(sha256.Sum256(of))
}

// ask makes one request at the present step. Everything that a client can see
// of the answer is in told, but the Date of this machine.
func (tw *twin) ask(c caller, method, path string, body any) (a answer, told string) {
	tw.t.Helper()
	tw.mu.Lock()
	tw.draw(fmt.Sprintf("%+v %s %s", c, method, path), tw.steps)
	tw.mu.Unlock()
	var sent io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		require.NoError(tw.t, err)
		sent = strings.NewReader(string(b))
	}
	address := tw.api.URL + "/v1" + path
	page, isPage := strings.CutPrefix(path, "page ")
	var cookies []*http.Cookie
	if isPage {
		if address = tw.api.URL + page; c.subject != "" {
			cookies, _ = signIn(tw.t, tw.api.URL, c.subject)
		}
	}
	r, err := http.NewRequestWithContext(tw.t.Context(), method, address, sent)
	require.NoError(tw.t, err)
	for _, one := range cookies {
		r.AddCookie(one)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.subject != "" && !isPage {
		r.Header.Set("Authorization", "Bearer "+tw.nursery.token(tw.t, c.subject))
	}
	if c.code != "" {
		r.Header.Set("X-Kawal-Code", c.code)
	}
	res, err := onceOnly.Do(r)
	require.NoError(tw.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(tw.t, err)
	tw.office.Wait() // what was sent on behind the answer
	a = answer{res.StatusCode, res.Header, b}
	h := res.Header.Clone()
	h.Del("Date")
	var text strings.Builder
	fmt.Fprintln(&text, res.Proto, res.Status, res.ContentLength, res.TransferEncoding)
	for _, name := range slices.Sorted(maps.Keys(h)) {
		fmt.Fprintf(&text, "%s: %q\n", name, h[name])
	}
	fmt.Fprintf(&text, "\n%s\n%q", b, res.Trailer)
	return a, text.String()
}

// does makes a request that must succeed, at a step of its own.
func (tw *twin) does(c caller, path string, body any) answer {
	tw.t.Helper()
	tw.next()
	a, _ := tw.ask(c, http.MethodPost, path, body)
	require.Less(tw.t, a.status, 300, "seed %d, POST %s: %s", tw.seed, path, a.body)
	return a
}
