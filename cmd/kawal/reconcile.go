package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
)

// reconcile proves that PostgreSQL and Temporal agree: one JSON line for each
// report on which they do not, exit code 1 if one is left unrepaired. A worker
// must be up, since it answers for the histories.
func reconcile(ctx context.Context, args []string, pr program) int {
	flags := flag.NewFlagSet("reconcile", flag.ContinueOnError)
	flags.SetOutput(pr.errOut)
	repair := flags.Bool("repair", false, "believe PostgreSQL: end workflows that disagree, start every open report's anew")
	if flags.Parse(args) != nil {
		return 2
	}
	s, err := localOr(pr.getenv)
	if err != nil {
		return pr.failed(err)
	}
	p, err := open(ctx, s, "kawal-reconcile", pr.errOut)
	if err != nil {
		return pr.failed(err)
	}
	defer p.close()
	found, err := p.worker().Reconcile(ctx, *repair)
	left := 0
	for _, f := range found {
		if !f.Repaired {
			left++
		}
		line, merr := json.Marshal(f)
		if merr != nil {
			return pr.failed(merr)
		}
		fmt.Fprintf(pr.out, "%s\n", line)
	}
	if err != nil {
		return pr.failed(err)
	}
	fmt.Fprintf(pr.errOut, "%d disagreements, %d left\n", len(found), left)
	return min(left, 1)
}
