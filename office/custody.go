package office

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// custodyLasts is how long a request waits for the second custodian, and how long
// what both agreed to can be opened: a consent is to one opening now. Ours.
const custodyLasts = 24 * time.Hour

// sealToCustodians seals an identity so that nobody here can open it.
func (o *Office) sealToCustodians(id string, plain []byte) ([]byte, []store.Envelope, error) {
	if len(o.Custodians.Names()) == 0 {
		return nil, nil, fault.New(fault.Unavailable, "Laporan dengan identitas tertutup belum dapat diterima di sini.")
	}
	sealed, envelopes, err := o.Custodians.SealFor(FieldIdentity, id, plain)
	if err != nil {
		return nil, nil, err
	}
	var rows []store.Envelope
	for _, e := range envelopes {
		rows = append(rows, store.Envelope{First: e.First, Second: e.Second, Sealed: e.Sealed})
	}
	return sealed, rows, nil
}

// RequestIdentity lets a custodian ask for the identity of a sealed reporter, with
// a reason of MinReason to MaxReason runes that the reporter will read. Nothing is
// opened yet. Under a key a repetition returns the same request.
//
// Errors: fault.Invalid naming /reason; fault.NotFound or fault.Forbidden for who
// is no custodian, or one whose office the report accuses; fault.Conflict if the
// identity is not sealed to him.
func (o *Office) RequestIdentity(ctx context.Context, c Caller, id, reason, key string) (IdentityRequest, error) {
	reason = strings.TrimSpace(reason)
	if err := length("/reason", "Alasan", reason, MinReason, MaxReason); err != nil {
		return IdentityRequest{}, err
	}
	r, err := o.under(c, key, "request_identity", id, reason)
	if err != nil {
		return IdentityRequest{}, err
	}
	request, err := newUUID(o.Random)
	if err != nil {
		return IdentityRequest{}, err
	}
	var answer IdentityRequest
	err = o.custody(ctx, c, id, policy.RequestIdentity, func(ctx context.Context, tx *store.Tx, s sealedReport) error {
		answer = IdentityRequest{}
		if err := s.permit(policy.RequestIdentity); err != nil {
			return err
		}
		fresh, _, err := r.claim(ctx, tx, &answer)
		if err != nil || !fresh {
			return err
		}
		holds, err := tx.Holds(ctx, s.id, c.Subject)
		if err != nil {
			return err
		}
		if !holds {
			return fault.New(fault.Conflict, "Identitas laporan ini tidak disegel untuk kunci Anda.")
		}
		q := store.IdentityRequest{ID: request, Report: s.id, RequestedBy: c.Subject, Reason: reason, At: o.now()}
		if err := tx.RequestIdentity(ctx, q); err != nil {
			return err
		}
		if err := tx.WriteAudit(ctx, o.custodyLine(c, policy.RequestIdentity, q)); err != nil {
			return err
		}
		answer = o.identityRequest(q)
		return r.store(ctx, tx, answer)
	})
	return answer, err
}

// ConsentIdentity lets a second custodian agree to a request of another. Repeating
// it changes nothing.
//
// Errors: fault.NotFound for an unknown request, fault.Forbidden and fault.NotFound
// as [Office.RequestIdentity]; fault.Conflict for the custodian who asked, if a
// third has agreed already, and if the identity is not sealed to these two;
// fault.Gone for a request older than a day.
func (o *Office) ConsentIdentity(ctx context.Context, c Caller, id, request string) (IdentityRequest, error) {
	var q store.IdentityRequest
	err := o.custody(ctx, c, id, policy.ConsentIdentity, func(ctx context.Context, tx *store.Tx, s sealedReport) (err error) {
		if err := s.permit(policy.RequestIdentity); err != nil {
			return err
		}
		if q, err = tx.IdentityRequest(ctx, s.id, request); err != nil {
			return uniform(err)
		}
		if q.ConsentedBy == c.Subject {
			return nil
		}
		if err := o.mayConsent(ctx, tx, c, s, q); err != nil {
			return err
		}
		if err := tx.ConsentIdentity(ctx, q.ID, c.Subject); err != nil {
			return err
		}
		if q, err = tx.IdentityRequest(ctx, s.id, request); err != nil {
			return err
		}
		if q.ConsentedBy != c.Subject { // another was faster
			return consented()
		}
		return tx.WriteAudit(ctx, o.custodyLine(c, policy.ConsentIdentity, q))
	})
	if err != nil {
		return IdentityRequest{}, err
	}
	return o.identityRequest(q), nil
}

