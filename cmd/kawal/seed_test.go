package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/report"
)

// Truly random ids of so many samples are all different in one run of seven.
func TestManySamplesHaveIDsOfTheirOwn(t *testing.T) {
	const many = 1 << 21
	seen := make(map[string]struct{}, many)
	for i := range many {
		id, err := report.NewID(numbered(i))
		require.NoError(t, err)
		seen[id] = struct{}{}
	}
	require.Len(t, seen, many)
}
