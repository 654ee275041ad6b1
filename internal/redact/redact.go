// Package redact finds what tells a person apart in an Indonesian text: identity
// numbers [NIK], telephone numbers, e-mail addresses and number plates. It
// suggests; a person decides what is published.
package redact

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Kind is what sort of thing was found, in the words of people.
type Kind string

// The kinds.
const (
	NIK   Kind = "NIK"
	Phone Kind = "nomor telepon"
	Email Kind = "surel"
	Plate Kind = "nomor kendaraan"
)

// Match is one thing found: the bytes from From up to To.
type Match struct {
	Kind     Kind
	From, To int
}

// The forms. A digit before or after means that it is part of something longer.
var (
	digits = regexp.MustCompile(`\+?\(?\d[\d .()-]{6,26}\d`)
	email  = regexp.MustCompile(`(?i)[a-z0-9._%+-]+\s?(?:@|\[at\]|\(at\)|\s+at\s+)\s?[a-z0-9-]+(?:\s?(?:\.|\[dot\]|\(dot\))\s?[a-z]{2,})+`)
	plate  = regexp.MustCompile(`\b(?:A|B|D|E|F|G|H|K|L|M|N|P|R|S|T|W|Z|AA|AB|AD|AE|AG|BA|BB|BD|BE|BG|BH|BK|BL|BM|BN|BP|DA|DB|DC|DD|DE|DG|DH|DK|DL|DM|DN|DP|DR|DT|DW|EA|EB|ED|KB|KH|KT|KU|PA|PB)[ -]?[1-9]\d{0,3}[ -]?[A-Z]{1,3}\b`)
)

// Find returns what was found, in the order of the text; matches do not overlap.
// It takes time in proportion to the text.
func Find(text string) []Match {
	var all []Match
	add := func(k Kind, at []int) {
		if !slices.ContainsFunc(all, func(m Match) bool { return at[0] < m.To && m.From < at[1] }) {
			all = append(all, Match{k, at[0], at[1]})
		}
	}
	for _, at := range email.FindAllStringIndex(text, -1) {
		add(Email, at)
	}
	for _, at := range plate.FindAllStringIndex(text, -1) {
		add(Plate, at)
	}
	for _, at := range digits.FindAllStringIndex(text, -1) {
		switch n := onlyDigits(text[at[0]:at[1]]); {
		case isNIK(n):
			add(NIK, at)
		case isPhone(text[at[0]:at[1]], n):
			add(Phone, at)
		}
	}
	slices.SortFunc(all, func(a, b Match) int { return a.From - b.From })
	return all
}

// Suggest returns the text with each thing found replaced by its kind in brackets.
func Suggest(text string) string {
	var b strings.Builder
	last := 0
	for _, m := range Find(text) {
		b.WriteString(text[last:m.From] + "[" + string(m.Kind) + "]")
		last = m.To
	}
	return b.String() + text[last:]
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// isNIK: 16 digits, the first six a province, regency and district, the next six
// a date of birth, with 40 added to the day for women (Permendagri 72/2022).
func isNIK(n string) bool {
	if len(n) != 16 {
		return false
	}
	part := func(from, to int) int { v, _ := strconv.Atoi(n[from:to]); return v } // digits
	day := part(6, 8)
	if day > 40 {
		day -= 40
	}
	return part(0, 2) >= 11 && part(2, 4) > 0 && day >= 1 && day <= 31 && part(8, 10) >= 1 && part(8, 10) <= 12
}

// isPhone: mobile numbers begin with 08 or +62 8 and have 10 to 13 digits, fixed
// ones with an area code from 02 to 09 and have 9 to 12.
func isPhone(written, n string) bool {
	switch {
	case strings.HasPrefix(n, "62") && (strings.HasPrefix(written, "+") || strings.HasPrefix(n, "628")):
		n = "0" + n[2:]
	case !strings.HasPrefix(n, "0"):
		return false
	}
	if strings.HasPrefix(n, "08") {
		return len(n) >= 10 && len(n) <= 13
	}
	return len(n) >= 9 && len(n) <= 12 && n[1] >= '2' && strings.ContainsAny(written, " -()+")
}
