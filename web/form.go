package web

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/internal/fault"
)

// form is what was filled in so far, and what is wrong with it. It travels from
// step to step in what is posted and is kept nowhere.
type form struct {
	Values url.Values
	Wrong  []wrong
}

// wrong is one field that must be changed.
type wrong struct{ Field, Message string }

// Has reports whether a field is wrong.
func (f form) Has(name string) bool {
	return slices.ContainsFunc(f.Wrong, func(w wrong) bool { return w.Field == name })
}

// Get is the value of a field.
func (f form) Get(name string) string { return f.Values.Get(name) }

// formOf reads the named fields of what was posted.
func formOf(c *gin.Context, names ...string) form {
	f := form{Values: url.Values{}}
	for _, name := range names {
		if v := posted(c, name); v != "" {
			f.Values.Set(name, v)
		}
	}
	return f
}

// blame adds what is wrong with a field. The pointer of a fault is the name of the
// field, since both follow the API.
func (f *form) blame(l language, one *fault.Error) {
	name := one.Field
	if name != "" && name[0] == '/' {
		name = name[1:]
	}
	if n, nth := strings.CutPrefix(name, "accused/"); nth { // counted from 0
		name = map[string]string{"1": "accused_2", "2": "accused_3"}[n]
		name = cmp.Or(name, "accused")
	}
	f.Wrong = append(f.Wrong, wrong{name, l.wrong(name, one)})
}

// blamed adds an error that a person can mend, and reports whether it is one:
// fault.Invalid, or the report being in another state than he thought.
func (f *form) blamed(l language, err error, fallback string) bool {
	one, ok := errors.AsType[*fault.Error](err)
	if !ok || one.Kind != fault.Invalid && one.Kind != fault.Conflict {
		return false
	}
	own := *one
	if own.Field == "" {
		own.Field = fallback
	}
	f.blame(l, &own)
	return true
}

// wrong says in the language what is wrong with a field: how to fill it in, or
// what stands in the way.
func (l language) wrong(name string, one *fault.Error) string {
	key := "wrong." + name
	switch {
	case one.Kind == fault.Invalid && l.has(key):
		return l.say(key)
	case one.Kind == fault.Conflict && l != indonesian:
		return l.say("fail.conflict.title")
	}
	return one.Message
}

// spec says how a field is typed in.
type spec struct {
	Max      int // letters; 0: not told to the browser
	Required bool
	Type     string // of input; empty: text
	Rows     int    // of a text area
	Auto     string // autocomplete; empty: off
	Quiet    bool   // that it may be empty goes without saying, or is said elsewhere
}

// specs are the fields of all forms. What holds is held in package office; these
// only help to fill in.
var specs = map[string]spec{
	"title": {Max: theLimits.MaxTitle, Required: true}, "body": {Max: theLimits.MaxBody, Required: true, Rows: 9},
	"class": {Required: true}, "category": {Required: true}, "region": {Required: true}, "agency": {}, "accused": {}, "accused_2": {}, "accused_3": {},
	"occurred_on": {Type: "date"}, "identity": {Required: true}, "content": {Required: true},
	"name": {Max: theLimits.MaxName, Quiet: true}, "nik": {Max: 16}, "show_name": {Quiet: true}, "address": {Max: theLimits.MaxAddress, Rows: 2}, "contact": {Max: 254, Quiet: true},
	"id": {Max: 20, Required: true}, "code": {Max: 80, Required: true}, "optional_code": {Max: 80},
	"text": {Max: theLimits.MaxText, Required: true, Rows: 5}, "rating_text": {Max: theLimits.MaxText, Rows: 3}, "score": {Required: true},
	"public_title": {Max: theLimits.MaxTitle, Required: true}, "public_body": {Max: theLimits.MaxBody, Required: true, Rows: 7}, "public_confirmed": {Quiet: true},
	"report": {Max: 20}, "subject": {}, "action": {}, "from": {Type: "date"}, "to": {Type: "date"},
	"reason_text": {Max: theLimits.MaxText, Rows: 2}, "days_text": {Rows: 6}, "taken_text": {Rows: 3}, "key": {Max: 64, Required: true},
	"issued_on": {Type: "date", Required: true}, "track": {Max: 64, Required: true}, "year": {Max: 4, Required: true}, "decree_title": {Max: 500, Required: true},
	"sure": {Required: true}, "unit": {Required: true}, "kind": {Required: true}, "clock": {Required: true}, "days": {Required: true, Type: "number"},
	"target": {Max: 20, Required: true}, "reason": {Required: true}, "q": {Max: theLimits.MaxTitle}, "stage": {}, "since": {Type: "date"}, "until": {Type: "date"}, "lat": {Max: 12}, "long": {Max: 12},
}

// field is one field as its template shows it.
type field struct {
	spec
	Name, ID, Value string
	Say             string // its texts are "field.SAY", "field.SAY.hint" and "choose.SAY"
	Wrong           string // empty: nothing
	Hint            bool   // there is a text "field.NAME.hint"
	Options         []group
	All             []string // every value, where there may be several
}

// Chosen says whether an option is among the values.
func (d field) Chosen(value string) bool { return slices.Contains(d.All, value) }

// group is a part of a list to choose from.
type group struct {
	Label   string // empty: no group around
	Options []option
}

type option struct{ Value, Label, Hint string }

// newField makes a field of a form; options are what it offers, if it is chosen
// from a list. The id is the name, so that the summary of what is wrong can lead to it.
func newField(f form, name string, options ...[]group) (field, error) {
	p, ok := specs[name]
	if !ok {
		return field{}, errors.New("no field " + name)
	}
	d := field{spec: p, Name: name, Say: name, ID: "f-" + name, Value: f.Get(name), All: f.Values[name], Hint: indonesian.has("field." + name + ".hint")}
	for _, w := range f.Wrong {
		if w.Field == name {
			d.Wrong = w.Message
		}
	}
	for _, o := range options {
		d.Options = append(d.Options, o...)
	}
	return d, nil
}

// newFilter makes a field that narrows a list.
func newFilter(f form, name string, options ...[]group) (field, error) {
	d, err := newField(f, name, options...)
	d.Quiet, d.Required, d.Hint = true, false, false
	return d, err
}

// Described lists the ids of what explains the field, for aria-describedby.
func (d field) Described() string {
	switch {
	case d.Hint && d.Wrong != "":
		return d.ID + "-hint " + d.ID + "-wrong"
	case d.Hint:
		return d.ID + "-hint"
	case d.Wrong != "":
		return d.ID + "-wrong"
	}
	return ""
}
