package office

import "slices"

// tree is the units by id, with who is above whom.
type tree struct {
	byID     map[string]Agency
	national string
}

func newTree(agencies []Agency, national string) tree {
	t := tree{byID: make(map[string]Agency, len(agencies)), national: national}
	for _, a := range agencies {
		t.byID[a.ID] = a
	}
	return t
}

// above returns the unit and all above it, itself first; nil for an unknown
// one.
func (t tree) above(unit string) []string {
	var chain []string
	for {
		a, ok := t.byID[unit]
		if !ok || slices.Contains(chain, unit) {
			return chain
		}
		chain = append(chain, unit)
		unit = a.Parent
	}
}

// inside reports whether the unit is one of roots or lies below one.
func (t tree) inside(unit string, roots []string) bool {
	return slices.ContainsFunc(t.above(unit), func(u string) bool { return slices.Contains(roots, u) })
}

// oversight returns the unit that oversees another: the one it names, else its
// parent, else the national administrators'.
func (t tree) oversight(unit string) string {
	a := t.byID[unit]
	switch {
	case a.Oversight != "":
		return a.Oversight
	case a.Parent != "":
		return a.Parent
	}
	return t.national
}

// outside returns the unit itself, or the first unit of its oversight that lies
// in no accused tree; the national administrators' at last.
func (t tree) outside(unit string, accused []string) string {
	var seen []string
	for t.inside(unit, accused) {
		if slices.Contains(seen, unit) || unit == t.national {
			return t.national
		}
		seen = append(seen, unit)
		unit = t.oversight(unit)
	}
	return unit
}
