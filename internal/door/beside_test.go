package door

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAPIAndPagesShareAnAddress(t *testing.T) {
	t.Parallel()
	says := func(word string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(word)) })
	}
	h := Beside(says("api"), says("pages"))
	for path, want := range map[string]string{
		"/": "pages", "/laporan/KWL": "pages", "/en/": "pages", "/v1": "api", "/v1/reports": "api", "/v1x": "pages",
		"/docs": "api", "/docs/style.css": "api", "/livez": "api", "/readyz": "api", "/dokumen": "pages",
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		require.Equal(t, want, w.Body.String(), path)
	}
}
