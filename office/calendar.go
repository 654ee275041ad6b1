package office

import (
	"context"
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

// DueQuestion asks when a limit ends.
type DueQuestion struct {
	From     time.Time     // moment of receipt
	N        int           // units
	Unit     calendar.Unit // empty: working days
	Revision int           // of the calendar, as it was then; 0: the one in force
}

// maxDueHours bounds working hours as 1,000 bounds days.
const maxDueHours = 8000

// CalendarDue returns when a limit ends on a calendar under one of its revisions,
// and explains it as the deadlines of reports are. fault.NotFound for an unknown
// calendar; fault.Invalid naming the field: a negative number, a unit that has no
// calendar, a revision that there is not, or a date past the last decreed year,
// where the sentence names the missing decree.
func (o *Office) CalendarDue(ctx context.Context, id string, q DueQuestion) (Due, error) {
	config, revision, err := o.Store.Calendar(ctx, id)
	if err != nil {
		return Due{}, err
	}
	switch {
	case q.Revision > revision || q.Revision < 0:
		return Due{}, fault.At("/revision", "Kalender %s baru sampai revisi %d.", id, revision)
	case q.Revision == 0:
		q.Revision = revision
	}
	if q.Unit == "" {
		q.Unit = calendar.WorkingDays
	}
	if q.N < 0 || q.N > maxDueHours {
		return Due{}, fault.At("/days", "Jumlah harus antara 0 dan %d.", maxDueHours)
	}
	index, err := config.At(q.Revision)
	if err != nil {
		return Due{}, err
	}
	first := calendar.Step{Act: calendar.Start, Unit: q.Unit, N: q.N, Calendar: id}
	switch {
	case q.Unit.ByDay():
		first.On = index.Date(q.From)
	case q.Unit == calendar.WorkingHours:
		first.At = q.From.UTC()
	default:
		return Due{}, fault.At("/unit", "Satuan %q tidak memakai kalender.", q.Unit)
	}
	return counted(config, index, calendar.Life{first})
}

// counted counts under one revision, and says what those since the start gave.
func counted(config calendar.Config, index *calendar.Index, life calendar.Life) (Due, error) {
	id := life[0].Calendar
	e, err := life.Explain(map[string]*calendar.Book{id: index.Fixed()}, 0)
	if err != nil {
		return Due{}, err
	}
	if e.Due.Provisional {
		return Due{}, fault.At("/days", "Batas ini memerlukan %s, yang belum ditetapkan.", e.Due.Missing)
	}
	book, err := calendar.NewBook(config, index.Revision())
	if err != nil {
		return Due{}, err
	}
	history, err := life.Reckon(map[string]*calendar.Book{id: book}, 0)
	if err != nil {
		return Due{}, err
	}
	out := Due{
		Calendar: id, DueDate: e.Due.Date.String(), DueAt: e.Due.At, Revision: index.Revision(), Start: e.Start.String(),
		Said: said(history.Sayings), Sentence: e.Sentence,
	}
	out.DaysOff, out.Weekends = daysOff(e.Skipped)
	return out, nil
}
