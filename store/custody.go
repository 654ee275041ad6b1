package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
)

// TemplateOpened is the notice that tells a reporter that his identity was
// opened.
const TemplateOpened = "identity_opened"

// Envelope is the sealed data key of one identity for one pair of custodians.
type Envelope struct {
	First  string // opens the outer layer
	Second string // opens the inner one
	Sealed []byte
}

// IdentityRequest is one request to open a sealed identity, and how far it has come.
// Times are UTC.
type IdentityRequest struct {
	ID          string // UUID
	Report      string
	RequestedBy string // subject of the custodian who asked
	Reason      string
	At          time.Time
	ConsentedBy string     // subject of the second custodian; empty: nobody yet
	ConsentedAt *time.Time // nil: nobody yet
	OpenedAt    *time.Time // when the envelope was first handed out; nil: never
}

// Voices are the custodians who asked and agreed.
func (c IdentityRequest) Voices() []string {
	if c.ConsentedBy == "" {
		return []string{c.RequestedBy}
	}
	return []string{c.RequestedBy, c.ConsentedBy}
}

func (c IdentityRequest) utc() IdentityRequest {
	c.At = c.At.UTC()
	for _, p := range []**time.Time{&c.ConsentedAt, &c.OpenedAt} {
		if *p != nil {
			t := (*p).UTC()
			*p = &t
		}
	}
	return c
}

// Identified is what the policy needs of a report to judge who opens its identity:
// no text.
type Identified struct {
	Identity  string // open, sealed, none
	Secret    bool
	Published bool
	Stage     report.Stage
	Queue     string
	Agency    string
	Unit      string
	Accused   []string
}

// Identified returns it. fault.NotFound if there is no such report, or it is not
// the actor's to see.
func (t *Tx) Identified(ctx context.Context, id string) (Identified, error) {
	i, err := one(ctx, t, pgx.RowToStructByName[Identified], `
		SELECT i.kind AS identity, r.secret, r.published, r.stage, r.queue, coalesce(r.agency, '') AS agency,
			coalesce(r.unit, '') AS unit, ARRAY(SELECT a.agency FROM accused a WHERE a.report = r.id ORDER BY a.agency) AS accused
		FROM report r
		JOIN identity i ON i.report = r.id
		WHERE r.id = $1`, id)
	if err != nil {
		return Identified{}, absent(err, id)
	}
	return i, nil
}

func queueEnvelopes(b *pgx.Batch, id string, envelopes []Envelope) {
	if len(envelopes) == 0 {
		return
	}
	first, second, sealed := make([]string, len(envelopes)), make([]string, len(envelopes)), make([][]byte, len(envelopes))
	for i, e := range envelopes {
		first[i], second[i], sealed[i] = e.First, e.Second, e.Sealed
	}
	b.Queue(`
		INSERT INTO envelope (report, first, second, sealed)
		SELECT @report, first, second, sealed
		FROM unnest(@first::text[], @second::text[], @sealed::bytea[]) AS e (first, second, sealed)`,
		pgx.StrictNamedArgs{"report": id, "first": first, "second": second, "sealed": sealed})
}

// RequestIdentity records that a custodian asks: ID, Report, RequestedBy, Reason
// and At of c.
func (t *Tx) RequestIdentity(ctx context.Context, c IdentityRequest) error {
	_, err := t.exec(ctx, `
		INSERT INTO identity_request (id, report, requested_by, reason, at)
		VALUES (@id, @report, @by, @reason, @at)`,
		pgx.StrictNamedArgs{"id": c.ID, "report": c.Report, "by": c.RequestedBy, "reason": c.Reason, "at": c.At})
	return explain(err, "request identity of "+c.Report)
}

const custody = `
	SELECT q.id, q.report, q.requested_by, q.reason, q.at, coalesce(c.consented_by, '') AS consented_by,
		c.at AS consented_at, o.at AS opened_at
	FROM identity_request q
	LEFT JOIN identity_consent c ON c.request = q.id
	LEFT JOIN identity_opening o ON o.request = q.id`

