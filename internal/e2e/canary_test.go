package e2e_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/kawal-id/kawal/internal/issuer"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

// kind is what sort of thing a canary stands for.
type kind string

// What belongs to a report, and what belongs to a request.
const (
	aName    kind = "name"
	aNIK     kind = "NIK"
	anAddr   kind = "address"
	aContact kind = "contact"
	aTitle   kind = "title"
	aBody    kind = "sentence"
	anAnswer kind = "attribute"
	aPlace   kind = "place"
	aReply   kind = "reply"
	aNote    kind = "note"
	aCode    kind = "access code"
	anIP     kind = "IP"
	anAgent  kind = "agent"
	aHeader  kind = "header"
	aQuery   kind = "query"
)

// canary is a word that may be found in few places.
type canary struct {
	kind kind
	word string
	of   *bird // nil: of every request
}

// bird is a report of one mode, full of canaries.
type bird struct {
	filed
	identity, content string
	request           string // of its identity
	canaries          []canary
}

func (b *bird) word(k kind) string {
	return b.canaries[slices.IndexFunc(b.canaries, func(c canary) bool { return c.kind == k })].word
}

func (b *bird) secret() bool { return b.content != "public" }

// sinks are everything the installation has written or answered, by name.
type sinks map[string][]byte

// forms are how a word may be written: as it is, in hexadecimal, in an address,
// in UTF-16, and in base64 at each of its three offsets.
func forms(word string) map[string][]byte {
	f := map[string][]byte{"plain": []byte(word), "hex": []byte(hex.EncodeToString([]byte(word))),
		"url": []byte(url.QueryEscape(word)), "HEX": []byte(strings.ToUpper(hex.EncodeToString([]byte(word))))}
	var wide, ediw []byte
	for _, u := range utf16.Encode([]rune(word)) {
		wide, ediw = append(wide, byte(u), byte(u>>8)), append(ediw, byte(u>>8), byte(u))
	}
	f["utf-16le"], f["utf-16be"] = wide, ediw
	for i := range 3 {
		padded := append(bytes.Repeat([]byte{0}, i), word...)
		for name, enc := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64url": base64.RawURLEncoding} {
			e := enc.EncodeToString(padded) // its first and last characters depend on the neighbours
			f[fmt.Sprintf("%s+%d", name, i)] = []byte(e[(i*8+5)/6 : len(e)-2])
		}
	}
	return f
}

// opened returns the bytes and what every gzip member and every file of a ZIP in
// them holds.
func opened(b []byte) []byte {
	all := append(slices.Clone(b), unzipped(b)...)
	for at := 0; ; at++ {
		i := bytes.Index(b[at:], []byte{0x1f, 0x8b, 8})
		if i < 0 {
			return all
		}
		at += i
		if r, err := gzip.NewReader(bytes.NewReader(b[at:])); err == nil {
			text, _ := io.ReadAll(r) // as far as it can be read
			all = append(all, text...)
		}
	}
}

// unzipped returns what every packed file of a ZIP in the bytes holds.
func unzipped(b []byte) (all []byte) {
	const header = 30
	for at := 0; ; at++ {
		i := bytes.Index(b[at:], []byte("PK\x03\x04"))
		if i < 0 || len(b) < at+i+header {
			return all
		}
		at += i
		start := at + header + int(binary.LittleEndian.Uint16(b[at+26:])) + int(binary.LittleEndian.Uint16(b[at+28:]))
		if packed := binary.LittleEndian.Uint16(b[at+8:]) == 8; packed && start < len(b) {
			text, _ := io.ReadAll(flate.NewReader(bytes.NewReader(b[start:]))) // as far as it can be read
			all = append(all, text...)
		}
	}
}

// hit is a canary in a place.
type hit struct{ sink, form, kind, mode string }

// search finds every canary in every form, and reports those that may not be
// where they are; found is the sinks of each.
func search(s sinks, all []canary) (forbidden []hit, found map[canary][]string) {
	found = map[canary][]string{}
	for name, b := range s {
		b = opened(b)
		for _, c := range all {
			for form, needle := range forms(c.word) {
				if !bytes.Contains(b, needle) {
					continue
				}
				found[c] = append(found[c], name)
				if !belongs(c, name) {
					mode := ""
					if c.of != nil {
						mode = c.of.identity + " " + c.of.content
					}
					forbidden = append(forbidden, hit{name, form, string(c.kind), mode})
				}
			}
		}
	}
	return forbidden, found
}

