package office_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

// words are what only the people of one report know or said.
var words = []string{"Rahayu Contoh", "3204000000000077", "Gang Mawar 7", "rahayu@example.org", "pungli di loket tiga", "jawab saya tadi", "terima kasih sekali"}

// told files a report with all words, drives it to its end, and rates it.
func (b *bench) told(change ...func(*office.Submission)) office.Receipt {
	b.t.Helper()
	r := b.forwarded(append([]func(*office.Submission){func(s *office.Submission) {
		s.Name, s.NIK, s.Address, s.Contact, s.Body = words[0], words[1], words[2], words[3], words[4]
		s.Attributes = map[string]string{"depth": "sedalam " + words[4]}
	}}, change...)...)
	b.say(r, office.Act{Action: report.Reply, Text: words[5]})
	b.do("officer.pu", r.ID, office.Act{Action: report.PostFollowUp, Text: "Beres."})
	_, err := b.Rate(b.t.Context(), with(r.AccessCode), r.ID, 3, words[6])
	require.NoError(b.t, err)
	return r
}

// dump is every row of every table but the published ones, as text, with bytes as
// they are.
func (b *bench) dump(but ...string) string {
	b.t.Helper()
	conn, err := pgx.Connect(b.t.Context(), b.url)
	require.NoError(b.t, err)
	defer conn.Close(b.t.Context())
	rows, err := conn.Query(b.t.Context(), `SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' AND NOT tablename = ANY ($1)`, append([]string{}, but...))
	require.NoError(b.t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(b.t, err)
	require.Greater(b.t, len(tables), 20)
	var all strings.Builder
	for _, name := range tables {
		rows, err := conn.Query(b.t.Context(), `SELECT * FROM `+name)
		require.NoError(b.t, err)
		for rows.Next() {
			values, err := rows.Values()
			require.NoError(b.t, err)
			for _, v := range values {
				if raw, ok := v.([]byte); ok {
					v = string(raw)
				}
				fmt.Fprintln(&all, name, v)
			}
		}
		require.NoError(b.t, rows.Err())
	}
	return all.String()
}

func TestNoWordLiesReadableUnlessPublished(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, identity := range []string{office.IdentityOpen, office.IdentitySealed} {
		r := b.told(func(s *office.Submission) { s.Identity = identity })
		v, err := b.Report(t.Context(), with(r.AccessCode), r.ID)
		require.NoError(t, err)
		require.Equal(t, words[4], v.Body, "its reporter reads it")
		require.Equal(t, words[6], v.Rating.Text)
		require.Equal(t, "sedalam "+words[4], v.Own.Attributes["depth"])
		cards, err := b.List(t.Context(), b.as("admin.kab"), office.Filter{}, "")
		require.NoError(t, err)
		require.Equal(t, pothole().Title, cards.Reports[0].Title, "whoever may reads its title in a list")
	}
	dump := b.dump("published", "published_post")
	for _, w := range words {
		require.NotContains(t, dump, w)
	}
	require.Contains(t, b.dump(), words[5], "the reply of an open reporter is published")
}

// A text that somebody with the database moved, or altered, is not shown.
func TestAMovedTextDoesNotOpen(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	mine, other := b.told(), b.told()
	for _, harm := range []string{
		`UPDATE content c SET body_sealed = title_sealed WHERE report = '%s'`,
		`UPDATE content c SET title_sealed = (SELECT title_sealed FROM content WHERE report <> c.report LIMIT 1) WHERE report = '%s'`,
		`UPDATE post p SET body_sealed = (SELECT body_sealed FROM post q WHERE q.report = p.report AND q.kind = 'public_body') WHERE report = '%s' AND kind = 'reply'`,
		`UPDATE report_key k SET wrapped = (SELECT wrapped FROM report_key WHERE report <> k.report LIMIT 1) WHERE report = '%s'`,
		`UPDATE rating SET text_sealed = set_byte(text_sealed, 20, get_byte(text_sealed, 20) # 1) WHERE report = '%s'`,
		`UPDATE post SET sha256 = encode(sha256('lain'), 'hex') WHERE report = '%s' AND kind = 'reply'`,
	} {
		b.exec(`CREATE TABLE kept_content AS SELECT * FROM content; CREATE TABLE kept_post AS SELECT * FROM post; CREATE TABLE kept_key AS SELECT * FROM report_key; CREATE TABLE kept_rating AS SELECT * FROM rating`)
		b.exec(fmt.Sprintf(harm, mine.ID))
		_, err := b.Report(t.Context(), with(mine.AccessCode), mine.ID)
		require.Error(t, err, harm)
		require.Empty(t, fault.KindOf(err), "no fault that a person is told: %s", harm)
		_, err = b.Report(t.Context(), with(other.AccessCode), other.ID)
		require.NoError(t, err)
		b.exec(`UPDATE content c SET title_sealed = k.title_sealed, body_sealed = k.body_sealed FROM kept_content k WHERE k.report = c.report;
			UPDATE post p SET body_sealed = k.body_sealed, sha256 = k.sha256 FROM kept_post k WHERE k.id = p.id;
			UPDATE report_key r SET wrapped = k.wrapped FROM kept_key k WHERE k.report = r.report;
			UPDATE rating r SET text_sealed = k.text_sealed FROM kept_rating k WHERE k.report = r.report;
			DROP TABLE kept_content, kept_post, kept_key, kept_rating`)
		_, err = b.Report(t.Context(), with(mine.AccessCode), mine.ID)
		require.NoError(t, err, "put back")
	}
}

func TestAnOpenIdentityIsForTheReporterAndTheQueue(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	open := b.told()
	sealed := b.told(func(s *office.Submission) { s.Identity = office.IdentitySealed })
	none := b.forwarded(func(s *office.Submission) { s.Identity, s.Name = office.IdentityNone, "" })
	for _, c := range []struct {
		name   string
		caller office.Caller
		id     string
		want   error
	}{
		{"the reporter", with(open.AccessCode), open.ID, nil},
		{"the queue's administrator", b.as("admin.kab"), open.ID, nil},
		{"an officer", b.as("officer.pu"), open.ID, fault.Forbidden},
		{"anyone", anyone, open.ID, fault.NotFound},
		{"a wrong code", with(sealed.AccessCode), open.ID, fault.NotFound},
		{"an auditor", b.as("auditor"), open.ID, fault.Forbidden},
		{"another tree's administrator", b.as("admin.kota"), open.ID, fault.Forbidden},
		{"a sealed one, to its reporter", with(sealed.AccessCode), sealed.ID, fault.Conflict},
		{"a sealed one, to the administrator", b.as("admin.kab"), sealed.ID, fault.Forbidden},
		{"one without, to its reporter", with(none.AccessCode), none.ID, fault.Conflict},
	} {
		p, err := b.Identity(t.Context(), c.caller, c.id)
		if c.want != nil {
			require.ErrorIs(t, err, c.want, c.name)
			require.Zero(t, p)
			continue
		}
		require.NoError(t, err, c.name)
		require.Equal(t, office.Person{Name: words[0], NIK: words[1], Address: words[2]}, p)
	}
	require.Equal(t, 1, b.count(`SELECT count(*) FROM audit WHERE action = 'read_identity' AND allowed AND subject = 'admin.kab' AND report = $1`, open.ID))
	b.exec(`REVOKE INSERT ON audit FROM kawal_app`)
	_, err := b.Identity(t.Context(), b.as("admin.kab"), open.ID)
	require.Error(t, err, "what cannot be written down is not read")
}

// pdf is a document as http.DetectContentType knows it.
var pdf = []byte("%PDF-1.4 KTP Rahayu Contoh")

func TestDocumentsArePartOfTheIdentity(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ktp := []office.Document{{Name: "KTP", Content: pdf}}
	open := b.file(func(s *office.Submission) { s.Documents = ktp })
	p, err := b.Identity(t.Context(), b.as("admin.kab"), open.ID)
	require.NoError(t, err)
	require.Equal(t, ktp, p.Documents)
	sealed := b.file(func(s *office.Submission) { s.Identity, s.Documents = office.IdentitySealed, ktp })
	q := b.ask(sealed.ID)
	_, err = b.ConsentIdentity(t.Context(), b.as("kustodian.2"), sealed.ID, q.ID)
	require.NoError(t, err)
	got, err := b.IdentityRequest(t.Context(), b.as("kustodian.2"), sealed.ID, q.ID)
	require.NoError(t, err)
	plain, err := b.unseal(sealed.ID, got.Sealed, got.Sealed.First, got.Sealed.Second)
	require.NoError(t, err)
	require.Contains(t, plain, base64.StdEncoding.EncodeToString(pdf))
	dump := b.dump()
	require.NotContains(t, dump, string(pdf))
	require.NotContains(t, dump, base64.StdEncoding.EncodeToString(pdf))

	for name, c := range map[string]struct {
		field  string
		change func(*office.Submission)
	}{
		"none of an unknown reporter": {"/documents", func(s *office.Submission) { s.Identity, s.Name, s.Documents = office.IdentityNone, "", ktp }},
		"too many":                    {"/documents", func(s *office.Submission) { s.Documents = slices.Repeat(ktp, office.MaxDocuments+1) }},
		"too large": {"/documents/0/content", func(s *office.Submission) {
			s.Documents = []office.Document{{Name: "KTP", Content: append(slices.Clone(pdf), make([]byte, office.MaxDocument)...)}}
		}},
		"a program": {"/documents/0/content", func(s *office.Submission) {
			s.Documents = []office.Document{{Name: "KTP", Content: []byte("#!/bin/sh")}}
		}},
		"no name": {"/documents/0/name", func(s *office.Submission) { s.Documents = []office.Document{{Content: pdf}} }},
	} {
		s := pothole()
		c.change(&s)
		_, err := b.Submit(t.Context(), anyone, s, "")
		require.Error(t, err, name)
		requireField(t, err, fault.Invalid, c.field)
	}
}

func TestANameIsShownToThePublicOnlyIfItsOwnerWantsIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, show := range []bool{false, true} {
		r := b.told(func(s *office.Submission) { s.ShowName = show })
		want := ""
		if show {
			want = words[0]
		}
		v, err := b.Report(t.Context(), anyone, r.ID)
		require.NoError(t, err)
		require.Equal(t, want, v.Reporter)
		_, err = b.SetVisibility(t.Context(), with(r.AccessCode), r.ID, true, "")
		require.NoError(t, err)
		require.Zero(t, b.count(`SELECT count(*) FROM published WHERE reporter IS NOT NULL`), "it goes with the public copy")
	}
}

