package store

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/internal/fault"
)

// CodeOpens reports whether mac is that of the report's access code, or of the
// one offered in its place: using that one makes it the code. It is compared in
// constant time; an unknown report is opened by nothing.
func (t *Tx) CodeOpens(ctx context.Context, id string, mac []byte) (bool, error) {
	type row struct{ MAC, Offered []byte }
	kept, err := one(ctx, t, pgx.RowToStructByPos[row], `SELECT mac, offered FROM access WHERE report = $1`, id)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return false, fmt.Errorf("select access of %s: %w", id, err)
	}
	opens := len(kept.MAC) > 0 && subtle.ConstantTimeCompare(kept.MAC, mac) == 1
	if len(kept.Offered) > 0 && subtle.ConstantTimeCompare(kept.Offered, mac) == 1 {
		return true, t.ReplaceCode(ctx, id, mac)
	}
	return opens, nil
}

// OfferCode puts another access code beside the present one, which lives until
// the other is used or ReplaceCode is called. An earlier offer dies.
// fault.NotFound for an unknown report.
func (t *Tx) OfferCode(ctx context.Context, id string, mac []byte) error {
	n, err := t.exec(ctx, `UPDATE access SET offered = $2 WHERE report = $1`, id, mac)
	if err != nil {
		return explain(err, "offer access code of "+id)
	}
	if n == 0 {
		return fault.New(fault.NotFound, "Laporan tidak ditemukan.")
	}
	return nil
}

// ReplaceCode gives the report another access code; the old one dies.
// fault.NotFound for an unknown report.
func (t *Tx) ReplaceCode(ctx context.Context, id string, mac []byte) error {
	var n int
	err := t.byLaw(ctx, func() (err error) { // the new code is not the one by which the actor sees the row
		n, err = t.exec(ctx, `
			UPDATE access
			SET mac = $2, offered = NULL, replaced_at = $3
			WHERE report = $1`, id, mac, t.s.now())
		return err
	})
	if err != nil {
		return explain(err, "replace access code of "+id)
	}
	if n == 0 {
		return fault.New(fault.NotFound, "Laporan tidak ditemukan.")
	}
	return nil
}
