package worker

import "context"

// Sealer is the sealer, round by round.
type Sealer struct{ s *sealer }

// NewSealer returns a sealer that has signed nothing yet.
func NewSealer(c Config) Sealer { return Sealer{&sealer{c: c}} }

// Seal is one round.
func (s Sealer) Seal(ctx context.Context) error { return s.s.seal(ctx) }

// Last is the round at the end.
func (s Sealer) Last(ctx context.Context) { s.s.last(ctx) }
