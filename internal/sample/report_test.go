package sample_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/sample"
)

func TestTheSameNumberGivesTheSameReport(t *testing.T) {
	t.Parallel()
	for i := range uint64(500) {
		require.Equal(t, sample.Report(i), sample.Report(i))
	}
	first := sample.Text{Title: "Usul tempat jemput ojek daring", Class: "aspiration", Category: "transport.ride-hailing",
		Body: "Pengemudi ojek daring menunggu di badan jalan depan stasiun. Kami mengusulkan tempat jemput yang teratur. " +
			"Usul ini sudah dibicarakan dalam pertemuan warga. Semoga usul ini dapat dipertimbangkan.",
		Agency: "dinas-perhubungan", Region: "32.10", Located: true, Lat: -6.8185, Long: 108.22054, DaysAgo: 12}
	require.Equal(t, first, sample.Report(1), "the row of reports never changes, so that benchmarks stay comparable")
	require.NotEqual(t, sample.Report(1), sample.Report(2))
	require.NotEmpty(t, sample.Report(1<<64-1).Title)
}

func TestTopicsOccurWithTheirWeights(t *testing.T) {
	t.Parallel()
	const n = 20000
	sum, found := 0, map[string]int{}
	for i := range uint64(n) {
		topic, _, _ := strings.Cut(sample.Report(i).Category, ".")
		found[topic]++
	}
	for _, c := range sample.Categories() {
		sum += c.Weight
	}
	for _, c := range sample.Categories() {
		if c.Parent == "" {
			want := n * float64(c.Weight) / float64(sum)
			require.InDelta(t, want, found[c.Code], 0.1*want+20, c.Code)
		}
	}
}

func TestReportsAreWholeAndReferToWhatExists(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, c := range sample.Categories() {
		known["category "+c.Code] = true
	}
	for _, a := range sample.Agencies() {
		known["agency "+a.ID] = true
	}
	for _, r := range sample.Regions() {
		known["region "+r.Code] = true
	}
	classes := []string{"complaint_ordinary", "complaint_supervisory", "aspiration", "information_request"}
	openings, seen, located := map[string]bool{}, map[string]int{}, 0
	for i := range uint64(5000) {
		r := sample.Report(i)
		require.True(t, known["category "+r.Category], r.Category)
		require.True(t, r.Agency == "" || known["agency "+r.Agency], r.Agency)
		require.True(t, known["region "+r.Region], r.Region)
		require.Contains(t, classes, r.Class)
		require.LessOrEqual(t, utf8.RuneCountInString(r.Title), 80)
		require.Greater(t, utf8.RuneCountInString(r.Body), 100, r.Body)
		require.True(t, r.DaysAgo >= 0 && r.DaysAgo <= 60)
		openings[r.Category+" "+r.Title] = true
		seen[r.Class]++
		seen["agency "+r.Agency]++
		if r.Located {
			located++
		}
	}
	require.Greater(t, len(openings), 130)
	for _, class := range classes {
		require.Greater(t, seen[class], 100, class)
	}
	for _, agency := range []string{"", "dinas-pupr", "puskesmas-tirta-satu", "samudralaya", "cendrawana", "kementerian-layanan-warga"} {
		require.Positive(t, seen["agency "+agency], agency)
	}
	require.InDelta(t, 4250, located, 150)
}

func TestEveryCategoryIsReported(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for i := range uint64(10000) {
		found[sample.Report(i).Category] = true
	}
	inner := map[string]bool{}
	for _, c := range sample.Categories() {
		inner[c.Parent] = true
	}
	for _, c := range sample.Categories() {
		require.True(t, inner[c.Code] || found[c.Code], c.Code)
	}
}

func BenchmarkReport(b *testing.B) {
	b.ReportAllocs()
	i := uint64(0)
	for b.Loop() {
		_ = sample.Report(i)
		i++
	}
}

// Distances are in degrees of latitude and longitude.
func TestPointsLieNearTheirRegionInsideIndonesia(t *testing.T) {
	t.Parallel()
	bandung, jayapura, abroad := 0, 0, 0
	for i := range uint64(5000) {
		r := sample.Report(i)
		if r.Region == "abroad" {
			abroad++
			require.False(t, r.Located)
		}
		if !r.Located {
			require.Zero(t, r.Lat)
			require.Zero(t, r.Long)
			continue
		}
		require.True(t, r.Lat > -11 && r.Lat < 6 && r.Long > 95 && r.Long < 141.1, "%v", r)
		switch r.Region {
		case "32.73": // Kota Bandung
			bandung++
			require.InDelta(t, -6.915, r.Lat, 0.0201)
			require.InDelta(t, 107.610, r.Long, 0.0201)
		case "91.71": // Kota Jayapura
			jayapura++
			require.InDelta(t, -2.533, r.Lat, 0.0201)
			require.InDelta(t, 140.717, r.Long, 0.0201)
		}
	}
	require.Positive(t, bandung)
	require.Positive(t, jayapura)
	require.Positive(t, abroad)
}

func TestTheSuggestedAgencyGovernsTheRegion(t *testing.T) {
	t.Parallel()
	province := map[string]string{}
	for _, a := range sample.Agencies() {
		province[a.ID] = a.Region
	}
	for i := range uint64(5000) {
		r := sample.Report(i)
		require.True(t, strings.HasPrefix(r.Region, province[r.Agency]), "%s suggested in %s", r.Agency, r.Region)
	}
}

// Two capitalised words in a row would look like a person's name; names of
// programmes and acronyms are the exceptions.
func TestNoReportNamesAPersonOrANumber(t *testing.T) {
	t.Parallel()
	programmes := strings.NewReplacer("Program Keluarga Harapan", "program")
	names := regexp.MustCompile(`\b[A-Z][a-z]+ [A-Z][a-z]+`)
	digits := regexp.MustCompile(`[0-9]`)
	for i := range uint64(5000) {
		r := sample.Report(i)
		for _, text := range []string{r.Title, r.Body} {
			require.NotRegexp(t, names, programmes.Replace(text))
			require.NotRegexp(t, digits, text)
		}
	}
}
