package office_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/seal"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// newRing makes the keys of three custodians.
func newRing(t testing.TB) (map[string]*seal.CustodianKey, seal.Custodians) {
	t.Helper()
	ring := map[string]*seal.CustodianKey{}
	var public []seal.Custodian
	for _, name := range []string{"kustodian.1", "kustodian.2", "kustodian.pu"} {
		k, err := seal.NewCustodianKey(name)
		require.NoError(t, err)
		ring[name], public = k, append(public, k.Custodian)
	}
	all, err := seal.NewCustodians(public...)
	require.NoError(t, err)
	return ring, all
}

const reason = "Penyidik meminta keterangan, surat 12."

func sealed(s *office.Submission) { s.Identity, s.NIK = office.IdentitySealed, "3204000000000001" }

// ask is a request of kustodian.1.
func (b *bench) ask(id string) office.IdentityRequest {
	b.t.Helper()
	q, err := b.RequestIdentity(b.t.Context(), b.as("kustodian.1"), id, reason, "")
	require.NoError(b.t, err)
	return q
}

// unseal opens what was handed out with the keys of two custodians.
func (b *bench) unseal(id string, s *office.SealedIdentity, first, second string) (string, error) {
	e := seal.Envelope{First: s.First, Second: s.Second, Layer: seal.OuterLayer, Sealed: s.Envelope}
	for _, name := range []string{first, second} {
		var err error
		if e, err = b.ring[name].OpenOne(s.Field, id, e); err != nil {
			return "", err
		}
	}
	plain, err := seal.OpenSealed(s.Field, id, e, s.Person)
	return string(plain), err
}

func TestTwoCustodiansOpenAnIdentityAndItsReporterReadsWhy(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	r := b.file(sealed)
	q := b.ask(r.ID)
	require.Equal(t, office.IdentityRequested, q.State)
	audited := func(action string) int {
		return b.count(`SELECT count(*) FROM audit WHERE report = $1 AND action = $2 AND allowed AND detail->>'request' = $3`, r.ID, action, q.ID)
	}
	require.Equal(t, 1, audited("request_identity"))

	for _, who := range []string{"kustodian.1", "kustodian.2"} { // one voice: nothing to read but the request
		got, err := b.IdentityRequest(ctx, b.as(who), r.ID, q.ID)
		require.NoError(t, err)
		require.Equal(t, reason, got.Reason)
		require.Nil(t, got.Sealed)
	}
	require.Equal(t, 2, audited("read_identity_request"))
	_, err := b.ConsentIdentity(ctx, b.as("kustodian.1"), r.ID, q.ID)
	require.ErrorIs(t, err, fault.Conflict, "the same person twice")

	b.pass(time.Hour)
	for range 2 {
		agreed, err := b.ConsentIdentity(ctx, b.as("kustodian.2"), r.ID, q.ID)
		require.NoError(t, err)
		require.Equal(t, office.IdentityAgreed, agreed.State)
	}
	require.Equal(t, 1, audited("consent_identity"), "the second time changed nothing")
	_, err = b.ConsentIdentity(ctx, b.as("kustodian.pu"), r.ID, q.ID)
	require.ErrorIs(t, err, fault.Conflict, "two are enough")
	own, err := b.Report(ctx, with(r.AccessCode), r.ID)
	require.NoError(t, err)
	require.Empty(t, own.Own.Opened, "nobody has opened it")

	b.pass(time.Hour)
	got, err := b.IdentityRequest(ctx, b.as("kustodian.1"), r.ID, q.ID)
	require.NoError(t, err)
	require.Equal(t, office.IdentityOpened, got.State)
	plain, err := b.unseal(r.ID, got.Sealed, "kustodian.1", "kustodian.2")
	require.NoError(t, err)
	require.JSONEq(t, `{"name":"Pelapor Contoh","nik":"3204000000000001"}`, plain)
	again, err := b.IdentityRequest(ctx, b.as("kustodian.2"), r.ID, q.ID)
	require.NoError(t, err)
	require.Equal(t, got.Sealed, again.Sealed, "the other of the two gets the same")
	require.Equal(t, got.OpenedAt, again.OpenedAt)
	require.Equal(t, 2, audited("open_identity"), "each handing out is logged")
	third, err := b.IdentityRequest(ctx, b.as("kustodian.pu"), r.ID, q.ID)
	require.NoError(t, err)
	require.Nil(t, third.Sealed, "not to a third")

	own, err = b.Report(ctx, with(r.AccessCode), r.ID)
	require.NoError(t, err)
	require.Equal(t, []office.IdentityOpening{{At: wednesday.Add(2 * time.Hour), Reason: reason, By: []office.Opener{
		{Role: "custodian", Subject: "kustodian.1"}, {Role: "custodian", Subject: "kustodian.2"}}}}, own.Own.Opened)
	entries, err := b.Timeline(ctx, with(r.AccessCode), r.ID)
	require.NoError(t, err)
	last := entries[len(entries)-1]
	require.Equal(t, []any{report.Action("identity_opened"), reason, "kustodian.1, kustodian.2"}, []any{last.Action, last.Reason, last.Office})
	require.Equal(t, 1, b.count(`SELECT count(*) FROM outbox WHERE report = $1 AND template = 'identity_opened' AND audience = 'reporter'`, r.ID))
	desk, err := b.Report(ctx, b.as("admin.kab"), r.ID)
	require.NoError(t, err)
	require.Empty(t, desk.Own.Opened, "the reporter's, nobody else's")
	entries, err = b.Timeline(ctx, b.as("admin.kab"), r.ID)
	require.NoError(t, err)
	require.NotEqual(t, report.Action("identity_opened"), entries[len(entries)-1].Action)
}

