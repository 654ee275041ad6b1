package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// runDue returns the exit code and both outputs.
func runDue(stdin string, args ...string) (code int, out, errOut string) {
	var o, e bytes.Buffer
	code = due(args, strings.NewReader(stdin), &o, &e)
	return code, o.String(), e.String()
}

func TestDueExplainsTheFixture(t *testing.T) {
	t.Parallel()
	const from = "2025-08-06T10:00:00+07:00"
	cases := map[string]struct{ asOf, date, at, lastOff string }{
		"under the list then in force": {"2025-08-06", "2025-08-20", "2025-08-21T00:00:00+07:00", "2025-08-17"},
		"after the decree":             {"latest", "2025-08-21", "2025-08-22T00:00:00+07:00", "2025-08-18"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out, errOut := runDue("", "--from", from, "--days", "10", "--zone", "Asia/Jakarta", "--week", "5", "--as-of", c.asOf)
			require.Zero(t, code, errOut)
			var got struct {
				DueDate  string                                `json:"due_date"`
				DueAt    string                                `json:"due_at"`
				Revision int                                   `json:"revision"`
				Off      []struct{ Date, Name, Decree string } `json:"days_off"`
				Sentence string                                `json:"explanation"`
			}
			require.NoError(t, json.Unmarshal([]byte(out), &got))
			require.Equal(t, c.date, got.DueDate)
			require.Equal(t, c.at, got.DueAt)
			require.Positive(t, got.Revision)
			require.Equal(t, c.lastOff, got.Off[len(got.Off)-1].Date)
			require.Contains(t, got.Off[len(got.Off)-1].Decree, "SKB2025")
			require.Contains(t, got.Sentence, "Dihitung 10 hari kerja sejak Rabu 6 Agustus 2025")
		})
	}
}

func TestDueListsNoDaysOffAsAnEmptyList(t *testing.T) {
	t.Parallel()
	code, out, _ := runDue("", "--from", "2026-09-01T09:00:00+07:00", "--days", "1")
	require.Zero(t, code)
	require.Contains(t, out, `"days_off": []`)
}

func TestDueRefusesBadInputAndNamesTheFlag(t *testing.T) {
	t.Parallel()
	good := []string{"--from", "2026-09-01T09:00:00+07:00", "--days", "1"}
	cases := map[string]struct {
		args []string
		want string
	}{
		"no flags":        {nil, "--from: wajib"},
		"bad instant":     {[]string{"--from", "kemarin", "--days", "1"}, "--from"},
		"no days":         {good[:2], "--days"},
		"days no number":  {append(good[:3:3], "1.5"), "--days"},
		"negative days":   {append(good[:3:3], "-1"), "--days: jumlah hari tidak boleh negatif"},
		"zone":            {append(good[:4:4], "--zone", "UTC"), "--zone"},
		"week":            {append(good[:4:4], "--week", "7"), "--week"},
		"as of":           {append(good[:4:4], "--as-of", "2026-02-30"), "--as-of"},
		"unknown flag":    {append(good[:4:4], "--hari", "1"), "-hari"},
		"argument":        {append(good[:4:4], "lagi"), "lagi"},
		"file is missing": {[]string{"--csv", "testdata/tidak-ada.csv"}, "--csv"},
		"both ways":       {append(good[:4:4], "--csv", "-"), "bersama --csv"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out, errOut := runDue("", c.args...)
			require.Equal(t, 2, code)
			require.Empty(t, out)
			require.Contains(t, errOut, c.want)
		})
	}
}

func TestDuePastTheHorizonNamesTheMissingDecree(t *testing.T) {
	t.Parallel()
	code, out, errOut := runDue("", "--from", "2027-12-30T09:00:00+07:00", "--days", "5")
	require.Equal(t, 3, code)
	require.Empty(t, out)
	require.Contains(t, errOut, "SKB 2028")
}

const dueHead = "id,start,zone,n,week,as_of\n"

func TestDueAnswersEachRow(t *testing.T) {
	t.Parallel()
	const good, late, bad = "a,2025-08-06T10:00:00+07:00,Asia/Jakarta,10,5,2025-08-06\n",
		"b,2027-12-30T09:00:00+07:00,Asia/Jakarta,5,5,latest\n", "c,kemarin,Asia/Jakarta,5,5,latest\n"
	const goodOut, head = "a,2025-08-20,2025-08-21T00:00:00+07:00,\n", "id,due_date,due_at,error\n"
	cases := map[string]struct {
		in   string
		code int
		out  string
	}{
		"good":                      {dueHead + good, 0, head + goodOut},
		"no rows":                   {dueHead, 0, head},
		"a byte order mark":         {"\ufeff" + dueHead + good, 0, head + goodOut},
		"past the horizon":          {dueHead + late + good, 3, head + "b,,,hari kerja 2028 belum dapat dihitung: SKB 2028 belum ditetapkan\n" + goodOut},
		"a bad instant, then good":  {dueHead + bad + good, 2, head + "c,,,\"start: \"\"kemarin\"\" bukan saat RFC 3339\"\n" + goodOut},
		"a row too short":           {dueHead + "d,1\n" + good, 2, head + "d,,,\"2 kolom, seharusnya 6\"\n" + goodOut},
		"negative n":                {dueHead + "e,2025-08-06T10:00:00+07:00,Asia/Jakarta,-1,5,latest\n", 2, head + "e,,,n: jumlah hari tidak boleh negatif\n"},
		"empty as_of":               {dueHead + "f,2025-08-06T10:00:00+07:00,Asia/Jakarta,1,5,\n", 2, head + "f,,,\"as_of: tanggal \"\"\"\" bukan YYYY-MM-DD, bukan pula latest\"\n"},
		"columns in another order":  {"as_of,week,n,zone,start,id,note\nlatest,6,1,Asia/Jayapura,2026-09-04T09:00:00+09:00,g,x\n", 0, head + "g,2026-09-05,2026-09-06T00:00:00+09:00,\n"},
		"the horizon, then bad, 2":  {dueHead + late + "d,1\n", 2, head + "b,,,hari kerja 2028 belum dapat dihitung: SKB 2028 belum ditetapkan\nd,,,\"2 kolom, seharusnya 6\"\n"},
		"bad, then the horizon, 2":  {dueHead + "d,1\n" + late, 2, head + "d,,,\"2 kolom, seharusnya 6\"\nb,,,hari kerja 2028 belum dapat dihitung: SKB 2028 belum ditetapkan\n"},
		"a quote inside, then good": {dueHead + "h\"h,1,2,3,4,5\n" + good, 2, head + ",,,baris 2 bukan CSV (RFC 4180): periksa tanda kutip\n" + goodOut},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out, errOut := runDue(c.in, "--csv", "-")
			require.Equal(t, c.code, code)
			require.Equal(t, c.out, out)
			require.Empty(t, errOut)
		})
	}
}

