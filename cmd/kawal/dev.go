package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kawal-id/kawal/internal/devstack"
	"github.com/kawal-id/kawal/internal/issuer"
	"github.com/kawal-id/kawal/internal/sample"
	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/workflows/contract"
)

// dev runs everything on this machine until it is interrupted: PostgreSQL,
// Temporal and its UI, migrations, sample data, a local issuer, API and worker.
// Everything listens on loopback. A second start finds all data again.
func dev(ctx context.Context, _ []string, pr program) int {
	s, err := load(pr.getenv)
	if err != nil {
		return pr.failed(err)
	}
	if err := loopback(s.addr, s.adminAddr); err != nil {
		return pr.failed(err)
	}
	begun := time.Now()
	fmt.Fprintln(pr.out, "Starting Kawal on this machine:")
	if err := os.MkdirAll(s.data, 0o755); err != nil { // user postgres must be able to enter it
		return pr.failed(fmt.Errorf("data folder: %w", err))
	}
	if err := errors.Join(s.makeKeys(), s.makeCustodians()); err != nil {
		return pr.failed(err)
	}
	ui, err := (&net.ListenConfig{}).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", s.uiPort))
	if err != nil {
		return pr.failed(fmt.Errorf("port of the Temporal UI (KAWAL_TEMPORAL_UI_PORT): %w", err))
	}
	defer ui.Close()
	console := issuer.Console{ID: "temporal-ui", Secret: rand.Text(), Callback: devstack.UICallback(s.uiPort)}
	endIssuer, err := s.serveIssuer(ctx, console)
	if err != nil {
		return pr.failed(err)
	}
	defer endIssuer()
	stack, err := s.startStack(ctx, console, pr)
	if err != nil {
		return pr.failed(err)
	}
	s.databaseURL, s.temporalAddress, s.uiURL = stack.DatabaseURL, stack.TemporalAddress, stack.UIURL
	err = s.runLocal(ctx, ui, stack.UIBackend, begun, pr)
	fmt.Fprintln(pr.out, "Stopping.")
	if err = errors.Join(err, stack.Stop(context.WithoutCancel(ctx))); err != nil {
		return pr.failed(err)
	}
	return 0
}

// serveIssuer serves the local issuer, which must be there before the Temporal
// UI, until the function it returns is called.
func (s *settings) serveIssuer(ctx context.Context, console issuer.Console) (end func(), err error) {
	l, err := issuerListener(ctx, *s)
	if err != nil {
		return nil, err
	}
	s.issuer = "http://" + l.Addr().String()
	iss, err := issuer.New(issuer.Config{URL: s.issuer, KeyFile: s.issuerKey(), Audience: s.audience, Personas: personas(), Console: console, Now: time.Now})
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	srv := &http.Server{Handler: iss.Handler(), ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout}
	go func() { _ = srv.Serve(l) }() // until it is closed
	return func() { _ = srv.Close() }, nil
}

// loopback refuses addresses that others could reach.
func loopback(addrs ...string) error {
	for _, a := range addrs {
		host, _, err := net.SplitHostPort(a)
		if ip := net.ParseIP(host); err != nil || (host != "localhost" && (ip == nil || !ip.IsLoopback())) {
			return fmt.Errorf("%s: kawal dev listens on loopback only, such as 127.0.0.1:8080", a)
		}
	}
	return nil
}

func (s settings) startStack(ctx context.Context, console issuer.Console, pr program) (*devstack.Stack, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	operator, err := s.pass("operator:dev", contract.Namespace+":admin", clusterAdmin)
	if err != nil {
		return nil, err
	}
	c := stackConfig(s.data, bin)
	c.KeySources, c.Audience, c.Operator = []string{fileURI(s.temporalKeySet()), s.issuer + "/keys"}, s.audience, operator
	c.Login = devstack.Login{Issuer: s.issuer, ClientID: console.ID, Secret: console.Secret}
	c.DatabaseURL, c.TemporalAddress, c.TemporalPort, c.UIPort, c.Progress = s.databaseURL, s.temporalAddress, s.temporalPort, s.uiPort, pr.out
	c.CodecEndpoint = devstack.UIURL(s.uiPort) + codecPath
	return devstack.Start(ctx, c)
}

