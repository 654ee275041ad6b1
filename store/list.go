package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/report"
)

// Limits of lists: the default, and the most that one list and one map hold.
const (
	defaultLimit = 50
	maxList      = 100
	maxMap       = 2000
)

// args are the named arguments of the filter's conditions.
func (f Filter) args(most int) pgx.StrictNamedArgs {
	a := pgx.StrictNamedArgs{
		"category": nonzero(f.Category), "agency": nonzero(f.Agency), "region": nonzero(f.Region), "stage": nonzero(f.Stage), "class": nonzero(f.Class),
		"late": f.Late, "q": nonzero(f.Q), "id": nil, "since": nonzero(f.Since), "until": nonzero(f.Until), "limit": defaultLimit,
		"west": nil, "south": nil, "east": nil, "north": nil, "after_at": nil, "after_id": nil,
	}
	if f.Limit > 0 {
		a["limit"] = min(f.Limit, most)
	}
	if id, err := report.ParseID(f.Q); err == nil {
		a["id"] = id
	}
	if f.BBox != nil {
		a["west"], a["south"], a["east"], a["north"] = f.BBox[0], f.BBox[1], f.BBox[2], f.BBox[3]
	}
	if f.After != nil {
		a["after_at"], a["after_id"] = f.After.At, f.After.ID
	}
	return a
}

// only keeps the named arguments: a statement that does not page has no use for
// the others, and StrictNamedArgs refuses what is not used.
func only(a pgx.StrictNamedArgs, names ...string) pgx.StrictNamedArgs {
	for k := range a {
		if !slices.Contains(names, k) {
			delete(a, k)
		}
	}
	return a
}

// publicWhere are the conditions of the filter on published p, its point and
// place in the list apart, for what reads all rows anyway. Lists and map have
// narrowed.
const publicWhere = `
	(@category::text IS NULL OR p.category = ANY (ARRAY(SELECT categories_below(@category))))
	AND (@agency::text IS NULL OR p.agency = ANY (ARRAY(SELECT units_below(@agency))))
	AND (@region::text IS NULL OR p.region = ANY (ARRAY(SELECT regions_below(@region))))
	AND (@stage::text IS NULL OR p.stage = @stage)
	AND (@class::text IS NULL OR p.class = @class)
	AND (@late::boolean IS NULL OR ` + publicLate + ` = @late)
	AND (@since::timestamptz IS NULL OR p.published_at >= @since)
	AND (@until::timestamptz IS NULL OR p.published_at < @until)
	AND (@q::text IS NULL OR p.words @@ plainto_tsquery('simple', @q) OR p.id = @id::text)`

var whereArgs = []string{"category", "agency", "region", "stage", "class", "late", "since", "until", "q", "id"}

// publicCard are the columns of a card of p; publicState has its clocks k.
const publicCard = `
	p.id, p.title, p.category, p.agency, p.region, p.class, p.stage, p.accepted, p.secret,
	k.late, p.published_at AS at, k.due_at, p.lat, p.long`

// visible are the reports r that the actor may read, as the policy's Read has
// it: for administrators those queued in the subtree of their unit and, unless
// secret, those addressed to it; for officers those that units of their subtree
// hold, secret ones within the addressed agency only, for heads those unless
// secret; for either what was escalated to them, a secret one too; for auditors
// all, for supervisors all but secret ones. Administrators of the national level
// see all queues. Never one that accuses the actor's unit or one above it.
// Row-level security says the same again (migrations/00019_rls.sql).
const visible = `
	('auditor' = ANY (@roles::text[])
		OR ('supervisor' = ANY (@roles) AND NOT r.secret)
		OR ('admin' = ANY (@roles)
			AND (` + overQueue + ` OR (NOT r.secret AND r.agency = ANY (ARRAY(SELECT units_below(@unit))))))
		OR (((@roles && ARRAY['officer', 'integrator'] AND (NOT r.secret OR r.agency = ANY (ARRAY(SELECT units_above(@unit)))))
				OR ('head' = ANY (@roles) AND NOT r.secret))
			AND (r.agency = ANY (ARRAY(SELECT units_below(@unit))) OR r.unit = ANY (ARRAY(SELECT units_below(@unit)))))
		OR (EXISTS (SELECT FROM escalation e WHERE e.report = r.id AND e.unit = @unit AND e.role = ANY (@roles))
			AND ARRAY[r.queue, r.agency, r.unit] && ARRAY(SELECT units_below(@unit))))
	AND NOT EXISTS (
		SELECT FROM accused x
		WHERE x.report = r.id AND x.agency = ANY (ARRAY(SELECT units_above(@unit))))`

