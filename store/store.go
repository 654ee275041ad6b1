package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/kawal-id/kawal/internal/seal"
)

// Config says how to reach the database. Zero fields without a default are
// refused by Open.
type Config struct {
	URL      string           // required; its user must be able to become kawal_app
	MaxConns int32            // 0: 10
	Now      func() time.Time // required
	Log      *slog.Logger     // nil: slog.Default()
	Tracer   pgx.QueryTracer  // nil: none; tests count round trips with it
	Keys     *seal.Keys       // nil: texts can be neither written nor read
	National string           // unit of the national administrators, who get the last rung of an escalation; "": "national"
}

// Store is a pool of connections to Kawal's database. It is safe for
// concurrent use.
type Store struct {
	pool    *pgxpool.Pool
	clock   func() time.Time
	log     *slog.Logger
	indexes indexes

	national string // unit
	keys     *seal.Keys
}

// Open connects to a migrated database. Every connection becomes kawal_app.
// An error names a missing field, or is the database's.
func Open(ctx context.Context, c Config) (*Store, error) {
	if c.URL == "" || c.Now == nil {
		return nil, errors.New("open store: URL and Now are required")
	}
	pc, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return nil, fmt.Errorf("parse database URL: %w", err)
	}
	if pc.MaxConns = 10; c.MaxConns > 0 {
		pc.MaxConns = c.MaxConns
	}
	pc.ConnConfig.Tracer = c.Tracer
	pc.ConnConfig.RuntimeParams["timezone"] = "UTC"
	// No statement here runs long enough to be worth compiling: a list of 50 reports
	// took 300 ms instead of 1.
	pc.ConnConfig.RuntimeParams["jit"] = "off"
	pc.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `SET ROLE kawal_app`)
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, fmt.Errorf("open pool: %w", err)
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.National == "" {
		c.National = "national"
	}
	s := &Store{pool: pool, clock: c.Now, log: c.Log, national: c.National, keys: c.Keys}
	if err := s.Ping(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return s, nil
}

// Close ends all connections once they are idle.
func (s *Store) Close() { s.pool.Close() }

// Ping asks the database whether it is there.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.pool.Ping(ctx); err != nil {
		return fmt.Errorf("ping database: %w", err)
	}
	return nil
}

// now is the time in UTC as PostgreSQL can hold it: in microseconds.
func (s *Store) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }
