package report_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kawal-id/kawal/report"
)

// goodRules has line numbers that the table below counts on.
const goodRules = `id: contoh
versions:
  - version: 1
    from: ""
    source: Peraturan Contoh 1
    limits:
      verification: {unit: working_days, n: 3}
      follow_up: {unit: calendar_days, n: 5}
      silence: {unit: working_hours, n: 80}
      answer: {unit: working_days, n: 10, source: ketentuan kami}
      reopen: {unit: working_days, n: 0}
      resolution:
        aspiration: {unit: working_days, n: 14, source: ketentuan kami}
  - version: 2
    from: 2026-01-01
    source: Peraturan Contoh 2
    provisional: true
    limits:
      verification: {unit: working_days, n: 2}
      follow_up: {unit: working_days, n: 4}
      silence: {unit: working_days, n: 10}
      answer: {unit: working_days, n: 10}
      reopen: {unit: working_days, n: 10}
`

func date(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func days(n int) report.Limit { return report.Limit{Unit: report.WorkingDays, N: n} }

func TestARuleFileIsReadWithAllItsVersions(t *testing.T) {
	t.Parallel()
	want := []report.RuleSet{
		{
			ID: "contoh", Version: 1, Source: "Peraturan Contoh 1", Verification: days(3),
			FollowUp: report.Limit{Unit: report.CalendarDays, N: 5}, Silence: report.Limit{Unit: report.WorkingHours, N: 80},
			Answer: days(10), Reopen: days(0), Resolution: map[report.Class]report.Limit{report.Aspiration: days(14)},
			Sources: map[string]string{"answer": "ketentuan kami", "resolution.aspiration": "ketentuan kami"},
		},
		{
			ID: "contoh", Version: 2, From: date("2026-01-01"), Source: "Peraturan Contoh 2", Provisional: true,
			Verification: days(2), FollowUp: days(4), Silence: days(10), Answer: days(10), Reopen: days(10),
		},
	}
	got, err := report.ReadRules(strings.NewReader(goodRules))
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Equal(t, "ketentuan kami", got[0].SourceOf(report.AnswerClock, report.Aspiration))
	require.Equal(t, "ketentuan kami", got[0].SourceOf(report.Resolution, report.Aspiration))
	require.Equal(t, "Peraturan Contoh 1", got[0].SourceOf(report.Resolution, report.ComplaintOrdinary))
	require.Equal(t, "Peraturan Contoh 1", got[0].SourceOf(report.FirstFollowUp, report.Aspiration))

	got, err = report.ReadRules(strings.NewReader(`{"id": "demo-2", "demo": true, "versions": [{"version": 3, "source": "peragaan", "limits": {
		"verification": {"unit": "seconds", "n": 1}, "follow_up": {"unit": "seconds", "n": 2}, "silence": {"unit": "seconds", "n": 3},
		"answer": {"unit": "seconds", "n": 4}, "reopen": {"unit": "seconds", "n": 5}}}]}`))
	require.NoError(t, err, "JSON")
	require.Equal(t, report.Limit{Unit: report.Seconds, N: 5}, got[0].Reopen)
	require.True(t, got[0].Demo)
}

// Each row changes one place of goodRules, and tells what a person then reads.
func TestABadRuleFileIsRefusedWithLineAndReason(t *testing.T) {
	t.Parallel()
	const v2 = "  - version: 2\n    from: 2026-01-01\n"
	for name, c := range map[string]struct {
		old, new string
		line     int
		reason   string
	}{
		"unknown field of the file":     {"id: contoh\n", "id: contoh\nnama: x\n", 2, `tidak mengenal "nama"`},
		"unknown field of a version":    {"    provisional: true\n", "    berlaku: ya\n", 17, `tidak mengenal "berlaku"`},
		"unknown field of a limit":      {"n: 5}", "n: 5, grace: 1}", 8, `tidak mengenal "grace"`},
		"unknown clock":                 {"      reopen: {unit: working_days, n: 0}\n", "      reopen: {unit: working_days, n: 0}\n      review: {unit: working_days, n: 1}\n", 12, `tidak mengenal "review"`},
		"unknown unit":                  {"unit: calendar_days", "unit: weeks", 8, `satuan "weeks" tidak dikenal`},
		"no unit":                       {"{unit: calendar_days, n: 5}", "{n: 5}", 8, `follow_up tanpa "unit"`},
		"unknown class":                 {"        aspiration:", "        gossip:", 13, `tidak mengenal "gossip"`},
		"negative n":                    {"n: 80", "n: -80", 9, "silence: n tidak boleh negatif"},
		"missing n":                     {", n: 80", "", 9, `silence tanpa "n"`},
		"n is text":                     {"n: 80", "n: '80'", 9, "bilangan bulat"},
		"n is no whole number":          {"n: 80", "n: 80.5", 9, "bilangan bulat"},
		"n in hexadecimal":              {"n: 80", "n: 0x50", 9, "bilangan bulat"},
		"n in octal":                    {"n: 80", "n: 080", 9, "bilangan bulat"},
		"n is nothing":                  {"n: 80", "n: ", 9, "bilangan bulat"},
		"n is a list":                   {"n: 80", "n: [80]", 9, "bilangan bulat"},
		"too many days":                 {"n: 3}", "n: 3651}", 7, "lebih besar daripada 3650"},
		"too many hours":                {"n: 80", "n: 100001", 9, "lebih besar daripada 100000"},
		"too many for an int":           {"n: 80", "n: 99999999999999999999", 9, "lebih besar daripada 100000"},
		"missing clock":                 {"      silence: {unit: working_hours, n: 80}\n", "", 7, `limits tanpa "silence"`},
		"a clock without value":         {"{unit: working_hours, n: 80}", "", 9, "silence harus berupa pasangan"},
		"no limits":                     {"    limits:\n      verification: {unit: working_days, n: 2}\n", "    batas:\n      verification: {unit: working_days, n: 2}\n", 18, `tidak mengenal "batas"`},
		"versions out of order":         {"version: 1", "version: 3", 14, "versi 2 setelah versi 3"},
		"a version twice":               {"version: 2", "version: 1", 14, "versi 1 tercantum dua kali"},
		"version nought":                {"version: 1", "version: 0", 3, "lebih kecil daripada 1"},
		"no version number":             {"  - version: 1\n    from", "  - from", 3, `versi tanpa "version"`},
		"the same date":                 {`from: ""`, `from: "2026-01-01"`, 14, "tanggal yang sama"},
		"dates out of order":            {`from: ""`, `from: 2026-01-02`, 14, "versi 2 berlaku lebih dahulu daripada versi 1"},
		"a later version without date":  {"    from: 2026-01-01\n", "", 14, "versi 2 tanpa tanggal berlaku"},
		"no date":                       {"2026-01-01", "1 Januari 2026", 15, "bukan YYYY-MM-DD"},
		"no day of any year":            {"2026-01-01", "2026-02-30", 15, "bukan YYYY-MM-DD"},
		"a year of no republic":         {"2026-01-01", "0026-01-01", 15, "tahun 26 di luar"},
		"seconds outside demo":          {"unit: working_hours", "unit: seconds", 9, "hanya untuk peragaan"},
		"an id in capitals":             {"id: contoh", "id: Contoh", 1, `id "Contoh"`},
		"an id with a dot":              {"id: contoh", "id: contoh.1", 1, `id "contoh.1"`},
		"an empty id":                   {"id: contoh", `id: ""`, 1, `id ""`},
		"an id too long":                {"id: contoh", "id: " + strings.Repeat("a", 65), 1, "1 sampai 64"},
		"no id":                         {"id: contoh\n", "", 1, `aturan tanpa "id"`},
		"an empty source":               {"Peraturan Contoh 2", `" "`, 16, "source kosong"},
		"no source":                     {"    source: Peraturan Contoh 2\n", "", 14, `versi tanpa "source"`},
		"an empty source of a limit":    {"n: 14, source: ketentuan kami", `n: 14, source: ""`, 13, "source kosong"},
		"a source that is a number":     {"Peraturan Contoh 2", "2", 16, "source harus teks"},
		"a source of two lines":         {"Peraturan Contoh 2", `"a\nb"`, 16, "satu baris"},
		"a source that paints":          {"Peraturan Contoh 2", `"\e[31m"`, 16, "satu baris"},
		"a source like a book":          {"Peraturan Contoh 2", strings.Repeat("x", 501), 16, "lebih panjang daripada 500"},
		"a flag that is a word":         {"provisional: true", "provisional: ya", 17, "provisional harus true atau false"},
		"a key twice":                   {"    provisional: true\n", "    provisional: true\n    provisional: true\n", 18, `"provisional" dua kali`},
		"a clock twice":                 {v2, "        aspiration: {unit: working_days, n: 1}\n" + v2, 14, `"aspiration" dua kali`},
		"an anchor":                     {"n: 3}", "n: &tiga 3}", 7, "anchor"},
		"an alias":                      {"{unit: working_days, n: 2}", "*dua", 19, "bukan YAML"},
		"a merge":                       {"n: 3}", "n: 3, <<: {}}", 7, `tidak mengenal "<<"`},
		"a second document":             {"  - version: 2\n", "---\n  - version: 2\n", 14, "lebih dari satu dokumen"},
		"an indentation too deep":       {"    source: Peraturan Contoh 1\n", "     source: Peraturan Contoh 1\n", 5, "bukan YAML"},
		"a control character":           {"Peraturan Contoh 2", "Per\x00aturan", 16, "karakter kendali U+0000"},
		"bytes that are no text":        {"Peraturan Contoh 2", "Per\xff", 16, "bukan teks UTF-8"},
		"a list in place of a file":     {goodRules, "- id: x\n", 1, "aturan harus berupa pasangan"},
		"nothing":                       {goodRules, "", 1, "berkas kosong"},
		"only a comment":                {goodRules, "# belum ada\n", 1, "berkas kosong"},
		"no versions":                   {goodRules, "id: x\nversions: []\n", 2, "sedikitnya satu versi"},
		"versions that are no list":     {goodRules, "id: x\nversions: {}\n", 2, "sedikitnya satu versi"},
		"a file above one mebibyte":     {"id: contoh\n", strings.Repeat("# panjang\n", 110_000) + "id: contoh\n", 104_858, "1 MiB"},
		"a field with a very long name": {"id: contoh\n", "id: contoh\n" + strings.Repeat("k", 500) + ": 1\n", 2, strings.Repeat("k", 40) + "…"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, 1, strings.Count(goodRules, c.old), "the row names one place")
			_, err := report.ReadRules(strings.NewReader(strings.Replace(goodRules, c.old, c.new, 1)))
			var bad *report.RulesError
			require.ErrorAs(t, err, &bad)
			require.Contains(t, bad.Reason, c.reason)
			require.Equal(t, c.line, bad.Line, bad.Reason)
			require.Contains(t, bad.Error(), "baris ")
		})
	}
}

