package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/api"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

const submission = `{"title":"Jalan berlubang","body":"Lubang di depan pasar.","class":"complaint_ordinary","category":"jalan","region":"32.04"}`

// with replaces one member of the submission, or adds it.
func with(t *testing.T, name string, value any) string {
	t.Helper()
	m := map[string]any{}
	require.NoError(t, json.Unmarshal([]byte(submission), &m))
	m[name] = value
	b, err := json.Marshal(m)
	require.NoError(t, err)
	return string(b)
}

func problem(t *testing.T, w *httptest.ResponseRecorder) api.Problem {
	t.Helper()
	var p api.Problem
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p), "%s", w.Body)
	require.Equal(t, w.Code, p.Status)
	return p
}

func pointers(p api.Problem) []string {
	var all []string
	for _, e := range p.Errors {
		all = append(all, e.Pointer)
	}
	return all
}

func TestBadInputIsRefusedWithItsPointerAndNothingIsAsked(t *testing.T) {
	t.Parallel()
	report := "/v1/reports/" + someID
	tests := []struct {
		name, method, path, body string
		who                      as
		status                   int
		pointers                 []string
	}{
		{"title too short", "POST", "/v1/reports", with(t, "title", "Jalan"), nobody, 400, []string{"/title"}},
		{"title too long", "POST", "/v1/reports", with(t, "title", strings.Repeat("é", 151)), nobody, 400, []string{"/title"}},
		{"no body text", "POST", "/v1/reports", with(t, "body", ""), nobody, 400, []string{"/body"}},
		{"unknown class", "POST", "/v1/reports", with(t, "class", "rumour"), nobody, 400, []string{"/class"}},
		{"category in a wrong form", "POST", "/v1/reports", with(t, "category", "Jalan Raya"), nobody, 400, []string{"/category"}},
		{"north of Indonesia", "POST", "/v1/reports", with(t, "lat", 51.5), nobody, 400, []string{"/lat"}},
		{"west of Indonesia", "POST", "/v1/reports", with(t, "long", 4.9), nobody, 400, []string{"/long"}},
		{"no date", "POST", "/v1/reports", with(t, "occurred_on", "kemarin"), nobody, 400, []string{"/occurred_on"}},
		{"30 February", "POST", "/v1/reports", with(t, "occurred_on", "2025-02-30"), nobody, 400, []string{"/occurred_on"}},
		{"unknown field", "POST", "/v1/reports", with(t, "priority", 1), nobody, 400, []string{"/priority"}},
		{"other case", "POST", "/v1/reports", with(t, "Title", "Jalan berlubang"), nobody, 400, []string{"/Title"}},
		{"number for a text", "POST", "/v1/reports", with(t, "title", 12), nobody, 400, []string{"/title"}},
		{"null", "POST", "/v1/reports", with(t, "contact", nil), nobody, 400, []string{"/contact"}},
		{"accused twice", "POST", "/v1/reports", with(t, "accused", []string{"a", "a"}), nobody, 400, []string{"/accused"}},
		{"accused in a wrong form", "POST", "/v1/reports", with(t, "accused", []string{"a", "B C"}), nobody, 400, []string{"/accused/1"}},
		{"attribute too long", "POST", "/v1/reports", with(t, "attributes", map[string]string{"a/b": strings.Repeat("x", 1001)}), nobody, 400, []string{"/attributes/a~1b"}},
		{"NIK of 15 digits", "POST", "/v1/reports", with(t, "nik", "123456789012345"), nobody, 400, []string{"/nik"}},
		{"several at once", "POST", "/v1/reports", `{"title":"x"}`, nobody, 400, []string{"/body", "/category", "/class", "/region", "/title"}},
		{"repeated name", "POST", "/v1/reports", strings.Replace(submission, "{", `{"title":"Yang pertama",`, 1), nobody, 400, []string{"/title"}},
		{"repeated name, escaped", "POST", "/v1/reports", strings.Replace(submission, "{", `{"\u0074itle":"Yang pertama",`, 1), nobody, 400, []string{"/title"}},
		{"NUL", "POST", "/v1/reports", with(t, "title", "Jalan\x00berlubang"), nobody, 400, []string{"/title"}},
		{"invalid UTF-8", "POST", "/v1/reports", strings.Replace(submission, "Jalan", "Jalan\xff", 1), nobody, 400, nil},
		{"lone surrogate", "POST", "/v1/reports", strings.Replace(submission, "Jalan", `Jalan\uD83D`, 1), nobody, 400, nil},
		{"trailing data", "POST", "/v1/reports", submission + `{}`, nobody, 400, nil},
		{"no JSON", "POST", "/v1/reports", `title=x`, nobody, 400, nil},
		{"array", "POST", "/v1/reports", `[]`, nobody, 400, []string{""}},
		{"too deep", "POST", "/v1/reports", `{"title":` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `}`, nobody, 400, []string{"/title/0/0/0/0/0/0/0"}},
		{"blank body", "POST", "/v1/reports", "  ", nobody, 400, nil},
		{"1 MiB", "POST", "/v1/reports", with(t, "body", strings.Repeat("x", 1<<20)), nobody, 413, nil},
		{"64 KiB where less is enough", "POST", report + "/assign", `{"unit":"` + strings.Repeat("x", 64<<10) + `"}`, staff, 413, nil},
		{"short key", "POST", "/v1/reports", submission, as{"Idempotency-Key": "short"}, 400, []string{"/Idempotency-Key"}},
		{"form instead of JSON", "POST", "/v1/reports", submission, as{"Content-Type": "application/x-www-form-urlencoded"}, 415, nil},
		{"Latin-1", "POST", "/v1/reports", submission, as{"Content-Type": "application/json; charset=iso-8859-1"}, 415, nil},
		{"packed", "POST", "/v1/reports", submission, as{"Content-Encoding": "gzip"}, 415, nil},
		{"body where none belongs", "POST", report + "/accept", `{}`, staff, 400, nil},
		{"mistyped tracking id", "GET", "/v1/reports/KWL-7F3K-9Q2M-P", "", nobody, 400, []string{"/id"}},
		{"no tracking id", "GET", "/v1/reports/1", "", nobody, 400, []string{"/id"}},
		{"mistyped target", "POST", report + "/merge", `{"target":"KWL-7F3K-9Q2M-P"}`, staff, 400, []string{"/target"}},
		{"no command id", "GET", "/v1/commands/1", "", staff, 400, []string{"/id"}},
		{"empty change", "PATCH", report, `{}`, staff, 400, []string{""}},
		{"unknown reason", "POST", report + "/archive", `{"reason":"no_answer"}`, staff, 400, []string{"/reason"}},
		{"score of 5", "POST", report + "/rating", `{"score":5}`, reporter, 400, []string{"/score"}},
		{"page of 101", "GET", "/v1/reports?limit=101", "", nobody, 400, []string{"/limit"}},
		{"page of many", "GET", "/v1/reports?limit=many", "", nobody, 400, []string{"/limit"}},
		{"half a box", "GET", "/v1/reports?bbox=1,2", "", nobody, 400, []string{"/bbox"}},
		{"since yesterday", "GET", "/v1/reports?since=kemarin", "", nobody, 400, []string{"/since"}},
		{"unknown parameter", "GET", "/v1/reports?agancy=dinas-pu", "", nobody, 400, []string{"/agancy"}},
		{"repeated parameter", "GET", "/v1/reports?agency=a&agency=b", "", nobody, 400, []string{"/agency"}},
		{"parameter that is no text", "GET", "/v1/reports?q=%ff", "", nobody, 400, []string{"/q"}},
		{"parameter with NUL", "GET", "/v1/reports?q=a%00", "", nobody, 400, []string{"/q"}},
		{"broken escape", "GET", "/v1/reports?q=%zz", "", nobody, 400, nil},
		{"no dimension", "GET", "/v1/statistics", "", nobody, 400, []string{"/by"}},
		{"negative days", "GET", "/v1/calendars/wib-5/due?from=2025-08-06T09:00:00%2B07:00&days=-1", "", nobody, 400, []string{"/days"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t)
			w := d.ask(t, tt.method, tt.path, tt.body, tt.who)
			require.Equal(t, tt.status, w.Code, "%s", w.Body)
			require.ElementsMatch(t, tt.pointers, pointers(problem(t, w)), "%s", w.Body)
			require.Empty(t, d.desk.calls)
			for _, e := range problem(t, w).Errors {
				require.NotEqual(t, "Salah bentuk.", e.Detail, "%s says what would be right", e.Pointer)
			}
		})
	}
}

