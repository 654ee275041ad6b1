package e2e_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/sample"
)

// officerOf names who answers for a unit in the town.
var officerOf = map[string]string{"dinas-pupr": "petugas.pupr", "dinas-kesehatan": "petugas.kesehatan",
	"dinas-pupr-bina-marga": "petugas.bina-marga", "dinas-sosial": "petugas.sosial"}

// lived is what a world was like in its course and who is known of it.
type lived struct {
	answers  map[string]string // to those who do not know of the hidden report, as they acted
	town     []filed
	secret   filed    // zero: there is none
	commands []string // of the hidden report
}

// live lives a world, with the hidden report or without it: between any two of
// its steps something happens to the reports of the town.
func (tw *twin) live(p pair, x *hidden) lived {
	tw.t.Helper()
	l := lived{answers: map[string]string{}}
	left := []string{}
	if x != nil {
		left = lifetimes[x.life]
	}
	hiddenStep := func() {
		before := tw.steps
		if len(left) > 0 {
			x.step(tw, l.secret, left[0])
			left = left[1:]
		}
		for tw.steps == before {
			tw.next()
		}
	}
	act := func(c caller, path string, body any) answer {
		tw.next()
		a, told := tw.ask(c, http.MethodPost, path, body)
		require.Less(tw.t, a.status, 300, "seed %d, POST %s: %s", tw.seed, path, a.body)
		l.answers[fmt.Sprintf("step %d of %s%s: %s", tw.steps, c.subject, c.code, path)] = told
		return a
	}
	file := func(body map[string]any) filed {
		f, err := act(caller{}, "/reports", body).receipt()
		require.NoError(tw.t, err)
		return f
	}
	l.town = append(l.town, file(p.town[0]), file(p.town[1]))
	tw.next()
	if x != nil {
		a, _ := tw.ask(caller{}, http.MethodPost, "/reports", x.body)
		require.Equal(tw.t, http.StatusCreated, a.status, "seed %d: %s", tw.seed, a.body)
		var err error
		l.secret, err = a.receipt()
		require.NoError(tw.t, err)
	}
	for _, body := range p.town[2:] {
		l.town = append(l.town, file(body))
	}
	for i, f := range l.town {
		unit := p.town[i]["agency"].(string)
		on := "/reports/" + f.id
		if i == len(l.town)-1 { // waits in the queue
			break
		}
		act(staff(admin), on+"/forward", map[string]any{"agency": unit, "public_title": fmt.Sprintf("Jalan berlubang nomor %d", i), "public_body": "Lubang di depan pasar."})
		hiddenStep()
		if i > 0 {
			act(staff(officerOf[unit]), on+"/follow-ups", saying("Sudah ditambal."))
		}
		if i == 1 {
			act(f.reporter(), on+"/rating", map[string]any{"score": 2, "text": "Lama."})
			act(f.reporter(), on+"/replies", saying("Masih ada satu lubang."))
		}
	}
	hiddenStep()
	require.Empty(tw.t, left, "a life of at most %d steps", longest)
	if x != nil {
		l.commands = tw.commandsOf(l.secret.id)
	}
	return l
}

// commandsOf are the ids of a report's commands.
func (tw *twin) commandsOf(id string) []string {
	tw.t.Helper()
	var all string
	tw.scan([]any{&all}, `SELECT coalesce(string_agg(id, ' ' ORDER BY id), '') FROM command WHERE report = $1`, id)
	return strings.Fields(all)
}

// within reports whether a unit is one of the roots or lies below one, by the
// sample's own tree.
func within(unit string, roots []string) bool {
	above := map[string]string{}
	for _, a := range sample.Agencies() {
		above[a.ID] = a.Parent
	}
	for ; unit != ""; unit = above[unit] {
		if slices.Contains(roots, unit) {
			return true
		}
	}
	return false
}

// blind are those to whom both worlds of a pair must look the same, whoever
// they are: anyone, another reporter, staff of a unit that stands accused in both
// worlds (of each office one at least), staff who have nothing to do with the
// report, and the operator's people who read no secret one.
func (p pair) blind(town []filed) map[string]caller {
	all := map[string]caller{"anyone": {}, "a wrong code": {code: "0000-0000-0000-0000-0000-0000-00"}, "another reporter": town[0].reporter()}
	offices := map[string]int{}
	for _, m := range sample.Staff() {
		accused := within(m.Unit, p.one.accused) && (p.other == nil || within(m.Unit, p.other.accused))
		office := strings.Join(m.Roles, " ")
		switch {
		case accused && (offices[office] == 0 || office == "officer" && offices[office] < 2):
			offices[office]++
			all["accused "+m.Subject] = staff(m.Subject)
		case slices.Contains([]string{"petugas.pertanian", "admin.samudralaya", "inspektorat.supervisor"}, m.Subject):
			all["elsewhere "+m.Subject] = staff(m.Subject)
		}
	}
	return all
}

