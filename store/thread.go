package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/report"
)

// Thread returns all texts of a report that have been said, notes and held ones
// included, oldest first. It is empty for an unknown report.
func (t *Tx) Thread(ctx context.Context, id string) ([]Post, error) {
	rows, err := many(ctx, t, pgx.RowToStructByName[postRow], `
		SELECT `+saidColumns+`, t.seq, t.role, coalesce(t.office, '') AS office, coalesce(t.follow_up, '') AS follow_up,
			t.at, t.hold, q.post IS NOT NULL AS published, (SELECT wrapped FROM report_key WHERE report = $1) AS wrapped
		FROM post t
		LEFT JOIN published_post q ON q.post = t.id
		WHERE t.report = $1 AND t.seq IS NOT NULL
		ORDER BY t.seq, t.n`, id)
	if err != nil {
		return nil, fmt.Errorf("select thread of %s: %w", id, err)
	}
	if len(rows) == 0 {
		return []Post{}, nil
	}
	key, err := t.key(id, rows[0].Wrapped)
	if err != nil {
		return nil, err
	}
	posts := make([]Post, len(rows))
	for i, r := range rows {
		body, err := r.open(key)
		if err != nil {
			return nil, fmt.Errorf("thread of %s: %w", id, err)
		}
		redacted, err := r.openCopy(key)
		if err != nil {
			return nil, fmt.Errorf("thread of %s: %w", id, err)
		}
		posts[i] = Post{
			Command: r.Command, Held: r.Hold, Copy: redacted, Seq: r.Seq, Kind: r.Kind, Role: r.Role, Office: r.Office, FollowUp: r.FollowUp, Body: body, SHA256: r.SHA256,
			At: r.At.UTC(), Published: r.Published,
		}
	}
	return posts, nil
}

type postRow struct {
	said
	Seq       int
	Role      report.Role
	Office    string
	FollowUp  report.FollowUpKind
	At        time.Time
	Hold      bool
	Published bool
	Wrapped   []byte
}

type eventRow struct {
	Seq       int
	Action    report.Action
	Role      report.Role
	Office    string
	At        time.Time
	FromStage report.Stage
	ToStage   report.Stage
	Reason    string
	Clocks    json.RawMessage
	CommandID string
}

// Timeline returns what happened to a report, oldest first: submission, then
// one event for each transition. It is empty for an unknown report.
func (t *Tx) Timeline(ctx context.Context, id string) ([]Event, error) {
	rows, err := many(ctx, t, pgx.RowToStructByName[eventRow], `
		SELECT seq, action, role, coalesce(office, '') AS office, at, from_stage, to_stage,
			coalesce(reason, '') AS reason, clocks, command_id
		FROM transition
		WHERE report = $1
		ORDER BY seq`, id)
	if err != nil {
		return nil, fmt.Errorf("select timeline of %s: %w", id, err)
	}
	events := make([]Event, len(rows))
	for i, r := range rows {
		events[i] = Event{
			Seq: r.Seq, Action: r.Action, Role: r.Role, Office: r.Office, At: r.At.UTC(), From: r.FromStage, To: r.ToStage,
			Reason: r.Reason, CommandID: r.CommandID,
		}
		if err := json.Unmarshal(r.Clocks, &events[i].Clocks); err != nil {
			return nil, fmt.Errorf("decode clocks of %s %d: %w", id, r.Seq, err)
		}
	}
	return events, nil
}
