package calendar_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/calendar"
)

func TestCountingBackUndoesCountingOn(t *testing.T) {
	t.Parallel()
	zone, err := calendar.Zone("Asia/Makassar")
	require.NoError(t, err)
	x, err := calendar.Config{ID: "wita", Zone: zone, WeekDays: 5, JointLeaveOff: true, Ledger: calendar.National()}.At(calendar.National().Revision())
	require.NoError(t, err)
	for d := calendar.NewDate(2020, 1, 1); d < calendar.NewDate(2029, 1, 1); d++ { // past the horizon too
		if !x.IsWorking(d) {
			continue
		}
		for _, n := range []int{0, 1, 5, 14} {
			require.Equal(t, d, x.Back(x.NthDay(d, n), n), "%s and %d days", d, n)
		}
	}
	require.Equal(t, calendar.NewDate(2025, 8, 15), x.Back(calendar.NewDate(2025, 8, 19), 1)) // the 18th is off
	due := calendar.NewDate(2025, 8, 13)
	require.Equal(t, (due + 1).Start(zone), x.Midnight(x.Opening(due)))
}