// IdentityRequest returns one request about a report. fault.NotFound if there is none.
func (t *Tx) IdentityRequest(ctx context.Context, report, id string) (IdentityRequest, error) {
	c, err := one(ctx, t, pgx.RowToStructByName[IdentityRequest], custody+` WHERE q.report = $1 AND q.id = $2`, report, id)
	if err != nil {
		return IdentityRequest{}, explain(err, "select identity request of "+report)
	}
	return c.utc(), nil
}

// OpenIdentityRequests returns requests about sealed reports that a custodian holds
// an envelope of, asked or, once a second has agreed, agreed to after a moment: the
// latest asked first.
func (t *Tx) OpenIdentityRequests(ctx context.Context, custodian string, after time.Time, limit int) ([]IdentityRequest, error) {
	all, err := many(ctx, t, pgx.RowToStructByName[IdentityRequest], custody+`
		WHERE coalesce(c.at, q.at) > @after
			AND EXISTS (
				SELECT FROM envelope e
				WHERE e.report = q.report AND @custodian IN (e.first, e.second))
		ORDER BY q.at DESC, q.id
		LIMIT @limit`,
		pgx.StrictNamedArgs{"custodian": custodian, "after": after, "limit": limit})
	if err != nil {
		return nil, fmt.Errorf("select open identity requests: %w", err)
	}
	for i := range all {
		all[i] = all[i].utc()
	}
	return all, nil
}

// ConsentIdentity records that a second custodian agrees to a request. The first
// consent stands: another one changes nothing, and IdentityRequest tells whose it is.
// The database refuses the consent of who asked.
func (t *Tx) ConsentIdentity(ctx context.Context, id, subject string) error {
	_, err := t.exec(ctx, `
		INSERT INTO identity_consent (request, requested_by, consented_by, at)
		SELECT q.id, q.requested_by, @subject, @now
		FROM identity_request q
		WHERE q.id = @id
		ON CONFLICT (request) DO NOTHING`,
		pgx.StrictNamedArgs{"id": id, "subject": subject, "now": t.s.now()})
	return explain(err, "consent to identity request")
}

// OpenIdentity writes the trace that the reporter reads: the envelope of a
// request is about to be handed out. With the first trace the reporter gets a
// notice; without a contact the sender drops it. Repeating it changes nothing. The database
// refuses a request without a second consent.
func (t *Tx) OpenIdentity(ctx context.Context, report, id, subject string) error {
	now, b := t.s.now(), &pgx.Batch{}
	b.Queue(`
		INSERT INTO identity_opening (request, opened_by, at)
		VALUES ($1, $2, $3)
		ON CONFLICT (request) DO NOTHING`, id, subject, now)
	b.Queue(`
		INSERT INTO outbox (report, seq, dedup, template, audience, send_at, created_at)
		SELECT r.id, r.seq, concat_ws(':', r.id, @template::text, @request::text), @template, 'reporter', @now, @now
		FROM report r
		WHERE r.id = @report
		ON CONFLICT (dedup) DO NOTHING`,
		pgx.StrictNamedArgs{"report": report, "template": TemplateOpened, "request": id, "now": now})
	return explain(t.run(ctx, b), "open identity of "+report)
}

// Openings returns the requests by which the identity of a report was opened,
// oldest first.
func (t *Tx) Openings(ctx context.Context, report string) ([]IdentityRequest, error) {
	all, err := many(ctx, t, pgx.RowToStructByName[IdentityRequest], custody+`
		WHERE q.report = $1 AND o.request IS NOT NULL
		ORDER BY o.at, q.id`, report)
	if err != nil {
		return nil, fmt.Errorf("select openings of %s: %w", report, err)
	}
	for i := range all {
		all[i] = all[i].utc()
	}
	return all, nil
}

// HasEnvelope reports whether the identity of a report was sealed to this pair
// of custodians, in whatever order they are named.
func (t *Tx) HasEnvelope(ctx context.Context, report, a, b string) (bool, error) {
	has, err := one(ctx, t, pgx.RowTo[bool], `
		SELECT EXISTS (
			SELECT FROM envelope
			WHERE report = $1 AND (first, second) IN (($2, $3), ($3, $2)))`, report, a, b)
	return has, explain(err, "look for envelope of "+report)
}

