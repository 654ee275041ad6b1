package api

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// Routes lists the routes of a handler made by New.
func Routes(h http.Handler) gin.RoutesInfo { return h.(*gin.Engine).Routes() }

// Actions and Read are how the contract is read: a test names what it reads.
var (
	Actions = actions
	Read    = read
)
