package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/internal/seal"
)

// sealOldLock is held by who seals: a second one must see what the first wrote.
const sealOldLock = 0x7365616c // "seal"

// sealBatch is how many reports of an earlier build one transaction seals.
const sealBatch = 100

// SealOld moves what an earlier build left readable under keys of the reports, and
// returns of how many. Before it is done nobody is to be served: such texts are not
// read where they lay. It goes on where it was interrupted; repeating it changes
// nothing, and two at once wait for each other.
func (s *Store) SealOld(ctx context.Context) (int, error) {
	done := 0
	for {
		n := 0
		err := s.As(ctx, Actor{Kind: Worker}, func(ctx context.Context, tx *Tx) (err error) {
			n, err = tx.sealOld(ctx)
			return err
		})
		if done += n; err != nil || n == 0 {
			return done, err
		}
	}
}

// oldRow is a report as an earlier build wrote it.
type oldRow struct {
	ID         string
	Title      string
	Body       string
	Attributes map[string]string
	Identity   string
	Person     []byte
	Rating     *string
}

func (t *Tx) sealOld(ctx context.Context) (int, error) {
	var rows []oldRow
	b := &pgx.Batch{}
	b.Queue(`SELECT pg_advisory_xact_lock($1)`, sealOldLock)
	into(b, &rows, pgx.RowToStructByName[oldRow], `
		WITH old AS (
			SELECT r.id
			FROM report r
			WHERE NOT EXISTS (SELECT FROM report_key k WHERE k.report = r.id)
				AND NOT EXISTS (SELECT FROM erasure e WHERE e.report = r.id)
			ORDER BY r.id
			LIMIT $1
			FOR UPDATE)
		SELECT old.id, coalesce(c.title, '') AS title, coalesce(c.body, '') AS body, coalesce(c.attributes, '{}') AS attributes,
			i.kind AS identity, i.person, g.text AS rating
		FROM old
		JOIN content c ON c.report = old.id
		JOIN identity i ON i.report = old.id
		LEFT JOIN rating g ON g.report = old.id`, sealBatch)
	if err := t.run(ctx, b); err != nil {
		return 0, fmt.Errorf("select reports of an earlier build: %w", err)
	}
	b = &pgx.Batch{}
	for _, r := range rows {
		if err := t.queueSealOld(ctx, b, r); err != nil {
			return 0, err
		}
	}
	if err := t.run(ctx, b); err != nil {
		return 0, fmt.Errorf("seal reports of an earlier build: %w", err)
	}
	return len(rows), nil
}

func (t *Tx) queueSealOld(ctx context.Context, b *pgx.Batch, r oldRow) error {
	key, err := t.newKey(r.ID)
	if err != nil {
		return err
	}
	c, err := sealContent(key, r.ID, r.Title, r.Body, r.Attributes)
	if err != nil {
		return err
	}
	rating, err := sealText(key, ratingCell(r.ID), zero(r.Rating))
	if err != nil {
		return err
	}
	b.Queue(`INSERT INTO report_key (report, wrapped) VALUES ($1, $2)`, r.ID, key.Wrapped)
	b.Queue(`
		UPDATE content
		SET title_sealed = @title, body_sealed = @body, attributes_sealed = @attributes, title = NULL, body = NULL, attributes = NULL
		WHERE report = @report`,
		pgx.StrictNamedArgs{"report": r.ID, "title": c.title, "body": c.body, "attributes": c.attributes})
	if rating != nil {
		b.Queue(`UPDATE rating SET text_sealed = $2, text = NULL WHERE report = $1`, r.ID, rating)
	}
	if r.Identity == identityOpen && r.Person != nil {
		person, err := t.s.keys.OpenField("identity", r.ID, r.Person)
		if err != nil {
			t.s.log.ErrorContext(ctx, "identity of an earlier build not opened", "error", err)
			person = nil
		}
		if person != nil {
			if person, err = key.Seal(personCell(r.ID), person); err != nil {
				return err
			}
			b.Queue(`UPDATE identity SET person = $2 WHERE report = $1`, r.ID, person)
		}
	}
	return t.queueSealOldPosts(ctx, b, r.ID, key)
}

func (t *Tx) queueSealOldPosts(ctx context.Context, b *pgx.Batch, report string, key *seal.ReportKey) error {
	type row struct {
		ID      int64
		Command string
		N       int
		Body    string
	}
	posts, err := many(ctx, t, pgx.RowToStructByName[row], `
		SELECT id, command, n, body
		FROM post
		WHERE report = $1 AND body IS NOT NULL`, report)
	if err != nil {
		return fmt.Errorf("select texts of %s: %w", report, err)
	}
	for _, p := range posts {
		sealed, err := key.Seal(postCell(p.Command, p.N), []byte(p.Body))
		if err != nil {
			return err
		}
		b.Queue(`UPDATE post SET body_sealed = $2, body = NULL WHERE id = $1`, p.ID, sealed)
	}
	return nil
}
