package store_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/chain"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

var auditKey = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))

var auditKeys = map[string]ed25519.PublicKey{chain.KeyID(auditKey.Public().(ed25519.PublicKey)): auditKey.Public().(ed25519.PublicKey)}

// sealAll chains what waits and returns the end of the chain.
func (b *bench) sealAll() (head chain.Link) {
	b.t.Helper()
	for {
		n := 0
		b.must(func(ctx context.Context, tx *store.Tx) (err error) {
			head, n, err = tx.SealAudit(ctx, 3)
			return err
		})
		if n == 0 {
			return head
		}
	}
}

// verify verifies the database against the checkpoints, as the operator would.
func (b *bench) verify(url string, checkpoints ...chain.Checkpoint) (s chain.Summary, err error) {
	b.t.Helper()
	err = store.AuditTrail(b.t.Context(), url, func(entries iter.Seq2[chain.Entry, error], texts iter.Seq2[chain.Text, error]) error {
		s, err = chain.Verify(chain.Trail{Entries: entries, Texts: texts, Checkpoints: checkpoints, Keys: auditKeys, Now: b.now()})
		return err
	})
	return s, err
}

// audit writes lines of the audit log.
func (b *bench) audit(actions ...string) {
	b.t.Helper()
	b.must(func(ctx context.Context, tx *store.Tx) error {
		for _, a := range actions {
			l := store.Audit{Actor: staff(kab, "admin", "head"), Action: a, Allowed: true, Detail: json.RawMessage(`{"b":  1.50, "a": ["é", null]}`)}
			if err := tx.WriteAudit(ctx, l); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestEveryAuditRowIsChainedOnceWhateverTheOrderOfCommits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.audit("one")
	late, err := pgx.Connect(t.Context(), b.url)
	require.NoError(t, err)
	defer late.Close(context.WithoutCancel(t.Context()))
	tx, err := late.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), `INSERT INTO audit (at, kind, subject, unit, roles, action, report, allowed, detail)
		VALUES ($1, 'staff', 's', '', '{}', 'late', '', true, '{}')`, b.now())
	require.NoError(t, err)
	b.audit("two", "three", "four")
	before := b.sealAll()
	require.Positive(t, before.N)
	require.NoError(t, tx.Commit(t.Context()))
	head := b.sealAll()
	require.Equal(t, before.N+1, head.N, "a lower number that appears later is sealed later")
	require.Less(t, head.Audit, before.Audit)
	require.Equal(t, b.count(`SELECT count(*) FROM audit`), int(head.N))
	require.Zero(t, b.count(`SELECT count(*) FROM audit_waiting`))
	s, err := b.verify(b.url, chain.Sign(auditKey, head, b.now()))
	require.NoError(t, err)
	require.Equal(t, head.N, s.Links)
}

func TestOnlyOneSeals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.audit("one")
	b.must(func(ctx context.Context, first *store.Tx) error {
		_, n, err := first.SealAudit(ctx, 100)
		require.Positive(t, n)
		b.audit("two")
		b.must(func(ctx context.Context, second *store.Tx) error {
			_, n, err := second.SealAudit(ctx, 100)
			require.Zero(t, n)
			return err
		})
		return err
	})
	require.Equal(t, "two", b.sealedAs(b.sealAll().N))
}

// sealedAs is the action of the row that a link seals.
func (b *bench) sealedAs(n int64) (action string) {
	b.t.Helper()
	require.NoError(b.t, b.connect().QueryRow(b.t.Context(),
		`SELECT a.action FROM audit_chain c JOIN audit a ON a.id = c.audit WHERE c.n = $1`, n).Scan(&action))
	return action
}

// exec does something as the superuser.
func (b *bench) exec(sql string) {
	b.t.Helper()
	conn := b.connect()
	defer func() { require.NoError(b.t, conn.Close(b.t.Context())) }()
	_, err := conn.Exec(b.t.Context(), sql)
	require.NoError(b.t, err)
}

