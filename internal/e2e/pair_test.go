package e2e_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"
)

// hidden is the one report by which twins differ.
type hidden struct {
	body    map[string]any // its submission
	accused []string
	word    string // stands in title and body
	life    string // a key of lifetimes
}

// lifetimes are what becomes of a hidden report after its submission. Each is
// secret at its end.
var lifetimes = map[string][]string{
	"waits":     {},
	"handled":   {"forward", "note", "follow-up", "reply", "follow-up"},
	"asked":     {"ask", "supply", "archive"},
	"withdrawn": {"forward", "note", "withdraw", "erase"},
	"turned":    {"forward", "follow-up", "hide"}, // published first
}

// longest is the number of steps of the longest life.
const longest = 5

// addressee is who may answer it: the inspectorate, or if that stands accused
// too a ministry, with its officer.
func (x *hidden) addressee() (unit, officer string) {
	if slices.Contains(x.accused, "tirtajaya") {
		return "kementerian-layanan-warga", "petugas.layanan-warga"
	}
	return "inspektorat-tirtajaya", "petugas.inspektorat"
}

// step lives one step of a hidden report.
func (x *hidden) step(tw *twin, f filed, what string) {
	unit, officer := x.addressee()
	on := "/reports/" + f.id
	switch what {
	case "forward":
		tw.does(staff("admin.national"), on+"/forward", map[string]any{"agency": unit, "public_title": "Salinan " + x.word, "public_body": x.word, "public_confirmed": true})
	case "note":
		tw.does(staff(officer), on+"/notes", saying("Catatan "+x.word))
	case "follow-up":
		tw.does(staff(officer), on+"/follow-ups", saying("Tanggapan "+x.word))
	case "reply":
		tw.does(f.reporter(), on+"/replies", saying("Balasan "+x.word))
	case "ask":
		tw.does(staff("admin.national"), on+"/request-info", saying("Di mana "+x.word+"?"))
	case "supply":
		tw.does(f.reporter(), on+"/supply-info", saying("Di "+x.word))
	case "archive":
		tw.does(staff("admin.national"), on+"/archive", map[string]string{"reason": "too_general"})
	case "withdraw":
		tw.does(f.reporter(), on+"/withdraw", nil)
	case "erase":
		tw.does(f.reporter(), on+"/erase", nil)
	case "hide":
		seen, _ := tw.ask(caller{}, http.MethodGet, on, nil)
		require.Equal(tw.t, http.StatusOK, seen.status, "it was published")
		tw.does(f.reporter(), on+"/visibility", map[string]string{"content": "secret"})
	default:
		tw.next()
	}
}

// pair is two worlds to be: equal, but for one report.
type pair struct {
	n          int
	seed       uint64
	kind       string
	focus      string // a unit that stands accused in both
	one, other *hidden
	town       []map[string]any // what everybody else files
}

// differences are the ways in which the worlds of a pair differ.
var differences = []string{"words", "absent", "accused", "identity", "turned", "case"}

// newPair draws a pair. The same n and base give the same pair again.
func newPair(base uint64, n int) pair {
	p := pair{n: n, seed: base + uint64(n), kind: differences[n%len(differences)]}
	r := rand.New(rand.NewPCG(p.seed, 8)) //nolint:gosec // chance that can be repeated
	p.focus = pick(r, "dinas-pupr", "dinas-kesehatan")
	for range 5 {
		p.town = append(p.town, townReport(r))
	}
	p.one = drawn(r, p.focus)
	switch p.kind {
	case "words":
		p.other = drawn(r, p.focus).like(p.one, "title", "body", "lat", "long", "attributes", "name", "address", "contact", "nik")
	case "identity":
		p.other = drawn(r, p.focus).like(p.one, "identity", "name", "address", "contact", "nik", "show_name")
	case "accused":
		p.other = drawn(r, p.focus).like(p.one, "accused")
	case "case":
		p.other = drawn(r, p.focus)
	case "turned":
		p.one.turn()
		if r.IntN(2) == 0 {
			p.other = drawn(r, p.focus)
			p.other.turn()
		}
	}
	return p
}

