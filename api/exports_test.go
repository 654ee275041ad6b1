package api_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/api"
	"github.com/kawal-id/kawal/office"
)

// sheet reads the rows of a spreadsheet: texts, and numbers as they are written.
func sheet(t *testing.T, file []byte) [][]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	for _, part := range z.File {
		r, err := part.Open()
		require.NoError(t, err)
		d := xml.NewDecoder(r)
		for { // each part is well formed
			if _, err = d.Token(); err != nil {
				break
			}
		}
		require.ErrorIs(t, err, io.EOF, part.Name)
	}
	r, err := z.Open("xl/worksheets/sheet1.xml")
	require.NoError(t, err)
	var s struct {
		Rows []struct {
			Number string `xml:"r,attr"`
			Cells  []struct {
				Place   string  `xml:"r,attr"`
				Type    string  `xml:"t,attr"`
				Text    string  `xml:"is>t"`
				Number  string  `xml:"v"`
				Formula *string `xml:"f"`
			} `xml:"c"`
		} `xml:"sheetData>row"`
	}
	require.NoError(t, xml.NewDecoder(r).Decode(&s))
	var rows [][]string
	for i, row := range s.Rows {
		var cells []string
		require.Equal(t, fmt.Sprint(i+1), row.Number)
		for j, c := range row.Cells {
			require.Equal(t, string(rune('A'+j))+row.Number, c.Place)
			require.Nil(t, c.Formula)
			cells = append(cells, c.Text+c.Number)
		}
		rows = append(rows, cells)
	}
	return rows
}

// both asks for the same reports in both formats.
func both(t *testing.T, d *door, pages [][]office.Entry) map[string][][]string {
	t.Helper()
	all := map[string][][]string{}
	for _, format := range []string{"csv", "xlsx"} {
		d.desk.pages = append([][]office.Entry{}, pages...)
		w := d.ask(t, "GET", "/v1/reports."+format, "", nobody)
		require.Equal(t, http.StatusOK, w.Code)
		if format == "xlsx" {
			all[format] = sheet(t, w.Body.Bytes())
			continue
		}
		var err error
		all[format], err = csv.NewReader(bytes.NewReader(w.Body.Bytes())).ReadAll()
		require.NoError(t, err)
	}
	return all
}

func TestAnExportHasARowForEachReportAndSaysHowMany(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	pages := [][]office.Entry{{entry(), entry()}, {entry()}}
	for format, rows := range both(t, d, pages) {
		require.Len(t, rows, 4, format)
		require.Equal(t, []string{"nomor_laporan", "judul", "isi"}, rows[0][:3])
		require.Equal(t, []string{someID, "'=1+1", "Lubang <besar> & dalam.\nDi depan pasar.", "jalan", "dinas-pu", "32.04", "aspiration", "web", "closed", "Selesai",
			"tidak", "2025-08-06T05:00:00Z", "2025-08-06T05:00:00Z", "", "-6.9", "-6.9", ""}, rows[1], format)
	}
	d.desk.pages = pages
	w := d.ask(t, "GET", "/v1/reports.csv?category=jalan&until=2025-09-01T00:00:00Z", "", nobody)
	require.Equal(t, "3", w.Header().Get("X-Kawal-Total"))
	require.Equal(t, "3", w.Result().Trailer.Get("X-Kawal-Rows"))
	f := d.desk.last().Asked.(office.Filter)
	require.Equal(t, "jalan", f.Category)
	require.Equal(t, 2025, f.Until.Year())
}

// OWASP, CSV Injection; the issue.
func TestNoCellOfAnExportIsAFormula(t *testing.T) {
	t.Parallel()
	dangerous := []string{"=1+1", "+62", "-1+1", "@SUM(A1)", "\tx", "\rx", "\nx", "  =1", "\u00a0=1", "\u200b=1", "\ufeff+1", "\u2003@x", " \t-1", "＝1", "＋1", "－1", "＠x"}
	plain := []string{"Jalan = rusak", "a-b", "1+1", "", "'sudah", "Rp 5.000"}
	var page []office.Entry
	for _, s := range append(append([]string{}, dangerous...), plain...) {
		e := entry()
		e.Title, e.Body, e.Agency = s, s, s
		page = append(page, e)
	}
	for format, rows := range both(t, newDoor(t), [][]office.Entry{page}) {
		for i, s := range append(append([]string{}, dangerous...), plain...) {
			want := s
			if i < len(dangerous) {
				want = "'" + s
			}
			for _, column := range []int{1, 2, 4} {
				got := rows[i+1][column]
				if format == "csv" { // its reader and writer know one kind of line break
					want = strings.ReplaceAll(want, "\r", "")
				}
				require.Equal(t, want, got, "%q", s)
			}
		}
	}
}

func TestATextTooLongForACellSaysThatItIsCut(t *testing.T) {
	t.Parallel()
	e := entry()
	e.Body = strings.Repeat("🕳", 20_000) // two UTF-16 units each
	rows := both(t, newDoor(t), [][]office.Entry{{e}})
	require.Equal(t, e.Body, rows["csv"][1][2])
	require.Contains(t, rows["xlsx"][1][2], "selengkapnya")
	require.LessOrEqual(t, 2*len([]rune(rows["xlsx"][1][2])), 2*20_000)
}

