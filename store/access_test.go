package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

func TestTheCodeOpensItsReportOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id, other := b.file(filed{}).ID, b.file(filed{}).ID
	opens := func(id string, m []byte) bool {
		return get(b, func(ctx context.Context, tx *store.Tx) (bool, error) { return tx.CodeOpens(ctx, id, m) })
	}
	require.True(t, opens(id, mac("code "+id)))
	require.False(t, opens(other, mac("code "+id)))
	require.False(t, opens("KWL-0000-0000-0", mac("code "+id)))
	require.False(t, opens("KWL-0000-0000-0", nil))

	b.must(func(ctx context.Context, tx *store.Tx) error { return tx.ReplaceCode(ctx, id, mac("new")) })
	require.False(t, opens(id, mac("code "+id)))
	require.True(t, opens(id, mac("new")))
	require.ErrorIs(t, b.do(func(ctx context.Context, tx *store.Tx) error {
		return tx.ReplaceCode(ctx, "KWL-0000-0000-0", mac("new"))
	}), fault.NotFound)
}

func TestOfTwentyEqualRequestsOneIsFresh(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	key, sha := mac("key"), mac("request")
	var mu sync.Mutex
	fresh := 0
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			err := b.do(func(ctx context.Context, tx *store.Tx) error {
				a, first, err := tx.ClaimKey(ctx, key, "anyone", sha)
				if err != nil {
					return err
				}
				mu.Lock()
				defer mu.Unlock()
				if first {
					fresh++
				}
				if string(a.RequestSHA) != string(sha) || a.Sealed != nil {
					return errors.New("another claim than the first")
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, 1, fresh)
}

func TestAnAnswerIsKeptUntilItIsPurged(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	key := mac("key")
	claim := func(scope, request string) (a store.Answer, fresh bool) {
		b.must(func(ctx context.Context, tx *store.Tx) (err error) {
			a, fresh, err = tx.ClaimKey(ctx, key, scope, mac(request))
			return err
		})
		return a, fresh
	}
	_, fresh := claim("a", "one")
	require.True(t, fresh)
	_, fresh = claim("b", "one") // another caller's
	require.True(t, fresh)
	b.must(func(ctx context.Context, tx *store.Tx) error { return tx.ReleaseKey(ctx, key, "b") })
	_, fresh = claim("b", "two")
	require.True(t, fresh)

	b.must(func(ctx context.Context, tx *store.Tx) error { return tx.StoreAnswer(ctx, key, "a", []byte("sealed")) })
	b.must(func(ctx context.Context, tx *store.Tx) error { return tx.ReleaseKey(ctx, key, "a") }) // too late
	got, fresh := claim("a", "other")
	require.False(t, fresh)
	require.Equal(t, store.Answer{RequestSHA: mac("one"), Sealed: []byte("sealed")}, got)
	require.ErrorIs(t, b.do(func(ctx context.Context, tx *store.Tx) error {
		return tx.StoreAnswer(ctx, key, "nobody", nil)
	}), fault.NotFound)

	purge := func(before time.Time) int {
		return get(b, func(ctx context.Context, tx *store.Tx) (int, error) { return tx.PurgeKeys(ctx, before) })
	}
	require.Zero(t, purge(wednesday))
	require.Equal(t, 2, purge(wednesday.Add(time.Second)))
	_, fresh = claim("a", "one")
	require.True(t, fresh)
}

func TestTheLastRatingCounts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	for _, r := range []store.Rating{{Score: 1, Text: "Buruk.", RatedAt: wednesday}, {Score: 4, RatedAt: wednesday.Add(time.Hour)}} {
		b.must(func(ctx context.Context, tx *store.Tx) error { return tx.PutRating(ctx, id, r) })
		require.Equal(t, &r, b.load(id).Rating)
	}
	rate := func(id string, score int) error {
		return b.do(func(ctx context.Context, tx *store.Tx) error {
			return tx.PutRating(ctx, id, store.Rating{Score: score, RatedAt: wednesday})
		})
	}
	require.ErrorIs(t, rate(id, 5), fault.Invalid)
	require.ErrorIs(t, rate("KWL-0000-0000-0", 4), fault.NotFound)
}

func TestConsentNeedsDifferentPeople(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{secret: true}).ID
	type consents struct {
		reporter bool
		admins   int
	}
	add := func(role report.Role, subject string) (c consents) {
		b.must(func(ctx context.Context, tx *store.Tx) (err error) {
			c.reporter, c.admins, err = tx.AddConsent(ctx, id, role, subject)
			return err
		})
		return c
	}
	require.Equal(t, consents{false, 1}, add(report.Admin, "a"))
	require.Equal(t, consents{false, 1}, add(report.Admin, "a"))
	require.Equal(t, consents{true, 1}, add(report.Reporter, ""))
	require.Equal(t, consents{true, 2}, add(report.Admin, "b"))
	b.must(func(ctx context.Context, tx *store.Tx) error { return tx.ClearConsents(ctx, id) })
	require.Equal(t, consents{true, 0}, add(report.Reporter, ""))
}

