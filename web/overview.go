package web

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

// counted is one agency, topic or region with its numbers.
type counted struct {
	Key, Name string
	office.Statistic
	Depth int // below the root of its tree
}

// overviewPage lists all agencies or all topics.
type overviewPage struct{ Rows []counted }

// numbers returns the statistics of a dimension by key.
func (s *server) numbers(c *gin.Context, dim string, f office.Filter) (map[string]office.Statistic, error) {
	lines, err := s.Office.Statistics(c.Request.Context(), anybody, dim, f)
	all := map[string]office.Statistic{}
	for _, x := range lines {
		all[x.Key] = x
	}
	return all, err
}

// agencies lists the units with their numbers.
func (s *server) agencies(c *gin.Context) error {
	k, err := s.catalogue(c)
	if err != nil {
		return err
	}
	lines, err := s.numbers(c, "agency", office.Filter{})
	if err != nil {
		return err
	}
	var rows []counted
	var walk func(parent string, depth int)
	walk = func(parent string, depth int) {
		for _, a := range k.Agencies {
			if a.Parent == parent && a.Active {
				rows = append(rows, counted{a.ID, a.Name, lines[a.ID], depth})
				walk(a.ID, depth+1)
			}
		}
	}
	walk("", 0)
	return s.show(c, http.StatusOK, "agencies", page{Data: overviewPage{rows}})
}

// categories lists the topics with their numbers.
func (s *server) categories(c *gin.Context) error {
	k, err := s.catalogue(c)
	if err != nil {
		return err
	}
	lines, err := s.numbers(c, "category", office.Filter{})
	if err != nil {
		return err
	}
	var rows []counted
	for _, top := range k.Categories {
		if top.Parent != "" {
			continue
		}
		rows = append(rows, counted{top.Code, languageOf(c).categoryName(top), lines[top.Code], 0})
		for _, x := range k.Categories {
			if x.Parent == top.Code {
				rows = append(rows, counted{x.Code, languageOf(c).categoryName(x), lines[x.Code], 1})
			}
		}
	}
	return s.show(c, http.StatusOK, "categories", page{Data: overviewPage{rows}})
}

// aboutPage is one agency or one topic.
type aboutPage struct {
	Key, Name string
	Above     string // name of what it lies in; empty: nothing
	Filter    string // name of the filter in addresses
	Sensitive bool   // a topic whose reports are always secret
	Stages    chart
	Months    chart
	Scores    bar
	Total     office.Statistic
	Latest    []listed
}

func (s *server) agency(c *gin.Context) error {
	k, err := s.catalogue(c)
	if err != nil {
		return err
	}
	a, ok := k.agency[c.Param("id")]
	if !ok {
		return fault.New(fault.NotFound, "Instansi ini tidak ada.")
	}
	p := aboutPage{Key: a.ID, Name: a.Name, Above: k.agency[a.Parent].Name, Filter: "agency"}
	return s.about(c, k, p, office.Filter{Agency: a.ID})
}

func (s *server) category(c *gin.Context) error {
	k, err := s.catalogue(c)
	if err != nil {
		return err
	}
	x, ok := k.category[c.Param("code")]
	if !ok {
		return fault.New(fault.NotFound, "Topik ini tidak ada.")
	}
	l := languageOf(c)
	p := aboutPage{Key: x.Code, Name: l.categoryName(x), Above: l.categoryName(k.category[x.Parent]), Filter: "category", Sensitive: x.DefaultContent == office.ContentSecret}
	return s.about(c, k, p, office.Filter{Category: x.Code})
}

// about shows one agency or topic, with all below it.
func (s *server) about(c *gin.Context, k *catalogue, p aboutPage, f office.Filter) error {
	l, ctx := languageOf(c), c.Request.Context()
	stages, err := s.Office.Statistics(ctx, anybody, "stage", f)
	if err != nil {
		return err
	}
	months, err := s.Office.Statistics(ctx, anybody, "month", f)
	if err != nil {
		return err
	}
	scores, err := s.Office.Satisfaction(ctx, f)
	if err != nil {
		return err
	}
	f.Limit = 10
	latest, err := s.Office.List(ctx, anybody, f, "")
	if err != nil {
		return err
	}
	p.Stages, p.Months, p.Scores = l.stageChart(stages), l.monthChart(months), l.scoreBar(sum(scores))
	for _, x := range stages {
		p.Total.Received += x.Received
		p.Total.LateNow += x.LateNow
	}
	p.Latest = k.listed(l, latest.Reports)
	return s.show(c, http.StatusOK, "about_one", page{Title: p.Name, Data: p})
}

// statisticsPage is the numbers of everything published.
type statisticsPage struct {
	Form                           form
	Regions                        []group
	Total                          office.Statistic
	Stages, Months, Topics, Places chart
	Agencies                       []scored
	Scores                         bar
}

// scored is an agency with its satisfaction.
type scored struct {
	counted
	Bar bar
}

// statistics shows the numbers, filtered as the address says.
func (s *server) statistics(c *gin.Context) error {
	k, err := s.catalogue(c)
	if err != nil {
		return err
	}
	l := languageOf(c)
	f, filled, err := filterOf(c)
	if err != nil {
		return err
	}
	by := map[string][]office.Statistic{}
	for _, dim := range []string{"stage", "month", "category", "region", "agency"} {
		if by[dim], err = s.Office.Statistics(c.Request.Context(), anybody, dim, f); err != nil {
			return err
		}
	}
	scores, err := s.Office.Satisfaction(c.Request.Context(), f)
	if err != nil {
		return err
	}
	p := statisticsPage{Form: filled, Regions: k.places(), Stages: l.stageChart(by["stage"]), Months: l.monthChart(by["month"]), Scores: l.scoreBar(sum(scores)),
		Topics: most(by["category"], func(key string) string { return l.categoryName(k.category[key]) }), Places: most(by["region"], k.place)}
	for _, x := range by["stage"] {
		p.Total.Received += x.Received
		p.Total.LateNow += x.LateNow
	}
	for _, x := range by["agency"] {
		p.Agencies = append(p.Agencies, scored{counted{x.Key, k.agency[x.Key].Name, x, 0}, l.scoreBar(scores[x.Key])})
	}
	slices.SortStableFunc(p.Agencies, func(a, b scored) int { return cmp.Compare(b.Received, a.Received) })
	return s.show(c, http.StatusOK, "statistics", page{Data: p})
}

func (l language) stageChart(lines []office.Statistic) chart {
	var rows []bit
	for _, stage := range report.Stages {
		for _, x := range lines {
			if x.Key == string(stage) {
				rows = append(rows, bit{l.stage(stage, false), x.Received})
			}
		}
	}
	return newChart(rows)
}

// monthChart is the last 24 months in which something was published.
func (l language) monthChart(lines []office.Statistic) chart {
	var rows []bit
	for _, x := range lines[max(0, len(lines)-24):] {
		rows = append(rows, bit{l.month(x.Key), x.Received})
	}
	return newChart(rows)
}

// most are the ten keys with the most reports.
func most(lines []office.Statistic, name func(string) string) chart {
	lines = slices.Clone(lines)
	slices.SortStableFunc(lines, func(a, b office.Statistic) int { return cmp.Compare(b.Received, a.Received) })
	var rows []bit
	for _, x := range lines[:min(10, len(lines))] {
		rows = append(rows, bit{name(x.Key), x.Received})
	}
	return newChart(rows)
}
