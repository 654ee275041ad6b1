package web

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

// deskList is the queue or the list of all reports of an office.
type deskList struct {
	listPage
	Path   string
	Queue  bool // by urgency, and what is chosen may be acted on together
	Tick   bool // the caller acts on several
	Late   int  // of those shown
	Amount int
}

// queue shows what waits for the caller, the most urgent first.
// Who has no queue is led to what he has.
func (s *server) queue(c *gin.Context, who office.Caller) error {
	k, err := s.catalogue(c)
	if err != nil {
		return err
	}
	if mine := tabsOf(k, who); len(mine) > 0 && mine[0].Path != "/meja" {
		return s.goTo(c, mine[0].Path)
	}
	return s.deskList(c, who, "/meja", func(f office.Filter) (office.Page, error) {
		f.Limit = 100
		cards, err := s.Office.Queue(c.Request.Context(), who, f)
		return office.Page{Reports: cards}, err
	})
}

// reports lists all reports of the caller's office, the latest first.
func (s *server) reports(c *gin.Context, who office.Caller) error {
	return s.deskList(c, who, "/meja/laporan", func(f office.Filter) (office.Page, error) {
		return s.Office.List(c.Request.Context(), who, f, c.Query("cursor"))
	})
}

func (s *server) deskList(c *gin.Context, who office.Caller, path string, ask func(office.Filter) (office.Page, error)) error {
	l := languageOf(c)
	k, err := s.catalogue(c)
	if err != nil {
		return err
	}
	filter, f, err := filterOf(c)
	found := office.Page{}
	if err == nil {
		filter.Limit = 50
		found, err = ask(filter)
	}
	status := http.StatusOK
	if err != nil {
		if !f.blamed(l, err, "q") {
			return err
		}
		status = http.StatusUnprocessableEntity
	}
	p := deskList{Path: path, Queue: path == "/meja", Amount: len(found.Reports), listPage: listPage{Form: f, Reports: k.listed(l, found.Reports), Topics: k.topics(l),
		Regions: k.places(), Units: k.units(), Stages: l.allStages(), Filter: len(f.Values) > 0}}
	p.Tick = p.Queue && slices.ContainsFunc(bulkForms, func(x bulkForm) bool { return slices.Contains(who.Member.Roles, string(x.Role)) })
	for _, x := range p.Reports {
		if x.Late {
			p.Late++
		}
	}
	if found.Next != "" {
		p.Next = path + "?" + with(f.Values, "cursor", found.Next)
	}
	if c.Query("cursor") != "" {
		p.First = path + "?" + f.Values.Encode()
	}
	title := l.say("desk.reports")
	if p.Queue {
		title = l.say("desk.queue")
	}
	return s.showDesk(c, who, status, "desk_list", page{Title: title, Data: p})
}

// allStages are the stages that staff may ask for.
func (l language) allStages() []group {
	var all []option
	for _, x := range report.Stages {
		all = append(all, option{Value: string(x), Label: l.stage(x, false)})
	}
	return []group{{Options: all}}
}
