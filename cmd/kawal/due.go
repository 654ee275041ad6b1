package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/report"
)

// Exit codes of kawal due.
const (
	dueOK          = 0
	dueBadInput    = 2 // a flag or a row is wrong
	duePastHorizon = 3 // well formed, but a joint decree [SKB] is missing
)

const latestCalendar = "latest"

// dueCSVColumns must all be in the header of the rows; others are ignored.
var dueCSVColumns = []string{"id", "start", "zone", "n", "week", "as_of"}

// dueQuestion is one question as typed; the second line is not in CSV.
type dueQuestion struct {
	from, days, zone, week, asOf string
	rules, clock, class, pauses  string
}

// dueAnswer is what kawal due prints for one question.
type dueAnswer struct {
	DueDate     calendar.Date         `json:"due_date"`
	DueAt       string                `json:"due_at"` // RFC 3339 in the zone asked for; exclusive
	Revision    int                   `json:"revision"`
	Rule        string                `json:"rule,omitempty"`   // rule set, if the limit was named
	Source      string                `json:"source,omitempty"` // legal source of the limit
	Start       calendar.Date         `json:"start"`            // day of receipt in the zone
	DaysOff     []calendar.SkippedDay `json:"days_off"`         // [] if none
	Pauses      []calendar.Span       `json:"pauses"`           // [] if none
	Said        []calendar.Saying     `json:"said"`             // what each revision since the start gave, oldest first
	Explanation string                `json:"explanation"`
}

// inputError blames one flag or column for an answer that cannot be given.
type inputError struct {
	name string // of the flag, without dashes
	err  error
}

func (e *inputError) Error() string { return e.err.Error() }

// Unwrap gives the cause, such as a calendar.HorizonError.
func (e *inputError) Unwrap() error { return e.err }

// due answers one question from flags as JSON, or the rows of a CSV file ("-":
// in) as CSV. It returns the exit code: 0, 2 for bad input, 3 past the horizon;
// of several rows the worst, bad input before the horizon.
func due(args []string, in io.Reader, out, errOut io.Writer) int {
	var q dueQuestion
	flags := flag.NewFlagSet("kawal due", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.StringVar(&q.from, "from", "", "saat diterima, RFC 3339 (wajib)")
	flags.StringVar(&q.days, "days", "", "jumlah hari kerja, 0 atau lebih (wajib, atau --rules dan --clock)")
	flags.StringVar(&q.rules, "rules", "", "aturan yang menyebut batasnya, misalnya "+report.DefaultRules+", atau berkas .yaml")
	flags.StringVar(&q.clock, "clock", "", "batas yang dihitung: verification, answer, first_follow_up, resolution, silence, reopen")
	flags.StringVar(&q.class, "class", string(report.ComplaintOrdinary), "klasifikasi, untuk resolution")
	flags.StringVar(&q.pauses, "pause", "", "jeda DARI/SAMPAI dalam RFC 3339; beberapa dipisah koma")
	flags.StringVar(&q.zone, "zone", "Asia/Jakarta", "zona instansi")
	flags.StringVar(&q.week, "week", "5", "hari kerja seminggu, 5 atau 6")
	flags.StringVar(&q.asOf, "as-of", latestCalendar, "keputusan yang berlaku pada tanggal ini, atau latest")
	file := flags.String("csv", "", "berkas berisi baris "+strings.Join(dueCSVColumns, ",")+"; - untuk masukan baku")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return dueOK
		}
		return dueBadInput
	}
	if flags.NArg() > 0 {
		return dueRefuse(errOut, fmt.Errorf("argumen %q tidak dikenal", flags.Arg(0)))
	}
	if *file != "" {
		if err := dueOnlyCSV(flags); err != nil {
			return dueRefuse(errOut, err)
		}
		return dueFile(*file, in, out, errOut)
	}
	return dueOne(q, out, errOut)
}

