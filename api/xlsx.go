package api

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf16"
)

// A spreadsheet (ECMA-376) of one sheet is five small parts and a list of rows, and
// is written here from the first row to the last without being held anywhere. The
// writers at hand collect a sheet in memory or in a file before the first byte
// leaves, and bring nine modules with them. The directory of the archive comes last:
// no program opens a file that was cut off.

const (
	maxRows   = 1<<20 - 1 // of a sheet, below the header
	maxUTF16  = 32_767    // UTF-16 units of a cell
	cutNotice = " … (selengkapnya pada halaman laporan)"
)

// parts of the archive that are always the same.
var parts = []struct{ name, text string }{
	{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
		`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`},
	{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
	{"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">` +
		`<sheets><sheet name="Laporan" sheetId="1" r:id="rId1"/></sheets></workbook>`},
	{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`},
}

// xlsxTable is a spreadsheet under way.
type xlsxTable struct {
	zip   *zip.Writer
	sheet *bufio.Writer
	rows  int
}

func newXLSX(w io.Writer) (table, error) {
	x := &xlsxTable{zip: zip.NewWriter(w)}
	for _, p := range parts {
		part, err := x.zip.Create(p.name)
		if err != nil {
			return nil, fmt.Errorf("begin spreadsheet: %w", err)
		}
		if _, err := io.WriteString(part, xml.Header+p.text); err != nil {
			return nil, fmt.Errorf("begin spreadsheet: %w", err)
		}
	}
	sheet, err := x.zip.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		return nil, fmt.Errorf("begin sheet: %w", err)
	}
	x.sheet = bufio.NewWriter(sheet)
	_, err = x.sheet.WriteString(xml.Header + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`)
	return x, err
}

// row adds a row of at most 26 cells. A published report too many for the sheet ends it with an error.
func (x *xlsxTable) row(cells []cell) error {
	if x.rows++; x.rows > maxRows+1 {
		return errors.New("more rows than a sheet has")
	}
	row := strconv.Itoa(x.rows)
	_, _ = x.sheet.WriteString(`<row r="` + row + `">`) // a bufio.Writer keeps its error to the last
	for i, c := range cells {
		at := `<c r="` + string(rune('A'+i)) + row + `"` // the standard does without, some readers do not
		switch {
		case c.text == "":
			_, _ = x.sheet.WriteString(at + "/>")
		case c.number:
			_, _ = x.sheet.WriteString(at + "><v>" + c.text + "</v></c>")
		default:
			_, _ = x.sheet.WriteString(at + ` t="inlineStr"><is><t xml:space="preserve">`)
			if err := xml.EscapeText(x.sheet, []byte(fitting(c.text))); err != nil {
				return err
			}
			_, _ = x.sheet.WriteString("</t></is></c>")
		}
	}
	_, err := x.sheet.WriteString("</row>")
	return err
}

// fitting is a text as a cell can hold it; what is cut off says so.
func fitting(s string) string {
	units := 0
	for i, r := range s {
		if units += utf16.RuneLen(r); units > maxUTF16 {
			return fitting(s[:i*9/10]) + cutNotice
		}
	}
	return s
}

func (x *xlsxTable) flush() error { return errors.Join(x.sheet.Flush(), x.zip.Flush()) }

func (x *xlsxTable) end() error {
	_, err := x.sheet.WriteString(`</sheetData></worksheet>`)
	return errors.Join(err, x.sheet.Flush(), x.zip.Close())
}
