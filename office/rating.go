package office

import (
	"context"
	"strings"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// Rate records the reporter's judgement: 1 Tidak Puas, 2 Cukup Puas, 3 Puas,
// 4 Sangat Puas, with a text of at most MaxText runes. It is a row, not a
// command; the last rating counts. fault.Invalid naming /score or /text;
// fault.Conflict unless the report is in closure or closed; fault.NotFound as
// [Office.Report].
func (o *Office) Rate(ctx context.Context, c Caller, id string, score int, text string) (Rating, error) {
	text = strings.TrimSpace(text)
	if score < 1 || score > 4 {
		return Rating{}, fault.At("/score", "Nilai harus 1 sampai 4.")
	}
	if err := length("/text", "Teks", text, 0, MaxText); err != nil {
		return Rating{}, err
	}
	r := Rating{Score: score, Text: text, RatedAt: o.now()}
	err := o.reads(ctx, c, id, string(policy.Rate), func(ctx context.Context, tx *store.Tx, _ *catalogue, f file) error {
		if err := f.permit(policy.Rate); err != nil {
			return err
		}
		switch s := f.row.State.Stage; s {
		case report.Closure, report.Closed:
			if err := tx.WriteAudit(ctx, o.line(c, policy.Rate, f.row.State.ID, true)); err != nil {
				return err
			}
			return tx.PutRating(ctx, f.row.State.ID, r)
		case report.Withdrawn:
			return fault.New(fault.Gone, "Laporan ini telah dicabut.")
		default:
			return fault.New(fault.Conflict, "Laporan pada tahap %q belum dapat dinilai.", s.Label(f.row.State.Accepted))
		}
	})
	if err != nil {
		return Rating{}, err
	}
	return r, nil
}

// permit is fault.Forbidden with the policy's reason if it denies.
func (f file) permit(a policy.Action) error {
	if d := f.ask(f.who, a, f.resource); !d.Allowed {
		return fault.New(fault.Forbidden, "%s", d.Reason)
	}
	return nil
}

// Satisfaction counts the ratings of published reports by agency; it is the same
// for every caller.
func (o *Office) Satisfaction(ctx context.Context, f Filter) (map[string]Scores, error) {
	if err := checkFilter(f); err != nil {
		return nil, err
	}
	return o.Store.PublicScores(ctx, f)
}
