package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Template is a short text that a unit uses again [templat tanggapan].
type Template struct {
	ID      string // letters, digits, dots, dashes; of all units together
	Unit    string
	Name    string
	Text    string
	Subject string    // who wrote it last
	At      time.Time // when, UTC
}

const templateColumns = `id, unit, name, body AS text, subject, at`

// Templates returns the templates of units, by unit and name.
func (t *Tx) Templates(ctx context.Context, units []string) ([]Template, error) {
	all, err := many(ctx, t, pgx.RowToStructByName[Template], `
		SELECT `+templateColumns+`
		FROM template
		WHERE unit = ANY ($1)
		ORDER BY unit, name, id`, units)
	if err != nil {
		return nil, fmt.Errorf("select templates: %w", err)
	}
	for i := range all {
		all[i].At = all[i].At.UTC()
	}
	return all, nil
}

// Template returns a template and keeps others from changing it until the transaction
// ends. fault.NotFound if there is none.
func (t *Tx) Template(ctx context.Context, id string) (Template, error) {
	n, err := one(ctx, t, pgx.RowToStructByName[Template], `
		SELECT `+templateColumns+`
		FROM template
		WHERE id = $1
		FOR UPDATE`, id)
	n.At = n.At.UTC()
	return n, explain(err, "select template "+id)
}

// PutTemplate writes a template in the name of the transaction's actor, and returns
// it. fault.Invalid naming the field if id or unit is not one.
func (t *Tx) PutTemplate(ctx context.Context, n Template) (Template, error) {
	n.Subject, n.At = t.actor.Subject, t.s.now()
	_, err := t.exec(ctx, `
		INSERT INTO template (id, unit, name, body, subject, at)
		VALUES (@id, @unit, @name, @text, @subject, @at)
		ON CONFLICT (id) DO UPDATE
		SET unit = excluded.unit, name = excluded.name, body = excluded.body, subject = excluded.subject, at = excluded.at`,
		pgx.StrictNamedArgs{"id": n.ID, "unit": n.Unit, "name": n.Name, "text": n.Text, "subject": n.Subject, "at": n.At})
	return n, explain(err, "put template "+n.ID)
}

// DeleteTemplate deletes a template. Repeating it does nothing.
func (t *Tx) DeleteTemplate(ctx context.Context, id string) error {
	_, err := t.exec(ctx, `DELETE FROM template WHERE id = $1`, id)
	return explain(err, "delete template "+id)
}
