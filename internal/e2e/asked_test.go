package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
)

// question is one GET.
type question struct {
	path string
	of   *bird  // the report that it is about; nil: none
	part string // of that report; else the path
}

// beside are the GETs that the contract does not name.
var beside = []string{"/livez", "/readyz", "/", "/v1/openapi.yaml", "/v1/openapi.json"}

const (
	everyScope = "?category=roads&agency=tirtajaya&region=32"
	everyList  = everyScope + "&stage=closure&late=false&since=2020-01-01T00:00:00Z&until=2099-01-01T00:00:00Z"
	everyBox   = "&bbox=94,-12,142,7"
	noRequest  = "6f1d2c3e-0000-4000-8000-000000000001" // id of nothing
)

// askedWith is what the GETs that are about no report are asked with.
var askedWith = map[string][]string{
	"/v1/reports":                      {"", "?limit=2", "?limit=2&cursor=rusak", everyList + everyBox, "?q=Kanari"},
	"/v1/reports.geojson":              {"", "?bbox=94,-12,142,7", everyList + everyBox, "?q=Kanari", "?limit=2"},
	"/v1/reports.csv":                  {"", everyList + everyBox, "?q=Kanari"},
	"/v1/reports.xlsx":                 {"", everyList + everyBox, "?q=Kanari"},
	"/v1/feed.atom":                    {"", everyScope},
	"/v1/feed.json":                    {"", everyScope},
	"/v1/map/clusters":                 {"?zoom=4", "?zoom=4" + "&" + everyList[1:], "?zoom=12" + everyBox, "?zoom=20&q=Kanari" + everyBox},
	"/v1/open-data.csv":                {""},
	"/v1/held":                         {"", "?limit=2"},
	"/v1/queue":                        {"", "?limit=2", everyList + "&class=complaint_ordinary", "?q=Kanari"},
	"/v1/identity-requests":            {""},
	"/v1/bulk":                         {""},
	"/v1/drafts":                       {""},
	"/v1/templates":                    {""},
	"/v1/bulk/{id}":                    {"/v1/bulk/" + noRequest},
	"/v1/categories":                   {""},
	"/v1/agencies":                     {""},
	"/v1/regions":                      {""},
	"/v1/rule-sets":                    {""},
	"/v1/calendars":                    {""},
	"/v1/calendars/{id}/revisions":     {"/v1/calendars/national/revisions", "/v1/calendars/wita/revisions"},
	"/v1/calendars/{id}/decrees/{key}": {"/v1/calendars/national/decrees/SKB2025r1", "/v1/calendars/national/decrees/tidak-ada"},
	"/v1/calendars/{id}/due":           {"/v1/calendars/national/due?days=3&unit=working_days&revision=1&from=2026-02-02T09:00:00Z"},
	"/v1/views":                        {""},
	"/v1/audit":                        {"", "?limit=5", "?subject=auditor&action=submit&since=2020-01-01T00:00:00Z&until=2030-01-01T00:00:00Z", "?limit=5&cursor=rusak"},
	"/v1/statistics":                   {"?by=agency", "?by=category", "?by=region", "?by=stage", "?by=month", "?by=month&category=roads&agency=tirtajaya&region=32&stage=closure&since=2020-01-01T00:00:00Z"},
	"/v1/notices/dead":                 {""},
}

// about are what the GETs that are about a report are asked with. "" in place of
// a report is one that is not there.
var about = map[string]func(a *aviary, b *bird) []string{
	"/v1/reports": func(_ *aviary, b *bird) []string {
		return []string{"/v1/reports?q=" + b.id, "/v1/reports?q=" + b.word(aTitle)}
	},
	"/v1/audit":                  func(_ *aviary, b *bird) []string { return []string{"/v1/audit?report=" + b.id} },
	"/v1/reports/{id}":           ofReport(""),
	"/v1/reports/{id}/timeline":  ofReport("/timeline"),
	"/v1/reports/{id}/deadlines": ofReport("/deadlines"),
	"/v1/reports/{id}/package":   ofReport("/package"),
	"/v1/reports/{id}/identity":  ofReport("/identity"),
	"/v1/reports/{id}/identity-requests/{request_id}": func(_ *aviary, b *bird) []string {
		return []string{"/v1/reports/" + b.id + "/identity-requests/" + b.request}
	},
	"/v1/commands/{id}": func(a *aviary, b *bird) (all []string) {
		for _, id := range a.commandsOf(b.id) {
			all = append(all, "/v1/commands/"+id)
		}
		return all
	},
}

func ofReport(part string) func(*aviary, *bird) []string {
	return func(_ *aviary, b *bird) []string { return []string{"/v1/reports/" + b.id + part} }
}

func (a *aviary) commandsOf(id string) []string {
	a.t.Helper()
	var all string
	a.scan([]any{&all}, `SELECT coalesce(string_agg(id::text, ' ' ORDER BY id), '') FROM command WHERE report = $1`, id)
	return strings.Fields(all)
}

func contractOfAPI(t testing.TB) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile("../../api/openapi.yaml")
	require.NoError(t, err)
	return doc
}

