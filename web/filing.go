package web

import (
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

// The steps of a report, as the button says that was pressed.
const (
	stepWhat  = "1"
	stepWhere = "2"
	stepWho   = "3"
	stepCheck = "periksa" // the end of the third: what will be seen by whom
	stepSend  = "kirim"
)

var steps = []string{stepWhat, stepWhere, stepWho, stepCheck, stepSend}

// stepFields says which fields are filled in at which step.
var stepFields = map[string][]string{
	stepWhat:  {"title", "body", "class", "category"},
	stepWhere: {"region", "occurred_on", "agency", "accused", "accused_2", "accused_3", "lat", "long"},
	stepWho:   {"identity", "content", "name", "nik", "address", "show_name", "contact"},
}

// accusedFields are the units that a reporter may accuse on the form; the API takes more.
var accusedFields = []string{"accused", "accused_2", "accused_3"}

// keyField carries the key under which the report is filed once, however often
// the form is sent.
const keyField = "kunci"

// filingPage is a step of the form.
type filingPage struct {
	Form      form
	Step      string
	Number    int               // 1 to 3
	Hidden    map[string]string // what was filled in at other steps
	Classes   []group
	Topics    []group
	Regions   []group
	Units     []group
	Identity  []group
	Content   []group
	As        office.Submission // check: as it would be filed
	Forced    bool              // check: the category makes it secret
	Category  string            // check: its name
	Region    string            // check: its name
	Unit      string            // check: the name of the suggested agency
	Accused   []string          // check: the names of the accused
	Similar   []office.Card     // check: reports that may be about the same
	NoContact bool              // check: a lost code is lost for good
}

// newReport begins a report.
func (s *server) newReport(c *gin.Context) error {
	key, err := s.newKey()
	if err != nil {
		return err
	}
	f := form{Values: map[string][]string{keyField: {key}}}
	if code := c.Query("category"); code != "" {
		f.Values.Set("category", code)
	}
	return s.showStep(c, http.StatusOK, stepWhat, f, office.Submission{})
}

// newKey draws a key under which something is done once.
func (s *server) newKey() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(s.Random, b[:]); err != nil {
		return "", fmt.Errorf("draw key: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}

// fileReport takes one step of a report to another; the last files it. What is
// wrong with an earlier step leads back there.
func (s *server) fileReport(c *gin.Context) error {
	l := languageOf(c)
	names := []string{keyField}
	for _, fields := range stepFields {
		names = append(names, fields...)
	}
	f := formOf(c, names...)
	to := c.DefaultPostForm("ke", c.PostForm("langkah")) // without a button: the same step in the other language
	if !slices.Contains(steps, to) {
		to = stepWhat
	}
	as, faults, err := s.Office.Examine(c.Request.Context(), f.submission())
	if err != nil {
		return err
	}
	if back := f.firstWrong(l, to, faults); back != "" {
		return s.showStep(c, http.StatusUnprocessableEntity, back, f, as)
	}
	if to != stepSend {
		return s.showStep(c, http.StatusOK, to, f, as)
	}
	receipt, err := s.Office.Submit(c.Request.Context(), anybody, f.submission(), f.Get(keyField))
	if fault.KindOf(err) == fault.Invalid && f.blamed(l, err, "title") {
		return s.showStep(c, http.StatusUnprocessableEntity, f.stepOf(f.Wrong[0].Field), f, as)
	}
	if err != nil {
		return err
	}
	return s.receipt(c, receipt, as.Contact != "")
}

// firstWrong blames what is wrong at the steps before to, and returns the first of
// them; empty if all is well so far.
func (f *form) firstWrong(l language, to string, faults []*fault.Error) string {
	first := ""
	for _, step := range steps[:slices.Index(steps, to)] {
		for _, one := range faults {
			if field, _, _ := strings.Cut(strings.TrimPrefix(one.Field, "/"), "/"); slices.Contains(stepFields[step], field) && (first == "" || first == step) {
				f.blame(l, one)
				first = step
			}
		}
	}
	return first
}

// stepOf is the step at which a field is filled in.
func (f *form) stepOf(name string) string {
	for _, step := range []string{stepWhat, stepWhere, stepWho} {
		if slices.Contains(stepFields[step], name) {
			return step
		}
	}
	return stepWhat
}

// submission is the form as the office reads it. What the reporter typed before he
// chose to give no identity is left out, as the page says.
func (f form) submission() office.Submission {
	s := office.Submission{
		Title: f.Get("title"), Body: f.Get("body"), Class: report.Class(f.Get("class")), Category: f.Get("category"),
		Region: f.Get("region"), OccurredOn: f.Get("occurred_on"), Agency: f.Get("agency"),
		Identity: f.Get("identity"), Content: f.Get("content"), Contact: f.Get("contact"),
	}
	s.Lat, s.Long = number(f.Get("lat")), number(f.Get("long"))
	for _, name := range accusedFields {
		if unit := f.Get(name); unit != "" && !slices.Contains(s.Accused, unit) {
			s.Accused = append(s.Accused, unit)
		}
	}
	if s.Identity == office.IdentityOpen || s.Identity == office.IdentitySealed {
		s.Name, s.NIK, s.Address = f.Get("name"), f.Get("nik"), f.Get("address")
		s.ShowName = s.Identity == office.IdentityOpen && f.Get("show_name") != ""
	}
	return s
}

// number reads a coordinate; nil if there is none, NaN, which the office refuses,
// if it is no number.
func number(text string) *float64 {
	if text == "" {
		return nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		v = math.NaN()
	}
	return &v
}

// showStep shows a step of the form.
func (s *server) showStep(c *gin.Context, status int, step string, f form, as office.Submission) error {
	l := languageOf(c)
	cat, err := s.catalogue(c)
	if err != nil {
		return err
	}
	p := filingPage{Form: f, Step: step, Number: min(slices.Index(steps, step)+1, 3), Hidden: f.hidden(step)}
	name := map[string]string{stepWhat: "filing_what", stepWhere: "filing_where", stepWho: "filing_who", stepCheck: "filing_check"}[step]
	switch step {
	case stepWhat:
		p.Classes, p.Topics = l.classOptions(), cat.topics(l)
	case stepWhere:
		p.Regions, p.Units = cat.places(), cat.units()
	case stepWho:
		p.Identity, p.Content = l.options("identity", office.IdentityNone, office.IdentityOpen, office.IdentitySealed),
			l.options("content", office.ContentPublic, office.ContentSecret)
		if f.Get("identity") == "" {
			f.Values.Set("identity", office.IdentityNone)
		}
		if f.Get("content") == "" {
			f.Values.Set("content", office.ContentPublic)
		}
	case stepCheck:
		p.As, p.NoContact = as, as.Contact == ""
		p.Forced = as.Content == office.ContentSecret && f.Get("content") != office.ContentSecret
		p.Category, p.Region = l.categoryName(cat.category[as.Category]), cat.place(as.Region)
		p.Unit = cat.agency[as.Agency].Name
		for _, unit := range as.Accused {
			p.Accused = append(p.Accused, cat.agency[unit].Name)
		}
		if p.Similar, err = s.Office.Similar(c.Request.Context(), as); err != nil {
			return err
		}
	}
	return s.show(c, status, name, page{Path: "/lapor", Form: true, Data: p})
}

// hidden is what was filled in at other steps than this one.
func (f form) hidden(step string) map[string]string {
	all := map[string]string{}
	for name := range f.Values {
		if !slices.Contains(stepFields[step], name) {
			all[name] = f.Get(name)
		}
	}
	return all
}

// receiptPage shows once what the reporter needs to come back.
type receiptPage struct {
	office.Receipt
	Address string // of the tracking page
	QR      string // data: address of its picture
	Contact bool
	Until   string // last day of the verification; empty for limits that do not end with a day
}

// receipt answers the last step: the only page with an access code on it.
func (s *server) receipt(c *gin.Context, r office.Receipt, contact bool) error {
	address := s.base.JoinPath(r.ID).String()
	code, err := qrCode(address)
	if err != nil {
		return err
	}
	p := receiptPage{Receipt: r, Address: address, QR: code, Contact: contact}
	clocks, err := s.Office.Deadlines(c.Request.Context(), withCode(r.AccessCode), r.ID)
	if err != nil { // the report is filed, and this page is shown only once
		s.door.Broken(c, err)
	}
	for _, k := range clocks {
		p.Until = k.DueDate
	}
	return s.show(c, http.StatusOK, "receipt", page{Path: "/lapor", Data: p})
}
