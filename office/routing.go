package office

import (
	"cmp"
	"slices"
)

// route returns the queue of a new report (RULES.md section 1.1): that of the
// lowest administrator whose tree covers the suggested agency, else of the
// region's local government, else of the national administrators; never one
// inside an accused tree. staffed holds the units with an active administrator.
func (k *catalogue) route(suggested, region string, accused, staffed []string) string {
	for _, start := range []string{suggested, k.government(region)} {
		if start == "" {
			continue
		}
		if q := k.queueAbove(start, accused, staffed); q != "" {
			return q
		}
	}
	return k.national
}

// queueAbove walks up from a unit to the first with an administrator that is in
// no accused tree; out of an accused tree it goes by way of the oversight unit.
// Empty if there is none.
func (k *catalogue) queueAbove(unit string, accused, staffed []string) string {
	var seen []string
	for unit != "" && unit != k.national && !slices.Contains(seen, unit) {
		seen = append(seen, unit)
		switch {
		case k.inside(unit, accused):
			unit = k.oversight(unit)
		case slices.Contains(staffed, unit) && k.byID[unit].Active:
			return unit
		default:
			unit = k.byID[unit].Parent
		}
	}
	return ""
}

// government returns the unit that governs a region [pemerintah daerah]: the
// topmost active unit of that region, or of the region around it; empty if
// there is none.
func (k *catalogue) government(region string) string {
	for seen := 0; region != "" && seen < 8; seen++ {
		var tops []Agency
		for _, a := range k.agencies {
			if a.Active && a.Region == region && k.byID[a.Parent].Region != region {
				tops = append(tops, a)
			}
		}
		if len(tops) > 0 {
			return slices.MinFunc(tops, func(a, b Agency) int {
				return cmp.Or(cmp.Compare(len(k.above(a.ID)), len(k.above(b.ID))), cmp.Compare(a.ID, b.ID))
			}).ID
		}
		region = k.regions[region].Parent
	}
	return ""
}

// candidates returns the units that route may choose among, for asking which
// of them have an administrator.
func (k *catalogue) candidates(suggested, region string) []string {
	var units []string
	for _, start := range []string{suggested, k.government(region)} {
		units = append(units, k.reachable(start)...)
	}
	slices.Sort(units)
	return slices.Compact(units)
}

// reachable returns every unit on the ways up from a unit, by parents and by
// oversight.
func (k *catalogue) reachable(unit string) []string {
	var seen []string
	for next := []string{unit}; len(next) > 0; next = next[1:] {
		u := next[0]
		if _, known := k.byID[u]; !known || slices.Contains(seen, u) {
			continue
		}
		seen = append(seen, u)
		next = append(next, k.byID[u].Parent, k.oversight(u))
	}
	return seen
}
