package office

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// Decree is a legal act on a calendar as it is entered: days it declares, days
// of earlier decrees that it takes back, office hours, and settings of a calendar
// other than the national one.
type Decree struct {
	IssuedOn     string          `json:"issued_on"` // YYYY-MM-DD, today or before: the day from which it is law
	Track        string          `json:"track"`     // kind of act: SKB, Keppres-election, Kepgub, ...
	CalendarYear int             `json:"calendar_year"`
	Title        string          `json:"title"` // official numbers
	Effect       string          `json:"effect,omitempty"`
	Confidence   string          `json:"confidence,omitempty"`
	Days         []DecreeDay     `json:"days"`
	Supersedes   []DecreeRef     `json:"supersedes,omitempty"`
	Hours        []DecreeHours   `json:"hours,omitempty"`
	Settings     *DecreeSettings `json:"settings,omitempty"`
}

// DecreeDay is one day that a decree declares.
type DecreeDay struct {
	Date   string        `json:"date"` // YYYY-MM-DD
	Kind   calendar.Kind `json:"kind"`
	NameID string        `json:"name_id"`
	NameEN string        `json:"name_en,omitempty"`
}

// DecreeRef names a day of an earlier decree; without a name, all on that date.
type DecreeRef struct {
	Decree string `json:"decree"`
	Date   string `json:"date"`
	NameID string `json:"name_id,omitempty"`
}

// DecreePlan is a decree tried out: what it would do to open reports.
type DecreePlan struct {
	Plan         string       `json:"plan"` // names this dry run; a commit gives it
	Calendar     string       `json:"calendar"`
	Key          string       `json:"key"`
	BaseRevision int          `json:"base_revision"` // of the calendar, on which it was tried
	Stale        bool         `json:"stale"`         // the calendar has moved on since: try it again
	PlannedBy    string       `json:"planned_by"`
	PlannedAt    time.Time    `json:"planned_at"`
	Decree       Decree       `json:"decree"`
	Reports      int          `json:"reports"` // whose date would move
	Lifted       int          `json:"lifted"`  // late marks that would go, of ended clocks too
	Agencies     []AgencyMove `json:"agencies"`
	Named        []ReportMove `json:"named"` // published reports only, by id, at most 1,000
}

// AgencyMove is clocks of one unit that would move alike.
type AgencyMove struct {
	Agency string           `json:"agency"`
	Name   string           `json:"name"`
	Clock  report.ClockKind `json:"clock"`
	From   string           `json:"from"` // last day, YYYY-MM-DD
	To     string           `json:"to"`
	Clocks int              `json:"clocks"`
}

// ReportMove is one clock of one published report.
type ReportMove struct {
	Report string           `json:"report"`
	Agency string           `json:"agency"`
	Clock  report.ClockKind `json:"clock"`
	From   time.Time        `json:"from"`
	To     time.Time        `json:"to"`
}

// Committed is what committing a decree did.
type Committed struct {
	Calendar string `json:"calendar"`
	Key      string `json:"key"`
	Revision int    `json:"revision"` // of the calendar, now
	Reports  int    `json:"reports"`  // whose date moved
	Clocks   int    `json:"clocks"`
	Lifted   int    `json:"lifted"`
}

// PlanDecree tries a decree out on a calendar and keeps it for a second person
// to commit; it changes no date. A decree of the calendar "national" joins every
// calendar. Trying again replaces the plan.
//
// Errors: fault.Forbidden unless national administrator, or, for another
// calendar, administrator above every agency that uses it; fault.NotFound for an
// unknown calendar; fault.Conflict for a key already recorded; fault.Invalid
// naming the field.
func (o *Office) PlanDecree(ctx context.Context, c Caller, id, key string, d Decree) (DecreePlan, error) {
	if err := o.mayRevise(ctx, c, policy.PlanDecree, id); err != nil {
		return DecreePlan{}, err
	}
	a, err := o.amendment(id, key, d)
	if err != nil {
		return DecreePlan{}, err
	}
	plan, err := newUUID(o.Random)
	if err != nil {
		return DecreePlan{}, err
	}
	p := store.DecreePlan{ID: plan, Calendar: id, Key: key, Subject: c.Subject, Decree: a}
	var seen store.Preview
	err = o.asStaff(ctx, c, policy.PlanDecree, func(ctx context.Context, tx *store.Tx) (err error) {
		if seen, p.Revision, err = tx.Preview(ctx, id, a); err != nil {
			return rowFault(err)
		}
		p.At = o.now()
		return tx.PutPlan(ctx, p)
	})
	if err != nil {
		return DecreePlan{}, err
	}
	return o.plan(ctx, p, seen, p.Revision)
}

