package main

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/chain"
	"github.com/kawal-id/kawal/internal/seal"
	"github.com/kawal-id/kawal/internal/testdb"
	"github.com/kawal-id/kawal/store"
)

// auditBench is a migrated database with its keys, and kawal to be run on them.
type auditBench struct {
	t   *testing.T
	env map[string]string
	p   *parts
}

func newAuditBench(t *testing.T) *auditBench {
	t.Helper()
	dir := t.TempDir()
	b := &auditBench{t: t, env: map[string]string{
		"KAWAL_DATABASE_URL": testdb.New(t, store.MigrationsHash(), store.Migrate),
		"KAWAL_DATA":         dir, "KAWAL_KEYS": filepath.Join(dir, "keys"),
	}}
	s, err := load(environment(b.env))
	require.NoError(t, err)
	require.NoError(t, seal.Create(s.keys))
	st, err := store.Open(t.Context(), store.Config{URL: s.databaseURL, Now: time.Now})
	require.NoError(t, err)
	t.Cleanup(st.Close)
	b.p = &parts{settings: s, store: st}
	return b
}

func (b *auditBench) write(actions ...string) {
	b.t.Helper()
	b.as(func(ctx context.Context, tx *store.Tx) error {
		for _, a := range actions {
			if err := tx.WriteAudit(ctx, store.Audit{Actor: store.Actor{Kind: store.Worker}, Action: a}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *auditBench) as(fn func(context.Context, *store.Tx) error) {
	b.t.Helper()
	require.NoError(b.t, b.p.store.As(b.t.Context(), store.Actor{Kind: store.Worker}, fn))
}

// seal chains and signs what waits.
func (b *auditBench) seal() {
	b.t.Helper()
	sign, err := b.p.checkpoints()
	require.NoError(b.t, err)
	b.as(func(ctx context.Context, tx *store.Tx) error {
		head, _, err := tx.SealAudit(ctx, 1000)
		if err != nil {
			return err
		}
		return sign(head, time.Now())
	})
}

func (b *auditBench) kawal(args ...string) (int, string, string) {
	var out, errOut bytes.Buffer
	code := run(b.t.Context(), args, program{in: strings.NewReader(""), out: &out, errOut: &errOut, getenv: environment(b.env)})
	return code, out.String(), errOut.String()
}

func (b *auditBench) exec(sql string) {
	b.t.Helper()
	conn, err := pgx.Connect(b.t.Context(), b.env["KAWAL_DATABASE_URL"])
	require.NoError(b.t, err)
	defer conn.Close(context.WithoutCancel(b.t.Context()))
	_, err = conn.Exec(b.t.Context(), sql)
	require.NoError(b.t, err)
}

func TestVerifyNamesTheFirstAlteredRow(t *testing.T) {
	t.Parallel()
	b := newAuditBench(t)
	b.write("one", "two", "three", "four")
	b.seal()
	code, out, errOut := b.kawal("audit", "verify")
	require.Zero(t, code, errOut)
	require.Equal(t, "Log audit utuh: 4 baris dalam rantai, 4 di antaranya dijamin 1 titik periksa; 0 baris baru menunggu; 0 teks terbit dan 0 riwayat terekspor cocok.\n", out)

	code, public, _ := b.kawal("audit", "key")
	require.Zero(t, code)
	code, out, _ = b.kawal("audit", "verify", "--key", strings.TrimSpace(public), "--checkpoints", b.p.audit)
	require.Zero(t, code, out)
	code, out, _ = b.kawal("audit", "verify", "--key", strings.Repeat("ab", 32))
	require.Equal(t, 1, code)
	require.Contains(t, out, "tidak ditandatangani kunci yang dikenal")

	b.exec(`UPDATE audit SET action = 'tiga' WHERE action = 'three'`)
	code, out, _ = b.kawal("audit", "verify")
	require.Equal(t, 1, code)
	require.Equal(t, "SALAH: mata rantai 3, baris audit 3: baris atau mata rantainya telah diubah.\nSampai 2 mata rantai sebelumnya log audit utuh.\n", out)
	b.exec(`UPDATE audit SET action = 'three' WHERE action = 'tiga'`)

	b.exec(`DELETE FROM audit_chain WHERE n = 4; DELETE FROM audit WHERE action = 'four'`)
	code, out, _ = b.kawal("audit", "verify")
	require.Equal(t, 1, code)
	require.Contains(t, out, "mata rantai 4: rantai terpotong: titik periksa menyebut 4 baris, rantai hanya memuat 3.")
}

func TestVerifySaysHowItIsUsed(t *testing.T) {
	t.Parallel()
	b := newAuditBench(t)
	for _, args := range [][]string{{"audit"}, {"audit", "burn"}, {"audit", "verify", "x"}, {"audit", "key", "x"}} {
		code, _, errOut := b.kawal(args...)
		require.Equal(t, 2, code, args)
		if len(args) < 3 {
			require.Contains(t, errOut, "usage: kawal audit verify")
		}
	}
	code, _, errOut := b.kawal("audit", "verify", "--key", "ab")
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "no public key")
	require.NoError(t, os.Remove(filepath.Join(b.p.settings.keys, "audit.key")))
	code, _, errOut = b.kawal("audit", "verify")
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "audit.key")
	_, err := b.p.checkpoints()
	require.ErrorContains(t, err, "kawal keys")
}

// A row that nobody seals shows in the metrics and in the log.
func TestARowThatWaitsTenSecondsIsAnAlarm(t *testing.T) {
	t.Parallel()
	b := newAuditBench(t)
	var log bytes.Buffer
	b.p.log = slog.New(slog.NewTextHandler(&log, nil))
	registry := prometheus.NewRegistry()
	registry.MustRegister(newUnsealed(b.p.store))
	gauges := func() map[string]float64 {
		t.Helper()
		families, err := registry.Gather()
		require.NoError(t, err)
		all := map[string]float64{}
		for _, f := range families {
			all[f.GetName()] = f.GetMetric()[0].GetGauge().GetValue()
		}
		return all
	}
	require.Equal(t, map[string]float64{"kawal_audit_unsealed_rows": 0, "kawal_audit_unsealed_seconds": 0}, gauges())
	b.write("one", "two")
	require.Equal(t, 2.0, gauges()["kawal_audit_unsealed_rows"])
	b.p.alarmAudit(t.Context())
	require.Empty(t, log.String(), "it has just been written")
	b.exec(`UPDATE audit_waiting SET since = since - interval '11 s'`)
	require.Greater(t, gauges()["kawal_audit_unsealed_seconds"], chain.SealWithin.Seconds())
	b.p.alarmAudit(t.Context())
	require.Contains(t, log.String(), "level=ERROR")
	require.Contains(t, log.String(), "audit rows are not chained")
	b.seal()
	log.Reset()
	b.p.alarmAudit(t.Context())
	require.Empty(t, log.String())
	require.Zero(t, gauges()["kawal_audit_unsealed_rows"])
}
