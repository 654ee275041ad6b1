package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kawal-id/kawal/internal/door"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

// Office is what the pages ask of the front office; *office.Office is one.
type Office interface {
	Examine(ctx context.Context, s office.Submission) (office.Submission, []*fault.Error, error)
	Similar(ctx context.Context, s office.Submission) ([]office.Card, error)
	Submit(ctx context.Context, c office.Caller, s office.Submission, key string) (office.Receipt, error)
	Report(ctx context.Context, c office.Caller, id string) (office.ReportView, error)
	Deadlines(ctx context.Context, c office.Caller, id string) ([]office.Deadline, error)
	Command(ctx context.Context, c office.Caller, id string, a office.Act, key string) (office.Answer, error)
	CommandStatus(ctx context.Context, c office.Caller, commandID string) (office.CommandStatus, error)
	SetVisibility(ctx context.Context, c office.Caller, id string, secret bool, key string) (office.Visibility, error)
	Erase(ctx context.Context, c office.Caller, id string) (office.Erasure, error)
	Rate(ctx context.Context, c office.Caller, id string, score int, text string) (office.Rating, error)
	ReplaceCode(ctx context.Context, c office.Caller, id, key string) (office.NewCode, error)
	Clusters(ctx context.Context, c office.Caller, f office.Filter, zoom int) (office.Clusters, error)
	List(ctx context.Context, c office.Caller, f office.Filter, cursor string) (office.Page, error)
	Statistics(ctx context.Context, c office.Caller, dim string, f office.Filter) ([]office.Statistic, error)
	Satisfaction(ctx context.Context, f office.Filter) (map[string]office.Scores, error)
	Listing(ctx context.Context) (office.Listing, error)
	OpenSession(ctx context.Context, kind office.SessionKind, shown any, life office.SessionLife) (string, error)
	UseSession(ctx context.Context, kind office.SessionKind, token string, shown any) error
	EndSession(ctx context.Context, kind office.SessionKind, token string) error

	// The desk.
	Staff(ctx context.Context, subject string) (office.Caller, error)
	Queue(ctx context.Context, c office.Caller, f office.Filter) ([]office.Card, error)
	Timeline(ctx context.Context, c office.Caller, id string) ([]office.TimelineEntry, error)
	StartBulk(ctx context.Context, c office.Caller, order office.BulkOrder, key string) (office.BulkJob, error)
	RunBulk(ctx context.Context, c office.Caller, job string, n int) (office.BulkJob, error)
	Bulk(ctx context.Context, c office.Caller, job string) (office.BulkJob, error)
	Bulks(ctx context.Context, c office.Caller) ([]office.BulkJob, error)
	SaveDraft(ctx context.Context, c office.Caller, id, text string, kind report.FollowUpKind) (office.DraftView, error)
	Drafts(ctx context.Context, c office.Caller) ([]office.DraftView, error)
	ApproveDraft(ctx context.Context, c office.Caller, id, draft string, revision int, key string) (office.Answer, error)
	ReturnDraft(ctx context.Context, c office.Caller, id, draft string, revision int, reason string) (office.DraftView, error)
	DeleteDraft(ctx context.Context, c office.Caller, id, draft string) error
	Templates(ctx context.Context, c office.Caller) ([]office.Template, error)
	PutTemplate(ctx context.Context, c office.Caller, t office.Template) (office.Template, error)
	DeleteTemplate(ctx context.Context, c office.Caller, id string) error
	Calendars(ctx context.Context) ([]office.Calendar, error)
	Revisions(ctx context.Context, id string) ([]office.Revision, error)
	PlanDecree(ctx context.Context, c office.Caller, id, key string, d office.Decree) (office.DecreePlan, error)
	DecreePlan(ctx context.Context, c office.Caller, id, key string) (office.DecreePlan, error)
	CommitDecree(ctx context.Context, c office.Caller, id, key, plan string) (office.Committed, error)
	IdentityRequests(ctx context.Context, c office.Caller) ([]office.IdentityRequest, error)
	RequestIdentity(ctx context.Context, c office.Caller, id, reason, key string) (office.IdentityRequest, error)
	ConsentIdentity(ctx context.Context, c office.Caller, id, request string) (office.IdentityRequest, error)
	Audit(ctx context.Context, c office.Caller, f office.AuditFilter, cursor string) (office.AuditPage, error)
	Views(ctx context.Context, c office.Caller) ([]office.View, error)
	DeadLetters(ctx context.Context, c office.Caller) ([]office.DeadLetter, error)
	Requeue(ctx context.Context, c office.Caller, id int64) error
	Held(ctx context.Context, c office.Caller, limit int) ([]office.HeldView, error)
	PrepareCopy(ctx context.Context, c office.Caller, id, title, body string, confirmed bool) (office.PreparedCopy, error)
	Confirm(ctx context.Context, c office.Caller, id, post, text string, confirmed bool) (office.PostView, error)
	Identity(ctx context.Context, c office.Caller, id string) (office.Person, error)
	Package(ctx context.Context, c office.Caller, id string) (office.Package, error)
}

var _ Office = (*office.Office)(nil)

// Config is what the pages need.
type Config struct {
	Office        Office                // required
	Tiles         Tiles                 // of the map; zero: its own outline alone
	Now           func() time.Time      // required
	SignIn        SignIn                // where staff sign in to the desk; nil: there is no desk
	URL           string                // required: of the tracking pages as people reach them, such as https://lapor.example/laporan; https makes cookies Secure
	QuickExit     string                // where [Keluar cepat] leads; empty: a page of our own that says nothing
	Random        io.Reader             // cryptographic; nil: crypto/rand
	Log           *slog.Logger          // nil: slog.Default()
	Registry      prometheus.Registerer // where metrics go; nil: nowhere
	Timeout       time.Duration         // of one request; 0: 15 s
	NotFoundAfter time.Duration         // a 404 leaves so long after arrival; 0: 50 ms
	Gate          *door.Gate            // bounds requests of one network; nil: everybody may
	Proxies       []string              // addresses or prefixes whose X-Forwarded-For is believed; nil: nobody's
	Wait          time.Duration         // how long a page waits for the workflow to apply what a reporter sent; 0: 1.5 s
}

// server serves the pages.
type server struct {
	Config
	door   *door.Door
	pages  map[language]pageSet
	origin *http.CrossOriginProtection
	base   *url.URL
	tiles  string // origin of the tile server; empty: none
}

// New returns the handler of all pages. The error names what c lacks. The
// handler is safe for concurrent use.
func New(c Config) (http.Handler, error) {
	if err := c.complete(); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	base, err := url.Parse(c.URL)
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("web: URL %q is no address", c.URL)
	}
	d, err := door.New(door.Config{Now: c.Now, Random: c.Random, Log: c.Log, Registry: c.Registry, Timeout: c.Timeout,
		NotFoundAfter: c.NotFoundAfter, Gate: c.Gate, Proxies: c.Proxies})
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	s := &server{Config: c, door: d, origin: http.NewCrossOriginProtection(), base: base}
	if s.tiles, err = c.Tiles.origin(); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	if s.pages, err = parsePages(); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	return s.engine()
}

// complete fills in the defaults.
func (c *Config) complete() error {
	switch {
	case c.Office == nil:
		return errors.New("required: Office")
	case c.Now == nil:
		return errors.New("required: Now")
	case c.URL == "":
		return errors.New("required: URL")
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	if c.Wait == 0 {
		c.Wait = 1500 * time.Millisecond
	}
	return nil
}
