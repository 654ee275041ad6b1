package office_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

// oversee gives kab.pu another oversight unit than its parent.
func (b *bench) oversee(unit string) {
	b.t.Helper()
	require.NoError(b.t, b.PutAgency(b.t.Context(), b.as("admin.kab"), office.Agency{
		ID: "kab.pu", Name: "Dinas PU", Parent: "kab", Region: "32.04", Oversight: unit, Active: true}))
}

// The only competent unit is accused: its oversight unit has the report, in the
// queue, on the desk, and as the hint to who would address it (RULES.md section
// 6). Tried by making tree.oversight return the parent.
func TestTheOversightUnitHasWhatAccusesTheCompetentOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.oversee("kab.dinkes")
	works := []string{"kab.pu"}
	queued := b.file(func(s *office.Submission) { s.Accused = works })
	v, err := b.Report(t.Context(), b.as("admin.dinkes"), queued.ID)
	require.NoError(t, err, "the queue of the oversight unit")
	require.Equal(t, "kab.dinkes", v.Desk.Queue)
	_, err = b.Command(t.Context(), b.as("admin.kab"), queued.ID, forward(), "")
	requireField(t, err, fault.Invalid, "/agency")
	require.ErrorContains(t, err, "kab.dinkes")

	held := b.forwarded()
	a := b.do("admin.kab", held.ID, office.Act{Action: report.Amend, Accused: works})
	require.Equal(t, "kab.dinkes", a.View.Agency)
	_, err = b.Timeline(t.Context(), b.as("officer.pu"), held.ID)
	require.ErrorIs(t, err, fault.Forbidden, "published before: as anybody, no more")
	_, err = b.Timeline(t.Context(), b.as("officer.dinkes"), held.ID)
	require.NoError(t, err)
}

// Nobody within an accused tree finds a report that is not published, whatever
// he asks: RULES.md section 6. Tried by taking the accused out of visible.
func TestWhoIsAccusedFindsTheReportNowhere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for subject, m := range map[string]office.Member{
		"head.kab": {Unit: "kab", Roles: []string{"head"}}, "officer.kab": {Unit: "kab", Roles: []string{"officer"}},
		"supervisor.kab": {Unit: "kab", Roles: []string{"supervisor"}}, "auditor.kab": {Unit: "kab", Roles: []string{"auditor"}},
	} {
		m.Subject, m.Name, m.Active = subject, subject, true
		require.NoError(t, b.PutStaff(t.Context(), b.as("admin.nasional"), m))
	}
	r := b.file(func(s *office.Submission) { s.Accused = []string{"kab"} })
	for who, unit := range map[string]bool{
		"admin.kab": true, "admin.dinkes": true, "officer.kab": true, "officer.pu": true, "officer.jalan": true,
		"head.kab": true, "supervisor.kab": true, "auditor.kab": true, "admin.nasional": false, "auditor": false,
	} {
		c := b.as(who)
		page, err := b.List(t.Context(), c, office.Filter{}, "")
		require.NoError(t, err)
		lines, err := b.Statistics(t.Context(), c, "category", office.Filter{})
		require.NoError(t, err)
		_, err = b.Report(t.Context(), c, r.ID)
		if !unit {
			require.NoError(t, err, who)
			require.Len(t, page.Reports, 1, who)
			require.Len(t, lines, 1, who)
			continue
		}
		require.ErrorIs(t, err, fault.NotFound, who)
		require.Empty(t, page.Reports, who)
		require.Empty(t, lines, who)
		if queue, err := b.Queue(t.Context(), c, office.Filter{}); fault.KindOf(err) != fault.Forbidden {
			require.NoError(t, err, who)
			require.Empty(t, queue, who)
		}
		_, err = b.Command(t.Context(), c, r.ID, office.Act{Action: report.Archive, Reason: "too_general"}, "")
		require.ErrorIs(t, err, fault.NotFound, who)
	}
	queue, err := b.Queue(t.Context(), b.as("admin.nasional"), office.Filter{})
	require.NoError(t, err)
	require.Len(t, queue, 1)
}

// What became of his command is no longer for whom the report accuses since.
// Tried by judging the sender by his subject alone.
func TestACommandIsClosedToItsSenderOnceHeIsAccused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.forwarded()
	a := b.do("officer.pu", r.ID, office.Act{Action: report.Note, Text: "Catatan."})
	_, err := b.CommandStatus(t.Context(), b.as("officer.pu"), a.CommandID)
	require.NoError(t, err)
	b.do("admin.kab", r.ID, office.Act{Action: report.Amend, Accused: []string{"kab.pu"}})
	_, err = b.CommandStatus(t.Context(), b.as("officer.pu"), a.CommandID)
	require.ErrorIs(t, err, fault.NotFound)
}

// A secret report is for the addressed unit; those above it are rungs.
func TestASecretIsNotForOfficersAboveTheAddressedUnit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	require.NoError(t, b.PutStaff(t.Context(), b.as("admin.nasional"),
		office.Member{Subject: "officer.kab", Name: "Petugas", Unit: "kab", Roles: []string{"officer"}, Active: true}))
	open, secret := b.forwarded(), b.forwarded(func(s *office.Submission) { s.Content = office.ContentSecret })
	_, err := b.Timeline(t.Context(), b.as("officer.kab"), open.ID)
	require.NoError(t, err, "he acts for the units below his own")
	_, err = b.Report(t.Context(), b.as("officer.kab"), secret.ID)
	require.ErrorIs(t, err, fault.NotFound)
	_, err = b.Report(t.Context(), b.as("officer.pu"), secret.ID)
	require.NoError(t, err)
}

// RULES.md section 5. The CHECK of the table is tried in store, the route in
// api and e2e; here nothing reaches the database.
func TestDutiesThatMustBeApartAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	refused := 0
	for i, one := range policy.Roles {
		for _, other := range policy.Roles[:i] {
			m := office.Member{Subject: "dua", Name: "Dua", Roles: []string{string(one), string(other)}, Active: true}
			if _, _, clash := policy.Apart([]policy.Role{one, other}); clash {
				refused++
				requireField(t, b.PutStaff(t.Context(), b.as("admin.nasional"), m), fault.Invalid, "/roles")
			}
		}
	}
	require.Equal(t, 9, refused)
	require.Zero(t, b.count(`SELECT count(*) FROM staff WHERE subject = 'dua'`))
	m := office.Member{Subject: "dua", Name: "Dua", Roles: []string{"supervisor", "auditor"}, Active: true}
	require.NoError(t, b.PutStaff(t.Context(), b.as("admin.nasional"), m))
}
