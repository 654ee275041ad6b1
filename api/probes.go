package api

import (
	"net/http"
	"net/http/pprof"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// The states that /readyz gives.
const (
	stateOK       = "ok"
	stateDegraded = "degraded" // a part is away that can be done without for a while
	stateDown     = "down"
	stateAway     = "away" // of a part
)

// readiness is the answer of /readyz. Why a part is away is in the log.
type readiness struct {
	Status string            `json:"status"`
	Parts  map[string]string `json:"parts"`
}

// ready answers 503 while the database is away, 200 otherwise: without Temporal
// submissions and replies are accepted and run afterwards.
func (s *server) ready(c *gin.Context) {
	r, status := readiness{Status: stateOK, Parts: map[string]string{}}, http.StatusOK
	for part, err := range s.Ready(c.Request.Context()) {
		r.Parts[part] = stateOK
		if err == nil {
			continue
		}
		s.door.Log.WarnContext(c.Request.Context(), "part away", "part", part, "error", err)
		r.Parts[part] = stateAway
		if part == Database {
			r.Status, status = stateDown, http.StatusServiceUnavailable
		} else if r.Status == stateOK {
			r.Status = stateDegraded
		}
	}
	c.JSON(status, r)
}

// Admin returns the handler of the admin listener: /metrics and /debug/pprof.
// It asks nobody who he is and must listen where only the operator can reach it.
func Admin(g prometheus.Gatherer) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(g, promhttp.HandlerOpts{}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}
