package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/seal"
)

// Texts lie sealed under the key of their report, each bound to its table, column
// and row: one that was moved does not open. What is published lies readable in
// tables of its own.

// errNoKeys is what a store without keys answers to who writes or reads texts.
var errNoKeys = errors.New("the store was opened without keys: texts can be neither sealed nor opened")

// erased is what is told of a report whose personal data was erased.
func erased() error {
	return fault.New(fault.Gone, "Isi laporan ini telah dihapus atas permintaan pelapornya.")
}

// newKey makes the key of a report that is being accepted.
func (t *Tx) newKey(report string) (*seal.ReportKey, error) {
	if t.s.keys == nil {
		return nil, errNoKeys
	}
	return t.s.keys.NewReportKey(report)
}

// key opens the key of a report as it lies in the database; nil if it was erased.
func (t *Tx) key(report string, wrapped []byte) (*seal.ReportKey, error) {
	switch {
	case wrapped == nil:
		return nil, nil
	case t.s.keys == nil:
		return nil, errNoKeys
	}
	return t.s.keys.OpenReportKey(report, wrapped)
}

// keyOf reads the key of a report and opens it. Errors as mustKey.
func (t *Tx) keyOf(ctx context.Context, report string) (*seal.ReportKey, error) {
	wrapped, err := many(ctx, t, pgx.RowTo[[]byte], wrappedKey, report)
	if err != nil {
		return nil, fmt.Errorf("select key of %s: %w", report, err)
	}
	return t.mustKey(report, wrapped)
}

// wrappedKey selects the key of the report $1: no row if there is no such report,
// NULL if it was erased.
const wrappedKey = `SELECT k.wrapped FROM report r LEFT JOIN report_key k ON k.report = r.id WHERE r.id = $1`

// mustKey opens the key that wrappedKey found. fault.NotFound if there is no such
// report, fault.Gone if it was erased.
func (t *Tx) mustKey(report string, wrapped [][]byte) (*seal.ReportKey, error) {
	switch {
	case len(wrapped) == 0:
		return nil, absent(pgx.ErrNoRows, report)
	case wrapped[0] == nil:
		return nil, erased()
	}
	return t.key(report, wrapped[0])
}

// The cells that are sealed.
func contentCell(column, report string) seal.Cell {
	return seal.Cell{Table: "content", Column: column, Row: report}
}

func postCell(command string, n int) seal.Cell {
	return seal.Cell{Table: "post", Column: "body", Row: fmt.Sprintf("%s#%d", command, n)}
}

// copyCell is of the one reply or follow-up that a command carries.
func copyCell(command string) seal.Cell {
	return seal.Cell{Table: "post", Column: "copy", Row: command}
}

func personCell(report string) seal.Cell {
	return seal.Cell{Table: "identity", Column: "person", Row: report}
}

func ratingCell(report string) seal.Cell {
	return seal.Cell{Table: "rating", Column: "text", Row: report}
}

// openText opens a text; it is empty where none lies, and where the report was
// erased.
func openText(k *seal.ReportKey, c seal.Cell, sealed []byte) (string, error) {
	if k == nil || sealed == nil {
		return "", nil
	}
	b, err := k.Open(c, sealed)
	return string(b), err
}

// sealText seals a text; nil for an empty one.
func sealText(k *seal.ReportKey, c seal.Cell, text string) ([]byte, error) {
	if text == "" {
		return nil, nil
	}
	return k.Seal(c, []byte(text))
}

// sealedContent is what the reporter wrote.
type sealedContent struct{ title, body, attributes []byte }

func sealContent(k *seal.ReportKey, report, title, body string, attributes map[string]string) (c sealedContent, err error) {
	if attributes == nil {
		attributes = map[string]string{}
	}
	encoded, err := json.Marshal(attributes)
	if err != nil {
		return c, fmt.Errorf("encode attributes of %s: %w", report, err)
	}
	for column, p := range map[string]struct {
		plain string
		to    *[]byte
	}{"title": {title, &c.title}, "body": {body, &c.body}, "attributes": {string(encoded), &c.attributes}} {
		if *p.to, err = sealText(k, contentCell(column, report), p.plain); err != nil {
			return c, err
		}
	}
	return c, nil
}

// open puts what the reporter wrote into a row.
func (c sealedContent) open(k *seal.ReportKey, report string, r *Row) (err error) {
	if r.Title, err = openText(k, contentCell("title", report), c.title); err != nil {
		return err
	}
	if r.Body, err = openText(k, contentCell("body", report), c.body); err != nil {
		return err
	}
	r.Attributes = map[string]string{}
	encoded, err := openText(k, contentCell("attributes", report), c.attributes)
	if err != nil || encoded == "" {
		return err
	}
	return json.Unmarshal([]byte(encoded), &r.Attributes)
}

// said is a text of a command as it lies.
type said struct {
	ID      int64
	Command string
	N       int
	Kind    TextKind
	Sealed  []byte
	SHA256  string
	Copy    []byte // redacted copy; nil: none
	CopySHA string
}

