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
		entries = []TimelineEntry{}
		for _, e := range events {
			if e.Action == report.Note && f.by == report.Reporter && c.Kind != Staff {
				continue
			}
			entries = append(entries, entry(e, clocks))
		}
		return nil
	})
	return entries, err
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
