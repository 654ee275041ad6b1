package api

import (
	"time"

	"net/http"

	"github.com/gin-gonic/gin"
)

// Routes lists the routes of a handler made by New.
func Routes(h http.Handler) gin.RoutesInfo { return h.(*gin.Engine).Routes() }

// NetworkName is what one gate calls the network of an address at two moments.
func NetworkName(first, then time.Time, address string) (names [2][16]byte) {
	g := newGate(DefaultLimits)
	for i, at := range []time.Time{first, then} {
		g.of(address, at)
		names[i] = g.name(address)
	}
	return names
}

// Actions and Read are how the contract is read: a test names what it reads.
var (
	Actions = actions
	Read    = read
)
