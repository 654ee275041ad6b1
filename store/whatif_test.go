package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

func TestWhatOtherRulesWouldHaveMadeLate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	day := func(s string) { b.setNow(wib(s + " 09:00")) }
	day("2025-06-02")
	met := b.file(filed{}).ID // V answered on the second day
	day("2025-06-04")
	b.forward(met, works)
	day("2025-06-02")
	late := b.file(filed{}).ID // V answered on the fourth, Tuesday the 10th: 3, 4, 5 June; 6 and 9 off
	day("2025-06-10")
	b.forward(late, works)
	day("2025-06-02")
	paused := b.file(filed{}).ID // V asked on the first day, answered a week later, forwarded at once
	day("2025-06-03")
	b.mustGive(paused, b.said(report.Command{Action: report.RequestInfo, By: report.Admin, Office: kab}, store.Text{Kind: store.TextQuestion, Body: "Di mana?"}))
	day("2025-06-12")
	b.mustGive(paused, b.said(report.Command{Action: report.SupplyInfo, By: report.Reporter}, store.Text{Kind: store.TextAnswer, Body: "Di sini."}))
	b.forward(paused, works)
	day("2025-06-20")
	b.file(filed{}) // after the days asked about

	rules, err := report.RulesByID(report.DefaultRules)
	require.NoError(t, err)
	ask := func(v, f int) []store.WhatIfRow {
		t.Helper()
		q := store.WhatIf{Rules: rules, Calendar: "wib", From: civil("2025-06-01"), To: civil("2025-06-13")}
		q.Rules.Verification.N, q.Rules.FollowUp.N = v, f
		rows, err := b.s.WhatIf(t.Context(), q)
		require.NoError(t, err)
		again, err := b.s.WhatIf(t.Context(), q)
		require.NoError(t, err)
		require.Equal(t, rows, again, "the same answer twice")
		return rows
	}
	row := func(unit, name string, clocks, late, would int) store.WhatIfRow {
		return store.WhatIfRow{Unit: unit, Name: name, Clocks: clocks, Late: late, WouldBe: would, Revision: before18August}
	}
	// Six clocks of works: F and R of three reports. F of the first, from 4 June,
	// ends on the 13th: 5, 10 to 13 June.
	require.Equal(t, []store.WhatIfRow{row(kab, "Kabupaten", 3, 1, 1), row(works, "Dinas PU", 6, 0, 1)}, ask(3, 5), "as they were; F had passed by the end of the 13th, though unmarked")
	require.Equal(t, 2, ask(1, 5)[0].WouldBe, "V of one day: the first is late too, the paused one is not")
	require.Equal(t, 0, ask(5, 5)[0].WouldBe)
	require.Equal(t, 0, ask(3, 6)[1].WouldBe)
	require.Equal(t, 2, ask(3, 2)[1].WouldBe, "F of two days: from 4 June to the 10th, from the 10th to the 12th, from the 12th to the 16th")

	_, err = b.s.WhatIf(t.Context(), store.WhatIf{Rules: rules, Calendar: "nirwana", From: 1, To: 2})
	require.ErrorIs(t, err, fault.NotFound)
	_, err = b.s.WhatIf(t.Context(), store.WhatIf{Rules: rules, Calendar: "wib", Revision: 99, From: 1, To: 2})
	require.ErrorIs(t, err, fault.Invalid)
}
