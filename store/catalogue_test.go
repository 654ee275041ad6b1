package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/store"
)

func TestTheTreeIsReadUpAndDown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.must(func(ctx context.Context, tx *store.Tx) error {
		above, err := tx.Above(ctx, roads)
		require.NoError(t, err)
		require.Equal(t, []string{roads, works, kab, nation}, above)
		below, err := tx.Below(ctx, kab)
		require.NoError(t, err)
		require.Equal(t, kab, below[0])
		require.ElementsMatch(t, []string{kab, works, health, roads}, below)
		none, err := tx.Above(ctx, "nobody")
		require.NoError(t, err)
		require.Empty(t, none)
		units, err := tx.AdminUnits(ctx, []string{roads, works, kab, nation})
		require.NoError(t, err)
		require.Equal(t, []string{kab}, units)
		return nil
	})
}

func TestAnAgencyInherits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.must(func(ctx context.Context, tx *store.Tx) error {
		require.NoError(t, tx.PutAgency(ctx, store.Agency{ID: works, Name: "Dinas PU", Parent: kab, RuleSet: "demo", Active: true}))
		own, err := tx.Agency(ctx, roads)
		require.NoError(t, err)
		require.Equal(t, store.Agency{ID: roads, Name: "Bidang Jalan", Parent: works, Active: true}, own)
		a, err := tx.Inherited(ctx, roads)
		require.NoError(t, err)
		require.Equal(t, store.Agency{ID: roads, Name: "Bidang Jalan", Parent: works, Calendar: "wib", RuleSet: "demo", Oversight: works, Active: true}, a)
		_, err = tx.Agency(ctx, "nobody")
		require.ErrorIs(t, err, fault.NotFound)
		_, err = tx.Inherited(ctx, "nobody")
		require.ErrorIs(t, err, fault.NotFound)
		return nil
	})
	all, err := b.s.Agencies(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 5)
	require.Equal(t, kab, all[0].ID)
}

func TestWhatContradictsTheCatalogueIsRefusedByField(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, tt := range map[string]struct {
		field string
		put   func(context.Context, *store.Tx) error
	}{
		"a cycle": {"/parent", func(ctx context.Context, tx *store.Tx) error {
			return tx.PutAgency(ctx, store.Agency{ID: kab, Name: "Kabupaten", Parent: roads, Active: true})
		}},
		"its own parent": {"/parent", func(ctx context.Context, tx *store.Tx) error {
			return tx.PutAgency(ctx, store.Agency{ID: "new", Name: "Baru", Parent: "new", Active: true})
		}},
		"an unknown parent": {"/parent", func(ctx context.Context, tx *store.Tx) error {
			return tx.PutAgency(ctx, store.Agency{ID: "new", Name: "Baru", Parent: "nobody", Active: true})
		}},
		"an unknown calendar": {"/calendar", func(ctx context.Context, tx *store.Tx) error {
			return tx.PutAgency(ctx, store.Agency{ID: "new", Name: "Baru", Calendar: "none", Active: true})
		}},
		"an agency code in capitals": {"/id", func(ctx context.Context, tx *store.Tx) error {
			return tx.PutAgency(ctx, store.Agency{ID: "NEW", Name: "Baru", Active: true})
		}},
		"its own oversight": {"/oversight", func(ctx context.Context, tx *store.Tx) error {
			return tx.PutAgency(ctx, store.Agency{ID: "new", Name: "Baru", Oversight: "new", Active: true})
		}},
		"a category below an unknown one": {"/parent", func(ctx context.Context, tx *store.Tx) error {
			return tx.PutCategory(ctx, store.Category{Code: "x", Parent: "none", NameID: "X", DefaultContent: "public"})
		}},
		"a category neither public nor secret": {"/default_content", func(ctx context.Context, tx *store.Tx) error {
			return tx.PutCategory(ctx, store.Category{Code: "x", NameID: "X", DefaultContent: "maybe"})
		}},
		"administrator and custodian": {"/roles", func(ctx context.Context, tx *store.Tx) error {
			return tx.PutStaff(ctx, store.StaffMember{Subject: "s", Name: "N", Roles: []string{"admin", "custodian"}, Active: true})
		}},
		"administrator and auditor": {"/roles", func(ctx context.Context, tx *store.Tx) error {
			return tx.PutStaff(ctx, store.StaffMember{Subject: "s", Name: "N", Roles: []string{"auditor", "officer", "admin"}, Active: true})
		}},
		"an unknown role": {"/roles", func(ctx context.Context, tx *store.Tx) error {
			return tx.PutStaff(ctx, store.StaffMember{Subject: "s", Name: "N", Roles: []string{"king"}, Active: true})
		}},
		"an unknown unit": {"/unit", func(ctx context.Context, tx *store.Tx) error {
			return tx.PutStaff(ctx, store.StaffMember{Subject: "s", Name: "N", Unit: "nobody", Active: true})
		}},
		"an unknown zone": {"/zone", func(ctx context.Context, tx *store.Tx) error {
			return tx.PutCalendar(ctx, store.CalendarRow{ID: "x", Zone: "Europe/Berlin", WeekDays: 5})
		}},
		"a week of four days": {"/week_days", func(ctx context.Context, tx *store.Tx) error {
			return tx.PutCalendar(ctx, store.CalendarRow{ID: "x", Zone: "Asia/Jakarta", WeekDays: 4})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			err := b.do(tt.put)
			require.ErrorIs(t, err, fault.Invalid)
			var f *fault.Error
			require.ErrorAs(t, err, &f)
			require.Equal(t, tt.field, f.Field)
		})
	}
}

