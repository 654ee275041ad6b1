package office

import (
	"context"
	"slices"

	"github.com/kawal-id/kawal/internal/fault"
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
	return o.voice(ctx, c, id, key)
}

// voice notes one consent and, with the last one, sends the command. Under a
// key a repetition returns the answer of the first.
func (o *Office) voice(ctx context.Context, c Caller, id, key string) (Visibility, error) {
	r, err := o.under(c, key, "consent", id)
	if err != nil {
		return Visibility{}, err
	}
	var v Visibility
	var was stored
	var done accepted
	fresh := false
	err = o.reads(ctx, c, id, string(policy.ConsentPublic), func(ctx context.Context, tx *store.Tx, _ *catalogue, f file) (err error) {
		was = stored{}
		if fresh, _, err = r.claim(ctx, tx, &was); err != nil || !fresh {
			return err
		}
		if v, done, err = o.consent(ctx, tx, c, f); err != nil {
			return err
		}
		return r.store(ctx, tx, stored{Final: v.State == StateConsented, Voice: &v})
	})
	switch {
	case err != nil:
		return Visibility{}, err
	case !fresh && was.Refused != nil:
		return Visibility{}, was.Refused
	case !fresh && was.Voice != nil:
		return *was.Voice, nil
	case v.State == StateConsented:
		return v, nil
	}
	a, err := o.finish(ctx, c, done.id, request{}, done)
	if err != nil {
		if slices.Contains(verdicts, fault.KindOf(err)) {
			o.keep(ctx, r, stored{Final: true, Refused: refusalOf(err)})
		}
		return Visibility{}, err
	}
	v.CommandID, v.State = a.CommandID, a.State
	o.keep(ctx, r, stored{Final: true, Voice: &v})
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
	if err := tx.WriteAudit(ctx, o.line(c, policy.ConsentPublic, s.ID, true)); err != nil {
		return v, done, err
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
	v.CommandID, v.State = n.Command.ID, StateWaiting
	return v, done, tx.ClearConsents(ctx, s.ID)
}
