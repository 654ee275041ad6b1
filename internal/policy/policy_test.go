package policy_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/report"
)

// The tree of these tests: kab > dinas > seksi, and kab > dinas > bidang; the
// report waits in the queue of kab and is with seksi of dinas.
func actor(unit string, roles ...policy.Role) policy.Actor {
	chains := map[string][]string{
		"kab": {"kab"}, "dinas": {"dinas", "kab"}, "seksi": {"seksi", "dinas", "kab"},
		"bidang": {"bidang", "dinas", "kab"}, "kota": {"kota"},
	}
	return policy.Actor{Roles: roles, Unit: unit, Above: chains[unit], National: unit == ""}
}

func forwarded() policy.Resource {
	return policy.Resource{Stage: report.FollowUp, Identity: "open", Published: true,
		Queue: []string{"kab"}, Agency: []string{"dinas", "kab"}, Holder: []string{"seksi", "dinas", "kab"}}
}

func with(f func(*policy.Resource)) policy.Resource {
	r := forwarded()
	f(&r)
	return r
}

// escalated is a secret report that was escalated to one office.
func escalated(unit string, role policy.Role) policy.Resource {
	return with(func(r *policy.Resource) {
		r.Secret, r.Published, r.Escalated = true, false, []policy.Rung{{Unit: unit, Role: role}}
	})
}

// against is the report with its agency accused.
func against(r policy.Resource) policy.Resource {
	r.Accused = []string{"dinas"}
	return r
}

