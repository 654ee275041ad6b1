package door

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

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
	var err, errSeconds error
	m.requests, err = register(r, m.requests)
	m.seconds, errSeconds = register(r, m.seconds)
	return m, errors.Join(err, errSeconds)
}

// register registers a collector, or returns the one that another door has
// registered before.
func register[C prometheus.Collector](r prometheus.Registerer, c C) (C, error) {
	err := r.Register(c)
	if already, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
		if before, ok := already.ExistingCollector.(C); ok {
			return before, nil
		}
	}
	if err != nil {
		return c, fmt.Errorf("register metrics: %w", err)
	}
	return c, nil
}

func (m *meter) count(method, route string, status int, took time.Duration) {
	m.requests.WithLabelValues(known(method), route, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(known(method), route).Observe(took.Seconds())
}
