package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/office"
)

// decreeColumns is the header of a decree as a file: one row for each day it
// declares or takes back. The first seven columns stand in the first row; below
// they are empty or the same.
var decreeColumns = []string{"key", "issued_on", "track", "calendar_year", "title", "effect", "confidence",
	"date", "kind", "name_id", "name_en", "supersedes"}

const decreeFacts = 7 // of the columns, those about the decree itself

// importDecree is kawal calendar import: a dry run of the decree in a file, and,
// with --commit by a second person, its commit. Both go through the API, so that
// the same rules hold as for everybody.
func importDecree(ctx context.Context, args []string, pr program) int {
	if len(args) == 0 || args[0] != "import" {
		fmt.Fprintln(pr.errOut, "kawal calendar: pakai: kawal calendar import BERKAS.csv [--calendar ID] [--as SUBJEK] [--commit]")
		return 2
	}
	flags := flag.NewFlagSet("kawal calendar import", flag.ContinueOnError)
	flags.SetOutput(pr.errOut)
	id := flags.String("calendar", "national", "kalender yang diubah")
	as := flags.String("as", "", "subjek penerbit token setempat (kawal dev); tanpa ini token dibaca dari KAWAL_TOKEN")
	commit := flags.Bool("commit", false, "sahkan uji coba yang dibuat orang lain atas berkas yang sama")
	files, err := interleaved(flags, args[1:])
	if err != nil {
		return 2
	}
	if len(files) != 1 {
		fmt.Fprintln(pr.errOut, "kawal calendar import: sebut satu berkas, atau - untuk masukan baku")
		return 2
	}
	key, decree, lines, err := readDecreeFile(files[0], pr.in)
	if err != nil {
		fmt.Fprintf(pr.errOut, "kawal calendar import: %s: %v\n", files[0], err)
		return 2
	}
	s, err := localOr(pr.getenv)
	if err != nil {
		return pr.failed(err)
	}
	token := pr.getenv("KAWAL_TOKEN")
	if *as != "" {
		if token, err = s.token(*as, time.Hour); err != nil {
			return pr.failed(err)
		}
	}
	p := &player{base: "http://" + s.addr + "/v1", out: pr.out}
	if u := pr.getenv("KAWAL_API"); u != "" {
		p.base = strings.TrimSuffix(u, "/") + "/v1"
	}
	path := "/calendars/" + *id + "/decrees/" + key
	if *commit {
		err = p.commitDecree(ctx, path, token, decree)
	} else {
		err = p.planDecree(ctx, path, token, decree)
	}
	if err != nil {
		fmt.Fprintf(pr.errOut, "kawal calendar import: %v\n", atLine(err, lines))
		return 1
	}
	return 0
}

// interleaved parses flags wherever they stand and returns the other arguments.
func interleaved(flags *flag.FlagSet, args []string) ([]string, error) {
	var rest []string
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if flags.NArg() == 0 {
			return rest, nil
		}
		rest, args = append(rest, flags.Arg(0)), flags.Args()[1:]
	}
}

func (p *player) planDecree(ctx context.Context, path, token string, d office.Decree) error {
	var plan office.DecreePlan
	if err := p.call(ctx, http.MethodPut, path, token, d, &plan); err != nil {
		return err
	}
	fmt.Fprintf(p.out, "Uji coba %s pada kalender %s revisi %d: %d laporan bergeser, %d tanda terlambat dicabut. Belum ada yang berubah.\n",
		plan.Key, plan.Calendar, plan.BaseRevision, plan.Reports, plan.Lifted)
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	if len(plan.Agencies) > 0 {
		fmt.Fprintln(w, "INSTANSI\tBATAS\tDARI\tMENJADI\tJUMLAH")
	}
	for _, m := range plan.Agencies {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\n", m.Agency, m.Clock, m.From, m.To, m.Clocks)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(p.out, "Orang kedua mengesahkan dengan berkas yang sama dan --commit.\n")
	return nil
}

// commitDecree commits the dry run that waits under the key, if it is of this
// very decree.
func (p *player) commitDecree(ctx context.Context, path, token string, d office.Decree) error {
	var plan office.DecreePlan
	if err := p.call(ctx, http.MethodGet, path, token, nil, &plan); err != nil {
		return err
	}
	same, err := alike(plan.Decree, d)
	if err != nil {
		return err
	}
	if !same {
		return fmt.Errorf("berkas ini berbeda dari uji coba %s oleh %s; uji dahulu berkas ini", plan.Key, plan.PlannedBy)
	}
	var done office.Committed
	if err := p.call(ctx, http.MethodPost, path+"/commit", token, map[string]string{"plan": plan.Plan}, &done); err != nil {
		return err
	}
	fmt.Fprintf(p.out, "%s disahkan: kalender %s revisi %d, %d laporan bergeser, %d tanda terlambat dicabut.\n",
		done.Key, done.Calendar, done.Revision, done.Reports, done.Lifted)
	return nil
}

func alike(a, b office.Decree) (bool, error) {
	x, err := json.Marshal(a)
	if err != nil {
		return false, err
	}
	y, err := json.Marshal(b)
	return string(x) == string(y), err
}

// decreeLines says on which line of the file each row of the decree stands.
type decreeLines struct{ days, supersedes []int }

var rowPointer = regexp.MustCompile(`/(days|supersedes)/(\d+)`)

// atLine names the line of the file where the API names the row.
func atLine(err error, lines decreeLines) error {
	m := rowPointer.FindStringSubmatch(err.Error())
	if m == nil {
		return err
	}
	of := lines.days
	if m[1] == "supersedes" {
		of = lines.supersedes
	}
	n, bad := strconv.Atoi(m[2])
	if bad != nil || n >= len(of) {
		return err
	}
	return fmt.Errorf("baris %d: %w", of[n], err)
}

func readDecreeFile(name string, in io.Reader) (key string, d office.Decree, lines decreeLines, err error) {
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return "", d, lines, err
		}
		defer f.Close()
		in = f
	}
	return readDecree(in)
}