// drawn makes any rule set that the reader may take.
func drawn(t *rapid.T) []report.RuleSet {
	demo := rapid.Bool().Draw(t, "demo")
	units := []report.Unit{report.WorkingDays, report.CalendarDays, report.WorkingHours}
	if demo {
		units = append(units, report.Seconds)
	}
	source := rapid.StringMatching(`[!-~À-ÿ][ -~À-ÿ]{0,60}[!-~]`)
	limit := func(name string) report.Limit {
		return report.Limit{Unit: rapid.SampledFrom(units).Draw(t, name), N: rapid.IntRange(0, 3650).Draw(t, name)}
	}
	id := rapid.StringMatching(`[a-z0-9-]{1,64}`).Draw(t, "id")
	var all []report.RuleSet
	number, from := 0, date("2000-01-01")
	for i := range rapid.IntRange(1, 4).Draw(t, "versions") {
		number += rapid.IntRange(1, 5).Draw(t, "version")
		r := report.RuleSet{
			ID: id, Demo: demo, Version: number, Source: source.Draw(t, "source"), Provisional: rapid.Bool().Draw(t, "provisional"),
			Verification: limit("verification"), FollowUp: limit("follow_up"), Silence: limit("silence"),
			Answer: limit("answer"), Reopen: limit("reopen"),
		}
		if from = from.AddDate(0, 0, rapid.IntRange(1, 900).Draw(t, "from")); i > 0 || rapid.Bool().Draw(t, "dated") {
			r.From = from
		}
		for _, c := range report.Classes {
			if rapid.Bool().Draw(t, "class") {
				if r.Resolution == nil {
					r.Resolution = map[report.Class]report.Limit{}
				}
				r.Resolution[c] = limit("resolution")
			}
		}
		if rapid.Bool().Draw(t, "own source") {
			r.Sources = map[string]string{"first_follow_up": source.Draw(t, "source")}
		}
		if _, ok := r.Resolution[report.Aspiration]; ok && r.Sources != nil {
			r.Sources["resolution.aspiration"] = source.Draw(t, "source")
		}
		all = append(all, r)
	}
	return all
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := drawn(t)
		var file bytes.Buffer
		require.NoError(t, report.WriteRules(&file, want))
		got, err := report.ReadRules(bytes.NewReader(file.Bytes()))
		require.NoError(t, err, file.String())
		require.Equal(t, want, got)
		kept, err := json.Marshal(want)
		require.NoError(t, err)
		got = nil
		require.NoError(t, json.Unmarshal(kept, &got))
		require.Equal(t, want, got, "and so it is in the state of a report")
	})
}

