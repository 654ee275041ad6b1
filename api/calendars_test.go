package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/office"
)

const (
	decreeAddress = "/v1/calendars/kota/decrees/PERWALI-1"
	decreeBody    = `{"issued_on":"2026-02-10","track":"Perwali","calendar_year":2026,"title":"Perwali 1/2026","days":[],
		"hours":[{"from":"2026-02-18","to":"2026-03-13","weekdays":[1,2,3,4],"opens":"08:00","break_from":"12:00","break_to":"12:30","closes":"15:00"},
			{"from":"2026-02-18","weekdays":[5],"opens":"08:00","closes":"24:00"}],
		"settings":{"zone":"Asia/Makassar","week_days":6,"joint_leave_off":false}}`
)

func TestADecreeCarriesHoursAndSettings(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	w := d.ask(t, "PUT", decreeAddress, decreeBody, staff)
	require.Equal(t, http.StatusOK, w.Code, "%s", w.Body)
	asked := d.desk.calls[0].Asked.(office.Decree)
	require.Equal(t, []office.DecreeHours{
		{From: "2026-02-18", To: "2026-03-13", Weekdays: []int{1, 2, 3, 4}, Opens: "08:00", BreakFrom: "12:00", BreakTo: "12:30", Closes: "15:00"},
		{From: "2026-02-18", Weekdays: []int{5}, Opens: "08:00", Closes: "24:00"},
	}, asked.Hours)
	require.Equal(t, &office.DecreeSettings{Zone: "Asia/Makassar", WeekDays: 6, JointLeaveOff: new(false)}, asked.Settings)
	var answer office.DecreePlan
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
	require.Equal(t, asked, answer.Decree)
}

func TestBadHoursAndSettingsAreRefusedAtTheDoor(t *testing.T) {
	t.Parallel()
	for pointer, change := range map[string][2]string{
		"/hours/1/weekdays/0":  {`"weekdays":[5]`, `"weekdays":[8]`},
		"/hours/1/weekdays":    {`"weekdays":[5]`, `"weekdays":[]`},
		"/hours/1/closes":      {`"closes":"24:00"`, `"closes":"24:30"`},
		"/hours/0/break_to":    {`"break_to":"12:30"`, `"break_to":"12.30"`},
		"/hours/0/to":          {`"to":"2026-03-13"`, `"to":"kelak"`},
		"/settings/zone":       {`Asia/Makassar`, `Asia/Singapore`},
		"/settings/week_days":  {`"week_days":6`, `"week_days":4`},
		"/settings/half_day":   {`"week_days":6`, `"half_day":true`},
		"/hours/1/kind_of_day": {`"weekdays":[5]`, `"weekdays":[5],"kind_of_day":1`},
	} {
		t.Run(pointer, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t)
			w := d.ask(t, "PUT", decreeAddress, strings.Replace(decreeBody, change[0], change[1], 1), staff)
			require.Equal(t, http.StatusBadRequest, w.Code, "%s", w.Body)
			require.Equal(t, []string{pointer}, pointers(problem(t, w)), "%s", w.Body)
			require.Empty(t, d.desk.calls)
			for _, e := range problem(t, w).Errors {
				require.NotEqual(t, "Salah bentuk.", e.Detail, "it says what would be right")
			}
		})
	}
}
