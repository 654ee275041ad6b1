package seal_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/seal"
)

// What a sealed submission costs beyond an open one: a seal for each pair.
func BenchmarkSealFor(b *testing.B) {
	for _, n := range []int{2, 3, 5} {
		b.Run(fmt.Sprintf("%d custodians", n), func(b *testing.B) {
			var public []seal.Custodian
			for i := range n {
				k, err := seal.NewCustodianKey(fmt.Sprintf("kustodian.%d", i+1))
				require.NoError(b, err)
				public = append(public, k.Custodian)
			}
			all, err := seal.NewCustodians(public...)
			require.NoError(b, err)
			for b.Loop() {
				_, _, err := all.SealFor("identity", "KWL-1", []byte(person))
				require.NoError(b, err)
			}
		})
	}
}
