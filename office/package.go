package office

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/store"
)

// Package is one file for the Ombudsman: a ZIP with the report as a national
// administrator reads it, its thread, its timeline, its explained deadlines, a
// summary in Indonesian, and a manifest with the digest of each. It holds no
// identity, no contact and no access code. The engine sends it nowhere.
type Package struct {
	ID  string
	ZIP []byte
}

// Package makes the package of a report (RULES.md section 1.3). The same state
// of the report gives the same bytes. Reading it is written to the audit log.
//
// Errors: fault.Forbidden unless national administrator; fault.NotFound as
// [Office.Report], for one who is accused too.
func (o *Office) Package(ctx context.Context, c Caller, id string) (Package, error) {
	if c.Kind != Staff {
		return Package{}, fault.New(fault.Unauthenticated, "Tindakan ini memerlukan masuk sebagai petugas.")
	}
	err := o.reads(ctx, c, id, string(policy.ReadPackage), func(ctx context.Context, tx *store.Tx, _ *catalogue, f file) error {
		if err := f.permit(policy.ReadPackage); err != nil {
			return err
		}
		return tx.WriteAudit(ctx, o.line(c, policy.ReadPackage, f.row.State.ID, true))
	})
	if err != nil {
		return Package{}, err
	}
	v, err := o.Report(ctx, c, id)
	if err != nil {
		return Package{}, err
	}
	timeline, err := o.Timeline(ctx, c, id)
	if err != nil {
		return Package{}, err
	}
	deadlines, err := o.Deadlines(ctx, c, id)
	if err != nil {
		return Package{}, err
	}
	b, err := pack(v, timeline, deadlines)
	return Package{v.ID, b}, err
}

// pack writes the archive: fixed names in a fixed order, each of the time at
// which the report last changed.
func pack(v ReportView, timeline []TimelineEntry, deadlines []Deadline) ([]byte, error) {
	thread := v.Thread
	v.Thread, v.AllowedActions = []PostView{}, nil
	type part struct {
		name    string
		content any
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	manifest := []digested{}
	for _, p := range []part{
		{"ringkasan.txt", summary(v, deadlines)}, {"report.json", v}, {"thread.json", thread}, {"timeline.json", timeline}, {"deadlines.json", deadlines},
	} {
		b, err := written(p.content)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", p.name, err)
		}
		sum := sha256.Sum256(b)
		manifest = append(manifest, digested{p.name, len(b), hex.EncodeToString(sum[:])})
		if err := put(w, p.name, b, v.UpdatedAt); err != nil {
			return nil, err
		}
	}
	b, err := written(manifest)
	if err != nil {
		return nil, fmt.Errorf("write manifest: %w", err)
	}
	if err := put(w, "manifest.json", b, v.UpdatedAt); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("close archive: %w", err)
	}
	return out.Bytes(), nil
}

// digested is one line of the manifest.
type digested struct {
	Name   string `json:"name"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

func written(content any) ([]byte, error) {
	if s, ok := content.(string); ok {
		return []byte(s), nil
	}
	b, err := json.MarshalIndent(content, "", "  ")
	return append(b, '\n'), err
}

func put(w *zip.Writer, name string, b []byte, at time.Time) error {
	f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at.UTC().Truncate(time.Second)})
	if err != nil {
		return fmt.Errorf("add %s: %w", name, err)
	}
	if _, err := io.Copy(f, bytes.NewReader(b)); err != nil {
		return fmt.Errorf("add %s: %w", name, err)
	}
	return nil
}

// summary says in a page what the files hold.
func summary(v ReportView, deadlines []Deadline) string {
	var b strings.Builder
	agency := v.Agency
	if agency == "" {
		agency = "belum ada"
	}
	fmt.Fprintf(&b, "Laporan %s\n\nTahap: %s\nInstansi: %s\nDiterima: %s\n", v.ID, v.Label, agency, v.At.In(wib).Format("2006-01-02 15:04 MST"))
	if v.Own != nil {
		fmt.Fprintf(&b, "Identitas pelapor: %s (tidak termasuk dalam berkas ini)\n", v.Own.Identity)
	}
	b.WriteString("\nBatas waktu\n")
	for _, d := range deadlines {
		fmt.Fprintf(&b, "\n- %s\n  Dasar: %s\n", d.Sentence, d.Source)
		if d.Late {
			fmt.Fprintf(&b, "  Terlambat sejak %s.\n", d.DueAt.In(wib).Format("2006-01-02 15:04 MST"))
		}
	}
	return b.String()
}
