package sample

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// The parsed files. A file that contradicts itself panics at the first use.
var (
	regions    = sync.OnceValue(func() []Region { return ordered("regions", region, Region.key) })
	categories = sync.OnceValue(func() []Category { return ordered("categories", category, Category.key) })
	agencies   = sync.OnceValue(func() []Agency { return ordered("agencies", agency, Agency.key) })
	calendars  = sync.OnceValue(func() []Calendar { return ordered("calendars", calendar, Calendar.key) })
	staff      = sync.OnceValue(func() []Member { return ordered("staff", member, Member.key) })
)

// Regions returns the provinces, then the regencies and cities, then abroad.
// Source: idn-area-data 4.0.1 (ODbL; see NOTICE).
func Regions() []Region { return slices.Clone(regions()) }

// Categories returns the topics, each after its parent.
func Categories() []Category { return slices.Clone(categories()) }

// Agencies returns the units, each after its parent and its oversight unit; the
// root, the national administrators, comes first. Regions and calendars must be
// stored before them.
func Agencies() []Agency { return slices.Clone(agencies()) }

// Calendars returns the calendars; the national one comes first.
func Calendars() []Calendar { return slices.Clone(calendars()) }

// Staff returns the people of the sample agencies and of the operator. Agencies
// must be stored before them.
func Staff() []Member {
	all := slices.Clone(staff())
	for i := range all {
		all[i].Roles = slices.Clone(all[i].Roles)
	}
	return all
}

func (r Region) key() (string, []string)   { return r.Code, []string{r.Parent} }
func (c Category) key() (string, []string) { return c.Code, []string{c.Parent} }
func (a Agency) key() (string, []string)   { return a.ID, []string{a.Parent, a.Oversight} }
func (c Calendar) key() (string, []string) { return c.ID, nil }
func (s Member) key() (string, []string)   { return s.Subject, nil }

func region(r []string) Region { return Region{Code: r[0], Parent: r[1], Name: r[2]} }

func category(r []string) Category {
	return Category{Code: r[0], Parent: r[1], NameID: r[2], NameEN: r[3], DefaultContent: r[4], Weight: number(r[5])}
}

func agency(r []string) Agency {
	return Agency{ID: r[0], Name: r[1], Parent: r[2], Region: r[3], Calendar: r[4], RuleSet: r[5], Oversight: r[6]}
}

func calendar(r []string) Calendar {
	return Calendar{ID: r[0], Zone: r[1], Week: number(r[2]), JointLeave: dayOff(r[3])}
}

func member(r []string) Member {
	return Member{Subject: r[0], Name: r[1], Unit: r[2], Roles: strings.Fields(r[3])}
}

// ordered reads a file and panics if a key occurs twice or a row names one that
// does not come before it: rows are stored in this order, under foreign keys.
func ordered[T any](file string, parse func([]string) T, key func(T) (string, []string)) []T {
	all := rows(file, parse)
	seen := map[string]bool{"": true}
	for _, one := range all {
		id, earlier := key(one)
		if seen[id] {
			panic(fmt.Sprintf("sample: %s.csv: %q is empty or occurs twice", file, id))
		}
		for _, e := range earlier {
			if !seen[e] {
				panic(fmt.Sprintf("sample: %s.csv: %s comes before %s", file, id, e))
			}
		}
		seen[id] = true
	}
	return all
}

// rows reads the rows of data/file.csv below its header.
func rows[T any](file string, parse func([]string) T) []T {
	f, err := files.Open("data/" + file + ".csv")
	if err != nil {
		panic(fmt.Sprintf("sample: %v", err))
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		panic(fmt.Sprintf("sample: %s.csv: %v", file, err))
	}
	all := make([]T, 0, len(records))
	for _, r := range records[1:] {
		all = append(all, parse(r))
	}
	return all
}

// dayOff reads how joint leave counts: "off" or "work".
func dayOff(s string) bool {
	if s != "off" && s != "work" {
		panic(fmt.Sprintf("sample: joint leave %q is neither off nor work", s))
	}
	return s == "off"
}

// number reads a whole number; empty is 0.
func number(s string) int {
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(fmt.Sprintf("sample: %v", err))
	}
	return n
}
