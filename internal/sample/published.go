package sample

import (
	"strings"
	"sync"
)

// Public is a plausible published report somewhere in its life.
type Public struct {
	Text
	Stage     string // follow_up, closure, closed or archived
	Accepted  bool   // by its agency
	Late      bool   // its first follow-up; in follow_up only
	MinutesOf int    // minutes since it was published, 0 to three years
	Score     int    // 1 to 4; 0: nobody rated it
}

const (
	publishedFor = 3 * 365 * 24 * 60 // minutes
	openFor      = 45 * 24 * 60      // older ones are closed or archived
)

// governed are the regions below a province, with its seat.
var governed = sync.OnceValue(func() []seat {
	var all []seat
	for _, r := range Regions() {
		if s, ok := seatOf(r.Code); ok {
			all = append(all, s)
			continue
		}
		for _, s := range seats() {
			if r.Parent != "" && strings.HasPrefix(s.region, r.Parent+".") {
				all = append(all, seat{r.Code, s.lat, s.long})
				break
			}
		}
	}
	return all
})

// secret are the categories whose reports are secret.
var secret = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	for _, c := range Categories() {
		all[c.Code] = c.DefaultContent == "secret"
	}
	return all
})

// offices are the units that reports are addressed to.
var offices = sync.OnceValue(func() []string {
	var all []string
	for _, a := range Agencies() {
		if a.Parent != "" && a.ID != "demo" && !strings.Contains(a.ID, "inspektorat") {
			all = append(all, a.ID)
		}
	}
	return all
})

// Published returns the i-th of an endless row of plausible published reports: the
// same i gives the same, always. Words and topics are those of Report. Two of three
// lie near the seat they name, the others all over their province, some of them at
// sea; one of seven has no point.
func Published(i uint64) Public {
	p := Public{Text: Report(i)}
	for again := i; secret()[p.Category]; {
		again += 1 << 40 // what forces secrecy is not published
		p.Text = Report(again)
	}
	d := dice(i ^ 0x6b6177616c)
	if p.Region != "abroad" && d.below(3) == 0 {
		s := pick(&d, governed())
		p.Region = s.region
		p.Lat, p.Long = d.around(s.lat), d.around(s.long)
	}
	if p.Located = p.Region != "abroad" && d.below(7) > 0; !p.Located {
		p.Lat, p.Long = 0, 0
	} else if p.Lat == 0 {
		s, _ := seatOf(p.Region)
		p.Lat, p.Long = d.near(s.lat), d.near(s.long)
	}
	if p.Agency == "" {
		p.Agency = pick(&d, offices())
	}
	p.MinutesOf = d.below(publishedFor)
	p.age(&d)
	return p
}

// age draws how far the report has come.
func (p *Public) age(d *dice) {
	switch n := d.below(100); {
	case p.MinutesOf < openFor && n < 50:
		p.Stage, p.Accepted, p.Late = "follow_up", n < 30, n%5 == 0
	case p.MinutesOf < openFor && n < 85:
		p.Stage, p.Accepted = "closure", true
	case n < 94:
		p.Stage, p.Accepted = "closed", true
	default:
		p.Stage = "archived"
	}
	if p.Stage == "closed" && d.below(4) == 0 {
		p.Score = 1 + d.below(4)
	}
}

// around moves a coordinate by at most 1.2 degrees, mostly by less, rounded to about
// a metre.
func (d *dice) around(degrees float64) float64 {
	off := float64(d.below(120_001)-60_000+d.below(120_001)-60_000) / 1e5
	return float64(int64((degrees+off)*1e5)) / 1e5
}
