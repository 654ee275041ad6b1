package api

import (
	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/internal/door"
)

// headers sets what every answer carries. Handlers of what may be kept replace
// Cache-Control.
func headers(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
}

// limit gives the request its time.
func (s *server) limit(c *gin.Context) {
	timeout := s.door.Timeout
	if s.operation(c).stream {
		timeout = exportTime
	}
	door.Limit(c, timeout)
}
