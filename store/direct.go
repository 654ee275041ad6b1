package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/report"
)

// ApplyDirect applies a command to a report that no workflow runs (closed,
// archived or merged): lock, report.Apply, Advance. It returns the new state
// with its dates. Errors are those of report.Apply and Advance.
//
// On a merged report two commands mean something else (RULES.md section 1.2):
// make_secret unmerges it first; a reply by its reporter becomes a reply on the
// target, a command of its own that waits for the target's workflow, and the
// state that comes back is unchanged. Repeating such a reply changes nothing.
func (t *Tx) ApplyDirect(ctx context.Context, id string, c report.Command) (report.State, error) {
	s, err := t.Lock(ctx, id) // only if the actor sees it
	if err != nil {
		return report.State{}, err
	}
	err = t.byLaw(ctx, func() (err error) {
		s, err = t.applyDirect(ctx, s, c)
		return err
	})
	return s, err
}

// applyDirect writes what follows from the command by law, in other reports too.
func (t *Tx) applyDirect(ctx context.Context, s report.State, c report.Command) (report.State, error) {
	var err error
	switch {
	case s.Stage == report.Merged && c.Action == report.Reply && c.By == report.Reporter:
		return s, t.relay(ctx, s, c)
	case s.Stage == report.Merged && c.Action == report.MakeSecret:
		first := report.Command{ID: c.ID + ":unmerge", Action: report.Unmerge, By: report.System, ReceivedAt: c.ReceivedAt}
		if first.ReceivedAt.Before(s.MergedAt) {
			first.ReceivedAt = s.MergedAt // it was accepted just before the merge
		}
		if s, err = t.applyTo(ctx, s, first); err != nil {
			return report.State{}, fmt.Errorf("unmerge %s: %w", s.ID, err)
		}
	}
	return t.applyTo(ctx, s, c)
}

// applyTo applies a command to a state read under the report's lock.
func (t *Tx) applyTo(ctx context.Context, s report.State, c report.Command) (report.State, error) {
	c.ReceivedAt = c.ReceivedAt.UTC().Truncate(time.Microsecond)
	next, effects, err := report.Apply(s, c)
	if err != nil {
		return report.State{}, err
	}
	out, err := t.Advance(ctx, Advance{Before: s.Stage, Next: next, Command: c, Effects: effects})
	if err != nil {
		return report.State{}, err
	}
	next = micro(next)
	next.Settle(out.Settled, t.s.now())
	next.Prune()
	next.Run = out.WantedRun
	return next, nil
}

// relay makes a reply on a merged report a reply on its target, received when
// the original was and in nobody's name: its subject says which report it came
// from. The original counts as applied; its text is said on the target only.
func (t *Tx) relay(ctx context.Context, s report.State, c report.Command) error {
	key, err := t.keyOf(ctx, s.ID)
	if err != nil {
		return fmt.Errorf("relay %s: %w", c.ID, err)
	}
	texts, err := many(ctx, t, pgx.RowToStructByName[relayedRow], `
		SELECT `+saidColumns+`, t.hold
		FROM post t
		WHERE t.command = $1 AND t.report = $2
		ORDER BY t.n`, c.ID, s.ID)
	if err != nil {
		return fmt.Errorf("select texts of %s: %w", c.ID, err)
	}
	n := NewCommand{Report: s.MergedTo, Subject: s.ID, Command: c}
	n.Command.ID = c.ID + ":relay"
	for _, x := range texts {
		body, err := x.open(key)
		if err != nil {
			return fmt.Errorf("relay %s: %w", c.ID, err)
		}
		n.Texts = append(n.Texts, Text{Kind: TextReply, Body: body})
		n.Hold = n.Hold || x.Hold
	}
	if _, err := t.InsertCommand(ctx, n); err != nil {
		return fmt.Errorf("relay %s: %w", c.ID, err)
	}
	_, err = t.exec(ctx, `
		UPDATE command
		SET state = 'applied', seq = $2, settled_at = $3, fault_kind = NULL, reason = NULL
		WHERE id = $1 AND report = $4 AND state = 'waiting'`, c.ID, s.Seq, t.s.now(), s.ID)
	return explain(err, "mark relayed "+c.ID)
}

type relayedRow struct {
	said
	Hold bool
}