func dueOnlyCSV(flags *flag.FlagSet) error {
	var err error
	flags.Visit(func(f *flag.Flag) {
		if f.Name != "csv" {
			err = fmt.Errorf("--%s tidak dapat dipakai bersama --csv", f.Name)
		}
	})
	return err
}

// dueRefuse prints the reason, naming the flag to blame, and returns the code.
func dueRefuse(errOut io.Writer, err error) int {
	if bad, ok := errors.AsType[*inputError](err); ok {
		err = fmt.Errorf("--%s: %w", bad.name, bad.err)
	}
	_, _ = fmt.Fprintf(errOut, "kawal due: %v\n", err) // nowhere left to report a failure to
	return dueCode(err)
}

func dueCode(err error) int {
	if _, ok := errors.AsType[calendar.HorizonError](err); ok {
		return duePastHorizon
	}
	return dueBadInput
}

func dueOne(q dueQuestion, out, errOut io.Writer) int {
	answer, err := q.answer(dueIndexes{})
	if err != nil {
		return dueRefuse(errOut, err)
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(answer); err != nil {
		return dueRefuse(errOut, fmt.Errorf("tulis jawaban: %w", err))
	}
	return dueOK
}

// dueIndexes keeps the calendars already built for one run: at most zones times
// weeks times revisions.
type dueIndexes map[dueKey]*calendar.Index

type dueKey struct {
	zone           string
	week, revision int
}

func (q dueQuestion) answer(built dueIndexes) (dueAnswer, error) {
	if q.from == "" {
		return dueAnswer{}, &inputError{"from", errors.New("wajib diisi, misalnya 2025-08-06T10:00:00+07:00")}
	}
	start, err := time.Parse(time.RFC3339, q.from)
	if err != nil {
		return dueAnswer{}, &inputError{"from", fmt.Errorf("%q bukan saat RFC 3339", q.from)}
	}
	limit, answer, err := q.limit()
	if err != nil {
		return dueAnswer{}, err
	}
	zone, err := calendar.Zone(q.zone)
	if err != nil {
		return dueAnswer{}, &inputError{"zone", err}
	}
	x, err := q.index(zone, built)
	if err != nil {
		return dueAnswer{}, err
	}
	life, err := q.life(start, limit, x)
	if err != nil {
		return dueAnswer{}, err
	}
	return answer, answer.fill(life, x, zone)
}

// limit is the limit asked for, and what is known of its rule.
func (q dueQuestion) limit() (report.Limit, dueAnswer, error) {
	if q.rules == "" {
		n, err := strconv.Atoi(q.days)
		if err != nil {
			return report.Limit{}, dueAnswer{}, &inputError{"days", fmt.Errorf("%q bukan bilangan bulat", q.days)}
		}
		if n < 0 {
			return report.Limit{}, dueAnswer{}, &inputError{"days", calendar.ErrNegative}
		}
		return report.Limit{Unit: report.WorkingDays, N: n}, dueAnswer{}, nil
	}
	if q.days != "" {
		return report.Limit{}, dueAnswer{}, &inputError{"days", errors.New("tidak dapat dipakai bersama --rules")}
	}
	rules, err := q.ruleSet()
	if err != nil {
		return report.Limit{}, dueAnswer{}, &inputError{"rules", err}
	}
	kind, class := report.ClockKind(q.clock), report.Class(q.class)
	if !class.Valid() {
		return report.Limit{}, dueAnswer{}, &inputError{"class", fmt.Errorf("klasifikasi %q tidak dikenal", q.class)}
	}
	limit := rules.LimitOf(kind, class)
	if limit.None() {
		return report.Limit{}, dueAnswer{}, &inputError{"clock", fmt.Errorf("aturan %s tidak menyebut batas %q", q.rules, q.clock)}
	}
	return limit, dueAnswer{Rule: rules.ID, Source: rules.SourceOf(kind, class)}, nil
}

// ruleSet is the rule set that this build knows by its id, or the last version in
// a file.
func (q dueQuestion) ruleSet() (report.RuleSet, error) {
	if ext := filepath.Ext(q.rules); ext != ".yaml" && ext != ".yml" {
		return report.RulesByID(q.rules)
	}
	versions, err := rulesFile(q.rules, nil)
	if err != nil {
		return report.RuleSet{}, fmt.Errorf("%s: %w", q.rules, err)
	}
	return versions[len(versions)-1], nil
}

// life is what is asked about: a start and the pauses.
func (q dueQuestion) life(start time.Time, limit report.Limit, x *calendar.Index) (calendar.Life, error) {
	first := calendar.Step{Act: calendar.Start, Unit: calendar.Unit(limit.Unit), N: limit.N, Calendar: q.zone}
	if first.Unit.ByDay() {
		first.On = x.Date(start)
	} else {
		first.At = start
	}
	life := calendar.Life{first}
	if q.pauses == "" {
		return life, nil
	}
	last := start
	for _, p := range strings.Split(q.pauses, ",") {
		from, to, ok := strings.Cut(strings.TrimSpace(p), "/")
		a, errA := time.Parse(time.RFC3339, from)
		b, errB := time.Parse(time.RFC3339, to)
		if !ok || errA != nil || errB != nil || a.Before(last) || b.Before(a) {
			return nil, &inputError{"pause", fmt.Errorf("%q bukan DARI/SAMPAI sesudah %s", p, last.Format(time.RFC3339))}
		}
		last = b
		life = append(life, calendar.Step{Act: calendar.Pause, At: a}, calendar.Step{Act: calendar.Resume, At: b, Calendar: q.zone})
	}
	return life, nil
}

// fill counts under the calendar of one revision, and says what those since the
// start gave.
func (d *dueAnswer) fill(life calendar.Life, x *calendar.Index, zone *time.Location) error {
	fixed := x.Fixed()
	e, err := life.Explain(map[string]*calendar.Book{life[0].Calendar: fixed}, 0)
	if err != nil {
		return err
	}
	if e.Due.Provisional {
		year, err := strconv.Atoi(strings.TrimPrefix(e.Due.Missing, calendar.TrackSKB+" "))
		if err != nil {
			return fmt.Errorf("read year of %q: %w", e.Due.Missing, err)
		}
		return &inputError{"days", calendar.HorizonError{Year: year}}
	}
	book, err := calendar.NewBook(fixed.Config(), x.Revision())
	if err != nil {
		return err
	}
	r, err := life.Reckon(map[string]*calendar.Book{life[0].Calendar: book}, 0)
	if err != nil {
		return err
	}
	d.DueDate, d.DueAt, d.Revision, d.Start = e.Due.Date, e.Due.At.In(zone).Format(time.RFC3339), x.Revision(), e.Start
	d.DaysOff, d.Pauses = append([]calendar.SkippedDay{}, e.Skipped...), append([]calendar.Span{}, e.Pauses...)
	d.Said, d.Explanation = append([]calendar.Saying{}, r.Sayings...), e.Sentence
	return nil
}

func (q dueQuestion) index(zone *time.Location, built dueIndexes) (*calendar.Index, error) {
	if q.week != "5" && q.week != "6" {
		return nil, &inputError{"week", fmt.Errorf("%q bukan 5 atau 6", q.week)}
	}
	ledger := calendar.National()
	key := dueKey{q.zone, int(q.week[0] - '0'), ledger.Revision()}
	if q.asOf != latestCalendar {
		asOf, err := calendar.ParseDate(q.asOf)
		if err != nil {
			return nil, &inputError{"as-of", fmt.Errorf("%w, bukan pula %s", err, latestCalendar)}
		}
		key.revision = ledger.RevisionOn(asOf) // the embedded decrees are numbered by date of issue
	}
	if x, ok := built[key]; ok {
		return x, nil
	}
	c := calendar.Config{ID: q.zone, Zone: zone, WeekDays: key.week, JointLeaveOff: true, Ledger: ledger}
	x, err := c.At(key.revision)
	if err != nil {
		return nil, err
	}
	built[key] = x
	return x, nil
}

func dueFile(name string, in io.Reader, out, errOut io.Writer) int {
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return dueRefuse(errOut, &inputError{"csv", err})
		}
		defer f.Close()
		in = f
	}
	code, err := dueRows(in, out)
	if err != nil {
		return dueRefuse(errOut, &inputError{"csv", err})
	}
	return code
}

