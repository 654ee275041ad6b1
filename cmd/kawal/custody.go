package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/kawal-id/kawal/internal/sample"
	"github.com/kawal-id/kawal/internal/seal"
	"github.com/kawal-id/kawal/office"
)

// makeCustodians makes the key pairs of the sample's custodians, for kawal dev
// only: elsewhere each custodian makes his own. Keys that exist stay.
func (s settings) makeCustodians() error {
	for _, m := range sample.Staff() {
		if !slices.Contains(m.Roles, "custodian") {
			continue
		}
		_, err := seal.CreateCustodian(s.custodians, m.Subject)
		if errors.Is(err, os.ErrExist) {
			err = s.publishCustodian(m.Subject)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// publishCustodian writes the public half that an interrupted start left out.
func (s settings) publishCustodian(subject string) error {
	k, err := seal.OpenCustodianKey(filepath.Join(s.custodians, subject+seal.PrivateSuffix))
	if err != nil {
		return err
	}
	if err := k.Publish(s.custodians); !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}

// sealTo returns the custodians that identities are sealed to: none without a
// folder of keys, so that sealed reports are refused.
func (p *parts) sealTo() (seal.Custodians, error) {
	all, err := seal.OpenCustodians(p.custodians)
	if errors.Is(err, os.ErrNotExist) {
		p.log.Warn("no custodians (KAWAL_CUSTODIANS): sealed reports are refused")
		return seal.Custodians{}, nil
	}
	return all, err
}

// examineCustodians: sealed identities need two to five public keys, and nothing
// here may open them.
func (s settings) examineCustodians() []finding {
	var found []finding
	if _, err := seal.OpenCustodians(s.custodians); err != nil {
		found = append(found, unsafe("KAWAL_CUSTODIANS=%s: harus berisi kunci publik (.pub) %d sampai %d pemegang kunci identitas, yang hanya dapat diubah pemiliknya: %v.",
			s.custodians, seal.MinCustodians, seal.MaxCustodians, err))
	}
	for _, dir := range []string{s.custodians, s.keys} {
		private, err := filepath.Glob(filepath.Join(dir, "*"+seal.PrivateSuffix))
		if err != nil || len(private) > 0 {
			found = append(found, unsafe("%s memuat kunci pribadi (.key): pindahkan ke mesin pemegangnya, lalu hapus dari sini. Dengan dua di antaranya siapa pun membuka identitas tertutup.", dir))
		}
	}
	return found
}

// strangers compares the public keys with the active staff who hold the role
// custodian: identities sealed from now on are for the keys, whoever has them. It is
// advice, since keys come before people when an installation is made.
func (s settings) strangers(active []string) []finding {
	all, err := seal.OpenCustodians(s.custodians)
	if err != nil {
		return nil // examineCustodians says so
	}
	var found []finding
	for _, name := range all.Names() {
		if !slices.Contains(active, name) {
			found = append(found, advice("KAWAL_CUSTODIANS memuat kunci %s, tetapi tidak ada petugas aktif bernama itu dengan peran custodian: bila ia sudah berhenti, keluarkan kuncinya (docs/custodians.md).", name))
		}
	}
	for _, subject := range active {
		if !slices.Contains(all.Names(), subject) {
			found = append(found, advice("Petugas %s berperan custodian tetapi tidak punya kunci publik di KAWAL_CUSTODIANS: ia tidak dapat membuka apa pun.", subject))
		}
	}
	return found
}

// resealEvery is how often identities of an earlier build are looked for: while it
// is being replaced its processes still write some.
const resealEvery = 10 * time.Minute

// reseal seals to the custodians what an earlier build sealed under the key of the
// API, until ctx ends. What fails is tried again.
func (p *parts) reseal(ctx context.Context, front *office.Office) {
	if len(front.Custodians.Names()) == 0 {
		return
	}
	tick := time.NewTicker(resealEvery)
	defer tick.Stop()
	for {
		n, err := front.ResealIdentities(ctx, func(report string, sealed []byte) ([]byte, error) {
			return p.keys.OpenField(office.FieldIdentity, report, sealed)
		})
		if err != nil && ctx.Err() == nil {
			p.log.WarnContext(ctx, "identities not sealed anew", "error", err)
		}
		if n > 0 {
			p.log.InfoContext(ctx, "identities of an earlier build sealed to the custodians")
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
