package api

import (
	"time"

	"github.com/gin-gonic/gin"
)

// headers sets what every answer carries, before anything else can answer. Handlers
// of what may be kept replace Cache-Control.
func headers(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
}

// within is the time that a request may take: exports are written while they are
// read. 0: what others have.
func (s *server) within(c *gin.Context) time.Duration {
	if s.operation(c).stream {
		return exportTime
	}
	return 0
}
