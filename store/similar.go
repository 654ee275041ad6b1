package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// common are words that say nothing about what a report is about.
var common = strings.Fields(`adalah agar akan antara anda atas atau bahwa banyak bapak baru beberapa belum bisa dalam dapat dari dekat dengan depan
	hari harus hingga ingin jadi juga kami karena kepada kita lagi lalu lebih masih mohon oleh pada padahal para pernah saat sampai sangat
	saya sebelum sedang sehingga sejak sekarang selalu selama semua seperti sering serta setiap setelah sudah supaya telah terima terlalu
	tersebut tetapi tidak tolong untuk warga yang`)

// PublicSimilar returns at most five of the 200 latest published reports of a
// category and a region, with what lies below both, that share two words or more
// with a text, those that share the most first. A word counts from four letters
// on, and unless it is common. One round trip.
func (s *Store) PublicSimilar(ctx context.Context, category, region, text string) ([]Card, error) {
	cards, err := list[Card](ctx, s.pool, `
		WITH word AS (
			SELECT DISTINCT lexeme
			FROM unnest(to_tsvector('simple', @text))
			WHERE length(lexeme) >= 4 AND lexeme <> ALL (@common::text[])
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
		CROSS JOIN LATERAL `+publicState+` AS k
		ORDER BY h.words DESC, p.published_at DESC, p.id DESC
		LIMIT 5`,
		pgx.StrictNamedArgs{"category": category, "region": region, "text": text, "common": common})
	if err != nil {
		return nil, fmt.Errorf("select similar reports: %w", err)
	}
	return inUTC(cards), nil
}