// places are the answers of the API that all of the blind ask for: every GET of
// the contract, lists by many filters, each report that there is and each that
// there is not.
func (p pair) places(town []filed, secret filed, commands []string) []string {
	var all []string
	for _, q := range p.filters(secret) {
		all = append(all, "/reports"+q, "/reports.geojson"+q)
	}
	for _, by := range []string{"agency", "category", "region", "stage", "month"} {
		all = append(all, "/statistics?by="+by)
	}
	for _, q := range []string{"", "?agency=tirtajaya", "?category=roads"} {
		all = append(all, "/feed.atom"+q, "/feed.json"+q, "/reports.csv"+q)
	}
	all = append(all, "/reports.xlsx", "/open-data.csv", "/map/clusters?zoom=5", "/map/clusters?zoom=12&bbox=106,-8,109,-5", "/held")
	all = append(all, "/reports?limit=1", "/reports?limit=2&stage=follow_up", "/statistics?by=stage&agency=tirtajaya", "/statistics?by=agency&category="+url.QueryEscape(p.one.body["category"].(string)),
		"/queue", "/queue?limit=1", "/queue?stage=follow_up&class=complaint_ordinary", "/identity-requests", "/drafts", "/templates", "/bulk", "/bulk/6f1d2c3e-0000-4000-8000-000000000003", "/audit", "/audit?report="+secret.id, "/views", "/notices/dead")
	const unknown = "KWL-7F3K-9Q2M-E"
	for _, id := range []string{town[0].id, town[1].id, town[len(town)-1].id, secret.id, unknown} {
		for _, part := range []string{"", "/timeline", "/deadlines", "/package", "/identity", "/identity-requests/6f1d2c3e-0000-4000-8000-000000000001"} {
			all = append(all, "/reports/"+id+part)
		}
	}
	for _, id := range append(commands, "6f1d2c3e-0000-4000-8000-000000000002") {
		all = append(all, "/commands/"+id)
	}
	return all
}

// catalogue is what all read alike, whoever they are.
var catalogue = []string{"/categories", "/agencies", "/regions", "/rule-sets", "/calendars", "/calendars/national/revisions",
	"/calendars/national/decrees/SKB2025r1", "/calendars/national/due?days=3&from=" + url.QueryEscape("2026-02-02T09:00:00+07:00")}