// binaries is the folder of the Temporal programs: beside this program, where
// make puts both.
func binaries() (string, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find own program: %w", err)
	}
	return filepath.Dir(exe), nil
}

// runLocal prepares the database and runs codec, API and worker.
func (s settings) runLocal(ctx context.Context, ui net.Listener, backend string, begun time.Time, pr program) error {
	prepared := time.Now()
	if err := prepare(ctx, s.databaseURL); err != nil {
		return err
	}
	fmt.Fprintf(pr.out, "  %-34s %6.1f s\n", "migrations and sample data", time.Since(prepared).Seconds())
	logFile, err := os.OpenFile(filepath.Join(s.data, "logs", "kawal.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("log file: %w", err)
	}
	defer logFile.Close()
	p, err := open(ctx, s, "kawal-dev", logFile)
	if err != nil {
		return err
	}
	defer p.close()
	if err := s.writeLocal(local{s.addr, s.databaseURL, s.temporalAddress, s.uiURL, s.issuer}); err != nil {
		return err
	}
	codec, err := p.codec()
	if err != nil {
		return err
	}
	behind, err := url.Parse(backend)
	if err != nil {
		return fmt.Errorf("address of the Temporal UI: %w", err)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return serveLocal(ctx, ui, consoleProxy(behind, codec)) })
	g.Go(func() error { return p.serve(ctx, true) })
	g.Go(func() error { return p.work(ctx) })
	g.Go(func() error { return announce(ctx, s, begun, pr) })
	return g.Wait()
}

func issuerListener(ctx context.Context, s settings) (net.Listener, error) {
	addr := s.issuerAddr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("issuer: %w", err)
	}
	return l, nil
}

func (s settings) issuerKey() string { return filepath.Join(s.keys, "issuer.json") }

// serveLocal serves a part of the local stack until ctx ends.
func serveLocal(ctx context.Context, l net.Listener, h http.Handler) error {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout}
	context.AfterFunc(ctx, func() { _ = srv.Close() }) // it has nothing to lose
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve on %s: %w", l.Addr(), err)
	}
	return nil
}

// personas are the sample's staff. The operator's people, nobody else, may look
// into Temporal.
func personas() []issuer.Persona {
	var all []issuer.Persona
	for _, m := range sample.Staff() {
		p := issuer.Persona{Subject: m.Subject, Name: m.Name}
		if slices.Contains(m.Roles, "supervisor") || slices.Contains(m.Roles, "auditor") {
			p.Permissions = []string{contract.Namespace + ":read", "temporal-system:read"}
		}
		all = append(all, p)
	}
	return all
}

// prepare migrates the database and puts in the sample data. Repeating it
// changes nothing that an administrator has changed since: what exists stays.
func prepare(ctx context.Context, url string) error {
	if err := store.Migrate(ctx, url); err != nil {
		return err
	}
	st, err := store.Open(ctx, store.Config{URL: url, MaxConns: 2, Now: time.Now})
	if err != nil {
		return err
	}
	defer st.Close()
	return putSample(ctx, st)
}

// announce waits until the API answers and says where everything is.
func announce(ctx context.Context, s settings, begun time.Time, pr program) error {
	base := "http://" + s.addr
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/livez", nil)
		if err != nil {
			return err
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close() // only whether it answers matters
			break
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(50 * time.Millisecond):
		}
	}
	fmt.Fprintf(pr.out, `Ready after %.1f s.

  Pages          %s/
  API            %s/v1
  API reference  %s/docs
  Metrics        http://%s/metrics
  Temporal UI    %s/namespaces/kawal/workflows
  Mail           %s
  Logs           %s

A first report:

  curl -s %s/v1/reports -H 'Content-Type: application/json' -d '%s'

A whole life, a minute or two: .bin/kawal demo
A token for staff:            .bin/kawal token --as admin.tirtajaya
Ctrl-C stops everything.
`, time.Since(begun).Seconds(), base, base, base, s.adminAddr, s.uiURL, filepath.Join(s.data, "mail"), filepath.Join(s.data, "logs"), base, firstReport)
	return nil
}

const firstReport = `{"title":"Jalan berlubang di depan pasar","body":"Lubang sedalam dua jengkal, sudah sebulan, berbahaya pada malam hari.","class":"complaint_ordinary","category":"roads.pothole","region":"32.01","agency":"dinas-pupr","identity":"none","content":"public"}`
