package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// PutRating records the reporter's judgement; the last one counts. The public
// copy shows its score. fault.NotFound for an unknown report, fault.Gone for an erased one, fault.Invalid for
// a score outside 1 to 4.
func (t *Tx) PutRating(ctx context.Context, id string, r Rating) error {
	key, err := t.keyOf(ctx, id)
	if err != nil {
		return fmt.Errorf("rate report %s: %w", id, err)
	}
	text, err := sealText(key, ratingCell(id), r.Text)
	if err != nil {
		return err
	}
	b := &pgx.Batch{}
	b.Queue(`
		INSERT INTO rating (report, score, text_sealed, rated_at)
		VALUES (@report, @score, @text, @at)
		ON CONFLICT (report) DO UPDATE
		SET score = excluded.score, text_sealed = excluded.text_sealed, rated_at = excluded.rated_at`,
		pgx.StrictNamedArgs{"report": id, "score": r.Score, "text": text, "at": r.RatedAt})
	b.Queue(`UPDATE published SET rating = $2, rated_at = $3 WHERE id = $1`, id, r.Score, r.RatedAt)
	return explain(t.run(ctx, b), "rate report "+id)
}