// unasked names the GETs of a contract that have no sample, and the parameters of
// queries that no sample gives.
func unasked(doc *openapi3.T) (all []string) {
	for path, item := range doc.Paths.Map() {
		if item.Get == nil {
			continue
		}
		if askedWith[path] == nil && about[path] == nil {
			all = append(all, path)
			continue
		}
		given := strings.Join(askedWith[path], "&")
		if about[path] != nil && path == "/v1/audit" {
			given += "&report="
		}
		for _, p := range slices.Concat(item.Parameters, item.Get.Parameters) {
			if p.Value.In == "query" && !strings.Contains(given, "?"+p.Value.Name+"=") && !strings.Contains(given, "&"+p.Value.Name+"=") {
				all = append(all, path+"?"+p.Value.Name)
			}
		}
	}
	slices.Sort(all)
	return all
}

// questions are all GETs of the contract, and those beside it.
func (a *aviary) questions() (all []question) {
	a.t.Helper()
	doc := contractOfAPI(a.t)
	require.Empty(a.t, unasked(doc), "GETs of the contract that nobody asks: give them samples")
	for _, path := range beside {
		all = append(all, question{path: path, part: path})
	}
	for _, route := range slices.Sorted(maps.Keys(doc.Paths.Map())) {
		if doc.Paths.Value(route).Get == nil {
			continue
		}
		for _, s := range askedWith[route] {
			if !strings.HasPrefix(s, "/") {
				s = route + s
			}
			all = append(all, question{path: s, part: s})
		}
		for _, b := range a.birds {
			if about[route] == nil {
				break
			}
			paths := about[route](a, b)
			require.NotEmpty(a.t, paths, "%s of %s", route, b.id)
			for _, path := range paths {
				all = append(all, question{path, b, strings.TrimPrefix(path, "/v1/reports/"+b.id)})
			}
		}
	}
	return all
}

// sink names where the answer to a question is kept.
func (q question) sink(who string) string {
	if q.of == nil {
		return "api:" + who + " " + q.path
	}
	return fmt.Sprintf("api:%s %s %s", who, q.part, q.of.id)
}

// answers asks everything as somebody, all pages of what has pages, and keeps
// what was answered. It counts the answers that gave something.
func (a *aviary) answers(s sinks, who string, c caller, all []question) (asked, given int) {
	a.t.Helper()
	for _, q := range all {
		for path := q.path; path != ""; {
			status, text := a.ask(c, http.MethodGet, path, nil)
			require.Less(a.t, status, 500, "%s GET %s: %s", who, path, text)
			name := q.sink(who)
			s[name] = append(s[name], text...)
			asked++
			if status < 300 {
				given++
			}
			path = following(path, text)
		}
	}
	return asked, given
}

// following is the path of the next page, "" at the last one.
func following(path string, text []byte) string {
	var page struct {
		Next string `json:"next"`
	}
	at := bytes.IndexByte(text, '{')
	if at < 0 || json.Unmarshal(text[at:], &page) != nil || page.Next == "" {
		return ""
	}
	u, err := url.Parse(path)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("cursor", page.Next)
	u.RawQuery = q.Encode()
	return u.String()
}

// everyAnswer asks everything as all watchers, and of each report as its own
// reporter and as another one, a stranger.
func (a *aviary) everyAnswer(s sinks) {
	a.t.Helper()
	all, asked, given := a.questions(), 0, 0
	ask := func(who string, c caller, all []question) {
		n, ok := a.answers(s, who, c, all)
		asked, given = asked+n, given+ok
	}
	for who, c := range a.watchers() {
		ask(who, c, all)
	}
	for i, mine := range a.birds {
		c := caller{code: mine.code}
		var own, other, rest []question
		for _, q := range all {
			switch q.of {
			case mine:
				own = append(own, q)
			case nil:
				rest = append(rest, q)
			case a.birds[(i+1)%len(a.birds)]:
				other = append(other, q)
			}
		}
		ask("reporter", c, own)
		ask("stranger", c, other)
		if i == 0 {
			ask("stranger", c, rest)
		}
	}
	a.t.Logf("%d answers to %d questions, %d of them gave something", asked, len(all), given)
}

// A GET that comes into the contract without a sample is noticed, and so is a
// new parameter of an old one.
func TestTheSweepNoticesAGETThatNobodyAsks(t *testing.T) {
	t.Parallel()
	doc := contractOfAPI(t)
	require.Empty(t, unasked(doc))
	doc.Paths.Set("/v1/diaries/{id}", &openapi3.PathItem{Get: openapi3.NewOperation()})
	doc.Paths.Set("/v1/posts", &openapi3.PathItem{Post: openapi3.NewOperation()})
	queue := doc.Paths.Value("/v1/queue").Get
	queue.Parameters = append(queue.Parameters, &openapi3.ParameterRef{Value: openapi3.NewQueryParameter("mine")})
	require.Equal(t, []string{"/v1/diaries/{id}", "/v1/queue?mine"}, unasked(doc))
}
