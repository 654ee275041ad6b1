package api

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
)

const (
	// maxExports is how many exports run at once: each reads all that is published.
	maxExports = 4
	// exportTime is how long an export may take, and exportPause how long its reader
	// may take for one page.
	exportTime, exportPause = 30 * time.Minute, time.Minute

	totalHeader = "X-Kawal-Total"
	rowsTrailer = "X-Kawal-Rows"
)

// columns are the header of an export.
var columns = []string{"nomor_laporan", "judul", "isi", "kategori", "instansi", "wilayah", "klasifikasi", "kanal", "tahap", "status",
	"terlambat", "terbit", "diperbarui", "batas_waktu", "lintang", "bujur", "penilaian"}

// cell is one cell of an export.
type cell struct {
	text   string
	number bool // text is a number, written by us
}

func said(s string) cell { return cell{text: defused(s)} }

// decimal writes a number; none is an empty cell.
func decimal(v *float64) cell {
	if v == nil {
		return cell{}
	}
	return cell{strconv.FormatFloat(*v, 'f', -1, 64), true}
}

// line is a report as a row of an export.
func line(e office.Entry) []cell {
	late, due, rating := "tidak", cell{}, cell{}
	if e.Late {
		late = "ya"
	}
	if e.DueAt != nil {
		due = said(e.DueAt.Format(time.RFC3339))
	}
	if e.Rating != nil {
		rating = cell{strconv.Itoa(*e.Rating), true}
	}
	return []cell{said(e.ID), said(e.Title), said(e.Body), said(e.Category), said(e.Agency), said(e.Region), said(string(e.Class)), said(e.Channel),
		said(string(e.Stage)), said(e.Stage.Label(e.Accepted)), said(late), said(e.PublishedAt.Format(time.RFC3339)), said(e.UpdatedAt.Format(time.RFC3339)),
		due, decimal(e.Lat), decimal(e.Long), rating}
}

// defused puts an apostrophe before a text that a spreadsheet would take for a
// formula: one that begins, after blanks and invisible signs, with = + - @ or a wide
// form of these, or with a tab or a line break (OWASP, CSV Injection).
func defused(s string) string {
	if s == "" {
		return s
	}
	if strings.ContainsRune("\t\r\n", rune(s[0])) {
		return "'" + s
	}
	first := strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) })
	if r, _ := utf8.DecodeRuneInString(first); first != "" && strings.ContainsRune("=+-@＝＋－＠−", r) {
		return "'" + s
	}
	return s
}

// table is a format of exports. What row has taken is with the client after flush.
type table interface {
	row([]cell) error
	flush() error
	end() error
}

// export is an answer that is written while it is read.
type export struct {
	s         *server
	ctx       context.Context
	from      office.Export
	kind, end string
	open      func(io.Writer) (table, error)
}

// begin counts what an export will hold and takes one of the few places.
func (s *server) begin(ctx context.Context, f office.Filter) (export, error) {
	ctx, caller := from(ctx)
	select {
	case s.exports <- struct{}{}:
	default:
		return export{}, fault.New(fault.TooMany, "Terlalu banyak unduhan sekaligus. Coba lagi sebentar.")
	}
	x, err := s.Office.Export(ctx, caller, f)
	if err != nil {
		<-s.exports
		return export{}, err
	}
	return export{s: s, ctx: ctx, from: x}, nil
}

// write streams the export. If it breaks half way the connection is cut, so that
// nobody takes a part for the whole.
func (x export) write(w http.ResponseWriter) error {
	defer func() { <-x.s.exports }()
	h := w.Header()
	h.Set("Content-Type", x.kind)
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "laporan."+x.end))
	h.Set(totalHeader, strconv.Itoa(x.from.Total))
	h.Set("Trailer", rowsTrailer)
	w.WriteHeader(http.StatusOK)
	rows, err := x.stream(w)
	if err != nil {
		x.s.door.Log.WarnContext(x.ctx, "export cut off", "format", x.end, "rows", rows, "error", err)
		panic(http.ErrAbortHandler)
	}
	h.Set(rowsTrailer, strconv.Itoa(rows))
	return nil
}

func (x export) stream(w http.ResponseWriter) (rows int, err error) {
	t, err := x.open(w)
	if err != nil {
		return 0, err
	}
	head := make([]cell, len(columns))
	for i, name := range columns {
		head[i] = said(name)
	}
	if err := t.row(head); err != nil {
		return 0, err
	}
	to := http.NewResponseController(w)
	for {
		// A recorder of a test has no deadline.
		if err := to.SetWriteDeadline(x.s.Now().Add(exportPause)); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return rows, err
		}
		page, err := x.from.Next(x.ctx)
		if err != nil {
			return rows, err
		}
		if len(page) == 0 {
			return rows, t.end()
		}
		for _, e := range page {
			if err := t.row(line(e)); err != nil {
				return rows, err
			}
			rows++
		}
		if err := errors.Join(t.flush(), to.Flush()); err != nil {
			return rows, err
		}
	}
}

// csvTable is RFC 4180.
type csvTable struct{ w *csv.Writer }

func newCSV(w io.Writer) (table, error) {
	c := csv.NewWriter(w)
	c.UseCRLF = true
	return csvTable{c}, nil
}

func (c csvTable) row(cells []cell) error {
	texts := make([]string, len(cells))
	for i, k := range cells {
		texts[i] = k.text
	}
	return c.w.Write(texts)
}

func (c csvTable) flush() error {
	c.w.Flush()
	return c.w.Error()
}

func (c csvTable) end() error { return c.flush() }

// VisitExportCSVResponse writes the answer.
func (x export) VisitExportCSVResponse(w http.ResponseWriter) error { return x.write(w) }

// VisitExportXLSXResponse writes the answer.
func (x export) VisitExportXLSXResponse(w http.ResponseWriter) error { return x.write(w) }

// ExportCSV streams reports as CSV.
func (s *server) ExportCSV(ctx context.Context, r ExportCSVRequestObject) (ExportCSVResponseObject, error) {
	p := r.Params
	x, err := s.begin(ctx, office.Filter{
		Category: p.Category, Agency: p.Agency, Region: p.Region, Stage: p.Stage, Late: p.Late, Q: p.Q,
		BBox: box(p.Bbox), Since: p.Since, Until: p.Until,
	})
	if err != nil {
		return nil, err
	}
	x.kind, x.end, x.open = "text/csv; charset=utf-8", "csv", newCSV
	return x, nil
}

// ExportXLSX streams reports as a spreadsheet.
func (s *server) ExportXLSX(ctx context.Context, r ExportXLSXRequestObject) (ExportXLSXResponseObject, error) {
	p := r.Params
	x, err := s.begin(ctx, office.Filter{
		Category: p.Category, Agency: p.Agency, Region: p.Region, Stage: p.Stage, Late: p.Late, Q: p.Q,
		BBox: box(p.Bbox), Since: p.Since, Until: p.Until,
	})
	if err != nil {
		return nil, err
	}
	if x.from.Total > maxRows {
		<-s.exports
		return nil, fault.New(fault.Invalid, "Lebih dari %d laporan tidak muat dalam satu lembar; pilih CSV atau persempit periodenya.", maxRows)
	}
	x.kind, x.end, x.open = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", newXLSX
	return x, nil
}
