package devstack

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// postgres is a private cluster: TCP on loopback only, no socket, a password
// of its own.
type postgres struct {
	dir      string
	bin      string
	port     int
	password string
	as       *syscall.Credential // user postgres when we are root, which PostgreSQL refuses
	process  *process
}

func newPostgres(c Config) (*postgres, error) {
	bin, err := serverPrograms()
	if err != nil {
		return nil, err
	}
	ports, err := freePorts(1)
	if err != nil {
		return nil, err
	}
	p := &postgres{bin: bin, port: ports[0], dir: filepath.Join(c.Data, "postgres")}
	if os.Geteuid() == 0 {
		if p.as, err = postgresUser(); err != nil {
			return nil, err
		}
		if !enterable(c.Data) {
			sum := sha256.Sum256([]byte(c.Data))
			p.dir = filepath.Join("/var/tmp", "kawal-"+hex.EncodeToString(sum[:6]))
		}
	}
	if p.password, err = secret(filepath.Join(c.Data, "postgres.password")); err != nil {
		return nil, err
	}
	// SIGINT is a fast shutdown. The log holds neither statements nor rows: a row
	// that breaks a constraint would be printed there with its text.
	p.process = c.process("postgres", syscall.SIGINT, func() *exec.Cmd {
		return p.command("postgres", "-D", p.dir, "-p", strconv.Itoa(p.port), "-c", "log_error_verbosity=terse", "-c", "log_min_error_statement=panic")
	})
	return p, nil
}

// serverPrograms finds the folder of initdb and postgres, which Debian keeps
// off the PATH.
func serverPrograms() (string, error) {
	var candidates []string
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		candidates = append(candidates, strings.TrimSpace(string(out)))
	}
	versions, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", fmt.Errorf("look for PostgreSQL: %w", err)
	}
	slices.Reverse(versions)
	for _, dir := range append(candidates, versions...) {
		if _, err := os.Stat(filepath.Join(dir, "initdb")); err == nil {
			return dir, nil
		}
	}
	return "", errors.New("PostgreSQL's server programs are missing; install them with: apt-get install postgresql")
}

func postgresUser() (*syscall.Credential, error) {
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL refuses to run as root and there is no user postgres: %w", err)
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("user postgres: %w", err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// enterable reports whether any user can reach the folder.
func enterable(dir string) bool {
	for ; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

// secret returns the password kept in a file, made the first time.
func secret(file string) (string, error) {
	b, err := os.ReadFile(file)
	if err == nil {
		return string(b), nil
	}
	s := rand.Text()
	if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
		return "", fmt.Errorf("keep password: %w", err)
	}
	return s, nil
}

func (p *postgres) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(p.bin, program), args...)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.as}
	return cmd
}

func (p *postgres) start(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(p.dir, "PG_VERSION")); err != nil {
		if err := p.initdb(); err != nil {
			return err
		}
	}
	return p.process.start(ctx, func(ctx context.Context) error {
		conn, err := pgx.Connect(ctx, p.url("postgres"))
		if err != nil {
			return err
		}
		return conn.Close(ctx)
	})
}

// initdb makes the cluster with data checksums and a password over TCP. It is
// made beside its place and moved there whole: a kill leaves no half of it.
func (p *postgres) initdb() error {
	work := p.dir + ".new"
	if err := os.RemoveAll(work); err != nil {
		return fmt.Errorf("cluster folder: %w", err)
	}
	password := filepath.Join(work, "password") // initdb reads it from a file, as the user it runs as
	dir := filepath.Join(work, "cluster")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("cluster folder: %w", err)
	}
	if err := os.WriteFile(password, []byte(p.password), 0o600); err != nil {
		return fmt.Errorf("cluster password: %w", err)
	}
	for _, path := range []string{work, dir, password} {
		if p.as == nil {
			break
		}
		if err := os.Chown(path, int(p.as.Uid), int(p.as.Gid)); err != nil {
			return fmt.Errorf("cluster folder: %w", err)
		}
	}
	cmd := p.command("initdb", "-D", dir, "-U", "postgres", "-A", "scram-sha-256", "--pwfile="+password,
		"-k", "-E", "UTF8", "--locale=C.UTF-8")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	if err := configure(filepath.Join(dir, "postgresql.conf")); err != nil {
		return fmt.Errorf("cluster settings: %w", err)
	}
	if err := os.Rename(dir, p.dir); err != nil {
		return fmt.Errorf("cluster folder: %w", err)
	}
	return os.RemoveAll(work)
}

// configure adds our settings to a fresh cluster: TCP on loopback, no socket.
func configure(file string) error {
	const settings = "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nmax_connections = 300\nshared_buffers = 128MB\n"
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(settings)
	return errors.Join(err, f.Close())
}

func (p *postgres) stop(ctx context.Context) error { return p.process.stop(ctx) }

func (p *postgres) url(database string) string {
	return fmt.Sprintf("postgres://postgres:%s@127.0.0.1:%d/%s", p.password, p.port, database)
}

func (p *postgres) createDatabase(ctx context.Context, name string) error {
	return createDatabase(ctx, p.url("postgres"), name)
}

// createDatabase makes a database unless it exists.
func createDatabase(ctx context.Context, admin, name string) error {
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
	if pe, ok := errors.AsType[*pgconn.PgError](err); ok && pe.Code == "42P04" { // duplicate_database
		return nil
	}
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// onDatabase returns a connection URL with another database.
func onDatabase(raw, name string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("the database URL cannot be read") // it holds a password: not repeated
	}
	u.Path = "/" + name
	return u, nil
}