func TestAnErasedReportKeepsCodesAndTimesAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ledger := map[string]time.Time{}
	b.NoteErasure = func(id string, at time.Time) error { ledger[id] = at; return nil }
	for _, identity := range []string{office.IdentityOpen, office.IdentitySealed} {
		r := b.told(func(s *office.Submission) { s.Identity = identity })
		_, err := b.Erase(t.Context(), with(r.AccessCode), r.ID)
		require.ErrorIs(t, err, fault.Conflict, "an agency is at work")
		b.say(r, office.Act{Action: report.Withdraw})
		before, err := b.Timeline(t.Context(), with(r.AccessCode), r.ID)
		require.NoError(t, err)

		for _, c := range []office.Caller{anyone, b.as("admin.kab"), b.as("auditor"), b.as("officer.pu"), with("0")} {
			_, err = b.Erase(t.Context(), c, r.ID)
			require.Error(t, err, "%v", c)
		}
		require.NotContains(t, ledger, r.ID)
		done, err := b.Erase(t.Context(), with(r.AccessCode), r.ID)
		require.NoError(t, err)
		require.Equal(t, office.Erasure{ID: r.ID, ErasedAt: b.now()}, done)
		require.Contains(t, ledger, r.ID)
		b.pass(time.Hour)
		again, err := b.Erase(t.Context(), with(r.AccessCode), r.ID)
		require.NoError(t, err)
		require.Equal(t, done, again)

		v, err := b.Report(t.Context(), with(r.AccessCode), r.ID)
		require.NoError(t, err)
		require.Equal(t, &done.ErasedAt, v.ErasedAt)
		require.Empty(t, v.Title+v.Body+v.Rating.Text)
		require.Empty(t, v.AllowedActions)
		require.Equal(t, 3, v.Rating.Score, "a code")
		for _, p := range v.Thread {
			require.Empty(t, p.Body)
		}
		after, err := b.Timeline(t.Context(), with(r.AccessCode), r.ID)
		require.NoError(t, err)
		require.Equal(t, before, after, "codes and times stay")
		_, err = b.Identity(t.Context(), with(r.AccessCode), r.ID)
		require.Error(t, err)
		_, err = b.Rate(t.Context(), with(r.AccessCode), r.ID, 1, "a")
		require.ErrorIs(t, err, fault.Gone)
		_, err = b.Report(t.Context(), anyone, r.ID)
		require.ErrorIs(t, err, fault.NotFound)
		require.Zero(t, b.count(`
			SELECT (SELECT count(*) FROM report_key WHERE report = $1) + (SELECT count(*) FROM envelope WHERE report = $1)
				+ (SELECT count(*) FROM contact WHERE report = $1) + (SELECT count(*) FROM identity WHERE report = $1 AND person IS NOT NULL)
				+ (SELECT count(*) FROM post WHERE report = $1 AND body_sealed IS NOT NULL)
				+ (SELECT count(*) FROM content WHERE report = $1 AND num_nonnulls(title_sealed, body_sealed, attributes_sealed, lat, long, occurred_on) > 0)
				+ (SELECT count(*) FROM published WHERE id = $1) + (SELECT count(*) FROM published_post WHERE report = $1)
				+ (SELECT count(*) FROM outbox WHERE report = $1 AND audience = 'reporter' AND num_nonnulls(sent_at, void_at, died_at) = 0)`, r.ID))
	}
	dump := b.dump()
	for _, w := range words {
		require.NotContains(t, dump, w)
	}
}

