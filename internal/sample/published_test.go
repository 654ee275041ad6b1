package sample_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/sample"
)

func TestPublishedReportsLieOverTheCountryTheMonthsAndTheStages(t *testing.T) {
	t.Parallel()
	known, hidden := map[string]bool{}, map[string]bool{}
	for _, r := range sample.Regions() {
		known[r.Code] = true
	}
	for _, a := range sample.Agencies() {
		known[a.ID] = true
	}
	weights, sum := map[string]int{}, 0
	for _, c := range sample.Categories() {
		if hidden[c.Code] = c.DefaultContent == "secret"; !hidden[c.Code] {
			weights[c.Code], sum = c.Weight, sum+c.Weight
		}
	}
	const n = 20_000
	provinces, stages, months, topics, located := map[string]int{}, map[string]int{}, map[int]int{}, map[string]int{}, 0
	for i := range uint64(n) {
		p := sample.Published(i)
		if i < 100 {
			require.Equal(t, p, sample.Published(i))
		}
		require.True(t, known[p.Region], p.Region)
		require.True(t, known[p.Agency], p.Agency)
		require.False(t, hidden[p.Category], p.Category)
		require.False(t, p.Late && p.Stage != "follow_up")
		if p.Located {
			located++
			require.InDelta(t, -2.5, p.Lat, 10)
			require.InDelta(t, 118, p.Long, 25)
		}
		province, _, _ := strings.Cut(p.Region, ".")
		topic, _, _ := strings.Cut(p.Category, ".")
		provinces[province]++
		topics[topic]++
		stages[p.Stage]++
		months[p.MinutesOf/(30*24*60)]++
	}
	require.Len(t, provinces, 39, "38 provinces and abroad")
	require.Len(t, months, 37)
	require.InDelta(t, n*6/7, located, n/20)
	for _, stage := range []string{"follow_up", "closure", "closed", "archived"} {
		require.Greater(t, stages[stage], n/100, stage)
	}
	for _, topic := range []string{"roads", "education"} {
		want := n * float64(weights[topic]) / float64(sum)
		require.InDelta(t, want, topics[topic], 0.25*want+20, topic)
	}
}
