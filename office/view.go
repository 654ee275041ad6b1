package office

import (
	"context"
	"slices"
	"time"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/internal/redact"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// Report returns one report as the caller may see it: staff with an office in
// it and the reporter who presents his code see it as their own, everybody else
// its published copy. fault.NotFound, always the same, for a wrong code, an
// unknown report, a secret one and one not yet published.
func (o *Office) Report(ctx context.Context, c Caller, id string) (ReportView, error) {
	id, err := report.ParseID(id)
	if err != nil {
		return ReportView{}, notFound()
	}
	if c.Kind != Staff && c.Code == "" {
		return o.published(ctx, id)
	}
	v, err := o.own(ctx, c, id)
	if c.Kind == Staff && (fault.KindOf(err) == fault.NotFound || fault.KindOf(err) == fault.Forbidden) {
		public, e := o.published(ctx, id)
		if e == nil {
			return public, nil
		}
		return ReportView{}, o.refused(ctx, c, policy.Read, id, uniform(e))
	}
	return v, err
}

// published is the public copy: one round trip.
func (o *Office) published(ctx context.Context, id string) (ReportView, error) {
	p, err := o.Store.PublicReport(ctx, id)
	if err != nil {
		return ReportView{}, uniform(err)
	}
	now := o.now()
	return ReportView{
		ID: p.ID, SeenBy: SeenByPublic, Title: p.Title, Body: p.Body, Stage: p.Stage, Label: o.label(p.Stage, p.Accepted, p.Clocks, now),
		Class: p.Class, Category: p.Category, Region: p.Region, Agency: p.Agency, Channel: p.Channel, Round: p.Round,
		Late: p.Late, Published: true, Reporter: p.Reporter, MergedTo: p.MergedTo, Lat: p.Lat, Long: p.Long, At: p.PublishedAt, UpdatedAt: p.UpdatedAt,
		Clocks: clockViews(p.Clocks), AllowedActions: []report.Action{}, Thread: publicPosts(p.Thread), Rating: p.Rating,
	}, nil
}

// own is a report as its reporter or staff see it.
func (o *Office) own(ctx context.Context, c Caller, id string) (ReportView, error) {
	k, err := o.known(ctx)
	if err != nil {
		return ReportView{}, err
	}
	var f file
	var thread []store.Post
	var opened []IdentityOpening
	err = o.Store.As(ctx, o.actor(c, id), func(ctx context.Context, tx *store.Tx) (err error) {
		if f, err = o.open(ctx, tx, c, k, id); err != nil {
			return err
		}
		if thread, err = tx.Thread(ctx, id); err != nil {
			return err
		}
		if opened, err = f.opened(ctx, tx, c); err != nil {
			return err
		}
		return o.noteReading(ctx, tx, c, f, thread)
	})
	if err != nil {
		return ReportView{}, err
	}
	v := o.view(f, thread)
	v.Own.Opened = opened
	if f.row.State.Stage == report.Merged {
		// The page of a merged report shows the thread of its target.
		target, err := o.published(ctx, f.row.State.MergedTo)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return ReportView{}, err
		}
		v.Thread = append(v.Thread, target.Thread...)
	}
	return v, nil
}

func (o *Office) view(f file, thread []store.Post) ReportView {
	s, now := f.row.State, o.now()
	v := ReportView{
		ID: s.ID, SeenBy: SeenByReporter, Title: f.row.Title, Body: f.row.Body, Stage: s.Stage,
		Label: o.label(s.Stage, s.Accepted, s.Clocks, now), Class: s.Class, Category: s.Category, Region: s.Region, Agency: s.Agency,
		Channel: s.Channel, Round: s.Round, Late: slices.ContainsFunc(s.Clocks, report.Clock.Late), Secret: s.Secret,
		Published: s.Published, Outcome: s.Outcome, MergedTo: s.MergedTo, Lat: f.row.Lat, Long: f.row.Long, At: f.row.AcceptedAt,
		UpdatedAt: f.row.UpdatedAt, Clocks: clockViews(s.Clocks), AllowedActions: f.allowed(now), Thread: f.posts(thread),
		Rating: f.row.Rating, ErasedAt: f.row.ErasedAt, Own: &OwnView{
			Identity: f.row.Identity, Content: content(s.Secret), ShowName: f.row.ShowName, HasContact: f.row.HasContact,
			OccurredOn: f.row.OccurredOn, Suggested: f.row.Suggested, Attributes: f.row.Attributes, Accused: f.row.Accused,
		},
	}
	if v.ErasedAt != nil {
		v.AllowedActions = []report.Action{}
	}
	if slices.Contains(f.who.Roles, policy.Reporter) {
		return v
	}
	v.SeenBy = SeenByStaff
	v.Desk = &DeskView{
		Queue: s.Queue, Unit: s.Unit, SLA: s.SLAAt(now), Returns: s.Returns, Rules: s.Rules.ID,
		PublicTitle: f.row.PublicTitle, PublicBody: f.row.PublicBody, Seq: s.Seq, Run: s.Run,
	}
	v.Desk.History = o.historyAddress(f)
	if s.Stage == report.Verification && f.row.PublicTitle == "" && f.row.Prepared == nil && f.may(policy.ReadOriginal) {
		v.Desk.Suggestion = redacted(v.Title, v.Body)
	}
	v.Desk.DraftApproval = f.drafts
	for _, d := range f.row.Drafts {
		if f.may(policy.ReadDraft) {
			v.Desk.Drafts = append(v.Desk.Drafts, draftView(d))
		}
	}
	if p := f.row.Prepared; p != nil {
		kept := preparedCopy(*p)
		v.Desk.Prepared = &kept
	}
	if !f.may(policy.ReadOriginal) {
		v.Title, v.Body, v.Own.Attributes = f.row.PublicTitle, f.row.PublicBody, nil
		v.Lat, v.Long = snap(v.Lat), snap(v.Long)
	}
	return v
}

