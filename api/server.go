package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/kawal-id/kawal/internal/door"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

// Office is what the API asks of the front office; *office.Office is one.
type Office interface {
	Staff(ctx context.Context, subject string) (office.Caller, error)
	Submit(ctx context.Context, c office.Caller, s office.Submission, key string) (office.Receipt, error)
	Command(ctx context.Context, c office.Caller, id string, a office.Act, key string) (office.Answer, error)
	CommandStatus(ctx context.Context, c office.Caller, commandID string) (office.CommandStatus, error)
	Report(ctx context.Context, c office.Caller, id string) (office.ReportView, error)
	List(ctx context.Context, c office.Caller, f office.Filter, cursor string) (office.Page, error)
	GeoJSON(ctx context.Context, c office.Caller, f office.Filter) ([]byte, error)
	Clusters(ctx context.Context, c office.Caller, f office.Filter, zoom int) (office.Clusters, error)
	Feed(ctx context.Context, c office.Caller, f office.Filter) ([]office.Entry, error)
	Export(ctx context.Context, c office.Caller, f office.Filter) (office.Export, error)
	OpenData(ctx context.Context, c office.Caller) (office.OpenData, error)
	Timeline(ctx context.Context, c office.Caller, id string) ([]office.TimelineEntry, error)
	Deadlines(ctx context.Context, c office.Caller, id string) ([]office.Deadline, error)
	Package(ctx context.Context, c office.Caller, id string) (office.Package, error)
	RequestIdentity(ctx context.Context, c office.Caller, id, reason, key string) (office.IdentityRequest, error)
	Identity(ctx context.Context, c office.Caller, id string) (office.Person, error)
	Erase(ctx context.Context, c office.Caller, id string) (office.Erasure, error)
	ConsentIdentity(ctx context.Context, c office.Caller, id, request string) (office.IdentityRequest, error)
	IdentityRequest(ctx context.Context, c office.Caller, id, request string) (office.IdentityRequest, error)
	Held(ctx context.Context, c office.Caller, limit int) ([]office.HeldView, error)
	Confirm(ctx context.Context, c office.Caller, id, post, text string, confirmed bool) (office.PostView, error)
	Queue(ctx context.Context, c office.Caller, f office.Filter) ([]office.Card, error)
	PrepareCopy(ctx context.Context, c office.Caller, id, title, body string, confirmed bool) (office.PreparedCopy, error)
	SaveDraft(ctx context.Context, c office.Caller, id, text string, kind report.FollowUpKind) (office.DraftView, error)
	Drafts(ctx context.Context, c office.Caller) ([]office.DraftView, error)
	ApproveDraft(ctx context.Context, c office.Caller, id, draft string, revision int, key string) (office.Answer, error)
	ReturnDraft(ctx context.Context, c office.Caller, id, draft string, revision int, reason string) (office.DraftView, error)
	DeleteDraft(ctx context.Context, c office.Caller, id, draft string) error
	Templates(ctx context.Context, c office.Caller) ([]office.Template, error)
	PutTemplate(ctx context.Context, c office.Caller, t office.Template) (office.Template, error)
	DeleteTemplate(ctx context.Context, c office.Caller, id string) error
	StartBulk(ctx context.Context, c office.Caller, order office.BulkOrder, key string) (office.BulkJob, error)
	RunBulk(ctx context.Context, c office.Caller, id string, n int) (office.BulkJob, error)
	Bulk(ctx context.Context, c office.Caller, id string) (office.BulkJob, error)
	Bulks(ctx context.Context, c office.Caller) ([]office.BulkJob, error)
	IdentityRequests(ctx context.Context, c office.Caller) ([]office.IdentityRequest, error)
	Statistics(ctx context.Context, c office.Caller, dim string, f office.Filter) ([]office.Statistic, error)
	Categories(ctx context.Context) ([]office.Category, error)
	Agencies(ctx context.Context) ([]office.Agency, error)
	Regions(ctx context.Context) ([]office.Region, error)
	RuleSets(ctx context.Context) ([]office.RuleSet, error)
	Calendars(ctx context.Context) ([]office.Calendar, error)
	CalendarDue(ctx context.Context, id string, q office.DueQuestion) (office.Due, error)
	PutCalendar(ctx context.Context, c office.Caller, k office.Calendar) error
	Revisions(ctx context.Context, id string) ([]office.Revision, error)
	PlanDecree(ctx context.Context, c office.Caller, id, key string, d office.Decree) (office.DecreePlan, error)
	DecreePlan(ctx context.Context, c office.Caller, id, key string) (office.DecreePlan, error)
	CommitDecree(ctx context.Context, c office.Caller, id, key, plan string) (office.Committed, error)
	Views(ctx context.Context, c office.Caller) ([]office.View, error)
	PutAgency(ctx context.Context, c office.Caller, a office.Agency) error
	PutCategory(ctx context.Context, c office.Caller, k office.Category) error
	PutStaff(ctx context.Context, c office.Caller, m office.Member) error
	Rate(ctx context.Context, c office.Caller, id string, score int, text string) (office.Rating, error)
	ReplaceCode(ctx context.Context, c office.Caller, id, key string) (office.NewCode, error)
	SetVisibility(ctx context.Context, c office.Caller, id string, secret bool, key string) (office.Visibility, error)
	Audit(ctx context.Context, c office.Caller, f office.AuditFilter, cursor string) (office.AuditPage, error)
	DeadLetters(ctx context.Context, c office.Caller) ([]office.DeadLetter, error)
	Requeue(ctx context.Context, c office.Caller, id int64) error
}