func TestOneCustodiansKeyOpensNothingOfWhatIsKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.file(sealed)
	q := b.ask(r.ID)
	_, err := b.ConsentIdentity(t.Context(), b.as("kustodian.2"), r.ID, q.ID)
	require.NoError(t, err)
	got, err := b.IdentityRequest(t.Context(), b.as("kustodian.1"), r.ID, q.ID)
	require.NoError(t, err)
	for _, pair := range [][2]string{{"kustodian.1", "kustodian.1"}, {"kustodian.2", "kustodian.2"}, {"kustodian.2", "kustodian.1"},
		{"kustodian.1", "kustodian.pu"}, {"kustodian.pu", "kustodian.2"}} {
		_, err := b.unseal(r.ID, got.Sealed, pair[0], pair[1])
		require.Error(t, err, "%v", pair)
	}
	other := b.file(sealed)
	_, err = b.unseal(other.ID, got.Sealed, "kustodian.1", "kustodian.2")
	require.Error(t, err, "under another report")
	for _, field := range []string{office.FieldIdentity, office.FieldContact} { // the keys of API and worker
		_, err = b.keys.OpenField(field, r.ID, got.Sealed.Person)
		require.Error(t, err, field)
		_, err = b.keys.OpenField(field, r.ID, got.Sealed.Envelope)
		require.Error(t, err, field)
	}
	require.Equal(t, 3, b.count(`SELECT count(*) FROM envelope WHERE report = $1`, r.ID), "one for each pair")
}

