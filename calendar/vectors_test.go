package calendar_test

import (
	"encoding/csv"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/calendar"
)

// office is the usual calendar in a zone: national decrees, joint leave off.
func office(t testing.TB, zone string, week int) calendar.Config {
	t.Helper()
	z, err := calendar.Zone(zone)
	require.NoError(t, err)
	return calendar.Config{ID: "uji", Zone: z, WeekDays: week, JointLeaveOff: true, Ledger: calendar.National()}
}

func at(t testing.TB, c calendar.Config, revision int) *calendar.Index {
	t.Helper()
	x, err := c.At(revision)
	require.NoError(t, err)
	return x
}

func latest(t testing.TB, c calendar.Config) *calendar.Index {
	t.Helper()
	x, err := c.Latest()
	require.NoError(t, err)
	return x
}

func date(t testing.TB, s string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(s)
	require.NoError(t, err)
	return d
}

func instant(t testing.TB, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	require.NoError(t, err)
	return v
}

// TestEveryCaseOfTheList runs the hand-made list of due dates (testdata).
func TestEveryCaseOfTheList(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/due_dates.csv")
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"id", "category", "start", "zone", "n", "week", "as_of", "expect", "due_date", "note"}, rows[0])
	require.Len(t, rows[1:], 246)
	for _, row := range rows[1:] {
		t.Run(row[0]+" "+row[9], func(t *testing.T) {
			t.Parallel()
			checkCase(t, row)
		})
	}
}

func checkCase(t *testing.T, row []string) {
	n, err := strconv.Atoi(row[4])
	require.NoError(t, err)
	week, err := strconv.Atoi(row[5])
	require.NoError(t, err)
	c := office(t, row[3], week)
	x := latest(t, c)
	if row[6] != "latest" {
		x, err = c.AsOf(date(t, row[6]))
		require.NoError(t, err)
	}
	due, err := x.Due(instant(t, row[2]), n)
	if row[7] == "no_calendar" {
		require.ErrorAs(t, err, &calendar.HorizonError{})
		return
	}
	require.Equal(t, "ok", row[7])
	require.NoError(t, err)
	require.Equal(t, row[8], due.Date.String())
	require.Equal(t, row[8]+" 23:59:59", due.At.Add(-time.Second).In(c.Zone).Format(time.DateTime))
	require.Equal(t, time.UTC, due.At.Location())
	require.Equal(t, due, x.DueProvisional(instant(t, row[2]), n))
}
