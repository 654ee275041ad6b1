package office

import (
	"context"
	"slices"
	"time"

	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// Timeline returns what happened to a report, oldest first, with each deadline
// as it was then and as it is now: for its reporter and staff. Internal notes
// are staff's. fault.NotFound as [Office.Report].
func (o *Office) Timeline(ctx context.Context, c Caller, id string) ([]TimelineEntry, error) {
	entries := []TimelineEntry{}
	err := o.reads(ctx, c, id, "read_timeline", func(ctx context.Context, tx *store.Tx, _ *catalogue, f file) error {
		events, err := tx.Timeline(ctx, f.row.State.ID)
		if err != nil {
			return err
		}
		clocks, err := tx.Clocks(ctx, f.row.State.ID)
		if err != nil {
			return err
		}
		moves, err := tx.Moves(ctx, f.row.State.ID)
		if err != nil {
			return err
		}
		entries = []TimelineEntry{}
		for _, e := range events {
			if e.Action == report.Note && f.by == report.Reporter && c.Kind != Staff {
				continue
			}
			entries = append(entries, entry(e, clocks))
		}
		opened, err := f.opened(ctx, tx, c)
		if err != nil {
			return err
		}
		entries = withOpenings(withMoves(entries, moves), opened)
		return nil
	})
	return entries, err
}

// What a decree did, as the timeline names it. No commands.
const (
	deadlineMoved report.Action = "deadline_moved"
	lateLifted    report.Action = "late_lifted"
)

// withMoves puts what decrees did among what people did, in the order of time.
// An entry of a decree stands under the sequence number that the report had, and
// names the decree as its reason. A clock that it made timely has two.
func withMoves(entries []TimelineEntry, moves []store.Move) []TimelineEntry {
	for _, m := range moves {
		i := len(entries)
		for i > 0 && entries[i-1].At.After(m.At) {
			i--
		}
		if i == 0 {
			continue // a report is accepted before anything moves
		}
		last := entries[i-1]
		e := TimelineEntry{
			Seq: last.Seq, Action: deadlineMoved, Role: report.System, At: m.At.UTC(), To: last.To, Label: last.Label, Reason: m.Decree,
			Deadlines: []TimelineDeadline{{Kind: m.Kind, Name: m.Kind.Name(), Then: moment(m.FromDue.UTC()), Now: moment(m.ToDue.UTC())}},
		}
		found := []TimelineEntry{}
		if m.ToDue.After(m.FromDue) {
			found = append(found, e)
		}
		if m.Lifted {
			e.Action = lateLifted
			found = append(found, e)
		}
		entries = slices.Insert(entries, i, found...)
	}
	return entries
}

func entry(e store.Event, now []report.Clock) TimelineEntry {
	t := TimelineEntry{
		Seq: e.Seq, Action: e.Action, Role: e.Role, Office: e.Office, At: e.At, From: e.From, To: e.To,
		Label: e.To.Label(e.Action == report.Accept), Reason: e.Reason, Deadlines: []TimelineDeadline{},
	}
	for _, then := range e.Clocks {
		if then.Status != report.Running {
			continue
		}
		d := TimelineDeadline{Kind: then.Kind, Name: then.Kind.Name(), Then: moment(then.DueAt)}
		if i := slices.IndexFunc(now, func(k report.Clock) bool { return k.Kind == then.Kind && k.Seq == then.Seq }); i >= 0 {
			d.Now = moment(due(now[i]))
		}
		t.Deadlines = append(t.Deadlines, d)
	}
	return t
}

// due is when a clock ends; zero while it is paused.
func due(c report.Clock) time.Time {
	if c.Status == report.Paused {
		return time.Time{}
	}
	return c.DueAt
}
