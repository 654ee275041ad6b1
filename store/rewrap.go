package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Sealed is a table with one thing sealed by a key of the installation per report.
type Sealed struct{ table, column string }

// The tables whose rows are sealed anew when keys change.
var (
	ReportKeys = Sealed{"report_key", "wrapped"}
	Contacts   = Sealed{"contact", "sealed"}
)

// rewrapBatch is how many rows one transaction seals anew.
const rewrapBatch = 500

// Rewrap lets anew seal every row again and returns how many changed; nil from anew
// leaves one as it is. Readers and writers go on meanwhile: a row that another
// changed stays as he left it. It goes on where it was interrupted by being called
// again.
func (s *Store) Rewrap(ctx context.Context, of Sealed, anew func(report string, sealed []byte) ([]byte, error)) (int, error) {
	done, after := 0, ""
	for {
		n, last := 0, ""
		err := s.As(ctx, Actor{Kind: Worker}, func(ctx context.Context, tx *Tx) (err error) {
			n, last, err = tx.rewrap(ctx, of, after, anew)
			return err
		})
		if done += n; err != nil || last == "" {
			return done, err
		}
		after = last
	}
}

func (t *Tx) rewrap(ctx context.Context, of Sealed, after string, anew func(string, []byte) ([]byte, error)) (n int, last string, err error) {
	type row struct {
		Report string
		Sealed []byte
	}
	rows, err := many(ctx, t, pgx.RowToStructByName[row], `
		SELECT report, `+of.column+` AS sealed
		FROM `+of.table+`
		WHERE report > $1
		ORDER BY report
		LIMIT $2
		FOR UPDATE`, after, rewrapBatch)
	if err != nil {
		return 0, "", fmt.Errorf("select %s: %w", of.table, err)
	}
	b := &pgx.Batch{}
	for _, r := range rows {
		last = r.Report
		sealed, err := anew(r.Report, r.Sealed)
		if err != nil {
			return 0, "", fmt.Errorf("%s of %s: %w", of.table, r.Report, err)
		}
		if sealed == nil {
			continue
		}
		n++
		b.Queue(`UPDATE `+of.table+` SET `+of.column+` = $2 WHERE report = $1`, r.Report, sealed)
	}
	return n, last, explain(t.run(ctx, b), "seal "+of.table+" anew")
}
