package door

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Rate is how many requests a network may make: so many a second, and so many
// at once.
type Rate struct {
	PerSecond float64
	Burst     int
}

// Limits bounds what reporters and strangers of one network may ask; whoever
// sends a token is known by name and not bounded. A whole village may share one address, so the
// defaults keep programs out, not people. The zero Limits bounds nothing.
type Limits struct {
	Requests Rate // all of them
	Filings  Rate // of reports
}

// DefaultLimits suit an installation that everybody can reach.
var DefaultLimits = Limits{Requests: Rate{50, 500}, Filings: Rate{2, 100}}

const (
	// A network is what one household, office or mobile gateway hands out.
	prefixV4, prefixV6 = 24, 48
	// generation is how long a network that asks nothing is remembered at least.
	generation = 10 * time.Minute
	// maxNetworks bounds the memory; the networks beyond share one allowance.
	maxNetworks = 100_000
)

// network is a network's name for one day: a keyed hash of its prefix. The key is
// random, lives in memory, and is thrown away after a day: no address is kept,
// and none can be found again.
type network [16]byte

// Gate counts the requests of networks. It is safe for concurrent use.
type Gate struct {
	limits Limits

	mu         sync.Mutex
	key        [32]byte
	keyedAt    time.Time
	turnedAt   time.Time
	now, older map[network]*allowance
	rest       *allowance
}

// allowance is what one network may still ask.
type allowance struct{ requests, filings *rate.Limiter }

// NewGate returns a gate with these limits.
func NewGate(l Limits) *Gate { return &Gate{limits: l} }

func (l Limits) allowance() *allowance {
	return &allowance{rate.NewLimiter(rate.Limit(l.Requests.PerSecond), l.Requests.Burst), rate.NewLimiter(rate.Limit(l.Filings.PerSecond), l.Filings.Burst)}
}

// admits counts a request from an address. It reports whether the address's
// network had one left.
func (g *Gate) admits(address string, filing bool, at time.Time) bool {
	a := g.of(address, at)
	return a.requests.AllowN(at, 1) && (!filing || a.filings.AllowN(at, 1))
}

// of returns the allowance of the network of an address.
func (g *Gate) of(address string, at time.Time) *allowance {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.turn(at)
	n := g.name(address)
	if a := g.now[n]; a != nil {
		return a
	}
	a := g.older[n]
	switch {
	case a != nil:
	case len(g.now) >= maxNetworks:
		return g.rest
	default:
		a = g.limits.allowance()
	}
	g.now[n] = a
	return a
}

// turn forgets networks that have not asked for a generation, and after a day
// the key and with it all.
func (g *Gate) turn(at time.Time) {
	switch {
	case g.now == nil || at.Sub(g.keyedAt) >= 24*time.Hour:
		_, _ = rand.Read(g.key[:]) // never fails
		g.keyedAt, g.turnedAt = at, at
		g.now, g.older, g.rest = map[network]*allowance{}, nil, g.limits.allowance()
	case at.Sub(g.turnedAt) >= generation:
		g.turnedAt = at
		g.now, g.older = map[network]*allowance{}, g.now
	}
}

// name returns the day's name of the network of an address, all unreadable
// addresses the same.
func (g *Gate) name(address string) network {
	var prefix netip.Prefix
	if ip, err := netip.ParseAddr(address); err == nil {
		ip = ip.Unmap()
		bits := prefixV6
		if ip.Is4() {
			bits = prefixV4
		}
		prefix, _ = ip.WithZone("").Prefix(bits) // bits fit the address
	}
	h := hmac.New(sha256.New, g.key[:])
	b, _ := prefix.MarshalBinary() // never fails
	h.Write(b)
	return network(h.Sum(nil)[:16])
}
