package office

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// maxDraws is how often a tracking id is drawn before giving up: 40 random bits
// collide once in a long while.
const maxDraws = 3

// Submit accepts a report. The commit is the acceptance; the start of its
// workflow is tried for at most StartTimeout and otherwise left to the sweeper.
// Repeating it under the same key returns the same receipt, access code
// included.
//
// Errors: fault.Invalid naming the field; fault.Conflict if the key was used
// for another request.
func (o *Office) Submit(ctx context.Context, c Caller, s Submission, key string) (Receipt, error) {
	r, err := o.under(c, key, "submit", s)
	if err != nil {
		return Receipt{}, err
	}
	k, err := o.known(ctx)
	if err != nil {
		return Receipt{}, err
	}
	if err := o.authorize(ctx, c, k, policy.Of(report.Submit), policy.Resource{}, ""); err != nil {
		return Receipt{}, err
	}
	s = s.tidy()
	if err := s.check(k); err != nil {
		return Receipt{}, err
	}
	s = s.protect(k.categories[s.Category])
	receipt, state, err := o.accept(ctx, c, s, k, r)
	if err != nil {
		return Receipt{}, err
	}
	if state != nil {
		o.start(ctx, *state)
	}
	return receipt, nil
}

// accept commits the report. The state is nil if it was accepted before.
func (o *Office) accept(ctx context.Context, c Caller, s Submission, k *catalogue, r request) (Receipt, *report.State, error) {
	var receipt Receipt
	var state *report.State
	var err error
	for range maxDraws {
		var id string
		if id, err = report.NewID(o.Random); err != nil {
			return Receipt{}, nil, err
		}
		taken := false
		err = o.Store.As(ctx, store.Actor{Kind: store.Filing, Subject: c.Subject, Report: id}, func(ctx context.Context, tx *store.Tx) error {
			receipt, state, taken = Receipt{}, nil, false
			fresh, _, err := r.claim(ctx, tx, &receipt)
			if err != nil || !fresh {
				return err
			}
			accepted, filed, err := o.file(ctx, tx, c, s, k, id)
			if err != nil {
				taken = fault.KindOf(err) == fault.Conflict
				return err
			}
			state, receipt = &accepted, filed
			if c.Kind == Staff || c.Kind == Gateway { // for another person
				if err := tx.WriteAudit(ctx, o.line(c, policy.Of(report.Submit), id, true)); err != nil {
					return err
				}
			}
			return r.store(ctx, tx, receipt)
		})
		if !taken {
			break
		}
	}
	return receipt, state, err
}

// file writes one report under an id.
func (o *Office) file(ctx context.Context, tx *store.Tx, c Caller, s Submission, k *catalogue, id string) (report.State, Receipt, error) {
	now := o.now()
	queue, rules, err := o.queue(ctx, tx, s, k, now)
	if err != nil {
		return report.State{}, Receipt{}, err
	}
	code, err := o.Keys.NewAccessCode(o.Random)
	if err != nil {
		return report.State{}, Receipt{}, fmt.Errorf("draw access code: %w", err)
	}
	sealed, err := o.sealPeople(s, id)
	if err != nil {
		return report.State{}, Receipt{}, err
	}
	state, effects, err := report.New(report.State{
		ID: id, Queue: queue, Class: s.Class, Category: s.Category, Region: s.Region, Channel: c.channel(),
		Secret: s.Content == ContentSecret, Rules: rules,
	}, now)
	if err != nil {
		return report.State{}, Receipt{}, err
	}
	accepted, err := tx.Accept(ctx, store.NewReport{
		State: state, Effects: effects, AcceptedAt: now, Title: s.Title, Body: s.Body, Attributes: s.Attributes,
		Lat: s.Lat, Long: s.Long, OccurredOn: s.OccurredOn, Suggested: s.Agency, Accused: s.Accused, Identity: s.Identity,
		ShowName: s.ShowName, Person: sealed.who, Envelopes: sealed.envelopes, Contact: sealed.contact, CodeMAC: o.Keys.CodeMAC(code), Subject: c.Subject,
	})
	if err != nil {
		return report.State{}, Receipt{}, err
	}
	return accepted, Receipt{
		ID: id, AccessCode: code, Stage: accepted.Stage, Label: accepted.Stage.Label(false), Identity: s.Identity,
		Content: s.Content, AcceptedAt: now, DueAt: moment(accepted.NearestDue()),
	}, nil
}

