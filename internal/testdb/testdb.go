// Package testdb gives each test a database of its own, cloned from a migrated
// template, on the real PostgreSQL that the environment names.
package testdb

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/internal/seal"
)

// Env names the variable that holds the address of PostgreSQL, as a user who
// may create databases and roles.
const Env = "KAWAL_TEST_DATABASE_URL"

// Migrate brings a database to the current schema.
type Migrate func(ctx context.Context, url string) error

// New returns the URL of a fresh database with the schema that migrate makes
// and drops it when the test ends. version names the schema: the template of a
// version is made once and cloned; parallel test programs share it. Without
// PostgreSQL the test fails with one plain sentence.
func New(t testing.TB, version string, migrate Migrate) string {
	t.Helper()
	admin := os.Getenv(Env)
	if admin == "" {
		t.Fatalf("PostgreSQL is not running for tests (%s is empty): use make test, or kawal testenv -- go test ...", Env)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	template := "kawal_template_" + strings.ToLower(version)
	name := "kawal_test_" + strings.ToLower(rand.Text())
	conn := connect(ctx, t, admin)
	defer conn.Close(ctx)
	if err := prepare(ctx, conn, admin, template, migrate); err != nil {
		t.Fatalf("prepare template database: %v", err)
	}
	if _, err := conn.Exec(ctx, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s STRATEGY file_copy", name, template)); err != nil {
		t.Fatalf("clone template database: %v", err)
	}
	t.Cleanup(func() { drop(t, admin, name) })
	return on(admin, name)
}

// Keys returns keys of the test's own.
func Keys(t testing.TB) *seal.Keys {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "keys")
	if err := seal.Create(dir); err != nil {
		t.Fatalf("make keys: %v", err)
	}
	k, err := seal.Open(dir)
	if err != nil {
		t.Fatalf("open keys: %v", err)
	}
	return k
}

// lockKey keeps two programs from making or cloning a template at once.
const lockKey = 0x6b617761 // "kawa"

func prepare(ctx context.Context, conn *pgx.Conn, admin, template string, migrate Migrate) error {
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, lockKey); err != nil {
		return err
	}
	defer func() { _, _ = conn.Exec(ctx, `SELECT pg_advisory_unlock($1)`, lockKey) }() // the session's end unlocks too
	var ready bool
	err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datistemplate)`, template).Scan(&ready)
	if err != nil || ready {
		return err
	}
	if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+template+" WITH (FORCE)"); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+template); err != nil {
		return err
	}
	if err := migrate(ctx, on(admin, template)); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+template+" IS_TEMPLATE true ALLOW_CONNECTIONS false")
	return err
}

func connect(ctx context.Context, t testing.TB, admin string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		t.Fatalf("PostgreSQL at %s does not answer: %v", Env, err)
	}
	return conn
}

func drop(t testing.TB, admin, name string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		t.Logf("drop %s: %v", name, err)
		return
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
		t.Logf("drop %s: %v", name, err)
	}
}

// on returns the address with another database.
func on(admin, name string) string {
	u, err := url.Parse(admin)
	if err != nil {
		panic("testdb: " + Env + " is no URL")
	}
	u.Path = "/" + name
	return u.String()
}
