// Package devstack runs what Kawal stands on, on one machine and without
// containers: a private PostgreSQL cluster from the system's programs, the
// official Temporal server, which serves nobody without a token, and its UI from
// binaries built once. Everything listens on loopback only. Local development and the tests use it.
package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
)

// Config says what to start. Zero fields have defaults unless marked.
type Config struct {
	Data             string   // required: folder of data, logs and recorded pids; made when missing
	Bin              string   // required: folder of temporal-server, temporal-sql and temporal-ui
	DatabaseURL      string   // set: this PostgreSQL is used and none is started
	TemporalAddress  string   // set: this Temporal is used and none is started
	NoTemporal       bool     // PostgreSQL only
	TemporalPort     int      // 0: a free one
	UIPort           int      // where the caller shows the UI's pages, from Stack.UIBackend; 0: no UI
	CodecEndpoint    string   // address that opens payloads for the UI's pages; empty: they stay sealed
	KeySources       []string // required with Temporal: URIs of the key sets that sign good tokens
	Audience         string   // required with Temporal: whom tokens must be for
	Operator         Headers  // required with Temporal: tokens of its administrator, to make the namespace
	Login            Login    // of the UI; zero: no UI
	Namespace        string   // required with Temporal
	Retention        time.Duration
	SearchAttributes map[string]enumspb.IndexedValueType
	DynamicConfig    string    // YAML of dynamic settings; empty: the server's defaults
	Progress         io.Writer // nil: silent
}

// Headers gives each call to Temporal the headers that let it in.
type Headers interface {
	GetHeaders(ctx context.Context) (map[string]string, error)
}

// Login is where people log in to the UI, by the authorization code flow.
type Login struct{ Issuer, ClientID, Secret string }

// Stack is what runs. Its methods are not safe for concurrent use.
type Stack struct {
	DatabaseURL     string // of the empty or migrated database kawal, as its owner
	TemporalAddress string // host:port of the frontend
	UIURL           string // address of the UI's pages, on UIPort; empty without UI
	UIBackend       string // address of the UI's own server, on a free port

	c        Config
	lock     *os.File
	postgres *postgres
	temporal *temporal
	ui       *process
}

// Start starts what Config asks for and returns once all of it serves. What an
// earlier start left behind after a kill is ended first. A second start finds
// all data again. On an error nothing is left running.
func Start(ctx context.Context, c Config) (*Stack, error) {
	if c.Data == "" || c.Bin == "" || (!c.NoTemporal && (c.Namespace == "" || len(c.KeySources) == 0 || c.Audience == "" || c.Operator == nil)) {
		return nil, errors.New("devstack: Data, Bin and with Temporal Namespace, KeySources, Audience and Operator are required")
	}
	if c.Progress == nil {
		c.Progress = io.Discard
	}
	var err error
	if c.Data, err = filepath.Abs(c.Data); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if c.Bin, err = filepath.Abs(c.Bin); err != nil {
		return nil, fmt.Errorf("binary folder: %w", err)
	}
	for _, dir := range []string{c.Data, c.logs(), c.pids()} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("data folder: %w", err)
		}
	}
	s := &Stack{c: c, DatabaseURL: c.DatabaseURL, TemporalAddress: c.TemporalAddress}
	if s.lock, err = lock(c.Data); err != nil {
		return nil, err
	}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
	}
	return s, nil
}

func (c Config) logs() string { return filepath.Join(c.Data, "logs") }
func (c Config) pids() string { return filepath.Join(c.Data, "pids") }

func (s *Stack) start(ctx context.Context) error {
	endLeftovers(s.c.pids())
	if s.DatabaseURL == "" {
		if err := s.step("PostgreSQL", func() error { return s.StartPostgres(ctx) }); err != nil {
			return err
		}
	}
	if s.c.NoTemporal {
		return nil
	}
	if s.TemporalAddress == "" {
		if err := s.step("Temporal", func() error { return s.StartTemporal(ctx) }); err != nil {
			return err
		}
	}
	if err := s.step("namespace and search attributes", func() error { return Register(ctx, s.c, s.TemporalAddress) }); err != nil {
		return err
	}
	if s.c.UIPort == 0 {
		return nil
	}
	return s.step("Temporal UI", func() error { return s.startUI(ctx) })
}

// step tells what is being done and how long it took.
func (s *Stack) step(what string, f func() error) error {
	begun := time.Now()
	if err := f(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	fmt.Fprintf(s.c.Progress, "  %-34s %6.1f s\n", what, time.Since(begun).Seconds())
	return nil
}

// StartPostgres starts the private cluster, the first time after making it. It
// keeps its port when started again.
func (s *Stack) StartPostgres(ctx context.Context) error {
	if s.postgres == nil {
		p, err := newPostgres(s.c)
		if err != nil {
			return err
		}
		s.postgres = p
	}
	if err := s.postgres.start(ctx); err != nil {
		return err
	}
	s.DatabaseURL = s.postgres.url("kawal")
	return s.postgres.createDatabase(ctx, "kawal")
}

// StopPostgres stops the cluster in good order; connections are cut.
func (s *Stack) StopPostgres(ctx context.Context) error { return s.postgres.stop(ctx) }

// StartTemporal starts the server on the private cluster, or on the one of
// DatabaseURL, and waits until it answers. It keeps its port. The first start
// is tried again on other ports: a port that was free when it was drawn may be
// taken by the time the server listens on it.
func (s *Stack) StartTemporal(ctx context.Context) error {
	if s.temporal != nil {
		return s.temporal.start(ctx)
	}
	var last error
	for range portTries {
		t, err := newTemporal(s.c, s.DatabaseURL)
		if err != nil {
			return err
		}
		if last = t.start(ctx); last == nil {
			s.temporal, s.TemporalAddress = t, t.address
			return nil
		}
		if !errors.Is(last, errEnded) {
			break
		}
	}
	return last
}

// portTries is how often a server is started on ports drawn anew.
const portTries = 3

// StopTemporal stops the server in good order.
func (s *Stack) StopTemporal(ctx context.Context) error { return s.temporal.process.stop(ctx) }

// KillTemporal ends the server as a power cut would.
func (s *Stack) KillTemporal() { s.temporal.process.kill() }

// DropTemporal forgets everything the server knew, as a lost database would.
// The server must be stopped; StartTemporal makes the schema anew, Register the
// namespace.
func (s *Stack) DropTemporal(ctx context.Context) error {
	return s.temporal.drop(ctx)
}

// Register makes namespace and search attributes; repeating it changes nothing.
func (s *Stack) Register(ctx context.Context) error { return Register(ctx, s.c, s.TemporalAddress) }

// Stop ends everything that was started, in reverse.
func (s *Stack) Stop(ctx context.Context) error {
	var errs []error
	if s.ui != nil {
		errs = append(errs, s.ui.stop(ctx))
	}
	if s.temporal != nil {
		errs = append(errs, s.temporal.process.stop(ctx))
	}
	if s.postgres != nil {
		errs = append(errs, s.postgres.stop(ctx))
	}
	return errors.Join(append(errs, s.lock.Close())...)
}

// ErrInUse means that another process runs on the same data folder.
var ErrInUse = errors.New("another kawal runs on this folder; stop it or set KAWAL_DATA to another one")

// lock takes a folder for this process. The kernel lets go of it when the
// process ends, however it ends.
func lock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", dir, ErrInUse), f.Close())
	}
	return f, nil
}
