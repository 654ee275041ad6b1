package report_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/report"
)

// BenchmarkApply decides one command.
func BenchmarkApply(b *testing.B) {
	for _, tt := range []struct {
		name string
		s    report.State
		c    report.Command
	}{
		{"forward", accepted(b), command(report.Forward, report.Admin)},
		{"follow-up", forwarded(b), command(report.PostFollowUp, report.Officer)},
		{"reply", answered(b), command(report.Reply, report.Reporter)},
	} {
		b.Run(tt.name, func(b *testing.B) {
			_, _, err := report.Apply(tt.s, tt.c)
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				_, _, _ = report.Apply(tt.s, tt.c)
			}
		})
	}
	b.Run("refused", func(b *testing.B) {
		s, c := accepted(b), command(report.PostFollowUp, report.Officer)
		_, _, err := report.Apply(s, c)
		require.Error(b, err)
		b.ReportAllocs()
		for b.Loop() {
			_, _, _ = report.Apply(s, c)
		}
	})
}
