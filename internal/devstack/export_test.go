package devstack

import (
	"context"
	"os"
)

// Abandon drops the lock and leaves the children, as a kill does.
func (s *Stack) Abandon() { _ = s.lock.Close() }

// StartUI starts the UI alone. Stop ends it.
func StartUI(ctx context.Context, c Config, temporal string) (*Stack, error) {
	for _, dir := range []string{c.logs(), c.pids()} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
	}
	s := &Stack{c: c, TemporalAddress: temporal}
	return s, s.startUI(ctx)
}