// readDecree reads one decree. An error names the line and what to change.
func readDecree(in io.Reader) (key string, d office.Decree, lines decreeLines, err error) {
	r := csv.NewReader(in)
	var first []string
	for n := 0; ; n++ {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			if first == nil {
				return "", d, lines, errors.New("tidak ada baris keputusan di bawah kepala tabel")
			}
			return first[0], d, lines, nil
		}
		if bad, ok := errors.AsType[*csv.ParseError](err); ok {
			return "", d, lines, fmt.Errorf("baris %d: %w", bad.Line, bad.Err)
		}
		if err != nil {
			return "", d, lines, err
		}
		line, _ := r.FieldPos(0)
		if n == 0 {
			row[0] = strings.TrimPrefix(row[0], "\ufeff") // spreadsheets begin with a byte order mark
			if !slices.Equal(row, decreeColumns) {
				return "", d, lines, fmt.Errorf("baris %d: kepala tabel harus %s", line, strings.Join(decreeColumns, ","))
			}
			continue
		}
		if first == nil {
			first = row
			if err := decreeHead(row, &d); err != nil {
				return "", d, lines, fmt.Errorf("baris %d: %w", line, err)
			}
		}
		if err := decreeRow(first, row, line, &d, &lines); err != nil {
			return "", d, lines, fmt.Errorf("baris %d: %w", line, err)
		}
	}
}

func decreeHead(row []string, d *office.Decree) error {
	for i, name := range decreeColumns[:5] {
		if row[i] == "" {
			return fmt.Errorf("kolom %s wajib diisi pada baris pertama", name)
		}
	}
	year, err := strconv.Atoi(row[3])
	if err != nil {
		return fmt.Errorf("calendar_year %q bukan tahun", row[3])
	}
	*d = office.Decree{IssuedOn: row[1], Track: row[2], CalendarYear: year, Title: row[4], Effect: row[5], Confidence: row[6], Days: []office.DecreeDay{}}
	return nil
}

func decreeRow(first, row []string, line int, d *office.Decree, lines *decreeLines) error {
	for i := range decreeFacts {
		if row[i] != "" && row[i] != first[i] {
			return fmt.Errorf("kolom %s berisi %q, berbeda dari baris pertama; satu berkas berisi satu keputusan", decreeColumns[i], row[i])
		}
	}
	date, kind, nameID, nameEN, supersedes := row[7], row[8], row[9], row[10], row[11]
	switch {
	case date == "" && kind == "" && nameID == "" && supersedes == "":
		return nil // a decree that changes no day
	case date == "":
		return errors.New("kolom date wajib diisi")
	case supersedes != "" && kind != "":
		return errors.New("baris yang mencabut (supersedes) tidak berisi kind")
	case supersedes != "":
		d.Supersedes = append(d.Supersedes, office.DecreeRef{Decree: supersedes, Date: date, NameID: nameID})
		lines.supersedes = append(lines.supersedes, line)
	default:
		d.Days = append(d.Days, office.DecreeDay{Date: date, Kind: calendar.Kind(kind), NameID: nameID, NameEN: nameEN})
		lines.days = append(lines.days, line)
	}
	if _, err := calendar.ParseDate(date); err != nil {
		return err
	}
	return nil
}
