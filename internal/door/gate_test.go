package door

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// networkName is what one gate calls the network of an address at two moments.
func networkName(first, then time.Time, address string) (names [2]network) {
	g := NewGate(DefaultLimits)
	for i, at := range []time.Time{first, then} {
		g.of(address, at)
		names[i] = g.name(address)
	}
	return names
}

// The allowance of a network is forgotten with the key: what it was called
// yesterday nobody can tell today.
func TestAfterADayTheKeyIsAnother(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	one, two := networkName(now, now, "203.0.113.1"), networkName(now, now, "203.0.113.1")
	require.NotEqual(t, one[0], two[0], "each process has its own key")
	require.Equal(t, one[0], one[1])
	later := networkName(now, now.Add(23*time.Hour), "203.0.113.1")
	require.Equal(t, later[0], later[1])
	next := networkName(now, now.Add(24*time.Hour), "203.0.113.1")
	require.NotEqual(t, next[0], next[1])
}
