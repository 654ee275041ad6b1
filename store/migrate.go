package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/report"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the database to this build's schema and loads the national
// ledger of decrees and the rule sets that this build knows. The URL's user must
// be a superuser, or a member of kawal_migrate where the roles exist already.
// Repeating it changes nothing; two at once wait for each other.
func Migrate(ctx context.Context, url string) (err error) {
	c, err := pgx.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("parse database URL: %w", err)
	}
	c.RuntimeParams["row_security"] = "off" // a statement that row-level security would thin out is an error
	db := stdlib.OpenDB(*c)
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := up(ctx, db); err != nil {
		return err
	}
	if err := ensureNational(ctx, db); err != nil {
		return err
	}
	return ensureRules(ctx, db)
}

func up(ctx context.Context, db *sql.DB) error {
	p, err := schema(db)
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// schema is the migrations, to be run on a database.
func schema(db *sql.DB) (*goose.Provider, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open migrations: %w", err)
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, fmt.Errorf("make migration lock: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, dir,
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return p, nil
}

// MigrationsHash is a digest of all migrations, of the national ledger and of the
// rule sets, 64 hexadecimal digits: a database that a build with the same hash
// migrated needs no migration. Tests name their template databases by it.
func MigrationsHash() string {
	h := sha256.New()
	// The embedded folder can be neither absent nor unreadable, and a hash takes all.
	files, _ := fs.Glob(migrations, "migrations/*.sql")
	for _, name := range files {
		b, _ := migrations.ReadFile(name)
		_, _ = fmt.Fprintf(h, "%s %d\n%s", name, len(b), b)
	}
	national := calendar.National()
	_, _ = fmt.Fprintf(h, "%v %v %v", national.Decrees(), national.Notes(), national.Days())
	_, _ = fmt.Fprintf(h, "%v", report.RuleSets())
	return hex.EncodeToString(h.Sum(nil))
}
