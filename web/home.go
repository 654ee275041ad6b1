package web

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

// homePage is the first page.
type homePage struct {
	Form   form
	Total  int // published reports
	Done   int // closed ones
	Open   int // those that an agency works on
	Median *float64
	Latest []listed
}

// home shows how to report, the numbers and the latest reports.
func (s *server) home(c *gin.Context) error {
	ctx := c.Request.Context()
	k, err := s.catalogue(c)
	if err != nil {
		return err
	}
	lines, err := s.Office.Statistics(ctx, anybody, "stage", office.Filter{})
	if err != nil {
		return err
	}
	latest, err := s.Office.List(ctx, anybody, office.Filter{Limit: 5}, "")
	if err != nil {
		return err
	}
	p := homePage{Form: form{Values: url.Values{}}, Latest: k.listed(languageOf(c), latest.Reports)}
	for _, x := range lines {
		p.Total += x.Received
		switch report.Stage(x.Key) {
		case report.Closed:
			p.Done = x.Received
		case report.FollowUp, report.Closure:
			p.Open += x.Received
		}
	}
	return s.show(c, http.StatusOK, "home", page{Data: p})
}

// listed is one line of a list, with names for its codes.
type listed struct {
	office.Card
	Topic, Place, Unit string
}

func (k *catalogue) listed(l language, cards []office.Card) []listed {
	all := make([]listed, len(cards))
	for i, x := range cards {
		all[i] = listed{x, l.categoryName(k.category[x.Category]), k.place(x.Region), k.agency[x.Agency].Name}
	}
	return all
}

// listPage is a list of published reports.
type listPage struct {
	Form    form
	Reports []listed
	Next    string // address of the next page; empty: this is the last
	First   string // address of the first page; empty: this is it
	Topics  []group
	Regions []group
	Units   []group
	Stages  []group
	Filter  bool // something is filtered
}

// filters are the names of the filters in addresses.
var filters = []string{"q", "category", "region", "agency", "stage", "late", "since", "until"}

// filterOf reads the filter in an address; what is empty filters nothing.
func filterOf(c *gin.Context) (office.Filter, form, error) {
	f := form{Values: url.Values{}}
	for _, name := range filters {
		if v := c.Query(name); v != "" {
			f.Values.Set(name, v)
		}
	}
	out := office.Filter{Q: f.Get("q"), Category: f.Get("category"), Region: f.Get("region"), Agency: f.Get("agency"), Stage: report.Stage(f.Get("stage"))}
	if v := f.Get("late"); v != "" {
		late := v == "1"
		out.Late = &late
	}
	var err error
	if out.Since, err = dayIn(f, "since"); err == nil {
		out.Until, err = dayIn(f, "until")
	}
	return out, f, err
}

// list shows published reports, filtered as the address says.
func (s *server) list(c *gin.Context) error {
	l := languageOf(c)
	k, err := s.catalogue(c)
	if err != nil {
		return err
	}
	filter, f, err := filterOf(c)
	found := office.Page{}
	if err == nil {
		filter.Limit = 20
		found, err = s.Office.List(c.Request.Context(), anybody, filter, c.Query("cursor"))
	}
	status := http.StatusOK
	if err != nil {
		if !f.blamed(l, err, "q") {
			return err
		}
		status = http.StatusUnprocessableEntity
	}
	p := listPage{Form: f, Reports: k.listed(l, found.Reports), Topics: k.topics(l), Regions: k.places(), Units: k.units(), Stages: l.stageOptions(), Filter: len(f.Values) > 0}
	if found.Next != "" {
		p.Next = "/laporan?" + with(f.Values, "cursor", found.Next)
	}
	if c.Query("cursor") != "" {
		p.First = "/laporan?" + f.Values.Encode()
	}
	return s.show(c, status, "list", page{Data: p})
}

// with is a query with one more parameter.
func with(v url.Values, name, value string) string {
	more := url.Values{name: {value}}
	for k, x := range v {
		more[k] = x
	}
	return more.Encode()
}

// stageOptions are the stages that a published report may be in.
func (l language) stageOptions() []group {
	var all []option
	for _, x := range []report.Stage{report.Verification, report.FollowUp, report.Closure, report.Closed, report.Archived, report.Merged} {
		all = append(all, option{Value: string(x), Label: l.stage(x, false)})
	}
	return []group{{Options: all}}
}