func TestTheAuditLogCannotBeChanged(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.must(func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(
			tx.WriteAudit(ctx, store.Audit{Actor: store.Actor{Kind: store.Anyone}, Action: "read"}),
			tx.WriteAudit(ctx, store.Audit{At: wednesday, Actor: staff(kab, "admin"), Action: "forward", Report: "KWL-1", Allowed: true, Detail: json.RawMessage(`{"seq": 2}`)}))
	})
	require.Equal(t, 1, b.count(`SELECT count(*) FROM audit WHERE unit = 'kab' AND roles = '{admin}' AND allowed AND detail = '{"seq": 2}'`))

	conn, err := pgx.Connect(t.Context(), b.url)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.WithoutCancel(t.Context()))) }()
	_, err = conn.Exec(t.Context(), `SET ROLE kawal_app`)
	require.NoError(t, err)
	for _, q := range []string{
		`DELETE FROM audit`, `UPDATE audit SET allowed = true`, `TRUNCATE audit`, `DELETE FROM transition`,
		`UPDATE transition SET seq = 9`, `DELETE FROM report`, `DELETE FROM clock`, `DROP TABLE audit`, `CREATE TABLE x ()`,
	} {
		_, err := conn.Exec(t.Context(), q)
		require.ErrorContains(t, err, "42501", q)
	}
}

func TestTablesBelongToTheOwner(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	require.Equal(t, 0, b.count(`
		SELECT count(*) FROM pg_tables
		WHERE schemaname = 'public' AND tableowner <> 'kawal_owner' AND tablename <> 'goose_db_version'`))
	require.Equal(t, 1, b.count(`SELECT count(*) FROM pg_roles WHERE rolname = 'kawal_migrate' AND rolbypassrls AND NOT rolcanlogin`))
}

func TestAnOfferedCodeKillsTheOldOneOnlyWhenItIsUsed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	opens := func(code string) bool {
		return get(b, func(ctx context.Context, tx *store.Tx) (bool, error) { return tx.CodeOpens(ctx, id, mac(code)) })
	}
	offer := func(code string) {
		b.must(func(ctx context.Context, tx *store.Tx) error { return tx.OfferCode(ctx, id, mac(code)) })
	}
	offer("first")
	offer("second")
	require.True(t, opens("code "+id), "nothing has reached the reporter yet")
	require.False(t, opens("first"), "an earlier offer dies")
	require.True(t, opens("second"))
	require.False(t, opens("code "+id), "the new one is in use")
	require.True(t, opens("second"))
	require.ErrorIs(t, b.do(func(ctx context.Context, tx *store.Tx) error { return tx.OfferCode(ctx, "KWL-0000-0000-0", mac("x")) }), fault.NotFound)
}

func TestTwoWhoMissARunAskForOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	for range 2 {
		run := get(b, func(ctx context.Context, tx *store.Tx) (int, error) { return tx.Rerun(ctx, id, 1) })
		require.Equal(t, 2, run)
	}
}