// A client must be able to tell a part from the whole.
func TestAnExportThatBreaksHalfWayIsCutOff(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"csv", "xlsx"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t)
			d.desk.pages, d.desk.broken = [][]office.Entry{{entry()}, {entry()}}, errors.New("connection to database lost")
			srv := httptest.NewServer(d)
			res, err := http.Get(srv.URL + "/v1/reports." + format)
			require.NoError(t, err)
			defer res.Body.Close()
			require.Equal(t, http.StatusOK, res.StatusCode)
			body, err := io.ReadAll(res.Body)
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			require.Empty(t, res.Trailer.Get("X-Kawal-Rows"))
			if format == "csv" {
				require.Equal(t, 2, strings.Count(string(body), someID), "what came before is there")
			} else {
				_, err = zip.NewReader(bytes.NewReader(body), int64(len(body)))
				require.ErrorIs(t, err, zip.ErrFormat, "no program opens it")
			}
			srv.Close() // the handler has ended: what it wrote can be read
			require.Contains(t, d.log.String(), "export cut off")
			require.NotContains(t, string(body), "database")

			d.desk.pages, d.desk.broken = [][]office.Entry{{entry()}}, nil
			srv = httptest.NewServer(d)
			t.Cleanup(srv.Close)
			res, err = http.Get(srv.URL + "/v1/reports." + format)
			require.NoError(t, err)
			defer res.Body.Close()
			_, err = io.Copy(io.Discard, res.Body)
			require.NoError(t, err, "its place is free again")
			require.Equal(t, "1", res.Trailer.Get("X-Kawal-Rows"))
		})
	}
}

// endless answers an export page by page, and says when each is asked for.
type endless struct {
	*desk
	pages  int
	before func(page int)
}

// Export begins an export.
func (e endless) Export(context.Context, office.Caller, office.Filter) (office.Export, error) {
	page, n := make([]office.Entry, 500), 0
	for i := range page {
		page[i] = entry()
	}
	return office.Export{Total: e.pages * len(page), Next: func(context.Context) ([]office.Entry, error) {
		if n == e.pages {
			return nil, nil
		}
		n++
		e.before(n)
		return page, nil
	}}, nil
}

// counter throws away what it is given, and counts it.
type counter struct {
	http.ResponseWriter
	n int
}

func (c *counter) Write(b []byte) (int, error) {
	c.n += len(b)
	return len(b), nil
}

func (c *counter) WriteString(s string) (int, error) { return c.Write([]byte(s)) }

func (*counter) Flush() {}

// Tried with a writer that keeps its rows: 150,000 take 70 MiB.
func TestAnExportOfManyRowsTakesNoMoreMemoryThanOneOfFew(t *testing.T) {
	for _, format := range []string{"csv", "xlsx"} {
		var first, most uint64
		e := endless{desk: &desk{}, pages: 300, before: func(page int) {
			if page%50 != 10 {
				return
			}
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			if first == 0 {
				first = m.HeapAlloc
			}
			most = max(most, m.HeapAlloc)
		}}
		d := newDoor(t, func(c *api.Config) { c.Office = e })
		w := &counter{ResponseWriter: httptest.NewRecorder()}
		d.ServeHTTP(w, httptest.NewRequest("GET", "/v1/reports."+format, nil))
		require.Greater(t, w.n, 500_000)
		require.Equal(t, fmt.Sprint(300*500), w.Header().Get("X-Kawal-Rows"))
		require.Less(t, most, first+8<<20, format)
	}
}

// A row is with the client before the next page is read.
func TestRowsArriveWhileTheExportGoesOn(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{})
	e := endless{desk: &desk{}, pages: 2, before: func(page int) {
		if page == 2 {
			<-arrived
		}
	}}
	d := newDoor(t, func(c *api.Config) { c.Office = e })
	srv := httptest.NewServer(d)
	t.Cleanup(srv.Close)
	res, err := http.Get(srv.URL + "/v1/reports.csv")
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, "1000", res.Header.Get("X-Kawal-Total"))
	r := csv.NewReader(res.Body)
	for range 1 + 500 {
		_, err := r.Read()
		require.NoError(t, err)
	}
	close(arrived)
	rest, err := r.ReadAll()
	require.NoError(t, err)
	require.Len(t, rest, 500)
}

func TestOnlyAFewExportsRunAtOnce(t *testing.T) {
	t.Parallel()
	hold, begun := make(chan struct{}), make(chan struct{})
	e := endless{desk: &desk{}, pages: 1, before: func(int) {
		begun <- struct{}{}
		<-hold
	}}
	d := newDoor(t, func(c *api.Config) { c.Office = e })
	srv := httptest.NewServer(d)
	t.Cleanup(srv.Close)
	done := make(chan error, 4)
	for range 4 {
		go func() {
			res, err := http.Get(srv.URL + "/v1/reports.csv")
			if err == nil {
				_, err = io.Copy(io.Discard, res.Body)
				err = errors.Join(err, res.Body.Close())
			}
			done <- err
		}()
		<-begun
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, httptest.NewRequest("GET", "/v1/reports.xlsx", nil))
	require.Equal(t, http.StatusTooManyRequests, w.Code)
	require.NotEmpty(t, w.Header().Get("Retry-After"))
	close(hold)
	for range 4 {
		require.NoError(t, <-done)
	}
}