func TestEachRoleDoesOnlyWhatItsOfficeAllows(t *testing.T) {
	t.Parallel()
	secret := with(func(r *policy.Resource) { r.Secret, r.Published = true, false })
	queued := policy.Resource{Stage: report.Verification, Identity: "open", Queue: []string{"dinas", "kab"}}
	archived := with(func(r *policy.Resource) { r.Stage, r.Agency, r.Holder = report.Archived, nil, nil })
	had := with(func(r *policy.Resource) {
		r.Stage, r.Queue, r.Addressed, r.Agency, r.Holder = report.Archived, r.Agency, r.Agency, nil, nil
	})
	sealed := with(func(r *policy.Resource) { r.Identity = "sealed" })
	accused := with(func(r *policy.Resource) { r.Accused, r.Published = []string{"dinas"}, false })
	reporter := policy.Actor{Roles: []policy.Role{policy.Reporter}}
	anyone := policy.Actor{Roles: []policy.Role{policy.Anyone}}
	for _, c := range []struct {
		name    string
		actor   policy.Actor
		action  policy.Action
		what    policy.Resource
		allowed bool
		hidden  bool
	}{
		{"anyone reads what is published", anyone, policy.ReadPublic, forwarded(), true, false},
		{"anyone does not read a secret", anyone, policy.ReadPublic, secret, false, true},
		{"anyone does not read what waits", anyone, policy.ReadPublic, queued, false, true},
		{"anyone does not reply", anyone, policy.Of(report.Reply), forwarded(), false, false},
		{"the reporter replies", reporter, policy.Of(report.Reply), secret, true, false},
		{"the reporter does not forward", reporter, policy.Of(report.Forward), queued, false, false},
		{"the reporter is not shut out of his own", reporter, policy.Read, accused, true, false},
		{"the coordinator above the queue forwards", actor("kab", policy.Admin), policy.Of(report.Forward), queued, true, false},
		{"the queue's own coordinator forwards", actor("dinas", policy.Admin), policy.Of(report.Forward), queued, true, false},
		{"a unit below the queue does not", actor("seksi", policy.Admin), policy.Of(report.Forward), queued, false, true},
		{"another tree does not, nor learns of it", actor("kota", policy.Admin), policy.Of(report.Forward), queued, false, true},
		{"another tree learns what is published", actor("kota", policy.Admin), policy.Of(report.Reassign), forwarded(), false, false},
		{"the national level forwards", actor("", policy.Admin), policy.Of(report.Forward), queued, true, false},
		{"an officer does not forward", actor("kab", policy.Officer), policy.Of(report.Forward), forwarded(), false, false},
		{"the officer of the unit answers", actor("seksi", policy.Officer), policy.Of(report.PostFollowUp), forwarded(), true, false},
		{"the officer above the unit answers", actor("dinas", policy.Officer), policy.Of(report.PostFollowUp), forwarded(), true, false},
		{"the officer beside the unit does not", actor("bidang", policy.Officer), policy.Of(report.PostFollowUp), forwarded(), false, false},
		{"nor reads a secret", actor("bidang", policy.Officer), policy.Read, secret, false, true},
		{"an officer without a unit holds nothing", actor("", policy.Officer), policy.Of(report.Accept), forwarded(), false, false},
		{"an integrator has an officer's rights", actor("seksi", policy.Integrator), policy.Of(report.Accept), forwarded(), true, false},
		{"an administrator does not answer for the agency", actor("dinas", policy.Admin), policy.Of(report.PostFollowUp), forwarded(), false, false},
		{"an extension is granted above the agency", actor("kab", policy.Admin), policy.Of(report.Extend), forwarded(), true, false},
		{"never by the agency itself", actor("dinas", policy.Admin), policy.Of(report.Extend), forwarded(), false, false},
		{"an archived report is reopened over its queue", actor("kab", policy.Admin), policy.Of(report.Reopen), archived, true, false},
		{"one that an agency had above that agency", actor("kab", policy.Admin), policy.Of(report.Reopen), had, true, false},
		{"not by that agency, though its queue", actor("dinas", policy.Admin), policy.Of(report.Reopen), had, false, false},
		{"a head reads", actor("dinas", policy.Head), policy.Read, forwarded(), true, false},
		{"a head reads a secret once it is escalated to him", actor("dinas", policy.Head), policy.Read, escalated("dinas", policy.Head), true, false},
		{"nor another role of his unit", actor("dinas", policy.Admin), policy.Read, escalated("dinas", policy.Head), false, true},
		{"nor the head above", actor("kab", policy.Head), policy.Read, escalated("dinas", policy.Head), false, true},
		{"nor a head it has left since", actor("rs", policy.Head), policy.Read, escalated("rs", policy.Head), false, true},
		{"an administrator reads what was escalated to him", actor("dinas", policy.Admin), policy.Read, escalated("dinas", policy.Admin), true, false},
		{"and decides nothing", actor("dinas", policy.Admin), policy.Of(report.Reassign), escalated("dinas", policy.Admin), false, false},
		{"an escalation opens nothing to the accused", actor("dinas", policy.Head), policy.Read, against(escalated("dinas", policy.Head)), false, true},
		{"a head does not read a secret before it is escalated", actor("dinas", policy.Head), policy.Read, secret, false, true},
		{"the agency's coordinator reads", actor("dinas", policy.Admin), policy.Read, forwarded(), true, false},
		{"but no secret", actor("dinas", policy.Admin), policy.Read, secret, false, true},
		{"nor its original", actor("dinas", policy.Admin), policy.ReadOriginal, secret, false, true},
		{"nor does he act on it", actor("dinas", policy.Admin), policy.Of(report.Reply), secret, false, true},
		{"nor reads a sealed reporter's words", actor("dinas", policy.Admin), policy.ReadOriginal, sealed, false, false},
		{"the officer reads a secret that is with him", actor("seksi", policy.Officer), policy.Read, secret, true, false},
		{"the coordinator over the queue reads a secret", actor("kab", policy.Admin), policy.ReadOriginal, secret, true, false},
		{"a head decides nothing", actor("dinas", policy.Head), policy.Of(report.Accept), forwarded(), false, false},
		{"a supervisor reads what waits", actor("", policy.Supervisor), policy.Read, queued, true, false},
		{"a supervisor does not read a secret", actor("", policy.Supervisor), policy.Read, secret, false, true},
		{"a supervisor changes nothing", actor("", policy.Supervisor), policy.Of(report.Amend), forwarded(), false, false},
		{"an auditor reads a secret", actor("", policy.Auditor), policy.Read, secret, true, false},
		{"an auditor changes nothing", actor("", policy.Auditor), policy.Of(report.Archive), queued, false, false},
		{"the accused agency sees nothing", actor("dinas", policy.Admin), policy.Read, accused, false, true},
		{"nor a unit below it", actor("seksi", policy.Officer), policy.Of(report.Accept), accused, false, true},
		{"nor its head", actor("dinas", policy.Head), policy.Read, accused, false, true},
		{"nor a supervisor with an office there", actor("dinas", policy.Supervisor), policy.Read, accused, false, true},
		{"the unit above the accused does", actor("kab", policy.Admin), policy.Read, accused, true, false},
		{"the agency reads an open reporter's words", actor("seksi", policy.Officer), policy.ReadOriginal, forwarded(), true, false},
		{"but a sealed one's only redacted", actor("seksi", policy.Officer), policy.ReadOriginal, sealed, false, false},
		{"the administrator reads both", actor("kab", policy.Admin), policy.ReadOriginal, sealed, true, false},
		{"views are the supervisor's", actor("", policy.Supervisor), policy.ReadViews, policy.Resource{}, true, false},
		{"and no administrator's", actor("", policy.Admin), policy.ReadViews, policy.Resource{}, false, false},
		{"categories are national", actor("kab", policy.Admin), policy.PutCategory, policy.Resource{}, false, false},
		{"a unit is changed from above", actor("kab", policy.Admin), policy.PutAgency, policy.Resource{Unit: []string{"dinas", "kab"}}, true, false},
		{"not from within", actor("dinas", policy.Admin), policy.PutAgency, policy.Resource{Unit: []string{"dinas", "kab"}}, false, false},
		{"a coordinator appoints in his tree", actor("kab", policy.Admin), policy.PutStaff, policy.Resource{Unit: []string{"dinas", "kab"}}, true, false},
		{"not the operator's people", actor("kab", policy.Admin), policy.PutStaff, policy.Resource{Operator: true}, false, false},
		{"an unknown action is denied", actor("", policy.Admin), policy.Action("burn"), forwarded(), false, false},
		{"no role, no right", policy.Actor{}, policy.Read, forwarded(), false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := policy.Authorize(c.actor, c.action, c.what)
			require.Equal(t, c.allowed, d.Allowed)
			require.Equal(t, c.hidden, d.Hidden)
			require.Equal(t, c.allowed, d.Reason == "", "a denial has a reason, a permission none")
		})
	}
}