const overQueue = `(@national OR r.queue = ANY (ARRAY(SELECT units_below(@unit))))`

// original is true where the actor may know the reporter's own words: whoever
// is not over the queue reads the redacted copy of a report whose reporter is
// not open.
const original = `(i.kind = 'open' OR 'auditor' = ANY (@roles) OR ('admin' = ANY (@roles) AND ` + overQueue + `))`

// staffLat and staffLong are the point as the actor may know it: else the centre
// of its grid cell, as in the public copy.
const (
	staffLat  = `CASE WHEN ` + original + ` THEN c.lat ELSE (floor(c.lat * 100) + 0.5) / 100 END`
	staffLong = `CASE WHEN ` + original + ` THEN c.long ELSE (floor(c.long * 100) + 0.5) / 100 END`
)

const staffWhere = `
	(@category::text IS NULL OR r.category = ANY (ARRAY(SELECT categories_below(@category))))
	AND (@agency::text IS NULL OR r.agency = ANY (ARRAY(SELECT units_below(@agency))))
	AND (@region::text IS NULL OR r.region = ANY (ARRAY(SELECT regions_below(@region))))
	AND (@stage::text IS NULL OR r.stage = @stage)
	AND (@class::text IS NULL OR r.class = @class)
	AND (@late::boolean IS NULL OR ` + runsLate + ` = @late)
	AND (@since::timestamptz IS NULL OR r.accepted_at >= @since)
	AND (@until::timestamptz IS NULL OR r.accepted_at < @until)
	AND (@q::text IS NULL OR r.id = @id::text OR EXISTS (
		SELECT FROM published p
		WHERE p.id = r.id AND p.words @@ plainto_tsquery('simple', @q)))`

const staffWithin = `(@west::float8 IS NULL OR (` + staffLong + ` BETWEEN @west AND @east AND ` + staffLat + ` BETWEEN @south::float8 AND @north::float8))`

// staffCard has the original title only where the reader may know it, else that of
// the redacted copy. Its subqueries are run for the rows of the page alone.
const staffCard = `
	r.id, '' AS title,
	(SELECT k.wrapped FROM report_key k WHERE k.report = r.id) AS wrapped,
	CASE WHEN ` + original + ` THEN c.title_sealed END AS original,
	CASE WHEN NOT ` + original + ` THEN (
		SELECT jsonb_build_object('Command', t.command, 'N', t.n, 'Sealed', encode(t.body_sealed, 'base64'), 'SHA256', t.sha256)
		FROM post t
		WHERE t.id = c.copy_title) END AS copy,
	r.category, coalesce(r.agency, '') AS agency, r.region, r.class, r.stage,
	coalesce((r.state ->> 'accepted')::boolean, false) AS accepted, r.secret, ` + runsLate + ` AS late,
	r.accepted_at AS at, ` + nearestDue + ` AS due_at,
	` + staffLat + ` AS lat, ` + staffLong + ` AS long`

const staffFrom = `
	report r
	JOIN content c ON c.report = r.id
	JOIN identity i ON i.report = r.id`

func (t *Tx) withActor(a pgx.StrictNamedArgs) pgx.StrictNamedArgs {
	a["unit"], a["roles"], a["national"] = t.actor.Unit, t.actor.Roles, t.national()
	if t.actor.Roles == nil {
		a["roles"] = []string{}
	}
	return a
}

// StaffList returns the reports that the transaction's actor may see and that
// fit the filter, the latest accepted first, then by id, at most 100 (Limit 0:
// 50). Q finds tracking ids and words of published texts.
func (t *Tx) StaffList(ctx context.Context, f Filter) ([]Card, error) {
	rows, err := many(ctx, t, pgx.RowToStructByName[staffRow], `
		SELECT `+staffCard+`
		FROM `+staffFrom+`
		WHERE `+visible+` AND `+staffWhere+`
			AND `+staffWithin+`
			AND (@after_at::timestamptz IS NULL OR (r.accepted_at, r.id) < (@after_at, @after_id::text))
		ORDER BY r.accepted_at DESC, r.id DESC
		LIMIT @limit`, t.withActor(f.args(maxList)))
	if err != nil {
		return nil, fmt.Errorf("select reports: %w", err)
	}
	return t.cards(rows)
}

type staffRow struct {
	Card
	Wrapped  []byte
	Original []byte // the reporter's title, sealed
	Copy     *said  // else that of the redacted copy
}

