package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/store"
)

const someRequest = "0f8e3b8e-3d55-4c92-9d8b-6f3f2a1a7c11"

// keep accepts a report of a sealed reporter with two envelopes.
func (b *bench) keep() string {
	b.t.Helper()
	n := b.newReport(filed{identity: "sealed", contact: true})
	n.Person = []byte("sealed person")
	n.Envelopes = []store.Envelope{{First: "a", Second: "b", Sealed: []byte("ab")}, {First: "a", Second: "c", Sealed: []byte("ac")}}
	require.NoError(b.t, b.do(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Accept(ctx, n)
		return err
	}))
	return n.State.ID
}

func TestAnOpeningTakesTwoPeopleAndItsTrace(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.keep()
	request := func(ctx context.Context, tx *store.Tx) error {
		return tx.RequestIdentity(ctx, store.IdentityRequest{ID: someRequest, Report: id, RequestedBy: "b", Reason: "alasan", At: b.now()})
	}
	consent := func(who string) func(context.Context, *store.Tx) error {
		return func(ctx context.Context, tx *store.Tx) error { return tx.ConsentIdentity(ctx, someRequest, who) }
	}
	open := func(ctx context.Context, tx *store.Tx) error { return tx.OpenIdentity(ctx, id, someRequest, "b") }
	var person []byte
	var envelope store.Envelope
	take := func(ctx context.Context, tx *store.Tx) (err error) {
		person, envelope, err = tx.SealedIdentity(ctx, id, someRequest)
		return err
	}
	require.NoError(t, b.do(request))
	require.Error(t, b.do(open), "without a consent")
	require.ErrorContains(t, b.do(consent("b")), "identity_consent_check", "one person is not two")
	require.NoError(t, b.do(consent("a")))
	require.NoError(t, b.do(consent("c")), "the first stands")
	require.ErrorIs(t, b.do(take), fault.NotFound, "no trace yet")
	opened := b.now()
	require.NoError(t, b.do(open))
	b.setNow(b.now().Add(time.Hour))
	require.NoError(t, b.do(open), "again")
	require.NoError(t, b.do(take))
	require.Equal(t, "sealed person", string(person))
	require.Equal(t, store.Envelope{First: "a", Second: "b", Sealed: []byte("ab")}, envelope, "of the pair, whoever asked")
	require.NoError(t, b.do(func(ctx context.Context, tx *store.Tx) error {
		all, err := tx.Openings(ctx, id)
		require.Equal(t, []store.IdentityRequest{{ID: someRequest, Report: id, RequestedBy: "b", Reason: "alasan", At: opened, ConsentedBy: "a",
			ConsentedAt: &opened, OpenedAt: &opened}}, all, "the first time counts")
		return err
	}))
	require.NoError(t, b.do(func(ctx context.Context, tx *store.Tx) error {
		q, err := tx.IdentityRequest(ctx, id, someRequest)
		require.Equal(t, []string{"b", "a"}, q.Voices())
		return err
	}))
	require.ErrorIs(t, b.do(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.IdentityRequest(ctx, b.keep(), someRequest)
		return err
	}), fault.NotFound, "of another report")
	var notices []store.Notice
	require.NoError(t, b.do(func(ctx context.Context, tx *store.Tx) (err error) {
		notices, err = tx.TakeNotices(ctx, 50)
		return err
	}))
	told := 0
	for _, n := range notices {
		if n.Template == store.TemplateOpened {
			told++
			require.True(t, n.Sealed)
			require.Equal(t, "sealed contact", string(n.Contact))
		}
	}
	require.Equal(t, 1, told, "the reporter is told once")
}

func TestEnvelopesAreOfPairs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.keep()
	for _, c := range []struct {
		one, other string
		want       bool
	}{{"a", "b", true}, {"b", "a", true}, {"c", "a", true}, {"b", "c", false}, {"a", "a", false}} {
		require.NoError(t, b.do(func(ctx context.Context, tx *store.Tx) error {
			has, err := tx.HasEnvelope(ctx, id, c.one, c.other)
			require.Equal(t, c.want, has, "%s %s", c.one, c.other)
			return err
		}))
	}
	for who, want := range map[string]bool{"a": true, "b": true, "c": true, "d": false} {
		require.NoError(t, b.do(func(ctx context.Context, tx *store.Tx) error {
			has, err := tx.Holds(ctx, id, who)
			require.Equal(t, want, has, who)
			return err
		}))
	}
}

func TestAnOldIdentityIsFoundUntilItIsSealedAnew(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	young := b.keep()
	n := b.newReport(filed{identity: "sealed"})
	n.Person = []byte("under the old key")
	require.NoError(t, b.do(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Accept(ctx, n)
		return err
	}))
	b.file(filed{}) // an open one is none
	old := func(after string) (found []store.OldIdentity) {
		require.NoError(t, b.do(func(ctx context.Context, tx *store.Tx) (err error) {
			found, err = tx.OldIdentities(ctx, after, 10)
			return err
		}))
		return found
	}
	require.Equal(t, []store.OldIdentity{{Report: n.State.ID, Person: n.Person}}, old(""))
	require.Empty(t, old(n.State.ID))
	require.NoError(t, b.do(func(ctx context.Context, tx *store.Tx) error {
		return tx.Reseal(ctx, n.State.ID, []byte("anew"), []store.Envelope{{First: "a", Second: "b", Sealed: []byte("x")}})
	}))
	require.Empty(t, old(""))
	require.ErrorIs(t, b.do(func(ctx context.Context, tx *store.Tx) error { return tx.Reseal(ctx, "KWL-0000-0000-0", nil, nil) }), fault.NotFound)
	require.NotEmpty(t, young)
}

func TestAnEnvelopeIsBehindTheWall(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := &walled{bench: b}
	mine, other, plain := b.keep(), b.keep(), b.file(filed{identity: "open"}).ID
	as := func(kind store.ActorKind, report, unit string, roles ...string) store.Actor {
		return store.Actor{Kind: kind, Subject: "a", Report: report, Unit: unit, Roles: roles}
	}
	holder := as(store.Custody, mine, "", "custodian")
	for _, table := range []string{"envelope", "identity", "report"} {
		column := "report"
		if table == "report" {
			column = "id"
		}
		require.Equal(t, []string{mine}, w.seen(holder, table, column), "the one report, no other: %s", table)
	}
	for _, table := range []string{"content", "post", "contact", "access", "command"} {
		require.Empty(t, w.seen(holder, table, "*"), "no text, no contact: %s", table)
	}
	require.Empty(t, w.seen(as(store.Custody, plain, "", "custodian"), "identity", "*"), "an open identity is none of his")
	for _, a := range []store.Actor{
		as(store.Custody, mine, "", "officer"), as(store.Custody, mine, "", "custodian", "auditor"), as(store.Custody, "", "", "custodian"),
		as(store.Staff, mine, "", "custodian"), as(store.Staff, mine, "", "auditor"), as(store.Staff, mine, nation, "admin"),
		as(store.Sender, mine, ""), {},
	} {
		require.Empty(t, w.seen(a, "envelope", "*"), "%+v", a)
	}
	w.owner = b.connect()
	w.exec(`INSERT INTO accused (report, agency) VALUES ($1, $2)`, mine, works)
	require.Empty(t, w.seen(as(store.Custody, mine, roads, "custodian"), "envelope", "*"), "inside the accused tree")
	require.Equal(t, []string{mine}, w.seen(holder, "envelope", "report"))
	require.NotEqual(t, mine, other)
}