// queue finds where the report waits and the rules it is pinned to: those in
// force there on the day of acceptance.
func (o *Office) queue(ctx context.Context, tx *store.Tx, s Submission, k *catalogue, now time.Time) (string, report.RuleSet, error) {
	staffed, err := tx.AdminUnits(ctx, k.candidates(s.Agency, s.Region))
	if err != nil {
		return "", report.RuleSet{}, err
	}
	queue := k.route(s.Agency, s.Region, s.Accused, staffed)
	own, err := tx.CalendarFor(ctx, queue)
	if err != nil {
		return "", report.RuleSet{}, err
	}
	if s.OccurredOn != "" {
		if err := s.checkNotFuture(now, own.Zone()); err != nil {
			return "", report.RuleSet{}, err
		}
	}
	rules, err := o.rulesOf(ctx, tx, k, queue, calendar.DateOf(now.In(own.Zone())))
	return queue, rules, err
}

// rulesOf returns the rule set that a unit names or inherits, as it is in force
// on a day there.
func (o *Office) rulesOf(ctx context.Context, tx *store.Tx, k *catalogue, unit string, on calendar.Date) (report.RuleSet, error) {
	id := report.DefaultRules
	chain := k.above(unit)
	if i := slices.IndexFunc(chain, func(u string) bool { return k.byID[u].RuleSet != "" }); i >= 0 {
		id = k.byID[chain[i]].RuleSet
	}
	rules, err := tx.Rules(ctx, id, on)
	if err == nil && rules.Demo && !o.Demo {
		return rules, fault.New(fault.Conflict, "Unit %q memakai aturan peragaan, yang hanya berlaku pada pemasangan setempat.", unit)
	}
	return rules, err
}

// sealPeople seals the contact and the identity of a sealed reporter, each bound to
// this report and its field; nil for what is not given. Such an identity is sealed
// to the custodians, and nobody here opens it again. The contact's plain text is the
// address itself, for the notice sender.
func (o *Office) sealPeople(s Submission, id string) (p people, err error) {
	if s.Identity != IdentityNone {
		plain, err := json.Marshal(Person{s.Name, s.NIK, s.Address, s.Documents})
		if err != nil {
			return p, fmt.Errorf("encode identity: %w", err)
		}
		if s.Identity == IdentitySealed {
			p.who, p.envelopes, err = o.sealToCustodians(id, plain)
		} else {
			p.who = plain // the store seals it under the key of the report
		}
		if err != nil {
			return p, fmt.Errorf("seal identity of %s: %w", id, err)
		}
	}
	if s.Contact != "" {
		if p.contact, err = o.Keys.SealField(FieldContact, id, []byte(s.Contact)); err != nil {
			return p, fmt.Errorf("seal contact of %s: %w", id, err)
		}
	}
	return p, nil
}

// people is what is kept of who reports.
type people struct {
	who, contact []byte
	envelopes    []store.Envelope // of a sealed reporter
}

// start asks the engine for the run that a report wants. The sweeper does it if
// this fails.
func (o *Office) start(ctx context.Context, s report.State) {
	if !s.Stage.Open() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, o.StartTimeout)
	defer cancel()
	if err := o.Engine.Start(ctx, s); err != nil {
		o.Log.WarnContext(ctx, "workflow not started, left to the sweeper", "run", s.Run, "error", err)
	}
}

// moment is a time for JSON: nil if it is zero.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
