package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/testdb"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// documented is the example file of docs/rules.md.
func documented(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile("../../docs/rules.md")
	require.NoError(t, err)
	_, after, found := strings.Cut(string(raw), "```yaml\n")
	require.True(t, found)
	example, _, found := strings.Cut(after, "```")
	require.True(t, found)
	return example
}

func ruleFile(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "aturan.yaml")
	require.NoError(t, os.WriteFile(name, []byte(content), 0o600))
	return name
}

// callWith runs kawal with something on standard input.
func callWith(t *testing.T, in string, args ...string) (int, string, string) {
	t.Helper()
	var out, errOut bytes.Buffer
	code := run(t.Context(), args, program{in: strings.NewReader(in), out: &out, errOut: &errOut, getenv: environment(nil)})
	return code, out.String(), errOut.String()
}

func TestTheDocumentedRuleFileIsGoodAndPrinted(t *testing.T) {
	t.Parallel()
	code, out, errOut := callWith(t, documented(t), "rules", "check", "-")
	require.Zero(t, code, errOut)
	require.Empty(t, errOut)
	for _, want := range []string{
		"kabupaten-contoh versi 1, berlaku sejak awal (tanggal belum diverifikasi)\nSumber: Peraturan Bupati Contoh 1/2025\n",
		"kabupaten-contoh versi 2, berlaku sejak Jumat 1 Januari 2027, sementara\n",
		"14 hari kalender  (ketentuan kami)", "Batas penyelesaian, permintaan informasi", "40 jam kerja", "tanpa batas",
	} {
		require.Contains(t, out, want)
	}
	code, fromFile, _ := callWith(t, "", "rules", "check", ruleFile(t, documented(t)))
	require.Zero(t, code)
	require.Equal(t, out, fromFile)
}

func TestABadRuleFileIsRefusedAtItsLine(t *testing.T) {
	t.Parallel()
	bad := strings.Replace(documented(t), "{unit: calendar_days, n: 14", "{unit: bulan, n: 14", 1)
	code, out, errOut := callWith(t, bad, "rules", "check", "-")
	require.Equal(t, 2, code)
	require.Empty(t, out)
	require.Contains(t, errOut, `-: baris 10: satuan "bulan" tidak dikenal`)
	for _, args := range [][]string{{"rules"}, {"rules", "check"}, {"rules", "check", "a", "b"}, {"rules", "list", "x"}, {"rules", "hapus", "x"}} {
		code, _, errOut := callWith(t, "", args...)
		require.Equal(t, 2, code)
		require.Contains(t, errOut, "usage: kawal rules")
	}
	code, _, errOut = callWith(t, "", "rules", "check", filepath.Join(t.TempDir(), "tidak-ada.yaml"))
	require.Equal(t, 2, code)
	require.Contains(t, errOut, "tidak-ada.yaml")
}

func TestLoadingRulesAddsAndNeverChanges(t *testing.T) {
	t.Parallel()
	env := map[string]string{"KAWAL_DATABASE_URL": testdb.New(t, store.MigrationsHash(), store.Migrate), "KAWAL_DATA": t.TempDir()}
	conn, err := pgx.Connect(t.Context(), env["KAWAL_DATABASE_URL"])
	require.NoError(t, err)
	defer conn.Close(t.Context())
	audited := func() (n int) {
		require.NoError(t, conn.QueryRow(t.Context(), `SELECT count(*) FROM audit WHERE action = 'load_rules'`).Scan(&n))
		return n
	}
	good := ruleFile(t, documented(t))
	code, out, errOut := call(t, env, "rules", "load", good)
	require.Zero(t, code, errOut)
	require.Contains(t, out, "kabupaten-contoh versi 1 dicatat")
	require.Contains(t, out, "kabupaten-contoh versi 2 dicatat")
	require.Equal(t, 1, audited())
	code, out, _ = call(t, env, "rules", "load", good)
	require.Zero(t, code)
	require.Equal(t, "kabupaten-contoh: tidak ada versi baru\n", out)
	require.Equal(t, 1, audited(), "what changes nothing is no entry")
	code, before, _ := call(t, env, "rules", "list")
	require.Zero(t, code)
	require.Contains(t, before, "sp4n-lapor versi 1")
	require.Contains(t, before, "demo versi 1, berlaku sejak awal (tanggal belum diverifikasi), hanya untuk peragaan")

	changed := ruleFile(t, strings.Replace(documented(t), "{unit: working_days, n: 2}", "{unit: working_days, n: 1}", 1))
	code, _, errOut = call(t, env, "rules", "load", changed)
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "versi 2 sudah ada dengan isi lain")
	unread := ruleFile(t, strings.Replace(documented(t), "n: 60", "n: -60", 1))
	code, _, errOut = call(t, env, "rules", "load", unread)
	require.Equal(t, 2, code)
	require.Contains(t, errOut, "baris 15: complaint_supervisory: n tidak boleh negatif")
	_, after, _ := call(t, env, "rules", "list")
	require.Equal(t, before, after, "nothing changed")

	code, shown, _ := call(t, env, "rules", "show", "kabupaten-contoh")
	require.Zero(t, code)
	got, err := report.ReadRules(strings.NewReader(shown))
	require.NoError(t, err)
	want, err := report.ReadRules(strings.NewReader(documented(t)))
	require.NoError(t, err)
	require.Equal(t, want, got)
	code, _, errOut = call(t, env, "rules", "show", "hukum-rimba")
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "tidak dikenal")
}

func TestANewVersionOfKnownRulesBeginsTodayOrLater(t *testing.T) {
	t.Parallel()
	env := map[string]string{"KAWAL_DATABASE_URL": testdb.New(t, store.MigrationsHash(), store.Migrate), "KAWAL_DATA": t.TempDir()}
	r, err := report.RulesByID(report.DefaultRules)
	require.NoError(t, err)
	r.Version = 2
	for _, c := range []struct {
		days, code int
	}{{-2, 1}, {2, 0}} {
		day := time.Now().UTC().AddDate(0, 0, c.days)
		r.From = time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, time.UTC)
		var file bytes.Buffer
		require.NoError(t, report.WriteRules(&file, []report.RuleSet{r}))
		code, _, errOut := call(t, env, "rules", "load", ruleFile(t, file.String()))
		require.Equal(t, c.code, code, errOut)
	}
}

func TestRulesNeedADatabaseToBeLoaded(t *testing.T) {
	t.Parallel()
	env := map[string]string{"KAWAL_DATA": t.TempDir()}
	for _, args := range [][]string{{"rules", "load", ruleFile(t, documented(t))}, {"rules", "list"}, {"rules", "show", "demo"}} {
		code, _, errOut := call(t, env, args...)
		require.Equal(t, 1, code)
		require.Contains(t, errOut, "KAWAL_DATABASE_URL")
	}
}