func TestOnlyCustodiansAskForAnIdentity(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	r := b.forwarded(sealed, func(s *office.Submission) { s.Content = office.ContentSecret })
	q := b.ask(r.ID)
	for who, kind := range map[string]fault.Kind{
		"admin.nasional": fault.Forbidden, "admin.kab": fault.Forbidden, "officer.pu": fault.Forbidden, "auditor": fault.Forbidden,
		"supervisor": fault.NotFound, "admin.kota": fault.NotFound, "officer.dinkes": fault.NotFound, "head.pu": fault.NotFound,
	} {
		_, err := b.RequestIdentity(ctx, b.as(who), r.ID, reason, "")
		require.ErrorIs(t, err, kind, who)
		_, err = b.ConsentIdentity(ctx, b.as(who), r.ID, q.ID)
		require.ErrorIs(t, err, kind, who)
		_, err = b.IdentityRequest(ctx, b.as(who), r.ID, q.ID)
		require.ErrorIs(t, err, kind, who)
		require.Equal(t, 3, b.count(`SELECT count(*) FROM audit WHERE subject = $1 AND NOT allowed AND action LIKE '%_identity'`, who), "%s: refusals are logged", who)
	}
	for _, c := range []office.Caller{anyone, with(r.AccessCode)} {
		_, err := b.RequestIdentity(ctx, c, r.ID, reason, "")
		require.Error(t, err)
	}
	_, err := b.RequestIdentity(ctx, b.as("kustodian.2"), b.file().ID, reason, "")
	require.ErrorIs(t, err, fault.NotFound, "an open identity is not theirs")
	_, err = b.RequestIdentity(ctx, b.as("kustodian.baru"), r.ID, reason, "")
	require.ErrorIs(t, err, fault.Conflict, "he had no key when it was sealed")
	_, err = b.ConsentIdentity(ctx, b.as("kustodian.baru"), r.ID, q.ID)
	require.ErrorIs(t, err, fault.Conflict)
	_, err = b.RequestIdentity(ctx, b.as("kustodian.2"), r.ID, "ingin tahu", "")
	requireField(t, err, fault.Invalid, "/reason")
	_, err = b.IdentityRequest(ctx, b.as("kustodian.2"), b.file(sealed).ID, q.ID)
	require.ErrorIs(t, err, fault.NotFound, "a request of another report")
	require.Zero(t, b.count(`SELECT count(*) FROM identity_consent`))
}

func TestACustodianOfAnAccusedTreeTakesNoPart(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.file(sealed, func(s *office.Submission) { s.Accused = []string{"kab"} })
	_, err := b.RequestIdentity(t.Context(), b.as("kustodian.pu"), r.ID, reason, "")
	require.ErrorIs(t, err, fault.NotFound)
	q := b.ask(r.ID)
	_, err = b.ConsentIdentity(t.Context(), b.as("kustodian.pu"), r.ID, q.ID)
	require.ErrorIs(t, err, fault.NotFound)
	// Accused only after he agreed: what is his turn is no longer.
	r = b.file(sealed)
	q = b.ask(r.ID)
	_, err = b.ConsentIdentity(t.Context(), b.as("kustodian.pu"), r.ID, q.ID)
	require.NoError(t, err)
	b.do("admin.kab", r.ID, office.Act{Action: report.Amend, Accused: []string{"kab.pu"}})
	_, err = b.IdentityRequest(t.Context(), b.as("kustodian.pu"), r.ID, q.ID)
	require.ErrorIs(t, err, fault.NotFound)
}

func TestARequestAndAConsentLastADay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	r := b.file(sealed)
	late, q := b.ask(r.ID), b.ask(r.ID)
	b.pass(24*time.Hour - time.Second)
	_, err := b.ConsentIdentity(ctx, b.as("kustodian.2"), r.ID, q.ID)
	require.NoError(t, err)
	b.pass(time.Second)
	_, err = b.ConsentIdentity(ctx, b.as("kustodian.2"), r.ID, late.ID)
	require.ErrorIs(t, err, fault.Gone)
	b.pass(24*time.Hour - 2*time.Second)
	got, err := b.IdentityRequest(ctx, b.as("kustodian.1"), r.ID, q.ID)
	require.NoError(t, err)
	require.NotNil(t, got.Sealed)
	b.pass(time.Second)
	for _, id := range []string{q.ID, late.ID} {
		got, err = b.IdentityRequest(ctx, b.as("kustodian.1"), r.ID, id)
		require.NoError(t, err)
		require.Equal(t, office.IdentityExpired, got.State)
		require.Nil(t, got.Sealed)
	}
}

