package main

import (
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"html"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/store"
)

// whatif is kawal whatif: it runs recorded reports through other rules and
// prints, for each agency, how many limits ran late and how many would have; the
// same as late.csv and late.svg. It reads only.
func whatif(ctx context.Context, args []string, pr program) int {
	flags := flag.NewFlagSet("kawal whatif", flag.ContinueOnError)
	flags.SetOutput(pr.errOut)
	rules := flags.String("rules", "", "berkas aturan (wajib); versi terakhirnya dipakai")
	id := flags.String("calendar", "national", "kalender, boleh dengan revisi: ID@REV")
	from := flags.String("from", "", "diterima sejak tanggal ini, YYYY-MM-DD (wajib)")
	to := flags.String("to", "", "sampai tanggal ini; keterlambatan dinilai pada akhir hari itu (wajib)")
	dir := flags.String("out", ".", "folder untuk late.csv dan late.svg; yang bernama sama ditimpa")
	if flags.Parse(args) != nil {
		return 2
	}
	q, err := question(*rules, *id, *from, *to, pr.in)
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("argumen %q tidak dikenal", flags.Arg(0))
	}
	if err != nil {
		fmt.Fprintf(pr.errOut, "kawal whatif: %v\n", err)
		return 2
	}
	st, err := databaseOnly(ctx, pr)
	if err != nil {
		return pr.failed(err)
	}
	defer st.Close()
	rows, err := st.WhatIf(ctx, q)
	if kind := fault.KindOf(err); kind == fault.Invalid || kind == fault.NotFound {
		fmt.Fprintf(pr.errOut, "kawal whatif: --calendar: %v\n", err)
		return 2
	}
	if err != nil {
		return pr.failed(err)
	}
	if err := tell(pr.out, q, rows); err != nil {
		return pr.failed(err)
	}
	for name, content := range map[string]string{"late.csv": lateCSV(rows), "late.svg": lateSVG(q, rows)} {
		if err := os.WriteFile(filepath.Join(*dir, name), []byte(content), 0o644); err != nil { //nolint:gosec // counts, for everybody
			return pr.failed(err)
		}
	}
	return 0
}

// question reads the flags; an error names the one to change.
func question(rules, id, from, to string, in io.Reader) (store.WhatIf, error) {
	var q store.WhatIf
	if rules == "" {
		return q, errors.New("--rules: wajib diisi")
	}
	versions, err := rulesFile(rules, in)
	if err != nil {
		return q, fmt.Errorf("--rules %s: %w", rules, err)
	}
	q.Rules = versions[len(versions)-1]
	name, revision, pinned := strings.Cut(id, "@")
	if q.Calendar = name; pinned {
		if q.Revision, err = strconv.Atoi(revision); err != nil || q.Revision < 1 {
			return q, fmt.Errorf("--calendar: revisi %q bukan bilangan mulai 1", revision)
		}
	}
	if q.From, err = calendar.ParseDate(from); err != nil {
		return q, fmt.Errorf("--from: %w", err)
	}
	if q.To, err = calendar.ParseDate(to); err != nil {
		return q, fmt.Errorf("--to: %w", err)
	}
	if q.To < q.From {
		return q, fmt.Errorf("--to: %s mendahului --from %s", q.To, q.From)
	}
	return q, nil
}

// total adds the rows up.
func total(rows []store.WhatIfRow) store.WhatIfRow {
	t := store.WhatIfRow{Unit: "jumlah"}
	for _, r := range rows {
		t.Clocks, t.Late, t.WouldBe = t.Clocks+r.Clocks, t.Late+r.Late, t.WouldBe+r.WouldBe
	}
	return t
}

func tell(out io.Writer, q store.WhatIf, rows []store.WhatIfRow) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "Aturan %s versi %d, kalender %s, laporan %s sampai %s\n", q.Rules.ID, q.Rules.Version, q.Calendar, q.From, q.To)
	fmt.Fprintln(w, "INSTANSI\tBATAS\tTERLAMBAT\tAKAN TERLAMBAT\tSELISIH")
	for _, r := range append(rows, total(rows)) {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%+d\n", r.Unit, r.Clocks, r.Late, r.WouldBe, r.WouldBe-r.Late)
	}
	return w.Flush()
}

// lateCSV is the table as RFC 4180.
func lateCSV(rows []store.WhatIfRow) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	// A strings.Builder takes everything; Flush keeps the first error.
	_ = w.Write([]string{"unit", "name", "clocks", "late", "would_be_late"})
	for _, r := range rows {
		_ = w.Write([]string{r.Unit, r.Name, strconv.Itoa(r.Clocks), strconv.Itoa(r.Late), strconv.Itoa(r.WouldBe)})
	}
	w.Flush()
	return b.String()
}

// The chart, in pixels.
const (
	chartRows  = 30 // agencies drawn; the rest together
	chartBar   = 14
	chartStep  = 44
	chartLeft  = 260
	chartWidth = 520
	chartTop   = 70
)

// lateSVG draws two bars for each agency: as it was, and as it would have been.
func lateSVG(q store.WhatIf, rows []store.WhatIfRow) string {
	if len(rows) > chartRows {
		rest := total(rows[chartRows-1:])
		rest.Name = fmt.Sprintf("%d instansi lainnya", len(rows)-chartRows+1)
		rows = append(append([]store.WhatIfRow{}, rows[:chartRows-1]...), rest)
	}
	most := 1
	for _, r := range rows {
		most = max(most, r.Late, r.WouldBe)
	}
	title := html.EscapeString(fmt.Sprintf("Terlambat menurut aturan %s versi %d, kalender %s, laporan %s sampai %s",
		q.Rules.ID, q.Rules.Version, q.Calendar, q.From, q.To))
	height := chartTop + chartStep*len(rows) + 20
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" font-family="sans-serif" font-size="13">`+"\n",
		chartLeft+chartWidth+60, height)
	fmt.Fprintf(&b, "<title>%s</title>\n<desc>Dua batang tiap instansi: tercatat, dan menurut aturan lain.</desc>\n", title)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="#fff"/>`+"\n"+`<text x="10" y="24" font-size="15">%s</text>`+"\n", title)
	fmt.Fprintf(&b, `<rect x="10" y="38" width="12" height="12" fill="#52606d"/><text x="28" y="49">tercatat</text>`+
		`<rect x="110" y="38" width="12" height="12" fill="#d64545"/><text x="128" y="49">menurut aturan ini</text>`+"\n")
	for i, r := range rows {
		y := chartTop + i*chartStep
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", chartLeft-10, y+chartBar+5, html.EscapeString(r.Name))
		for k, bar := range []struct {
			n    int
			fill string
		}{{r.Late, "#52606d"}, {r.WouldBe, "#d64545"}} {
			top, width := y+k*(chartBar+2), bar.n*chartWidth/most
			fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s"/><text x="%d" y="%d">%d</text>`+"\n",
				chartLeft, top, width, chartBar, bar.fill, chartLeft+width+6, top+chartBar-2, bar.n)
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}
