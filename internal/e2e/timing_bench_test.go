package e2e_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"math"
	mrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/api"
	"github.com/kawal-id/kawal/internal/auth"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

// samples is how many requests of both sorts together each comparison makes;
// controls how many each that shall notice a difference.
const samples, controls = 100_000, 20_000

// BenchmarkTracking says how well a stranger could tell two refusals apart by
// their time: Welch's t over 100,000 requests of two sorts, drawn in random order
// and asked by 32 clients at once, of a report that is secret against one that
// does not exist, of a wrong code against an unknown report, and of a new code for
// the one and the other. A value below 4.5 is taken to tell nothing (the bound used
// for leakage of keys, TVLA). Status, headers and bytes of all answers are held
// equal too. The controls have a leak put in: what is secret takes lag longer to
// be refused. With the fixed time it must not show; with refusals that leave at once
// its value is to be far above 4.5, else the measurement would notice nothing. The
// quickest nine tenths are compared too, which a busy machine disturbs less.
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
	at, code := l.api.Config.Handler, open.code
	for _, c := range []struct {
		name     string
		h        http.Handler
		n        int
		one, two func() *http.Request
	}{
		{"secret against absent", at, samples, func() *http.Request { return tracking(secret.id, "") }, func() *http.Request { return tracking(unknown(), "") }},
		{"wrong code against unknown", at, samples, func() *http.Request { return tracking(secret.id, code) }, func() *http.Request { return tracking(unknown(), code) }},
		{"code replaced with a wrong one", at, samples, func() *http.Request { return replacing(secret.id, code) }, func() *http.Request { return replacing(unknown(), code) }},
		{"leak at the fixed time", l.leaky(b, secret.id, 0), controls, func() *http.Request { return tracking(secret.id, "") }, func() *http.Request { return tracking(unknown(), "") }},
		{"leak at once", l.leaky(b, secret.id, time.Nanosecond), controls, func() *http.Request { return tracking(secret.id, "") }, func() *http.Request { return tracking(unknown(), "") }},
	} {
		b.Run(c.name, func(b *testing.B) {
			var of [2][]float64
			for b.Loop() {
				of = times(b, c.h, c.n, c.one, c.two)
			}
			b.ReportMetric(0, "ns/op")
			all, quick := [2]moments{momentsOf(of[0]), momentsOf(of[1])}, quickest(of)
			b.ReportMetric(math.Abs(welchT(all)), "|t|")
			b.ReportMetric(math.Abs(welchT(quick)), "|t|-quickest")
			b.ReportMetric((all[0].mean-all[1].mean)*1e6, "us-apart")
			b.ReportMetric((quick[0].mean-quick[1].mean)*1e6, "us-apart-quickest")
			b.ReportMetric(all[0].mean*1e3, "ms-mean")
		})
	}
}

// lag is how much longer the office with a leak takes over a secret report.
const lag = 3 * time.Millisecond

// leaking is an office that takes longer over one report.
type leaking struct {
	*office.Office
	id string
}

// Report returns what the office does, later for the one.
func (o leaking) Report(ctx context.Context, c office.Caller, id string) (office.ReportView, error) {
	if id == o.id {
		<-time.After(lag)
	}
	return o.Office.Report(ctx, c, id)
}

// leaky is the API of the world before an office with a leak. Refusals leave so long
// after arrival; 0: as ever.
func (l lives) leaky(b *testing.B, id string, refuse time.Duration) http.Handler {
	b.Helper()
	_, o, err := handler(l.store, office.Temporal{Client: l.temporal, Now: time.Now}, l.sealed, l.to, l.issuer.URL, l.log, nil)
	require.NoError(b, err)
	v, err := auth.New(auth.Config{Issuer: l.issuer.URL, Audience: "kawal", Now: time.Now})
	require.NoError(b, err)
	h, err := api.New(api.Config{Office: leaking{o, id}, Verifier: v, Now: time.Now, Log: slog.New(slog.DiscardHandler), NotFoundAfter: refuse,
		Ready: func(context.Context) map[string]error { return nil }})
	require.NoError(b, err)
	return h
}

func tracking(id, code string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/v1/reports/"+id, nil)
	if code != "" {
		r.Header.Set("X-Kawal-Code", code)
	}
	return r
}

func replacing(id, code string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/v1/reports/"+id+"/access-code", nil)
	r.Header.Set("X-Kawal-Code", code)
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

func momentsOf(times []float64) (m moments) {
	for _, x := range times {
		m.add(x)
	}
	return m
}

// quickest are the moments of the quicker nine tenths of all, by one bound for both
// sorts: what a busy machine holds up drowns what they differ in (dudect crops so too).
func quickest(of [2][]float64) (m [2]moments) {
	all := slices.Sorted(slices.Values(slices.Concat(of[0], of[1])))
	bound := all[len(all)*9/10]
	for sort := range of {
		for _, x := range of[sort] {
			if x < bound {
				m[sort].add(x)
			}
		}
	}
	return m
}

// times asks both sorts in random order, n together, and returns how long each
// answer took, in seconds.
func times(b *testing.B, h http.Handler, n int, one, two func() *http.Request) (of [2][]float64) {
	b.Helper()
	var mu sync.Mutex
	said := map[string]bool{}
	share(b, n, func(int, int) error {
		sort := mrand.IntN(2)
		r := [2]func() *http.Request{one, two}[sort]()
		w := httptest.NewRecorder()
		begun := time.Now()
		h.ServeHTTP(w, r)
		took := time.Since(begun).Seconds()
		mu.Lock()
		defer mu.Unlock()
		of[sort] = append(of[sort], took)
		said[fmt.Sprint(w.Code, w.Header(), w.Body)] = true
		if w.Code != http.StatusNotFound {
			return fmt.Errorf("%s %s answered %d", r.Method, r.URL, w.Code)
		}
		return nil
	})
	require.Len(b, said, 1, "one answer for all")
	return of
}

// welchT is Welch's.
func welchT(of [2]moments) float64 {
	return (of[0].mean - of[1].mean) / math.Sqrt(of[0].variance()/of[0].n+of[1].variance()/of[1].n)
}
