package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/report"
)

// maxEntries is the most that PublicEntries returns at once.
const maxEntries = 1000

// Entry is a published report in a feed or an export.
type Entry struct {
	ID          string
	Title, Body string // redacted copies
	Category    string
	Agency      string
	Region      string
	Class       report.Class
	Channel     string
	Stage       report.Stage
	Accepted    bool
	Late        bool
	PublishedAt time.Time
	UpdatedAt   time.Time // of the last transition that touched the public copy, or of a date that moved
	DueAt       *time.Time
	Lat, Long   *float64
	Rating      *int
}

// Key is the entry's place in a list.
func (e Entry) Key() *Key { return &Key{At: e.PublishedAt, ID: e.ID} }

// PublicEntries returns published reports with their texts that fit the filter, as
// PublicList orders them, at most 1000 (Limit 0: 50). One round trip.
func (s *Store) PublicEntries(ctx context.Context, f Filter) ([]Entry, error) {
	hits, args := f.hits(maxEntries, "")
	found, err := list[Entry](ctx, s.pool, `
		WITH hit AS MATERIALIZED (`+hits+`)
		SELECT c.id, c.title, c.body, c.category, c.agency, c.region, c.class, c.channel, c.stage, c.accepted, c.late,
			c.published_at, c.updated_at, c.due_at, c.lat, c.long, c.rating
		FROM hit
		CROSS JOIN LATERAL (
			SELECT p.id, p.title, p.body, p.category, p.agency, p.region, p.class, p.channel, p.stage, p.accepted,
				k.late, p.published_at, `+publicUpdated+` AS updated_at, k.due_at,
				p.lat, p.long, p.rating::integer
			FROM published p
			CROSS JOIN LATERAL `+publicState+` k
			WHERE p.id = hit.id
			OFFSET 0) c
		ORDER BY hit.published_at DESC, hit.id DESC`, f.mode(), args)
	if err != nil {
		return nil, fmt.Errorf("select published texts: %w", err)
	}
	for i := range found {
		e := &found[i]
		e.PublishedAt, e.UpdatedAt, e.DueAt = e.PublishedAt.UTC(), e.UpdatedAt.UTC(), utc(e.DueAt)
	}
	return found, nil
}

// PublicCount counts published reports that fit the filter, from the totals where
// they know them. One round trip.
func (s *Store) PublicCount(ctx context.Context, q MapQuery) (int, error) {
	q.After = nil
	var sql string
	var args pgx.StrictNamedArgs
	if q.BBox == nil && q.fromTotals() {
		var totals string
		totals, args = q.totals()
		sql = `SELECT coalesce(sum(t.n), 0)::bigint AS n FROM ` + totals + ` t`
	} else {
		n := q.narrow()
		sql, args = `SELECT count(*) AS n FROM published p WHERE `+n.where(), n.args
	}
	found, err := list[struct{ N int }](ctx, s.pool, sql, pgx.QueryExecModeCacheDescribe, args)
	if err != nil {
		return 0, fmt.Errorf("count published reports: %w", err)
	}
	return found[0].N, nil
}
