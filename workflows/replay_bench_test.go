package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkReplay runs a whole recorded life through the present code, as a
// worker does with a report that has left its cache. The history is in memory
// and its payloads are open.
func BenchmarkReplay(b *testing.B) {
	for _, name := range []string{"silent_closure", "reassigned", "withdrawn"} {
		b.Run(name, func(b *testing.B) {
			h := readHistory(b, name)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := replay(h); err != nil {
					require.NoError(b, err)
				}
			}
			b.ReportMetric(float64(len(h.Events)*b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
