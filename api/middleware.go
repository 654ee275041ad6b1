package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
)

const (
	requestHeader = "X-Request-Id"
	requestKey    = "kawal.request"
)

// arrivalKey is the context key of the time of arrival.
type arrivalKey struct{}

// arrive notes the time, names the request, and when it is answered counts it
// and writes its line in the access log: nothing but what stands here.
func (s *server) arrive(c *gin.Context) {
	start := s.Now()
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), arrivalKey{}, start))
	id, err := uuid.NewRandomFromReader(s.Random)
	if err != nil {
		s.fail(c, fmt.Errorf("draw request id: %w", err))
		return
	}
	c.Set(requestKey, id.String())
	c.Header(requestHeader, id.String())
	c.Next()

	took := s.Now().Sub(start)
	route := c.FullPath()
	if route == "" {
		route = "none"
	}
	s.meter.count(c.Request.Method, route, c.Writer.Status(), took)
	s.Log.LogAttrs(c.Request.Context(), slog.LevelInfo, "request",
		slog.String("method", known(c.Request.Method)), slog.String("route", route), slog.Int("status", c.Writer.Status()),
		slog.Int("bytes", max(c.Writer.Size(), 0)), slog.Duration("took", took), slog.String("request", id.String()))
}

// requestID returns the name under which the log knows the request.
func requestID(c *gin.Context) string { return c.GetString(requestKey) }

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
func (s *server) recovery(c *gin.Context) {
	defer func() {
		switch r := recover(); r {
		case nil:
		case http.ErrAbortHandler:
			panic(r)
		default:
			s.fail(c, fmt.Errorf("panic: %v\n%s", r, debug.Stack()))
		}
	}()
	c.Next()
}

// headers sets what every answer carries, before anything else can answer. Handlers of what may be kept replace
// Cache-Control.
func headers(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
}

// limit gives the request its time.
func (s *server) limit(c *gin.Context) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), s.Timeout)
	defer cancel()
	c.Request = c.Request.WithContext(ctx)
	c.Next()
}

// meter counts requests.
type meter struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMeter(r prometheus.Registerer) (*meter, error) {
	m := &meter{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kawal_http_requests_total", Help: "Requests by method, route pattern and status."},
			[]string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "kawal_http_request_seconds", Help: "Time from arrival to answer by method and route pattern.", Buckets: prometheus.DefBuckets},
			[]string{"method", "route"}),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.requests, m.seconds} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}

func (m *meter) count(method, route string, status int, took time.Duration) {
	m.requests.WithLabelValues(known(method), route, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(known(method), route).Observe(took.Seconds())
}
