package office

import (
	"context"
	"errors"
	"time"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/store"
)

// Calendars returns all calendars by id.
func (o *Office) Calendars(ctx context.Context) ([]Calendar, error) { return o.Store.Calendars(ctx) }

// PutCalendar adds a calendar: national administrators only. Repeating it
// changes nothing. fault.Conflict if one with that id has other settings: what
// counts is changed by a decree; fault.Invalid naming the field.
func (o *Office) PutCalendar(ctx context.Context, c Caller, k Calendar) error {
	known, err := o.known(ctx)
	if err != nil {
		return err
	}
	if err := o.authorize(ctx, c, known, policy.PutCalendar, policy.Resource{}, ""); err != nil {
		return err
	}
	return o.asStaff(ctx, c, policy.PutCalendar, func(ctx context.Context, tx *store.Tx) error { return tx.AddCalendar(ctx, k) })
}

// CalendarDue returns the end of the n-th working day after start on a calendar
// under the revision in force. fault.NotFound for an unknown calendar,
// fault.Invalid naming /days if n is negative, or if the date lies past the last
// decreed year: the sentence names the missing decree.
func (o *Office) CalendarDue(ctx context.Context, id string, start time.Time, n int) (Due, error) {
	config, revision, err := o.Store.Calendar(ctx, id)
	if err != nil {
		return Due{}, err
	}
	index, err := config.At(revision)
	if err != nil {
		return Due{}, err
	}
	due, err := index.Due(start, n)
	if missing, ok := errors.AsType[calendar.HorizonError](err); ok {
		return Due{}, fault.At("/days", "Batas ini memerlukan %s, yang belum ditetapkan.", missing.Decree())
	}
	if errors.Is(err, calendar.ErrNegative) {
		return Due{}, fault.At("/days", "Jumlah hari tidak boleh negatif.")
	}
	if err != nil {
		return Due{}, err
	}
	life := calendar.Life{{Act: calendar.Start, On: index.Date(start), Unit: calendar.WorkingDays, N: n, Calendar: id}}
	book, err := calendar.NewBook(config, revision)
	if err != nil {
		return Due{}, err
	}
	history, err := life.Reckon(map[string]*calendar.Book{id: book}, 0)
	if err != nil {
		return Due{}, err
	}
	e := index.Explain(start, n)
	out := Due{
		Calendar: id, DueDate: due.Date.String(), DueAt: due.At, Revision: due.Revision, Provisional: due.Provisional, Start: e.Start.String(),
		Said: said(history.Sayings), Sentence: e.Sentence,
	}
	out.DaysOff, out.Weekends = daysOff(e.Skipped)
	return out, nil
}