// Holds reports whether a custodian is of any pair that the identity of a report
// was sealed to.
func (t *Tx) Holds(ctx context.Context, report, custodian string) (bool, error) {
	has, err := one(ctx, t, pgx.RowTo[bool],
		`SELECT EXISTS (SELECT FROM envelope WHERE report = $1 AND $2 IN (first, second))`, report, custodian)
	return has, explain(err, "look for envelope of "+report)
}

// SealedIdentity returns the sealed identity of a report, and the envelope of the
// pair of an opened request. fault.NotFound if the request was not opened, or
// there is no envelope: what has left no trace is not handed out.
func (t *Tx) SealedIdentity(ctx context.Context, report, request string) (person []byte, e Envelope, err error) {
	type row struct {
		Person []byte
		Envelope
	}
	r, err := one(ctx, t, pgx.RowToStructByName[row], `
		SELECT i.person, e.first, e.second, e.sealed
		FROM identity_request q
		JOIN identity_consent c ON c.request = q.id
		JOIN identity_opening o ON o.request = q.id
		JOIN envelope e ON e.report = q.report AND (e.first, e.second) IN
			((q.requested_by, c.consented_by), (c.consented_by, q.requested_by))
		JOIN identity i ON i.report = q.report
		WHERE q.report = $1 AND q.id = $2 AND i.person IS NOT NULL`, report, request)
	if err != nil {
		return nil, Envelope{}, explain(err, "select sealed identity of "+report)
	}
	return r.Person, r.Envelope, nil
}

// OpenIdentityText returns the open identity of a report as it was filed.
// fault.NotFound if there is no such report or no open identity, fault.Gone if it
// was erased.
func (t *Tx) OpenIdentityText(ctx context.Context, report string) ([]byte, error) {
	type row struct{ Wrapped, Person []byte }
	r, err := one(ctx, t, pgx.RowToStructByName[row], `
		SELECT k.wrapped, i.person
		FROM identity i
		LEFT JOIN report_key k ON k.report = i.report
		WHERE i.report = $1 AND i.kind = 'open'`, report)
	if err != nil {
		return nil, explain(err, "select identity of "+report)
	}
	key, err := t.mustKey(report, [][]byte{r.Wrapped})
	if err != nil {
		return nil, err
	}
	return key.Open(personCell(report), r.Person)
}

// OldIdentity is a sealed identity that has no envelope yet: one of the build
// before custodians.
type OldIdentity struct {
	Report string
	Person []byte // as that build sealed it
}

// OldIdentities returns old identities of reports after one id, by id, and keeps
// other takers from them until the transaction ends.
func (t *Tx) OldIdentities(ctx context.Context, after string, limit int) ([]OldIdentity, error) {
	old, err := many(ctx, t, pgx.RowToStructByName[OldIdentity], `
		SELECT i.report, i.person
		FROM identity i
		WHERE i.kind = 'sealed' AND i.person IS NOT NULL AND i.report > $1
			AND NOT EXISTS (SELECT FROM envelope e WHERE e.report = i.report)
		ORDER BY i.report
		LIMIT $2
		FOR UPDATE SKIP LOCKED`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("select old identities: %w", err)
	}
	return old, nil
}

// Reseal puts another sealed identity in the place of an old one, with its
// envelopes. The old ciphertext is gone when the transaction commits.
// fault.NotFound if the report has no sealed identity.
func (t *Tx) Reseal(ctx context.Context, report string, person []byte, envelopes []Envelope) error {
	n, err := t.exec(ctx, `
		UPDATE identity
		SET person = $2
		WHERE report = $1 AND kind = 'sealed' AND person IS NOT NULL`, report, person)
	if err != nil {
		return explain(err, "seal identity of "+report)
	}
	if n == 0 {
		return fault.New(fault.NotFound, "Laporan tidak ditemukan.")
	}
	b := &pgx.Batch{}
	b.Queue(`DELETE FROM envelope WHERE report = $1`, report)
	queueEnvelopes(b, report, envelopes)
	return explain(t.run(ctx, b), "insert envelopes of "+report)
}