func TestNothingIsErasedThatTheLedgerDoesNotHold(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.told()
	b.say(r, office.Act{Action: report.Withdraw})
	_, err := b.Erase(t.Context(), with(r.AccessCode), r.ID)
	require.ErrorIs(t, err, fault.Unavailable, "no ledger is kept here")
	b.NoteErasure = func(string, time.Time) error { return errors.New("disk full") }
	_, err = b.Erase(t.Context(), with(r.AccessCode), r.ID)
	require.ErrorIs(t, err, fault.Unavailable)
	v, err := b.Report(t.Context(), with(r.AccessCode), r.ID)
	require.NoError(t, err)
	require.Equal(t, words[4], v.Body)
}

// A restore brings back what was erased since the backup; the ledger does not let
// it stay.
func TestARestoredDatabaseIsErasedAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	erased, kept := b.told(), b.told()
	n, err := b.EraseAgain(t.Context(), []string{erased.ID, "KWL-0000-0000-0", erased.ID})
	require.NoError(t, err)
	require.Equal(t, 1, n, "also one that was open when the backup was made")
	v, err := b.Report(t.Context(), with(erased.AccessCode), erased.ID)
	require.NoError(t, err)
	require.NotNil(t, v.ErasedAt)
	v, err = b.Report(t.Context(), with(kept.AccessCode), kept.ID)
	require.NoError(t, err)
	require.Nil(t, v.ErasedAt)
	require.Equal(t, words[4], v.Body)
	n, err = b.EraseAgain(t.Context(), []string{erased.ID})
	require.NoError(t, err)
	require.Zero(t, n)
	require.Equal(t, 1, b.count(`SELECT count(*) FROM audit WHERE action = 'erase' AND kind = 'worker' AND report = $1`, erased.ID))
	// The workflow of a report that was open goes on with codes and times.
	b.do("officer.pu", kept.ID, office.Act{Action: report.Note, Text: "a"})
	_, err = b.Command(t.Context(), b.as("officer.pu"), erased.ID, office.Act{Action: report.Note, Text: "a"}, "")
	require.ErrorIs(t, err, fault.Gone)
}
