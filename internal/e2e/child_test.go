package e2e_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/worker"

	"github.com/kawal-id/kawal/activities"
	"github.com/kawal-id/kawal/internal/seal"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/worker"
	"github.com/kawal-id/kawal/workflows/contract"
)

// What a child process is told. The role is also what makes it a child.
const (
	childRole      = "KAWAL_E2E_CHILD"
	childDatabase  = "KAWAL_E2E_DATABASE"
	childTemporal  = "KAWAL_E2E_TEMPORAL"
	childNamespace = "KAWAL_E2E_NAMESPACE"
	childKeys      = "KAWAL_E2E_KEYS"
	childIssuer    = "KAWAL_E2E_ISSUER"
)

// TestMain lets the test binary be its own victim: a process that can be
// killed in the middle of something.
func TestMain(m *testing.M) {
	roles := map[string]func(context.Context) error{"api": apiThatNeverStarts, "worker": workerThatNeverReports}
	role, ok := roles[os.Getenv(childRole)]
	if !ok {
		os.Exit(aside(m.Run))
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { // the parent is gone
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	if err := role(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// testTemp is the temporary folder of this process and its children.
var testTemp string

// aside runs tests with a temporary folder of their own, which any user may
// enter: PostgreSQL has its own.
func aside(run func() int) (code int) {
	dir, err := os.MkdirTemp("", "kawal-e2e-")
	err = errors.Join(err, os.Chmod(dir, 0o755), os.Setenv("TMPDIR", dir))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	testTemp = dir
	return run()
}

// spawn starts a child of this world and waits until it serves. It returns the
// child's word of readiness and what ends it with SIGKILL.
func (w *world) spawn(role string) (word string, kill func()) {
	w.t.Helper()
	self, err := os.Executable()
	require.NoError(w.t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childRole+"="+role, childDatabase+"="+w.database, childTemporal+"="+w.address,
		childNamespace+"="+w.namespace, childKeys+"="+w.keys, childIssuer+"="+w.issuer.URL)
	cmd.Stderr = os.Stderr
	_, err = cmd.StdinPipe() // its end tells the child that we are gone
	require.NoError(w.t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(w.t, err)
	require.NoError(w.t, cmd.Start())
	kill = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	w.t.Cleanup(kill)
	word, err = bufio.NewReader(out).ReadString('\n')
	require.NoError(w.t, err, "the child ended before it served")
	return strings.TrimSpace(word), kill
}

// childParts opens what both children need.
func childParts(ctx context.Context) (*store.Store, client.Client, *seal.Keys, error) {
	keys, err := seal.Open(os.Getenv(childKeys))
	if err != nil {
		return nil, nil, nil, err
	}
	s, err := store.Open(ctx, store.Config{Keys: keys, URL: os.Getenv(childDatabase), MaxConns: 4, Now: time.Now})
	if err != nil {
		return nil, nil, nil, err
	}
	c, err := dial(os.Getenv(childTemporal), os.Getenv(childNamespace), keys)
	return s, c, keys, err
}

// apiThatNeverStarts is the API up to the moment after the commit: the start of
// the workflow never returns and never reaches Temporal.
func apiThatNeverStarts(ctx context.Context) error {
	s, _, keys, err := childParts(ctx)
	if err != nil {
		return err
	}
	h, _, err := handler(s, deaf{}, keys, seal.Custodians{}, os.Getenv(childIssuer), nil, nil)
	if err != nil {
		return err
	}
	fmt.Println(httptest.NewServer(h).URL)
	<-ctx.Done()
	return nil
}

// deaf is an engine that never answers, not even when the caller gives up.
type deaf struct{}

func (deaf) Start(context.Context, report.State) error { select {} }
func (deaf) Update(context.Context, string, int, report.Command) (contract.Outcome, error) {
	return contract.Outcome{}, errors.New("nobody is here")
}
func (deaf) Signal(context.Context, string, report.Command) error {
	return errors.New("nobody is here")
}

// workerThatNeverReports commits a forward and never tells the workflow.
func workerThatNeverReports(ctx context.Context) error {
	s, c, _, err := childParts(ctx)
	if err != nil {
		return err
	}
	all := &activities.Activities{Store: s}
	w := sdk.New(c, contract.TaskQueue, sdk.Options{DisableRegistrationAliasing: true})
	worker.RegisterWorkflow(w)
	w.RegisterActivityWithOptions(func(ctx context.Context, in activities.OpenStageInput) (activities.OpenStageResult, error) {
		res, err := all.OpenStage(ctx, in)
		if err == nil && in.Command.Action == report.Forward {
			select {}
		}
		return res, err
	}, activity.RegisterOptions{Name: contract.OpenStage})
	w.RegisterActivityWithOptions(all.ConfirmDeadlines, activity.RegisterOptions{Name: contract.ConfirmDeadlines})
	w.RegisterActivityWithOptions(all.RefuseCommand, activity.RegisterOptions{Name: contract.RefuseCommand})
	if err := w.Start(); err != nil {
		return err
	}
	fmt.Println("works")
	<-ctx.Done()
	return nil
}
