package office

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// Erasure is the answer to an erasure [penghapusan data pribadi].
type Erasure struct {
	ID       string    `json:"id"`
	ErasedAt time.Time `json:"erased_at"` // UTC
}

// Erase deletes the personal data of a report at its reporter's wish (UU 27/2022
// articles 8 and 43): what it says, who said it, and its public copy. Codes, times
// and digests stay. It is noted outside the database before it is done, so that a
// restore cannot bring it back. It cannot be undone; repeating it changes nothing.
//
// Errors: fault.Conflict while the report is open or merged, since an agency still
// needs it: withdraw it first; fault.Unavailable if the ledger cannot be written;
// fault.NotFound as [Office.Report].
func (o *Office) Erase(ctx context.Context, c Caller, id string) (Erasure, error) {
	var done Erasure
	err := o.reads(ctx, c, id, string(policy.Erase), func(ctx context.Context, tx *store.Tx, _ *catalogue, f file) error {
		if err := f.permit(policy.Erase); err != nil {
			return err
		}
		s := f.row.State
		done = Erasure{ID: s.ID}
		if f.row.ErasedAt != nil {
			done.ErasedAt = *f.row.ErasedAt
			return nil
		}
		if s.Stage.Open() || s.Stage == report.Merged {
			return fault.New(fault.Conflict, "Laporan ini masih ditangani. Cabut laporan ini lebih dahulu, lalu hapus isinya.")
		}
		if err := o.noteErasure(s.ID); err != nil {
			return err
		}
		if err := tx.WriteAudit(ctx, o.line(c, policy.Erase, s.ID, true)); err != nil {
			return err
		}
		var err error
		done.ErasedAt, err = tx.Erase(ctx, s.ID)
		return err
	})
	if err != nil {
		return Erasure{}, err
	}
	return done, nil
}

// noteErasure writes the ledger.
func (o *Office) noteErasure(id string) error {
	if o.NoteErasure == nil {
		return fault.New(fault.Unavailable, "Penghapusan belum dapat dilakukan di sini.")
	}
	if err := o.NoteErasure(id, o.now()); err != nil {
		return fmt.Errorf("%w: %w", fault.New(fault.Unavailable, "Penghapusan belum dapat dicatat. Coba lagi nanti."), err)
	}
	return nil
}

// eraseBatch is how many reports are looked up at once.
const eraseBatch = 1000

// EraseAgain erases those of the reports that are here with their data: after a
// restore, what was erased since the backup was made. It returns how many.
func (o *Office) EraseAgain(ctx context.Context, ids []string) (int, error) {
	done := 0
	for len(ids) > 0 {
		batch := ids[:min(len(ids), eraseBatch)]
		ids = ids[len(batch):]
		var left []string
		err := o.Store.As(ctx, worker, func(ctx context.Context, tx *store.Tx) (err error) {
			left, err = tx.Unerased(ctx, batch)
			return err
		})
		if err != nil {
			return done, err
		}
		for _, id := range left {
			if err := o.eraseAgain(ctx, id); err != nil {
				return done, err
			}
			done++
		}
	}
	return done, nil
}

func (o *Office) eraseAgain(ctx context.Context, id string) error {
	return o.Store.As(ctx, worker, func(ctx context.Context, tx *store.Tx) error {
		l := store.Audit{At: o.now(), Actor: worker, Action: string(policy.Erase), Report: id, Allowed: true, Detail: json.RawMessage(`{"again":true}`)}
		if err := tx.WriteAudit(ctx, l); err != nil {
			return err
		}
		_, err := tx.Erase(ctx, id)
		return err
	})
}
