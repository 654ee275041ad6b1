package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/internal/door"
	"github.com/kawal-id/kawal/internal/fault"
)

// failure is what the page of an error says.
type failure struct {
	Kind    fault.Kind
	Message string // of the fault, Indonesian; empty for what nobody may be told
	Request string // as the log names it; empty on a 404
}

// fail answers err with a page and ends the chain. It writes nothing if an
// answer has already begun.
func (s *server) fail(c *gin.Context, err error) {
	c.Abort()
	kind := door.KindOf(err)
	if kind == door.Broken {
		s.door.Broken(c, err)
	}
	if c.Writer.Written() {
		return
	}
	if kind == fault.NotFound {
		s.missing(c)
		return
	}
	if kind == fault.TooMany || kind == fault.Unavailable {
		c.Header("Retry-After", strconv.Itoa(int(door.RetryAfter/time.Second)))
	}
	f := failure{Kind: kind, Request: door.RequestID(c)}
	if one, ok := errors.AsType[*fault.Error](err); ok && kind != door.Broken {
		f.Message = one.Message
	}
	s.showFailure(c, door.Answers[kind].Status, "failure", page{Title: languageOf(c).say("fail." + string(kind) + ".title"), Path: "/", Data: f})
}

// missing answers 404. Of reports the answer is always the same bytes at the same
// time, whether there is none, it is secret, not yet published, or the code was
// wrong: it lets whoever has a code open his report, at the address where he is.
func (s *server) missing(c *gin.Context) {
	s.door.Missing(c)
	l := languageOf(c)
	switch path := strings.TrimPrefix(c.FullPath(), l.prefix()); {
	case strings.HasPrefix(path, "/laporan/"):
		s.showFailure(c, http.StatusNotFound, "locked", page{Path: "/lacak"})
		return
	case path == "/lacak":
		f := form{Wrong: []wrong{{"id", l.say("locked.text")}}}
		s.showFailure(c, http.StatusNotFound, "track", page{Path: "/lacak", Data: f})
		return
	}
	s.showFailure(c, http.StatusNotFound, "missing", page{Path: "/"})
}

func (s *server) showFailure(c *gin.Context, status int, name string, p page) {
	if err := s.show(c, status, name, p); err != nil {
		s.door.Broken(c, err)
		c.String(http.StatusInternalServerError, "Kesalahan pada kami.\n")
	}
}