func TestOnlyVersionsOfOneRuleSetMakeAFile(t *testing.T) {
	t.Parallel()
	require.Error(t, report.WriteRules(&bytes.Buffer{}, nil))
	require.ErrorContains(t, report.WriteRules(&bytes.Buffer{}, report.RuleSets()), "among versions of")
}

func FuzzWhatIsReadIsWrittenTheSame(f *testing.F) {
	f.Add([]byte(goodRules))
	for _, name := range []string{"demo", "sp4n-lapor"} {
		raw, err := os.ReadFile("rules/" + name + ".yaml")
		require.NoError(f, err)
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		sets, err := report.ReadRules(bytes.NewReader(raw))
		if err != nil {
			var bad *report.RulesError
			require.ErrorAs(t, err, &bad)
			require.Positive(t, bad.Line)
			return
		}
		var file bytes.Buffer
		require.NoError(t, report.WriteRules(&file, sets))
		again, err := report.ReadRules(&file)
		require.NoError(t, err)
		require.Equal(t, sets, again)
	})
}

func TestTheVersionInForceIsTheLatestThatHasBegun(t *testing.T) {
	t.Parallel()
	undated := report.RuleSet{Version: 1}
	second, third := report.RuleSet{Version: 2, From: date("2026-01-01")}, report.RuleSet{Version: 3, From: date("2026-07-01")}
	for _, c := range []struct {
		name string
		of   []report.RuleSet
		on   string
		want int // 0: none
	}{
		{"before all dates the undated one", []report.RuleSet{undated, second, third}, "2025-12-31", 1},
		{"on its first day", []report.RuleSet{undated, second, third}, "2026-01-01", 2},
		{"on the last day before the next", []report.RuleSet{third, undated, second}, "2026-06-30", 2},
		{"on the day of the next", []report.RuleSet{third, second, undated}, "2026-07-01", 3},
		{"long after", []report.RuleSet{second, third, undated}, "2040-01-01", 3},
		{"before the first", []report.RuleSet{second, third}, "2025-12-31", 0},
		{"of none", nil, "2026-01-01", 0},
	} {
		got, ok := report.InForce(c.of, date(c.on))
		require.Equal(t, c.want > 0, ok, c.name)
		require.Equal(t, c.want, got.Version, c.name)
	}
}

