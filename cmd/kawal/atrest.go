package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"time"

	"github.com/kawal-id/kawal/internal/chain"
	"github.com/kawal-id/kawal/internal/seal"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/store"
)

// settle does what must be done before anybody is served: texts that an earlier
// build left readable are sealed, and what was erased since the backup that a
// database was restored from is erased again.
func (p *parts) settle(ctx context.Context, front *office.Office) error {
	n, err := p.store.SealOld(ctx)
	if err != nil {
		return err
	}
	if n > 0 {
		p.log.InfoContext(ctx, "reports of an earlier build sealed", "reports", n)
	}
	ledger, err := chain.ReadErasures(p.erasures)
	if err != nil {
		return fmt.Errorf("KAWAL_ERASURES: %w", err)
	}
	ids := make([]string, len(ledger))
	for i, e := range ledger {
		ids[i] = e.Report
	}
	if n, err = front.EraseAgain(ctx, ids); err != nil {
		return err
	}
	if n > 0 {
		p.log.WarnContext(ctx, "erased again what the database still held: was it restored?", "reports", n)
	}
	return nil
}

// keys makes the keys of an installation in KAWAL_KEYS, existing ones stay; or
// changes them: rotate [NAME...], retire NAME.
func keys(ctx context.Context, args []string, pr program) int {
	flags := flag.NewFlagSet("keys", flag.ContinueOnError)
	flags.SetOutput(pr.errOut)
	if flags.Parse(args) != nil {
		return 2
	}
	s, err := localOr(pr.getenv)
	if err != nil {
		return pr.failed(err)
	}
	names := flags.Args()
	switch {
	case len(names) == 0:
		if err := s.makeKeys(); err != nil {
			return pr.failed(err)
		}
		fmt.Fprintf(pr.out, "keys are in %s; back them up apart from the database\n", s.keys)
		return 0
	case names[0] == "rotate":
		err = rotate(ctx, s, names[1:], pr)
	case names[0] == "retire" && len(names) == 2 && names[1] != "codec":
		err = retire(ctx, s, names[1], pr)
	default:
		fmt.Fprintln(pr.errOut, "usage: kawal keys | kawal keys rotate [kek|contact|codec ...] | kawal keys retire kek|contact")
		return 2
	}
	if err != nil {
		return pr.failed(err)
	}
	return 0
}

// rotate lets new keys seal from now on, and seals anew under them what can be. All
// processes that share the folder go on meanwhile. What a broken rotate left is
// done by the next.
func rotate(ctx context.Context, s settings, names []string, pr program) error {
	if len(names) == 0 {
		names = []string{"kek", "contact", "codec"}
	}
	for _, name := range names {
		if seal.Rotatable[name] == "" {
			return fmt.Errorf("%q cannot be changed while everything runs; kek, contact and codec can (docs/operating.md says why)", name)
		}
	}
	k, st, err := atRest(ctx, s)
	if err != nil {
		return err
	}
	defer st.Close()
	for _, name := range names {
		if err := seal.Rotate(s.keys, name); err != nil {
			return err
		}
		n, err := renew(ctx, k, st, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(pr.out, "%s: a new key seals; %d rows sealed anew\n", name, n)
	}
	if slices.Contains(names, "codec") {
		fmt.Fprintln(pr.out, "codec: older keys stay, since histories are never written again")
	}
	fmt.Fprintf(pr.out, "back up %s again, apart from the database\n", s.keys)
	return nil
}

// retire removes the older keys of a keyset once nothing is sealed by them.
func retire(ctx context.Context, s settings, name string, pr program) error {
	if name != "kek" && name != "contact" {
		return fmt.Errorf("%q cannot be retired", name)
	}
	k, st, err := atRest(ctx, s)
	if err != nil {
		return err
	}
	defer st.Close()
	n, err := renew(ctx, k, st, name) // what was sealed while keys changed
	if err != nil {
		return err
	}
	if err := seal.Retire(s.keys, name); err != nil {
		return err
	}
	fmt.Fprintf(pr.out, "%s: %d rows sealed anew, older keys removed; backups of the database made before the change open with a backup of the keys only\n", name, n)
	return nil
}

// renew seals anew what an older key sealed, and returns how many rows.
func renew(ctx context.Context, k *seal.Keys, st *store.Store, name string) (int, error) {
	switch name {
	case "kek":
		return st.Rewrap(ctx, store.ReportKeys, k.Rewrap)
	case "contact":
		return st.Rewrap(ctx, store.Contacts, k.ResealContact)
	}
	return 0, nil
}

func atRest(ctx context.Context, s settings) (*seal.Keys, *store.Store, error) {
	if s.databaseURL == "" {
		return nil, nil, errors.New("KAWAL_DATABASE_URL is required")
	}
	k, err := seal.Open(s.keys)
	if err != nil {
		return nil, nil, fmt.Errorf("keys (KAWAL_KEYS): %w", err)
	}
	st, err := store.Open(ctx, store.Config{URL: s.databaseURL, MaxConns: 2, Now: time.Now})
	return k, st, err
}
