package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

// bulkForm is an act that can be done to many reports at once, with what is filled in
// for all of them, and whose it is.
type bulkForm struct {
	Role report.Role
	actForm
}

// bulkForms are those of office.BulkActs.
var bulkForms = []bulkForm{
	{report.Admin, actForm{report.Forward, []string{"agency"}}},
	{report.Admin, actForm{report.PassUp, []string{"sure"}}},
	{report.Admin, actForm{report.Archive, []string{"reason", "text"}}},
	{report.Admin, actForm{report.Reassign, []string{"agency"}}},
	{report.Admin, actForm{report.Extend, []string{"sure"}}},
	{report.Admin, actForm{report.DeclineExtension, []string{"sure"}}},
	{report.Officer, actForm{report.Accept, []string{"sure"}}},
	{report.Officer, actForm{report.Assign, []string{"unit"}}},
	{report.Officer, actForm{report.Note, []string{"text"}}},
	{report.Officer, actForm{report.Return, []string{"text"}}},
}

// bulkPage begins a job: the reports that were chosen, and what can be done to them.
type bulkPage struct {
	Chosen []listed // those of the queue with their titles
	Acts   []deskAct
	Form   form
	Key    string
}

// chosen are the reports that were ticked.
func chosen(values []string) []string {
	var ids []string
	for _, v := range values {
		if id, err := report.ParseID(v); err == nil && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// newBulk asks what is to be done to the reports in the address.
func (s *server) newBulk(c *gin.Context, who office.Caller) error {
	return s.showNewBulk(c, http.StatusOK, who, chosen(c.QueryArray("laporan")), form{Values: url.Values{}})
}

func (s *server) showNewBulk(c *gin.Context, status int, who office.Caller, ids []string, f form) error {
	l := languageOf(c)
	if len(ids) == 0 {
		return s.goTo(c, "/meja")
	}
	k, err := s.catalogue(c)
	if err != nil {
		return err
	}
	waiting, err := s.Office.Queue(c.Request.Context(), who, office.Filter{Limit: 100})
	if err != nil {
		return err
	}
	p := bulkPage{Form: f}
	for _, id := range ids {
		card := office.Card{ID: id}
		if i := slices.IndexFunc(waiting, func(x office.Card) bool { return x.ID == id }); i >= 0 {
			card = waiting[i]
		}
		p.Chosen = append(p.Chosen, k.listed(l, []office.Card{card})...)
	}
	any := office.ReportView{Agency: who.Member.Unit, Own: &office.OwnView{}, Desk: &office.DeskView{}}
	for _, x := range bulkForms {
		if !slices.Contains(who.Member.Roles, string(x.Role)) {
			continue
		}
		a, err := newDeskAct(l, k, any, f, string(x.Action), x.Fields)
		if err != nil {
			return err
		}
		p.Acts = append(p.Acts, a)
	}
	if p.Key, err = s.newKey(); err != nil {
		return err
	}
	return s.showDesk(c, who, status, "desk_bulk_new", page{Path: "/meja/massal/baru", Query: "?" + url.Values{"laporan": ids}.Encode(), Data: p})
}

// startBulk keeps what is to be done, and leads to its page, which carries it out.
func (s *server) startBulk(c *gin.Context, who office.Caller) error {
	f := formOf(c, "tindakan", "agency", "unit", "text", "reason", "sure")
	ids, what := chosen(c.PostFormArray("laporan")), f.Get("tindakan")
	i := slices.IndexFunc(bulkForms, func(x bulkForm) bool { return string(x.Action) == what })
	if i < 0 {
		return fault.New(fault.Invalid, "Tindakan ini tidak dikenal.")
	}
	if slices.Contains(bulkForms[i].Fields, "sure") && f.Get("sure") == "" {
		f.Wrong = append(f.Wrong, wrong{what + "-sure", languageOf(c).say("wrong.sure")})
		return s.showNewBulk(c, http.StatusUnprocessableEntity, who, ids, f)
	}
	order := office.BulkOrder{Reports: ids, Act: office.Act{Action: report.Action(what), Unit: cmp.Or(f.Get("agency"), f.Get("unit")), Text: f.Get("text"), Reason: f.Get("reason")}}
	job, err := s.Office.StartBulk(c.Request.Context(), who, order, c.PostForm(keyField))
	if f.blamedIn(languageOf(c), err, what) {
		return s.showNewBulk(c, door422(err), who, ids, f)
	}
	if err != nil {
		return err
	}
	return s.goTo(c, "/meja/massal/"+job.ID)
}

// bulkJobPage is how far a job has come.
type bulkJobPage struct {
	office.BulkJob
	Done int
	Unit string
	Hold bool // it was stopped by hand, and goes on when asked
}

// bulks lists the jobs of the caller.
func (s *server) bulks(c *gin.Context, who office.Caller) error {
	jobs, err := s.Office.Bulks(c.Request.Context(), who)
	if err != nil {
		return err
	}
	return s.showDesk(c, who, http.StatusOK, "desk_bulks", page{Data: jobs})
}

// bulk shows one job with the outcome for each report.
func (s *server) bulk(c *gin.Context, who office.Caller) error {
	job, err := s.Office.Bulk(c.Request.Context(), who, c.Param("job"))
	if err != nil {
		return err
	}
	k, err := s.catalogue(c)
	if err != nil {
		return err
	}
	p := bulkJobPage{BulkJob: job, Done: job.Total - job.Pending, Unit: k.agency[job.Unit].Name, Hold: c.Query("jeda") != ""}
	return s.showDesk(c, who, http.StatusOK, "desk_bulk", page{Path: "/meja/massal/" + job.ID, Data: p})
}

// runBulk carries out the next reports of a job.
func (s *server) runBulk(c *gin.Context, who office.Caller) error {
	job, err := s.Office.RunBulk(c.Request.Context(), who, c.Param("job"), 0)
	if err != nil {
		return err
	}
	return s.goTo(c, "/meja/massal/"+job.ID)
}