// belongs says where a canary may be: RULES.md section 6, written apart from the
// policy and from row-level security.
func belongs(c canary, sink string) bool {
	if c.of == nil {
		return false // what a request carried beside its body is written down nowhere
	}
	place, rest, _ := strings.Cut(sink, ":")
	own := strings.HasSuffix(rest, " "+c.of.id)
	who, _, _ := strings.Cut(rest, " ")
	inTable := func(tables ...string) bool {
		return (place == "table" || place == "dump") && slices.Contains(tables, rest)
	}
	// Who reads the reporter's own words: himself, the administrators of the queue,
	// auditors; the addressed unit's people too if he is open, a head and a
	// supervisor only what is not secret.
	reads := place == "api" && (who == "auditor" || who == "admin" || who == "national" || who == "reporter" && own ||
		c.of.identity == "open" && (who == "officer" || !c.of.secret() && (who == "head" || who == "supervisor")))
	public := place == "api" && c.of.identity == "open" && c.of.content == "public"
	switch c.kind {
	case aName, aNIK, anAddr:
		// Sealed wherever it lies; an open one is read by the reporter and those over
		// the queue.
		return c.of.identity == "open" && place == "api" && (who == "admin" || who == "national" || who == "reporter" && own)
	case aContact:
		return place == "mail to"
	case aCode:
		return place == "receipt"
	case aTitle, aBody, anAnswer:
		return reads // sealed in every table
	case aPlace:
		return reads || public || inTable("content", "published")
	case aReply:
		return reads || public || place == "api" && (who == "officer" || !c.of.secret() && (who == "head" || who == "supervisor")) ||
			inTable("published_post")
	case aNote:
		return place == "api" && slices.Contains([]string{"admin", "national", "officer", "auditor"}, who) ||
			place == "api" && who == "head" && !c.of.secret()
	}
	return false
}

// aviary is a world in which every request carries canaries of its own, and all
// that is logged is kept.
type aviary struct {
	lives
	t        *testing.T
	log      *guardedBuffer
	registry *prometheus.Registry
	request  []canary
	birds    []*bird
	receipts bytes.Buffer
}

type guardedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write adds to the buffer.
func (g *guardedBuffer) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.b.Write(p)
}

func (g *guardedBuffer) bytes() []byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	return bytes.Clone(g.b.Bytes())
}

func newAviary(t *testing.T) *aviary {
	w := newWorld(t, shared(t))
	a := &aviary{t: t, lives: lives{w}, log: &guardedBuffer{}, registry: prometheus.NewRegistry()}
	w.stopWorker() // which reads both
	w.log, w.registry = slog.New(slog.NewJSONHandler(a.log, &slog.HandlerOptions{Level: slog.LevelDebug})), a.registry
	w.startWorker()
	w.startAPI(office.Temporal{Client: w.temporal, Now: time.Now})
	a.request = []canary{{anIP, "203.0.113.177", nil}, {anAgent, "KanariAgen7731", nil}, {aHeader, "KanariKepala5519", nil}, {aQuery, "KanariTanya9183", nil}}
	return a
}