// filters are what lists and map are asked by.
func (p pair) filters(secret filed) []string {
	all := []string{"", "?agency=tirtajaya", "?agency=inspektorat-tirtajaya", "?region=32", "?stage=verification", "?stage=closure", "?late=true",
		"?bbox=106,-8,109,-5", "?since=2026-02-02T12:00:00Z", "?q=berlubang", "?q=" + secret.id}
	for _, x := range []*hidden{p.one, p.other} {
		if x == nil {
			continue
		}
		all = append(all, "?q="+x.word, "?category="+url.QueryEscape(x.body["category"].(string)))
		if lat, ok := x.body["lat"].(json.Number); ok {
			south, err := lat.Float64()
			if err == nil {
				all = append(all, fmt.Sprintf("?bbox=107,%.4f,108,%.4f", south-0.01, south+0.01))
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// tries are what the blind try to do to the hidden report, some of them often.
func tries(secret filed, town []filed) map[string]any {
	on := "/reports/" + secret.id
	return map[string]any{
		on + "/replies": saying("Saya tahu."), on + "/follow-ups": saying("Sudah."), on + "/notes": saying("Siapa?"), on + "/withdraw": nil,
		on + "/forward": map[string]string{"agency": "dinas-pupr"}, on + "/visibility": map[string]string{"content": "public"},
		on + "/rating": map[string]any{"score": 1}, on + "/identity-requests": map[string]string{"reason": because}, on + "/erase": nil,
		on + "/access-code": nil, on + "/merge": map[string]string{"target": town[0].id},
		"/reports/" + town[0].id + "/merge": map[string]string{"target": secret.id},
	}
}

// collect asks everything as everybody who is blind.
func (tw *twin) collect(who map[string]caller, places []string) map[string]string {
	tw.t.Helper()
	tw.next()
	all := map[string]string{}
	for name, c := range who {
		for _, path := range places {
			_, all[name+" GET "+path] = tw.ask(c, http.MethodGet, path, nil)
		}
	}
	return all
}

// open asks for every page as everybody who is blind: the public ones, and the desk.
func (tw *twin) open(who map[string]caller, was lived) map[string]string {
	tw.t.Helper()
	all := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(who)) { // each at the same step in both worlds
		c := who[name]
		maps.Copy(all, tw.collect(map[string]caller{name: c}, pagesOf(was.town, was.secret, c)))
	}
	return all
}

func (tw *twin) trying(who map[string]caller, tries map[string]any) map[string]string {
	tw.t.Helper()
	all := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(who)) {
		for _, path := range slices.Sorted(maps.Keys(tries)) {
			tw.next()
			_, all[name+" POST "+path] = tw.ask(who[name], http.MethodPost, path, tries[path])
		}
	}
	return all
}

// apart names the questions that two worlds answer differently, in order.
func apart(one, other map[string]string) []string {
	var all []string
	for name := range one {
		if told, asked := other[name]; !asked || told != one[name] {
			all = append(all, name)
		}
	}
	for name := range other {
		if _, asked := one[name]; !asked {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// twins are a pair that has lived.
type twins struct {
	pair
	one, other *twin
	was        [2]lived
	who        map[string]caller
	places     []string
}

func (n *nursery) twins(t *testing.T, p pair) *twins {
	t.Helper()
	tw := &twins{pair: p, one: n.newTwin(t, p.seed), other: n.newTwin(t, p.seed)}
	tw.was = [2]lived{tw.one.live(p, p.one), tw.other.live(p, p.other)}
	require.Equal(t, tw.was[0].town, tw.was[1].town, "seed %d: twins draw the same ids", p.seed)
	require.Equal(t, tw.one.steps, tw.other.steps)
	if p.other != nil {
		require.Equal(t, tw.was[0].secret, tw.was[1].secret, "the hidden report too")
	}
	tw.who = p.blind(tw.was[0].town)
	commands := slices.Concat(tw.was[0].commands, tw.was[1].commands)
	slices.Sort(commands)
	tw.places = p.places(tw.was[0].town, tw.was[0].secret, slices.Compact(commands))
	return tw
}

// requireAlike fails if any answer differs, and says by which seed.
func (tw *twins) requireAlike(t *testing.T, one, other map[string]string) {
	t.Helper()
	require.NotEmpty(t, one)
	differ := apart(one, other)
	if len(differ) == 0 {
		return
	}
	first := differ[0]
	require.Fail(t, "the worlds can be told apart", "KAWAL_TWINS=%d:%d repeats it (%s). %d of %d answers differ: %s\none:\n%s\nother:\n%s",
		tw.seed-uint64(tw.n), tw.n, tw.kind, len(differ), len(one), strings.Join(differ[:min(8, len(differ))], ", "), one[first], other[first])
}

// twinsWanted are the base of the seeds and the pairs: 10, and 200 in make
// prove. KAWAL_TWINS=<base>:<n> repeats one.
func twinsWanted(t *testing.T) (base uint64, pairs []int) {
	if b, n, ok := strings.Cut(os.Getenv("KAWAL_TWINS"), ":"); ok {
		base, err := strconv.ParseUint(b, 10, 64)
		require.NoError(t, err)
		one, err := strconv.Atoi(n)
		require.NoError(t, err)
		return base, []int{one}
	}
	n := 10
	if os.Getenv("KAWAL_PROVE") == "full" {
		n = 200
	}
	base = 1
	if os.Getenv("KAWAL_PROVE") == "full" {
		base = uint64(rand.Uint32()) //nolint:gosec // it is told by what fails
	}
	for i := range n {
		pairs = append(pairs, i)
	}
	return base, pairs
}

// Two worlds that differ by one secret report only (its words, its place, its
// category, its reporter, whom it accuses, its life, whether it is there at all,
// or what it said while it was published) give the same bytes to everybody who
// may not know of it, headers included: as they act, in every GET of the
// contract, and when they lay hands on the report itself.
func TestASecretReportChangesNothingForThoseWhoMayNotKnowOfIt(t *testing.T) {
	t.Parallel()
	n := newNursery(t)
	base, wanted := twinsWanted(t)
	for _, i := range wanted {
		p := newPair(base, i)
		t.Run(fmt.Sprintf("%d %s", i, p.kind), func(t *testing.T) {
			t.Parallel()
			tw := n.twins(t, p)
			if i == wanted[0] {
				requireEveryGET(t, slices.Concat(tw.places, catalogue))
			}
			if p.kind != "turned" { // a published report is seen, and leaves no trace later
				tw.requireAlike(t, tw.was[0].answers, tw.was[1].answers)
			}
			one, other := tw.one.collect(tw.who, tw.places), tw.other.collect(tw.who, tw.places)
			tw.requireAlike(t, one, other)
			pages, otherPages := tw.one.open(tw.who, tw.was[0]), tw.other.open(tw.who, tw.was[0])
			tw.requireAlike(t, pages, otherPages)
			hands := tries(tw.was[0].secret, tw.was[0].town)
			tw.requireAlike(t, tw.one.trying(tw.who, hands), tw.other.trying(tw.who, hands))
			outside, all := map[string]caller{"anyone": {}}, slices.Concat(tw.places, catalogue)
			tw.requireAlike(t, tw.one.collect(outside, all), tw.other.collect(outside, all))
			t.Logf("%d answers to %d who are blind", len(tw.was[0].answers)+len(one)+len(pages)+len(hands)*len(tw.who)+len(all), len(tw.who))
		})
	}
}

// requireEveryGET fails if a GET of the contract is not asked.
func requireEveryGET(t *testing.T, places []string) {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile("../../api/openapi.yaml")
	require.NoError(t, err)
	gap := regexp.MustCompile(`\\\{[^}]*\}`)
	for path, item := range doc.Paths.Map() {
		if item.Get == nil {
			continue
		}
		pattern := regexp.MustCompile("^" + gap.ReplaceAllString(regexp.QuoteMeta(path), `[^/?]+`) + `(\?.*)?$`)
		require.True(t, slices.ContainsFunc(places, func(asked string) bool { return pattern.MatchString("/v1" + asked) }), "nobody asks GET %s", path)
	}
}
