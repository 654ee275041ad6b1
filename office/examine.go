package office

import (
	"context"
	"errors"
	"slices"

	"github.com/kawal-id/kawal/internal/fault"
)

// Examine returns a submission as Submit would file it, trimmed, and secret and
// sealed where its category asks for that, with what is wrong in it: one fault
// for each field, in the order of the form; nil if it would be accepted. A date
// that is yet to come in the zone of its queue is found by Submit only. It files
// nothing.
func (o *Office) Examine(ctx context.Context, s Submission) (Submission, []*fault.Error, error) {
	k, err := o.known(ctx)
	if err != nil {
		return s, nil, err
	}
	s = s.tidy()
	var wrong []*fault.Error
	for _, check := range s.checks(k) {
		one, ok := errors.AsType[*fault.Error](check())
		if ok && !slices.ContainsFunc(wrong, func(w *fault.Error) bool { return w.Field == one.Field }) {
			wrong = append(wrong, one)
		}
	}
	return s.protect(k.categories[s.Category]), wrong, nil
}

// Similar returns at most five published reports that may be about the same as
// a submission: those of its category and region that share the most words with
// its title and text, of the latest ones. None where nothing fits.
func (o *Office) Similar(ctx context.Context, s Submission) ([]Card, error) {
	s = s.tidy()
	return o.Store.PublicSimilar(ctx, s.Category, s.Region, s.Title+" "+s.Body)
}
