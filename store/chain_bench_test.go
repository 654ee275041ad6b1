package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/chain"
	"github.com/kawal-id/kawal/store"
)

// BenchmarkTheChain prints what a row of the audit log costs: to write along with
// a read, to seal in batches of 1,000, and to verify.
func BenchmarkTheChain(b *testing.B) {
	x := newBench(b)
	read := func(lines int) func(*testing.B) {
		return func(b *testing.B) {
			for b.Loop() {
				x.must(func(ctx context.Context, tx *store.Tx) error {
					for range lines {
						if err := tx.WriteAudit(ctx, store.Audit{Actor: worker, Action: "read"}); err != nil {
							return err
						}
					}
					_, err := tx.Command(ctx, "none")
					require.Error(b, err)
					return nil
				})
			}
		}
	}
	b.Run("read", read(0))
	b.Run("audited read", read(1))
	var head chain.Link
	b.Run("seal 1000", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			x.exec(`INSERT INTO audit (at, kind, subject, unit, roles, action, report, allowed, detail)
				SELECT now(), 'staff', 's', 'kab', '{admin}', 'read', '', true, '{}' FROM generate_series(1, 1000)`)
			b.StartTimer()
			x.must(func(ctx context.Context, tx *store.Tx) (err error) {
				head, _, err = tx.SealAudit(ctx, 1000)
				return err
			})
		}
	})
	head = x.sealAll()
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			s, err := x.verify(x.url, chain.Sign(auditKey, head, x.now()))
			require.NoError(b, err)
			b.ReportMetric(float64(s.Links), "rows")
		}
	})
}
