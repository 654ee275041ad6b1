package web

import (
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/internal/fault"
)

// policy is the content security policy of every page. The manifest has a
// directive of its own, which default-src 'none' would close.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
	"manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// headers sets what every answer carries; assets replace Cache-Control. The
// referrer stays within this host: without one a browser would send Origin: null
// with our own forms, which could not be told from another host's.
func (s *server) headers(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Cookie")
}

// sameOrigin refuses what another host's page makes a browser send.
func (s *server) sameOrigin(c *gin.Context) {
	if s.origin.Check(c.Request) != nil {
		s.fail(c, fault.New(fault.Forbidden, "Permintaan ini datang dari situs lain."))
	}
}

// form reads what was posted: at most maxForm bytes of UTF-8.
func (s *server) form(c *gin.Context) {
	if c.Request.Method != http.MethodPost {
		return
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxForm)
	err := c.Request.ParseForm()
	if _, over := errors.AsType[*http.MaxBytesError](err); over {
		s.fail(c, fault.New(fault.TooLarge, "Isi formulir terlalu besar."))
		return
	}
	for _, values := range c.Request.PostForm {
		for _, v := range values {
			if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
				err = fault.New(fault.Invalid, "Isi formulir bukan teks yang sah.")
			}
		}
	}
	if err != nil {
		s.fail(c, fault.New(fault.Invalid, "Isi formulir tidak terbaca."))
	}
}

// posted is one field of the form, with line ends as everything else here has
// them (HTML 4.10.21.8 sends CRLF).
func posted(c *gin.Context, name string) string {
	return strings.ReplaceAll(c.PostForm(name), "\r\n", "\n")
}
