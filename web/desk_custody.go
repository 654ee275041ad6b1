package web

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/office"
)

// custodyPage is what waits for a custodian [kustodian]. An identity is never shown
// here: it opens on the custodians' own machines (kawal custodian open).
type custodyPage struct {
	Me       string
	Form     form
	Fields   []deskField
	Key      string
	Requests []custodyRequest
}

// custodyRequest is one request, and whether the caller may agree to it.
type custodyRequest struct {
	office.IdentityRequest
	MayAgree bool
	Mine     bool
}

func (s *server) custody(c *gin.Context, who office.Caller) error {
	return s.showCustody(c, http.StatusOK, who, form{Values: url.Values{}})
}

func (s *server) showCustody(c *gin.Context, status int, who office.Caller, f form) error {
	found, err := s.Office.IdentityRequests(c.Request.Context(), who)
	if err != nil {
		return err
	}
	p := custodyPage{Me: who.Subject, Form: f}
	for _, r := range found {
		mine := r.RequestedBy == who.Subject
		p.Requests = append(p.Requests, custodyRequest{r, r.State == office.IdentityRequested && !mine, mine})
	}
	if p.Fields, err = fieldsIn(languageOf(c), f, "k", "custody", "id", "reason_text"); err != nil {
		return err
	}
	for i := range p.Fields {
		p.Fields[i].Required = true
	}
	if p.Key, err = s.newKey(); err != nil {
		return err
	}
	return s.showDesk(c, who, status, "desk_custody", page{Path: "/meja/identitas", Data: p})
}

// askIdentity asks for the identity of a report, or agrees to a request of another.
func (s *server) askIdentity(c *gin.Context, who office.Caller) error {
	ctx := c.Request.Context()
	f := formOf(c, "id", "reason_text", "request")
	var err error
	if request := f.Get("request"); request != "" {
		_, err = s.Office.ConsentIdentity(ctx, who, f.Get("id"), request)
	} else {
		_, err = s.Office.RequestIdentity(ctx, who, f.Get("id"), f.Get("reason_text"), c.PostForm(keyField))
	}
	if f.blamedIn(languageOf(c), err, "k") {
		for i := range f.Wrong {
			f.Wrong[i].Field = map[string]string{"k-reason": "k-reason_text"}[f.Wrong[i].Field]
			if f.Wrong[i].Field == "" {
				f.Wrong[i].Field = "k-id"
			}
		}
		return s.showCustody(c, door422(err), who, f)
	}
	if err != nil {
		return err
	}
	return s.goTo(c, "/meja/identitas")
}
