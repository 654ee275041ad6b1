package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
)

// WhatIf asks what other rules would have made of the recorded clocks that bind
// an authority.
type WhatIf struct {
	Rules    report.RuleSet
	Calendar string
	Revision int           // of Calendar; 0: the newest
	From, To calendar.Date // reports accepted on these days, and between, in the calendar's zone
}

// WhatIfRow is one unit: how many of its clocks ran late, and how many would
// have.
type WhatIfRow struct {
	Unit     string
	Name     string
	Clocks   int // that the other rules limit too
	Late     int // as recorded
	WouldBe  int
	Revision int // of the calendar counted by
}

type whatIfRow struct {
	Unit  string
	Name  string
	Class report.Class
	Clock []byte
	Life  []byte
}

// WhatIf counts every recorded clock of V, F and R of the reports once more: from
// its start, with its pauses, and with extensions of at most the new limit's own
// length, on one calendar under one revision; transfers are left out, since there
// is one calendar. A clock that ended was late if it ended at its date or after;
// one that has not, if its date had come by the end of the day To. Clocks in
// seconds, and those that the other rules do not limit, are left out. Rows are by
// unit. It reads only, which PostgreSQL enforces; the same records give the same
// answer. fault.NotFound for an unknown calendar, fault.Invalid for a revision it
// does not have.
func (s *Store) WhatIf(ctx context.Context, q WhatIf) ([]WhatIfRow, error) {
	config, newest, err := s.Calendar(ctx, q.Calendar)
	if err != nil {
		return nil, err
	}
	if q.Revision == 0 {
		q.Revision = newest
	}
	if q.Revision < 1 || q.Revision > newest {
		return nil, fault.At("/calendar", "Kalender %s mempunyai revisi 1 sampai %d, bukan %d.", q.Calendar, newest, q.Revision)
	}
	book, err := calendar.NewBook(config, q.Revision)
	if err != nil {
		return nil, err
	}
	x, err := book.Latest()
	if err != nil {
		return nil, err
	}
	begin, end := q.From.Start(x.Zone()), (q.To + 1).Start(x.Zone())
	var rows []whatIfRow
	err = s.As(ctx, Actor{Kind: Worker}, func(ctx context.Context, tx *Tx) error {
		b := &pgx.Batch{}
		b.Queue(`SET TRANSACTION READ ONLY`)
		into(b, &rows, pgx.RowToStructByName[whatIfRow], `
			SELECT c.unit, a.name, r.class, j.clock, j.life
			FROM clock c
			JOIN clock_json j ON j.report = c.report AND j.kind = c.kind AND j.seq = c.seq
			JOIN report r ON r.id = c.report
			JOIN agency a ON a.id = c.unit
			WHERE c.kind IN ('verification', 'first_follow_up', 'resolution')
				AND c.limit_unit <> 'seconds'
				AND r.accepted_at >= $1
				AND r.accepted_at < $2
			ORDER BY c.unit, c.report, c.seq, c.kind`, begin, end)
		return tx.run(ctx, b)
	})
	if err != nil {
		return nil, fmt.Errorf("select clocks: %w", err)
	}
	w := whatIf{WhatIf: q, book: book, index: x, end: end}
	return w.tally(rows)
}

// whatIf is a question with what answers it.
type whatIf struct {
	WhatIf
	book  *calendar.Book
	index *calendar.Index
	end   time.Time
}

func (w whatIf) tally(rows []whatIfRow) ([]WhatIfRow, error) {
	all := []WhatIfRow{}
	for _, row := range rows {
		clocks, err := decodeLives([]livedRow{{row.Clock, row.Life}})
		if err != nil {
			return nil, err
		}
		c := clocks[0]
		limit := w.Rules.LimitOf(c.Kind, row.Class)
		if limit.None() {
			continue
		}
		if n := len(all); n == 0 || all[n-1].Unit != row.Unit {
			all = append(all, WhatIfRow{Unit: row.Unit, Name: row.Name, Revision: w.Revision})
		}
		would, err := w.late(c, limit)
		if err != nil {
			return nil, fmt.Errorf("count clock of %s: %w", row.Unit, err)
		}
		out := &all[len(all)-1]
		out.Clocks++
		if !c.LateAt.IsZero() && !c.LateAt.After(w.end) {
			out.Late++
		}
		if would {
			out.WouldBe++
		}
	}
	return all, nil
}

// late reports whether a clock would have been late under another limit.
func (w whatIf) late(c lived, limit report.Limit) (bool, error) {
	r, err := w.life(c, limit).Reckon(map[string]*calendar.Book{w.Calendar: w.book}, 0)
	switch {
	case err != nil:
		return false, err
	case !c.EndedAt.IsZero():
		return !c.EndedAt.Before(r.Due.At), nil
	case r.Paused:
		return false, nil
	}
	return !r.Due.At.After(w.end), nil
}

// life is what happened to a clock, as if it had begun under another limit.
func (w whatIf) life(c lived, limit report.Limit) calendar.Life {
	again := c.Clock
	again.Limit = limit
	life := calendar.Life{begin(again, c.StartedAt, limit.N, w.Calendar, w.index)}
	steps := c.Life
	if len(steps) == 0 && !c.PausedAt.IsZero() { // older than the record of lives: its last pause is known
		steps = calendar.Life{{}, {Act: calendar.Pause, At: c.PausedAt}}
		if !c.ResumedAt.IsZero() {
			steps = append(steps, calendar.Step{Act: calendar.Resume, At: c.ResumedAt})
		}
	}
	for _, s := range steps[min(1, len(steps)):] {
		switch s.Act {
		case calendar.Pause:
			life = append(life, s)
		case calendar.Resume:
			s.Calendar = w.Calendar
			life = append(life, s)
		case calendar.Extend:
			s.N = min(s.N, limit.N)
			life = append(life, s)
		}
	}
	return life
}
