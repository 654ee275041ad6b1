package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/office"
)

const decreeFile = `key,issued_on,track,calendar_year,title,effect,confidence,date,kind,name_id,name_en,supersedes
SKB2025r1,2025-08-07,SKB,2025,"SKB Menag 933/2025 (Perubahan)",menambah 18 Agustus,high,2025-08-18,collective_leave,Cuti Bersama Proklamasi Kemerdekaan,Leave,
,,,,,,,2025-08-19,,,,SKB2025
`

func TestADecreeFileIsReadOrRefusedWithItsLine(t *testing.T) {
	t.Parallel()
	key, d, lines, err := readDecree(strings.NewReader("\ufeff" + decreeFile))
	require.NoError(t, err)
	require.Equal(t, "SKB2025r1", key)
	require.Equal(t, office.Decree{
		IssuedOn: "2025-08-07", Track: "SKB", CalendarYear: 2025, Title: "SKB Menag 933/2025 (Perubahan)", Effect: "menambah 18 Agustus",
		Confidence: "high",
		Days:       []office.DecreeDay{{Date: "2025-08-18", Kind: "collective_leave", NameID: "Cuti Bersama Proklamasi Kemerdekaan", NameEN: "Leave"}},
		Supersedes: []office.DecreeRef{{Decree: "SKB2025", Date: "2025-08-19"}},
	}, d)
	require.Equal(t, decreeLines{days: []int{2}, supersedes: []int{3}}, lines)

	for name, tt := range map[string]struct{ from, to, reason string }{
		"another header":        {"key,issued_on", "issued_on,key", "baris 1: kepala tabel"},
		"no rows":               {decreeFile[strings.Index(decreeFile, "\n")+1:], "", "tidak ada baris"},
		"no key":                {"SKB2025r1,", ",", "baris 2: kolom key"},
		"a year that is none":   {",SKB,2025,", ",SKB,dua ribu,", "baris 2: calendar_year"},
		"a date that is none":   {"2025-08-18", "2025-02-30", "baris 2: tanggal"},
		"no date":               {"2025-08-19", "", "baris 3: kolom date"},
		"two decrees":           {"\n,,,", "\nSKB2026,,,", "baris 3: kolom key"},
		"kind and supersedes":   {"2025-08-19,,", "2025-08-19,national,", "baris 3: baris yang mencabut"},
		"a column too few":      {",,SKB2025\n", ",SKB2025\n", "baris 3: "},
		"a quote in the middle": {"menambah 18", "menambah \"18", "baris 2: "},
	} {
		_, _, _, err := readDecree(strings.NewReader(strings.Replace(decreeFile, tt.from, tt.to, 1)))
		require.ErrorContains(t, err, tt.reason, name)
	}
}

// calendarAPI is an API that keeps one plan.
type calendarAPI struct {
	plan   office.DecreePlan
	asked  []string
	refuse string
}

func (c *calendarAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.asked = append(c.asked, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization"))
	if c.refuse != "" {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(c.refuse))
		return
	}
	if r.Method == http.MethodPut {
		_ = json.NewDecoder(r.Body).Decode(&c.plan.Decree)
	}
	if r.Method == http.MethodPost {
		_ = json.NewEncoder(w).Encode(office.Committed{Calendar: "national", Key: "SKB2025r1", Revision: 43, Reports: 7, Lifted: 1})
		return
	}
	_ = json.NewEncoder(w).Encode(c.plan)
}

func runImport(t *testing.T, api http.Handler, args ...string) (code int, out, errOut string) {
	t.Helper()
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	env := map[string]string{"KAWAL_API": server.URL, "KAWAL_TOKEN": "rahasia", "KAWAL_DATA": t.TempDir()}
	var o, e bytes.Buffer
	code = importDecree(t.Context(), args, program{in: strings.NewReader(decreeFile), out: &o, errOut: &e, getenv: func(k string) string { return env[k] }})
	return code, o.String(), e.String()
}

func TestAFileIsTriedOutAndThenCommittedBySomebodyWhoHoldsTheSame(t *testing.T) {
	t.Parallel()
	api := &calendarAPI{plan: office.DecreePlan{Plan: "p", Calendar: "national", Key: "SKB2025r1", BaseRevision: 42, Reports: 7,
		Agencies: []office.AgencyMove{{Agency: "dinas-pupr", Clock: "silence", From: "2025-08-20", To: "2025-08-21", Clocks: 7}}}}
	file := filepath.Join(t.TempDir(), "skb.csv")
	require.NoError(t, os.WriteFile(file, []byte(decreeFile), 0o600))
	code, out, errOut := runImport(t, api, "import", file)
	require.Zero(t, code, errOut)
	require.Contains(t, out, "7 laporan bergeser")
	require.Contains(t, out, "2025-08-20")
	code, out, errOut = runImport(t, api, "import", "-", "--commit", "--calendar", "national")
	require.Zero(t, code, errOut)
	require.Contains(t, out, "revisi 43")
	const path = "/v1/calendars/national/decrees/SKB2025r1"
	require.Equal(t, []string{"PUT " + path + " Bearer rahasia", "GET " + path + " Bearer rahasia", "POST " + path + "/commit Bearer rahasia"}, api.asked)

	api.plan.Decree.Days[0].Date = "2025-08-15"
	code, _, errOut = runImport(t, api, "import", "-", "--commit")
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "berbeda dari uji coba")
	require.Len(t, api.asked, 4, "nothing was committed")
}

func TestWhatTheAPIRefusesIsToldWithTheLineOfTheFile(t *testing.T) {
	t.Parallel()
	api := &calendarAPI{refuse: `{"detail":"Keputusan ditolak.","errors":[{"pointer":"/supersedes/0","detail":"tidak dikenal"}]}`}
	code, _, errOut := runImport(t, api, "import", "-")
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "baris 3: ")
	require.Contains(t, errOut, "tidak dikenal")
	code, _, _ = runImport(t, api, "export")
	require.Equal(t, 2, code)
	code, _, _ = runImport(t, api, "import")
	require.Equal(t, 2, code)
	code, _, errOut = runImport(t, api, "import", "/tidak/ada.csv")
	require.Equal(t, 2, code)
	require.Contains(t, errOut, "tidak/ada.csv")
}
