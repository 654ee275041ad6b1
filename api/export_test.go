package api

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// Routes lists the routes of a handler made by New.
func Routes(h http.Handler) gin.RoutesInfo { return h.(*gin.Engine).Routes() }