func TestABodyOfUnknownLengthIsCutAtItsLimit(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	r := httptest.NewRequest("POST", "/v1/reports", io.MultiReader(strings.NewReader(`{"title":"`), strings.NewReader(strings.Repeat("x", 1<<20))))
	r.ContentLength = -1
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	keepsContract(t, r, w)
	require.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
	require.Empty(t, d.desk.calls)
}

func TestALongTextInAnyScriptFits(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	w := d.ask(t, "POST", "/v1/reports", with(t, "body", strings.Repeat("ꦏ", 20_000)), nobody)
	require.Equal(t, http.StatusCreated, w.Code, "%s", w.Body)
	w = d.ask(t, "POST", "/v1/reports/"+someID+"/replies", `{"text":"`+strings.Repeat("😀", 20_000)+`"}`, reporter)
	require.Equal(t, http.StatusOK, w.Code, "%s", w.Body)
}

func TestEachKindOfFaultHasItsStatus(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		err    error
		status int
	}{
		{"field", fault.At("/category", "Kategori %q tidak dikenal.", "x"), 400},
		{"unauthenticated", fault.New(fault.Unauthenticated, "Siapa Anda?"), 401},
		{"forbidden", fault.New(fault.Forbidden, "Bukan wewenang Anda."), 403},
		{"conflict", fault.New(fault.Conflict, "Laporan sudah selesai."), 409},
		{"gone", fault.New(fault.Gone, "Laporan sudah dicabut."), 410},
		{"too large", fault.New(fault.TooLarge, "Terlalu panjang."), 413},
		{"too many", fault.New(fault.TooMany, "Tunggu sebentar."), 429},
		{"away", fault.New(fault.Unavailable, "Basis data tidak terjangkau."), 503},
		{"out of time", context.DeadlineExceeded, 503},
		{"ours", errors.New("pq: relation report does not exist"), 500},
		{"kind of nobody's", fault.New("odd", "secret words"), 500},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t)
			d.desk.err = tt.err
			w := d.ask(t, "POST", "/v1/reports", submission, nobody)
			require.Equal(t, tt.status, w.Code, "%s", w.Body)
			p := problem(t, w)
			require.Equal(t, "urn:uuid:"+w.Header().Get("X-Request-Id"), p.Instance)
			if tt.status == 500 {
				require.NotContains(t, w.Body.String(), tt.err.Error())
				require.Contains(t, d.log.String(), tt.err.Error())
			}
			if tt.status == 503 || tt.status == 429 {
				require.NotEmpty(t, w.Header().Get("Retry-After"))
			}
			if tt.status == 401 {
				require.Contains(t, w.Header().Get("WWW-Authenticate"), "Bearer")
			}
		})
	}
}