// DecreePlan returns the dry run that waits under a key, with what it would do
// now. Errors as PlanDecree; fault.NotFound if none waits.
func (o *Office) DecreePlan(ctx context.Context, c Caller, id, key string) (DecreePlan, error) {
	if err := o.mayRevise(ctx, c, policy.PlanDecree, id); err != nil {
		return DecreePlan{}, err
	}
	var p store.DecreePlan
	var seen store.Preview
	var revision int
	err := o.Store.As(ctx, o.actor(c, ""), func(ctx context.Context, tx *store.Tx) (err error) {
		if p, err = tx.Plan(ctx, id, key); err != nil {
			return err
		}
		seen, revision, err = tx.Preview(ctx, id, p.Decree)
		return rowFault(err)
	})
	if err != nil {
		return DecreePlan{}, fmt.Errorf("plan of %s: %w", key, err)
	}
	return o.plan(ctx, p, seen, revision)
}

// CommitDecree makes a decree that another person tried out the next revision
// and moves every open report it concerns, all or nothing.
//
// Errors: as PlanDecree; fault.NotFound if none waits under the key;
// fault.Forbidden to the person who tried it out; fault.Conflict if plan names
// another dry run, or the calendar has a newer revision than the one tried on.
func (o *Office) CommitDecree(ctx context.Context, c Caller, id, key, plan string) (Committed, error) {
	if err := o.mayRevise(ctx, c, policy.CommitDecree, id); err != nil {
		return Committed{}, err
	}
	out := Committed{Calendar: id, Key: key}
	err := o.asStaff(ctx, c, policy.CommitDecree, func(ctx context.Context, tx *store.Tx) error {
		p, err := tx.Plan(ctx, id, key)
		switch {
		case err != nil:
			return err
		case p.ID != plan:
			return fault.New(fault.Conflict, "Uji coba %s telah diganti. Baca yang terbaru, lalu sahkan yang itu.", key)
		case p.Subject == c.Subject:
			return fault.New(fault.Forbidden, "Keputusan disahkan oleh orang kedua, bukan oleh yang mengujinya.")
		}
		revision, done, err := tx.CommitDecree(ctx, id, p.Revision, p.Decree)
		out.Revision, out.Reports, out.Clocks, out.Lifted = revision, done.Reports, done.Clocks, done.Lifted
		return rowFault(err)
	})
	return out, err
}

// mayRevise asks the policy whether the caller may change a calendar: the
// resource is the agencies that name it.
func (o *Office) mayRevise(ctx context.Context, c Caller, act policy.Action, id string) error {
	o.forget()
	k, err := o.known(ctx)
	if err != nil {
		return err
	}
	r := policy.Resource{}
	if id != store.NationalCalendar {
		for _, a := range k.agencies {
			if a.Calendar == id {
				r.Users = append(r.Users, k.above(a.ID))
			}
		}
	}
	return o.authorize(ctx, c, k, act, r, "")
}

// plan is a dry run as its reader sees it.
func (o *Office) plan(ctx context.Context, p store.DecreePlan, seen store.Preview, revision int) (DecreePlan, error) {
	k, err := o.known(ctx)
	if err != nil {
		return DecreePlan{}, err
	}
	out := DecreePlan{
		Plan: p.ID, Calendar: p.Calendar, Key: p.Key, BaseRevision: p.Revision, Stale: revision != p.Revision,
		PlannedBy: p.Subject, PlannedAt: p.At, Decree: entered(p.Decree), Reports: seen.Reports, Lifted: seen.Lifted,
		Agencies: []AgencyMove{}, Named: []ReportMove{},
	}
	for _, m := range seen.Moves {
		out.Agencies = append(out.Agencies, AgencyMove{Agency: m.Unit, Name: k.byID[m.Unit].Name, Clock: m.Kind, From: m.From, To: m.To, Clocks: m.Clocks})
	}
	for _, m := range seen.Named {
		out.Named = append(out.Named, ReportMove{Report: m.Report, Agency: m.Unit, Clock: m.Kind, From: m.From.UTC(), To: m.To.UTC()})
	}
	return out, nil
}

