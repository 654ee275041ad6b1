// Package sample holds the reference and sample data that a new installation
// is filled with: regions, categories, calendars, agencies, staff and the words
// of plausible reports. It is pure data and imports nothing of ours.
package sample

import "embed"

//go:embed data/*.csv
var files embed.FS

// Region is a province, a regency or city [kabupaten/kota], or abroad.
type Region struct {
	Code   string // official code with dots, such as 32 or 32.01; "abroad" [Luar Negeri] outside Indonesia
	Parent string // code of the province; empty for provinces and abroad
	Name   string // Indonesian
}

// Category is a topic [topik] of reports.
type Category struct {
	Code           string // parent's code, a dot and its own word; never changes
	Parent         string // empty for a topic of the first level
	NameID, NameEN string
	DefaultContent string // "public" or "secret"
	Weight         int    // relative frequency of a topic of the first level; 0 below it
}

// Agency is a unit in the tree of agencies [instansi K/L/D]. All are fictional.
type Agency struct {
	ID, Name  string
	Parent    string // empty for the root only
	Region    string // code of a Region the unit governs or lies in; empty: none
	Calendar  string // id of a Calendar; empty: its parent's
	RuleSet   string // id of a rule set; empty: its parent's
	Oversight string // unit that takes reports in which this one is accused; empty: its parent
}

// Calendar is how a group of units counts working days.
type Calendar struct {
	ID         string
	Zone       string // IANA name: WIB, WITA or WIT
	Week       int    // 5: Saturday and Sunday off; 6: Sunday off
	JointLeave bool   // true ("off" in the file): joint leave [cuti bersama] is a day off
}

// Member is someone with an office in a unit or with the operator. Names are
// functions, never persons' names.
type Member struct {
	Subject, Name string   // subject as in the token
	Unit          string   // id of an Agency; empty for the operator's people
	Roles         []string // one or more role names
}