func consented() error {
	return fault.New(fault.Conflict, "Permintaan ini sudah disetujui pemegang kunci lain.")
}

func (o *Office) mayConsent(ctx context.Context, tx *store.Tx, c Caller, s sealedReport, q store.IdentityRequest) error {
	switch {
	case q.RequestedBy == c.Subject:
		return fault.New(fault.Conflict, "Persetujuan harus datang dari pemegang kunci lain.")
	case q.ConsentedBy != "":
		return consented()
	case o.identityRequest(q).State == IdentityExpired:
		return fault.New(fault.Gone, "Permintaan ini sudah kedaluwarsa. Ajukan permintaan baru.")
	}
	if err := s.permit(policy.ConsentIdentity, q.RequestedBy); err != nil {
		return err
	}
	has, err := tx.HasEnvelope(ctx, s.id, q.RequestedBy, c.Subject)
	if err == nil && !has {
		err = fault.New(fault.Conflict, "Identitas laporan ini tidak disegel untuk kunci Anda berdua.")
	}
	return err
}

// IdentityRequest returns one request to a custodian. Once two have agreed, and
// for a day, each of them gets the sealed identity and its envelope with it: but
// only after the trace that the reporter reads has been committed. Errors as
// [Office.RequestIdentity].
func (o *Office) IdentityRequest(ctx context.Context, c Caller, id, request string) (IdentityRequest, error) {
	var q store.IdentityRequest
	opens := false
	err := o.custody(ctx, c, id, policy.OpenIdentity, func(ctx context.Context, tx *store.Tx, s sealedReport) (err error) {
		opens = false
		if err := s.permit(policy.RequestIdentity); err != nil {
			return err
		}
		if q, err = tx.IdentityRequest(ctx, s.id, request); err != nil {
			return uniform(err)
		}
		if o.identityRequest(q).State == IdentityExpired || s.permit(policy.OpenIdentity, q.Voices()...) != nil {
			return tx.WriteAudit(ctx, o.custodyLine(c, readIdentityRequest, q))
		}
		if err := tx.OpenIdentity(ctx, s.id, q.ID, c.Subject); err != nil {
			return err
		}
		if err := tx.WriteAudit(ctx, o.custodyLine(c, policy.OpenIdentity, q)); err != nil {
			return err
		}
		opens = true
		q, err = tx.IdentityRequest(ctx, s.id, request)
		return err
	})
	if err != nil {
		return IdentityRequest{}, err
	}
	answer := o.identityRequest(q)
	if opens {
		answer.Sealed, err = o.handOut(ctx, c, q)
	}
	return answer, err
}

// IdentityRequests returns what waits for a custodian: the requests that are not
// over, of sealed reports whose envelopes he holds, the latest asked first, at most
// 100. None has Sealed: that is handed out one by one. A report that accuses his
// office is left out. Each request that he is shown is in the audit log.
//
// Errors: fault.Unauthenticated and fault.Forbidden for who is no custodian.
func (o *Office) IdentityRequests(ctx context.Context, c Caller) ([]IdentityRequest, error) {
	k, err := o.known(ctx)
	if err != nil {
		return nil, err
	}
	if err := o.authorize(ctx, c, k, policy.ListIdentityRequests, policy.Resource{}, ""); err != nil {
		return nil, err
	}
	var open []store.IdentityRequest
	err = o.Store.As(ctx, worker, func(ctx context.Context, tx *store.Tx) (err error) {
		open, err = tx.OpenIdentityRequests(ctx, c.Subject, o.now().Add(-custodyLasts), maxPage)
		return err
	})
	if err != nil {
		return nil, err
	}
	all := []IdentityRequest{}
	for _, q := range open {
		shown, err := o.showRequest(ctx, c, k, q)
		if err != nil {
			return nil, err
		}
		all = append(all, shown...)
	}
	return all, nil
}

