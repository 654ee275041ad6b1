package office

import (
	"context"
	"slices"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/store"
)

// Staff returns the caller behind a verified token's subject, with unit and
// roles as the database has them now: a role taken away is gone at the next
// request. fault.Forbidden if nobody with that subject has an office.
func (o *Office) Staff(ctx context.Context, subject string) (Caller, error) {
	c := Caller{Kind: Staff, Subject: subject, Channel: ChannelAPI}
	err := o.Store.As(ctx, store.Actor{Kind: store.Staff, Subject: subject}, func(ctx context.Context, tx *store.Tx) (err error) {
		c.Member, err = tx.Staff(ctx, subject)
		return err
	})
	if fault.KindOf(err) == fault.NotFound || err == nil && !c.Member.Active {
		return Caller{}, fault.New(fault.Forbidden, "Akun ini tidak terdaftar sebagai petugas.")
	}
	if err != nil {
		return Caller{}, err
	}
	if slices.Contains(c.Member.Roles, string(policy.Gateway)) {
		c.Kind = Gateway
	}
	return c, nil
}

// operators are the offices that are given at the national level.
var operators = []string{string(policy.Supervisor), string(policy.Auditor), string(policy.Custodian), string(policy.Gateway)}

// PutStaff gives a person an office or changes it: an administrator in his
// tree, where the person is and where he goes; the operator's people and the
// national level by national administrators only. fault.Invalid naming /roles
// if the duties must be apart, as a CHECK in the database and the policy have it
// too.
func (o *Office) PutStaff(ctx context.Context, c Caller, m Member) error {
	o.forget()
	k, err := o.known(ctx)
	if err != nil {
		return err
	}
	if m.Subject == "" {
		return fault.At("/subject", "Subjek wajib diisi.")
	}
	if _, ok := k.byID[m.Unit]; m.Unit != "" && !ok {
		return fault.At("/unit", "Unit %q tidak dikenal.", m.Unit)
	}
	if err := o.authorize(ctx, c, k, policy.PutStaff, k.appointment(m), ""); err != nil {
		return err
	}
	if err := duties(m); err != nil {
		return err
	}
	return o.asStaff(ctx, c, policy.PutStaff, func(ctx context.Context, tx *store.Tx) error {
		before, err := tx.Staff(ctx, m.Subject)
		switch {
		case err == nil:
			if d := o.ask(c.office(k, false), policy.PutStaff, k.appointment(before)); !d.Allowed {
				return fault.New(fault.Forbidden, "%s", d.Reason)
			}
		case fault.KindOf(err) != fault.NotFound:
			return err
		}
		return tx.PutStaff(ctx, m)
	})
}

// duties refuses offices that one person may not hold together: the table of
// policy.Apart.
func duties(m Member) error {
	var roles []policy.Role
	for _, r := range m.Roles {
		roles = append(roles, policy.Role(r))
	}
	if one, other, clash := policy.Apart(roles); clash {
		return fault.At("/roles", "Peran %s dan %s tidak boleh dipegang satu orang.", one, other)
	}
	return nil
}

func (k *catalogue) appointment(m Member) policy.Resource {
	operator := m.Unit == "" || m.Unit == k.national || slices.ContainsFunc(m.Roles, func(r string) bool { return slices.Contains(operators, r) })
	return policy.Resource{Unit: k.above(m.Unit), Operator: operator}
}
