package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
)

// SignIn is where staff say who they are; *auth.Login is one. Its errors are
// faults.
type SignIn interface {
	Address(ctx context.Context, state, nonce, verifier string) (string, error)
	Subject(ctx context.Context, code, nonce, verifier string) (string, error)
}

// desk lays the routes of the officers' desk [meja petugas].
func (s *server) desk(g *gin.RouterGroup) {
	get := func(path string, h staffHandler) { g.GET(path, s.handle(s.staff(h))) }
	post := func(path string, h staffHandler) { g.POST(path, s.handle(s.staff(h))) }

	g.GET("/meja/masuk", s.handle(s.signIn))
	g.GET(SignInPath, s.handle(s.signedIn))
	g.POST("/meja/keluar", s.handle(s.signOut))
	get("/meja", s.queue)
	get("/meja/laporan", s.reports)
	get("/meja/laporan/:id", s.file)
	post("/meja/laporan/:id/tindakan", s.actOnFile)
	post("/meja/laporan/:id/identitas", s.identity)
	get("/meja/tertahan", s.held)
	post("/meja/tertahan", s.confirmHeld)
	get("/meja/konsep", s.drafts)
	post("/meja/konsep", s.decideDraft)
	get("/meja/templat", s.templates)
	post("/meja/templat", s.putTemplate)
	get("/meja/kalender", s.calendars)
	get("/meja/kalender/:kalender", s.calendar)
	post("/meja/kalender/:kalender", s.planDecree)
	get("/meja/kalender/:kalender/:kunci", s.plan)
	post("/meja/kalender/:kalender/:kunci", s.decide)
	get("/meja/kalender/:kalender/:kunci/daftar.csv", s.moved)
	get("/meja/identitas", s.custody)
	post("/meja/identitas", s.askIdentity)
	get("/meja/temporal", s.views)
	get("/meja/audit", s.audit)
	get("/meja/pemberitahuan", s.deadLetters)
	post("/meja/pemberitahuan", s.requeue)
	get("/meja/massal", s.bulks)
	post("/meja/massal", s.startBulk)
	get("/meja/massal/baru", s.newBulk)
	get("/meja/massal/:job", s.bulk)
	post("/meja/massal/:job/lanjut", s.runBulk)
	get("/meja/laporan/:id/paket", s.ombudsmanPackage)
}

// staffHandler answers a request of a member of staff.
type staffHandler func(c *gin.Context, who office.Caller) error

// signedInAs is what a desk session holds.
type signedInAs struct {
	Subject string `json:"subject"`
}

// staff lets in who has signed in and still has an office: a role taken away is gone
// at the next request. Who has not is led to sign in, and comes back here.
func (s *server) staff(h staffHandler) handler {
	return func(c *gin.Context) error {
		if s.SignIn == nil {
			return fault.New(fault.NotFound, "Tidak ada meja petugas di sini.")
		}
		var as signedInAs
		err := s.shown(c, office.DeskSession, &as)
		if fault.KindOf(err) == fault.Unauthenticated && c.Request.Method == http.MethodGet {
			return s.goTo(c, "/meja/masuk?ke="+escape(strings.TrimPrefix(c.Request.URL.RequestURI(), languageOf(c).prefix())))
		}
		if fault.KindOf(err) == fault.Unauthenticated {
			return fault.New(fault.Unauthenticated, "Sesi Anda telah berakhir. Masuk kembali, lalu ulangi.")
		}
		if err != nil {
			return err
		}
		who, err := s.Office.Staff(c.Request.Context(), as.Subject)
		if err != nil {
			return err
		}
		who.Channel = office.ChannelWeb
		return h(c, who)
	}
}

// How long a desk session lasts: ours. A working day, and not over a lunch.
var deskLife = office.SessionLife{Idle: time.Hour, Total: 10 * time.Hour}

// frame is what the layout shows around a page of the desk.
type frame struct {
	Name, Unit string
	Tabs       []tab
}

// tab leads to a part of the desk.
type tab struct {
	Path, Key string // below /meja; of its name in the words
	For       []string
	National  bool // of administrators only the national ones
	Current   bool
}

// tabs are the parts of the desk and the roles that have use for them. What
// somebody may do there the office decides.
var tabs = []tab{
	{Path: "/meja", Key: "desk.queue", For: []string{"admin", "officer", "head"}},
	{Path: "/meja/laporan", Key: "desk.reports", For: []string{"admin", "officer", "head", "supervisor", "auditor"}},
	{Path: "/meja/tertahan", Key: "title.desk_held", For: []string{"admin", "officer", "head"}},
	{Path: "/meja/konsep", Key: "title.desk_drafts", For: []string{"officer", "head"}},
	{Path: "/meja/templat", Key: "title.desk_templates", For: []string{"admin", "officer", "head"}},
	{Path: "/meja/massal", Key: "title.desk_bulks", For: []string{"admin", "officer"}},
	{Path: "/meja/kalender", Key: "title.desk_calendars", For: []string{"admin"}},
	{Path: "/meja/identitas", Key: "title.desk_custody", For: []string{"custodian"}},
	{Path: "/meja/pemberitahuan", Key: "title.desk_letters", For: []string{"admin", "supervisor"}, National: true},
	{Path: "/meja/temporal", Key: "title.desk_views", For: []string{"supervisor", "auditor"}},
	{Path: "/meja/audit", Key: "title.desk_audit", For: []string{"auditor"}},
}

// tabsOf are the parts of the desk that somebody has use for.
func tabsOf(k *catalogue, who office.Caller) []tab {
	var all []tab
	for _, t := range tabs {
		if slices.ContainsFunc(t.For, func(role string) bool {
			return slices.Contains(who.Member.Roles, role) && (role != "admin" || !t.National || k.agency[who.Member.Unit].Parent == "")
		}) {
			all = append(all, t)
		}
	}
	return all
}

// deskPage wraps what a page of the desk shows.
func (s *server) deskPage(c *gin.Context, who office.Caller, p page) (page, error) {
	k, err := s.catalogue(c)
	if err != nil {
		return p, err
	}
	f := frame{Name: who.Member.Name, Unit: k.agency[who.Member.Unit].Name}
	path := strings.TrimPrefix(c.FullPath(), languageOf(c).prefix())
	for _, t := range tabsOf(k, who) {
		t.Current = path == t.Path || t.Path != "/meja" && strings.HasPrefix(path, t.Path+"/")
		f.Tabs = append(f.Tabs, t)
	}
	p.Desk = &f
	return p, nil
}

// showDesk answers with a page of the desk.
func (s *server) showDesk(c *gin.Context, who office.Caller, status int, name string, p page) error {
	p, err := s.deskPage(c, who, p)
	if err != nil {
		return err
	}
	return s.show(c, status, name, p)
}
