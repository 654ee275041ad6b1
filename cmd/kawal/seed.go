package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kawal-id/kawal/internal/sample"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

const (
	// maxSeed bounds one call: each report is a real one, with a workflow.
	maxSeed = 100_000
	// maxPublished bounds what is only published: as many as the goals are stated for,
	// with room.
	maxPublished = 5_000_000
)

// seed files plausible reports through the API, with the categories' weights,
// for demonstrations and benchmarks. The same --from gives the same reports. With
// --published it writes published reports straight into an empty database instead.
func seed(ctx context.Context, args []string, pr program) int {
	flags := flag.NewFlagSet("seed", flag.ContinueOnError)
	flags.SetOutput(pr.errOut)
	n := flags.Int("reports", 100, "how many reports to file")
	from := flags.Uint64("from", 0, "number of the first sample")
	at := flags.Int("clients", 4, "how many at once")
	published := flags.Int("published", 0, "instead, write so many published reports into an empty database (KAWAL_DATABASE_URL or the local one), "+
		"without workflows: for benchmarks, not beside a worker")
	if flags.Parse(args) != nil {
		return 2
	}
	if *published < 0 || *published > maxPublished {
		fmt.Fprintf(pr.errOut, "kawal seed: --published is 1 to %d\n", maxPublished)
		return 2
	}
	if *published > 0 {
		return seedPublished(ctx, *published, *from, pr)
	}
	if *n < 1 || *n > maxSeed || *at < 1 || *at > 64 {
		fmt.Fprintf(pr.errOut, "kawal seed: --reports is 1 to %d, --clients 1 to 64\n", maxSeed)
		return 2
	}
	s, err := localOr(pr.getenv)
	if err != nil {
		return pr.failed(err)
	}
	begun := time.Now()
	var filed atomic.Int64
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(*at)
	for i := range *n {
		g.Go(func() error {
			p := &player{base: "http://" + s.addr + "/v1"}
			if err := p.call(gctx, http.MethodPost, "/reports", "", submission(*from+uint64(i)), nil); err != nil {
				return err
			}
			filed.Add(1)
			return nil
		})
	}
	err = g.Wait()
	fmt.Fprintf(pr.out, "%d reports filed in %.1f s\n", filed.Load(), time.Since(begun).Seconds())
	if err != nil {
		return pr.failed(err)
	}
	return 0
}

// submission is a sample as the API takes it.
func submission(i uint64) map[string]any {
	t := sample.Report(i)
	m := map[string]any{
		"title": t.Title, "body": t.Body, "class": t.Class, "category": t.Category, "region": t.Region,
		"identity": "none", "content": "public",
		"occurred_on": time.Now().UTC().AddDate(0, 0, -1-t.DaysAgo).Format(time.DateOnly),
	}
	if t.Located {
		m["lat"], m["long"] = t.Lat, t.Long
	}
	if t.Agency != "" {
		m["agency"] = t.Agency
	}
	return m
}

// seedPublished fills an empty database with published reports, with places over
// Indonesia, months and stages.
func seedPublished(ctx context.Context, n int, from uint64, pr program) int {
	s, err := localOr(pr.getenv)
	if err != nil {
		return pr.failed(err)
	}
	begun := time.Now()
	st, err := store.Open(ctx, store.Config{URL: s.databaseURL, MaxConns: 2, Now: time.Now})
	if err != nil {
		return pr.failed(err)
	}
	err = putSample(ctx, st)
	st.Close()
	if err != nil {
		return pr.failed(err)
	}
	err = store.Fill(ctx, s.databaseURL, n, func(i int) (store.Filling, error) { return filling(from+uint64(i), begun) }, func(done int) {
		fmt.Fprintf(pr.errOut, "\r%d of %d", done, n)
	})
	fmt.Fprintln(pr.errOut)
	if err != nil {
		return pr.failed(err)
	}
	fmt.Fprintf(pr.out, "%d published reports written in %.1f s\n", n, time.Since(begun).Seconds())
	return 0
}

// filling is the i-th published sample, as seen at a moment.
func filling(i uint64, at time.Time) (store.Filling, error) {
	p := sample.Published(i)
	id, err := report.NewID(numbered(i))
	f := store.Filling{ID: id, Title: p.Title, Body: p.Body, Category: p.Category, Agency: p.Agency, Region: p.Region, Class: report.Class(p.Class),
		Stage: report.Stage(p.Stage), Accepted: p.Accepted, Late: p.Late, Score: p.Score, PublishedAt: at.Add(-time.Duration(p.MinutesOf) * time.Minute)}
	if p.Located {
		f.Lat, f.Long = &p.Lat, &p.Long
	}
	return f, err
}

// numbered is what the tracking id of the i-th sample is drawn from, i below 2^40:
// each number has an id of its own, though neighbours do not look alike. Of a
// million truly random ones two would be the same in every third run.
type numbered uint64

// Read fills p, five bits a byte, as report.NewID reads them.
func (n numbered) Read(p []byte) (int, error) {
	v := uint64(n) * 0x9E3779B97F4A7C15 // odd: no two numbers below 2^40 have the same low 40 bits
	for i := range p {
		p[i] = byte(v>>(5*i)) & 31
	}
	return len(p), nil
}