var decreeKey = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// amendment reads what was entered; the ledger judges the rest.
func (o *Office) amendment(id, key string, d Decree) (calendar.Amendment, error) {
	var a calendar.Amendment
	if !decreeKey.MatchString(key) {
		return a, fault.At("/key", "Kunci keputusan: huruf, angka, titik, garis bawah dan tanda hubung, paling panjang 64, misalnya KP22-2020 untuk KP 22/2020.")
	}
	issued, err := calendar.ParseDate(d.IssuedOn)
	if err != nil {
		return a, fault.At("/issued_on", "Tanggal penetapan: %v.", err)
	}
	if today := calendar.DateOf(o.Now().In(wib)); issued > today {
		return a, fault.At("/issued_on", "Keputusan yang ditetapkan %s belum berlaku; hari ini %s.", issued, today)
	}
	a.Decree = calendar.Decree{Key: key, IssuedOn: issued.Time(), Track: d.Track, Title: d.Title, Effect: d.Effect,
		CalendarYear: d.CalendarYear, Confidence: d.Confidence}
	for i, y := range d.Days {
		date, err := calendar.ParseDate(y.Date)
		if err != nil {
			return a, fault.At(fmt.Sprintf("/days/%d/date", i), "Hari ke-%d: %v.", i+1, err)
		}
		if regional := y.Kind == calendar.RegionalOff || y.Kind == calendar.RegionalOn; regional == (id == store.NationalCalendar) {
			return a, fault.At(fmt.Sprintf("/days/%d/kind", i), "Hari ke-%d: jenis %q tidak berlaku untuk kalender %s; "+
				"daerah memakai regional_off dan regional_on, nasional yang lain.", i+1, y.Kind, id)
		}
		a.Days = append(a.Days, calendar.Day{Date: date, Kind: y.Kind, NameID: y.NameID, NameEN: y.NameEN, Confidence: d.Confidence})
	}
	for i, s := range d.Supersedes {
		date, err := calendar.ParseDate(s.Date)
		if err != nil {
			return a, fault.At(fmt.Sprintf("/supersedes/%d/date", i), "Pencabutan ke-%d: %v.", i+1, err)
		}
		a.Supersedes = append(a.Supersedes, calendar.Ref{Decree: s.Decree, Date: date, NameID: s.NameID})
	}
	for i, h := range d.Hours {
		hours, err := h.read(fmt.Sprintf("/hours/%d", i), i+1)
		if err != nil {
			return a, err
		}
		a.Hours = append(a.Hours, hours)
	}
	if d.Settings == nil {
		return a, nil
	}
	a.Settings = []calendar.Setting{{Zone: d.Settings.Zone, WeekDays: d.Settings.WeekDays, JointLeaveOff: d.Settings.JointLeaveOff}}
	return a, nil
}

// entered is the decree as it was entered.
func entered(a calendar.Amendment) Decree {
	d := Decree{IssuedOn: calendar.DateOf(a.Decree.IssuedOn).String(), Track: a.Decree.Track, CalendarYear: a.Decree.CalendarYear,
		Title: a.Decree.Title, Effect: a.Decree.Effect, Confidence: a.Decree.Confidence, Days: []DecreeDay{}}
	for _, y := range a.Days {
		d.Days = append(d.Days, DecreeDay{Date: y.Date.String(), Kind: y.Kind, NameID: y.NameID, NameEN: y.NameEN})
	}
	for _, s := range a.Supersedes {
		d.Supersedes = append(d.Supersedes, DecreeRef{Decree: s.Decree, Date: s.Date.String(), NameID: s.NameID})
	}
	for _, h := range a.Hours {
		d.Hours = append(d.Hours, enteredHours(h))
	}
	for _, s := range a.Settings {
		d.Settings = enteredSettings(s)
	}
	return d
}

