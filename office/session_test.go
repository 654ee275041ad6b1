package office_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
)

var short = office.SessionLife{Idle: 30 * time.Minute, Total: time.Hour}

func TestASessionLastsWhileItIsUsedAndNoLongerThanItsLife(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	shown := office.ShownCode{Report: "KWL-7F3K-9Q2M-E", Code: "7K2MQ-9Q2MT"}
	token, err := b.OpenSession(t.Context(), office.ReporterSession, shown, short)
	require.NoError(t, err)
	use := func(kind office.SessionKind, token string) error {
		var got office.ShownCode
		err := b.UseSession(t.Context(), kind, token, &got)
		if err == nil {
			require.Equal(t, shown, got)
		}
		return err
	}
	b.pass(29 * time.Minute)
	require.NoError(t, use(office.ReporterSession, token))
	b.pass(29 * time.Minute)
	require.NoError(t, use(office.ReporterSession, token), "using it puts off its end")
	require.ErrorIs(t, use(office.DeskSession, token), fault.Unauthenticated, "one kind opens no other")
	require.ErrorIs(t, use(office.ReporterSession, token+"x"), fault.Unauthenticated)
	b.pass(2 * time.Minute)
	require.ErrorIs(t, use(office.ReporterSession, token), fault.Unauthenticated, "an hour is its life")
}

func TestASessionThatIsNotUsedOrHasBeenEndedIsOver(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var got office.ShownCode
	unused, err := b.OpenSession(t.Context(), office.ReporterSession, got, short)
	require.NoError(t, err)
	b.pass(30 * time.Minute)
	require.ErrorIs(t, b.UseSession(t.Context(), office.ReporterSession, unused, &got), fault.Unauthenticated)
	ended, err := b.OpenSession(t.Context(), office.ReporterSession, got, short)
	require.NoError(t, err)
	require.Equal(t, 1, b.count(`SELECT count(*) FROM web_session`), "those that have ended are forgotten")
	for range 2 {
		require.NoError(t, b.EndSession(t.Context(), office.ReporterSession, ended))
	}
	require.ErrorIs(t, b.UseSession(t.Context(), office.ReporterSession, ended, &got), fault.Unauthenticated)
	require.Zero(t, b.count(`SELECT count(*) FROM web_session`))
}

func TestTheTableOfSessionsTellsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token, err := b.OpenSession(t.Context(), office.ReporterSession, office.ShownCode{Report: "KWL-7F3K-9Q2M-E", Code: "7K2MQ-9Q2MT"}, short)
	require.NoError(t, err)
	row := b.bytes(`SELECT convert_to(s::text, 'UTF8') || sealed || mac FROM web_session s`)
	for _, word := range []string{token, "KWL-7F3K-9Q2M-E", "7K2MQ-9Q2MT"} {
		require.False(t, bytes.Contains(row, []byte(word)), word)
	}
}
