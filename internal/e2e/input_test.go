package e2e_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/kawal-id/kawal/report"
)

// problem is a problem document as a client reads it.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Errors []struct {
		Pointer string `json:"pointer"`
		Detail  string `json:"detail"`
	} `json:"errors"`
}

// refused reads a problem document and checks that it is a whole one.
func refused(t *testing.T, a answer, status int) problem {
	t.Helper()
	require.Equal(t, status, a.status, "%s", a.body)
	require.Equal(t, "application/problem+json", a.header.Get("Content-Type"))
	var p problem
	a.into(t, &p)
	require.Equal(t, status, p.Status)
	require.NotEmpty(t, p.Title)
	require.NotEmpty(t, p.Detail)
	return p
}

func (p problem) pointers() []string {
	var all []string
	for _, e := range p.Errors {
		all = append(all, e.Pointer)
	}
	return all
}

// with is a submission with one field changed; a nil value removes it.
func with(field string, value any) map[string]any {
	s := maps.Clone(submission("dinas-pupr"))
	s[field] = value
	if value == nil {
		delete(s, field)
	}
	return s
}

func encoded(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return b
}

func TestABadSubmissionIsToldItsFieldAndLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	good := encoded(t, submission("dinas-pupr"))
	replaced := func(from, to string) []byte {
		b := bytes.Replace(good, []byte(from), []byte(to), 1)
		require.NotEqual(t, good, b)
		return b
	}
	soon := time.Now().Add(48 * time.Hour).Format(time.DateOnly)
	tests := map[string]struct {
		body    any
		status  int
		pointer string // of the field at fault; "": the whole body
	}{
		"unknown category":         {with("category", "roads.moon"), 400, "/category"},
		"unknown region":           {with("region", "99.99"), 400, "/region"},
		"unknown agency":           {with("agency", "dinas-bulan"), 400, "/agency"},
		"unknown class":            {with("class", "gossip"), 400, "/class"},
		"unknown accused":          {with("accused", []string{"dinas-bulan"}), 400, "/accused/0"},
		"date in the future":       {with("occurred_on", soon), 400, "/occurred_on"},
		"no such date":             {with("occurred_on", "2025-02-30"), 400, "/occurred_on"},
		"north of Indonesia":       {plus(with("lat", 35.7), "long", 107.6), 400, "/lat"},
		"west of Indonesia":        {plus(with("lat", -6.9), "long", 2.35), 400, "/long"},
		"half a point":             {with("lat", -6.9), 400, "/long"},
		"short title":              {with("title", "Rusak"), 400, "/title"},
		"no body":                  {with("body", nil), 400, "/body"},
		"wrong type":               {with("show_name", "ya"), 400, "/show_name"},
		"unknown field":            {with("priority", "high"), 400, "/priority"},
		"open without name":        {with("identity", "open"), 400, "/name"},
		"name without identity":    {with("name", "Pelapor"), 400, "/name"},
		"repeated name":            {replaced(`"region":"32"`, `"region":"32","region":"33"`), 400, "/region"},
		"repeated name, escaped":   {replaced(`"region":"32"`, `"region":"32","r\u0065gion":"33"`), 400, "/region"},
		"invalid UTF-8":            {replaced("Lubang", "Lub\xff\xfeang"), 400, ""},
		"not JSON":                 {[]byte("laporan"), 400, ""},
		"cut off":                  {good[:len(good)-5], 400, ""},
		"more than one value":      {append(bytes.Clone(good), good...), 400, ""},
		"a list":                   {[]byte("[]"), 400, ""},
		"1 MiB":                    {with("body", strings.Repeat("a", 1<<20)), 413, ""},
		"a body of too many runes": {with("body", strings.Repeat("a", 20001)), 400, "/body"},
		"control characters":       {with("body", "Lubang\u0000di jalan"), 400, "/body"},
		"a malformed agency":       {with("agency", "DEMO 2"), 400, "/agency"},
	}
	t.Run("refusals", func(t *testing.T) {
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p := refused(t, w.in(t).call(caller{}, http.MethodPost, "/reports", tt.body), tt.status)
				if tt.pointer != "" {
					require.Contains(t, p.pointers(), tt.pointer, "%s", p.Detail)
				}
			})
		}
	})
	for _, table := range []string{"report", "content", "identity", "contact", "access", "transition", "clock", "outbox", "idempotency"} {
		require.Zero(t, w.count(`SELECT count(*) FROM `+table), table)
	}
	found, err := w.temporal.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{})
	require.NoError(t, err)
	require.Zero(t, found.GetCount())
}

