package office

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/internal/seal"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/workflows/contract"
)

// Engine runs the workflows. It is safe for concurrent use.
type Engine interface {
	// Start starts the run that s names. Repeating it does nothing.
	Start(ctx context.Context, s report.State) error
	// Update delivers a command and waits for the verdict. A refusal is a
	// fault; fault.Unavailable means undecided: the command may still be
	// applied. fault.NotFound means that no workflow runs.
	Update(ctx context.Context, id string, run int, c report.Command) (contract.Outcome, error)
	// Signal delivers a command and waits for nothing.
	Signal(ctx context.Context, id string, c report.Command) error
}

// Config is what an Office needs.
type Config struct {
	Store         *store.Store     // required
	Engine        Engine           // required
	Keys          Keys             // required
	Custodians    seal.Custodians  // to whom identities are sealed; none: sealed ones are refused (fault.Unavailable)
	Now           func() time.Time // required
	Random        io.Reader        // required: cryptographic
	Log           *slog.Logger     // nil: slog.Default()
	StartTimeout  time.Duration    // 0: 1 s; also bounds a signal
	UpdateTimeout time.Duration    // 0: 3 s
	National      string           // unit whose queue is the national administrators'; "": "national"
	TemporalUI    string           // address that Views links to, such as http://127.0.0.1:8233; "": no views
	Demo          bool             // a local stack: the unit "demo" may name the rule set demo

	// Asked is told of each action that the office asks the policy about in
	// order to let a caller in; nil: nobody is told. It changes nothing.
	Asked func(policy.Action)

	// NoteErasure writes that a report is to be erased where a restore of the
	// database does not reach, and returns once it is safe there. It is called
	// before; repeating it is harmless. nil: nothing is erased (fault.Unavailable).
	NoteErasure func(id string, at time.Time) error

	// SendCode makes a new access code for a report, lets it replace the old
	// one, and sends it to the report's contact. It does nothing for a report
	// without one. nil: lost codes are not replaced (fault.Unavailable).
	SendCode func(ctx context.Context, id string) error
}

// Office takes in reports and commands. It is safe for concurrent use.
type Office struct {
	Config
	catalogue cached
	sending   sync.WaitGroup // signals on their way
	leave     func()         // closes leaving, once
	leaving   chan struct{}  // closed by Wait: what waits for a better moment tries now
}

// New returns an Office, or an error that names what Config lacks.
func New(c Config) (*Office, error) {
	switch {
	case c.Store == nil:
		return nil, errors.New("new office: Store is required")
	case c.Engine == nil:
		return nil, errors.New("new office: Engine is required")
	case c.Keys == nil:
		return nil, errors.New("new office: Keys is required")
	case c.Now == nil:
		return nil, errors.New("new office: Now is required")
	case c.Random == nil:
		return nil, errors.New("new office: Random is required")
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.StartTimeout == 0 {
		c.StartTimeout = time.Second
	}
	if c.UpdateTimeout == 0 {
		c.UpdateTimeout = 3 * time.Second
	}
	if c.National == "" {
		c.National = "national"
	}
	o := &Office{Config: c, leaving: make(chan struct{})}
	o.leave = sync.OnceFunc(func() { close(o.leaving) })
	return o, nil
}

// Wait returns once every signal under way has been sent or given up; one that
// waits to be tried again is tried once more at once. Call it after the last
// request, before the store and the engine are closed. Repeating it is harmless.
func (o *Office) Wait() {
	o.leave()
	o.sending.Wait()
}

// now is the time in UTC, in microseconds, as PostgreSQL holds it.
func (o *Office) now() time.Time { return o.Now().UTC().Truncate(time.Microsecond) }

// notFound is the one answer for what the caller may not know of.
func notFound() error { return fault.New(fault.NotFound, NotFoundSentence) }

// uniform makes every fault.NotFound the one answer, so that it does not tell
// what was looked for.
func uniform(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return notFound()
	}
	return err
}

// worker is the actor of what the office does in nobody's name: bookkeeping
// after the caller's rights have been judged.
var worker = store.Actor{Kind: store.Worker}
