package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"github.com/kawal-id/kawal/api"
	"github.com/kawal-id/kawal/internal/auth"
	"github.com/kawal-id/kawal/internal/door"
	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/web"
	"github.com/kawal-id/kawal/worker"
)

const (
	headerTimeout = 5 * time.Second
	readTimeout   = 15 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	graceful      = 20 * time.Second // requests under way at the end
)

// serveAPI runs the API and its admin listener until ctx ends, then lets
// requests under way finish.
func serveAPI(ctx context.Context, _ []string, pr program) int {
	s, err := load(pr.getenv)
	if err != nil {
		return pr.failed(err)
	}
	if s.issuer == "" {
		return pr.failed(errors.New("KAWAL_OIDC_ISSUER is required"))
	}
	p, err := open(ctx, s, "kawal-api", pr.errOut)
	if err != nil {
		return pr.failed(err)
	}
	defer p.close()
	if err := p.refuseUnsafe(ctx); err != nil {
		return pr.failed(err)
	}
	if err := p.serve(ctx, false); err != nil {
		return pr.failed(err)
	}
	return 0
}

// serve listens on the API's and the admin's address until ctx ends.
func (p *parts) serve(ctx context.Context, demo bool) error {
	front, err := p.office(demo)
	if err != nil {
		return err
	}
	defer front.Wait()
	if err := p.settle(ctx, front); err != nil {
		return err
	}
	verifier, err := auth.New(p.verifying())
	if err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	registry.MustRegister(newUnsealed(p.store))
	var gate *door.Gate
	if !demo { // seed and demo ask much from one machine
		gate = door.NewGate(door.DefaultLimits)
	}
	programs, err := api.New(api.Config{Office: front, Verifier: verifier, Now: time.Now, Ready: p.ready, Log: p.log, Registry: registry, Gate: gate, Proxies: p.proxies, Pages: p.baseURL})
	if err != nil {
		return err
	}
	desk, err := p.signIn()
	if err != nil {
		return err
	}
	people, err := web.New(web.Config{Office: front, SignIn: desk, Tiles: p.tiles, Now: time.Now, URL: p.baseURL, QuickExit: p.quickExit, Log: p.log, Registry: registry, Gate: gate, Proxies: p.proxies})
	if err != nil {
		return err
	}
	handler := door.Beside(programs, people)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return listen(ctx, p.addr, handler) })
	g.Go(func() error { p.reseal(ctx, front); return nil })
	g.Go(func() error { return listen(ctx, p.adminAddr, api.Admin(registry)) })
	g.Go(func() error { return p.watchAudit(ctx) })
	return g.Wait()
}

func listen(ctx context.Context, addr string, h http.Handler) error {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", addr, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), graceful)
	defer cancel()
	return srv.Shutdown(last)
}

// ready asks each part whether it is there.
func (p *parts) ready(ctx context.Context) map[string]error {
	_, err := p.temporal.CheckHealth(ctx, &client.CheckHealthRequest{})
	return map[string]error{"database": p.store.Ping(ctx), "temporal": err}
}

// serveWorker runs workflows, sweeper and sender until ctx ends.
func serveWorker(ctx context.Context, _ []string, pr program) int {
	s, err := load(pr.getenv)
	if err != nil {
		return pr.failed(err)
	}
	p, err := open(ctx, s, "kawal-worker", pr.errOut)
	if err != nil {
		return pr.failed(err)
	}
	defer p.close()
	if err := p.refuseUnsafe(ctx); err != nil {
		return pr.failed(err)
	}
	if err := p.work(ctx); err != nil {
		return pr.failed(err)
	}
	return 0
}

// work runs the worker until ctx ends, with the sealer of the audit log.
func (p *parts) work(ctx context.Context) error {
	front, err := p.office(false)
	if err != nil {
		return err
	}
	if err := p.settle(ctx, front); err != nil {
		return err
	}
	c := p.worker()
	c.Histories = p.histories
	if c.Checkpoint, err = p.checkpoints(); err != nil {
		return err
	}
	return worker.Run(ctx, c)
}

// migrate brings the database to the current schema; repeating it changes
// nothing.
func migrate(ctx context.Context, _ []string, pr program) int {
	s, err := load(pr.getenv)
	if err != nil {
		return pr.failed(err)
	}
	if s.databaseURL == "" {
		return pr.failed(errors.New("KAWAL_DATABASE_URL is required"))
	}
	if err := store.Migrate(ctx, s.databaseURL); err != nil {
		return pr.failed(err)
	}
	return 0
}
