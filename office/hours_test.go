package office_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/store"
)

// fasting is a made decree with the hours of Ramadan.
func fasting() office.Decree {
	return office.Decree{
		IssuedOn: "2025-08-05", Track: "SE", CalendarYear: 2025, Title: "Jam kerja (uji)", Days: []office.DecreeDay{},
		Hours: []office.DecreeHours{
			{From: "2025-08-11", To: "2025-08-29", Weekdays: []int{1, 2, 3, 4, 7}, Opens: "08:00", BreakFrom: "12:00", BreakTo: "12:30", Closes: "15:00"},
			{From: "2025-08-11", Weekdays: []int{5}, Opens: "08:00", Closes: "24:00"},
		},
	}
}

// city makes a calendar of the town, which admin.kota and the national
// administrators may revise.
func (b *bench) city() {
	b.t.Helper()
	require.NoError(b.t, b.store.As(b.t.Context(), store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.PutCalendar(ctx, store.CalendarRow{ID: "kota", Zone: "Asia/Jakarta", WeekDays: 5, JointLeave: true}); err != nil {
			return err
		}
		return tx.PutAgency(ctx, store.Agency{ID: "kota", Name: "Kota Contoh", Parent: "national", Region: "32.73", Calendar: "kota", Active: true})
	}))
}

func TestADecreeSetsOfficeHoursAndSettings(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.city()
	d := fasting()
	d.Settings = &office.DecreeSettings{Zone: "Asia/Makassar", WeekDays: 6, JointLeaveOff: new(false)}
	p, err := b.PlanDecree(t.Context(), b.as("admin.nasional"), "kota", "PERWALI-1", d)
	require.NoError(t, err)
	require.Equal(t, d, p.Decree)
	read, err := b.DecreePlan(t.Context(), b.as("admin.nasional2"), "kota", "PERWALI-1")
	require.NoError(t, err)
	require.Equal(t, d, read.Decree, "as it was entered")
	_, err = b.CommitDecree(t.Context(), b.as("admin.nasional2"), "kota", "PERWALI-1", p.Plan)
	require.NoError(t, err)

	all, err := b.Revisions(t.Context(), "kota")
	require.NoError(t, err)
	require.Equal(t, "PERWALI-1", all[0].Decree)
	require.ElementsMatch(t, d.Hours, all[0].Hours)
	require.Equal(t, d.Settings, all[0].Settings)
	require.Nil(t, all[1].Hours)
	require.Nil(t, all[1].Settings)

	calendars, err := b.Calendars(t.Context())
	require.NoError(t, err)
	require.Contains(t, calendars, office.Calendar{ID: "kota", Zone: "Asia/Makassar", WeekDays: 6, Revision: all[0].Revision})
}

func TestTheNationalCalendarTakesHoursButNoSettings(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := b.PlanDecree(t.Context(), b.as("admin.nasional"), "national", "SE-1", fasting())
	require.NoError(t, err)
	d := fasting()
	d.Settings = &office.DecreeSettings{WeekDays: 6}
	_, err = b.PlanDecree(t.Context(), b.as("admin.nasional"), "national", "SE-1", d)
	requireField(t, err, fault.Invalid, "/settings")
}

func TestHoursAndSettingsAreRefusedWithTheFieldAndTheReason(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.city()
	var everyDay []office.DecreeDay
	for d := calendar.NewDate(2025, time.January, 1); d.Year() == 2025; d++ {
		everyDay = append(everyDay, office.DecreeDay{Date: d.String(), Kind: calendar.RegionalOff, NameID: "Libur"})
	}
	for field, change := range map[string]func(*office.Decree){
		"/hours/1/from":       func(d *office.Decree) { d.Hours[1].From = "11 Agustus" },
		"/hours/0/to":         func(d *office.Decree) { d.Hours[0].To = "kelak" },
		"/hours/0/weekdays":   func(d *office.Decree) { d.Hours[0].Weekdays = []int{0} },
		"/hours/1/weekdays":   func(d *office.Decree) { d.Hours[1].Weekdays = []int{8} },
		"/hours/0/opens":      func(d *office.Decree) { d.Hours[0].Opens = "" },
		"/hours/0/break_from": func(d *office.Decree) { d.Hours[0].BreakFrom = "25:00" },
		"/hours/0/break_to":   func(d *office.Decree) { d.Hours[0].BreakTo = "12.30" },
		"/hours/1/closes":     func(d *office.Decree) { d.Hours[1].Closes = "24:30" },
		"/hours/0":            func(d *office.Decree) { d.Hours[0].Closes = "07:00" },
		"/hours/1":            func(d *office.Decree) { d.Hours[1].Weekdays = []int{4, 5} },
		"/settings":           func(d *office.Decree) { d.Settings = &office.DecreeSettings{WeekDays: 4} },
		"/days":               func(d *office.Decree) { d.Days = everyDay },
	} {
		d := fasting()
		change(&d)
		_, err := b.PlanDecree(t.Context(), b.as("admin.nasional"), "kota", "PERWALI-1", d)
		requireField(t, err, fault.Invalid, field)
	}
	d := fasting()
	d.Days = everyDay
	_, err := b.PlanDecree(t.Context(), b.as("admin.nasional"), "kota", "PERWALI-1", d)
	require.ErrorContains(t, err, fmt.Sprintf("kalender %s tanpa hari kerja pada tahun %d", "kota", 2025))
}
