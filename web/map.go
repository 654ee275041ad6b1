package web

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
)

// Where the map begins, and how near and far it goes. Up to zoom 8 the server counts
// by province (office.Clusters).
const (
	mapLat, mapLong = -2.5, 118.0 // the middle of Indonesia
	mapZoom         = 5
	nearest         = 16
	farthest        = 3
	byProvince      = 8
)

// Tiles is a tile server that an operator chose for the map. The zero Tiles: none; then
// the outline of Indonesia is all there is, and no other host is asked.
type Tiles struct {
	URL         string // as Leaflet wants it: https://HOST/{z}/{x}/{y}.png
	Attribution string // what its licence asks for, plain text
}

// origin is the host that the content security policy must let in.
func (t Tiles) origin() (string, error) {
	if t.URL == "" {
		return "", nil
	}
	u, err := url.Parse(strings.NewReplacer("{z}", "0", "{x}", "0", "{y}", "0").Replace(t.URL))
	if err != nil || u.Scheme != "https" || u.Host == "" || strings.ContainsAny(u.Host, "{};, ") {
		return "", fmt.Errorf("tiles: %q is no https address such as https://ubin.example/{z}/{x}/{y}.png", t.URL)
	}
	return "https://" + u.Host, nil
}

// mapView is where somebody looks.
type mapView struct {
	Lat, Long float64
	Zoom      int
}

// place is one number of the map with what lies there.
type place struct {
	office.Cluster
	Name    string
	Nearer  string // address of the map closer to it; empty: it is as near as it gets
	Reports string // address of the list of its reports; empty: it is no province
}

// mapPage is the map and the equal list beside it. A script makes the map from the
// list: what it shows is what stands here.
type mapPage struct {
	listPage
	mapView
	Places  []place
	Total   int
	Without *int // reports without a point; nil: not known
	Tiles   Tiles
	Whole   bool // the address names no place
	Box     bool // the list is of the part of the map that is seen
}

// mapped shows where reports are.
func (s *server) mapped(c *gin.Context) error {
	l, ctx := languageOf(c), c.Request.Context()
	k, err := s.catalogue(c)
	if err != nil {
		return err
	}
	s.allowTiles(c)
	filter, f, err := filterOf(c)
	p := mapPage{Tiles: s.Tiles, listPage: listPage{Form: f, Topics: k.topics(l), Regions: k.places(), Units: k.units(), Stages: l.stageOptions(), Filter: len(f.Values) > 0}}
	var box *[4]float64
	if err == nil {
		p.mapView, box, err = viewOf(c)
	}
	var found office.Clusters
	if err == nil {
		filter.BBox = box
		found, err = s.Office.Clusters(ctx, anybody, filter, p.Zoom)
	}
	var latest office.Page
	if err == nil {
		if p.Box = p.Zoom > byProvince; !p.Box {
			filter.BBox = nil
		}
		filter.Limit = 20
		latest, err = s.Office.List(ctx, anybody, filter, "")
	}
	status := http.StatusOK
	if err != nil {
		if !f.blamed(l, err, "q") {
			return err
		}
		status, p.Form = http.StatusUnprocessableEntity, f
		p.mapView = mapView{mapLat, mapLong, mapZoom}
	}
	p.Whole = c.Query("zoom") == ""
	p.Total, p.Without, p.Reports = found.Total, found.WithoutPoint, k.listed(l, latest.Reports)
	for _, x := range found.Clusters {
		p.Places = append(p.Places, s.place(l, k, f, p.Zoom, x))
	}
	slices.SortStableFunc(p.Places, func(a, b place) int { return cmp.Compare(b.Count, a.Count) })
	return s.show(c, status, "map", page{Path: "/peta", Data: p})
}

// allowTiles lets the operator's tile server into the policy of a page with a map.
func (s *server) allowTiles(c *gin.Context) {
	if s.tiles != "" {
		c.Header("Content-Security-Policy", strings.Replace(policy, "img-src 'self' data:", "img-src 'self' data: "+s.tiles, 1))
	}
}

func (s *server) place(l language, k *catalogue, f form, zoom int, x office.Cluster) place {
	p := place{Cluster: x, Name: k.region[x.Region].Name}
	if x.Region == "" {
		p.Name = l.say("map.around", l.degrees(x.Lat), l.degrees(x.Long))
	} else {
		p.Reports = "/laporan?" + with(f.Values, "region", x.Region)
	}
	if zoom < nearest {
		more := url.Values{"lat": {degree(x.Lat)}, "long": {degree(x.Long)}, "zoom": {strconv.Itoa(min(max(zoom+2, byProvince+1), nearest))}}
		for name, v := range f.Values {
			more[name] = v
		}
		p.Nearer = "/peta?" + more.Encode()
	}
	return p
}

func degree(v float64) string { return strconv.FormatFloat(v, 'f', 4, 64) }

// degrees writes a coordinate as people read it.
func (l language) degrees(v float64) string {
	return strings.Replace(strconv.FormatFloat(v, 'f', 2, 64), ".", l.say("number.decimal"), 1)
}

// viewOf reads where somebody looks, and the box that is seen: that of the address
// [bbox: west,south,east,north], or what a small screen would show.
func viewOf(c *gin.Context) (mapView, *[4]float64, error) {
	v := mapView{mapLat, mapLong, mapZoom}
	for name, to := range map[string]*float64{"lat": &v.Lat, "long": &v.Long} {
		if text := c.Query(name); text != "" {
			n, err := strconv.ParseFloat(text, 64)
			if err != nil || !(n >= -180 && n <= 180) {
				return v, nil, fault.At("/q", "Letak peta %q tidak sah.", text)
			}
			*to = n
		}
	}
	if text := c.Query("zoom"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < farthest || n > nearest {
			return v, nil, fault.At("/q", "Perbesaran peta harus %d sampai %d.", farthest, nearest)
		}
		v.Zoom = n
	}
	box, err := boxOf(c.Query("bbox"))
	if err != nil || box != nil || v.Zoom <= byProvince {
		return v, box, err
	}
	wide := 360.0 / float64(int(1)<<v.Zoom) // of a tile of 256 pixels
	return v, &[4]float64{max(v.Long-1.5*wide, -180), max(v.Lat-wide, -90), min(v.Long+1.5*wide, 180), min(v.Lat+wide, 90)}, nil
}

// boxOf reads west,south,east,north; nil if there is none.
func boxOf(text string) (*[4]float64, error) {
	if text == "" {
		return nil, nil
	}
	parts := strings.Split(text, ",")
	var box [4]float64
	for i := range box {
		var err error
		if len(parts) != len(box) {
			err = strconv.ErrSyntax
		} else {
			box[i], err = strconv.ParseFloat(parts[i], 64)
		}
		if err != nil {
			return nil, fault.At("/q", "Kotak peta %q tidak sah.", text)
		}
	}
	return &box, nil
}
