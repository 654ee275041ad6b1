package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/kawal-id/kawal/store"
)

// bootstrap gives a migrated, empty database what the first administrator needs
// to go on through the API: regions, categories, calendars, the national unit,
// and himself. On a database that has agencies it refuses.
func bootstrap(ctx context.Context, args []string, pr program) int {
	flags := flag.NewFlagSet("bootstrap", flag.ContinueOnError)
	flags.SetOutput(pr.errOut)
	subject := flags.String("admin", "", "subject of the first national administrator, as the issuer's tokens name him")
	name := flags.String("name", "Admin Nasional", "what colleagues see")
	if flags.Parse(args) != nil {
		return 2
	}
	if *subject == "" {
		fmt.Fprintln(pr.errOut, "kawal bootstrap: --admin SUBJECT is required")
		return 2
	}
	s, err := load(pr.getenv)
	if err != nil {
		return pr.failed(err)
	}
	st, err := store.Open(ctx, store.Config{URL: s.databaseURL, MaxConns: 2, Now: time.Now})
	if err != nil {
		return pr.failed(err)
	}
	defer st.Close()
	if err := putFirst(ctx, st, *subject, *name); err != nil {
		return pr.failed(err)
	}
	return 0
}

func putFirst(ctx context.Context, st *store.Store, subject, name string) error {
	known, err := st.Agencies(ctx)
	if err != nil {
		return err
	}
	if len(known) > 0 {
		return errors.New("this database has agencies already; go on through the API")
	}
	return st.As(ctx, store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) error {
		if err := putCodes(ctx, tx); err != nil {
			return err
		}
		if err := tx.PutAgency(ctx, store.Agency{ID: national, Name: "Administrator nasional", Calendar: "national", Active: true}); err != nil {
			return err
		}
		line := store.Audit{Actor: store.Actor{Kind: store.Worker}, Action: "bootstrap", Allowed: true}
		if err := tx.WriteAudit(ctx, line); err != nil {
			return err
		}
		return tx.PutStaff(ctx, store.StaffMember{Subject: subject, Name: name, Unit: national, Roles: []string{"admin"}, Active: true})
	})
}
