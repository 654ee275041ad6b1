package worker

import (
	"context"
	"errors"

	"github.com/kawal-id/kawal/store"
)

// sendBatch is how many notices one round takes.
const sendBatch = 8 // at 10 s each they fit into the lease of two minutes

// sender is the actor that may take notices and open contacts.
var sender = store.Actor{Kind: store.Sender}

// Send sends the notices that are due and not void, each at least once. One
// that cannot be sent is tried again later, for those it did not reach, and ends
// among the dead letters.
// Taking is a lease of its own transaction, so that a slow mail server holds
// no locks.
func (c Config) Send(ctx context.Context) error {
	var taken []store.Notice
	err := c.Store.As(ctx, sender, func(ctx context.Context, tx *store.Tx) (err error) {
		taken, err = tx.TakeNotices(ctx, sendBatch)
		return err
	})
	errs := []error{err}
	for _, n := range taken {
		errs = append(errs, c.sendOne(ctx, n))
	}
	return errors.Join(errs...)
}

func (c Config) sendOne(ctx context.Context, n store.Notice) error {
	reached, err := c.notify(ctx, n)
	return c.Store.As(ctx, sender, func(ctx context.Context, tx *store.Tx) error {
		if err != nil {
			return tx.Failed(ctx, n.ID, err, reached...)
		}
		return tx.Sent(ctx, n.ID)
	})
}

// notify sends one notice and returns the staff it has reached.
func (c Config) notify(ctx context.Context, n store.Notice) ([]string, error) {
	if n.Template != store.TemplateCode {
		return c.Notifier.Notify(ctx, n)
	}
	return nil, c.notifyCode(ctx, n)
}

// notifyCode draws a new access code, which stands beside the old one until it
// has left, and sends it. A second try draws another.
func (c Config) notifyCode(ctx context.Context, n store.Notice) error {
	if err := c.Notifier.Reachable(n); err != nil {
		return err
	}
	code, mac, err := c.NewCode()
	if err != nil {
		return err
	}
	err = c.Store.As(ctx, sender, func(ctx context.Context, tx *store.Tx) error { return tx.OfferCode(ctx, n.Report, mac) })
	if err != nil {
		return err
	}
	if err := c.Notifier.NotifyCode(ctx, n, code); err != nil {
		return err
	}
	return c.Store.As(ctx, sender, func(ctx context.Context, tx *store.Tx) error { return tx.ReplaceCode(ctx, n.Report, mac) })
}
