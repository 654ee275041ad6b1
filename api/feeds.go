package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/kawal-id/kawal/office"
)

// names is the name space of the URNs in feeds (RFC 9562 section 5.5, name based): a
// report has the same URN in every feed of every year, whatever address serves it.
var names = uuid.MustParse("7b1d4c06-58c3-4f43-9d4c-0c1c5c1a9e52")

func urn(of string) string { return uuid.NewSHA1(names, []byte(of)).URN() }

// anonymous is how the public reads the author of a report (RULES.md section 6).
const anonymous = "Pelapor"

// feed is a list of newest reports before it is written in a format.
type feed struct {
	title, id string
	self      string // address of the feed
	pages     string // address of the reports
	entries   []office.Entry
}

// feedOf reads the feed of a filter. name is that of the route.
func (s *server) feedOf(ctx context.Context, f office.Filter, name string) (feed, error) {
	ctx, caller := from(ctx)
	entries, err := s.Office.Feed(ctx, caller, f)
	if err != nil {
		return feed{}, err
	}
	query, title := url.Values{}, []string{"Laporan terbaru"}
	for _, part := range []struct{ key, word, value string }{{"agency", "instansi", f.Agency}, {"category", "kategori", f.Category}, {"region", "wilayah", f.Region}} {
		if part.value != "" {
			query.Set(part.key, part.value)
			title = append(title, part.word+" "+part.value)
		}
	}
	address := "/v1/" + name
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return feed{title: strings.Join(title, ", "), id: urn("feed?" + query.Encode()), self: s.origin() + address, pages: s.Pages, entries: entries}, nil
}

// origin is scheme and host of the public address; empty if it is not known.
func (s *server) origin() string {
	u, err := url.Parse(s.Pages)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// updated is when the last of the entries changed; without any the beginning of
// 1970: nothing that is no longer public shall be told by it.
func (f feed) updated() time.Time {
	last := time.Unix(0, 0).UTC()
	for _, e := range f.entries {
		if e.UpdatedAt.After(last) {
			last = e.UpdatedAt
		}
	}
	return last
}

// atomFeed is a feed of RFC 4287.
type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string      `xml:"xml:lang,attr"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated time.Time   `xml:"updated"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	ID         string         `xml:"id"`
	Title      string         `xml:"title"`
	Published  time.Time      `xml:"published"`
	Updated    time.Time      `xml:"updated"`
	Author     string         `xml:"author>name"`
	Links      []atomLink     `xml:"link"`
	Categories []atomCategory `xml:"category"`
	Content    atomText       `xml:"content"`
}

type atomCategory struct {
	Term   string `xml:"term,attr"`
	Scheme string `xml:"scheme,attr"`
}

type atomText struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

func (f feed) atom() ([]byte, error) {
	a := atomFeed{Lang: "id", ID: f.id, Title: f.title, Updated: f.updated(), Links: []atomLink{{"self", "application/atom+xml", f.self}}}
	for _, e := range f.entries {
		a.Entries = append(a.Entries, atomEntry{
			ID: urn(e.ID), Title: e.Title, Published: e.PublishedAt, Updated: e.UpdatedAt, Author: anonymous,
			Links: []atomLink{{Rel: "alternate", Href: f.pages + "/" + e.ID}},
			Categories: []atomCategory{{e.Category, "urn:kawal:category"}, {e.Agency, "urn:kawal:agency"}, {e.Region, "urn:kawal:region"},
				{string(e.Stage), "urn:kawal:stage"}},
			Content: atomText{"text", e.Body},
		})
	}
	body, err := xml.MarshalIndent(a, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write Atom feed: %w", err)
	}
	return append([]byte(xml.Header), append(body, '\n')...), nil
}