func TestAReportMustFitTheCatalogue(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	accept := func(change func(*store.NewReport)) error {
		n := b.newReport(filed{})
		change(&n)
		return b.do(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Accept(ctx, n)
			return err
		})
	}
	for field, change := range map[string]func(*store.NewReport){
		"/category": func(n *store.NewReport) { n.State.Category = "none" },
		"/region":   func(n *store.NewReport) { n.State.Region = "99" },
		"/agency":   func(n *store.NewReport) { n.Suggested = "nobody" },
		"/accused":  func(n *store.NewReport) { n.Accused = []string{"nobody"} },
	} {
		var f *fault.Error
		require.ErrorAs(t, accept(change), &f)
		require.Equal(t, fault.Invalid, f.Kind)
		require.Equal(t, field, f.Field)
	}
	taken := b.file(filed{}).ID
	require.ErrorIs(t, accept(func(n *store.NewReport) { n.State.ID = taken }), fault.Conflict)
	require.Equal(t, 1, b.count(`SELECT count(*) FROM report`))
}

func TestStaffAreReadBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	want := store.StaffMember{Subject: "s", Name: "Petugas", Unit: works, Roles: []string{"officer", "head"}, Active: false}
	b.must(func(ctx context.Context, tx *store.Tx) error {
		require.NoError(t, tx.PutStaff(ctx, store.StaffMember{Subject: "s", Name: "Lama", Active: true}))
		require.NoError(t, tx.PutStaff(ctx, want))
		got, err := tx.Staff(ctx, "s")
		require.NoError(t, err)
		require.Equal(t, want, got)
		_, err = tx.Staff(ctx, "nobody")
		require.ErrorIs(t, err, fault.NotFound)
		return nil
	})
}

func TestTheCatalogueIsReadByAnyone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	categories, err := b.s.Categories(t.Context())
	require.NoError(t, err)
	require.Equal(t, store.Category{Code: "roads.hole", Parent: "roads", NameID: "Lubang", NameEN: "Holes", DefaultContent: "public"}, categories[1])
	regions, err := b.s.Regions(t.Context())
	require.NoError(t, err)
	require.Equal(t, []store.Region{{Code: "32", Name: "Jawa Barat"}, {Code: "32.04", Parent: "32", Name: "Bandung"}}, regions)
	calendars, err := b.s.Calendars(t.Context())
	require.NoError(t, err)
	require.Len(t, calendars, 3)
	require.Equal(t, store.CalendarRow{ID: store.NationalCalendar, Zone: "Asia/Jakarta", WeekDays: 5, JointLeave: true,
		Revision: calendar.National().Revision()}, calendars[0])
}

func TestTheDatabaseHoldsTheNationalLedger(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c, revision, err := b.s.Calendar(t.Context(), store.NationalCalendar)
	require.NoError(t, err)
	require.Equal(t, calendar.National().Revision(), revision)
	require.ElementsMatch(t, calendar.National().Days(), c.Ledger.Days())
	require.Len(t, c.Ledger.Notes(), len(calendar.National().Notes()))
	for i, d := range c.Ledger.Decrees() {
		want := calendar.National().Decrees()[i]
		require.False(t, d.RecordedAt.IsZero())
		d.RecordedAt = want.RecordedAt
		require.Equal(t, want, d)
	}
	_, _, err = b.s.Calendar(t.Context(), "none")
	require.ErrorIs(t, err, fault.NotFound)
}

func TestAUnitCountsOnTheCalendarItInherits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for unit, want := range map[string]string{roads: "wib", health: "wit", "nobody": store.NationalCalendar} {
		b.must(func(ctx context.Context, tx *store.Tx) error {
			x, err := tx.CalendarFor(ctx, unit)
			require.NoError(t, err)
			require.Equal(t, want, x.Calendar())
			if want != store.NationalCalendar {
				require.Equal(t, before18August, x.Revision())
			}
			return nil
		})
	}
}

func TestAChainOnlyGrows(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.revise(after18August)
	b.revise(before18August)
	_, revision, err := b.s.Calendar(t.Context(), "wib")
	require.NoError(t, err)
	require.Equal(t, after18August, revision)
}

func TestMigratingAgainChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	before := b.count(`SELECT count(*) FROM day`)
	require.NoError(t, store.Migrate(t.Context(), b.url))
	require.Equal(t, before, b.count(`SELECT count(*) FROM day`))
	_, revision, err := b.s.Calendar(t.Context(), "wib")
	require.NoError(t, err)
	require.Equal(t, before18August, revision) // no decree came, so nothing is revised
	require.Len(t, store.MigrationsHash(), 64)
}

func TestADecreeThatThisBuildBringsRevisesEveryCalendar(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	last := calendar.National().Revision()
	// The database of an older build: the last decree is not there yet.
	for _, q := range []string{
		`DELETE FROM day WHERE decree = (SELECT key FROM decree WHERE revision = (SELECT max(revision) FROM decree))`,
		`DELETE FROM decree WHERE revision = (SELECT max(revision) FROM decree)`,
		`UPDATE calendar SET revision = revision - 1 WHERE id = 'national'`,
	} {
		require.NoError(t, b.try(q))
	}
	require.NoError(t, store.Migrate(t.Context(), b.url))
	calendars, err := b.s.Calendars(t.Context())
	require.NoError(t, err)
	for _, c := range calendars {
		require.Equal(t, last, c.Revision)
	}
	require.Equal(t, len(calendar.National().Days()), b.count(`SELECT count(*) FROM day`))
	require.WithinDuration(t, time.Now(), b.recordedAt(last), time.Hour)
}

func (b *bench) recordedAt(revision int) (at time.Time) {
	b.t.Helper()
	require.NoError(b.t, b.connect().QueryRow(b.t.Context(), `SELECT recorded_at FROM decree WHERE revision = $1`, revision).Scan(&at))
	return at
}
