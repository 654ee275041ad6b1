package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/kawal-id/kawal/report"
)

// PublicList returns published reports that fit the filter, the latest
// published first, then by id, at most 100 (Limit 0: 50). One round trip.
func (s *Store) PublicList(ctx context.Context, f Filter) ([]Card, error) {
	hits, args := f.hits(maxList, "")
	cards, err := list[Card](ctx, s.pool, `
		WITH hit AS MATERIALIZED (`+hits+`)
		SELECT c.id, c.title, c.category, c.agency, c.region, c.class, c.stage, c.accepted, c.secret, c.late, c.at, c.due_at, c.lat, c.long
		FROM hit
		CROSS JOIN LATERAL (
			SELECT `+publicCard+`
			FROM published p
			CROSS JOIN LATERAL `+publicState+` k
			WHERE p.id = hit.id
			OFFSET 0) c
		ORDER BY hit.published_at DESC, hit.id DESC`, f.mode(), args)
	if err != nil {
		return nil, fmt.Errorf("select published reports: %w", err)
	}
	return inUTC(cards), nil
}

// PublicGeoJSON returns published reports with a point that fit the filter as a
// FeatureCollection (RFC 7946), as PublicList orders them, at most 2000 (Limit 0:
// 50). It is made in SQL. Foreign members: without_point, how many fit but have no
// point, whatever the box and the page. One round trip.
func (s *Store) PublicGeoJSON(ctx context.Context, q MapQuery) ([]byte, error) {
	hits, args := q.hits(maxMap, "p.lat IS NOT NULL")
	without := q.pointless(args)
	labels, err := json.Marshal(stageLabels())
	if err != nil {
		return nil, fmt.Errorf("encode labels: %w", err)
	}
	args["labels"] = string(labels)
	found, err := list[struct{ Collection string }](ctx, s.pool, `
		WITH hit AS MATERIALIZED (`+hits+`),
		feature AS (
			SELECT json_build_object(
					'type', 'Feature',
					'id', c.id,
					'geometry', json_build_object('type', 'Point', 'coordinates', json_build_array(c.long, c.lat)),
					'properties', json_strip_nulls(json_build_object(
						'title', c.title, 'category', c.category, 'agency', c.agency, 'region', c.region, 'class', c.class,
						'stage', c.stage, 'label', @labels::jsonb -> c.stage ->> c.accepted::integer,
						'late', c.late, 'at', c.at, 'due_at', c.due_at))) AS object,
				hit.published_at, hit.id
			FROM hit
			CROSS JOIN LATERAL (
				SELECT `+publicCard+`
				FROM published p
				CROSS JOIN LATERAL `+publicState+` k
				WHERE p.id = hit.id
				OFFSET 0) c)
		SELECT json_build_object(
			'type', 'FeatureCollection',
			'features', (SELECT coalesce(json_agg(g.object ORDER BY g.published_at DESC, g.id DESC), '[]') FROM feature g),
			'without_point', `+without+`)::text AS collection`, q.mode(), args)
	if err != nil {
		return nil, fmt.Errorf("select published points: %w", err)
	}
	return []byte(found[0].Collection), nil
}

// stageLabels are the official words for each stage, before and after the agency
// accepted.
func stageLabels() map[report.Stage][2]string {
	all := map[report.Stage][2]string{}
	for _, s := range report.Stages {
		all[s] = [2]string{s.Label(false), s.Label(true)}
	}
	return all
}
