package api

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
)

func FuzzWhatTheStrictReaderPassesIsReadAsWritten(f *testing.F) {
	for _, seed := range []string{`{"a":"b"}`, `{"a":1,"a":2}`, `[1,[2,{"x":"\ud83d\ude00"}]]`, `"\\ud800"`, `"\ud800"`, `"\uDC00\uD800"`, `"\u0000"`, "\"\xff\"", `{"a":1}{}`, `nul`, ``} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		err := strict(body)
		if err != nil {
			require.ErrorIs(t, err, fault.Invalid)
			return
		}
		d := json.NewDecoder(bytes.NewReader(body))
		var v any
		require.NoError(t, d.Decode(&v))
		_, err = d.Token()
		require.ErrorIs(t, err, io.EOF)
		require.True(t, utf8.Valid(body))
		if !bytes.Contains(body, []byte("�")) && !bytes.Contains(bytes.ToLower(body), []byte(`\ufffd`)) {
			again, err := json.Marshal(v)
			require.NoError(t, err)
			require.NotContains(t, string(again), "�", "nothing was replaced")
		}
	})
}

func TestASurrogateIsLoneOnlyWithoutItsPair(t *testing.T) {
	t.Parallel()
	for body, lone := range map[string]bool{
		`"\ud83d\ude00"`: false, `"\uD83D\uDE00"`: false, `"\\ud83d"`: false, `"\u00e9"`: false, `"\ufffd"`: false,
		`"\ud83d"`: true, `"\ude00"`: true, `"\ud83dx\ude00"`: true, `"\ud83d\ud83d\ude00"`: true, `"\uDFFF"`: true,
	} {
		require.Equal(t, lone, loneSurrogate([]byte(body)), body)
	}
}