func TestWithoutTheTraceNothingIsHandedOut(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.file(sealed)
	q := b.ask(r.ID)
	_, err := b.ConsentIdentity(t.Context(), b.as("kustodian.2"), r.ID, q.ID)
	require.NoError(t, err)
	err = b.store.As(t.Context(), store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) error {
		_, _, err := tx.SealedIdentity(ctx, r.ID, q.ID)
		return err
	})
	require.ErrorIs(t, err, fault.NotFound)
	for _, table := range []string{"identity_opening", "audit"} {
		b.exec(`REVOKE INSERT ON ` + table + ` FROM kawal_app`)
		got, err := b.IdentityRequest(t.Context(), b.as("kustodian.1"), r.ID, q.ID)
		require.Error(t, err, table)
		require.Nil(t, got.Sealed)
		require.Zero(t, b.count(`SELECT count(*) FROM identity_opening`), "all or nothing")
		b.exec(`GRANT INSERT ON ` + table + ` TO kawal_app`)
	}
	for _, sql := range []string{`UPDATE identity_request SET reason = 'lain'`, `DELETE FROM identity_consent`, `TRUNCATE identity_opening CASCADE`} {
		require.ErrorContains(t, b.tryAsApp(sql), "permission denied", sql)
	}
}

func TestTheSameKeyAsksOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.file(sealed)
	var first office.IdentityRequest
	for i := range 3 {
		q, err := b.RequestIdentity(t.Context(), b.as("kustodian.1"), r.ID, reason, "0123456789abcdef")
		require.NoError(t, err)
		if i == 0 {
			first = q
		}
		require.Equal(t, first, q)
	}
	require.Equal(t, 1, b.count(`SELECT count(*) FROM identity_request`))
	_, err := b.RequestIdentity(t.Context(), b.as("kustodian.1"), r.ID, reason+" Lain.", "0123456789abcdef")
	require.ErrorIs(t, err, fault.Conflict)
}

func TestWithoutCustodiansASealedReportIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Custodians = seal.Custodians{}
	s := pothole()
	sealed(&s)
	_, err := b.Submit(t.Context(), anyone, s, "")
	require.ErrorIs(t, err, fault.Unavailable)
	require.Zero(t, b.count(`SELECT count(*) FROM report`))
	b.file() // an open one needs none
}

func TestIdentitiesOfTheBuildBeforeAreSealedAnew(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var old []office.Receipt
	for range 4 {
		old = append(old, b.file(sealed))
	}
	open, young := b.file(), b.file(sealed)
	was := map[string][]byte{}
	for i, r := range old { // as the build before kept them
		person, err := b.keys.SealField(office.FieldIdentity, r.ID, []byte(`{"name":"Pelapor Lama"}`))
		require.NoError(t, err)
		if i == 3 {
			person = []byte("rusak")
		}
		was[r.ID] = person
		require.NoError(t, b.store.As(t.Context(), store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) error {
			return tx.Reseal(ctx, r.ID, person, nil)
		}))
	}
	kek := func(report string, sealed []byte) ([]byte, error) {
		return b.keys.OpenField(office.FieldIdentity, report, sealed)
	}
	of := func(id string) []byte { return b.bytes(`SELECT person FROM identity WHERE report = '` + id + `'`) }
	untouched := [][]byte{of(open.ID), of(young.ID)}

	ctx, cancel := context.WithCancel(t.Context())
	seen := 0
	_, err := b.ResealIdentities(ctx, func(report string, sealed []byte) ([]byte, error) {
		if seen++; seen == 2 {
			cancel()
		}
		return kek(report, sealed)
	})
	require.ErrorIs(t, err, context.Canceled)
	for id, person := range was {
		require.Equal(t, person, of(id), "interrupted: as it was")
	}
	n, err := b.ResealIdentities(t.Context(), kek)
	require.NoError(t, err)
	require.Equal(t, 3, n)
	n, err = b.ResealIdentities(t.Context(), func(string, []byte) ([]byte, error) { return nil, errors.New("none but the broken one is left") })
	require.NoError(t, err)
	require.Zero(t, n)
	require.Equal(t, untouched, [][]byte{of(open.ID), of(young.ID)})
	require.Equal(t, was[old[3].ID], of(old[3].ID), "what nobody can open is left")
	for _, r := range old[:3] {
		_, err := kek(r.ID, of(r.ID))
		require.Error(t, err, "the key of the build before opens it no more")
		require.NotContains(t, string(of(r.ID)), string(was[r.ID]))
		q := b.ask(r.ID)
		_, err = b.ConsentIdentity(t.Context(), b.as("kustodian.pu"), r.ID, q.ID)
		require.NoError(t, err)
		got, err := b.IdentityRequest(t.Context(), b.as("kustodian.pu"), r.ID, q.ID)
		require.NoError(t, err)
		plain, err := b.unseal(r.ID, got.Sealed, "kustodian.1", "kustodian.pu")
		require.NoError(t, err)
		require.JSONEq(t, `{"name":"Pelapor Lama"}`, plain)
	}
}

