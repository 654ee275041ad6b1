package deploy_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/workflows/contract"
)

func TestTheNamespaceJobMakesTheSearchAttributesOfTheContract(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("temporal/namespace.sh")
	require.NoError(t, err)
	listed := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) == 2 && strings.HasPrefix(f[0], "Kawal") {
			listed[f[0]] = f[1]
		}
	}
	want := map[string]string{}
	for _, k := range contract.SearchAttributes() {
		want[k.GetName()] = k.GetValueType().String()
	}
	require.Equal(t, want, listed)
}
