package web

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
)

// How long a reporter's session lasts: ours. A long text is written within it;
// a browser left open in a library forgets it before the next reader comes.
var reporterLife = office.SessionLife{Idle: 30 * time.Minute, Total: 4 * time.Hour}

// secure reports whether people reach us by https.
func (s *server) secure() bool { return s.base.Scheme == "https" }

// cookieName is the name of the cookie of a kind of session. The prefix makes a
// browser refuse it over plain http, from a subdomain and for part of the host.
func (s *server) cookieName(kind office.SessionKind) string {
	if s.secure() {
		return "__Host-kawal-" + string(kind)
	}
	return "kawal-" + string(kind)
}

// setSession gives the browser a session's token. It forgets it when it is
// closed: there is no Max-Age.
func (s *server) setSession(c *gin.Context, kind office.SessionKind, token string) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: s.cookieName(kind), Value: token, Path: "/", HttpOnly: true, Secure: s.secure(), SameSite: sameSite(kind),
	})
}

// sameSite says who may make a browser send a session's cookie. Staff come back from
// the issuer, which is another site, and from links in mails; what changes something
// is a POST, which sameOrigin refuses to other sites.
func sameSite(kind office.SessionKind) http.SameSite {
	if kind == office.ReporterSession {
		return http.SameSiteStrictMode
	}
	return http.SameSiteLaxMode
}

// endSession ends the browser's session of a kind, if it has one.
func (s *server) endSession(c *gin.Context, kind office.SessionKind) error {
	token, err := c.Cookie(s.cookieName(kind))
	if err != nil || token == "" {
		return nil // there is none
	}
	http.SetCookie(c.Writer, &http.Cookie{
		Name: s.cookieName(kind), Path: "/", MaxAge: -1, HttpOnly: true, Secure: s.secure(), SameSite: sameSite(kind),
	})
	return s.Office.EndSession(c.Request.Context(), kind, token)
}

// shown puts what the browser's session of a kind holds into to.
// fault.Unauthenticated if it has none.
func (s *server) shown(c *gin.Context, kind office.SessionKind, to any) error {
	token, err := c.Cookie(s.cookieName(kind))
	if err != nil || token == "" {
		return fault.New(fault.Unauthenticated, "Anda belum membuka laporan ini dengan kode aksesnya.")
	}
	return s.Office.UseSession(c.Request.Context(), kind, token, to)
}

// anybody is a caller of whom nothing is known.
var anybody = office.Caller{Kind: office.Anyone, Channel: office.ChannelWeb}

// withCode is a caller who shows an access code.
func withCode(code string) office.Caller {
	return office.Caller{Kind: office.Reporter, Code: code, Channel: office.ChannelWeb}
}

// caller returns who asks for a report: its reporter if his session is open for
// it, else anybody.
func (s *server) caller(c *gin.Context, id string) (office.Caller, error) {
	var code office.ShownCode
	switch err := s.shown(c, office.ReporterSession, &code); {
	case fault.KindOf(err) == fault.Unauthenticated:
		return anybody, nil
	case err != nil:
		return office.Caller{}, err
	case code.Report != id:
		return anybody, nil
	}
	return withCode(code.Code), nil
}

// openSession opens a report for its reporter, in place of the one that was open.
func (s *server) openSession(c *gin.Context, id, code string) error {
	if err := s.endSession(c, office.ReporterSession); err != nil {
		return err
	}
	token, err := s.Office.OpenSession(c.Request.Context(), office.ReporterSession, office.ShownCode{Report: id, Code: code}, reporterLife)
	if err != nil {
		return err
	}
	s.setSession(c, office.ReporterSession, token)
	return nil
}
