package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/internal/door"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
)

var errMedia = fault.New(door.WrongMedia, "Isi permintaan harus application/json dalam UTF-8.")

// Problem is a problem document, RFC 9457.
type Problem struct {
	Type     string         `json:"type"` // section of the reference page
	Title    string         `json:"title"`
	Status   int            `json:"status"`
	Detail   string         `json:"detail"`
	Instance string         `json:"instance,omitempty"` // the request, as the log names it; never on a 404
	Errors   []FieldProblem `json:"errors,omitempty"`
}

// FieldProblem is what is wrong with one field.
type FieldProblem struct {
	Pointer string `json:"pointer"` // RFC 6901; parameters stand under their name
	Detail  string `json:"detail"`
}

// fieldErrors is what is wrong with several fields of one request.
type fieldErrors []*fault.Error

// Error returns the pointers of the fields in one sentence.
func (f fieldErrors) Error() string {
	names := make([]string, 0, len(f))
	for _, e := range f {
		if e.Field != "" {
			names = append(names, e.Field)
		}
	}
	if len(names) == 0 {
		return f[0].Message
	}
	return "Permintaan tidak sesuai: " + strings.Join(names, ", ") + "."
}

// Is reports whether target is fault.Invalid.
func (f fieldErrors) Is(target error) bool { return target == fault.Invalid }

// fail answers err and ends the chain. It writes nothing if an answer has
// already begun.
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
		s.missing(c, err)
		return
	}
	switch kind {
	case fault.Unauthenticated:
		c.Header("WWW-Authenticate", `Bearer realm="kawal"`)
	case fault.TooMany, fault.Unavailable:
		c.Header("Retry-After", strconv.Itoa(int(door.RetryAfter/time.Second)))
	}
	p := document(kind, err)
	p.Instance = "urn:uuid:" + door.RequestID(c)
	write(c, p)
}

// document writes err as a problem. Only the sentences of faults appear in it.
func document(kind fault.Kind, err error) Problem {
	a := door.Answers[kind]
	p := Problem{Type: "/docs#problem-" + string(kind), Title: a.Title, Status: a.Status}
	one, isOne := errors.AsType[*fault.Error](err)
	many, isMany := errors.AsType[fieldErrors](err)
	switch {
	case kind == door.Broken:
		p.Detail = "Kesalahan ini sudah dicatat. Silakan coba lagi."
	case isMany:
		p.Detail = many.Error()
	case isOne:
		p.Detail = one.Message
		many = fieldErrors{one}
	default:
		p.Detail = "Silakan coba lagi sebentar lagi."
	}
	for _, f := range many {
		if f.Field != "" || isMany {
			p.Errors = append(p.Errors, FieldProblem{f.Field, f.Message})
		}
	}
	return p
}

// missing answers 404: about reports and commands always with the same bytes,
// without request id, at the fixed time after arrival.
func (s *server) missing(c *gin.Context, err error) {
	if path := c.FullPath(); strings.HasPrefix(path, "/v1/reports") || strings.HasPrefix(path, "/v1/commands") {
		err = fault.New(fault.NotFound, office.NotFoundSentence)
	}
	p := document(fault.NotFound, err)
	p.Errors = nil
	s.door.Missing(c)
	write(c, p)
}

func write(c *gin.Context, p Problem) {
	body, err := json.Marshal(p)
	if err != nil {
		c.Status(http.StatusInternalServerError)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.Data(p.Status, "application/problem+json", append(body, '\n'))
}
