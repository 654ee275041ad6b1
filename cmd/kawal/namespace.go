package main

import (
	"context"
	"errors"

	"github.com/kawal-id/kawal/internal/devstack"
	"github.com/kawal-id/kawal/workflows/contract"
)

// namespace makes the namespace, which keeps closed histories for a year, and
// the search attributes on Temporal, as its operator. Repeating it changes
// nothing.
func namespace(ctx context.Context, _ []string, pr program) int {
	s, err := load(pr.getenv)
	if err != nil {
		return pr.failed(err)
	}
	if s.temporalAddress == "" {
		return pr.failed(errors.New("KAWAL_TEMPORAL_ADDRESS is required"))
	}
	c := stackConfig(s.data, "")
	operator, err := s.pass("operator:namespace", contract.Namespace+":admin", clusterAdmin)
	if err != nil {
		return pr.failed(err)
	}
	c.Operator = operator
	if err := devstack.Register(ctx, c, s.temporalAddress); err != nil {
		return pr.failed(err)
	}
	return 0
}
