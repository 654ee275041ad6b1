package report_test

import (
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/report"
)

var update = flag.Bool("update", false, "rewrite docs/stages.md")

func TestTheDiagramInTheDocumentsIsCurrent(t *testing.T) {
	t.Parallel()
	const page = "../docs/stages.md"
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(report.Diagram()), 0o644))
	}
	want, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Equal(t, string(want), report.Diagram(), "run: go test ./report -update")
}