// dueRows answers row after row, as they come, so that a long file needs no
// memory. A bad row gets its reason in the error column and the rest goes on.
func dueRows(in io.Reader, out io.Writer) (int, error) {
	r := csv.NewReader(in)
	r.FieldsPerRecord = -1
	column, width, err := dueHeader(r)
	if err != nil {
		return dueBadInput, err
	}
	w := csv.NewWriter(out)
	if err := w.Write([]string{"id", "due_date", "due_at", "error"}); err != nil {
		return dueBadInput, err
	}
	code, built := dueOK, dueIndexes{}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			w.Flush()
			return code, w.Error()
		}
		if _, ok := errors.AsType[*csv.ParseError](err); err != nil && !ok {
			w.Flush()
			return dueBadInput, err
		}
		row, rowErr := dueRow(record, err, column, width, built)
		code = dueWorse(code, rowErr)
		if err := w.Write(row); err != nil {
			return dueBadInput, err
		}
	}
}

func dueWorse(code int, err error) int {
	if err == nil || code == dueBadInput {
		return code
	}
	return dueCode(err)
}

// dueHeader says where each column stands, and how many fields a row has.
func dueHeader(r *csv.Reader) (column map[string]int, width int, err error) {
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, 0, errors.New("kosong, tanpa baris kepala")
	}
	if err != nil {
		return nil, 0, err
	}
	column = map[string]int{}
	for i, name := range header {
		name = strings.TrimPrefix(name, "\ufeff") // spreadsheets begin with a byte order mark
		if _, twice := column[name]; twice {
			return nil, 0, fmt.Errorf("kolom %q tercantum dua kali", name)
		}
		column[name] = i
	}
	for _, name := range dueCSVColumns {
		if _, ok := column[name]; !ok {
			return nil, 0, fmt.Errorf("kolom %q tidak ada; kepala harus %s", name, strings.Join(dueCSVColumns, ","))
		}
	}
	return column, len(header), nil
}

