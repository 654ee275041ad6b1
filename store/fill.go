package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
)

// Filling is a published report that Fill writes.
type Filling struct {
	ID, Title, Body          string
	Category, Agency, Region string
	Class                    report.Class
	Stage                    report.Stage
	Accepted                 bool
	Late                     bool // its first follow-up; in follow_up only
	Lat, Long                *float64
	PublishedAt              time.Time
	Score                    int // 0: not rated
}

// fillChunk is how many reports one COPY brings.
const fillChunk = 20_000

// Fill writes published reports past everything else, for benchmarks: no workflow,
// original text, identity or access code belongs to them. next returns the i-th, i
// from 0 to n-1. told hears now and then how many there are. The URL is that of
// Migrate. fault.Conflict if the database has any report already: such rows do not
// belong beside real ones.
func Fill(ctx context.Context, url string, n int, next func(i int) (Filling, error), told func(int)) (err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return away(fmt.Errorf("connect: %w", err))
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	if _, err := conn.Exec(ctx, `SET ROLE kawal_migrate`); err != nil {
		return fmt.Errorf("become kawal_migrate: %w", err)
	}
	var taken bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM report)`).Scan(&taken); err != nil {
		return fmt.Errorf("look for reports: %w", err)
	}
	if taken {
		return fault.New(fault.Conflict, "Basis data ini sudah berisi laporan; laporan contoh dalam jumlah besar hanya untuk basis data kosong.")
	}
	for from := 0; from < n; from += fillChunk {
		chunk := make([]Filling, min(fillChunk, n-from))
		for i := range chunk {
			if chunk[i], err = next(from + i); err != nil {
				return err
			}
		}
		if err := fill(ctx, conn, chunk); err != nil {
			return err
		}
		told(from + len(chunk))
	}
	return settle(ctx, conn)
}

// settle does what autovacuum and the fold would do in their time.
func settle(ctx context.Context, conn *pgx.Conn) error {
	for _, sql := range []string{`SELECT published_fold()`, `VACUUM (ANALYZE) report`, `VACUUM (ANALYZE) clock`, `VACUUM (ANALYZE) published`,
		`VACUUM (ANALYZE) published_cell`, `VACUUM (ANALYZE) published_total`, `VACUUM (ANALYZE) published_delta`} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

func fill(ctx context.Context, conn *pgx.Conn, chunk []Filling) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL synchronous_commit = off`); err != nil {
			return err
		}
		if err := fillReports(ctx, tx, chunk); err != nil {
			return err
		}
		if err := fillPublished(ctx, tx, chunk); err != nil {
			return err
		}
		return fillClocks(ctx, tx, chunk)
	})
}

func fillReports(ctx context.Context, tx pgx.Tx, chunk []Filling) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"report"}, []string{"id", "state", "seq", "wanted_run", "started_run", "stage", "queue", "agency", "class",
		"category", "region", "channel", "secret", "published", "late", "asked", "accepted_at", "updated_at"},
		pgx.CopyFromSlice(len(chunk), func(i int) ([]any, error) {
			f := chunk[i]
			state, err := json.Marshal(report.State{ID: f.ID, Stage: f.Stage, Seq: 1, Run: 1, Round: 1, Agency: f.Agency, Queue: f.Agency, Class: f.Class,
				Category: f.Category, Region: f.Region, Published: true, Accepted: f.Accepted})
			return []any{f.ID, state, 1, 1, 1, string(f.Stage), f.Agency, f.Agency, string(f.Class),
				f.Category, f.Region, "web", false, true, false, false, f.PublishedAt, f.PublishedAt}, err
		}))
	if err != nil {
		return fmt.Errorf("copy reports: %w", err)
	}
	return nil
}

func fillPublished(ctx context.Context, tx pgx.Tx, chunk []Filling) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"published"}, []string{"id", "title", "body", "category", "agency", "region", "class", "channel", "stage",
		"round", "accepted", "lat", "long", "late_units", "rating", "rated_at", "published_at", "updated_at"},
		pgx.CopyFromSlice(len(chunk), func(i int) ([]any, error) {
			f := chunk[i]
			var rated *time.Time
			if f.Score != 0 {
				rated = &f.PublishedAt
			}
			return []any{f.ID, f.Title, f.Body, f.Category, f.Agency, f.Region, string(f.Class), "web", string(f.Stage),
				1, f.Accepted, f.Lat, f.Long, []string{}, nonzero(f.Score), rated, f.PublishedAt, f.PublishedAt}, nil
		}))
	if err != nil {
		return fmt.Errorf("copy published reports: %w", err)
	}
	return nil
}

// fillClocks gives a running clock to what an agency has still to answer.
func fillClocks(ctx context.Context, tx pgx.Tx, chunk []Filling) error {
	var open []Filling
	for _, f := range chunk {
		if f.Stage == report.FollowUp {
			open = append(open, f)
		}
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"clock"}, []string{"report", "kind", "seq", "unit", "limit_unit", "limit_n", "started_at", "due_at", "calendar",
		"revision", "provisional", "status", "late_at", "remaining", "asked", "extra", "extended"},
		pgx.CopyFromSlice(len(open), func(i int) ([]any, error) {
			f := open[i]
			var late *time.Time
			if f.Late {
				late = &f.PublishedAt
			}
			return []any{f.ID, string(report.FirstFollowUp), 1, f.Agency, string(report.WorkingDays), 5, f.PublishedAt, f.PublishedAt, "national",
				1, true, string(report.Running), late, 0, 0, 0, false}, nil
		}))
	if err != nil {
		return fmt.Errorf("copy clocks: %w", err)
	}
	return nil
}
