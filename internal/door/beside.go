package door

import (
	"net/http"
	"strings"
)

// Beside serves API and pages on one address: what begins with /v1/ or /docs and
// the probes is the API's, everything else the pages'.
func Beside(api, pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := r.URL.Path; p == "/docs" || p == "/v1" || p == "/livez" || p == "/readyz" || strings.HasPrefix(p, "/v1/") || strings.HasPrefix(p, "/docs/") {
			api.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
}