// dueRow is the answer line to one record; the error is the one in its last
// column.
func dueRow(record []string, readErr error, column map[string]int, width int, built dueIndexes) ([]string, error) {
	id := ""
	if i := column["id"]; i < len(record) {
		id = record[i]
	}
	if bad, ok := errors.AsType[*csv.ParseError](readErr); ok {
		readErr = fmt.Errorf("baris %d bukan CSV (RFC 4180): periksa tanda kutip", bad.Line)
	}
	if readErr == nil && len(record) != width {
		readErr = fmt.Errorf("%d kolom, seharusnya %d", len(record), width)
	}
	if readErr != nil {
		return []string{id, "", "", readErr.Error()}, readErr
	}
	field := func(name string) string { return record[column[name]] }
	answer, err := dueQuestion{from: field("start"), days: field("n"), zone: field("zone"), week: field("week"), asOf: field("as_of")}.answer(built)
	if err != nil {
		return []string{id, "", "", dueColumnError(err)}, err
	}
	return []string{id, answer.DueDate.String(), answer.DueAt, ""}, nil
}

// dueColumnError names the column to blame; the missing decree needs no column.
func dueColumnError(err error) string {
	bad, ok := errors.AsType[*inputError](err)
	if !ok || dueCode(err) == duePastHorizon {
		return err.Error()
	}
	columns := map[string]string{"from": "start", "days": "n", "as-of": "as_of"}
	name := bad.name
	if c, other := columns[name]; other {
		name = c
	}
	return name + ": " + bad.Error()
}
