package web

import (
	"cmp"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

// catalogue is units, topics and regions, to name them and to choose from.
type catalogue struct {
	office.Listing
	category map[string]office.Category
	agency   map[string]office.Agency
	region   map[string]office.Region
}

func (s *server) catalogue(c *gin.Context) (*catalogue, error) {
	all, err := s.Office.Listing(c.Request.Context())
	if err != nil {
		return nil, err
	}
	k := &catalogue{Listing: all, category: map[string]office.Category{}, agency: map[string]office.Agency{}, region: map[string]office.Region{}}
	for _, x := range k.Categories {
		k.category[x.Code] = x
	}
	for _, x := range k.Agencies {
		k.agency[x.ID] = x
	}
	for _, x := range k.Regions {
		k.region[x.Code] = x
	}
	return k, nil
}

// topics are the categories to choose from, those below one grouped under it.
func (k *catalogue) topics(l language) []group {
	var all []group
	for _, top := range k.Categories {
		if top.Parent != "" {
			continue
		}
		g := group{Label: l.categoryName(top), Options: []option{{Value: top.Code, Label: l.say("category.general", l.categoryName(top))}}}
		for _, x := range k.Categories {
			if x.Parent == top.Code {
				g.Options = append(g.Options, option{Value: x.Code, Label: l.categoryName(x)})
			}
		}
		all = append(all, g)
	}
	return all
}

// places are the regions to choose from: each province with what lies in it.
func (k *catalogue) places() []group {
	var all []group
	for _, top := range k.Regions {
		if top.Parent != "" {
			continue
		}
		g := group{Label: top.Name, Options: []option{{Value: top.Code, Label: top.Name}}}
		for _, x := range k.Regions {
			if x.Parent == top.Code {
				g.Options = append(g.Options, option{Value: x.Code, Label: x.Name})
			}
		}
		all = append(all, g)
	}
	return all
}

// place is a region with the one around it, as people write it.
func (k *catalogue) place(code string) string {
	r := k.region[code]
	if r.Parent == "" {
		return r.Name
	}
	return r.Name + ", " + k.region[r.Parent].Name
}

// units are the active agencies to choose from, by name below who is above them.
func (k *catalogue) units() []group {
	var all []group
	for _, top := range k.Agencies {
		if !top.Active || k.agency[top.Parent].Parent != "" || top.Parent == "" {
			continue
		}
		g := group{Label: top.Name, Options: []option{{Value: top.ID, Label: top.Name}}}
		for _, x := range k.below(top.ID) {
			g.Options = append(g.Options, option{Value: x.ID, Label: x.Name})
		}
		all = append(all, g)
	}
	return all
}

// below are the active units below one, at any depth, by name.
func (k *catalogue) below(id string) []office.Agency {
	var all []office.Agency
	for _, x := range k.Agencies {
		if x.Parent == id && x.Active {
			all = append(append(all, x), k.below(x.ID)...)
		}
	}
	slices.SortStableFunc(all, func(a, b office.Agency) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// options are choices whose texts stand under KIND.VALUE and KIND.VALUE.hint.
func (l language) options(kind string, values ...string) []group {
	var all []option
	for _, v := range values {
		key := kind + "." + v
		all = append(all, option{v, l.say(key), l.say(key + ".hint")})
	}
	return []group{{Options: all}}
}

func (l language) classOptions() []group {
	var values []string
	for _, k := range report.Classes {
		values = append(values, string(k))
	}
	return l.options("class", values...)
}