// rowFault makes the refusal of a row one that names the field and the row, and
// that of a calendar without working days one of the days.
func rowFault(err error) error {
	if idle, ok := errors.AsType[calendar.NoWorkError](err); ok {
		return fault.At("/days", "Keputusan ditolak: %v.", idle)
	}
	bad, ok := errors.AsType[*calendar.RowError](err)
	if !ok {
		return err
	}
	switch bad.Table {
	case "days":
		return fault.At(fmt.Sprintf("/days/%d", bad.Line-1), "Hari ke-%d: %s.", bad.Line, bad.Reason)
	case "supersedes":
		return fault.At(fmt.Sprintf("/supersedes/%d", bad.Line-1), "Pencabutan ke-%d: %s.", bad.Line, bad.Reason)
	case "hours":
		return fault.At(fmt.Sprintf("/hours/%d", bad.Line-1), "Jam kerja ke-%d: %s.", bad.Line, bad.Reason)
	case "settings":
		return fault.At("/settings", "Pengaturan: %s.", bad.Reason)
	}
	return fault.At("", "Keputusan: %s.", bad.Reason)
}

// Revision is one state of a calendar: what its decree changed.
type Revision struct {
	Revision   int             `json:"revision"`
	Decree     string          `json:"decree"` // key
	National   bool            `json:"national"`
	IssuedOn   string          `json:"issued_on"`
	RecordedAt time.Time       `json:"recorded_at"` // when the operator loaded it
	Track      string          `json:"track"`
	Title      string          `json:"title"`
	Effect     string          `json:"effect,omitempty"`
	Confidence string          `json:"confidence,omitempty"`
	Days       []DecreeDay     `json:"days"`       // declared
	TakenBack  []RevisionTaken `json:"taken_back"` // of earlier decrees
	Hours      []DecreeHours   `json:"hours,omitempty"`
	Settings   *DecreeSettings `json:"settings,omitempty"`
}

// RevisionTaken is a day that a decree took back.
type RevisionTaken struct {
	Decree string `json:"decree"` // that had declared it
	Date   string `json:"date"`
	NameID string `json:"name_id"`
}

// Revisions returns the history of a calendar, the newest first: anyone may
// read it. fault.NotFound for an unknown calendar.
func (o *Office) Revisions(ctx context.Context, id string) ([]Revision, error) {
	config, last, err := o.Store.Calendar(ctx, id)
	if err != nil {
		return nil, err
	}
	chain, err := config.Chain()
	if err != nil {
		return nil, fmt.Errorf("calendar %s: %w", id, err)
	}
	all := make([]Revision, 0, last)
	at := map[string]int{}
	for _, d := range chain.Decrees()[:last] {
		_, national := config.Ledger.Decree(d.Key)
		at[d.Key] = len(all)
		all = append(all, Revision{
			Revision: d.Revision, Decree: d.Key, National: national, IssuedOn: calendar.DateOf(d.IssuedOn).String(), RecordedAt: d.RecordedAt.UTC(),
			Track: d.Track, Title: d.Title, Effect: d.Effect, Confidence: d.Confidence, Days: []DecreeDay{}, TakenBack: []RevisionTaken{},
		})
	}
	for _, y := range chain.Days() {
		if i, ok := at[y.Decree]; ok {
			all[i].Days = append(all[i].Days, DecreeDay{Date: y.Date.String(), Kind: y.Kind, NameID: y.NameID, NameEN: y.NameEN})
		}
		if i, ok := at[y.SupersededBy]; ok {
			all[i].TakenBack = append(all[i].TakenBack, RevisionTaken{Decree: y.Decree, Date: y.Date.String(), NameID: y.NameID})
		}
	}
	for _, h := range chain.Hours() {
		if i, ok := at[h.Decree]; ok {
			all[i].Hours = append(all[i].Hours, enteredHours(h))
		}
	}
	for _, s := range chain.Settings() {
		if i, ok := at[s.Decree]; ok {
			all[i].Settings = enteredSettings(s)
		}
	}
	slices.Reverse(all)
	return all, nil
}
