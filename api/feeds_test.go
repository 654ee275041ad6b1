package api_test

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/api"
	"github.com/kawal-id/kawal/office"
)

// RFC 4287 section 4.1.1 and 4.1.2: what a feed and an entry must have.
func TestTheAtomFeedHasAllThatRFC4287Demands(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(c *api.Config) { c.Pages = "https://kawal.example/laporan" })
	w := d.ask(t, "GET", "/v1/feed.atom?agency=dinas-pu", "", nobody)
	require.Equal(t, office.Filter{Agency: "dinas-pu"}, d.desk.last().Asked)
	var f struct {
		XMLName xml.Name  `xml:"http://www.w3.org/2005/Atom feed"`
		ID      string    `xml:"id"`
		Title   string    `xml:"title"`
		Updated time.Time `xml:"updated"`
		Link    struct {
			Rel  string `xml:"rel,attr"`
			Href string `xml:"href,attr"`
		} `xml:"link"`
		Entries []struct {
			ID      string    `xml:"id"`
			Title   string    `xml:"title"`
			Updated time.Time `xml:"updated"`
			Author  string    `xml:"author>name"`
			Content string    `xml:"content"`
			Link    struct {
				Href string `xml:"href,attr"`
			} `xml:"link"`
		} `xml:"entry"`
	}
	require.NoError(t, xml.Unmarshal(w.Body.Bytes(), &f))
	require.True(t, strings.HasPrefix(f.ID, "urn:uuid:"))
	require.Contains(t, f.Title, "dinas-pu")
	require.Equal(t, noon, f.Updated)
	require.Equal(t, "self", f.Link.Rel)
	require.Equal(t, "https://kawal.example/v1/feed.atom?agency=dinas-pu", f.Link.Href)
	require.Len(t, f.Entries, 1)
	e := f.Entries[0]
	require.True(t, strings.HasPrefix(e.ID, "urn:uuid:"))
	require.Equal(t, "=1+1", e.Title)
	require.Equal(t, entry().Body, e.Content)
	require.Equal(t, "Pelapor", e.Author)
	require.Equal(t, "https://kawal.example/laporan/"+someID, e.Link.Href)

	var j struct {
		Items []struct{ ID string }
	}
	require.NoError(t, json.Unmarshal(d.ask(t, "GET", "/v1/feed.json?region=32.04", "", nobody).Body.Bytes(), &j))
	require.Equal(t, e.ID, j.Items[0].ID, "a report has one id in all feeds")
	other := newDoor(t, func(c *api.Config) { c.Pages = "https://lain.example/laporan" })
	require.Contains(t, other.ask(t, "GET", "/v1/feed.atom", "", nobody).Body.String(), e.ID, "whatever serves it")
}

func TestAFeedThatIsTheSameIsNotSentAgain(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/v1/feed.atom", "/v1/feed.json"} {
		d := newDoor(t)
		tag := d.ask(t, "GET", path, "", nobody).Header().Get("ETag")
		require.Regexp(t, `^"[0-9a-f]{64}"$`, tag)
		for _, known := range []string{tag, "W/" + tag, `"x", ` + tag} {
			w := d.ask(t, "GET", path, "", as{"If-None-Match": known})
			require.Equal(t, http.StatusNotModified, w.Code, known)
			require.Empty(t, w.Body.String())
			require.Equal(t, tag, w.Header().Get("ETag"))
		}
		require.Equal(t, http.StatusOK, d.ask(t, "GET", path, "", as{"If-None-Match": `"x"`}).Code)
	}
}

func TestTheMapAsksForWhatTheAddressSays(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	w := d.ask(t, "GET", "/v1/map/clusters?zoom=9&bbox=106,-7,108,-6&stage=closed&until=2025-08-06T00:00:00Z", "", nobody)
	require.JSONEq(t, `{"by":"province","counted":"totals","total":12,"without_point":3,"clusters":[{"region":"32","count":12,"lat":-6.9,"long":107.6}]}`, w.Body.String())
	asked := d.desk.last().Asked.(struct {
		office.Filter
		Zoom int
	})
	require.Equal(t, 9, asked.Zoom)
	require.Equal(t, &[4]float64{106, -7, 108, -6}, asked.BBox)
	require.Equal(t, http.StatusBadRequest, d.ask(t, "GET", "/v1/map/clusters?zoom=21", "", nobody).Code)
	require.Equal(t, http.StatusBadRequest, d.ask(t, "GET", "/v1/map/clusters", "", nobody).Code)
	d.ask(t, "GET", "/v1/reports.geojson?limit=7", "", nobody)
	require.Equal(t, office.Filter{Limit: 7}, d.desk.last().Asked)
}
