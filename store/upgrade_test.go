package store

import (
	"context"
	_ "embed" // rows of an older schema
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/testdb"
	"github.com/kawal-id/kawal/report"
)

//go:embed testdata/schema10.sql
var schema10 string

// schemaTen makes a database of schema 10 with the reports of that build.
func schemaTen(ctx context.Context, url string) error {
	c, err := pgx.ParseConfig(url)
	if err != nil {
		return err
	}
	db := stdlib.OpenDB(*c)
	defer db.Close()
	p, err := schema(db)
	if err != nil {
		return err
	}
	if _, err := p.UpTo(ctx, 10); err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, c)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.PgConn().Exec(ctx, `
		SET session_replication_role = replica;
		INSERT INTO region VALUES ('32', NULL, 'Jawa Barat'), ('32.04', '32', 'Bandung');`+schema10+`
		UPDATE identity SET kind = 'sealed', person = 'under a key of the API' WHERE report = 'KWL-55PQ-XJ5G-4';
		INSERT INTO staff VALUES ('dua.tugas', 'Dua Tugas', NULL, '{custodian,auditor}', true);`).ReadAll()
	return err
}

// What the build before this one left open goes on under this one: dates stand,
// a decree moves them, and the next transition counts on.
func TestADatabaseOfTheBuildBeforeGoesOn(t *testing.T) {
	t.Parallel()
	url := testdb.New(t, "schema10v2", schemaTen)
	require.NoError(t, Migrate(t.Context(), url))
	now := time.Date(2025, 8, 7, 2, 0, 0, 0, time.UTC)
	s, err := Open(t.Context(), Config{Keys: testdb.Keys(t), URL: url, Now: func() time.Time { return now }})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	as := func(fn func(context.Context, *Tx) error) {
		t.Helper()
		require.NoError(t, s.As(t.Context(), Actor{Kind: Worker}, fn))
	}
	load := func(id string) (r Row) {
		as(func(ctx context.Context, tx *Tx) (err error) {
			r, err = tx.Load(ctx, id)
			return err
		})
		return r
	}
	sets, err := s.RuleSets(t.Context())
	require.NoError(t, err)
	require.Equal(t, report.RuleSets(), sets)

	const twice, forwarded, closure = "KWL-55PQ-XJ5G-4", "KWL-5YDJ-KS52-X", "KWL-3K99-QS8A-N"
	silence := load(closure).State.Clock(report.Silence)
	require.Equal(t, "2025-08-20", silence.Date, "as it was given")
	asked := load(twice).State.Clock(report.VerificationClock)
	require.Equal(t, "2025-08-13", load(forwarded).State.Clock(report.FirstFollowUp).Date)

	as(func(ctx context.Context, tx *Tx) error { // the chain of the time ended before the decree of 7 August
		return tx.PutCalendar(ctx, CalendarRow{ID: "wib", Zone: "Asia/Jakarta", WeekDays: 5, JointLeave: true, Revision: 43})
	})
	as(func(ctx context.Context, tx *Tx) error {
		ids, err := tx.Uncounted(ctx)
		if err != nil {
			return err
		}
		_, err = tx.Recount(ctx, ids)
		return err
	})
	require.Equal(t, "2025-08-21", load(closure).State.Clock(report.Silence).Date)
	p, err := s.PublicReport(t.Context(), closure)
	require.NoError(t, err)
	require.Equal(t, load(closure).State.Clocks, p.Clocks, "the copies of dates in older columns are read no more")
	require.Equal(t, time.Date(2025, 8, 21, 17, 0, 0, 0, time.UTC), *p.DueAt)
	cards, err := s.PublicList(t.Context(), Filter{})
	require.NoError(t, err)
	for _, c := range cards {
		require.Equal(t, load(c.ID).State.NearestDue(), zero(c.DueAt), c.ID)
	}
	require.Equal(t, asked.DueAt, load(twice).State.Clock(report.VerificationClock).DueAt, "18 August is not in it")

	row := load(forwarded)
	c := report.Command{ID: "up", Action: report.PostFollowUp, By: report.Officer, Office: "kab.pu", Kind: report.Concluding, ReceivedAt: now, Digests: []string{"x"}}
	as(func(ctx context.Context, tx *Tx) error {
		_, err := tx.ApplyDirect(ctx, forwarded, c)
		return err
	})
	after := load(forwarded).State
	require.Equal(t, row.State.Seq+1, after.Seq)
	require.Equal(t, "2025-08-22", after.Clock(report.Silence).Date, "ten days from Thu 7 August; the 18th is off")
}

