package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/testdb"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

func TestAQuestionIsRefusedNamingTheFlag(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "aturan.yaml")
	var b bytes.Buffer
	rules, err := report.RulesByID(report.DefaultRules)
	require.NoError(t, err)
	require.NoError(t, report.WriteRules(&b, []report.RuleSet{rules}))
	require.NoError(t, os.WriteFile(file, b.Bytes(), 0o600))
	q, err := question(file, "national@46", "2025-06-01", "2025-06-30", nil)
	require.NoError(t, err)
	require.Equal(t, 46, q.Revision)
	require.Equal(t, "national", q.Calendar)
	for name, tt := range map[string]struct{ rules, calendar, from, to, reason string }{
		"no rules":      {"", "national", "2025-06-01", "2025-06-30", "--rules"},
		"no such file":  {"/tidak/ada", "national", "2025-06-01", "2025-06-30", "--rules"},
		"bad revision":  {file, "national@nol", "2025-06-01", "2025-06-30", "--calendar"},
		"bad from":      {file, "national", "Juni", "2025-06-30", "--from"},
		"bad to":        {file, "national", "2025-06-01", "", "--to"},
		"to before":     {file, "national", "2025-06-01", "2025-05-31", "--to"},
		"empty of rule": {"-", "national", "2025-06-01", "2025-06-30", "--rules"},
	} {
		_, err := question(tt.rules, tt.calendar, tt.from, tt.to, strings.NewReader(""))
		require.ErrorContains(t, err, tt.reason, name)
	}
}

func TestTheTableAndTheChartOfAWhatIf(t *testing.T) {
	t.Parallel()
	rows := []store.WhatIfRow{{Unit: "dinas-pupr", Name: `Dinas "PUPR" & <Tata Ruang>`, Clocks: 10, Late: 2, WouldBe: 4}, {Unit: "dinkes", Name: "Dinas Kesehatan", Clocks: 3}}
	require.Equal(t, "unit,name,clocks,late,would_be_late\ndinas-pupr,\"Dinas \"\"PUPR\"\" & <Tata Ruang>\",10,2,4\ndinkes,Dinas Kesehatan,3,0,0\n", lateCSV(rows))
	svg := lateSVG(store.WhatIf{Calendar: "national"}, rows)
	require.Contains(t, svg, `width="520" height="14" fill="#d64545"/>`, "the longest bar is as wide as the chart")
	require.Contains(t, svg, `width="260" height="14" fill="#52606d"/>`)
	wellFormed(t, svg)
	var many []store.WhatIfRow
	for i := range 40 {
		many = append(many, store.WhatIfRow{Name: fmt.Sprint("Dinas ", i), WouldBe: 1})
	}
	svg = lateSVG(store.WhatIf{}, many)
	require.Contains(t, svg, "11 instansi lainnya")
	require.NotContains(t, svg, "Dinas 29<")
	var out bytes.Buffer
	require.NoError(t, tell(&out, store.WhatIf{}, rows))
	require.Regexp(t, `jumlah +13 +2 +4 +\+2`, out.String())
}

func wellFormed(t *testing.T, s string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(s))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
	}
}

func TestOneCommandWritesTableAndChart(t *testing.T) {
	t.Parallel()
	url, dir := testdb.New(t, store.MigrationsHash(), store.Migrate), t.TempDir()
	var rules bytes.Buffer
	r, err := report.RulesByID(report.DefaultRules)
	require.NoError(t, err)
	require.NoError(t, report.WriteRules(&rules, []report.RuleSet{r}))
	run := func(args ...string) (int, string, string) {
		var o, e bytes.Buffer
		code := whatif(t.Context(), append(args, "--out", dir), program{in: bytes.NewReader(rules.Bytes()), out: &o, errOut: &e, getenv: func(k string) string {
			return map[string]string{"KAWAL_DATABASE_URL": url, "KAWAL_DATA": dir}[k]
		}})
		return code, o.String(), e.String()
	}
	code, _, errOut := run("--rules", "-", "--calendar", "nirwana", "--from", "2025-06-01", "--to", "2025-06-30")
	require.Equal(t, 2, code)
	require.Contains(t, errOut, "--calendar")
	_, err = os.Stat(filepath.Join(dir, "late.csv"))
	require.ErrorIs(t, err, os.ErrNotExist, "nothing is written on bad input")
	code, out, errOut := run("--rules", "-", "--from", "2025-06-01", "--to", "2025-06-30")
	require.Zero(t, code, errOut)
	require.Contains(t, out, "sp4n-lapor")
	for _, name := range []string{"late.csv", "late.svg"} {
		_, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
	}
}
