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
)

// maxSeed bounds one call: each report is a real one, with a workflow.
const maxSeed = 100_000

// seed files plausible reports through the API, with the categories' weights,
// for demonstrations and benchmarks. The same --from gives the same reports.
func seed(ctx context.Context, args []string, pr program) int {
	flags := flag.NewFlagSet("seed", flag.ContinueOnError)
	flags.SetOutput(pr.errOut)
	n := flags.Int("reports", 100, "how many reports to file")
	from := flags.Uint64("from", 0, "number of the first sample")
	at := flags.Int("clients", 4, "how many at once")
	if flags.Parse(args) != nil {
		return 2
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