func TestAPanicIsAnInternalErrorAndLeavesNoTrace(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.desk.hook = func(context.Context) error { panic("the cupboard is bare") }
	w := d.ask(t, "GET", "/v1/categories", "", nobody)
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.NotContains(t, w.Body.String(), "cupboard")
	require.Contains(t, d.log.String(), "cupboard")
}

func TestARequestRunsOutOfTime(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(c *api.Config) { c.Timeout = 20 * time.Millisecond })
	d.desk.hook = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	require.Equal(t, http.StatusServiceUnavailable, d.ask(t, "GET", "/v1/categories", "", nobody).Code)
}

func TestUnknownSecretUnpublishedAndWrongCodeAreOneAndTheSame(t *testing.T) {
	t.Parallel()
	const wait = 80 * time.Millisecond
	d := newDoor(t, func(c *api.Config) { c.NotFoundAfter = wait })
	ask := func(err error, path string, who as) *httptest.ResponseRecorder {
		d.desk.err = err
		start := time.Now()
		w := d.ask(t, "GET", path, "", who)
		require.GreaterOrEqual(t, time.Since(start), wait)
		require.Equal(t, http.StatusNotFound, w.Code)
		return w
	}
	first := ask(fault.New(fault.NotFound, "%s", office.NotFoundSentence), "/v1/reports/"+someID, nobody)
	for _, other := range []*httptest.ResponseRecorder{
		ask(fault.New(fault.NotFound, "Laporan ini rahasia."), "/v1/reports/"+someID, reporter),
		ask(&fault.Error{Kind: fault.NotFound, Message: "kode salah", Field: "/id"}, "/v1/reports/"+someID+"/timeline", reporter),
		ask(fault.NotFound, "/v1/reports/"+strings.ToLower(someID)+"/deadlines", staff),
		ask(fault.New(fault.NotFound, "x"), "/v1/commands/"+someCommand, reporter),
	} {
		require.Equal(t, first.Body.String(), other.Body.String())
		require.Equal(t, first.Header(), other.Header())
	}
	require.NotContains(t, first.Header(), "X-Request-Id")
	require.Contains(t, first.Body.String(), office.NotFoundSentence)
	require.NotContains(t, first.Body.String(), "instance")
}

