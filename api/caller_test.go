package api_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/office"
)

func TestWhoIsCallingDecidesWhichDoorsOpen(t *testing.T) {
	t.Parallel()
	own := "/v1/reports/" + someID
	tests := []struct {
		name, method, path string
		who                as
		status             int
		kind               office.CallerKind
	}{
		{"anyone reads", "GET", own, nobody, 200, office.Anyone},
		{"the reporter reads", "GET", own, reporter, 200, office.Reporter},
		{"staff reads", "GET", own, staff, 200, office.Staff},
		{"scheme in lower case", "GET", own, as{"Authorization": "bearer " + staffToken}, 200, office.Staff},
		{"bad token is never anyone", "GET", own, as{"Authorization": "Bearer forged"}, 401, ""},
		{"bad token on open data", "GET", "/v1/categories", as{"Authorization": "Bearer forged"}, 401, ""},
		{"other scheme", "GET", own, as{"Authorization": "Basic dTpw"}, 401, ""},
		{"empty token", "GET", own, as{"Authorization": "Bearer "}, 401, ""},
		{"issuer away", "GET", own, as{"Authorization": "Bearer issuer-away"}, 503, ""},
		{"malformed code", "GET", own, as{"X-Kawal-Code": "1"}, 401, ""},
		{"token and code", "GET", own, as{"Authorization": "Bearer " + staffToken, "X-Kawal-Code": someCode}, 400, ""},
		{"gateway with a code", "GET", own, as{"Authorization": "Bearer " + gateToken, "X-Kawal-Code": someCode}, 200, office.Gateway},
		{"gateway withdraws with a code", "POST", own + "/withdraw", as{"Authorization": "Bearer " + gateToken, "X-Kawal-Code": someCode}, 200, office.Gateway},
		{"gateway withdraws without", "POST", own + "/withdraw", as{"Authorization": "Bearer " + gateToken}, 403, ""},
		{"anyone has no timeline", "GET", own + "/timeline", nobody, 401, ""},
		{"the reporter has", "GET", own + "/timeline", reporter, 200, office.Reporter},
		{"anyone accepts", "POST", own + "/accept", nobody, 401, ""},
		{"the reporter accepts", "POST", own + "/accept", reporter, 403, ""},
		{"staff withdraws", "POST", own + "/withdraw", staff, 403, ""},
		{"the reporter reopens", "POST", own + "/reopen", reporter, 200, office.Reporter},
		{"staff reopens", "POST", own + "/reopen", staff, 200, office.Staff},
		{"reporter lists what is public", "GET", "/v1/reports", reporter, 200, office.Reporter},
		{"anyone sees no queue", "GET", "/v1/queue", nobody, 401, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t)
			w := d.ask(t, tt.method, tt.path, "", tt.who)
			require.Equal(t, tt.status, w.Code, "%s", w.Body)
			require.Equal(t, tt.kind, d.desk.last().Caller.Kind)
			require.NotContains(t, w.Body.String(), "forged", "what the caller sent is not repeated")
			if tt.status == 401 {
				require.NotEmpty(t, w.Header().Get("WWW-Authenticate"))
			}
		})
	}
}

func TestCodesReachTheOfficeAndTheChannelIsSetHere(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.ask(t, "GET", "/v1/reports/"+someID, "", reporter)
	require.Equal(t, office.Caller{Kind: office.Reporter, Code: someCode, Channel: office.ChannelAPI}, d.desk.last().Caller)
	d.ask(t, "POST", "/v1/reports", submission, as{"Authorization": "Bearer " + staffToken, "Idempotency-Key": "0123456789abcdef"})
	require.Equal(t, "admin.kominfo", d.desk.last().Caller.Subject)
	require.Empty(t, d.desk.last().Caller.Channel)
	require.Equal(t, "0123456789abcdef", d.desk.last().Key)
}

func TestTwoTokensAreRefused(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	r := httptest.NewRequest("GET", "/v1/categories", nil)
	r.Header["Authorization"] = []string{"Bearer " + staffToken, "Bearer " + staffToken}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	keepsContract(t, r, w)
	require.Equal(t, http.StatusBadRequest, w.Code)
}
