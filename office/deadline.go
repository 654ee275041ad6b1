package office

import (
	"context"
	"slices"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// Deadlines explains each clock of a report, oldest first: reporter and staff
// see every clock that ever ran, everybody else those now running on a
// published report. fault.NotFound as [Office.Report].
func (o *Office) Deadlines(ctx context.Context, c Caller, id string) ([]Deadline, error) {
	clocks, moves, state, err := o.explained(ctx, c, id)
	if err != nil {
		return nil, err
	}
	all := []Deadline{}
	for _, k := range clocks {
		all = append(all, deadline(k, moves, state))
	}
	return all, nil
}

// explained returns what the caller may see of a report's clocks and of what
// decrees did to them, and its state.
func (o *Office) explained(ctx context.Context, c Caller, id string) (clocks []store.Explained, moves []store.Move, state report.State, err error) {
	read := func(ctx context.Context, tx *store.Tx) (err error) {
		if clocks, err = tx.Explained(ctx, state.ID); err == nil {
			moves, err = tx.Moves(ctx, state.ID)
		}
		return err
	}
	if c.Kind == Staff || c.Code != "" {
		err = o.reads(ctx, c, id, "read_deadlines", func(ctx context.Context, tx *store.Tx, _ *catalogue, f file) error {
			state = f.row.State
			return read(ctx, tx)
		})
		if c.Kind != Staff || err == nil || fault.KindOf(err) == "" {
			return clocks, moves, state, err
		}
	}
	if id, err = report.ParseID(id); err != nil {
		return nil, nil, state, notFound()
	}
	p, err := o.Store.PublicReport(ctx, id)
	if err != nil {
		return nil, nil, state, uniform(err)
	}
	// The public copy says which clocks may be seen; why they are due when they are
	// follows from days and decrees, which are public.
	err = o.Store.As(ctx, worker, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Load(ctx, id)
		state = row.State
		if err != nil {
			return err
		}
		return read(ctx, tx)
	})
	clocks = slices.DeleteFunc(clocks, func(e store.Explained) bool {
		return !slices.ContainsFunc(p.Clocks, func(k report.Clock) bool { return k.Kind == e.Clock.Kind && k.Seq == e.Clock.Seq })
	})
	return clocks, moves, state, uniform(err)
}

// deadline is one clock with its explanation.
func deadline(k store.Explained, moves []store.Move, s report.State) Deadline {
	c, e := k.Clock, k.Explanation
	d := Deadline{
		ClockView: clockView(c), Rule: s.Rules.ID, RuleVersion: s.Rules.Version, Source: s.Rules.SourceOf(c.Kind, s.Class),
		Start: e.Start.String(), Sentence: c.Kind.Name() + ": " + lower(e.Sentence), Skipped: []DayOff{},
		Pauses: []Pause{}, Changes: []Change{}, Said: []Said{}, Missing: e.Due.Missing,
		DaysLeft: k.DaysLeft,
	}
	if !s.Rules.From.IsZero() {
		d.RuleFrom = calendar.DateOf(s.Rules.From).String()
	}
	d.Skipped, d.Weekends = daysOff(e.Skipped)
	for _, p := range e.Pauses {
		v := Pause{From: p.From.String()}
		if p.To != 0 {
			v.To = p.To.String()
		}
		d.Pauses = append(d.Pauses, v)
	}
	for _, x := range e.Changes {
		d.Changes = append(d.Changes, Change{Act: x.Act, On: x.On.String(), N: x.N, Calendar: x.Calendar})
	}
	d.Said = said(e.Said)
	for _, m := range moves {
		if m.Kind == c.Kind && m.Seq == c.Seq && m.ToDate > m.FromDate {
			d.recorded(m)
		}
	}
	if c.Date != "" && c.Status != report.Paused && e.Current.Date.String() < c.Date {
		d.Earlier = e.Current.Date.String()
	}
	return d
}

// recorded puts in what was shown until a decree was recorded, where the law
// gave another date before that: the decree had been issued already.
func (d *Deadline) recorded(m store.Move) {
	i := slices.IndexFunc(d.Said, func(x Said) bool { return x.DueDate == m.ToDate })
	if i < 0 {
		return
	}
	d.Said[i].RecordedAt = moment(m.At.UTC())
	if d.Said[i].Decree == "" {
		d.Said[i].Decree = m.Decree
	}
	if i == 0 || d.Said[i-1].DueDate != m.FromDate {
		before := Said{On: d.Start, Calendar: m.Calendar, Revision: m.Revision - 1, DueDate: m.FromDate}
		d.Said = slices.Insert(d.Said, i, before)
	}
}

// said is what each state of the calendar gave.
func said(all []calendar.Saying) []Said {
	out := []Said{}
	for _, x := range all {
		out = append(out, Said{On: x.On.String(), Calendar: x.Calendar, Revision: x.Revision, Decree: x.Decree, DueDate: x.Due.String()})
	}
	return out
}

// lower begins a sentence in lower case, to stand after a colon.
func lower(s string) string {
	if s == "" {
		return s
	}
	return string(s[0]|0x20) + s[1:]
}

// daysOff returns the days that a decree or the law takes off, and how many
// plain weekend days there are beside them.
func daysOff(skipped []calendar.SkippedDay) ([]DayOff, int) {
	days, weekends := []DayOff{}, 0
	for _, s := range skipped {
		if s.Kind == calendar.Weekend {
			weekends++
			continue
		}
		days = append(days, DayOff{Date: s.Date.String(), Name: s.Name, Decree: s.Decree, Title: s.Title})
	}
	return days, weekends
}
