package web

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
)

// What supervisors, auditors and the operator look after: links into the Temporal UI,
// the audit log, and notices that could not be sent.

// views are the links into the Temporal UI.
func (s *server) views(c *gin.Context, who office.Caller) error {
	all, err := s.Office.Views(c.Request.Context(), who)
	if err != nil {
		return err
	}
	return s.showDesk(c, who, http.StatusOK, "desk_views", page{Data: all})
}

// auditPage is a page of the audit log.
type auditPage struct {
	Form   form
	Fields []deskField
	Lines  []office.AuditLine
	Next   string
}

// auditFields are the names of the filters of the audit log in addresses.
var auditFields = []string{"report", "subject", "action", "from", "to"}

// audit shows the audit log to auditors, the latest line first.
func (s *server) audit(c *gin.Context, who office.Caller) error {
	f := form{Values: url.Values{}}
	for _, name := range auditFields {
		if v := c.Query(name); v != "" {
			f.Values.Set(name, v)
		}
	}
	filter := office.AuditFilter{Report: f.Get("report"), Subject: f.Get("subject"), Action: f.Get("action")}
	var err error
	if filter.Since, err = dayIn(f, "from"); err == nil {
		filter.Until, err = dayIn(f, "to")
	}
	found := office.AuditPage{}
	if err == nil {
		found, err = s.Office.Audit(c.Request.Context(), who, filter, c.Query("cursor"))
	}
	status := http.StatusOK
	if f.blamedIn(languageOf(c), err, "a") {
		status = http.StatusUnprocessableEntity
	} else if err != nil {
		return err
	}
	p := auditPage{Form: f, Lines: found.Lines}
	if p.Fields, err = fieldsIn(languageOf(c), f, "a", "audit", auditFields...); err != nil {
		return err
	}
	if found.Next != "" {
		p.Next = "/meja/audit?" + with(f.Values, "cursor", found.Next)
	}
	return s.showDesk(c, who, status, "desk_audit", page{Data: p})
}

// dayIn reads a day of a filter: its beginning in WIB; zero if there is none.
func dayIn(f form, name string) (time.Time, error) {
	v := f.Get(name)
	if v == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, v, wib)
	if err != nil {
		return t, fault.At("/"+name, "Tanggal %q tidak sah; bentuknya YYYY-MM-DD.", v)
	}
	return t.UTC(), nil
}

// deadLetters are the notices that could not be sent.
func (s *server) deadLetters(c *gin.Context, who office.Caller) error {
	all, err := s.Office.DeadLetters(c.Request.Context(), who)
	if err != nil {
		return err
	}
	return s.showDesk(c, who, http.StatusOK, "desk_letters", page{Data: all})
}

// requeue gives a notice another ten tries.
func (s *server) requeue(c *gin.Context, who office.Caller) error {
	id, err := strconv.ParseInt(c.PostForm("id"), 10, 64)
	if err != nil {
		return fault.New(fault.NotFound, "Tidak ada pemberitahuan seperti itu.")
	}
	if err := s.Office.Requeue(c.Request.Context(), who, id); err != nil {
		return err
	}
	return s.goTo(c, "/meja/pemberitahuan")
}
