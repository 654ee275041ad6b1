package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

// filePage is one report as staff see it [berkas laporan].
type filePage struct {
	office.ReportView
	Deadlines []office.Deadline
	Timeline  []office.TimelineEntry
	Place     string
	Topic     string
	Unit      string
	Units     map[string]string // names of units
	Acts      []deskAct
	Form      form
	Key       string // under which what is sent next is done once
	News      string // what was just done
	Person    *office.Person
	MayName   bool // the identity is open, and the caller may ask for it
	Templates []office.Template
	Package   bool // the caller may have the package for the Ombudsman
	Confirms  map[string]bool
}

// file shows one report to staff, with what they may do now.
func (s *server) file(c *gin.Context, who office.Caller) error {
	id, err := report.ParseID(c.Param("id"))
	if err != nil {
		return fault.New(fault.NotFound, office.NotFoundSentence)
	}
	return s.showFile(c, http.StatusOK, who, id, form{Values: url.Values{}}, nil)
}

// showFile shows a report with what was filled in on its page, and who filed it if
// that was asked for.
func (s *server) showFile(c *gin.Context, status int, who office.Caller, id string, f form, person *office.Person) error {
	ctx, l := c.Request.Context(), languageOf(c)
	view, err := s.Office.Report(ctx, who, id)
	if err != nil {
		return err
	}
	if view.SeenBy != office.SeenByStaff { // no office in it: what everybody reads
		return s.goTo(c, "/laporan/"+id)
	}
	k, err := s.catalogue(c)
	if err != nil {
		return err
	}
	p := filePage{ReportView: view, Place: k.place(view.Region), Topic: l.categoryName(k.category[view.Category]), Unit: k.agency[view.Agency].Name,
		Units: map[string]string{}, Form: f, Person: person, News: c.Query("kabar")}
	if p.Deadlines, err = s.Office.Deadlines(ctx, who, id); err != nil {
		return err
	}
	if p.Timeline, err = s.Office.Timeline(ctx, who, id); err != nil {
		return err
	}
	if p.Key, err = s.newKey(); err != nil {
		return err
	}
	for _, a := range k.Agencies {
		p.Units[a.ID] = a.Name
	}
	if !l.has("did." + p.News) {
		p.News = ""
	}
	admin := slices.Contains(who.Member.Roles, string(report.Admin))
	p.MayName = admin && view.Own.Identity == office.IdentityOpen && view.ErasedAt == nil && person == nil
	p.Package = admin && k.agency[who.Member.Unit].Parent == ""
	if p.Acts, err = s.deskActs(l, k, view, f); err != nil {
		return err
	}
	if err := s.useTemplate(c, who, &p); err != nil {
		return err
	}
	title := view.Title
	if title == "" {
		title = view.ID
	}
	return s.showDesk(c, who, status, "desk_file", page{Title: title, Path: "/meja/laporan/" + id, Data: p})
}

// useTemplate offers the templates where a follow-up can be written, and puts the one
// that the address names into its form.
func (s *server) useTemplate(c *gin.Context, who office.Caller, p *filePage) error {
	i := slices.IndexFunc(p.Acts, func(a deskAct) bool { return a.Action == string(report.PostFollowUp) || a.Action == saveDraft })
	if i < 0 {
		return nil
	}
	var err error
	if p.Templates, err = s.Office.Templates(c.Request.Context(), who); err != nil {
		return err
	}
	for _, t := range p.Templates {
		if t.ID != c.Query("templat") {
			continue
		}
		p.Acts[i].Open = true
		for j, f := range p.Acts[i].Fields {
			if f.Name == "text" && f.Value == "" {
				p.Acts[i].Fields[j].Value = t.Text
			}
		}
	}
	return nil
}

// identity shows who filed a report, if the identity is open. It is a POST because
// the office writes down who has read it.
func (s *server) identity(c *gin.Context, who office.Caller) error {
	id, err := report.ParseID(c.Param("id"))
	if err != nil {
		return fault.New(fault.NotFound, office.NotFoundSentence)
	}
	person, err := s.Office.Identity(c.Request.Context(), who, id)
	if err != nil {
		return err
	}
	return s.showFile(c, http.StatusOK, who, id, form{Values: url.Values{}}, &person)
}

// ombudsmanPackage answers with the package of a report.
func (s *server) ombudsmanPackage(c *gin.Context, who office.Caller) error {
	p, err := s.Office.Package(c.Request.Context(), who, c.Param("id"))
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", fmt.Sprintf("attachment; filename=%q", p.ID+".zip"))
	c.Data(http.StatusOK, "application/zip", p.ZIP)
	return nil
}
