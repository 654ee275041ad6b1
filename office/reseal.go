package office

import (
	"context"

	"github.com/kawal-id/kawal/store"
)

// resealBatch is how many identities one transaction seals anew.
const resealBatch = 50

// ResealIdentities seals to the custodians what an earlier build sealed under a
// key of its own, which open opens, and returns how many there were. After it that
// key opens none of them: the old ciphertext is replaced. It goes on where it was
// interrupted, and repeating it, also by two at once, changes nothing. One that
// cannot be opened is logged and left.
func (o *Office) ResealIdentities(ctx context.Context, open func(report string, sealed []byte) ([]byte, error)) (int, error) {
	done, after := 0, ""
	for {
		n, last, err := o.resealSome(ctx, after, open)
		if done += n; err != nil || last == "" {
			return done, err
		}
		after = last
	}
}

// resealSome seals one batch anew and returns the last id it looked at; empty: none
// are left.
func (o *Office) resealSome(ctx context.Context, after string, open func(string, []byte) ([]byte, error)) (done int, last string, err error) {
	err = o.Store.As(ctx, worker, func(ctx context.Context, tx *store.Tx) error {
		done, last = 0, ""
		old, err := tx.OldIdentities(ctx, after, resealBatch)
		if err != nil {
			return err
		}
		for _, i := range old {
			last = i.Report
			plain, err := open(i.Report, i.Person)
			if err != nil {
				o.Log.ErrorContext(ctx, "identity of an earlier build not opened", "error", err)
				continue
			}
			sealed, envelopes, err := o.sealToCustodians(i.Report, plain)
			if err != nil {
				return err
			}
			if err := tx.Reseal(ctx, i.Report, sealed, envelopes); err != nil {
				return err
			}
			done++
		}
		return nil
	})
	return done, last, err
}
