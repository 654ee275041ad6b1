package office_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
)

func TestTheCatalogueIsKeptFromAbove(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := context.WithoutCancel(t.Context())
	unit := office.Agency{ID: "kab.pu.air", Name: "Bidang Air", Parent: "kab.pu", Active: true}
	require.NoError(t, b.PutAgency(ctx, b.as("admin.kab"), unit))
	require.ErrorIs(t, b.PutAgency(ctx, b.as("admin.kota"), unit), fault.Forbidden)
	moved := unit
	moved.Parent = "kota"
	require.ErrorIs(t, b.PutAgency(ctx, b.as("admin.kota"), moved), fault.Forbidden, "nobody takes a unit from another tree")
	unit.RuleSet = "demo"
	requireField(t, b.PutAgency(ctx, b.as("admin.kab"), unit), fault.Invalid, "/rule_set")
	unit.RuleSet, unit.Parent = "", "nasa"
	requireField(t, b.PutAgency(ctx, b.as("admin.nasional"), unit), fault.Invalid, "/parent")
	topic := office.Category{Code: "water", NameID: "Air", NameEN: "Water", DefaultContent: "public"}
	require.ErrorIs(t, b.PutCategory(ctx, b.as("admin.kab"), topic), fault.Forbidden)
	require.NoError(t, b.PutCategory(ctx, b.as("admin.nasional"), topic))
	b.file(func(s *office.Submission) { s.Category = "water" })

	person := office.Member{Subject: "baru", Name: "Petugas", Unit: "kab.pu", Roles: []string{"officer"}, Active: true}
	require.NoError(t, b.PutStaff(ctx, b.as("admin.kab"), person))
	require.ErrorIs(t, b.PutStaff(ctx, b.as("admin.kota"), office.Member{Subject: "baru", Name: "Petugas", Unit: "kota", Roles: []string{"officer"}, Active: true}), fault.Forbidden)
	person.Roles = []string{"admin", "custodian"}
	requireField(t, b.PutStaff(ctx, b.as("admin.nasional"), person), fault.Invalid, "/roles")
	person.Roles = []string{"auditor"}
	require.ErrorIs(t, b.PutStaff(ctx, b.as("admin.kab"), person), fault.Forbidden)
	person.Roles, person.Active = []string{"officer"}, false
	require.NoError(t, b.PutStaff(ctx, b.as("admin.kab"), person))
	_, err := b.Staff(ctx, "baru")
	require.ErrorIs(t, err, fault.Forbidden, "a role taken away is gone at the next request")
	_, err = b.Staff(ctx, "nobody")
	require.ErrorIs(t, err, fault.Forbidden)
}

func TestCalendarDueNamesTheMissingDecree(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d, err := b.CalendarDue(t.Context(), "national", office.DueQuestion{From: wednesday, N: 10})
	require.NoError(t, err)
	require.Equal(t, "2025-08-21", d.DueDate)
	require.Equal(t, "2025-08-18", d.DaysOff[len(d.DaysOff)-1].Date)
	require.Contains(t, d.Sentence, "Dihitung 10 hari kerja sejak Rabu 6 Agustus 2025")
	require.Len(t, d.Said, 2)
	require.Equal(t, "2025-08-20", d.Said[0].DueDate)
	require.Equal(t, "SKB2025r1", d.Said[1].Decree)
	_, err = b.CalendarDue(t.Context(), "national", office.DueQuestion{From: wednesday, N: -1})
	requireField(t, err, fault.Invalid, "/days")
	_, err = b.CalendarDue(t.Context(), "national", office.DueQuestion{From: wednesday, N: 5000})
	requireField(t, err, fault.Invalid, "/days")
	require.ErrorContains(t, err, "SKB")
	for _, c := range []struct {
		q    office.DueQuestion
		want string
	}{
		{office.DueQuestion{N: 10, Unit: calendar.CalendarDays}, "2025-08-19"}, // Saturday 16, Sunday 17, collective leave 18
		{office.DueQuestion{N: 10, Unit: calendar.CalendarDays, Revision: d.Said[0].Revision}, "2025-08-18"},
		{office.DueQuestion{N: 10, Revision: d.Said[0].Revision}, "2025-08-20"},
		{office.DueQuestion{N: 8, Unit: calendar.WorkingHours}, "2025-08-07"}, // an office day has seven and a half
	} {
		c.q.From = wednesday
		got, err := b.CalendarDue(t.Context(), "national", c.q)
		require.NoError(t, err)
		require.Equal(t, c.want, got.DueDate, "%+v", c.q)
	}
	_, err = b.CalendarDue(t.Context(), "national", office.DueQuestion{From: wednesday, N: 1, Revision: 10_000})
	requireField(t, err, fault.Invalid, "/revision")
	_, err = b.CalendarDue(t.Context(), "national", office.DueQuestion{From: wednesday, N: 1, Unit: calendar.Seconds})
	requireField(t, err, fault.Invalid, "/unit")
	_, err = b.CalendarDue(t.Context(), "moon", office.DueQuestion{From: wednesday, N: 1})
	require.ErrorIs(t, err, fault.NotFound)
}

func TestOnlyTheNationalLevelRequeuesNotices(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	letters, err := b.DeadLetters(t.Context(), b.as("supervisor"))
	require.NoError(t, err)
	require.Empty(t, letters)
	require.ErrorIs(t, b.Requeue(t.Context(), b.as("admin.nasional"), 1), fault.NotFound)
	require.ErrorIs(t, b.Requeue(t.Context(), b.as("supervisor"), 1), fault.Forbidden)
	_, err = b.DeadLetters(t.Context(), b.as("admin.kab"))
	require.ErrorIs(t, err, fault.Forbidden)
}

func TestTheListingHoldsWhatPagesNameAndFollowsAChange(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	was, err := b.Listing(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, was.Agencies)
	require.NotEmpty(t, was.Regions)
	require.NoError(t, b.PutCategory(t.Context(), b.as("admin.nasional"), office.Category{Code: "water", NameID: "Air", NameEN: "Water", DefaultContent: office.ContentPublic}))
	is, err := b.Listing(t.Context())
	require.NoError(t, err)
	require.Len(t, is.Categories, len(was.Categories)+1)
}
