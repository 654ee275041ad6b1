package office_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// august is a bench of Thu 14 Aug 2025 that has heard of no decree issued since
// the 7th, and the decree of that day.
func august(t *testing.T) (*bench, office.Decree) {
	t.Helper()
	b := newBench(t)
	b.installedOn("2025-08-07")
	b.pass(8 * 24 * time.Hour)
	return b, office.Decree{
		IssuedOn: "2025-08-07", Track: "SKB", CalendarYear: 2025, Title: "SKB Menag 933/2025 (Perubahan)", Confidence: "high",
		Days: []office.DecreeDay{{Date: "2025-08-18", Kind: calendar.CollectiveLeave, NameID: "Cuti Bersama Proklamasi Kemerdekaan"}},
	}
}

const skb = "SKB2025r1"

func TestADecreeIsTriedOutByOneAndCommittedByAnother(t *testing.T) {
	t.Parallel()
	b, d := august(t)
	id := b.forwarded().ID // F: 15, 18, 19, 20, 21 August
	p, err := b.PlanDecree(t.Context(), b.as("admin.nasional"), "national", skb, d)
	require.NoError(t, err)
	require.Equal(t, 1, p.Reports)
	require.Equal(t, d, p.Decree)
	require.False(t, p.Stale)
	require.Equal(t, []office.AgencyMove{
		{Agency: "kab.pu", Name: "Dinas PU", Clock: report.FirstFollowUp, From: "2025-08-21", To: "2025-08-22", Clocks: 1},
		{Agency: "kab.pu", Name: "Dinas PU", Clock: report.Resolution, From: "2025-09-03", To: "2025-09-04", Clocks: 1},
	}, p.Agencies)
	require.Equal(t, id, p.Named[0].Report)

	read, err := b.DecreePlan(t.Context(), b.as("admin.nasional2"), "national", skb)
	require.NoError(t, err)
	require.Equal(t, p, read)
	_, err = b.CommitDecree(t.Context(), b.as("admin.nasional"), "national", skb, p.Plan)
	require.ErrorIs(t, err, fault.Forbidden, "the same person")
	_, err = b.CommitDecree(t.Context(), b.as("admin.nasional2"), "national", skb, "0f8e3b8e-3d55-4c92-9d8b-6f3f2a1a7c11")
	require.ErrorIs(t, err, fault.Conflict, "another dry run")
	done, err := b.CommitDecree(t.Context(), b.as("admin.nasional2"), "national", skb, p.Plan)
	require.NoError(t, err)
	require.Equal(t, office.Committed{Calendar: "national", Key: skb, Revision: p.BaseRevision + 1, Reports: 1, Clocks: 2}, done)

	all, err := b.Deadlines(t.Context(), b.as("admin.nasional"), id)
	require.NoError(t, err)
	require.Equal(t, "2025-08-22", all[1].DueDate)
	require.Len(t, all[1].Said, 2, "it was law when the clock started, but 21 August was said until it was recorded")
	require.Equal(t, "2025-08-21", all[1].Said[0].DueDate)
	require.Equal(t, "2025-08-22", all[1].Said[1].DueDate)
	require.NotNil(t, all[1].Said[1].RecordedAt)
	require.Contains(t, all[1].Sentence, "Senin 18 Agustus 2025 (Cuti Bersama Proklamasi Kemerdekaan, SKB2025r1)")
	timeline, err := b.Timeline(t.Context(), b.as("admin.nasional"), id)
	require.NoError(t, err)
	last := timeline[len(timeline)-1]
	require.Equal(t, report.Action("deadline_moved"), last.Action)
	require.Equal(t, "SKB 2025 (perubahan)", last.Reason)
	require.True(t, last.Deadlines[0].Now.After(*last.Deadlines[0].Then))

	_, err = b.CommitDecree(t.Context(), b.as("admin.nasional2"), "national", skb, p.Plan)
	require.ErrorIs(t, err, fault.NotFound, "nothing waits any more")
	_, err = b.PlanDecree(t.Context(), b.as("admin.nasional"), "national", skb, d)
	require.ErrorIs(t, err, fault.Conflict, "recorded")
	revisions, err := b.Revisions(t.Context(), "national")
	require.NoError(t, err)
	require.Equal(t, skb, revisions[0].Decree)
	require.Equal(t, done.Revision, revisions[0].Revision)
	require.Equal(t, d.Days, revisions[0].Days)
	require.Equal(t, 2, b.count(`SELECT count(*) FROM audit WHERE action IN ('plan_decree', 'commit_decree') AND allowed`))
}

func TestADryRunOnAnOlderRevisionIsNotCommitted(t *testing.T) {
	t.Parallel()
	b, d := august(t)
	plan := func(key, day string) office.DecreePlan {
		d.Days[0].Date = day
		p, err := b.PlanDecree(t.Context(), b.as("admin.nasional"), "national", key, d)
		require.NoError(t, err)
		return p
	}
	first, second := plan("A", "2025-08-18"), plan("B", "2025-08-19")
	_, err := b.CommitDecree(t.Context(), b.as("admin.nasional2"), "national", "A", first.Plan)
	require.NoError(t, err)
	_, err = b.CommitDecree(t.Context(), b.as("admin.nasional2"), "national", "B", second.Plan)
	require.ErrorIs(t, err, fault.Conflict)
	stale, err := b.DecreePlan(t.Context(), b.as("admin.nasional2"), "national", "B")
	require.NoError(t, err)
	require.True(t, stale.Stale)
	again := plan("B", "2025-08-19")
	_, err = b.CommitDecree(t.Context(), b.as("admin.nasional2"), "national", "B", again.Plan)
	require.NoError(t, err)
}

