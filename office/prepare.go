package office

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// PreparedCopy is the redacted copy that the next forward of a report carries.
type PreparedCopy struct {
	Title       string    `json:"public_title"`
	Body        string    `json:"public_body"`
	ConfirmedBy string    `json:"confirmed_by"` // subject
	ConfirmedAt time.Time `json:"confirmed_at"`
}

// PrepareCopy confirms the redacted copy of a report in verification before it is
// forwarded [salinan publik]: the next forward that brings no texts of its own
// carries it. Nothing is published by it and the original is kept; until the report
// is forwarded another one replaces it. Title has 1 to MaxTitle runes, body 1 to
// MaxBody. Repeating it changes nothing but the time.
//
// Errors: fault.Invalid naming /public_title or /public_body, if the copy seems to
// tell somebody apart and confirmed is false with a suggestion; fault.Conflict
// outside verification; fault.NotFound and fault.Forbidden as [Office.Command].
func (o *Office) PrepareCopy(ctx context.Context, c Caller, id, title, body string, confirmed bool) (PreparedCopy, error) {
	a := Act{Action: report.Forward, PublicTitle: title, PublicBody: body, Confirmed: confirmed}.tidy()
	if err := a.checkCopies(); err != nil {
		return PreparedCopy{}, err
	}
	for field, text := range map[string]string{"/public_title": a.PublicTitle, "/public_body": a.PublicBody} {
		if text == "" {
			return PreparedCopy{}, fault.At(field, "Salinan publik wajib diisi.")
		}
	}
	var kept PreparedCopy
	err := o.reads(ctx, c, id, string(policy.PrepareCopy), func(ctx context.Context, tx *store.Tx, _ *catalogue, f file) error {
		if err := f.permit(policy.PrepareCopy); err != nil {
			return err
		}
		s, err := tx.Lock(ctx, f.row.State.ID)
		if err != nil {
			return err
		}
		if s.Stage != report.Verification {
			return fault.New(fault.Conflict, "Salinan publik disiapkan selama verifikasi; laporan ini sudah melewatinya.")
		}
		l := o.line(c, policy.PrepareCopy, s.ID, true)
		l.Detail = json.RawMessage(fmt.Sprintf(`{"title":%q,"body":%q}`, sum(a.PublicTitle), sum(a.PublicBody)))
		if err := tx.WriteAudit(ctx, l); err != nil {
			return err
		}
		p, err := tx.PrepareCopy(ctx, s.ID, a.PublicTitle, a.PublicBody)
		kept = preparedCopy(p)
		return err
	})
	if err != nil {
		return PreparedCopy{}, err
	}
	return kept, nil
}

func preparedCopy(p store.PreparedCopy) PreparedCopy {
	return PreparedCopy{Title: p.Title, Body: p.Body, ConfirmedBy: p.Subject, ConfirmedAt: p.At}
}

// sum is the digest of a text, as in the audit log and the history.
func sum(text string) string {
	d := sha256.Sum256([]byte(text))
	return hex.EncodeToString(d[:])
}

// fillCopy gives a forward the copy that was prepared, where it brings none itself.
func (a Act) fillCopy(p *store.PreparedCopy) Act {
	if p == nil {
		return a
	}
	if a.PublicTitle == "" {
		a.PublicTitle = p.Title
	}
	if a.PublicBody == "" {
		a.PublicBody = p.Body
	}
	return a
}