// redacted suggests a public copy.
func redacted(title, body string) *Redacted {
	return &Redacted{Title: redact.Suggest(title), Body: redact.Suggest(body), Found: append(append([]string{}, found(title)...), found(body)...)}
}

// may asks the policy about this report and this caller.
func (f file) may(a policy.Action) bool { return policy.Authorize(f.who, a, f.resource).Allowed }

// mayRead says whether the caller may read an entry of the thread. Notes are
// the staff's; who may not read the reporter's own words reads of them the redacted
// copy, or what is published.
func (f file) mayRead(p store.Post) bool {
	switch {
	case p.Kind == store.TextTitle || p.Kind == store.TextBody:
		return false
	case p.Kind == store.TextNote:
		return f.may(policy.ReadNotes)
	case p.Role == report.Reporter:
		return p.Published || p.Copy != "" || f.may(policy.ReadOriginal)
	}
	return true
}

// posts are the entries of the thread as the caller may read them.
func (f file) posts(thread []store.Post) []PostView {
	all := []PostView{}
	original := f.may(policy.ReadOriginal)
	for _, p := range thread {
		if !f.mayRead(p) {
			continue
		}
		v := publicPost(p)
		if v.ID, v.Held = p.Command, p.Held && mayBeHeld(p); original {
			v.Copy = p.Copy
		} else if p.Role == report.Reporter && p.Copy != "" {
			v.Body = p.Copy
		}
		all = append(all, v)
	}
	return all
}

// mayBeHeld: only what would be published is.
func mayBeHeld(p store.Post) bool { return p.Kind == store.TextReply || p.Kind == store.TextFollowUp }

// allowed returns what the caller may do now, in the order of the table.
func (f file) allowed(now time.Time) []report.Action {
	all := []report.Action{}
	for _, r := range f.who.Roles {
		for _, a := range report.Allowed(f.row.State, commands[r], now) {
			one := f.who
			one.Roles = []policy.Role{r}
			if a == report.PostFollowUp && f.keptBack() {
				continue // he saves a draft
			}
			if !slices.Contains(all, a) && policy.Authorize(one, policy.Of(a), f.resource).Allowed {
				all = append(all, a)
			}
		}
		if s := f.row.State.Stage; r == policy.Reporter && s == report.Merged {
			all = append(all, report.Reply) // goes to the target
		}
	}
	return all
}

// label is the official label; while the silence runs it says when the report
// closes by itself.
func (o *Office) label(s report.Stage, accepted bool, clocks []report.Clock, now time.Time) string {
	l := s.Label(accepted)
	for _, c := range clocks {
		if s == report.Closure && c.Kind == report.Silence && c.Status == report.Running && c.DueAt.After(now) {
			return l + ", " + closesIn(c, now)
		}
	}
	return l
}

func content(secret bool) string {
	if secret {
		return ContentSecret
	}
	return ContentPublic
}

// publicPosts are the entries of a published thread.
func publicPosts(thread []store.Post) []PostView {
	all := []PostView{}
	for _, p := range thread {
		all = append(all, publicPost(p))
	}
	return all
}

func publicPost(p store.Post) PostView {
	return PostView{
		Kind: string(p.Kind), Role: p.Role, Office: p.Office, FollowUp: p.FollowUp, Body: p.Body, At: p.At, Published: p.Published,
	}
}

func clockViews(clocks []report.Clock) []ClockView {
	all := []ClockView{}
	for _, c := range clocks {
		all = append(all, clockView(c))
	}
	return all
}

func clockView(c report.Clock) ClockView {
	v := ClockView{
		Kind: c.Kind, Name: c.Kind.Name(), Status: c.Status, Unit: c.Unit, Limit: c.Limit, StartedAt: c.StartedAt,
		DueAt: moment(c.DueAt), DueDate: c.Date, Late: !c.LateAt.IsZero(), Provisional: c.Provisional, Calendar: c.Calendar,
		Revision: c.Revision, Decree: c.Decree, EndedAt: moment(c.EndedAt),
	}
	if c.Status == report.Paused {
		v.DueAt, v.DueDate = nil, ""
	}
	return v
}
