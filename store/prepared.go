package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/internal/seal"
)

// PreparedCopy is the redacted copy of a report that waits to be forwarded.
type PreparedCopy struct {
	Title   string
	Body    string
	Subject string    // of the administrator who confirmed it
	At      time.Time // when, UTC
}

func preparedCell(column, report string) seal.Cell {
	return seal.Cell{Table: "prepared_copy", Column: column, Row: report}
}

// PrepareCopy keeps the redacted copy that the next forward of a report carries, in
// the place of the one before, and returns it with its time. Nothing is published
// by it. fault.NotFound if there is no such report, fault.Gone if it was erased.
func (t *Tx) PrepareCopy(ctx context.Context, report, title, body string) (PreparedCopy, error) {
	key, err := t.keyOf(ctx, report)
	if err != nil {
		return PreparedCopy{}, err
	}
	p := PreparedCopy{Title: title, Body: body, Subject: t.actor.Subject, At: t.s.now()}
	sealedTitle, err := key.Seal(preparedCell("title", report), []byte(title))
	if err != nil {
		return PreparedCopy{}, err
	}
	sealedBody, err := key.Seal(preparedCell("body", report), []byte(body))
	if err != nil {
		return PreparedCopy{}, err
	}
	_, err = t.exec(ctx, `
		INSERT INTO prepared_copy (report, title_sealed, body_sealed, subject, at)
		VALUES (@report, @title, @body, @subject, @at)
		ON CONFLICT (report) DO UPDATE
		SET title_sealed = excluded.title_sealed, body_sealed = excluded.body_sealed, subject = excluded.subject, at = excluded.at`,
		pgx.StrictNamedArgs{"report": report, "title": sealedTitle, "body": sealedBody, "subject": p.Subject, "at": p.At})
	return p, explain(err, "prepare copy of "+report)
}

// preparedRow is one as it lies.
type preparedRow struct {
	Title   []byte
	Body    []byte
	Subject string
	At      time.Time
}

func queuePrepared(b *pgx.Batch, found *[]preparedRow, report string) {
	into(b, found, pgx.RowToStructByName[preparedRow], `
		SELECT title_sealed AS title, body_sealed AS body, subject, at
		FROM prepared_copy
		WHERE report = $1`, report)
}

// open puts it into the row of its report.
func (r preparedRow) open(key *seal.ReportKey, report string, row *Row) error {
	if key == nil { // erased
		return nil
	}
	p := PreparedCopy{Subject: r.Subject, At: r.At.UTC()}
	var err error
	if p.Title, err = openText(key, preparedCell("title", report), r.Title); err != nil {
		return err
	}
	if p.Body, err = openText(key, preparedCell("body", report), r.Body); err != nil {
		return err
	}
	row.Prepared = &p
	return nil
}
