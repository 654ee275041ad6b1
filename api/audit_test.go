package api_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/office"
)

func TestTheAuditLogIsAskedWithEveryFilter(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	w := d.ask(t, "GET", "/v1/audit?report="+someID+"&subject=petugas.x&action=read_original&since=2025-08-06T09:00:00%2B07:00"+
		"&until=2025-08-07T09:00:00%2B07:00&limit=7&cursor=abc", "", staff)
	got := d.desk.last()
	require.Equal(t, "abc", got.Key)
	f := got.Asked.(office.AuditFilter)
	require.True(t, f.Since.Equal(time.Date(2025, 8, 6, 2, 0, 0, 0, time.UTC)))
	require.True(t, f.Until.Equal(time.Date(2025, 8, 7, 2, 0, 0, 0, time.UTC)))
	f.Since, f.Until = time.Time{}, time.Time{}
	require.Equal(t, office.AuditFilter{Report: someID, Subject: "petugas.x", Action: "read_original", Limit: 7}, f)
	var page struct {
		Lines []map[string]any `json:"lines"`
		Next  string           `json:"next"`
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &page))
	require.Equal(t, "next", page.Next)
	require.Len(t, page.Lines, 1)
	require.Equal(t, map[string]any{"with": []any{"read_original"}}, page.Lines[0]["detail"])
	require.NotContains(t, page.Lines[0], "id", "no number that counts what is going on")

	d.ask(t, "GET", "/v1/audit", "", staff)
	require.Equal(t, office.AuditFilter{}, d.desk.last().Asked)
}
