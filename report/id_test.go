package report_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
)

func TestATrackingIDIsReadAsPeopleWriteIt(t *testing.T) {
	t.Parallel()
	for range 200 {
		id, err := report.NewID(rand.Reader)
		require.NoError(t, err)
		require.Regexp(t, `^KWL-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]$`, id)
		for _, typed := range []string{id, strings.ToLower(id), strings.ReplaceAll(id, "-", ""), " " + strings.ReplaceAll(id, "-", " "),
			strings.NewReplacer("0", "O", "1", "l").Replace(id)} {
			got, err := report.ParseID(typed)
			require.NoError(t, err, typed)
			require.Equal(t, id, got)
		}
	}
}

func TestEveryWrongSymbolIsFound(t *testing.T) {
	t.Parallel()
	const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	id, err := report.NewID(bytes.NewReader([]byte{7, 15, 3, 20, 9, 26, 2, 21}))
	require.NoError(t, err)
	for i := len("KWL-"); i < len(id); i++ {
		if id[i] == '-' {
			continue
		}
		for _, l := range letters {
			if byte(l) == id[i] {
				continue
			}
			_, err := report.ParseID(id[:i] + string(l) + id[i+1:])
			require.ErrorIs(t, err, fault.Invalid)
		}
	}
}

func TestWhatIsNoTrackingIDIsRefused(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "KWL", "KWL-0000-0000", "ABC-0000-0000-0", "KWL-0000-0000-00", "KWL-!000-0000-0", "KWL-Ω000-0000-0"} {
		_, err := report.ParseID(s)
		require.ErrorIs(t, err, fault.Invalid, s)
	}
}

func TestAFailingSourceOfRandomnessIsReported(t *testing.T) {
	t.Parallel()
	broken := errors.New("no entropy")
	_, err := report.NewID(iotest.ErrReader(broken))
	require.ErrorIs(t, err, broken)
}
