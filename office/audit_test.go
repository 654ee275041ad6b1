package office_test

import (
	"context"
	"encoding/base64"
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

// audited is one act of the office and what the audit log says of it.
type audited struct {
	name string
	do   func() error
	want []string // kind, subject, action, with what; in the order of the log
}

// acts are the decisions and the privileged readings of the office.
func (b *bench) acts(open, sealed, done office.Receipt) []audited {
	ctx := b.t.Context()
	admin, auditor, officer, supervisor := b.as("admin.nasional"), b.as("auditor"), b.as("officer.pu"), b.as("supervisor")
	return []audited{
		{"a decision", func() error {
			_, err := b.Command(ctx, b.as("admin.kab"), open.ID, office.Act{Action: report.Amend, Class: report.Aspiration}, "")
			return err
		}, []string{"staff admin.kab amend", "staff admin.kab read [read_original read_notes]"}},
		{"a note", func() error {
			_, err := b.Command(ctx, officer, open.ID, office.Act{Action: report.Note, Text: "Catatan."}, "")
			return err
		}, []string{"staff officer.pu note", "staff officer.pu read [read_original read_notes]"}},
		{"what a reporter sends", func() error {
			_, err := b.Command(ctx, with(open.AccessCode), open.ID, office.Act{Action: report.Reply, Text: "Halo."}, "")
			return err
		}, []string{"reporter  reply"}},
		{"an original and notes", func() error { _, err := b.Report(ctx, officer, open.ID); return err },
			[]string{"staff officer.pu read [read_original read_notes]"}},
		{"a sealed report's redacted copy is no privilege of its officer", func() error {
			_, err := b.Report(ctx, officer, sealed.ID)
			return err
		}, []string{}},
		{"any reading of an auditor", func() error { _, err := b.Report(ctx, auditor, sealed.ID); return err },
			[]string{"staff auditor read [read_original]"}},
		{"a timeline, by a supervisor", func() error { _, err := b.Timeline(ctx, supervisor, open.ID); return err },
			[]string{"staff supervisor read_timeline"}},
		{"deadlines, by an auditor", func() error { _, err := b.Deadlines(ctx, auditor, open.ID); return err },
			[]string{"staff auditor read_deadlines"}},
		{"a list, by an auditor", func() error { _, err := b.List(ctx, auditor, office.Filter{}, ""); return err },
			[]string{"staff auditor list"}},
		{"statistics", func() error { _, err := b.Statistics(ctx, officer, "agency", office.Filter{}); return err },
			[]string{"staff officer.pu read_statistics"}},
		{"dead letters", func() error { _, err := b.DeadLetters(ctx, admin); return err }, []string{"staff admin.nasional read_dead_letters"}},
		{"the package for the Ombudsman", func() error { _, err := b.Package(ctx, admin, sealed.ID); return err },
			[]string{"staff admin.nasional read_package", "staff admin.nasional read [read_original]"}},
		{"the audit log", func() error { _, err := b.Audit(ctx, auditor, office.AuditFilter{}, ""); return err },
			[]string{"staff auditor read_audit"}},
		{"a refusal", func() error {
			_, err := b.Audit(ctx, admin, office.AuditFilter{}, "")
			require.ErrorIs(b.t, err, fault.Forbidden)
			return nil
		}, []string{"staff admin.nasional read_audit refused"}},
		{"a unit", func() error {
			return b.PutAgency(ctx, admin, office.Agency{ID: "baru", Name: "Baru", Parent: "kab", Active: true})
		},
			[]string{"staff admin.nasional put_agency"}},
		{"an office given", func() error {
			return b.PutStaff(ctx, admin, office.Member{Subject: "baru", Name: "Petugas", Unit: "kab.pu", Roles: []string{"officer"}, Active: true})
		}, []string{"staff admin.nasional put_staff"}},
		{"a rating", func() error { _, err := b.Rate(ctx, with(done.AccessCode), done.ID, 4, ""); return err }, []string{"reporter  rate"}},
		{"a voice for opening a report", func() error {
			_, err := b.SetVisibility(ctx, with(sealed.AccessCode), sealed.ID, true, "")
			return err
		}, []string{"reporter  make_secret", "reporter  unpublish"}},
		{"another access code", func() error { _, err := b.ReplaceCode(ctx, with(open.AccessCode), open.ID, ""); return err },
			[]string{"reporter  replace_code"}},
		{"a report on paper", func() error { _, err := b.Submit(ctx, admin, pothole(), ""); return err }, []string{"staff admin.nasional submit"}},
	}
}

// lines are the lines of the audit log behind a number.
func (b *bench) lines(after int) []string {
	b.t.Helper()
	conn, err := pgx.Connect(b.t.Context(), b.url)
	require.NoError(b.t, err)
	defer conn.Close(context.WithoutCancel(b.t.Context()))
	rows, err := conn.Query(b.t.Context(), `
		SELECT concat_ws(' ', kind, subject, action, translate(detail ->> 'with', '",', ''), CASE WHEN allowed THEN NULL ELSE 'refused' END)
		FROM audit
		WHERE id > $1 AND kind <> 'worker'
		ORDER BY id`, after)
	require.NoError(b.t, err)
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(b.t, err)
	return all
}

func (b *bench) audience() (open, sealed, done office.Receipt) {
	b.t.Helper()
	open = b.forwarded()
	b.do("officer.pu", open.ID, office.Act{Action: report.Note, Text: "Catatan dalam."})
	sealed = b.forwarded(func(s *office.Submission) { s.Identity = office.IdentitySealed })
	done = b.forwarded()
	b.do("officer.pu", done.ID, office.Act{Action: report.PostFollowUp, Text: "Selesai."})
	return open, sealed, done
}

func TestEveryDecisionAndPrivilegedReadingIsInTheAuditLog(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, a := range b.acts(b.audience()) {
		before := b.count(`SELECT coalesce(max(id), 0) FROM audit`)
		require.NoError(t, a.do(), a.name)
		b.Wait()
		require.Equal(t, a.want, b.lines(before), a.name)
	}
}

// Where the audit log cannot be written nothing is decided and nothing told.
func TestAnActThatCannotBeAuditedIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	acts := b.acts(b.audience())
	state := func() string {
		s := ""
		for _, table := range []string{"command", "post", "transition", "report", "agency", "staff", "rating", "published", "published_post", "consent"} {
			s += fmt.Sprint(table, " ", b.count(`SELECT coalesce(sum(hashtextextended(t::text, 0) % 1000000007), 0)::bigint FROM `+table+` t`), "\n")
		}
		return s + fmt.Sprint(b.count(`SELECT coalesce(sum(hashtextextended(t::text, 0) % 1000000007), 0)::bigint FROM access t`))
	}
	before := state()
	b.exec(`REVOKE INSERT ON audit FROM kawal_app`)
	for _, a := range acts {
		if len(a.want) == 0 || strings.HasSuffix(a.want[0], "refused") {
			continue
		}
		require.ErrorContains(t, a.do(), "42501", a.name)
	}
	require.Equal(t, before, state())
	b.exec(`GRANT INSERT ON audit TO kawal_app`)
	require.NoError(t, acts[0].do())
}

