package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

// confirmPost lets a held text appear: no action of a report's table.
const confirmPost = "confirm_post"

// prepareCopy confirms a redacted copy before the report is forwarded, perhaps with
// many others.
const prepareCopy = "prepare_copy"

// consentPublic is one of the voices that a secret report is opened with.
const consentPublic = "consent_public"

// actForm says what is filled in for an act. Names are those of the office's faults;
// "sure" asks whether it is meant.
type actForm struct {
	Action report.Action
	Fields []string
}

// actForms are all acts in the order of the desk.
var actForms = []actForm{
	{report.Forward, []string{"agency", "public_title", "public_body", "public_confirmed"}},
	{prepareCopy, []string{"public_title", "public_body", "public_confirmed"}},
	{report.RequestInfo, []string{"text"}},
	{report.PostFollowUp, []string{"kind", "text"}},
	{saveDraft, []string{"kind", "text"}},
	{report.Accept, nil},
	{report.Assign, []string{"unit"}},
	{report.Reply, []string{"text", "public_confirmed"}},
	{report.SupplyInfo, []string{"text"}},
	{report.Note, []string{"text"}},
	{report.Return, []string{"text"}},
	{report.RequestExtension, []string{"clock", "days"}},
	{report.Extend, nil},
	{report.DeclineExtension, nil},
	{report.Reassign, []string{"agency"}},
	{report.PassUp, []string{"sure"}},
	{report.Amend, []string{"class", "category", "region", "accused"}},
	{report.Merge, []string{"target"}},
	{report.Unmerge, []string{"sure"}},
	{report.Archive, []string{"reason", "text"}},
	{report.ConfirmDone, []string{"sure"}},
	{report.Reopen, []string{"sure"}},
	{report.Withdraw, []string{"sure"}},
	{report.MakeSecret, []string{"sure"}},
	{consentPublic, []string{"sure"}},
}

// formOfAct finds the form of an act.
func formOfAct(action string) (actForm, bool) {
	i := slices.IndexFunc(actForms, func(a actForm) bool { return string(a.Action) == action })
	if i < 0 {
		return actForm{}, false
	}
	return actForms[i], true
}

// deskAct is an act that the caller may do now, with its form.
type deskAct struct {
	Action string
	Open   bool // what was sent must be mended
	Fields []deskField
}

// deskField is a field of an act.
type deskField struct {
	field
	Kind string // the template that shows it
}

// fieldKinds are the templates of the fields that are no lines of text.
var fieldKinds = map[string]string{
	"agency": "select", "unit": "select", "public_body": "area", "text": "area", "public_confirmed": "check", "sure": "check", "kind": "radios",
	"reason_text": "area", "days_text": "area", "taken_text": "area", "clock": "select", "class": "select", "category": "select", "region": "select", "accused": "multi", "reason": "select",
}

