package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// PublicSimilar returns at most five of the 200 latest published reports of a
// category and a region, with what lies below both, that share words with a
// text, those that share the most first. A word counts from four letters on:
// shorter ones are in every text. One round trip.
func (s *Store) PublicSimilar(ctx context.Context, category, region, text string) ([]Card, error) {
	cards, err := list[Card](ctx, s.pool, `
		WITH word AS (
			SELECT DISTINCT lexeme
			FROM unnest(to_tsvector('simple', @text))
			WHERE length(lexeme) >= 4
		),
		latest AS (
			SELECT p.*
			FROM published p
			WHERE p.category = ANY (ARRAY(SELECT categories_below(@category)))
				AND p.region = ANY (ARRAY(SELECT regions_below(@region)))
				AND p.merged_to IS NULL
			ORDER BY p.published_at DESC, p.id DESC
			LIMIT 200
		),
		shared AS (
			SELECT p.id, count(*) AS words
			FROM latest p, unnest(p.words) w
			JOIN word USING (lexeme)
			GROUP BY p.id
			HAVING count(*) >= 2
		)
		SELECT `+publicCard+`
		FROM latest p
		JOIN shared h USING (id)
		ORDER BY h.words DESC, p.published_at DESC, p.id DESC
		LIMIT 5`,
		pgx.StrictNamedArgs{"category": category, "region": region, "text": text})
	if err != nil {
		return nil, fmt.Errorf("select similar reports: %w", err)
	}
	return inUTC(cards), nil
}