func TestAuditorsReadTheAuditLogPageByPage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx, auditor := t.Context(), b.as("auditor")
	r, other := b.forwarded(), b.forwarded()
	for range 4 {
		_, err := b.Report(ctx, b.as("officer.pu"), r.ID)
		require.NoError(t, err)
	}
	read := func(f office.AuditFilter, cursor string) office.AuditPage {
		t.Helper()
		p, err := b.Audit(ctx, auditor, f, cursor)
		require.NoError(t, err)
		return p
	}
	all := read(office.AuditFilter{Limit: 100}, "")
	require.Empty(t, all.Next)
	require.NotContains(t, actions(all.Lines), "read_audit", "the reading stands behind what it read")
	require.Equal(t, "read_audit", read(office.AuditFilter{Limit: 1}, "").Lines[0].Action)

	var paged []office.AuditLine
	until := b.now().Add(time.Hour)
	f := office.AuditFilter{Report: r.ID, Until: until, Limit: 2}
	for cursor, first := "", true; first || cursor != ""; first = false {
		p := read(f, cursor)
		require.LessOrEqual(t, len(p.Lines), 2)
		paged, cursor = append(paged, p.Lines...), p.Next
	}
	require.Equal(t, []string{"read", "read", "read", "read", "read", "publish", "forward"}, actions(paged))
	for _, l := range paged {
		require.Equal(t, r.ID, l.Report)
		require.NotContains(t, string(l.Detail), "Jalan berlubang")
	}
	require.Len(t, read(office.AuditFilter{Subject: "officer.pu"}, "").Lines, 4)
	require.Len(t, read(office.AuditFilter{Action: "read_original"}, "").Lines, 6)
	require.Len(t, read(office.AuditFilter{Action: "forward"}, "").Lines, 2)
	require.Empty(t, read(office.AuditFilter{Until: b.now().Add(-time.Hour)}, "").Lines)
	require.Empty(t, read(office.AuditFilter{Since: b.now().Add(time.Hour)}, "").Lines)
	require.NotEmpty(t, read(office.AuditFilter{Report: strings.ToLower(other.ID)}, "").Lines)

	// A cursor is sealed, so it does not count rows: the same place is never written
	// the same way, and none can be made up from another.
	before := office.AuditFilter{Report: r.ID, Limit: 1}
	cursor := read(before, "").Next
	require.NotEmpty(t, cursor)
	require.NotEqual(t, cursor, read(before, "").Next)
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	require.NoError(t, err)
	raw[len(raw)-1] ^= 1
	_, err = b.Audit(ctx, auditor, before, base64.RawURLEncoding.EncodeToString(raw))
	requireField(t, err, fault.Invalid, "/cursor")
	for field, wrong := range map[string]struct {
		f      office.AuditFilter
		cursor string
	}{
		"/limit": {f: office.AuditFilter{Limit: 101}}, "/report": {f: office.AuditFilter{Report: "KWL-1"}},
		"/cursor": {cursor: base64.RawURLEncoding.EncodeToString([]byte(`{"ID":1}`))},
	} {
		_, err := b.Audit(ctx, auditor, wrong.f, wrong.cursor)
		requireField(t, err, fault.Invalid, field)
	}
	_, err = b.Audit(ctx, anyone, office.AuditFilter{}, "")
	require.ErrorIs(t, err, fault.Unauthenticated)
	for _, who := range []string{"admin.nasional", "officer.pu", "head.pu", "supervisor"} {
		_, err := b.Audit(ctx, b.as(who), office.AuditFilter{}, "")
		require.ErrorIs(t, err, fault.Forbidden, who)
	}
}

func actions(lines []office.AuditLine) (all []string) {
	for _, l := range lines {
		all = append(all, l.Action)
	}
	return slices.Clip(all)
}
