package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/internal/chain"
)

// queueTakeDown removes the public copy and its thread, and notes it in the audit
// log if there was one.
func queueTakeDown(b *pgx.Batch, id string, now time.Time) {
	b.Queue(`
		WITH gone AS (
			DELETE FROM published
			WHERE id = $1
			RETURNING id)
		INSERT INTO audit (at, kind, subject, unit, roles, action, report, allowed, detail)
		SELECT $2, `+by+`, '`+chain.Unpublish+`', id, true, '{}'
		FROM gone`, id, now)
}

// queuePublish makes or renews the public copy from the latest redacted texts.
// Nothing is published while an accepted command to make the report secret
// waits. The point of a report whose reporter is not open becomes the centre of
// its grid cell of 0.01 degrees (about 1.1 km), the same way every time. The
// digests of the texts go to the audit log.
func queuePublish(b *pgx.Batch, id string, p openPublic, now time.Time) {
	b.Queue(`
		WITH copy AS (
		INSERT INTO published (
			id, title, body, category, agency, region, class, channel, stage, round, accepted, lat, long,
			late_units, published_at, updated_at, reporter)
		SELECT
			r.id, @title, @body, r.category, coalesce(r.agency, (
				SELECT f.unit FROM clock f
				WHERE f.report = r.id AND f.kind = 'first_follow_up'
				ORDER BY f.seq DESC
				LIMIT 1)),
			r.region, r.class, r.channel, r.stage, 0, false,
			CASE WHEN i.kind = 'open' THEN c.lat ELSE (floor(c.lat * 100) + 0.5) / 100 END,
			CASE WHEN i.kind = 'open' THEN c.long ELSE (floor(c.long * 100) + 0.5) / 100 END,
			'{}', @now, @now, @reporter
		FROM report r
		JOIN content c ON c.report = r.id
		JOIN identity i ON i.report = r.id
		WHERE r.id = @id
			AND r.published
			AND NOT EXISTS (SELECT FROM erasure e WHERE e.report = r.id)
			AND NOT EXISTS (
				SELECT FROM command m
				WHERE m.report = r.id AND m.action = 'make_secret' AND m.state = 'waiting')
		ON CONFLICT (id) DO UPDATE
		SET title = excluded.title, body = excluded.body, reporter = excluded.reporter
		RETURNING id, title, body)
		INSERT INTO audit (at, kind, subject, unit, roles, action, report, allowed, detail)
		SELECT @now, `+by+`, '`+chain.Publish+`', id, true, jsonb_build_object(
			'title', encode(sha256(convert_to(title, 'UTF8')), 'hex'),
			'body', encode(sha256(convert_to(body, 'UTF8')), 'hex'))
		FROM copy`, pgx.StrictNamedArgs{"id": id, "title": nonzero(p.title), "body": nonzero(p.body), "reporter": nonzero(p.reporter), "now": now})
}

// queueRefresh brings the public copy, if there is one, up to the read model.
// A report that was returned shows the agency it was last addressed to.
func queueRefresh(b *pgx.Batch, id string) {
	b.Queue(refresh+` WHERE p.id = $1 AND r.id = p.id`, id)
}

// refresh brings public copies p up to their reports r.
const refresh = `
	UPDATE published p
	SET category = r.category,
		agency = coalesce(r.agency, p.agency),
		region = r.region,
		class = r.class,
		stage = r.stage,
		round = (r.state ->> 'round')::integer,
		accepted = coalesce((r.state ->> 'accepted')::boolean, false),
		merged_to = r.merged_to,
		late_units = ARRAY(
			SELECT c.unit FROM clock c
			WHERE c.report = r.id AND c.late_at IS NOT NULL
			ORDER BY c.seq, c.kind),
		concluded_days = r.concluded_days,
		rating = g.score,
		rated_at = g.rated_at,
		updated_at = r.updated_at
	FROM report r
	LEFT JOIN rating g ON g.report = r.id`

// queuePublishPosts puts the applied texts that the public may read beside the
// public copy, if there is one, and their digests into the audit log.
func queuePublishPosts(b *pgx.Batch, id string, p openPublic, now time.Time) {
	for _, post := range p.posts {
		queuePublishPost(b, id, post, now)
	}
}

func queuePublishPost(b *pgx.Batch, id string, p openPost, now time.Time) {
	b.Queue(`
		WITH put AS (
		INSERT INTO published_post (post, report, seq, n, kind, role, office, follow_up, body, sha256, at)
		SELECT t.id, t.report, t.seq, t.n, t.kind, t.role, t.office, t.follow_up, @body, @sha256, t.at
		FROM post t
		JOIN published p ON p.id = t.report
		WHERE t.report = @id
			AND t.id = @post
			AND t.seq IS NOT NULL
			AND NOT t.hold
			AND t.kind IN ('reply', 'follow_up')
		ON CONFLICT (post) DO NOTHING
		RETURNING post, report, sha256)
		INSERT INTO audit (at, kind, subject, unit, roles, action, report, allowed, detail)
		SELECT @now, `+by+`, '`+chain.Publish+`', put.report, true,
			jsonb_build_object('command', t.command, 'n', t.n, 'sha256', put.sha256)
		FROM put
		JOIN post t ON t.id = put.post`,
		pgx.StrictNamedArgs{"id": id, "post": p.id, "body": p.body, "sha256": digest(p.body), "now": now})
}

// Published reports whether a report has a public copy.
func (t *Tx) Published(ctx context.Context, id string) (bool, error) {
	is, err := one(ctx, t, pgx.RowTo[bool], `SELECT EXISTS (SELECT FROM published WHERE id = $1)`, id)
	return is, explain(err, "select published "+id)
}
