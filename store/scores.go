package store

import (
	"context"
	"fmt"
)

// Scores is how many reports were rated 1, 2, 3 and 4.
type Scores [4]int

// PublicScores counts the last ratings of published reports that fit the filter,
// by agency. Agencies without any are left out. One round trip.
func (s *Store) PublicScores(ctx context.Context, f Filter) (map[string]Scores, error) {
	type row struct {
		Agency string
		Score  int
		N      int
	}
	rows, err := list[row](ctx, s.pool, `
		SELECT p.agency, p.rating AS score, count(*) AS n
		FROM published p
		WHERE p.rating IS NOT NULL AND `+publicWhere+`
		GROUP BY p.agency, p.rating`, only(f.args(maxList), whereArgs...))
	if err != nil {
		return nil, fmt.Errorf("count ratings: %w", err)
	}
	all := map[string]Scores{}
	for _, r := range rows {
		x := all[r.Agency]
		x[r.Score-1] = r.N
		all[r.Agency] = x
	}
	return all, nil
}
