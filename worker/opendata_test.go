package worker_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
)

func TestTheOpenDataOfANightAreMadeFromOneOClockInWIB(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := b.store.OpenData(t.Context())
	require.ErrorIs(t, err, fault.NotFound)
	for _, tt := range []struct{ now, day string }{
		{"2025-08-06T10:00:00+07:00", "2025-08-06"}, // a new installation has its first at once
		{"2025-08-07T00:59:59+07:00", "2025-08-06"},
		{"2025-08-07T01:00:00+07:00", "2025-08-07"},
		{"2025-08-07T23:00:00+07:00", "2025-08-07"},
		{"2025-08-09T03:00:00+07:00", "2025-08-09"}, // a night without a worker
	} {
		b.now, err = time.Parse(time.RFC3339, tt.now)
		require.NoError(t, err)
		for range 2 {
			require.NoError(t, b.config().MakeOpenData(t.Context()))
		}
		d, err := b.store.OpenData(t.Context())
		require.NoError(t, err)
		require.Equal(t, tt.day, d.Day.Format(time.DateOnly), tt.now)
		require.Equal(t, "region,category,month,status,agency,reports\r\n", string(d.CSV))
	}
	require.NoError(t, b.config().Fold(t.Context()))
}