// cards opens the titles.
func (t *Tx) cards(rows []staffRow) ([]Card, error) {
	cards := make([]Card, len(rows))
	for i, r := range rows {
		cards[i] = r.Card
		key, err := t.key(r.ID, r.Wrapped)
		if err != nil {
			return nil, err
		}
		if r.Copy != nil {
			cards[i].Title, err = r.Copy.open(key)
		} else {
			cards[i].Title, err = openText(key, contentCell("title", r.ID), r.Original)
		}
		if err != nil {
			return nil, err
		}
	}
	return inUTC(cards), nil
}

// Queue returns what waits for the transaction's actor, the most urgent first:
// for administrators what is to be verified in queues of their subtree, and
// extensions asked within it; for officers what units of their subtree hold. Of
// that what fits the filter, in which After has no meaning, at most 100 (Limit 0: 50).
func (t *Tx) Queue(ctx context.Context, f Filter) ([]Card, error) {
	args := f.args(maxList)
	delete(args, "after_at")
	delete(args, "after_id")
	rows, err := many(ctx, t, pgx.RowToStructByName[staffRow], `
		SELECT `+staffCard+`
		FROM `+staffFrom+`
		WHERE `+visible+` AND `+staffWhere+` AND `+staffWithin+`
			AND (('admin' = ANY (@roles)
					AND (r.stage = 'verification' OR (r.stage = 'follow_up' AND r.asked))
					AND (@national OR CASE WHEN r.asked THEN r.agency ELSE r.queue END = ANY (ARRAY(SELECT units_below(@unit)))))
				OR (@roles && ARRAY['officer', 'integrator']
					AND r.stage = 'follow_up'
					AND (@national OR coalesce(r.unit, r.agency) = ANY (ARRAY(SELECT units_below(@unit))))))
		ORDER BY due_at NULLS LAST, r.id
		LIMIT @limit`, t.withActor(args))
	if err != nil {
		return nil, fmt.Errorf("select queue: %w", err)
	}
	return t.cards(rows)
}

func inUTC(cards []Card) []Card {
	for i := range cards {
		cards[i].At, cards[i].DueAt = cards[i].At.UTC(), utc(cards[i].DueAt)
	}
	return cards
}

type publicRow struct {
	Card
	Body        string
	PublishedAt time.Time
	UpdatedAt   time.Time
	Channel     string
	Round       int
	MergedTo    *string
	Reporter    *string
	Clocks      []report.Clock
	Thread      []publicPost
	Rating      *int
	RatedAt     *time.Time
}

type publicPost struct {
	Seq      int                 `json:"seq"`
	Kind     TextKind            `json:"kind"`
	Role     report.Role         `json:"role"`
	Office   string              `json:"office"`
	FollowUp report.FollowUpKind `json:"follow_up"`
	Body     string              `json:"body"`
	SHA256   string              `json:"sha256"`
	At       time.Time           `json:"at"`
}

// PublicReport returns a published report with its thread; a merged one shows
// that of its target. fault.NotFound if there is no public copy, whatever the
// reason. One round trip.
func (s *Store) PublicReport(ctx context.Context, id string) (PublicRow, error) {
	rows, err := list[publicRow](ctx, s.pool, `
		SELECT `+publicCard+`, p.body, p.published_at, `+publicUpdated+` AS updated_at, p.channel, p.round, p.merged_to, p.reporter, `+publicClocks+` AS clocks,
			p.rating, p.rated_at, (
				SELECT coalesce(jsonb_agg(to_jsonb(q) - 'post' - 'report' - 'n' ORDER BY q.seq, q.n), '[]')
				FROM published_post q
				WHERE q.report = coalesce(p.merged_to, p.id)) AS thread
		FROM published p
		CROSS JOIN LATERAL `+publicState+` k
		WHERE p.id = $1`, id)
	if err == nil && len(rows) == 0 {
		err = pgx.ErrNoRows
	}
	if err != nil {
		return PublicRow{}, absent(err, id)
	}
	return rows[0].public(), nil
}

func (r publicRow) public() PublicRow {
	p := PublicRow{
		Card: inUTC([]Card{r.Card})[0], Body: r.Body, PublishedAt: r.PublishedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
		Channel: r.Channel, Round: r.Round, MergedTo: zero(r.MergedTo), Reporter: zero(r.Reporter),
		Clocks: micro(report.State{Clocks: r.Clocks}).Clocks, Thread: make([]Post, len(r.Thread)),
	}
	for i, q := range r.Thread {
		p.Thread[i] = Post{
			Seq: q.Seq, Kind: q.Kind, Role: q.Role, Office: q.Office, FollowUp: q.FollowUp, Body: q.Body, SHA256: q.SHA256,
			At: q.At.UTC(), Published: true,
		}
	}
	if r.Rating != nil {
		p.Rating = &Rating{Score: *r.Rating, RatedAt: r.RatedAt.UTC()}
	}
	return p
}