// What the build before left readable lies sealed after the first start, and reads
// as it did; the redacted copy is the one that was made last.
func TestTheTextsOfTheBuildBeforeAreSealed(t *testing.T) {
	t.Parallel()
	keys := testdb.Keys(t)
	person, err := keys.SealField("identity", "KWL-5YDJ-KS52-X", []byte(`{"name":"Pelapor Contoh"}`))
	require.NoError(t, err)
	url := testdb.New(t, "schema10v2", schemaTen)
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	_, err = conn.Exec(t.Context(), `UPDATE identity SET person = $1 WHERE report = 'KWL-5YDJ-KS52-X'`, person)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), `INSERT INTO rating VALUES ('KWL-3K99-QS8A-N', 4, 'Cepat.', now())`)
	require.NoError(t, err)
	require.NoError(t, Migrate(t.Context(), url))
	s, err := Open(t.Context(), Config{Keys: keys, URL: url, Now: time.Now})
	require.NoError(t, err)
	t.Cleanup(s.Close)

	var wg sync.WaitGroup
	var sealed [2]int
	var errs [2]error
	for i := range sealed {
		wg.Go(func() { sealed[i], errs[i] = s.SealOld(t.Context()) })
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs[:]...))
	var reports, readable int
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT count(*) FROM report`).Scan(&reports))
	require.Equal(t, reports, sealed[0]+sealed[1], "each once")
	require.NoError(t, conn.QueryRow(t.Context(), `
		SELECT (SELECT count(*) FROM content WHERE num_nonnulls(title, body, attributes) > 0)
			+ (SELECT count(*) FROM post WHERE body IS NOT NULL)
			+ (SELECT count(*) FROM rating WHERE text IS NOT NULL)`).Scan(&readable))
	require.Zero(t, readable)
	again, err := s.SealOld(t.Context())
	require.NoError(t, err)
	require.Zero(t, again)

	require.NoError(t, s.As(t.Context(), Actor{Kind: Worker}, func(ctx context.Context, tx *Tx) error {
		r, err := tx.Load(ctx, "KWL-5YDJ-KS52-X")
		if err != nil {
			return err
		}
		require.Equal(t, "Jalan berlubang", r.Title)
		require.Equal(t, "Lubang besar di depan pasar.", r.Body)
		require.Equal(t, map[string]string{"depth": "20"}, r.Attributes)
		require.Equal(t, "Jalan berlubang di pasar", r.PublicTitle)
		require.Equal(t, "Salinan publik.", r.PublicBody)
		plain, err := tx.OpenIdentityText(ctx, "KWL-5YDJ-KS52-X")
		if err != nil {
			return err
		}
		require.JSONEq(t, `{"name":"Pelapor Contoh"}`, string(plain))
		if r, err = tx.Load(ctx, "KWL-3K99-QS8A-N"); err != nil {
			return err
		}
		require.Equal(t, "Cepat.", r.Rating.Text)
		thread, err := tx.Thread(ctx, "KWL-3K99-QS8A-N")
		for _, p := range thread {
			require.Equal(t, digest(p.Body), p.SHA256)
		}
		require.NotEmpty(t, thread)
		return err
	}))
}

// What the API could open alone is found, to be sealed to the custodians, and a
// person with duties that are now apart keeps nobody from migrating.
func TestTheSealedIdentitiesOfTheBuildBeforeAreFound(t *testing.T) {
	t.Parallel()
	url := testdb.New(t, "schema10v2", schemaTen)
	require.NoError(t, Migrate(t.Context(), url))
	s, err := Open(t.Context(), Config{Keys: testdb.Keys(t), URL: url, Now: time.Now})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	require.NoError(t, s.As(t.Context(), Actor{Kind: Worker}, func(ctx context.Context, tx *Tx) error {
		old, err := tx.OldIdentities(ctx, "", 10)
		require.Equal(t, []OldIdentity{{Report: "KWL-55PQ-XJ5G-4", Person: []byte("under a key of the API")}}, old)
		return err
	}))
}