func TestWhoAsksForANewCodeWithoutTheOldLearnsNothingFromTheClock(t *testing.T) {
	t.Parallel()
	const wait = 80 * time.Millisecond
	d := newDoor(t, func(c *api.Config) { c.NotFoundAfter = wait })
	start := time.Now()
	require.Equal(t, http.StatusOK, d.ask(t, "POST", "/v1/reports/"+someID+"/access-code", "", nobody).Code)
	require.GreaterOrEqual(t, time.Since(start), wait)
}

func TestAnotherMethodIs405WithAllow(t *testing.T) {
	t.Parallel()
	w := newDoor(t).ask(t, "DELETE", "/v1/reports/"+someID, "", nobody)
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
	require.ElementsMatch(t, []string{"GET", "PATCH"}, strings.Split(w.Header().Get("Allow"), ", "))
	require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
	require.Equal(t, 405, problem(t, w).Status)
}

func TestAnUnknownAddressIs404(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/v2/reports", "/v1/reports/", "/v1", "/v1/reports/" + someID + "/hapus", "/../etc/passwd"} {
		w := newDoor(t).ask(t, "GET", path, "", nobody)
		require.Equal(t, http.StatusNotFound, w.Code, path)
		require.Equal(t, "Alamat ini tidak ada.", problem(t, w).Detail)
	}
}

func TestLowerCaseAndMissingDashesFindTheReport(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for _, id := range []string{strings.ToLower(someID), strings.ReplaceAll(someID, "-", "")} {
		require.Equal(t, http.StatusOK, d.ask(t, "GET", "/v1/reports/"+id, "", nobody).Code)
		require.Equal(t, someID, d.desk.last().ID)
	}
	d.ask(t, "POST", "/v1/reports/"+someID+"/merge", `{"target":"`+strings.ToLower(someID)+`"}`, staff)
	require.Equal(t, office.Act{Action: report.Merge, Target: someID}, d.desk.last().Asked)
}