func TestPrivilegedReadingIsLogged(t *testing.T) {
	t.Parallel()
	require.True(t, policy.Authorize(actor("", policy.Auditor), policy.Read, forwarded()).Logged)
	require.True(t, policy.Authorize(actor("", policy.Supervisor), policy.Read, forwarded()).Logged)
	require.False(t, policy.Authorize(actor("kab", policy.Admin), policy.Read, forwarded()).Logged)
}

// TestPolicyGrantsNothingTheTableForbids holds the policy against the one table
// of the office: a role may do an action only if some row names that role.
func TestPolicyGrantsNothingTheTableForbids(t *testing.T) {
	t.Parallel()
	may := map[report.Action][]report.Role{}
	for _, row := range report.Table {
		may[row.Action] = append(may[row.Action], row.By...)
	}
	actors := map[report.Role]policy.Actor{
		report.Reporter: {Roles: []policy.Role{policy.Reporter}},
		report.Admin:    actor("", policy.Admin),
		report.Officer:  actor("dinas", policy.Officer),
	}
	for action, roles := range may {
		for role, a := range actors {
			d := policy.Authorize(a, policy.Of(action), forwarded())
			require.Equal(t, slices.Contains(roles, role), d.Allowed, "%s by %s", action, role)
		}
	}
	head := []policy.Actor{actor("dinas", policy.Head), actor("", policy.Auditor), actor("", policy.Supervisor), actor("", policy.Custodian)}
	for action := range may {
		for _, a := range head {
			require.False(t, policy.Authorize(a, policy.Of(action), forwarded()).Allowed, "%s by %v", action, a.Roles)
		}
	}
}
