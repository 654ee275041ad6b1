package policy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/policy"
)

func TestTwoCustodiansTakePartInAnOpeningAndNobodyElse(t *testing.T) {
	t.Parallel()
	named := func(a policy.Actor, subject string) policy.Actor {
		a.Subject = subject
		return a
	}
	one, other := named(actor("", policy.Custodian), "satu"), named(actor("", policy.Custodian), "dua")
	accused := named(actor("seksi", policy.Custodian), "tiga")
	nobody := actor("", policy.Custodian)
	ruler := named(actor("", policy.Custodian, policy.Admin), "lima")
	kept := with(func(r *policy.Resource) { r.Identity, r.Secret, r.Published = "sealed", true, false })
	voices := func(subjects ...string) policy.Resource {
		r := kept
		r.Voices = subjects
		return r
	}
	for _, c := range []struct {
		name    string
		actor   policy.Actor
		action  policy.Action
		what    policy.Resource
		allowed bool
	}{
		{"a custodian asks", one, policy.RequestIdentity, kept, true},
		{"not for an open identity", one, policy.RequestIdentity, forwarded(), false},
		{"another agrees", other, policy.ConsentIdentity, voices("satu"), true},
		{"not the same", one, policy.ConsentIdentity, voices("satu"), false},
		{"not before somebody asked", other, policy.ConsentIdentity, kept, false},
		{"the first opens", one, policy.OpenIdentity, voices("satu", "dua"), true},
		{"the second opens", other, policy.OpenIdentity, voices("satu", "dua"), true},
		{"a third does not", named(one, "tiga"), policy.OpenIdentity, voices("satu", "dua"), false},
		{"one voice opens nothing", one, policy.OpenIdentity, voices("satu"), false},
		{"nor the same voice twice", one, policy.OpenIdentity, voices("satu", "satu"), false},
		{"nor a voice without a name", one, policy.OpenIdentity, voices("satu", ""), false},
		{"who is not known is no custodian", nobody, policy.RequestIdentity, kept, false},
		{"nor who is accused", accused, policy.RequestIdentity, against(kept), false},
		{"nor who administers", ruler, policy.OpenIdentity, voices("lima", "dua"), false},
		{"a custodian reads no report", one, policy.Read, kept, false},
	} {
		require.Equal(t, c.allowed, policy.Authorize(c.actor, c.action, c.what).Allowed, c.name)
	}
	for _, role := range []policy.Role{policy.Anyone, policy.Reporter, policy.Admin, policy.Officer, policy.Integrator, policy.Head,
		policy.Supervisor, policy.Auditor, policy.Gateway} {
		for _, action := range []policy.Action{policy.RequestIdentity, policy.ConsentIdentity, policy.OpenIdentity} {
			for _, r := range []policy.Resource{kept, voices("dua"), voices("satu", "dua")} {
				require.False(t, policy.Authorize(named(actor("", role), "satu"), action, r).Allowed, "%s by %s", action, role)
			}
		}
	}
}