// ask makes a request that carries the canaries of requests.
func (a *aviary) ask(c caller, method, path string, body any) (int, []byte) {
	a.t.Helper()
	b, err := json.Marshal(body)
	require.NoError(a.t, err)
	if body == nil {
		b = nil
	}
	req, err := http.NewRequestWithContext(a.t.Context(), method, a.api.URL+path, bytes.NewReader(b))
	require.NoError(a.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Forwarded-For", a.request[0].word)
	req.Header.Set("User-Agent", a.request[1].word)
	req.Header.Set("X-Kanari", a.request[2].word)
	req.Header.Set("Referer", "https://contoh.example/?q="+a.request[3].word)
	if c.code != "" {
		req.Header.Set("X-Kawal-Code", c.code)
	}
	if c.subject != "" {
		token, err := issuer.Mint(a.issuerKey(), a.issuer.URL, "kawal", c.subject, time.Hour, time.Now())
		require.NoError(a.t, err)
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(a.t, err)
	defer res.Body.Close()
	var answer bytes.Buffer
	require.NoError(a.t, res.Header.Write(&answer))
	_, err = io.Copy(&answer, res.Body)
	require.NoError(a.t, err)
	return res.StatusCode, answer.Bytes()
}

// hatch files a report of a mode, with a canary in every field.
func (a *aviary) hatch(identity, content string) *bird {
	a.t.Helper()
	n := fmt.Sprintf("%05d7", rand.IntN(100_000)) // no zero at the end: it is part of a number
	b := &bird{identity: identity, content: content, request: noRequest}
	lat := "-6." + fmt.Sprint(300_000+len(a.birds)) + n
	put := func(k kind, word string) string {
		b.canaries = append(b.canaries, canary{k, word, b})
		return word
	}
	body := submission(pupr)
	body["identity"], body["content"] = identity, content
	body["title"], body["body"] = "Judul "+put(aTitle, "KanariJudul"+n), "Kalimat "+put(aBody, "KanariKalimat"+n)+" tentang jalan."
	body["lat"], body["long"] = json.Number(lat), 107.123
	put(aPlace, lat[3:])
	body["attributes"] = map[string]string{"catatan": put(anAnswer, "KanariJawaban"+n)}
	if identity != "none" {
		body["name"], body["nik"] = "Nama "+put(aName, "KanariNama"+n), put(aNIK, "3204"+n+n)
		body["address"] = "Jalan " + put(anAddr, "KanariAlamat"+n)
		body["contact"] = put(aContact, "kanari"+n+"@surat.example")
	}
	status, answer := a.ask(caller{}, http.MethodPost, "/v1/reports?"+url.Values{}.Encode(), body)
	require.Equal(a.t, http.StatusCreated, status, "%s", answer)
	_, receipt, _ := bytes.Cut(answer, []byte("{"))
	var err error
	b.filed, err = (answerOf(append([]byte("{"), receipt...))).receipt()
	require.NoError(a.t, err)
	put(aCode, b.code)
	a.receipts.Write(answer)
	a.birds = append(a.birds, b)
	return b
}

func answerOf(b []byte) answer { return answer{body: b} }

// fly drives a report through its life: forwarded, noted, answered, replied to,
// answered again.
func (a *aviary) fly(b *bird) {
	a.t.Helper()
	word := func(k kind, stem string) string {
		w := stem + b.id[4:8] + b.id[9:13]
		b.canaries = append(b.canaries, canary{k, w, b})
		return w
	}
	f := b.filed
	a.forward(f, anAdmin, pupr)
	a.await(f.id, report.FollowUp)
	a.act(f, anOfficer, "/notes", saying("Catatan "+word(aNote, "KanariCatatan")))
	a.act(f, anOfficer, "/follow-ups", saying("Sudah ditambal."))
	a.world.say(f, "/replies", saying("Balasan "+word(aReply, "KanariBalasan")))
	a.act(f, anOfficer, "/follow-ups", saying("Sudah diperbaiki."))
	a.agree(f.id)
	if b.identity == "sealed" { // and two custodians have it
		path := "/reports/" + b.id + "/identity-requests"
		var q custody
		a.ok(staff("kustodian.1"), http.MethodPost, path, map[string]string{"reason": because}).into(a.t, &q)
		b.request = q.ID
		a.ok(staff("kustodian.2"), http.MethodPost, path+"/"+q.ID+"/consent", nil)
	}
}

// watchers are everybody who might look.
func (a *aviary) watchers() map[string]caller {
	all := map[string]caller{"anyone": {}, "admin": staff(anAdmin), "national": staff("admin.national"), "officer": staff(anOfficer), "head": staff("kepala.pupr"),
		"supervisor": staff("inspektorat.supervisor"), "auditor": staff("auditor"), "elsewhere": staff("petugas.kesehatan"), "custodian": staff("kustodian.1")}
	return all
}

// collect asks every GET of the contract as everybody, and reads all that was
// written.
func (a *aviary) collect() sinks {
	a.t.Helper()
	s := sinks{}
	a.everyAnswer(s)
	a.pages(s)
	a.desk(s)
	s["receipt:all"] = a.receipts.Bytes()
	s["log:all"] = a.log.bytes()
	s["metrics:all"] = a.metrics()
	a.tables(s)
	a.dump(s)
	a.histories(s)
	a.files(s)
	a.temporary(s)
	return s
}

func (a *aviary) metrics() []byte {
	families, err := a.registry.Gather()
	require.NoError(a.t, err)
	var b bytes.Buffer
	for _, f := range families {
		_, err := expfmt.MetricFamilyToText(&b, f)
		require.NoError(a.t, err)
	}
	return b.Bytes()
}

// tables reads every row of every table, as a dump would.
func (a *aviary) tables(s sinks) {
	conn, err := pgx.Connect(a.t.Context(), a.database)
	require.NoError(a.t, err)
	defer conn.Close(context.Background())
	rows, err := conn.Query(a.t.Context(), `SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`)
	require.NoError(a.t, err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(a.t, err)
	for _, name := range names {
		var b bytes.Buffer
		_, err := conn.PgConn().CopyTo(a.t.Context(), &b, `COPY `+pgx.Identifier{name}.Sanitize()+` TO STDOUT`)
		require.NoError(a.t, err)
		s["table:"+name] = b.Bytes()
	}
}

// histories reads what Temporal keeps: events as they lie there and opened, and
// the rows of its visibility.
func (a *aviary) histories(s sinks) {
	for _, b := range a.birds {
		raw := a.raw(b.id)
		text, err := protojson.Marshal(raw)
		require.NoError(a.t, err)
		s["history:raw "+b.id] = text
		for _, e := range raw.GetEvents() { // payloads as bytes too, not only as base64
			s["history:raw "+b.id] = append(s["history:raw "+b.id], []byte(e.String())...)
		}
		plain, err := protojson.Marshal(a.unsealed(raw))
		require.NoError(a.t, err)
		s["history:opened "+b.id] = append(plain, []byte(fmt.Sprint(a.spelled(raw)))...)
	}
	seen, err := a.temporal.ListWorkflow(a.t.Context(), &workflowservice.ListWorkflowExecutionsRequest{PageSize: 100})
	require.NoError(a.t, err)
	text, err := protojson.Marshal(seen)
	require.NoError(a.t, err)
	s["visibility:all"] = text
}

// files reads everything that was written into the installation's folders: mail,
// by whom it was for and what it says, and keys.
func (a *aviary) files(s sinks) {
	for _, dir := range []string{a.mail, a.keys} {
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			head, body, isMail := bytes.Cut(b, []byte("\r\n\r\n"))
			if !isMail {
				head, body, isMail = bytes.Cut(b, []byte("\n\n"))
			}
			if dir == a.mail && isMail {
				s["mail to:"+filepath.Base(path)], s["mail:"+filepath.Base(path)] = head, body
				return err
			}
			s["file:"+filepath.Base(path)] = b
			return err
		})
	}
}

func (a *aviary) canaries() []canary {
	all := slices.Clone(a.request)
	for _, b := range a.birds {
		all = append(all, b.canaries...)
	}
	return all
}

// The canary sweep of every mode of report through its whole life. Tried with the
// leaks below, by writing the reporter's name into the log, and by giving
// heads the originals of sealed reporters: both are found.
func TestNoCanaryIsFoundWhereItDoesNotBelong(t *testing.T) {
	t.Parallel()
	a := newAviary(t)
	for _, identity := range []string{"open", "sealed", "none"} {
		for _, content := range []string{"public", "secret"} {
			a.fly(a.hatch(identity, content))
		}
	}
	a.fly(a.hatchOnPages("sealed", "public"))
	turned := a.hatch("open", "public")
	a.fly(turned)
	a.ok(staff(anAdmin), http.MethodPost, "/reports/"+turned.id+"/visibility", map[string]string{"content": "secret"})
	turned.content = "secret since"
	a.eventually(func() error {
		if row := a.row(turned.id); !row.State.Secret {
			return fmt.Errorf("%s is not secret yet", turned.id)
		}
		return nil
	})
	a.eventually(func() error {
		letters, err := a.letters(a.birds[0].word(aContact))
		if err == nil && len(letters) == 0 {
			err = fmt.Errorf("no letter to the first reporter")
		}
		return err
	})

	s, all := a.collect(), a.canaries()
	kinds := map[kind]bool{}
	for _, c := range all {
		kinds[c.kind] = true
	}
	require.GreaterOrEqual(t, len(kinds), 12)
	forbidden, found := search(s, all)
	require.Empty(t, forbidden, "canaries in %d sinks", len(s))

	// Each is where it belongs, so that a sweep that finds nothing has looked.
	for _, b := range a.birds {
		for _, c := range b.canaries {
			var want string
			switch c.kind {
			case aTitle, aBody, anAnswer, aReply:
				want = "api:reporter  " + b.id
			case aNote:
				want = "api:admin  " + b.id
			case aName, aNIK, anAddr:
				if want = "api:reporter /identity " + b.id; b.identity != "open" {
					continue
				}
			case aPlace:
				want = "table:content"
				require.Contains(t, found[c], "dump:content", "%s of %s %s", c.kind, b.identity, b.content)
			case aCode:
				want = "receipt:all"
			default:
				continue
			}
			require.Contains(t, found[c], want, "%s of %s %s", c.kind, b.identity, b.content)
		}
	}
	require.NotEmpty(t, found[a.birds[0].canaries[slices.IndexFunc(a.birds[0].canaries, func(c canary) bool { return c.kind == aContact })]], "the address of a letter")

	a.seededLeaksAreFound(s, all)
	a.seededSinks(all)
}

// seededLeaksAreFound puts two dozen canaries where they do not belong, each into
// another sink or in another form.
func (a *aviary) seededLeaksAreFound(s sinks, all []canary) {
	secret, open := a.birds[3], a.birds[0]
	require.Equal(a.t, "sealed secret", secret.identity+" "+secret.content)
	zipped := func(b []byte) []byte {
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		_, _ = w.Write(b)
		_ = w.Close()
		return out.Bytes()
	}
	as := func(word, form string) []byte { return forms(word)[form] }
	leaks := []struct {
		sink string
		leak []byte
	}{
		{"api:anyone /v1/reports", as(secret.word(aTitle), "plain")},
		{"api:anyone /v1/reports", as(open.word(aBody), "plain")},
		{"api:anyone /v1/reports.geojson?bbox=94,-12,142,7", as(secret.word(aPlace), "plain")},
		{"api:anyone /v1/reports.xlsx", spreadsheet(a.t, secret.word(aTitle))},
		{"api:anyone /v1/feed.atom", as(secret.word(aTitle), "plain")},
		{"api:elsewhere /v1/queue", as(secret.word(aBody), "url")},
		{"api:supervisor /v1/statistics?by=month", as(secret.word(aReply), "plain")},
		{"api:officer  " + secret.id, as(secret.word(aBody), "plain")},
		{"api:head  " + secret.id, as(secret.word(aNote), "plain")},
		{"api:reporter  " + open.id, as(open.word(aNote), "plain")},
		{"api:stranger  " + open.id, as(open.word(aBody), "base64+1")},
		{"log:all", as(secret.word(aContact), "plain")},
		{"log:all", as(a.request[0].word, "plain")},
		{"log:all", zipped([]byte("x" + a.request[1].word))},
		{"metrics:all", as(a.request[3].word, "url")},
		{"history:raw " + secret.id, as(secret.word(aBody), "base64+0")},
		{"history:opened " + secret.id, as(secret.word(aName), "plain")},
		{"visibility:all", as(secret.word(aTitle), "hex")},
		{"table:outbox", as(secret.word(aContact), "plain")},
		{"table:identity", as(secret.word(aNIK), "hex")},
		{"table:audit", as(open.word(aCode), "plain")},
		{"mail:new", as(secret.word(aTitle), "utf-16le")},
		{"api:anyone /statistik", as(secret.word(aTitle), "plain")},
		{"api:anyone page " + open.id, as(open.word(aCode), "plain")},
		{"cookie:all", as(secret.word(aCode), "base64url+0")},
		{"api:anyone /peta", as(secret.word(aTitle), "plain")},
		{"api:officer desk " + secret.id, as(secret.word(aBody), "plain")},
		{"api:head /meja/laporan", as(secret.word(aTitle), "plain")},
		{"cookie:desk", as(secret.word(aName), "base64+0")},
		{"table:web_session", as(secret.word(aCode), "hex")},
		{"dump:report", as(secret.word(aReply), "hex")},
		{"temporary:upload", zipped([]byte(open.word(aNIK)))},
	}
	require.Len(a.t, leaks, 32)
	for i, l := range leaks {
		seeded := sinks{l.sink: append(slices.Clone(s[l.sink]), l.leak...)}
		forbidden, _ := search(seeded, all)
		require.NotEmpty(a.t, forbidden, "leak %d into %s", i+1, l.sink)
	}
}