func TestACustodianIsNoAuditor(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, other := range []string{"auditor", "admin"} {
		err := b.PutStaff(t.Context(), b.as("admin.nasional"), office.Member{Subject: "dua", Name: "Dua", Roles: []string{"custodian", other}, Active: true})
		requireField(t, err, fault.Invalid, "/roles")
	}
	r := b.file(sealed)
	both := b.as("kustodian.1")
	both.Member.Roles = []string{"custodian", "auditor"} // of an earlier build
	_, err := b.RequestIdentity(t.Context(), both, r.ID, reason, "")
	require.ErrorIs(t, err, fault.NotFound, "behind the second wall already")
}

func TestOfTwoWhoAgreeAtOnceOneCounts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.file(sealed)
	for range 5 {
		q := b.ask(r.ID)
		answers := make(chan error)
		for _, who := range []office.Caller{b.as("kustodian.2"), b.as("kustodian.pu")} {
			go func() {
				_, err := b.ConsentIdentity(t.Context(), who, r.ID, q.ID)
				answers <- err
			}()
		}
		first, second := <-answers, <-answers
		if first != nil {
			first, second = second, first
		}
		require.NoError(t, first)
		require.ErrorIs(t, second, fault.Conflict)
		require.Equal(t, 1, b.count(`SELECT count(*) FROM audit WHERE action = 'consent_identity' AND allowed AND detail->>'request' = $1`, q.ID))
	}
}

// Tried by leaving the day out, and by listing in the name of the worker what the
// wall keeps from a custodian: each was noticed.
func TestACustodianIsShownWhatWaitsForHim(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	open := func(subject string) (ids []string) {
		all, err := b.IdentityRequests(t.Context(), b.as(subject))
		require.NoError(t, err)
		for _, q := range all {
			require.Nil(t, q.Sealed)
			require.NotEqual(t, office.IdentityExpired, q.State)
			ids = append(ids, q.ID)
		}
		return ids
	}
	first := b.ask(b.file(sealed).ID)
	b.pass(time.Hour)
	r := b.file(sealed, func(s *office.Submission) { s.Accused = []string{"kab.pu"}; s.Agency = "" })
	second := b.ask(r.ID)
	for _, subject := range []string{"kustodian.1", "kustodian.2"} {
		require.Equal(t, []string{second.ID, first.ID}, open(subject), "the latest first: %s", subject)
	}
	require.Equal(t, []string{first.ID}, open("kustodian.pu"), "not what accuses his office")
	require.Empty(t, open("kustodian.baru"), "no envelope is his")
	require.Equal(t, 5, b.count(`SELECT count(*) FROM audit WHERE action = 'read_identity_request' AND allowed`))
	for _, subject := range []string{"admin.nasional", "auditor", "officer.pu", "supervisor", "head.pu"} {
		_, err := b.IdentityRequests(t.Context(), b.as(subject))
		require.ErrorIs(t, err, fault.Forbidden, subject)
	}
	_, err := b.IdentityRequests(t.Context(), anyone)
	require.ErrorIs(t, err, fault.Unauthenticated)

	_, err = b.ConsentIdentity(t.Context(), b.as("kustodian.2"), r.ID, second.ID)
	require.NoError(t, err)
	b.pass(24*time.Hour - time.Minute)
	require.Equal(t, []string{second.ID}, open("kustodian.1"), "the other is over")
	b.pass(time.Hour)
	require.Empty(t, open("kustodian.1"))
}
