package office

import (
	"context"
	"fmt"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// ReplaceCode gives a report another access code; the old one dies. Who
// presents the old code reads the new one in the answer. Who lost it gets the
// same answer whether or not there is such a report: the new code goes to the
// report's contact, if it has one. Without a contact a lost code is lost.
//
// A repetition under the same key returns the same code. fault.NotFound for a
// wrong code; fault.Unavailable if nothing can be sent here.
func (o *Office) ReplaceCode(ctx context.Context, c Caller, id, key string) (NewCode, error) {
	if c.Kind == Staff {
		return NewCode{}, fault.New(fault.Forbidden, "Hanya pelapor yang dapat mengganti kode aksesnya.")
	}
	id, err := report.ParseID(id)
	if c.Code == "" {
		return o.sendCode(ctx, id, err == nil)
	}
	if err != nil {
		return NewCode{}, notFound()
	}
	r, err := o.under(c, key, "replace_code", id)
	if err != nil {
		return NewCode{}, err
	}
	k, err := o.known(ctx)
	if err != nil {
		return NewCode{}, err
	}
	var answer NewCode
	err = o.Store.As(ctx, o.actor(c, id), func(ctx context.Context, tx *store.Tx) error {
		answer = NewCode{}
		fresh, _, err := r.claim(ctx, tx, &answer)
		if err != nil || !fresh {
			return err
		}
		f, err := o.open(ctx, tx, c, k, id)
		if err != nil {
			return err
		}
		if err := f.permit(policy.ReplaceCode); err != nil {
			return err
		}
		if answer.AccessCode, err = o.Keys.NewAccessCode(o.Random); err != nil {
			return fmt.Errorf("draw access code: %w", err)
		}
		if err := tx.ReplaceCode(ctx, id, o.Keys.CodeMAC(answer.AccessCode)); err != nil {
			return err
		}
		if err := tx.WriteAudit(ctx, o.line(c, policy.ReplaceCode, id, true)); err != nil {
			return err
		}
		return r.store(ctx, tx, answer)
	})
	if err != nil {
		return NewCode{}, err
	}
	return answer, nil
}

// sendCode answers at once and the same way for every id; what is sent is sent
// behind the answer, so that its time tells nothing.
func (o *Office) sendCode(ctx context.Context, id string, wellFormed bool) (NewCode, error) {
	if o.SendCode == nil {
		return NewCode{}, fault.New(fault.Unavailable, "Penggantian kode melalui kontak belum tersedia di sini.")
	}
	if wellFormed {
		ctx = context.WithoutCancel(ctx)
		o.sending.Go(func() {
			if err := o.SendCode(ctx, id); err != nil {
				o.Log.WarnContext(ctx, "access code not sent", "error", err)
			}
		})
	}
	return NewCode{Sent: true}, nil
}