// showRequest reads one request as its custodian: none where the wall or the policy
// keeps the report from him.
func (o *Office) showRequest(ctx context.Context, c Caller, k *catalogue, q store.IdentityRequest) ([]IdentityRequest, error) {
	var shown []IdentityRequest
	err := o.Store.As(ctx, o.custodian(c, q.Report), func(ctx context.Context, tx *store.Tx) error {
		shown = nil
		i, err := tx.Identified(ctx, q.Report)
		if fault.KindOf(err) == fault.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		s := sealedReport{id: q.Report, who: c.office(k, false), resource: k.identified(i), ask: o.ask}
		if s.permit(policy.RequestIdentity) != nil {
			return nil
		}
		read, err := tx.IdentityRequest(ctx, q.Report, q.ID)
		if err != nil {
			return err
		}
		shown = []IdentityRequest{o.identityRequest(read)}
		return tx.WriteAudit(ctx, o.custodyLine(c, readIdentityRequest, read))
	})
	return shown, err
}

// readIdentityRequest is, in the audit log, reading a request that gives nothing
// out. No action of the policy: whoever may ask may read what others ask.
const readIdentityRequest policy.Action = "read_identity_request"

// handOut reads what the two of an opened request may have. The store gives
// nothing without the trace.
func (o *Office) handOut(ctx context.Context, c Caller, q store.IdentityRequest) (*SealedIdentity, error) {
	var s SealedIdentity
	err := o.Store.As(ctx, o.custodian(c, q.Report), func(ctx context.Context, tx *store.Tx) error {
		person, e, err := tx.SealedIdentity(ctx, q.Report, q.ID)
		s = SealedIdentity{Field: FieldIdentity, First: e.First, Second: e.Second, Envelope: e.Sealed, Person: person}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &s, nil
}

// sealedReport is a report as a custodian meets it: he does not read it.
type sealedReport struct {
	id       string
	who      policy.Actor
	resource policy.Resource
	ask      func(policy.Actor, policy.Action, policy.Resource) policy.Decision
}

// permit asks the policy; voices are the custodians who asked or agreed. Who reads
// the audit log is never one of those whom it watches.
func (s sealedReport) permit(a policy.Action, voices ...string) error {
	if one, other, clash := policy.Apart(s.who.Roles); clash { // of an earlier build; nobody is appointed to both
		return fault.New(fault.Forbidden, "Peran %s dan %s tidak boleh dipegang satu orang.", one, other)
	}
	r := s.resource
	r.Voices = voices
	d := s.ask(s.who, a, r)
	switch {
	case d.Allowed:
		return nil
	case d.Hidden:
		return notFound()
	}
	return fault.New(fault.Forbidden, "%s", d.Reason)
}

// custody runs fn on a report in the name of staff. fn asks for permission itself.
// A refusal is written to the audit log as that of act.
func (o *Office) custody(ctx context.Context, c Caller, id string, act policy.Action, fn func(context.Context, *store.Tx, sealedReport) error) error {
	id, err := report.ParseID(id)
	if err != nil {
		return notFound()
	}
	k, err := o.known(ctx)
	if err != nil {
		return err
	}
	err = o.Store.As(ctx, o.custodian(c, id), func(ctx context.Context, tx *store.Tx) error {
		i, err := tx.Identified(ctx, id)
		if fault.KindOf(err) == fault.NotFound {
			return hidden(ctx, tx, id)
		}
		if err != nil {
			return err
		}
		return fn(ctx, tx, sealedReport{id: id, who: c.office(k, false), resource: k.identified(i), ask: o.ask})
	})
	return o.refused(ctx, c, act, id, err)
}

// custodian is the caller as the database knows him when he acts on one identity:
// who is no custodian stays what he is.
func (o *Office) custodian(c Caller, id string) store.Actor {
	a := o.actor(c, id)
	if c.Kind == Staff && slices.Contains(c.Member.Roles, string(policy.Custodian)) {
		a.Kind, a.Report = store.Custody, id
	}
	return a
}

// identified is a report as the policy knows it, as far as its identity goes.
func (k *catalogue) identified(i store.Identified) policy.Resource {
	holder := i.Unit
	if holder == "" {
		holder = i.Agency
	}
	return policy.Resource{
		Stage: i.Stage, Secret: i.Secret, Published: i.Published, Identity: i.Identity, Queue: k.above(i.Queue),
		Agency: k.above(i.Agency), Holder: k.above(holder), Accused: i.Accused,
	}
}

// custodyLine is the line of the audit log for one step of a request.
func (o *Office) custodyLine(c Caller, act policy.Action, q store.IdentityRequest) store.Audit {
	a := o.line(c, act, q.Report, true)
	a.Detail = json.RawMessage(fmt.Sprintf(`{"request": %q}`, q.ID))
	return a
}

func (o *Office) identityRequest(q store.IdentityRequest) IdentityRequest {
	r := IdentityRequest{
		ID: q.ID, Report: q.Report, State: IdentityRequested, Reason: q.Reason, RequestedBy: q.RequestedBy, RequestedAt: q.At,
		ConsentedBy: q.ConsentedBy, ConsentedAt: q.ConsentedAt, OpenedAt: q.OpenedAt, ExpiresAt: q.At.Add(custodyLasts),
	}
	if q.ConsentedAt != nil {
		r.State, r.ExpiresAt = IdentityAgreed, q.ConsentedAt.Add(custodyLasts)
	}
	if q.OpenedAt != nil {
		r.State = IdentityOpened
	}
	if !o.now().Before(r.ExpiresAt) {
		r.State = IdentityExpired
	}
	return r
}

// opened is the trace of a sealed identity, for its reporter only.
func (f file) opened(ctx context.Context, tx *store.Tx, c Caller) ([]IdentityOpening, error) {
	if c.Kind == Staff || f.row.Identity != IdentitySealed {
		return nil, nil
	}
	all, err := tx.Openings(ctx, f.row.State.ID)
	if err != nil {
		return nil, err
	}
	var found []IdentityOpening
	for _, q := range all {
		found = append(found, IdentityOpening{At: *q.OpenedAt, Reason: q.Reason, By: []Opener{{byCustodian, q.RequestedBy}, {byCustodian, q.ConsentedBy}}})
	}
	return found, nil
}

// How the timeline names an opening. Neither an action of a report nor a role in
// one: it changes nothing there.
const (
	byCustodian    report.Role   = "custodian"
	identityOpened report.Action = "identity_opened"
)

// withOpenings puts the openings of the identity among what else happened, in the
// order of time.
func withOpenings(entries []TimelineEntry, opened []IdentityOpening) []TimelineEntry {
	for _, op := range opened {
		i := len(entries)
		for i > 0 && entries[i-1].At.After(op.At) {
			i--
		}
		if i == 0 {
			continue // a report is accepted before anything is opened
		}
		last := entries[i-1]
		entries = slices.Insert(entries, i, TimelineEntry{
			Seq: last.Seq, Action: identityOpened, Role: byCustodian, Office: op.By[0].Subject + ", " + op.By[1].Subject, At: op.At,
			To: last.To, Label: last.Label, Reason: op.Reason, Deadlines: []TimelineDeadline{},
		})
	}
	return entries
}
