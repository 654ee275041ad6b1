package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/api"
	entrance "github.com/kawal-id/kawal/internal/door"
)

// guarded is a door with small allowances and a clock of its own.
func guarded(t *testing.T, now *time.Time, proxies ...string) *door {
	t.Helper()
	return newDoor(t, func(c *api.Config) {
		c.Gate = entrance.NewGate(entrance.Limits{Requests: entrance.Rate{PerSecond: 1, Burst: 3}, Filings: entrance.Rate{PerSecond: 0.1, Burst: 1}})
		c.Proxies, c.Now = proxies, func() time.Time { return *now }
	})
}

// from asks once from an address, with headers in pairs.
func (d *door) askFrom(address, method, path string, headers ...string) int {
	r := httptest.NewRequest(method, path, nil)
	r.RemoteAddr = address
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Code
}

const list = "/v1/categories"

func TestANetworkThatAsksTooMuchWaits(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	d := guarded(t, &now)
	for i := range 3 {
		require.Equal(t, http.StatusOK, d.askFrom(fmt.Sprintf("203.0.113.%d:1", i), http.MethodGet, list))
	}
	require.Equal(t, http.StatusTooManyRequests, d.askFrom("203.0.113.99:1", http.MethodGet, list), "the same network")
	require.Equal(t, http.StatusTooManyRequests, d.askFrom("[::ffff:203.0.113.7]:1", http.MethodGet, list), "the same, written as IPv6")
	require.Equal(t, http.StatusOK, d.askFrom("203.0.114.1:1", http.MethodGet, list), "another network")
	require.Equal(t, http.StatusOK, d.askFrom("[2001:db8:1:2::1]:1", http.MethodGet, list))
	now = now.Add(time.Second)
	require.Equal(t, http.StatusOK, d.askFrom("203.0.113.1:1", http.MethodGet, list), "a second later one more")
	require.Equal(t, http.StatusTooManyRequests, d.askFrom("203.0.113.1:1", http.MethodGet, list))
}

func TestFilingHasAnAllowanceOfItsOwn(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	d := guarded(t, &now)
	require.Equal(t, http.StatusUnsupportedMediaType, d.askFrom("203.0.113.1:1", http.MethodPost, "/v1/reports"), "an empty filing gets as far as the contract")
	require.Equal(t, http.StatusTooManyRequests, d.askFrom("203.0.113.1:1", http.MethodPost, "/v1/reports"))
	require.Equal(t, http.StatusOK, d.askFrom("203.0.113.1:1", http.MethodGet, list), "reading goes on")
}

func TestNobodyIsBelievedAboutHisAddressButAProxyThatIsNamed(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	stranger, behind := guarded(t, &now), guarded(t, &now, "192.0.2.1")
	codes := map[string]int{}
	for i := range 4 {
		forwarded := fmt.Sprintf("198.51.%d.1", i)
		codes["stranger"] = stranger.askFrom("192.0.2.1:1", http.MethodGet, list, "X-Forwarded-For", forwarded)
		codes["behind the proxy"] = behind.askFrom("192.0.2.1:1", http.MethodGet, list, "X-Forwarded-For", forwarded)
		codes["beside the proxy"] = behind.askFrom("192.0.9.2:1", http.MethodGet, list, "X-Forwarded-For", forwarded)
	}
	require.Equal(t, map[string]int{"stranger": 429, "behind the proxy": 200, "beside the proxy": 429}, codes)
}

func TestWhoSendsATokenIsNotBounded(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	d := guarded(t, &now)
	for range 6 {
		require.NotEqual(t, http.StatusTooManyRequests, d.askFrom("203.0.113.1:1", http.MethodGet, list, "Authorization", "Bearer x"))
	}
}