func TestDueRefusesAFileWithoutItsColumns(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                             "tanpa baris kepala",
		"id,start,zone,n,week\n":       `kolom "as_of" tidak ada`,
		"id,id,start,zone,n,week,as\n": `kolom "id" tercantum dua kali`,
	} {
		code, out, errOut := runDue(in, "--csv", "-")
		require.Equal(t, 2, code)
		require.Empty(t, out)
		require.Contains(t, errOut, want)
	}
}

// The list of the calendar's own test goes through the command as a file.
func TestDueAnswersTheWholeListFromAFile(t *testing.T) {
	t.Parallel()
	const list = "../../calendar/testdata/due_dates.csv"
	raw, err := os.ReadFile(list)
	require.NoError(t, err)
	want, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	require.NoError(t, err)
	code, out, errOut := runDue("", "--csv", list)
	require.Equal(t, 3, code, errOut)
	got, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	require.NoError(t, err)
	require.Len(t, got, len(want))
	for i := range want[1:] {
		w, g := want[i+1], got[i+1]
		require.Equal(t, []string{w[0], w[8]}, g[:2])
		require.Equal(t, w[7] != "ok", strings.Contains(g[3], "belum ditetapkan"))
	}
}

func TestDueCountsByARuleFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "aturan.yaml")
	ask := func() (int, string, string) {
		return runDue("", "--from", "2025-08-06T10:00:00+07:00", "--rules", file, "--clock", "verification")
	}
	code, _, errOut := ask()
	require.Equal(t, dueBadInput, code)
	require.Contains(t, errOut, "--rules: ")
	require.NoError(t, os.WriteFile(file, []byte(documented(t)), 0o600))
	code, out, errOut := ask()
	require.Zero(t, code, errOut)
	var got dueAnswer
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	require.Equal(t, "2025-08-08", got.DueDate.String()) // two working days, of its last version
	require.Equal(t, "kabupaten-contoh", got.Rule)
	require.Equal(t, "Peraturan Bupati Contoh 7/2026", got.Source)
}

func TestDueExplainsARuleWithItsPauses(t *testing.T) {
	t.Parallel()
	code, out, errOut := runDue("", "--from", "2025-08-06T10:00:00+07:00", "--rules", "sp4n-lapor", "--clock", "first_follow_up",
		"--pause", "2025-08-08T09:00:00+07:00/2025-08-15T09:00:00+07:00")
	require.Zero(t, code, errOut)
	var got dueAnswer
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	require.Equal(t, "2025-08-21", got.DueDate.String()) // Mon 18 is off: 19, 20, 21
	require.Equal(t, "sp4n-lapor", got.Rule)
	require.NotEmpty(t, got.Source)
	require.Len(t, got.Pauses, 1)
	require.Contains(t, got.Explanation, "dijeda Jumat 8 Agustus 2025 sampai Jumat 15 Agustus 2025")

	code, out, errOut = runDue("", "--from", "2025-08-06T10:00:00+07:00", "--days", "10")
	require.Zero(t, code, errOut)
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	require.Len(t, got.Said, 2)
	require.Equal(t, "2025-08-20", got.Said[0].Due.String())
	require.Equal(t, "SKB2025r1", got.Said[1].Decree)

	for name, args := range map[string][]string{
		"--rules":  {"--rules", "hukum-rimba", "--clock", "silence"},
		"--clock":  {"--rules", "sp4n-lapor", "--clock", "tea"},
		"--class":  {"--rules", "sp4n-lapor", "--clock", "resolution", "--class", "x"},
		"--days":   {"--rules", "sp4n-lapor", "--clock", "silence", "--days", "3"},
		"--pause":  {"--days", "3", "--pause", "kemarin"},
		"--pause:": {"--days", "3", "--pause", "2025-08-05T09:00:00+07:00/2025-08-07T09:00:00+07:00"},
	} {
		code, _, errOut := runDue("", append([]string{"--from", "2025-08-06T10:00:00+07:00"}, args...)...)
		require.Equal(t, dueBadInput, code, name)
		require.Contains(t, errOut, strings.TrimSuffix(name, ":"))
	}
}
