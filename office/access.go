package office

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// file is one report, opened for one caller. His right to read it has been
// judged.
type file struct {
	row      store.Row
	resource policy.Resource
	who      policy.Actor
	by       report.Role                                                        // in whose name the caller commands, if he is not staff
	drafts   bool                                                               // follow-ups on it wait for a head
	logged   bool                                                               // the reading must be written to the audit log
	ask      func(policy.Actor, policy.Action, policy.Resource) policy.Decision // [Office.ask]
}

// ask asks the policy, and tells of it. What only shapes an answer, such as
// which texts a page shows, is asked of [policy.Authorize] itself.
func (o *Office) ask(a policy.Actor, act policy.Action, r policy.Resource) policy.Decision {
	if o.Asked != nil {
		o.Asked(act)
	}
	return policy.Authorize(a, act, r)
}

// actor is the caller as the database knows him; id is the report that his code
// is to open.
func (o *Office) actor(c Caller, id string) store.Actor {
	switch {
	case c.Kind == Staff:
		return store.Actor{Kind: store.Staff, Subject: c.Subject, Unit: c.Member.Unit, Roles: c.Member.Roles}
	case c.Code != "" && id != "":
		return store.Actor{Kind: store.Reporter, Report: id, CodeMAC: o.Keys.CodeMAC(c.Code)}
	case c.Kind == Gateway:
		return store.Actor{Kind: store.Gateway, Subject: c.Subject}
	}
	return store.Actor{Kind: store.Anyone}
}

// channel is how a report filed by this caller came.
func (c Caller) channel() string {
	switch {
	case c.Kind == Staff:
		return "paper"
	case c.Kind == Gateway:
		return "sms"
	case c.Channel == ChannelWeb:
		return ChannelWeb
	}
	return ChannelAPI
}

// scope is what an Idempotency-Key is scoped to.
func (o *Office) scope(c Caller) string {
	switch {
	case c.Kind == Staff:
		return "staff:" + c.Subject
	case c.Code != "":
		return "reporter:" + hex.EncodeToString(o.Keys.CodeMAC(c.Code))
	case c.Kind == Gateway:
		return "gateway:" + c.Subject
	}
	return "anyone"
}

// office is the caller as the policy knows him. owns says that his code opened
// the report in question.
func (c Caller) office(k *catalogue, owns bool) policy.Actor {
	switch {
	case c.Kind == Staff:
		a := policy.Actor{Subject: c.Subject, Unit: c.Member.Unit, Above: k.above(c.Member.Unit), National: c.Member.Unit == "" || c.Member.Unit == k.national}
		for _, r := range c.Member.Roles {
			a.Roles = append(a.Roles, policy.Role(r))
		}
		return a
	case owns:
		return policy.Actor{Roles: []policy.Role{policy.Reporter}}
	case c.Kind == Gateway:
		return policy.Actor{Roles: []policy.Role{policy.Gateway, policy.Anyone}}
	}
	return policy.Actor{Roles: []policy.Role{policy.Anyone}}
}

// resource is a report as the policy knows it.
func (k *catalogue) resource(r store.Row) policy.Resource {
	var rungs []policy.Rung
	for _, e := range r.Escalated {
		rungs = append(rungs, policy.Rung{Unit: e.Unit, Role: policy.Role(e.Role)})
	}
	return policy.Resource{
		Escalated: rungs,
		Stage:     r.State.Stage, Secret: r.State.Secret, Published: r.State.Published, Identity: r.Identity,
		Queue: k.above(r.State.Queue), Agency: k.above(r.State.Agency), Holder: k.above(r.State.Holder()), Accused: r.Accused,
	}
}

// open reads a report in the caller's transaction and judges whether he may
// read it. fault.NotFound, always the same, for a wrong code, an unknown report
// and one he may not know of; fault.Forbidden for one that he may read only as
// anyone does.
func (o *Office) open(ctx context.Context, tx *store.Tx, c Caller, k *catalogue, id string) (file, error) {
	owns := false
	if c.Kind != Staff {
		ok, err := o.unlocks(ctx, tx, c, id)
		if err != nil || !ok {
			return file{}, uniform(orNotFound(err))
		}
		owns = true
	}
	row, err := tx.Load(ctx, id)
	if fault.KindOf(err) == fault.NotFound && c.Kind == Staff {
		return file{}, hidden(ctx, tx, id)
	}
	if err != nil {
		return file{}, uniform(err)
	}
	f := file{row: row, resource: k.resource(row), who: c.office(k, owns), by: report.Reporter, drafts: k.wantsDraft(row.State), ask: o.ask}
	if f.resource.Addressed, err = k.addressed(ctx, tx, row.State); err != nil {
		return file{}, err
	}
	d := o.ask(f.who, policy.Read, f.resource)
	if f.logged = d.Logged; d.Allowed {
		return f, nil
	}
	if d.Hidden {
		return file{}, notFound()
	}
	return file{}, fault.New(fault.Forbidden, "%s", d.Reason)
}

