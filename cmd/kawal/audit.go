package main

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kawal-id/kawal/internal/chain"
	"github.com/kawal-id/kawal/internal/seal"
	"github.com/kawal-id/kawal/store"
)

const auditUsage = `usage: kawal audit verify [--checkpoints FILE] [--key HEX[,HEX ...]] [--histories FOLDER]
       kawal audit key
`

// audit verifies the audit log, or prints the public key of its checkpoints.
func audit(ctx context.Context, args []string, pr program) int {
	s, err := localOr(pr.getenv)
	switch {
	case err != nil:
		return pr.failed(err)
	case len(args) > 0 && args[0] == "verify":
		return verifyAudit(ctx, s, args[1:], pr)
	case len(args) == 1 && args[0] == "key":
		return auditKey(s, pr)
	}
	fmt.Fprint(pr.errOut, auditUsage)
	return 2
}

// auditKey prints the public half of the key in KAWAL_KEYS, for who verifies on
// another machine.
func auditKey(s settings, pr program) int {
	key, err := seal.OpenAuditKey(s.keys)
	if err != nil {
		return pr.failed(err)
	}
	fmt.Fprintf(pr.out, "%x\n", key.Public())
	return 0
}

// verifyAudit prints the first row, link, checkpoint or published text that is
// wrong: exit code 1. It changes nothing and needs no more than SELECT.
func verifyAudit(ctx context.Context, s settings, args []string, pr program) int {
	flags := flag.NewFlagSet("audit verify", flag.ContinueOnError)
	flags.SetOutput(pr.errOut)
	file := flags.String("checkpoints", s.audit, "file of checkpoints (KAWAL_AUDIT)")
	public := flags.String("key", "", "public keys in hexadecimal, with commas; empty: that of KAWAL_KEYS")
	folder := flags.String("histories", s.histories, "folder of exported histories (KAWAL_HISTORIES); empty: they are not looked at")
	if flags.Parse(args) != nil || flags.NArg() > 0 {
		return 2
	}
	if s.databaseURL == "" {
		return pr.failed(errors.New("KAWAL_DATABASE_URL is required"))
	}
	t, err := evidence(s, *file, *public)
	if err != nil {
		return pr.failed(err)
	}
	if *folder != "" {
		t.Digest = exportDigest(*folder)
	}
	var sum chain.Summary
	err = store.AuditTrail(ctx, s.databaseURL, func(entries iter.Seq2[chain.Entry, error], texts iter.Seq2[chain.Text, error]) (err error) {
		t.Entries, t.Texts, t.Now = entries, texts, time.Now()
		sum, err = chain.Verify(t)
		return err
	})
	if wrong, ok := errors.AsType[*chain.Wrong](err); ok {
		fmt.Fprintf(pr.out, "SALAH: %v\nSampai %d mata rantai sebelumnya log audit utuh.\n", wrong, sum.Links)
		return 1
	}
	if err != nil {
		return pr.failed(err)
	}
	fmt.Fprintf(pr.out, "Log audit utuh: %d baris dalam rantai, %d di antaranya dijamin %d titik periksa; %d baris baru menunggu; %d teks terbit dan %d riwayat terekspor cocok.\n",
		sum.Links, sum.Signed, sum.Checkpoints, sum.Waiting, sum.Texts, sum.Histories)
	return 0
}

// evidence is what lies outside the database: checkpoints and public keys.
func evidence(s settings, file, public string) (chain.Trail, error) {
	t := chain.Trail{Keys: map[string]ed25519.PublicKey{}}
	if public == "" {
		key, err := seal.OpenAuditKey(s.keys)
		if err != nil {
			return t, err
		}
		public = hex.EncodeToString(key.Public().(ed25519.PublicKey))
	}
	for one := range strings.SplitSeq(public, ",") {
		key, err := hex.DecodeString(strings.TrimSpace(one))
		if err != nil || len(key) != ed25519.PublicKeySize {
			return t, fmt.Errorf("%q is no public key: %d hexadecimal digits", one, 2*ed25519.PublicKeySize)
		}
		t.Keys[chain.KeyID(key)] = key
	}
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return t, nil // what has long been sealed lacks its checkpoint then
	}
	if err != nil {
		return t, fmt.Errorf("open checkpoints: %w", err)
	}
	defer f.Close()
	t.Checkpoints, err = chain.ReadCheckpoints(f)
	return t, err
}

// checkpoints signs the end of the audit chain into the file KAWAL_AUDIT.
func (p *parts) checkpoints() (func(chain.Link, time.Time) error, error) {
	key, err := seal.OpenAuditKey(p.settings.keys)
	if err != nil {
		return nil, fmt.Errorf("keys (KAWAL_KEYS; kawal keys makes what is missing): %w", err)
	}
	return func(head chain.Link, at time.Time) error {
		return chain.Append(p.audit, chain.Sign(key, head, at))
	}, nil
}

// unsealed is the gauge of rows of the audit log that wait for their link.
type unsealed struct {
	store *store.Store
	rows  *prometheus.Desc
	age   *prometheus.Desc
}

func newUnsealed(s *store.Store) unsealed {
	return unsealed{s,
		prometheus.NewDesc("kawal_audit_unsealed_rows", "Rows of the audit log that wait to be chained.", nil, nil),
		prometheus.NewDesc("kawal_audit_unsealed_seconds", "How long the oldest of them has waited; above 10 is an alarm.", nil, nil)}
}

// Describe is prometheus.Collector's.
func (u unsealed) Describe(to chan<- *prometheus.Desc) { to <- u.rows; to <- u.age }

// Collect asks the database. While it is away the gauges are absent.
func (u unsealed) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	rows, oldest, err := u.store.Unsealed(ctx)
	if err != nil {
		return // an invalid metric would take all others with it; /readyz tells
	}
	to <- prometheus.MustNewConstMetric(u.rows, prometheus.GaugeValue, float64(rows))
	to <- prometheus.MustNewConstMetric(u.age, prometheus.GaugeValue, oldest.Seconds())
}

const (
	scrapeTimeout = 5 * time.Second
	alarmEvery    = 5 * time.Second
)

// watchAudit logs an error while a row of the audit log has waited too long for
// its link, whether or not a worker is there to seal it. It ends with ctx.
func (p *parts) watchAudit(ctx context.Context) error {
	tick := time.NewTicker(alarmEvery)
	defer tick.Stop()
	for {
		p.alarmAudit(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (p *parts) alarmAudit(ctx context.Context) {
	rows, oldest, err := p.store.Unsealed(ctx)
	switch {
	case err != nil && ctx.Err() == nil:
		p.log.WarnContext(ctx, "audit log not watched", "error", err)
	case oldest > chain.SealWithin:
		p.log.ErrorContext(ctx, "audit rows are not chained: is a worker running?", "rows", rows, "seconds", oldest.Seconds())
	}
}