func plus(s map[string]any, field string, value any) map[string]any {
	s[field] = value
	return s
}

func TestABadDecisionIsToldItsFieldAndChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	f, at := w.submit(submission("dinas-pupr")), w.submit(submission("dinas-pupr"))
	w.forward(at, "admin.tirtajaya", "dinas-pupr")
	copies := map[string]any{"agency": "dinas-pupr", "public_title": "Jalan berlubang", "public_body": "Lubang."}
	other := func(field string, value any) map[string]any {
		c := maps.Clone(copies)
		c[field] = value
		return c
	}
	tests := map[string]struct {
		id, as, path string
		body         any
		status       int
		pointer      string
	}{
		"agency outside the tree":        {f.id, "admin.tirtajaya", "/forward", other("agency", "samudralaya"), 400, "/agency"},
		"unknown agency":                 {f.id, "admin.tirtajaya", "/forward", other("agency", "dinas-bulan"), 400, "/agency"},
		"unknown field":                  {f.id, "admin.tirtajaya", "/forward", other("deadline", "2030-01-01"), 400, "/deadline"},
		"no public copy":                 {f.id, "admin.tirtajaya", "/forward", map[string]string{"agency": "dinas-pupr"}, 400, "/public_title"},
		"no text":                        {f.id, "admin.tirtajaya", "/request-info", map[string]string{"text": "  "}, 400, "/text"},
		"unknown reason":                 {f.id, "admin.tirtajaya", "/archive", map[string]string{"reason": "bored"}, 400, "/reason"},
		"the system's reason":            {f.id, "admin.tirtajaya", "/archive", map[string]string{"reason": "no_answer"}, 400, "/reason"},
		"merge with itself":              {at.id, "admin.tirtajaya", "/merge", map[string]string{"target": at.id}, 400, "/target"},
		"merge with a mistyped id":       {at.id, "admin.tirtajaya", "/merge", map[string]string{"target": "KWL-0000-0000-1"}, 400, "/target"},
		"a unit that is not below":       {at.id, "petugas.pupr", "/assign", map[string]string{"unit": "puskesmas-tirta-satu"}, 400, "/unit"},
		"an extension too long":          {at.id, "petugas.pupr", "/request-extension", map[string]any{"clock": "first_follow_up", "days": 6}, 400, "/days"},
		"an extension of another clock":  {at.id, "petugas.pupr", "/request-extension", map[string]any{"clock": "silence", "days": 1}, 400, "/clock"},
		"an administrator of elsewhere":  {f.id, "admin.samudralaya", "/forward", copies, 404, ""},
		"an officer who forwards":        {at.id, "petugas.pupr", "/forward", copies, 403, ""},
		"an agency that extends itself":  {at.id, "petugas.pupr", "/extend", nil, 403, ""},
		"a follow-up before the forward": {f.id, "petugas.pupr", "/follow-ups", map[string]string{"text": "Sudah."}, 404, ""},
		"a follow-up of an admin":        {at.id, "admin.tirtajaya", "/follow-ups", map[string]string{"text": "Sudah."}, 403, ""},
		"an extension nobody asked for":  {at.id, "admin.tirtajaya", "/extend", nil, 409, ""},
		"a forward of what is forwarded": {at.id, "admin.tirtajaya", "/forward", copies, 409, ""},
	}
	w.agree(f.id)
	w.agree(at.id)
	before := map[string]int{f.id: w.row(f.id).State.Seq, at.id: w.row(at.id).State.Seq}
	commands := w.count(`SELECT count(*) FROM command WHERE state <> 'refused'`)
	t.Run("refusals", func(t *testing.T) {
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p := refused(t, w.in(t).call(staff(tt.as), http.MethodPost, "/reports/"+tt.id+tt.path, tt.body), tt.status)
				if tt.pointer != "" {
					require.Contains(t, p.pointers(), tt.pointer, "%s", p.Detail)
				}
			})
		}
	})
	for id, seq := range before {
		require.Equal(t, seq, w.row(id).State.Seq)
		w.agree(id)
	}
	require.Equal(t, commands, w.count(`SELECT count(*) FROM command WHERE state <> 'refused'`))
	require.Zero(t, w.count(`SELECT count(*) FROM post WHERE seq IS NULL`), "no text of a refused command stays")
	require.Equal(t, report.Verification, w.row(f.id).State.Stage)
}