var _ Office = (*office.Office)(nil)

// Verifier tells whose token it is; *auth.Verifier is one.
type Verifier interface {
	// Verify returns the subject of a valid bearer token. fault.Unavailable
	// means that it could not be checked; every other error refuses it.
	Verify(ctx context.Context, token string) (subject string, err error)
}

// The parts that Config.Ready may name.
const (
	Database = "database" // away: not ready
	Temporal = "temporal" // away: degraded, since submissions and replies are accepted all the same
)

// Config is what the API needs.
type Config struct {
	Office        Office                                     // required
	Verifier      Verifier                                   // required
	Now           func() time.Time                           // required
	Ready         func(ctx context.Context) map[string]error // required: each part, nil if it is there
	Random        io.Reader                                  // of request ids; nil: crypto/rand
	Log           *slog.Logger                               // nil: slog.Default()
	Registry      prometheus.Registerer                      // where metrics go; nil: nowhere
	Timeout       time.Duration                              // of one request; 0: 15 s
	NotFoundAfter time.Duration                              // a 404 leaves so long after arrival; 0: 50 ms
	Gate          *door.Gate                                 // bounds whoever sends no token; nil: everybody may
	Proxies       []string                                   // addresses or prefixes whose X-Forwarded-For is believed; nil: nobody's
	Pages         string                                     // address of the reports' pages, in feeds; "": /v1/reports
	MaxBytes      int64                                      // of a body whose operation names no x-max-bytes; 0: 64 KiB
}

// server serves the contract.
type server struct {
	Config
	doc  *openapi3.T
	ops  map[string]*operation // by method and route pattern
	door *door.Door

	exports chan struct{} // one for each under way
}

// New returns the handler of the API: the routes of openapi.yaml, the contract
// itself, its reference page, /livez and /readyz. The error names what c lacks.
// The handler is safe for concurrent use.
func New(c Config) (http.Handler, error) { return newEngine(c) }

func newEngine(c Config) (*gin.Engine, error) {
	if err := c.complete(); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	doc, err := contract()
	if err != nil {
		return nil, err
	}
	d, err := door.New(door.Config{Now: c.Now, Random: c.Random, Log: c.Log, Registry: c.Registry, Timeout: c.Timeout,
		NotFoundAfter: c.NotFoundAfter, Gate: c.Gate, Proxies: c.Proxies})
	if err != nil {
		return nil, err
	}
	s := &server{Config: c, doc: doc, ops: operations(doc, c.MaxBytes), door: d, exports: make(chan struct{}, maxExports)}
	return s.engine()
}

// complete fills in the defaults.
func (c *Config) complete() error {
	switch {
	case c.Office == nil:
		return errors.New("required: Office")
	case c.Verifier == nil:
		return errors.New("required: Verifier")
	case c.Now == nil:
		return errors.New("required: Now")
	case c.Ready == nil:
		return errors.New("required: Ready")
	}
	if c.Pages == "" {
		c.Pages = "/v1/reports"
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = 64 << 10
	}
	return nil
}

// engine lays all routes.
func (s *server) engine() (*gin.Engine, error) {
	e, err := s.door.Engine(s.fail, headers)
	if err != nil {
		return nil, err
	}
	if err := s.reference(e); err != nil {
		return nil, err
	}
	e.GET("/livez", func(c *gin.Context) { c.String(http.StatusOK, "ok\n") })
	e.GET("/readyz", s.ready)

	v1 := e.Group("", s.door.Limit(s.within), s.door.Bound(filing, s.fail), s.identify, s.readBody, s.holdAgainstContract)
	RegisterHandlersWithOptions(v1, NewStrictHandlerWithOptions(s, nil, StrictGinServerOptions{
		RequestErrorHandlerFunc:  func(c *gin.Context, err error) { s.fail(c, malformed(err)) },
		HandlerErrorFunc:         s.fail,
		ResponseErrorHandlerFunc: s.fail,
	}), GinServerOptions{
		ErrorHandler: func(c *gin.Context, err error, _ int) { s.fail(c, malformed(err)) },
	})
	return e, nil
}

// filing says which requests file a report.
func filing(c *gin.Context) bool {
	return c.Request.Method == http.MethodPost && c.FullPath() == "/v1/reports"
}

// pattern writes a path of the contract as a route of gin.
func pattern(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}
