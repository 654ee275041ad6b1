package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	"github.com/kawal-id/kawal/internal/seal"
	"github.com/kawal-id/kawal/internal/signer"
	"github.com/kawal-id/kawal/workflows/contract"
)

// clusterAdmin is the permission over all of Temporal.
const clusterAdmin = "temporal-system:admin"

// temporalKey signs the passes of API, worker and operator; temporalKeySet is
// its public half, which Temporal reads.
func (s settings) temporalKey() string    { return filepath.Join(s.keys, "temporal.pem") }
func (s settings) temporalKeySet() string { return filepath.Join(s.keys, "temporal-keys.json") }

// makeKeys makes every key that is missing.
func (s settings) makeKeys() error {
	if err := seal.Create(s.keys); err != nil {
		return fmt.Errorf("make keys: %w", err)
	}
	if err := signer.Create(s.temporalKey()); err != nil {
		return fmt.Errorf("make keys: %w", err)
	}
	k, err := signer.Open(s.temporalKey())
	if err != nil {
		return err
	}
	return k.Publish(s.temporalKeySet())
}

// pass is how Temporal knows a machine, or the operator at one.
func (s settings) pass(subject string, permissions ...string) (signer.Pass, error) {
	k, err := signer.Open(s.temporalKey())
	if err != nil {
		return signer.Pass{}, fmt.Errorf("keys (KAWAL_KEYS; kawal keys makes what is missing): %w", err)
	}
	return signer.Pass{Key: k, Subject: subject, Audience: s.audience, Permissions: permissions, Now: time.Now}, nil
}

// fileURI is the address of a local file.
func fileURI(file string) string {
	abs, err := filepath.Abs(file)
	if err != nil {
		abs = file
	}
	return (&url.URL{Scheme: "file", Path: abs}).String()
}

// operator prints a pass for repairs with Temporal's own tools, good for less
// than ten minutes. It is for whoever can read the keys.
func operator(_ context.Context, args []string, pr program) int {
	flags := flag.NewFlagSet("operator", flag.ContinueOnError)
	flags.SetOutput(pr.errOut)
	as := flags.String("as", "", "who repairs, as Temporal's histories will name him")
	cluster := flags.Bool("cluster", false, "also for namespaces and search attributes")
	if flags.Parse(args) != nil {
		return 2
	}
	if *as == "" {
		fmt.Fprintln(pr.errOut, "kawal operator: --as NAME is required")
		return 2
	}
	s, err := localOr(pr.getenv)
	if err != nil {
		return pr.failed(err)
	}
	permissions := []string{contract.Namespace + ":write"}
	if *cluster {
		permissions = []string{contract.Namespace + ":admin", clusterAdmin}
	}
	p, err := s.pass("operator:"+*as, permissions...)
	if err != nil {
		return pr.failed(err)
	}
	token, err := p.Token()
	if err != nil {
		return pr.failed(errors.New("no pass could be signed"))
	}
	fmt.Fprintln(pr.out, token)
	return 0
}
