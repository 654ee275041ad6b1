// Command kawal is the one program: server parts, local stack and tools.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], program{in: os.Stdin, out: os.Stdout, errOut: os.Stderr, getenv: os.Getenv}))
}

// program is what a subcommand may touch of the world.
type program struct {
	in          io.Reader
	out, errOut io.Writer
	getenv      func(string) string
}

// subcommand is one of kawal's commands. run returns the exit code: 0 done, 1
// failed, 2 bad usage.
type subcommand struct {
	name, help string
	run        func(ctx context.Context, args []string, p program) int
}

func subcommands() []subcommand {
	return []subcommand{
		{"due", "count working days: --from, --days, --zone, --week, --as-of, or --csv FILE", func(_ context.Context, args []string, p program) int {
			return due(args, p.in, p.out, p.errOut)
		}},
		{"calendar", "try a decree out, and commit it by a second person: import FILE.csv [--commit]", importDecree},
		{"dev", "run everything on this machine", dev},
		{"demo", "play the life of a report in under two minutes, seconds for working days", demo},
		{"token", "print a bearer token of the local issuer: --as SUBJECT", token},
		{"whatif", "run recorded reports through other rules: --rules FILE --calendar ID@REV --from DATE --to DATE", whatif},
		{"seed", "file plausible reports: --reports N; for benchmarks: --published N", seed},
		{"api", "serve the HTTP API", serveAPI},
		{"worker", "run workflows, sweeper and sender", serveWorker},
		{"codec", "open payloads for the Temporal UI, for who may read them", serveCodec},
		{"migrate", "bring the database to the current schema", migrate},
		{"namespace", "make namespace and search attributes on Temporal", namespace},
		{"keys", "make the keys of an installation in KAWAL_KEYS, or change them: rotate, retire kek", keys},
		{"custodian", "open a sealed identity, two together: keygen SUBJECT, open ID", custodian},
		{"bootstrap", "regions, categories and the first administrator of an empty database: --admin SUBJECT", bootstrap},
		{"rules", "rule sets: check FILE, load FILE, list, show ID", rules},
		{"doctor", "say what is unsafe in this configuration", doctor},
		{"operator", "print a pass for repairs with Temporal's own tools: --as NAME [--cluster]", operator},
		{"audit", "verify the audit log and the published texts: verify, or print its public key: key", audit},
		{"history", "print the history of a report, from Temporal or its export: ID", history},
		{"reconcile", "prove that PostgreSQL and Temporal agree: [--repair]", reconcile},
		{"testenv", "start PostgreSQL and Temporal for tests, run a command, stop them: -- COMMAND", testenv},
	}
}

func run(ctx context.Context, args []string, p program) int {
	if len(args) == 0 {
		return usage(p)
	}
	all := subcommands()
	i := slices.IndexFunc(all, func(s subcommand) bool { return s.name == args[0] })
	if i < 0 {
		fmt.Fprintf(p.errOut, "kawal: unknown command %q\n", args[0])
		return usage(p)
	}
	return all[i].run(ctx, args[1:], p)
}

func usage(p program) int {
	fmt.Fprintln(p.errOut, "usage: kawal COMMAND [flags]")
	for _, s := range subcommands() {
		fmt.Fprintf(p.errOut, "  %-10s %s\n", s.name, s.help)
	}
	return 2
}

// failed prints why a command failed and returns its exit code.
func (p program) failed(err error) int {
	fmt.Fprintf(p.errOut, "kawal: %v\n", err)
	return 1
}