// What cannot be written to the audit log does not happen: a decision, a
// publication, and what is only read.
func TestWithoutTheAuditRowTheActLeavesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	b.forward(id, works)
	b.exec(`REVOKE INSERT ON audit FROM kawal_app`)
	commands, transitions := b.count(`SELECT count(*) FROM command`), b.count(`SELECT count(*) FROM transition`)
	line := store.Audit{Actor: worker, Action: "read"}
	for name, act := range map[string]func(context.Context, *store.Tx) error{
		"a command": func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.InsertCommand(ctx, store.NewCommand{Report: id, Command: report.Command{ID: "x", Action: report.Withdraw, By: report.Reporter}})
			return err
		},
		"a take-down": func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.ApplyDirect(ctx, id, report.Command{ID: "y", Action: report.MakeSecret, By: report.Admin, ReceivedAt: b.now()})
			return err
		},
		"a line before another statement": func(ctx context.Context, tx *store.Tx) error {
			require.NoError(t, tx.WriteAudit(ctx, line))
			return tx.PutRegions(ctx, []store.Region{{Code: "99", Name: "Baru"}})
		},
		"a line behind it": func(ctx context.Context, tx *store.Tx) error {
			require.NoError(t, tx.PutRegions(ctx, []store.Region{{Code: "99", Name: "Baru"}}))
			return tx.WriteAudit(ctx, line)
		},
		"a line alone": func(ctx context.Context, tx *store.Tx) error { return tx.WriteAudit(ctx, line) },
	} {
		require.ErrorContains(t, b.do(act), "42501", name)
	}
	require.Equal(t, commands, b.count(`SELECT count(*) FROM command`))
	require.Equal(t, transitions, b.count(`SELECT count(*) FROM transition`))
	require.Zero(t, b.count(`SELECT count(*) FROM region WHERE code = '99'`))
	require.Equal(t, 1, b.count(`SELECT count(*) FROM published WHERE id = $1`, id))
	b.exec(`GRANT INSERT ON audit TO kawal_app`)
	b.must(func(ctx context.Context, tx *store.Tx) error {
		require.NoError(t, tx.WriteAudit(ctx, line))
		return nil
	})
}

func TestAnAuditLineCostsNoRoundTrip(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	read := func(lines int) func() {
		return func() {
			b.must(func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Load(ctx, id)
				for range lines {
					require.NoError(t, tx.WriteAudit(ctx, store.Audit{Actor: worker, Action: "read", Report: id}))
				}
				return err
			})
		}
	}
	require.Equal(t, 2, b.roundTrips(read(0)))
	require.Equal(t, 2, b.roundTrips(read(1)))
	require.Equal(t, 2, b.roundTrips(read(2)))
}

func TestTheAppCannotTouchTheChain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.audit("one")
	b.sealAll()
	conn, err := pgx.Connect(t.Context(), b.url)
	require.NoError(t, err)
	defer conn.Close(context.WithoutCancel(t.Context()))
	_, err = conn.Exec(t.Context(), `SET ROLE kawal_app`)
	require.NoError(t, err)
	for _, q := range []string{
		`DELETE FROM audit_chain`, `UPDATE audit_chain SET n = n + 1`, `TRUNCATE audit_chain`, `DELETE FROM audit_waiting`,
		`INSERT INTO audit_waiting (audit) VALUES (1)`, `UPDATE audit_waiting SET since = now()`, `SELECT audit_sealed()`,
		`ALTER TABLE audit DISABLE TRIGGER ALL`,
	} {
		_, err := conn.Exec(t.Context(), q)
		require.ErrorContains(t, err, "42501", q)
	}
}

func TestARefusalIsAuditedOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	n := b.said(report.Command{Action: report.Withdraw, By: report.Reporter})
	_, err := b.insert(id, n)
	require.NoError(t, err)
	for range 2 {
		b.must(func(ctx context.Context, tx *store.Tx) error {
			return tx.Refuse(ctx, n.Command.ID, string(fault.Conflict), "Sudah dicabut.")
		})
	}
	require.Equal(t, 1, b.count(`
		SELECT count(*) FROM audit
		WHERE action = 'withdraw' AND report = $1 AND NOT allowed AND detail = jsonb_build_object('id', $2::text, 'refused', 'conflict')`,
		id, n.Command.ID))
}

// The digests of what is published are in the chain, and go when it is taken
// down.
func TestPublishedTextsAreInTheChain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	b.forward(id, works)
	other := b.file(filed{}).ID
	b.forward(other, works)
	_, err := b.verify(b.url)
	require.NoError(t, err, "rows that wait count too")
	head := b.sealAll()
	c := chain.Sign(auditKey, head, b.now())
	s, err := b.verify(b.url, c)
	require.NoError(t, err)
	require.GreaterOrEqual(t, s.Texts, 2)

	b.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.InsertCommand(ctx, store.NewCommand{Report: other, Command: report.Command{ID: "x", Action: report.MakeSecret, By: report.Reporter}})
		return err
	})
	after, err := b.verify(b.url, chain.Sign(auditKey, b.sealAll(), b.now()))
	require.NoError(t, err)
	require.Less(t, after.Texts, s.Texts)

	for name, q := range map[string]string{
		"altered":      `UPDATE published SET body = body || '.' WHERE id = $1`,
		"retitled":     `UPDATE published SET title = title || '.' WHERE id = $1`,
		"deleted":      `DELETE FROM published WHERE id = $1`,
		"given back":   `UPDATE published SET id = 'KWL-0000-0000-0' WHERE id = $1`,
		"an unchained": `UPDATE audit SET report = report WHERE report = $1`,
	} {
		_, err := b.tampered(c, func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, q, id)
			return err
		})
		if name == "an unchained" {
			require.NoError(t, err, "what changes nothing is nothing")
			continue
		}
		var w *chain.Wrong
		require.ErrorAs(t, err, &w, name)
		require.NotEmpty(t, w.Text, name)
	}
}

