package office

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

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
	// applied.
	Update(ctx context.Context, id string, run int, c report.Command) (contract.Outcome, error)
	// Signal delivers a command and waits for nothing.
	Signal(ctx context.Context, id string, c report.Command) error
}

// Config is what an Office needs.
type Config struct {
	Store         *store.Store     // required
	Engine        Engine           // required
	Now           func() time.Time // required
	Random        io.Reader        // required: cryptographic
	Log           *slog.Logger     // nil: slog.Default()
	StartTimeout  time.Duration    // 0: 1 s
	UpdateTimeout time.Duration    // 0: 3 s
	National      string           // unit whose queue is the national administrators'; "": "national"
	TemporalUI    string           // address that Views links to, such as http://127.0.0.1:8233; "": no views
	Demo          bool             // a local stack: the unit "demo" may name the rule set demo
}

// Office takes in reports and commands. It is safe for concurrent use.
type Office struct {
	Config
}

// New returns an Office, or an error that names what Config lacks.
func New(c Config) (*Office, error) {
	return nil, fmt.Errorf("temporary")
}
