package office

import (
	"context"

	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// adminsNeeded is how many administrators must agree, beside the reporter,
// before a secret report is opened (RULES.md section 6).
const adminsNeeded = 2

// SetVisibility makes a report more or less secret. More secret is instant: the
// public copy is gone when this returns. Less secret takes the reporter and two
// different administrators; each call notes one consent, and the last one sends
// the command. Errors as [Office.Command].
func (o *Office) SetVisibility(ctx context.Context, c Caller, id string, secret bool, key string) (Visibility, error) {
	if secret {
		a, err := o.Command(ctx, c, id, Act{Action: report.MakeSecret}, key)
		if err != nil {
			return Visibility{}, err
		}
		return Visibility{CommandID: a.CommandID, State: a.State}, nil
	}
	var v Visibility
	var done accepted
	err := o.reads(ctx, c, id, string(policy.ConsentPublic), func(ctx context.Context, tx *store.Tx, _ *catalogue, f file) (err error) {
		v, done, err = o.consent(ctx, tx, c, f)
		return err
	})
	if err != nil || v.State == StateConsented {
		return v, err
	}
	a, err := o.finish(ctx, c, done.id, request{}, done)
	if err != nil {
		return Visibility{}, err
	}
	v.CommandID, v.State = a.CommandID, a.State
	return v, nil
}

// consent notes one voice. With the last one the command is recorded, in the
// system's name: no single person opens a report. The consents are spent.
func (o *Office) consent(ctx context.Context, tx *store.Tx, c Caller, f file) (v Visibility, done accepted, err error) {
	if err := f.permit(policy.ConsentPublic); err != nil {
		return v, done, err
	}
	s := f.row.State
	try := report.Command{Action: report.MakePublic, By: report.System, ReceivedAt: o.now()}
	if _, _, err := report.Apply(s, try); err != nil {
		return v, done, err
	}
	role, subject := report.Reporter, ""
	if c.Kind == Staff {
		role, subject = report.Admin, c.Subject
	}
	v = Visibility{State: StateConsented}
	if v.Reporter, v.Admins, err = tx.AddConsent(ctx, s.ID, role, subject); err != nil {
		return v, done, err
	}
	if c.Kind == Staff {
		if err := tx.WriteAudit(ctx, o.line(c, policy.ConsentPublic, s.ID, true)); err != nil {
			return v, done, err
		}
	}
	if !v.Reporter || v.Admins < adminsNeeded {
		return v, done, nil
	}
	n, err := o.command(c, f, report.System, Act{Action: report.MakePublic})
	if err != nil {
		return v, done, err
	}
	n.Subject = c.Subject
	if s.Stage.Open() {
		done, err = o.record(ctx, tx, n, s)
	} else {
		done, err = o.direct(ctx, tx, n)
	}
	if err != nil {
		return v, done, err
	}
	v.State = StateWaiting
	return v, done, tx.ClearConsents(ctx, s.ID)
}