func (f feed) json() ([]byte, error) {
	j := JSONFeed{Version: "https://jsonfeed.org/version/1.1", Title: f.title, FeedUrl: f.self, Language: "id", Items: []JSONFeedItem{}}
	for _, e := range f.entries {
		j.Items = append(j.Items, JSONFeedItem{
			Id: urn(e.ID), Url: f.pages + "/" + e.ID, Title: e.Title, ContentText: e.Body, DatePublished: e.PublishedAt, DateModified: e.UpdatedAt,
			Authors: []JSONFeedAuthor{{Name: anonymous}}, Tags: []string{e.Category, e.Agency, e.Region, string(e.Stage)},
		})
	}
	var b bytes.Buffer
	w := json.NewEncoder(&b)
	w.SetEscapeHTML(false)
	if err := w.Encode(j); err != nil {
		return nil, fmt.Errorf("write JSON Feed: %w", err)
	}
	return b.Bytes(), nil
}

// tagged is bytes with the strong ETag of their content: their digest, of which
// nothing can be read but whether they are the same.
type tagged struct {
	kind string
	body []byte
	name string // of the file to save; empty: none
	same bool   // the caller has them
}

func tag(kind string, body []byte, known string) tagged {
	t := tagged{kind: kind, body: body}
	for _, one := range strings.Split(known, ",") {
		one = strings.TrimPrefix(strings.TrimSpace(one), "W/") // If-None-Match compares weakly, RFC 9110 section 13.1.2
		t.same = t.same || one == t.etag()
	}
	return t
}

func (t tagged) etag() string { return fmt.Sprintf(`"%x"`, sha256.Sum256(t.body)) }

func (t tagged) write(w http.ResponseWriter) error {
	w.Header().Set("ETag", t.etag())
	if t.same {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	w.Header().Set("Content-Type", t.kind)
	if t.name != "" {
		w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", t.name))
	}
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(t.body)
	return err
}

// VisitReadAtomFeedResponse writes the answer.
func (t tagged) VisitReadAtomFeedResponse(w http.ResponseWriter) error { return t.write(w) }

// VisitReadJSONFeedResponse writes the answer.
func (t tagged) VisitReadJSONFeedResponse(w http.ResponseWriter) error { return t.write(w) }

// VisitReadOpenDataResponse writes the answer.
func (t tagged) VisitReadOpenDataResponse(w http.ResponseWriter) error { return t.write(w) }

// ReadAtomFeed lists the newest reports as an Atom feed.
func (s *server) ReadAtomFeed(ctx context.Context, r ReadAtomFeedRequestObject) (ReadAtomFeedResponseObject, error) {
	p := r.Params
	f, err := s.feedOf(ctx, office.Filter{Category: p.Category, Agency: p.Agency, Region: p.Region}, "feed.atom")
	if err != nil {
		return nil, err
	}
	body, err := f.atom()
	if err != nil {
		return nil, err
	}
	return tag("application/atom+xml", body, p.IfNoneMatch), nil
}

// ReadJSONFeed lists the newest reports as a JSON Feed.
func (s *server) ReadJSONFeed(ctx context.Context, r ReadJSONFeedRequestObject) (ReadJSONFeedResponseObject, error) {
	p := r.Params
	f, err := s.feedOf(ctx, office.Filter{Category: p.Category, Agency: p.Agency, Region: p.Region}, "feed.json")
	if err != nil {
		return nil, err
	}
	body, err := f.json()
	if err != nil {
		return nil, err
	}
	return tag("application/feed+json", body, p.IfNoneMatch), nil
}

// ReadOpenData hands out the open data of last night.
func (s *server) ReadOpenData(ctx context.Context, _ ReadOpenDataRequestObject) (ReadOpenDataResponseObject, error) {
	ctx, caller := from(ctx)
	d, err := s.Office.OpenData(ctx, caller)
	if err != nil {
		return nil, err
	}
	t := tag("text/csv", d.CSV, "")
	t.name = "data-terbuka-" + d.Day.Format(time.DateOnly) + ".csv"
	return t, nil
}
