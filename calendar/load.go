package calendar

import (
	"bytes"
	_ "embed" // the national decrees and days
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// The decrees and days of 2017 to 2027, each row checked against its decree.
var (
	//go:embed data/decrees.csv
	decreesCSV []byte
	//go:embed data/days.csv
	daysCSV []byte
)

// The headers of the two tables, in this order.
var (
	decreeHeader = []string{"key", "issued_on", "track", "calendar_year", "title", "effect", "confidence"}
	dayHeader    = []string{"date", "kind", "name_id", "name_en", "decree", "superseded_by", "confidence"}
)

var national = sync.OnceValue(func() *Ledger {
	l, err := ReadLedger(bytes.NewReader(decreesCSV), bytes.NewReader(daysCSV))
	if err != nil {
		panic("embedded calendar: " + err.Error()) // a broken build; a test loads it
	}
	return l
})

// National is the embedded ledger of the joint decrees [SKB] and presidential
// decrees [Keppres], always the same pointer.
func National() *Ledger { return national() }

// ReadLedger reads the two tables as CSV with their headers (RFC 4180, UTF-8)
// and makes a ledger of them. What a row gets wrong is a *RowError with the line
// of the file.
func ReadLedger(decrees, days io.Reader) (*Ledger, error) {
	ds, decreeLines, err := readTable(decrees, "decrees", decreeHeader, parseDecree)
	if err != nil {
		return nil, err
	}
	rows, dayLines, err := readTable(days, "days", dayHeader, parseDay)
	if err != nil {
		return nil, err
	}
	l, err := NewLedger(ds, rows)
	if bad, ok := errors.AsType[*RowError](err); ok {
		lines := decreeLines
		if bad.Table == "days" {
			lines = dayLines
		}
		return nil, &RowError{bad.Table, lines[bad.Line-1], bad.Reason}
	}
	return l, err
}

// readTable returns the parsed rows and the line each began on.
func readTable[T any](r io.Reader, table string, header []string, parse func([]string) (T, error)) ([]T, []int, error) {
	in := csv.NewReader(r)
	var rows []T
	var lines []int
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) && len(lines) > 0 {
			return rows, lines[1:], nil
		}
		if bad, ok := errors.AsType[*csv.ParseError](err); ok {
			return nil, nil, &RowError{table, bad.Line, bad.Err.Error()}
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read %s: %w", table, err)
		}
		line, _ := in.FieldPos(0)
		lines = append(lines, line)
		if len(lines) == 1 {
			if !slices.Equal(record, header) {
				return nil, nil, &RowError{table, line, "kepala tabel harus " + strings.Join(header, ",")}
			}
			continue
		}
		row, err := parse(record)
		if err != nil {
			return nil, nil, &RowError{table, line, err.Error()}
		}
		rows = append(rows, row)
	}
}

func parseDecree(f []string) (Decree, error) {
	d := Decree{Key: f[0], Track: f[2], Title: f[4], Effect: f[5], Confidence: f[6]}
	if f[1] != "" {
		issued, err := ParseDate(f[1])
		if err != nil {
			return d, err
		}
		d.IssuedOn = issued.Time()
	}
	year, err := time.Parse("2006", f[3])
	if err != nil {
		return d, fmt.Errorf("tahun kalender %q bukan tahun", f[3])
	}
	d.CalendarYear = year.Year()
	return d, nil
}

func parseDay(f []string) (Day, error) {
	date, err := ParseDate(f[0])
	return Day{Date: date, Kind: Kind(f[1]), NameID: f[2], NameEN: f[3],
		Decree: f[4], SupersededBy: f[5], Confidence: f[6]}, err
}
