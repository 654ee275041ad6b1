package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/kawal-id/kawal/internal/issuer"
)

// token prints a bearer token of the local issuer for a subject. Who that is
// and what he may do the database says, at each request.
func token(_ context.Context, args []string, pr program) int {
	flags := flag.NewFlagSet("token", flag.ContinueOnError)
	flags.SetOutput(pr.errOut)
	as := flags.String("as", "", "subject, such as admin.tirtajaya")
	ttl := flags.Duration("for", time.Hour, "how long it is valid")
	if flags.Parse(args) != nil {
		return 2
	}
	if *as == "" {
		fmt.Fprintln(pr.errOut, "kawal token: --as SUBJECT is required")
		return 2
	}
	s, err := localOr(pr.getenv)
	if err != nil {
		return pr.failed(err)
	}
	t, err := s.token(*as, *ttl)
	if err != nil {
		return pr.failed(err)
	}
	fmt.Fprintln(pr.out, t)
	return 0
}

// token mints with the key of the local issuer.
func (s settings) token(subject string, ttl time.Duration) (string, error) {
	if s.issuer == "" {
		return "", errors.New("no local issuer is known: start kawal dev first, in this folder or with the same KAWAL_DATA")
	}
	return issuer.Mint(s.issuerKey(), s.issuer, s.audience, subject, ttl, time.Now())
}