// deskActs are the acts that the office allows, with their forms.
func (s *server) deskActs(l language, k *catalogue, v office.ReportView, f form) ([]deskAct, error) {
	var all []deskAct
	for _, x := range actForms {
		if !offered(v, x.Action) {
			continue
		}
		a, err := newDeskAct(l, k, v, f, string(x.Action), x.Fields)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

// offered says whether a page offers an act: the office says so, of what is no command
// of the table too.
func offered(v office.ReportView, a report.Action) bool {
	switch a {
	case consentPublic:
		return v.MayOpen()
	case saveDraft:
		return v.MayDraft()
	case prepareCopy:
		return v.MayPrepare()
	}
	return slices.Contains(v.AllowedActions, a)
}

func newDeskAct(l language, k *catalogue, v office.ReportView, f form, action string, names []string) (deskAct, error) {
	a := deskAct{Action: action, Open: f.Get("tindakan") == action}
	filled := form{Values: suggested(v, action)}
	if a.Open {
		filled = f
	}
	for _, name := range names {
		one, err := newField(filled, name, l.choices(k, v, action, name)...)
		if err != nil {
			return a, err
		}
		one = one.in(l, filled, action, action)
		if action == string(report.Archive) && name == "text" || action == string(report.Amend) {
			one.Required = false
		}
		a.Fields = append(a.Fields, deskField{one, kindOf(name)})
	}
	return a, nil
}

// in is the field in one of several forms on a page: prefix makes its id differ, its
// texts are "field.SAY.NAME" or else those of the desk. What is wrong with it is named
// PREFIX-NAME (form.blamedIn).
func (d field) in(l language, f form, prefix, say string) field {
	d.Say, d.ID, d.Wrong = say+"."+d.Name, "f-"+prefix+"-"+d.Name, ""
	if !l.has("field." + d.Say) {
		d.Say = "desk." + d.Name
	}
	d.Hint = l.has("field." + d.Say + ".hint")
	for _, w := range f.Wrong {
		if w.Field == prefix+"-"+d.Name {
			d.Wrong = w.Message
		}
	}
	return d
}

// fieldsIn makes the fields of one of several forms on a page.
func fieldsIn(l language, f form, prefix, say string, names ...string) ([]deskField, error) {
	var all []deskField
	for _, name := range names {
		one, err := newField(f, name)
		if err != nil {
			return nil, err
		}
		all = append(all, deskField{one.in(l, f, prefix, say), kindOf(name)})
	}
	return all, nil
}

// kindOf names the template that shows a field.
func kindOf(name string) string {
	if kind := fieldKinds[name]; kind != "" {
		return kind
	}
	return "text"
}

// suggested is what a form holds before anybody has filled it in.
func suggested(v office.ReportView, action string) url.Values {
	out := url.Values{}
	switch report.Action(action) {
	case report.Forward, prepareCopy:
		out.Set("agency", v.Own.Suggested)
		out.Set("public_title", v.Desk.PublicTitle)
		out.Set("public_body", v.Desk.PublicBody)
		if c := v.Desk.Suggestion; c != nil {
			out.Set("public_title", c.Title)
			out.Set("public_body", c.Body)
		}
		if c := v.Desk.Prepared; c != nil {
			out.Set("public_title", c.Title)
			out.Set("public_body", c.Body)
		}
	case report.Amend:
		out["accused"] = v.Own.Accused
	case report.PostFollowUp, saveDraft:
		out.Set("kind", string(report.Concluding))
	}
	return out
}

// choices are what a field of an act offers.
func (l language) choices(k *catalogue, v office.ReportView, action, name string) [][]group {
	one := func(g []group) [][]group { return [][]group{g} }
	switch name {
	case "agency", "accused":
		return one(k.units())
	case "unit":
		g := group{}
		for _, x := range k.below(v.Agency) {
			g.Options = append(g.Options, option{Value: x.ID, Label: x.Name})
		}
		return one([]group{g})
	case "kind":
		return one(l.options("kind", string(report.Concluding), string(report.Interim)))
	case "clock":
		g := group{}
		for _, x := range v.Clocks {
			if x.Status == report.Running && (x.Kind == report.FirstFollowUp || x.Kind == report.Resolution) {
				g.Options = append(g.Options, option{Value: string(x.Kind), Label: l.say("clock." + string(x.Kind))})
			}
		}
		return one([]group{g})
	case "class":
		return one(l.classOptions())
	case "category":
		return one(k.topics(l))
	case "region":
		return one(k.places())
	case "reason":
		g := group{}
		for _, x := range report.ArchiveReasons {
			if x != "no_answer" {
				g.Options = append(g.Options, option{Value: x, Label: l.say("outcome." + x)})
			}
		}
		return one([]group{g})
	}
	return nil
}

// actOnFile does what staff ask for on the page of a report. What they must mend is
// shown there with what they wrote.
func (s *server) actOnFile(c *gin.Context, who office.Caller) error {
	id, err := report.ParseID(c.Param("id"))
	if err != nil {
		return fault.New(fault.NotFound, office.NotFoundSentence)
	}
	f := formOf(c, "tindakan", "agency", "unit", "public_title", "public_body", "public_confirmed", "text", "kind", "clock", "days", "class", "category", "region",
		"reason", "target", "sure", "post")
	f.Values["accused"] = c.PostFormArray("accused")
	what := f.Get("tindakan")
	if x, _ := formOfAct(what); slices.Contains(x.Fields, "sure") && f.Get("sure") == "" {
		f.Wrong = append(f.Wrong, wrong{what + "-sure", languageOf(c).say("wrong.sure")})
		return s.showFile(c, http.StatusUnprocessableEntity, who, id, f, nil)
	}
	waits, err := s.doOnFile(c, who, id, f)
	if f.blamedIn(languageOf(c), err, what) {
		return s.showFile(c, door422(err), who, id, f, nil)
	}
	if err != nil {
		return err
	}
	if waits {
		what = "waiting"
	}
	return s.goTo(c, "/meja/laporan/"+id+"?kabar="+escape(what))
}

// blamedIn is blamed for a field of one of several forms on a page.
func (f *form) blamedIn(l language, err error, action string) bool {
	before := len(f.Wrong)
	if !f.blamed(l, err, "sent") {
		return false
	}
	one, _ := errors.AsType[*fault.Error](err) // blamed saw that it is one
	for i := before; i < len(f.Wrong); i++ {
		f.Wrong[i].Field = action + "-" + f.Wrong[i].Field
		if l == indonesian { // staff read what the office says, word for word
			f.Wrong[i].Message = one.Message
		}
	}
	return true
}

// doOnFile does one act. waits says that the workflow has not applied it yet.
func (s *server) doOnFile(c *gin.Context, who office.Caller, id string, f form) (waits bool, err error) {
	ctx, key, what := c.Request.Context(), c.PostForm(keyField), f.Get("tindakan")
	switch what {
	case confirmPost:
		_, err := s.Office.Confirm(ctx, who, id, f.Get("post"), f.Get("text"), f.Get("public_confirmed") != "")
		return false, err
	case saveDraft:
		_, err := s.Office.SaveDraft(ctx, who, id, f.Get("text"), report.FollowUpKind(f.Get("kind")))
		return false, err
	case prepareCopy:
		_, err := s.Office.PrepareCopy(ctx, who, id, f.Get("public_title"), f.Get("public_body"), f.Get("public_confirmed") != "")
		return false, err
	case string(report.MakeSecret), consentPublic:
		v, err := s.Office.SetVisibility(ctx, who, id, what != consentPublic, key)
		return v.State == office.StateWaiting, err
	}
	if _, known := formOfAct(what); !known {
		return false, fault.New(fault.Invalid, "Tindakan ini tidak dikenal.")
	}
	days, _ := strconv.Atoi(f.Get("days")) // no number is refused as 0 is
	a := office.Act{Action: report.Action(what), Text: f.Get("text"), PublicTitle: f.Get("public_title"), PublicBody: f.Get("public_body"),
		Confirmed: f.Get("public_confirmed") != "", Unit: f.Get("agency") + f.Get("unit"), Target: f.Get("target"), Kind: report.FollowUpKind(f.Get("kind")),
		Reason: f.Get("reason"), Clock: report.ClockKind(f.Get("clock")), Days: days, Class: report.Class(f.Get("class")), Category: f.Get("category"), Region: f.Get("region")}
	if a.Action == report.Amend {
		a.Accused = append([]string{}, f.Values["accused"]...)
	}
	done, err := s.Office.Command(ctx, who, id, a, key)
	return done.State == office.StateWaiting, err
}
