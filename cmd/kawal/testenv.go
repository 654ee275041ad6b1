package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/kawal-id/kawal/internal/devstack"
	"github.com/kawal-id/kawal/internal/signer"
	"github.com/kawal-id/kawal/workflows/contract"
)

// retention is how long Temporal keeps closed histories; the export before its
// end is DESIGN's, the number the issue's.
const retention = 365 * 24 * time.Hour

// stackConfig is the local stack under a data folder, without ports.
func stackConfig(data, bin string) devstack.Config {
	types := map[string]enumspb.IndexedValueType{}
	for _, k := range contract.SearchAttributes() {
		types[k.GetName()] = k.GetValueType()
	}
	return devstack.Config{Data: data, Bin: bin, Namespace: contract.Namespace, Retention: retention, SearchAttributes: types}
}

// testenv runs a command with PostgreSQL and Temporal of its own, in a folder
// below .kawal that is kept, and returns the command's exit code.
func testenv(ctx context.Context, args []string, p program) int {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Fprintln(p.errOut, "usage: kawal testenv -- COMMAND [ARG ...]")
		return 2
	}
	s, key, err := testStack(ctx, p)
	if err != nil {
		return p.failed(err)
	}
	code := command(ctx, args, s, key, p)
	if err := s.Stop(context.WithoutCancel(ctx)); err != nil {
		return p.failed(err)
	}
	return code
}

// testStack starts the stack in the first test folder that nobody else uses. It
// returns the key too that its Temporal trusts: with it tests sign their passes.
func testStack(ctx context.Context, p program) (*devstack.Stack, string, error) {
	for i := 1; ; i++ {
		c := stackConfig(filepath.Join(".kawal", fmt.Sprintf("test%d", i)), ".bin")
		c.Progress = p.errOut
		key, err := trust(&c)
		if err != nil {
			return nil, "", err
		}
		s, err := devstack.Start(ctx, c)
		if !errors.Is(err, devstack.ErrInUse) || i == maxTestStacks {
			return s, key, err
		}
	}
}

// trust lets the server trust a key that lies in the stack's folder.
func trust(c *devstack.Config) (key string, err error) {
	s := settings{audience: testAudience}
	if s.keys, err = filepath.Abs(c.Data); err != nil {
		return "", fmt.Errorf("data folder: %w", err)
	}
	if err := os.MkdirAll(s.keys, 0o755); err != nil {
		return "", fmt.Errorf("data folder: %w", err)
	}
	if err := signer.Create(s.temporalKey()); err != nil {
		return "", err
	}
	operator, err := s.pass("operator:test", clusterAdmin)
	if err != nil {
		return "", err
	}
	c.KeySources, c.Audience, c.Operator = []string{fileURI(s.temporalKeySet())}, s.audience, operator
	return s.temporalKey(), operator.Key.Publish(s.temporalKeySet())
}

// testAudience is whom the tokens of tests are for.
const testAudience = "kawal"

// maxTestStacks is how many testenv may run beside each other in one folder.
const maxTestStacks = 4

func command(ctx context.Context, args []string, s *devstack.Stack, key string, p program) int {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.in, p.out, p.errOut
	cmd.Env = append(os.Environ(), "KAWAL_TEST_DATABASE_URL="+s.DatabaseURL, "KAWAL_TEST_TEMPORAL_ADDRESS="+s.TemporalAddress,
		"KAWAL_TEST_TEMPORAL_KEY="+key)
	err := cmd.Run()
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return max(1, e.ExitCode())
	}
	if err != nil {
		return p.failed(err)
	}
	return 0
}
