package web

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

// heldPage lists texts that have been said and do not appear yet [teks tertahan].
type heldPage struct {
	Form  form
	Texts []heldText
	News  string
}

// heldText is one of them, with the form that lets it appear.
type heldText struct {
	office.HeldView
	Unit   string
	Fields []deskField // none where it appears as it was written
	Found  bool        // the author of a follow-up is asked whether it is meant
}

// held shows what waits for the caller.
func (s *server) held(c *gin.Context, who office.Caller) error {
	return s.showHeld(c, http.StatusOK, who, form{Values: url.Values{}})
}

func (s *server) showHeld(c *gin.Context, status int, who office.Caller, f form) error {
	texts, err := s.Office.Held(c.Request.Context(), who, 100)
	if err != nil {
		return err
	}
	k, err := s.catalogue(c)
	if err != nil {
		return err
	}
	p := heldPage{Form: f, News: c.Query("kabar")}
	if p.News != confirmPost {
		p.News = ""
	}
	for _, t := range texts {
		one := heldText{HeldView: t, Unit: k.agency[t.Office].Name}
		filled := form{Values: url.Values{"text": {t.Suggestion}}}
		if f.Get("post") == t.Post {
			filled = f
		}
		if t.Kind == string(report.Reply) {
			if one.Fields, err = fieldsIn(languageOf(c), filled, t.Post, "held", "text", "public_confirmed"); err != nil {
				return err
			}
		}
		p.Texts = append(p.Texts, one)
	}
	return s.showDesk(c, who, status, "desk_held", page{Path: "/meja/tertahan", Data: p})
}

// confirmHeld lets a text appear.
func (s *server) confirmHeld(c *gin.Context, who office.Caller) error {
	f := formOf(c, "report", "post", "text", "public_confirmed")
	_, err := s.Office.Confirm(c.Request.Context(), who, f.Get("report"), f.Get("post"), f.Get("text"), f.Get("public_confirmed") != "")
	if f.blamedIn(languageOf(c), err, f.Get("post")) {
		return s.showHeld(c, door422(err), who, f)
	}
	if err != nil {
		return err
	}
	return s.goTo(c, "/meja/tertahan?kabar="+confirmPost)
}
