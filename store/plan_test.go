package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/report"
)

// office is the national calendar of WIB as it stood on 8 August 2025: Monday
// the 18th is off.
func office(t *testing.T) *calendar.Index {
	t.Helper()
	zone, err := calendar.Zone("Asia/Jakarta")
	require.NoError(t, err)
	day, err := calendar.ParseDate("2025-08-08")
	require.NoError(t, err)
	c := calendar.Config{ID: "wib", Zone: zone, WeekDays: 5, JointLeaveOff: true, Ledger: calendar.National()}
	x, err := c.At(calendar.National().RevisionOn(day))
	require.NoError(t, err)
	return x
}

func moment(t *testing.T, s string) time.Time {
	t.Helper()
	if s == "" {
		return time.Time{}
	}
	v, err := time.ParseInLocation("2006-01-02 15:04", s, time.FixedZone("WIB", 7*3600))
	require.NoError(t, err)
	return v.UTC()
}

func TestThePlanOfAClock(t *testing.T) {
	t.Parallel()
	x := office(t)
	unit := func(id string) rungUnit { return rungUnit{id: id, admin: true, officer: true, head: true, office: x} }
	bare := func(id string) rungUnit { return rungUnit{id: id, office: x} }
	accused := func(id string) rungUnit { u := unit(id); u.shut = true; return u }
	top := unit("nasional")
	chain := []rungUnit{unit("jalan"), unit("pu"), unit("kab"), top}
	for name, tt := range map[string]struct {
		kind                     report.ClockKind
		limit                    report.Limit
		start, resumed, due, end string
		soon, late               string
		extra                    int
		status                   report.ClockStatus
		stage                    report.Stage
		demo                     bool
		holder, queue            []rungUnit
		want                     []string
	}{
		"one day": {kind: report.FirstFollowUp, limit: report.Limit{Unit: report.WorkingDays, N: 1}, start: "2025-08-06 09:00", due: "2025-08-08 00:00",
			want: []string{"08-07 07:30 officers day1 jalan"}},
		"no day": {kind: report.FirstFollowUp, limit: report.Limit{Unit: report.WorkingDays}, start: "2025-08-06 06:00", due: "2025-08-07 00:00"},
		"two days, of which the first is half and the last but one": {kind: report.FirstFollowUp, limit: report.Limit{Unit: report.WorkingDays, N: 2},
			start: "2025-08-06 09:00", due: "2025-08-09 00:00", want: []string{"08-07 07:30 officers day1 jalan", "08-08 07:30 officers day2 jalan"}},
		"resolution in sixty days": {kind: report.Resolution, limit: report.Limit{Unit: report.WorkingDays, N: 60}, start: "2025-08-06 09:00", due: "2025-10-31 00:00",
			want: []string{"09-18 07:30 officers day30 jalan", "10-29 07:30 officers day59 jalan", "10-30 07:30 officers day60 jalan"}},
		"extended by three": {kind: report.FirstFollowUp, limit: report.Limit{Unit: report.WorkingDays, N: 5}, extra: 3, start: "2025-08-06 09:00", due: "2025-08-20 00:00",
			want: []string{"08-12 07:30 officers day4 jalan", "08-15 07:30 officers day7 jalan", "08-19 07:30 officers day8 jalan"}},
		"silence: the day before": {kind: report.Silence, limit: report.Limit{Unit: report.WorkingDays, N: 10}, start: "2025-08-06 09:00", due: "2025-08-22 00:00",
			stage: report.Closure, want: []string{"08-20 07:30 reporter day9"}},
		"calendar days over a long weekend": {kind: report.FirstFollowUp, limit: report.Limit{Unit: report.CalendarDays, N: 10}, start: "2025-08-08 09:00", due: "2025-08-20 00:00",
			want: []string{"08-14 07:30 officers day5 jalan", "08-15 07:30 officers day9 jalan", "08-19 07:30 officers day10 jalan"}},
		"fifteen hours, half of them at closing time": {kind: report.FirstFollowUp, limit: report.Limit{Unit: report.WorkingHours, N: 15}, start: "2025-08-06 07:30",
			soon: "2025-08-07 13:30", due: "2025-08-07 16:00", want: []string{"08-07 07:30 officers half jalan", "08-07 13:30 officers soon jalan"}},
		"seconds, on a Saturday night": {kind: report.FirstFollowUp, limit: report.Limit{Unit: report.Seconds, N: 300}, start: "2025-08-09 23:00", demo: true,
			soon: "2025-08-09 23:04", due: "2025-08-09 23:05", want: []string{"08-09 23:04 officers soon jalan"}},
		"paused": {kind: report.FirstFollowUp, limit: report.Limit{Unit: report.WorkingDays, N: 5}, start: "2025-08-06 09:00", due: "2025-08-14 00:00", status: report.Paused},
		"met":    {kind: report.FirstFollowUp, limit: report.Limit{Unit: report.WorkingDays, N: 5}, start: "2025-08-06 09:00", due: "2025-08-14 00:00", status: report.Met},
		"merged": {kind: report.FirstFollowUp, limit: report.Limit{Unit: report.WorkingDays, N: 5}, start: "2025-08-06 09:00", due: "2025-08-14 00:00", stage: report.Merged},
		"reopen": {kind: report.ReopenWindow, limit: report.Limit{Unit: report.WorkingDays, N: 10}, start: "2025-08-06 09:00", due: "2025-08-22 00:00"},
		"an hour": {kind: report.FirstFollowUp, limit: report.Limit{Unit: report.WorkingHours, N: 1}, start: "2025-08-06 09:00", soon: "2025-08-06 09:48", due: "2025-08-06 10:00",
			want: []string{"08-06 09:30 officers half jalan", "08-06 09:48 officers soon jalan"}},
		"late": {kind: report.FirstFollowUp, limit: report.Limit{Unit: report.WorkingDays, N: 5}, start: "2025-08-06 09:00", due: "2025-08-14 00:00", late: "2025-08-14 00:00",
			want: []string{"08-14 07:30 officers late jalan", "08-19 07:30 staff late pu", "08-21 07:30 heads late pu", "08-25 07:30 national late"}},
		"late with the agency itself": {kind: report.FirstFollowUp, limit: report.Limit{Unit: report.WorkingDays, N: 5}, start: "2025-08-06 09:00", due: "2025-08-14 00:00",
			late: "2025-08-14 00:00", holder: chain[1:],
			want: []string{"08-14 07:30 officers late pu", "08-19 07:30 admins late pu", "08-21 07:30 heads late pu", "08-25 07:30 national late"}},
		"late where nobody is": {kind: report.Resolution, limit: report.Limit{Unit: report.WorkingDays, N: 5}, start: "2025-08-06 09:00", due: "2025-08-14 00:00",
			late: "2025-08-14 00:00", holder: []rungUnit{bare("jalan"), bare("pu"), bare("kab"), top}, want: []string{"08-14 07:30 national late"}},
		"late in an accused agency": {kind: report.FirstFollowUp, limit: report.Limit{Unit: report.WorkingDays, N: 5}, start: "2025-08-06 09:00", due: "2025-08-14 00:00",
			late: "2025-08-14 00:00", holder: []rungUnit{accused("jalan"), accused("pu"), unit("kab"), top},
			want: []string{"08-14 07:30 heads late kab", "08-19 07:30 national late"}},
		"late verification": {kind: report.VerificationClock, limit: report.Limit{Unit: report.WorkingDays, N: 3}, start: "2025-08-06 09:00", due: "2025-08-12 00:00",
			late: "2025-08-12 00:00", stage: report.Verification, queue: chain[1:],
			want: []string{"08-12 07:30 admins late kab", "08-14 07:30 heads late kab", "08-19 07:30 national late"}},
		"late verification at the top": {kind: report.VerificationClock, limit: report.Limit{Unit: report.WorkingDays, N: 3}, start: "2025-08-06 09:00", due: "2025-08-12 00:00",
			late: "2025-08-12 00:00", stage: report.Verification, queue: chain[3:], want: []string{"08-12 07:30 national late"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := planned{days: x, national: top, holder: tt.holder, queue: tt.queue,
				state: report.State{ID: "KWL", Stage: tt.stage, Agency: "pu", Rules: report.RuleSet{Demo: tt.demo}},
				clock: report.Clock{Kind: tt.kind, Seq: 2, Limit: tt.limit, Extra: tt.extra, Status: tt.status, StartedAt: moment(t, tt.start),
					ResumedAt: moment(t, tt.resumed), DueAt: moment(t, tt.due), SoonAt: moment(t, tt.soon), LateAt: moment(t, tt.late)}}
			if p.holder == nil {
				p.holder = chain
			}
			if p.state.Stage == "" {
				p.state.Stage = report.FollowUp
			}
			if p.clock.Status == "" {
				p.clock.Status = report.Running
			}
			var got []string
			for _, s := range p.steps() {
				what := s.name
				if tt.late != "" {
					what = s.template
				}
				line := s.at.In(time.FixedZone("WIB", 7*3600)).Format("01-02 15:04") + " " + string(s.to) + " " + what
				if s.unit != "" {
					line += " " + s.unit
				}
				got = append(got, line)
			}
			require.Equal(t, tt.want, got)
		})
	}
}
