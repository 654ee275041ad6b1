package web

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

// functions are what templates may use beside their data.
func functions(l language) template.FuncMap {
	return template.FuncMap{
		"t":          l.text,
		"has":        l.has,
		"url":        l.url,
		"lang":       func() string { return string(l) },
		"otherLang":  func() string { return string(l.other()) },
		"otherURL":   func(path, query string) string { return l.other().url(path) + query },
		"asset":      assetURL,
		"paragraphs": func(key string) ([]string, error) { return l.paragraphs(key) },
		"day":        l.day,
		"date":       l.date,
		"moment":     l.moment,
		"iso":        func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"number":     l.number,
		"decimal":    l.decimal,
		"stage":      l.stage,
		"lines":      func(text string) []string { return strings.Split(text, "\n") },
		"field":      newField,
		"event":      l.event,
		"filter":     newFilter,
		"list":       func(items ...any) []any { return items },
		"add":        func(a, b int) int { return a + b },
		"limits":     func() limits { return theLimits },
		"category":   l.categoryName,
		"chartOf":    func(caption, head string, c chart) captioned { return captioned{caption, head, c} },
		"safeData":   safeData,
		"sureOf":     sureOf,
		"moved":      func(d office.TimelineDeadline) bool { return d.Then != nil && d.Now != nil && !d.Now.Equal(*d.Then) },
		"deref":      func(n *int) int { return *n },
		"scoreAt":    func(score int) int { return (4 - score) * 253 },
		"scoreOptions": func() []group {
			return []group{{Options: []option{{"4", l.say("score.4"), ""}, {"3", l.say("score.3"), ""}, {"2", l.say("score.2"), ""}, {"1", l.say("score.1"), ""}}}}
		},
	}
}

// captioned is a chart with its caption and the head of its names.
type captioned struct {
	Caption, Head string
	Chart         chart
}

// sureForm is the form of an act that asks first whether it is meant.
type sureForm struct {
	What, Action, Key string
	Open              bool // it was sent without the mark
}

func sureOf(p reportPage, action, what string) sureForm {
	return sureForm{what, action, p.Key, p.Form.Has("sure-" + what)}
}

// safeData lets a picture that was drawn here stand in the page as a data:
// address, which templates refuse otherwise.
func safeData(address string) (template.URL, error) {
	if !strings.HasPrefix(address, "data:image/png;base64,") {
		return "", fmt.Errorf("no picture of ours: %.20q", address)
	}
	return template.URL(address), nil
}

// limits are the lengths that forms tell the browser.
type limits struct{ MinTitle, MaxTitle, MaxBody, MaxText, MaxName, MaxAddress int }

var theLimits = limits{office.MinTitle, office.MaxTitle, office.MaxBody, office.MaxText, office.MaxName, office.MaxAddress}

// paragraphs is a text cut at its empty lines.
func (l language) paragraphs(key string) ([]string, error) {
	text, err := l.text(key)
	return strings.Split(text, "\n\n"), err
}

// wib is the zone of times on pages; dates come as they are in the zone of the
// clock's calendar.
var wib = func() *time.Location {
	z, err := calendar.Zone("Asia/Jakarta")
	if err != nil {
		panic(err) // it is one of the zones
	}
	return z
}()

// day writes a civil date, YYYY-MM-DD, as people read it; what is none stays.
func (l language) day(date string) string {
	d, err := calendar.ParseDate(date)
	if err != nil {
		return date
	}
	if l == indonesian {
		return d.Indonesian()
	}
	return d.Time().Format("Monday 2 January 2006")
}

// date writes the day of a moment in WIB.
func (l language) date(t time.Time) string {
	d := calendar.DateOf(t.In(wib))
	if l == english {
		return d.Time().Format("2 January 2006")
	}
	_, rest, _ := strings.Cut(d.Indonesian(), " ")
	return rest
}

// month writes a month, YYYY-MM, as people read it; what is none stays.
func (l language) month(key string) string {
	d, err := calendar.ParseDate(key + "-01")
	if err != nil {
		return key
	}
	if l == english {
		return d.Time().Format("January 2006")
	}
	words := strings.Fields(d.Indonesian())
	return strings.Join(words[len(words)-2:], " ")
}

// moment writes a moment in WIB.
func (l language) moment(t time.Time) string {
	return l.date(t) + ", " + t.In(wib).Format("15.04") + " WIB"
}

// number writes a whole number with the separators of the language.
func (l language) number(n int) string {
	text, out := strconv.Itoa(n), []byte{}
	for i := range len(text) {
		if i > 0 && (len(text)-i)%3 == 0 && text[i-1] != '-' {
			out = append(out, l.say("number.thousands")...)
		}
		out = append(out, text[i])
	}
	return string(out)
}

// decimal writes a number with one decimal.
func (l language) decimal(v float64) string {
	return strings.Replace(fmt.Sprintf("%.1f", v), ".", l.say("number.decimal"), 1)
}

// stage is the official label of a stage in Indonesian, and its meaning in
// English.
func (l language) stage(s report.Stage, accepted bool) string {
	if l == indonesian {
		return s.Label(accepted)
	}
	if accepted && s == report.FollowUp {
		return l.say("stage.follow_up.accepted")
	}
	return l.say("stage." + string(s))
}

// event is what a line of a timeline says; what has no text of its own stays.
func (l language) event(a report.Action) string {
	if key := "event." + string(a); l.has(key) {
		return l.say(key)
	}
	return string(a)
}

// categoryName is the name of a category in the language.
func (l language) categoryName(c office.Category) string {
	if l == english && c.NameEN != "" {
		return c.NameEN
	}
	return c.NameID
}