// A state written before rule sets had versions.
func TestAnOldStateKeepsItsRules(t *testing.T) {
	t.Parallel()
	var s report.State
	require.NoError(t, json.Unmarshal([]byte(`{"id":"KWL","stage":"verification","rules":{"id":"sp4n-lapor","source":"lama",
		"verification":{"unit":"working_days","n":3},"follow_up":{"unit":"working_days","n":5},"silence":{"unit":"working_days","n":10},
		"answer":{"unit":"working_days","n":10},"reopen":{"unit":"working_days","n":10},
		"resolution":{"aspiration":{"unit":"working_days","n":14}}}}`), &s))
	require.Zero(t, s.Rules.Version)
	require.Equal(t, days(5), s.Rules.FollowUp)
	require.Equal(t, "lama", s.Rules.SourceOf(report.Resolution, report.Aspiration))
	require.Len(t, s.Rules.Limits(), 6)
}

// RULES.md section 1: V alone until the forward, then F and R side by side, R as
// long as the class says; RULES.md section 2 has the numbers.
func TestEveryClassHasItsClocksSideBySide(t *testing.T) {
	t.Parallel()
	want := map[report.Class]int{
		report.InformationRequest: 5, report.ComplaintOrdinary: 14, report.ComplaintSupervisory: 60, report.Aspiration: 14,
	}
	for _, r := range report.RuleSets() {
		for _, class := range report.Classes {
			s, _, err := report.New(report.State{ID: "KWL", Queue: "kab", Class: class, Category: "roads", Rules: r}, noon)
			require.NoError(t, err)
			require.Equal(t, r.Verification, s.Clock(report.VerificationClock).Limit)
			require.Nil(t, s.Clock(report.Resolution))
			s, _, err = report.Apply(s, report.Command{ID: "c", Action: report.Forward, By: report.Admin, Office: "kab", Unit: "pu", ReceivedAt: noon})
			require.NoError(t, err)
			require.Equal(t, r.FollowUp, s.Clock(report.FirstFollowUp).Limit)
			if r.Demo {
				require.Nil(t, s.Clock(report.Resolution), "the demonstration has no resolution limit")
				continue
			}
			require.Equal(t, days(want[class]), s.Clock(report.Resolution).Limit, "%s %s", r.ID, class)
		}
	}
}

func TestOurOwnFiguresSayThatTheyAreOurs(t *testing.T) {
	t.Parallel()
	for _, r := range report.RuleSets() {
		for _, l := range r.Limits() {
			ours := l.Clock == report.AnswerClock || l.Clock == report.ReopenWindow || l.Class == report.Aspiration
			require.Equal(t, ours && !r.Demo, l.Source == "ketentuan kami", "%s %s %s", r.ID, l.Clock, l.Class)
		}
	}
}

func TestWhatACallerDoesToARuleSetReachesNobodyElse(t *testing.T) {
	t.Parallel()
	a, err := report.RulesByID(report.DefaultRules)
	require.NoError(t, err)
	a.Resolution[report.Aspiration], a.Sources["answer"] = days(1), "x"
	b, err := report.RulesByID(report.DefaultRules)
	require.NoError(t, err)
	require.Equal(t, days(14), b.Resolution[report.Aspiration])
	require.Equal(t, "ketentuan kami", b.Sources["answer"])
}