// hidden is the answer to staff about a report that row-level security does not
// show them: of one that is published they know as much as anybody.
func hidden(ctx context.Context, tx *store.Tx, id string) error {
	published, err := tx.Published(ctx, id)
	switch {
	case err != nil:
		return err
	case published:
		return fault.New(fault.Forbidden, "Anda tidak berwenang atas laporan ini.")
	}
	return notFound()
}

// addressed returns the chain of the agency that an archived report was last
// addressed to, which a return takes out of its state; nil if there was none.
func (k *catalogue) addressed(ctx context.Context, tx *store.Tx, s report.State) ([]string, error) {
	if s.Stage != report.Archived || s.Round == 0 {
		return nil, nil
	}
	clocks, err := tx.Clocks(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	for _, c := range slices.Backward(clocks) {
		if c.Kind == report.FirstFollowUp {
			return k.above(c.Unit), nil
		}
	}
	return nil, nil
}

func orNotFound(err error) error {
	if err == nil {
		return notFound()
	}
	return err
}

func (o *Office) unlocks(ctx context.Context, tx *store.Tx, c Caller, id string) (bool, error) {
	if c.Code == "" {
		return false, nil
	}
	ok, err := tx.CodeOpens(ctx, id, o.Keys.CodeMAC(c.Code))
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	return ok, err
}

// reads runs fn on a report that the caller may read as reporter or staff, and
// writes privileged readings to the audit log.
func (o *Office) reads(ctx context.Context, c Caller, id, what string, fn func(context.Context, *store.Tx, *catalogue, file) error) error {
	id, err := report.ParseID(id)
	if err != nil {
		return notFound()
	}
	k, err := o.known(ctx)
	if err != nil {
		return err
	}
	err = o.Store.As(ctx, o.actor(c, id), func(ctx context.Context, tx *store.Tx) error {
		f, err := o.open(ctx, tx, c, k, id)
		if err != nil {
			return err
		}
		if f.logged {
			if err := tx.WriteAudit(ctx, o.line(c, policy.Action(what), id, true)); err != nil {
				return err
			}
		}
		return fn(ctx, tx, k, f)
	})
	return o.refused(ctx, c, policy.Action(what), id, err)
}

// authorize asks the policy about something that is no single report. A
// refusal of staff, and a privileged reading, is written to the audit log.
func (o *Office) authorize(ctx context.Context, c Caller, k *catalogue, act policy.Action, r policy.Resource, id string) error {
	logged, err := o.judged(ctx, c, k, act, r, id)
	if err == nil && logged {
		return o.audit(ctx, c, act, id, true)
	}
	return err
}

// judged is authorize, but leaves it to its caller to write what is logged, in
// the transaction that reads.
func (o *Office) judged(ctx context.Context, c Caller, k *catalogue, act policy.Action, r policy.Resource, id string) (logged bool, err error) {
	d := o.ask(c.office(k, false), act, r)
	switch {
	case d.Allowed:
		return d.Logged, nil
	case c.Kind != Staff:
		return false, fault.New(fault.Unauthenticated, "Tindakan ini memerlukan masuk sebagai petugas.")
	}
	return false, o.refused(ctx, c, act, id, fault.New(fault.Forbidden, "%s", d.Reason))
}

// refused writes a refusal of staff to the audit log, in a transaction of its
// own, and returns err.
func (o *Office) refused(ctx context.Context, c Caller, act policy.Action, id string, err error) error {
	kind := fault.KindOf(err)
	if c.Kind != Staff || kind != fault.Forbidden && kind != fault.NotFound {
		return err
	}
	if audit := o.audit(ctx, c, act, id, false); audit != nil {
		return audit
	}
	return err
}

// audit writes one line in a transaction of its own.
func (o *Office) audit(ctx context.Context, c Caller, act policy.Action, id string, allowed bool) error {
	err := o.Store.As(ctx, o.actor(c, ""), func(ctx context.Context, tx *store.Tx) error {
		return tx.WriteAudit(ctx, o.line(c, act, id, allowed))
	})
	if err != nil {
		return fmt.Errorf("audit %s: %w", act, err)
	}
	return nil
}

// line is a line of the audit log: codes only.
func (o *Office) line(c Caller, act policy.Action, id string, allowed bool) store.Audit {
	return store.Audit{At: o.now(), Actor: o.actor(c, id), Action: string(act), Report: id, Allowed: allowed, Detail: json.RawMessage(`{}`)}
}