const saidColumns = `
	t.id, t.command, t.n, t.kind, t.body_sealed AS sealed, t.sha256, t.copy_sealed AS copy, coalesce(t.copy_sha256, '') AS copy_sha`

// open returns the text, or fails if it is not the one whose digest travelled.
func (s said) open(k *seal.ReportKey) (string, error) {
	text, err := openText(k, postCell(s.Command, s.N), s.Sealed)
	if err != nil {
		return "", err
	}
	if text != "" && digest(text) != s.SHA256 {
		return "", fmt.Errorf("text %d of command %s is not the one that was received", s.N, s.Command)
	}
	return text, nil
}

// openCopy returns the redacted copy; empty if there is none.
func (s said) openCopy(k *seal.ReportKey) (string, error) {
	text, err := openText(k, copyCell(s.Command), s.Copy)
	if err != nil {
		return "", err
	}
	if text != "" && digest(text) != s.CopySHA {
		return "", fmt.Errorf("the copy of the text of command %s is not the one that was confirmed", s.Command)
	}
	return text, nil
}

// public is what publishing needs to know of a report: its redacted copy, and the
// texts that may stand beside it.
type public struct {
	wrapped [][]byte
	copies  []said
	posts   []said
	person  [][]byte // of an open reporter who shows his name; none: "Pelapor"
}

// queuePublic reads it. Of a command that is about to be applied the texts count
// as applied.
func queuePublic(b *pgx.Batch, p *public, report, command string, publish bool) {
	into(b, &p.wrapped, pgx.RowTo[[]byte], wrappedKey, report)
	if publish {
		into(b, &p.copies, pgx.RowToStructByName[said], `
			SELECT `+saidColumns+`
			FROM post t
			JOIN content c ON c.report = t.report
			WHERE t.report = $1
				AND (t.id IN (c.copy_title, c.copy_body) OR t.command = $2 AND t.kind IN ('public_title', 'public_body'))
			ORDER BY t.command = $2`, report, command)
		into(b, &p.person, pgx.RowTo[[]byte], `
			SELECT person
			FROM identity
			WHERE report = $1 AND kind = 'open' AND show_name AND person IS NOT NULL`, report)
	}
	into(b, &p.posts, pgx.RowToStructByName[said], `
		SELECT `+saidColumns+`
		FROM post t
		WHERE t.report = $1
			AND (t.seq IS NOT NULL OR t.command = $2)
			AND NOT t.hold
			AND t.kind IN ('reply', 'follow_up')
			AND ($3 OR EXISTS (SELECT FROM published p WHERE p.id = $1))
			AND NOT EXISTS (SELECT FROM published_post q WHERE q.post = t.id)
		ORDER BY t.id`, report, command, publish)
}

// openPublic are the same texts, open.
type openPublic struct {
	title, body string
	reporter    string // name to be shown; empty: none
	posts       []openPost
}

type openPost struct {
	id   int64
	body string
}

// openPublic opens them. Of an erased report there is nothing to publish.
func (t *Tx) openPublic(p public, report string) (o openPublic, err error) {
	if len(p.wrapped) == 0 || p.wrapped[0] == nil {
		return o, nil
	}
	k, err := t.key(report, p.wrapped[0])
	if err != nil {
		return o, err
	}
	for _, s := range p.copies { // those of the command come last
		text, err := s.open(k)
		if err != nil {
			return o, err
		}
		if s.Kind == TextTitle {
			o.title = text
		} else {
			o.body = text
		}
	}
	if len(p.person) > 0 {
		plain, err := k.Open(personCell(report), p.person[0])
		if err != nil {
			return o, err
		}
		var who struct {
			Name string `json:"name"`
		}
		if err := json.Unmarshal(plain, &who); err != nil {
			return o, fmt.Errorf("decode identity of %s: %w", report, err)
		}
		o.reporter = who.Name
	}
	for _, s := range p.posts {
		text, err := s.open(k)
		if err != nil {
			return o, err
		}
		redacted, err := s.openCopy(k)
		if err != nil {
			return o, err
		}
		if redacted != "" {
			text = redacted
		}
		o.posts = append(o.posts, openPost{s.ID, text})
	}
	return o, nil
}

// readPublic reads and opens them in a round trip of its own.
func (t *Tx) readPublic(ctx context.Context, report string, publish bool) (openPublic, error) {
	var p public
	b := &pgx.Batch{}
	queuePublic(b, &p, report, "", publish)
	if err := t.run(ctx, b); err != nil {
		return openPublic{}, fmt.Errorf("select texts of %s: %w", report, err)
	}
	return t.openPublic(p, report)
}

// publishAgain brings the public copy of a locked report back with its thread.
func (t *Tx) publishAgain(ctx context.Context, report string, now time.Time) error {
	p, err := t.readPublic(ctx, report, true)
	if err != nil {
		return err
	}
	b := &pgx.Batch{}
	queuePublish(b, report, p, now)
	queueRefresh(b, report)
	queuePublishPosts(b, report, p, now)
	return t.run(ctx, b)
}
