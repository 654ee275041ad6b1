package web

import (
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

// track asks for a tracking id, and for the access code of whoever has one.
func (s *server) track(c *gin.Context) error {
	f := form{Values: map[string][]string{"id": {c.Query("id")}}}
	return s.show(c, http.StatusOK, "track", page{Data: f})
}

// trackPosted leads to the report: as its reporter if a code is given.
func (s *server) trackPosted(c *gin.Context) error {
	f := formOf(c, "id", "optional_code")
	id, err := report.ParseID(f.Get("id"))
	if err != nil {
		if !f.blamed(languageOf(c), err, "id") {
			return err
		}
		return s.show(c, http.StatusUnprocessableEntity, "track", page{Path: "/lacak", Data: f})
	}
	if code := f.Get("optional_code"); code != "" {
		return s.open(c, id, code)
	}
	return s.goTo(c, "/laporan/"+id)
}

// open opens a report for whoever has its code, and leads there. The answer to a
// wrong one is that of a report that does not exist.
func (s *server) open(c *gin.Context, id, code string) error {
	if _, err := s.Office.Report(c.Request.Context(), withCode(code), id); err != nil {
		return err
	}
	if err := s.openSession(c, id, code); err != nil {
		return err
	}
	return s.goTo(c, "/laporan/"+id)
}

// unlock opens the report of this address with the code that was sent.
func (s *server) unlock(c *gin.Context) error {
	id, err := report.ParseID(c.Param("id"))
	if err != nil {
		return fault.New(fault.NotFound, office.NotFoundSentence)
	}
	return s.open(c, id, posted(c, "code"))
}

// lock ends the reporter's session and shows what everybody sees.
func (s *server) lock(c *gin.Context) error {
	if err := s.endSession(c, office.ReporterSession); err != nil {
		return err
	}
	return s.goTo(c, "/lacak")
}

// reportPage is one report: its public page, and for its reporter the follow-up
// page.
type reportPage struct {
	office.ReportView
	Deadlines []office.Deadline
	Place     string
	Topic     string
	Unit      string
	Offices   map[string]string // names of units
	Mine      bool
	May       map[string]bool // what the reporter may do now
	Timeline  []office.TimelineEntry
	Form      form
	Key       string // under which what is sent next is done once
	News      string // what was just done
	NewCode   string // shown once, when it was just replaced
	Now       time.Time
}

// report shows one report to everybody, and more to its reporter.
func (s *server) report(c *gin.Context) error {
	id, err := report.ParseID(c.Param("id"))
	if err != nil {
		return fault.New(fault.NotFound, office.NotFoundSentence)
	}
	who, err := s.caller(c, id)
	if err != nil {
		return err
	}
	return s.showReport(c, http.StatusOK, who, id, form{Values: map[string][]string{}}, "")
}

// news are what a page may say that was just done.
var news = []string{"reply", "supply_info", "confirm_done", "reopen", "withdraw", "make_secret", "rate", doErase, consentPublic, "waiting"}

// showReport shows a report with what was filled in on its page, and a new access
// code if there is one.
func (s *server) showReport(c *gin.Context, status int, who office.Caller, id string, f form, newCode string) error {
	ctx := c.Request.Context()
	view, err := s.Office.Report(ctx, who, id)
	if fault.KindOf(err) == fault.NotFound && who.Code != "" { // the code was replaced
		who = anybody
		view, err = s.Office.Report(ctx, who, id)
	}
	if err != nil {
		return err
	}
	p := reportPage{ReportView: view, Mine: view.SeenBy == office.SeenByReporter, Form: f, NewCode: newCode, May: map[string]bool{},
		Offices: map[string]string{}, Now: s.Now()}
	if p.Deadlines, err = s.Office.Deadlines(ctx, who, id); err != nil {
		return err
	}
	if p.Key, err = s.newKey(); err != nil {
		return err
	}
	k, err := s.catalogue(c)
	if err != nil {
		return err
	}
	p.Place, p.Topic, p.Unit = k.place(view.Region), languageOf(c).categoryName(k.category[view.Category]), k.agency[view.Agency].Name
	for _, a := range k.Agencies {
		p.Offices[a.ID] = a.Name
	}
	for _, a := range view.AllowedActions {
		p.May[string(a)] = p.Mine
	}
	if p.Mine {
		if p.Timeline, err = s.Office.Timeline(ctx, who, id); err != nil {
			return err
		}
	}
	if n := c.Query("kabar"); slices.Contains(news, n) {
		p.News = n
	}
	title := view.Title
	if title == "" {
		title = view.ID
	}
	return s.show(c, status, "report", page{Title: title, Path: "/laporan/" + id, Inside: p.Mine, Data: p})
}
