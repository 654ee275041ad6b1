package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
)

// saveDraft keeps a follow-up for a head to approve: no command of a report.
const saveDraft = "save_draft"

// draftsPage are the drafts of follow-ups [konsep] that wait for the caller.
type draftsPage struct {
	Form   form
	Drafts []oneDraft
	News   string
}

// oneDraft is one of them, with what the caller may do with it.
type oneDraft struct {
	office.DraftView
	Unit   string
	Mine   bool
	Fields []deskField // of giving it back
	Key    string
}

// drafts shows what waits for a head, and what was given back to its author.
func (s *server) drafts(c *gin.Context, who office.Caller) error {
	return s.showDrafts(c, http.StatusOK, who, form{Values: url.Values{}})
}

func (s *server) showDrafts(c *gin.Context, status int, who office.Caller, f form) error {
	found, err := s.Office.Drafts(c.Request.Context(), who)
	if err != nil {
		return err
	}
	k, err := s.catalogue(c)
	if err != nil {
		return err
	}
	p := draftsPage{Form: f, News: c.Query("kabar")}
	if !slices.Contains([]string{"approve_draft", "return_draft", "delete_draft", "waiting"}, p.News) {
		p.News = ""
	}
	for _, d := range found {
		one := oneDraft{DraftView: d, Unit: k.agency[d.Office].Name, Mine: d.Author == who.Subject}
		filled := form{Values: url.Values{}}
		if f.Get("draft") == d.ID {
			filled = f
		}
		if one.Fields, err = fieldsIn(languageOf(c), filled, d.ID, "return_draft", "reason_text"); err != nil {
			return err
		}
		if one.Key, err = s.newKey(); err != nil {
			return err
		}
		p.Drafts = append(p.Drafts, one)
	}
	return s.showDesk(c, who, status, "desk_drafts", page{Path: "/meja/konsep", Data: p})
}

// decideDraft approves, gives back or deletes a draft.
func (s *server) decideDraft(c *gin.Context, who office.Caller) error {
	ctx := c.Request.Context()
	f := formOf(c, "report", "draft", "revision", "reason_text", "tindakan")
	revision, _ := strconv.Atoi(f.Get("revision")) // another than the draft's is refused
	what, id, draft := f.Get("tindakan"), f.Get("report"), f.Get("draft")
	var err error
	switch what {
	case "approve_draft":
		var done office.Answer
		if done, err = s.Office.ApproveDraft(ctx, who, id, draft, revision, c.PostForm(keyField)); done.State == office.StateWaiting {
			what = "waiting"
		}
	case "return_draft":
		_, err = s.Office.ReturnDraft(ctx, who, id, draft, revision, f.Get("reason_text"))
	case "delete_draft":
		err = s.Office.DeleteDraft(ctx, who, id, draft)
	default:
		return fault.New(fault.Invalid, "Tindakan ini tidak dikenal.")
	}
	if f.blamedIn(languageOf(c), err, draft) {
		for i, x := range f.Wrong {
			if x.Field == draft+"-reason" {
				f.Wrong[i].Field = draft + "-reason_text"
			}
		}
		return s.showDrafts(c, door422(err), who, f)
	}
	if err != nil {
		return err
	}
	return s.goTo(c, "/meja/konsep?kabar="+escape(what))
}

// templatesPage are the templates of follow-ups [templat tanggapan].
type templatesPage struct {
	Form      form
	Templates []office.Template
	Units     map[string]string
	Fields    []deskField
	May       bool // the caller may write some
}

// templates lists the templates that the caller may use.
func (s *server) templates(c *gin.Context, who office.Caller) error {
	return s.showTemplates(c, http.StatusOK, who, form{Values: url.Values{"unit": {who.Member.Unit}}})
}

func (s *server) showTemplates(c *gin.Context, status int, who office.Caller, f form) error {
	l := languageOf(c)
	found, err := s.Office.Templates(c.Request.Context(), who)
	if err != nil {
		return err
	}
	k, err := s.catalogue(c)
	if err != nil {
		return err
	}
	p := templatesPage{Form: f, Templates: found, Units: map[string]string{}}
	p.May = slices.Contains(who.Member.Roles, "admin") || slices.Contains(who.Member.Roles, "head")
	for _, a := range k.Agencies {
		p.Units[a.ID] = a.Name
	}
	if p.Fields, err = fieldsIn(l, f, "t", "template", "id", "unit", "name", "text"); err != nil {
		return err
	}
	for i := range p.Fields {
		p.Fields[i].Required = true
		if p.Fields[i].Name == "unit" {
			p.Fields[i].Options = k.units()
		}
	}
	return s.showDesk(c, who, status, "desk_templates", page{Path: "/meja/templat", Data: p})
}

// putTemplate writes or deletes a template.
func (s *server) putTemplate(c *gin.Context, who office.Caller) error {
	ctx := c.Request.Context()
	f := formOf(c, "id", "unit", "name", "text", "tindakan")
	var err error
	if f.Get("tindakan") == "delete" {
		err = s.Office.DeleteTemplate(ctx, who, f.Get("id"))
	} else {
		_, err = s.Office.PutTemplate(ctx, who, office.Template{ID: f.Get("id"), Unit: f.Get("unit"), Name: f.Get("name"), Text: f.Get("text")})
	}
	if f.blamedIn(languageOf(c), err, "t") {
		return s.showTemplates(c, door422(err), who, f)
	}
	if err != nil {
		return err
	}
	return s.goTo(c, "/meja/templat")
}
