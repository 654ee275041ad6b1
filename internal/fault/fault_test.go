package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
)

func TestAFaultIsFoundByItsKindThroughWrapping(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("select report: %w", fault.New(fault.NotFound, "Laporan %s tidak ada.", "X"))
	require.Error(t, err)
	require.ErrorIs(t, err, fault.NotFound)
	require.NotErrorIs(t, err, fault.Conflict)
	require.Equal(t, fault.NotFound, fault.KindOf(err))
}

func TestAnyOtherErrorIsInternal(t *testing.T) {
	t.Parallel()
	require.Equal(t, fault.Kind(""), fault.KindOf(errors.New("disk full")))
	require.Equal(t, fault.Kind(""), fault.KindOf(nil))
}

func TestAFaultNamesTheField(t *testing.T) {
	t.Parallel()
	err := fault.At("/title", "Judul wajib diisi.")
	require.ErrorIs(t, err, fault.Invalid)
	require.Equal(t, "/title", err.Field)
}
