package web

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// maxForm is how large a posted form may be: a report with its longest texts,
// four bytes a letter, each escaped.
const maxForm = 1 << 20

// engine lays all routes.
func (s *server) engine() (http.Handler, error) {
	e, err := s.door.Engine(s.fail, s.headers)
	if err != nil {
		return nil, err
	}
	if err := s.assets(e); err != nil {
		return nil, err
	}
	guarded := []gin.HandlerFunc{s.door.Limit(nil), s.form, s.door.Bound(filing, s.fail), s.sameOrigin}
	for _, l := range languages {
		s.routes(e.Group(l.prefix(), guarded...))
		if l.prefix() != "" {
			e.GET(l.prefix(), func(c *gin.Context) { c.Redirect(http.StatusPermanentRedirect, l.url("/")) })
		}
	}
	return e, nil
}

// routes lays the routes of one language.
func (s *server) routes(g *gin.RouterGroup) {
	get := func(path string, h handler) { g.GET(path, s.handle(h)) }
	post := func(path string, h handler) { g.POST(path, s.handle(h)) }

	get("/", s.home)
	get("/lapor", s.newReport)
	post("/lapor", s.fileReport)
	get("/lacak", s.track)
	post("/lacak", s.trackPosted)
	get("/kode-hilang", s.lostCode)
	post("/kode-hilang", s.sendCode)
	get("/laporan", s.list)
	get("/peta", s.mapped)
	get("/laporan/:id", s.report)
	post("/laporan/:id", s.unlock)
	post("/laporan/:id/tindakan", s.act)
	post("/laporan/:id/akhiri", s.lock)
	get("/instansi", s.agencies)
	get("/instansi/:id", s.agency)
	get("/topik", s.categories)
	get("/topik/:code", s.category)
	get("/statistik", s.statistics)
	get("/tentang", s.prose("about"))
	get("/privasi", s.prose("privacy"))
	get("/aman", s.prose("safety"))
	get("/keluar", s.quickExit)
	s.desk(g)
}

// filing says which requests file a report.
func filing(c *gin.Context) bool {
	return c.Request.Method == http.MethodPost && c.PostForm("ke") == stepSend
}

// handler answers a request or returns why it cannot.
type handler func(c *gin.Context) error

func (s *server) handle(h handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := h(c); err != nil {
			s.fail(c, err)
		}
	}
}
