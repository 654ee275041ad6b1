package e2e_test

import (
	"crypto/rand"
	"math"
	mrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/report"
)

// samples is how many requests of both sorts together each comparison makes.
const samples = 100_000

// BenchmarkTracking says how well a stranger could tell two refusals apart by
// their time: Welch's t over 100,000 requests of two sorts, drawn in random order
// and asked by 32 clients at once, of a report that is secret against one that
// does not exist, and of a wrong code against an unknown report. A value below
// 4.5 is taken to tell nothing (the bound used for leakage of keys, TVLA). The
// bytes of the answers are held equal too.
func BenchmarkTracking(b *testing.B) {
	l := lives{newWorld(b, shared(b))}
	body := submission(pupr)
	body["content"] = "secret"
	secret, open := l.submit(body), l.submit(submission(pupr))
	unknown := func() string {
		id, err := report.NewID(rand.Reader)
		require.NoError(b, err)
		return id
	}
	code := open.code
	for _, c := range []struct {
		name     string
		one, two func() *http.Request
	}{
		{"secret against absent", func() *http.Request { return tracking(secret.id, "") }, func() *http.Request { return tracking(unknown(), "") }},
		{"wrong code against unknown", func() *http.Request { return tracking(secret.id, code) }, func() *http.Request { return tracking(unknown(), code) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			t := 0.0
			for b.Loop() {
				t = l.welch(b, c.one, c.two)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(math.Abs(t), "|t|")
		})
	}
}

func tracking(id, code string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/v1/reports/"+id, nil)
	if code != "" {
		r.Header.Set("X-Kawal-Code", code)
	}
	return r
}

// moments is the count, mean and sum of squared differences of a sample
// (Welford's way).
type moments struct{ n, mean, m2 float64 }

func (m *moments) add(x float64) {
	m.n++
	d := x - m.mean
	m.mean += d / m.n
	m.m2 += d * (x - m.mean)
}

func (m *moments) variance() float64 { return m.m2 / (m.n - 1) }

// welch asks both sorts in random order and returns Welch's t of their times.
func (l lives) welch(b *testing.B, one, two func() *http.Request) float64 {
	b.Helper()
	h := l.api.Config.Handler
	var mu sync.Mutex
	var sorts [2]moments
	var bodies [2]string
	share(b, samples, func(int, int) error {
		sort := mrand.IntN(2)
		r := [2]func() *http.Request{one, two}[sort]()
		w := httptest.NewRecorder()
		begun := time.Now()
		h.ServeHTTP(w, r)
		took := time.Since(begun).Seconds()
		mu.Lock()
		defer mu.Unlock()
		sorts[sort].add(took)
		bodies[sort] = w.Body.String()
		require.Equal(b, http.StatusNotFound, w.Code)
		return nil
	})
	require.Equal(b, bodies[0], bodies[1])
	return (sorts[0].mean - sorts[1].mean) / math.Sqrt(sorts[0].variance()/sorts[0].n+sorts[1].variance()/sorts[1].n)
}