// tampered does something to the database past all its guards, verifies, and
// takes it back.
func (b *bench) tampered(c chain.Checkpoint, do func(context.Context, pgx.Tx) error) (chain.Summary, error) {
	b.t.Helper()
	ctx, conn := b.t.Context(), b.connect()
	tx, err := conn.Begin(ctx)
	require.NoError(b.t, err)
	defer func() { require.NoError(b.t, tx.Rollback(ctx)) }()
	_, err = tx.Exec(ctx, `SET LOCAL session_replication_role = replica`) // no trigger, no foreign key
	require.NoError(b.t, err)
	require.NoError(b.t, do(ctx, tx))
	var s chain.Summary
	err = store.ReadTrail(ctx, tx, func(entries iter.Seq2[chain.Entry, error], texts iter.Seq2[chain.Text, error]) (err error) {
		s, err = chain.Verify(chain.Trail{Entries: entries, Texts: texts, Checkpoints: []chain.Checkpoint{c}, Keys: auditKeys, Now: b.now()})
		return err
	})
	return s, err
}

// Each is done to a log of dozens of rows by the owner of the tables.
func TestATamperedDatabaseIsFound(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for range 3 {
		b.forward(b.file(filed{}).ID, works)
	}
	b.audit("one", "two", "three", "four", "five", "six", "seven", "eight")
	head := b.sealAll()
	c := chain.Sign(auditKey, head, b.now())
	_, err := b.tampered(c, func(context.Context, pgx.Tx) error { return nil })
	require.NoError(t, err)
	for _, n := range []int64{1, 2, head.N / 2, head.N - 1, head.N} {
		row := fmt.Sprintf(`id = (SELECT audit FROM audit_chain WHERE n = %d)`, n)
		for _, q := range []string{
			`ALTER TABLE audit ALTER id DROP IDENTITY; UPDATE audit SET id = id + 100000 WHERE ` + row,
			`UPDATE audit SET at = at + interval '1 microsecond' WHERE ` + row,
			`UPDATE audit SET kind = kind || 'x' WHERE ` + row,
			`UPDATE audit SET subject = subject || 'x' WHERE ` + row,
			`UPDATE audit SET unit = unit || 'x' WHERE ` + row,
			`UPDATE audit SET roles = roles || '{x}' WHERE ` + row,
			`UPDATE audit SET action = action || 'x' WHERE ` + row,
			`UPDATE audit SET report = report || 'x' WHERE ` + row,
			`UPDATE audit SET allowed = NOT allowed WHERE ` + row,
			`UPDATE audit SET detail = detail || '{"x": 1}' WHERE ` + row,
			`DELETE FROM audit WHERE ` + row,
			fmt.Sprintf(`UPDATE audit_chain SET hash = sha256(hash) WHERE n = %d`, n),
			fmt.Sprintf(`UPDATE audit_chain SET sealed_at = sealed_at + interval '1 s' WHERE n = %d`, n),
			fmt.Sprintf(`UPDATE audit_chain SET n = n + 100000 WHERE n = %d`, n),
			fmt.Sprintf(`DELETE FROM audit_chain WHERE n = %d`, n),
			fmt.Sprintf(`DELETE FROM audit_chain WHERE n >= %d`, n),
			fmt.Sprintf(`WITH cut AS (DELETE FROM audit_chain WHERE n >= %d RETURNING audit) DELETE FROM audit WHERE id IN (SELECT audit FROM cut)`, n),
		} {
			s, err := b.tampered(c, func(ctx context.Context, tx pgx.Tx) error {
				_, err := tx.Exec(ctx, q)
				return err
			})
			var w *chain.Wrong
			require.ErrorAs(t, err, &w, q)
			require.Less(t, s.Links, n, "everything before it holds: %s", q)
		}
	}
}

// A row that the sealer was kept from is found, and the gauge shows it.
func TestARowThatWaitsTooLongIsFound(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.audit("one")
	c := chain.Sign(auditKey, b.sealAll(), b.now())
	n, age, err := b.s.Unsealed(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
	require.Zero(t, age)
	b.audit("two")
	b.exec(`UPDATE audit_waiting SET since = since - interval '11 s'`)
	n, age, err = b.s.Unsealed(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.GreaterOrEqual(t, age, 11*time.Second)
	_, err = b.verify(b.url, c)
	require.NoError(t, err)
	b.setNow(b.now().Add(11 * time.Second))
	_, err = b.verify(b.url, c)
	require.ErrorContains(t, err, "tidak ada dalam rantai")
	_, err = b.verify(b.url, chain.Sign(auditKey, b.sealAll(), b.now()))
	require.NoError(t, err)
}

// The verifier needs no more than the right to read.
func TestAReadOnlyLoginVerifies(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.audit("one")
	c := chain.Sign(auditKey, b.sealAll(), b.now())
	_, err := b.tampered(c, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			CREATE ROLE kawal_test_reader BYPASSRLS;
			GRANT SELECT ON audit, audit_chain, published, published_post, post TO kawal_test_reader;
			SET LOCAL ROLE kawal_test_reader`)
		return err
	})
	require.NoError(t, err)
}
