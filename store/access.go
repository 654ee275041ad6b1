package store

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/internal/fault"
)

// CodeOpens reports whether mac is that of the report's access code. It is
// compared in constant time; an unknown report is opened by nothing.
func (t *Tx) CodeOpens(ctx context.Context, id string, mac []byte) (bool, error) {
	kept, err := one(ctx, t, pgx.RowTo[[]byte], `SELECT mac FROM access WHERE report = $1`, id)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return false, fmt.Errorf("select access of %s: %w", id, err)
	}
	return len(kept) > 0 && subtle.ConstantTimeCompare(kept, mac) == 1, nil
}

// ReplaceCode gives the report another access code; the old one dies.
// fault.NotFound for an unknown report.
func (t *Tx) ReplaceCode(ctx context.Context, id string, mac []byte) error {
	n, err := t.exec(ctx, `
		UPDATE access
		SET mac = $2, replaced_at = $3
		WHERE report = $1`, id, mac, t.s.now())
	if err != nil {
		return explain(err, "replace access code of "+id)
	}
	if n == 0 {
		return fault.New(fault.NotFound, "Laporan tidak ditemukan.")
	}
	return nil
}
