package web

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

func TestDatesAndNumbersAreWrittenAsTheirReadersWriteThem(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 8, 16, 18, 5, 0, 0, time.UTC) // past midnight in WIB
	for name, x := range map[string]struct{ got, want string }{
		"date":              {indonesian.date(at), "17 Agustus 2026"},
		"date in English":   {english.date(at), "17 August 2026"},
		"moment":            {indonesian.moment(at), "17 Agustus 2026, 01.05 WIB"},
		"day":               {indonesian.day("2026-08-17"), "Senin 17 Agustus 2026"},
		"day in English":    {english.day("2026-08-17"), "Monday 17 August 2026"},
		"no day":            {indonesian.day("besok"), "besok"},
		"month":             {indonesian.month("2026-08"), "Agustus 2026"},
		"month in English":  {english.month("2026-08"), "August 2026"},
		"no month":          {english.month("x"), "x"},
		"number":            {indonesian.number(1234567), "1.234.567"},
		"number in English": {english.number(1234567), "1,234,567"},
		"small number":      {indonesian.number(999), "999"},
		"decimal":           {indonesian.decimal(2.46), "2,5"},
	} {
		require.Equal(t, x.want, x.got, name)
	}
}

func TestABarIsAsLongAsItsShare(t *testing.T) {
	t.Parallel()
	b := indonesian.scoreBar(office.Scores{1, 0, 1, 2})
	require.Equal(t, 4, b.Total)
	require.Equal(t, part{4, "Sangat Puas", 2, 50, 0, 500}, b.Parts[0])
	require.Equal(t, part{1, "Tidak Puas", 1, 25, 750, 250}, b.Parts[3])
	require.Zero(t, indonesian.scoreBar(office.Scores{}).Total)
	c := newChart([]bit{{"a", 10}, {"b", 5}, {"c", 0}})
	require.Equal(t, []chartRow{{bit{"a", 10}, 1000}, {bit{"b", 5}, 500}, {bit{"c", 0}, 0}}, c.Rows)
}

// The QR code is read back by an own eye: only its size and that it is a picture
// of ours are held here; what it holds is held where it is made.
func TestOnlyPicturesOfOursStandAsData(t *testing.T) {
	t.Parallel()
	code, err := qrCode("https://lapor.contoh.id/laporan/KWL-7F3K-9Q2M-E")
	require.NoError(t, err)
	_, err = safeData(code)
	require.NoError(t, err)
	_, err = safeData("data:text/html;base64,PHNjcmlwdD4=")
	require.Error(t, err)
}

// Whatever may stand in a timeline has a text.
func TestEveryEventHasAText(t *testing.T) {
	t.Parallel()
	actions := []report.Action{report.Submit, "identity_opened", "deadline_moved", "late_lifted"}
	for _, row := range report.Table {
		actions = append(actions, row.Action)
	}
	for _, l := range languages {
		for _, a := range actions {
			require.True(t, l.has("event."+string(a)), "%s %s", l, a)
		}
	}
}