func TestWhoMayChangeACalendar(t *testing.T) {
	t.Parallel()
	b, d := august(t)
	err := b.store.As(t.Context(), store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.PutCalendar(ctx, store.CalendarRow{ID: "dinkes", Zone: "Asia/Jakarta", WeekDays: 6, JointLeave: true}); err != nil {
			return err
		}
		return tx.PutAgency(ctx, store.Agency{ID: "kab.dinkes", Name: "Dinas Kesehatan", Parent: "kab", Calendar: "dinkes", Active: true})
	})
	require.NoError(t, err)
	regional := d
	regional.Days = []office.DecreeDay{{Date: "2025-08-15", Kind: calendar.RegionalOff, NameID: "Hari jadi kabupaten"}}
	for who, may := range map[string][2]bool{ // the national calendar; the one of kab.dinkes
		"admin.nasional": {true, true}, "admin.nasional2": {true, true}, "admin.kab": {false, true}, "admin.dinkes": {false, false},
		"admin.kota": {false, false}, "officer.dinkes": {false, false}, "supervisor": {false, false}, "auditor": {false, false},
	} {
		for i, id := range []string{"national", "dinkes"} {
			decree := d
			if i == 1 {
				decree = regional
			}
			_, err := b.PlanDecree(t.Context(), b.as(who), id, "K."+who, decree)
			if may[i] {
				require.NoError(t, err, "%s on %s", who, id)
			} else {
				require.ErrorIs(t, err, fault.Forbidden, "%s on %s", who, id)
			}
		}
	}
	_, err = b.PlanDecree(t.Context(), anyone, "national", skb, d)
	require.ErrorIs(t, err, fault.Unauthenticated)
	_, err = b.PlanDecree(t.Context(), b.as("admin.nasional"), "nirwana", skb, regional)
	require.ErrorIs(t, err, fault.NotFound)
}

func TestABadDecreeIsRefusedWithWhatToChangeAndNothingIsKept(t *testing.T) {
	t.Parallel()
	b, good := august(t)
	tests := map[string]struct {
		calendar, key string
		change        func(*office.Decree)
		field         string
	}{
		"a key that is none":     {"national", "SKB/1", func(*office.Decree) {}, "/key"},
		"no date of issue":       {"national", skb, func(d *office.Decree) { d.IssuedOn = "kemarin" }, "/issued_on"},
		"issued tomorrow":        {"national", skb, func(d *office.Decree) { d.IssuedOn = "2025-08-15" }, "/issued_on"},
		"a day that is none":     {"national", skb, func(d *office.Decree) { d.Days[0].Date = "2025-02-30" }, "/days/0/date"},
		"a regional day for all": {"national", skb, func(d *office.Decree) { d.Days[0].Kind = calendar.RegionalOff }, "/days/0/kind"},
		"a date twice":           {"national", skb, func(d *office.Decree) { d.Days = append(d.Days, d.Days[0]) }, "/days/1"},
		"an unknown decree taken back": {"national", skb, func(d *office.Decree) {
			d.Supersedes = []office.DecreeRef{{Decree: "SKB1999", Date: "2025-08-18"}}
		}, "/supersedes/0"},
		"a taken back day that is none": {"national", skb, func(d *office.Decree) {
			d.Supersedes = []office.DecreeRef{{Decree: "SKB2025", Date: "besok"}}
		}, "/supersedes/0/date"},
		"a year that is none": {"national", skb, func(d *office.Decree) { d.CalendarYear = 25 }, ""},
	}
	for name, tt := range tests {
		d := good
		d.Days = append([]office.DecreeDay{}, good.Days...)
		tt.change(&d)
		_, err := b.PlanDecree(t.Context(), b.as("admin.nasional"), tt.calendar, tt.key, d)
		var f *fault.Error
		require.ErrorAs(t, err, &f, name)
		require.Equal(t, fault.Invalid, f.Kind, name)
		require.Equal(t, tt.field, f.Field, name)
	}
	require.Zero(t, b.count(`SELECT count(*) FROM decree_plan`))
}

func TestACalendarIsAddedOnceAndNeverChangedByAddingIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	east := office.Calendar{ID: "papua", Zone: "Asia/Jayapura", WeekDays: 5, JointLeave: true}
	require.ErrorIs(t, b.PutCalendar(t.Context(), b.as("admin.kab"), east), fault.Forbidden)
	require.NoError(t, b.PutCalendar(t.Context(), b.as("admin.nasional"), east))
	require.NoError(t, b.PutCalendar(t.Context(), b.as("admin.nasional"), east), "again")
	east.WeekDays = 6
	require.ErrorIs(t, b.PutCalendar(t.Context(), b.as("admin.nasional"), east), fault.Conflict)
	revisions, err := b.Revisions(t.Context(), "papua")
	require.NoError(t, err)
	require.Len(t, revisions, 46, "it knows every national decree")
	require.True(t, revisions[0].National)
	_, err = b.Revisions(t.Context(), "nirwana")
	require.ErrorIs(t, err, fault.NotFound)
}
