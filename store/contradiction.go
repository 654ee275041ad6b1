package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Contradiction is one report about which the tables disagree.
type Contradiction struct {
	Report  string
	Problem string
}

// Contradictions holds the read model and the outbox against the record of
// transitions, the source of both, and returns what does not fit, by tracking
// id: sequence numbers that are not dense, a public copy at another stage, a
// waiting notice whose clock does not run or whose transition is not recorded.
// It changes nothing.
func (t *Tx) Contradictions(ctx context.Context) ([]Contradiction, error) {
	found, err := many(ctx, t, pgx.RowToStructByName[Contradiction], `
		SELECT r.id AS report, 'seq is not the number of transitions' AS problem
		FROM report r
		WHERE r.seq <> (SELECT count(*) FROM transition x WHERE x.report = r.id)
			OR r.seq <> (SELECT max(x.seq) FROM transition x WHERE x.report = r.id)
		UNION ALL
		SELECT r.id, 'stage is not that of the last transition'
		FROM report r
		JOIN transition x ON x.report = r.id AND x.seq = r.seq
		WHERE x.to_stage <> r.stage
		UNION ALL
		SELECT r.id, 'public copy at another stage'
		FROM report r
		JOIN published p ON p.id = r.id
		WHERE p.stage <> r.stage
		UNION ALL
		SELECT r.id, 'published without a public copy'
		FROM report r
		WHERE r.published AND NOT EXISTS (SELECT FROM published p WHERE p.id = r.id)
		UNION ALL
		SELECT o.report, 'waiting notice of a clock that does not run'
		FROM outbox o
		WHERE `+waitingNotice+`
			AND o.clock IS NOT NULL
			AND NOT EXISTS (
				SELECT FROM clock c
				WHERE c.report = coalesce(o.source, o.report) AND c.kind || ':' || c.seq = o.clock AND c.status = 'running')
		UNION ALL
		SELECT o.report, 'notice of a transition not recorded'
		FROM outbox o
		WHERE NOT EXISTS (
			SELECT FROM report r
			JOIN transition x ON x.report = r.id AND x.seq = o.seq
			WHERE r.id = o.report OR r.id = (SELECT m.merged_to FROM report m WHERE m.id = o.report))
		ORDER BY report, problem`)
	if err != nil {
		return nil, fmt.Errorf("look for contradictions: %w", err)
	}
	return found, nil
}