// like is another report with all that is not named taken from x.
func (y *hidden) like(x *hidden, but ...string) *hidden {
	out := &hidden{body: maps.Clone(x.body), accused: x.accused, word: x.word, life: x.life}
	for _, name := range but {
		switch v, given := y.body[name]; {
		case name == "accused":
			out.accused = y.accused
			out.body[name] = v
		case name == "title":
			out.word = y.word
			out.body[name] = v
		case given:
			out.body[name] = v
		default:
			delete(out.body, name)
		}
	}
	if out.body["identity"] == "none" {
		for _, name := range []string{"name", "address", "nik", "show_name"} {
			delete(out.body, name)
		}
	} else if out.body["name"] == nil {
		out.body["name"] = "Nama " + out.word
	}
	if out.body["identity"] != "none" && out.body["contact"] == nil {
		out.body["contact"] = strings.ToLower(out.word) + "@surat.example"
	}
	if out.body["identity"] != "open" {
		delete(out.body, "show_name")
	}
	return out
}

// turn makes it a report that is published and made secret later.
func (x *hidden) turn() {
	x.life, x.body["content"], x.body["category"] = "turned", "public", "roads.bridge"
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// word draws a word that stands nowhere else.
func word(r *rand.Rand) string {
	b := []byte("Rahasia")
	for range 8 {
		b = append(b, byte('a'+r.IntN(26)))
	}
	return string(b)
}

func somewhere(r *rand.Rand, body map[string]any) {
	body["lat"] = json.Number(fmt.Sprintf("-6.%06d", r.IntN(1_000_000)))
	body["long"] = json.Number(fmt.Sprintf("107.%06d", r.IntN(1_000_000)))
}

func drawn(r *rand.Rand, focus string) *hidden {
	x := &hidden{word: word(r), life: pick(r, "waits", "handled", "handled", "asked", "withdrawn")}
	x.accused = append(x.accused, pick(r, [][]string{{focus}, {"tirtajaya"}, {focus, "bpbd-tirtajaya"}, {focus, "dinas-pupr-bina-marga"}, {"dinas-pupr", "dinas-kesehatan"}}...)...)
	slices.Sort(x.accused)
	x.accused = slices.Compact(x.accused)
	x.body = map[string]any{
		"title": "Perkara " + x.word, "body": strings.Repeat("Tentang "+x.word+". ", 1+r.IntN(40)), "accused": x.accused, "content": "secret",
		"class":    pick(r, "complaint_ordinary", "complaint_supervisory", "aspiration", "information_request"),
		"category": pick(r, "roads.pothole", "roads.bridge", "school-violence", "public-order.human-trafficking", "labour.wages"),
		"region":   pick(r, "32", "32.04"), "identity": pick(r, "open", "sealed", "none"),
		"agency": pick(r, focus, "tirtajaya", "dinas-sosial"),
	}
	if r.IntN(3) > 0 {
		somewhere(r, x.body)
	}
	if r.IntN(2) == 0 {
		x.body["attributes"] = map[string]string{"catatan": word(r)}
	}
	if x.body["identity"] != "none" {
		x.body["name"], x.body["nik"], x.body["address"] = "Nama "+word(r), fmt.Sprintf("3204%012d", r.IntN(1_000_000)), "Jalan "+word(r)
	}
	if x.body["identity"] != "none" || r.IntN(2) == 0 {
		x.body["contact"] = strings.ToLower(word(r)) + "@surat.example"
	}
	return x
}

func townReport(r *rand.Rand) map[string]any {
	body := submission(pick(r, "dinas-pupr", "dinas-kesehatan", "dinas-pupr-bina-marga", "dinas-sosial"))
	body["category"] = pick(r, "roads.pothole", "roads.bridge", "environment.waste", "labour.wages")
	body["identity"] = pick(r, "none", "open", "sealed")
	if body["identity"] != "none" {
		body["name"], body["contact"] = "Warga Contoh", "warga@surat.example"
	}
	if r.IntN(4) > 0 {
		somewhere(r, body)
	}
	return body
}
