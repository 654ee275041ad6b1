// Package door is the entrance that the API and the pages share: who asks is
// counted and bounded, logged without a trace of him, answered in time, and told
// of what there is not at the same moment whatever the reason.
package door

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/kawal-id/kawal/internal/fault"
)

// Config is what a Door needs.
type Config struct {
	Now           func() time.Time      // required
	Random        io.Reader             // of request ids; nil: crypto/rand
	Log           *slog.Logger          // nil: slog.Default()
	Registry      prometheus.Registerer // where metrics go; two doors may share one; nil: nowhere
	Timeout       time.Duration         // of one request; 0: 15 s
	NotFoundAfter time.Duration         // a 404 leaves so long after arrival; 0: 50 ms
	Gate          *Gate                 // bounds whoever sends no token; two doors may share one; nil: everybody may
	Proxies       []string              // addresses or prefixes whose X-Forwarded-For is believed; nil: nobody's
}

// Door is an entrance. It is safe for concurrent use.
type Door struct {
	Config
	meter *meter
}

// New returns a Door, or an error that names what c lacks.
func New(c Config) (*Door, error) {
	if c.Now == nil {
		return nil, errors.New("required: Now")
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Timeout == 0 {
		c.Timeout = 15 * time.Second
	}
	if c.NotFoundAfter == 0 {
		c.NotFoundAfter = 50 * time.Millisecond
	}
	m, err := newMeter(c.Registry)
	if err != nil {
		return nil, err
	}
	return &Door{c, m}, nil
}

// Fail answers an error and ends the chain of handlers.
type Fail func(c *gin.Context, err error)

// Engine returns a gin engine whose every request is logged and counted, and
// whose panics end in fail.
func (d *Door) Engine(fail Fail) (*gin.Engine, error) {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	if err := e.SetTrustedProxies(d.Proxies); err != nil {
		return nil, fmt.Errorf("trusted proxies: %w", err)
	}
	e.HandleMethodNotAllowed, e.RedirectTrailingSlash = true, false
	e.UseRawPath, e.UnescapePathValues = true, true
	e.Use(d.arrive(fail), recovery(fail))
	e.NoRoute(func(c *gin.Context) { fail(c, ErrNoAddress) })
	e.NoMethod(func(c *gin.Context) { fail(c, ErrMethod) })
	return e, nil
}

const (
	requestHeader = "X-Request-Id"
	requestKey    = "kawal.request"
)

// arrivalKey is the context key of the time of arrival.
type arrivalKey struct{}

// arrive notes the time, names the request, and when it is answered counts it
// and writes its line in the access log: nothing but what stands here.
func (d *Door) arrive(fail Fail) gin.HandlerFunc {
	return func(c *gin.Context) {
		start := d.Now()
		c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), arrivalKey{}, start))
		id, err := uuid.NewRandomFromReader(d.Random)
		if err != nil {
			fail(c, fmt.Errorf("draw request id: %w", err))
			return
		}
		c.Set(requestKey, id.String())
		c.Header(requestHeader, id.String())
		c.Next()

		took := d.Now().Sub(start)
		route := c.FullPath()
		if route == "" {
			route = "none"
		}
		d.meter.count(c.Request.Method, route, c.Writer.Status(), took)
		d.Log.LogAttrs(c.Request.Context(), slog.LevelInfo, "request",
			slog.String("method", known(c.Request.Method)), slog.String("route", route), slog.Int("status", c.Writer.Status()),
			slog.Int("bytes", max(c.Writer.Size(), 0)), slog.Duration("took", took), slog.String("request", id.String()))
	}
}

// RequestID returns the name under which the log knows the request.
func RequestID(c *gin.Context) string { return c.GetString(requestKey) }

// Broken writes an error that nobody may be told into the log.
func (d *Door) Broken(c *gin.Context, err error) {
	d.Log.ErrorContext(c.Request.Context(), "request failed", "route", c.FullPath(), "request", RequestID(c), "error", err)
}

// known keeps invented methods out of logs and metrics.
func known(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// recovery turns a panic into an internal error with its stack in the log.
// http.ErrAbortHandler goes on: it is how a handler drops a connection.
func recovery(fail Fail) gin.HandlerFunc {
	return func(c *gin.Context) {
		defer func() {
			switch r := recover(); r {
			case nil:
			case http.ErrAbortHandler:
				panic(r)
			default:
				fail(c, fmt.Errorf("panic: %v\n%s", r, debug.Stack()))
			}
		}()
		c.Next()
	}
}

// Limit is a handler that gives the request its time.
func (d *Door) Limit(c *gin.Context) { Limit(c, d.Timeout) }

// Limit lets the handlers that follow work no longer than timeout.
func Limit(c *gin.Context, timeout time.Duration) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), timeout)
	defer cancel()
	c.Request = c.Request.WithContext(ctx)
	c.Next()
}

// Bound returns a handler that refuses with fault.TooMany a request without a
// token whose network has asked too much; filing says which requests file a
// report. One with a token is judged by the token.
func (d *Door) Bound(filing func(*gin.Context) bool, fail Fail) gin.HandlerFunc {
	return func(c *gin.Context) {
		if d.Gate == nil || c.GetHeader("Authorization") != "" || d.Gate.admits(c.ClientIP(), filing(c), d.Now()) {
			return
		}
		fail(c, fault.New(fault.TooMany, "Terlalu banyak permintaan dari jaringan Anda. Coba lagi sebentar."))
	}
}

// Level waits until the fixed time after arrival, so that the duration tells
// nothing. It returns early if the caller leaves.
func (d *Door) Level(ctx context.Context) {
	arrival, _ := ctx.Value(arrivalKey{}).(time.Time) // set by arrive
	t := time.NewTimer(d.NotFoundAfter - d.Now().Sub(arrival))
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// Missing prepares the answer that something is not there: without request id,
// at the fixed time after arrival.
func (d *Door) Missing(c *gin.Context) {
	c.Writer.Header().Del(requestHeader)
	d.Level(c.Request.Context())
}
