package policy_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/report"
)

// leastCells is what the matrix has at least, so that none of it gets lost.
const leastCells = 4_000_000

// openActions tell and touch nothing that is not public.
var openActions = []policy.Action{policy.ReadPublic, policy.ReadCatalogue, policy.Of(report.Submit)}

// custody are the actions that depend on who else acted.
var custody = []policy.Action{policy.ReadCommand, policy.ConfirmFollowUp, policy.DeleteDraft, policy.RequestIdentity, policy.ConsentIdentity, policy.OpenIdentity}

// cell is what the matrix expects.
type cell struct {
	action policy.Action
	report bool // the action is about one report
	when   condition
}

// cells are the actions of a role: those that are expected of somebody, those
// of the system, and one that nobody knows.
func cells(role policy.Role) (all []cell) {
	for _, g := range expected {
		for _, r := range g.rows {
			all = append(all, cell{r.action, g.report, r.who[role]})
		}
	}
	for _, a := range []report.Action{report.MakePublic, report.Close, report.NoAnswer, report.MarkLate, report.CloseWithTarget, "burn"} {
		all = append(all, cell{action: policy.Of(a), report: true})
	}
	return all
}

// may is what the rules say in a world.
func (c cell) may(w world) bool {
	if c.when.holds == nil || w.shut() && !slices.Contains(openActions, c.action) {
		return false
	}
	return c.when.holds(w)
}

// decision is what Authorize must answer, its sentence apart.
func (c cell) decision(w world, reads bool) policy.Decision {
	if c.may(w) {
		return policy.Decision{Allowed: true, Logged: privileged(w.role, c.action)}
	}
	known := w.content.published && !w.content.secret
	return policy.Decision{Hidden: c.report && !known && (!reads || c.action == policy.ReadPublic)}
}

// privileged readings are logged: section 6, "auditors (logged)"; issue 4 of
// every privileged read.
func privileged(role policy.Role, a policy.Action) bool {
	if slices.Contains(openActions, a) || role == policy.Reporter {
		return false
	}
	return role == policy.Supervisor || role == policy.Auditor || a == policy.ReadIdentity || a == policy.OpenIdentity
}

// tally is what became of a cell in all worlds.
type tally struct{ worlds, allowed int }

// judge holds Authorize against the rules in one world, given as what Authorize
// is told of it.
func (c cell) judge(t *testing.T, w world, a policy.Actor, r policy.Resource, reads bool, n *tally) {
	got := policy.Authorize(a, c.action, r)
	want := c.decision(w, reads)
	n.worlds++
	if got.Allowed {
		n.allowed++
	}
	if reason := got.Reason != ""; reason == got.Allowed {
		require.FailNow(t, "a denial has a reason, a permission none", "%s %+v", c.action, w)
	}
	got.Reason = ""
	if got != want {
		require.Equal(t, want, got, "%s may %s (%q): %+v", w.role, c.action, c.when.words, w)
	}
}

// TestEveryCellOfTheMatrixIsAsTheRulesSay is exhaustive. Tried by dropping the
// accused from barred, the secret from inReach, above from Extend, withinAgency
// from held, and the other custodian from secondVoice: each was found.
func TestEveryCellOfTheMatrixIsAsTheRulesSay(t *testing.T) {
	t.Parallel()
	var count atomic.Int64
	t.Run("roles", func(t *testing.T) {
		for _, role := range policy.Roles {
			t.Run(string(role), func(t *testing.T) {
				t.Parallel()
				for _, n := range matrix(t, role) {
					count.Add(int64(n.worlds))
				}
			})
		}
	})
	t.Logf("%d cells", count.Load())
	require.GreaterOrEqual(t, count.Load(), int64(leastCells))
}

// matrix judges every cell of a role. Each condition must hold somewhere, and
// one that is not "always" must fail somewhere.
func matrix(t *testing.T, role policy.Role) map[policy.Action]tally {
	t.Helper()
	found := map[policy.Action]tally{}
	all := cells(role)
	reading := all[slices.IndexFunc(all, func(c cell) bool { return c.action == policy.Read })]
	counts := make([]tally, len(all))
	worlds(role, func(w world) {
		reads, a, r := reading.may(w), w.actor(), w.resource()
		for i, c := range all {
			c.judge(t, w, a, r, reads, &counts[i])
			for _, v := range c.variants(w) {
				c.judge(t, v, a, v.resource(), reads, &counts[i])
			}
		}
	})
	for i, c := range all {
		found[c.action] = counts[i]
		require.Equal(t, c.when.holds != nil, counts[i].allowed > 0, "%s: %s: somewhere", role, c.action)
		if c.when.words != always.words {
			require.Less(t, counts[i].allowed, counts[i].worlds, "%s: %s: not everywhere", role, c.action)
		}
	}
	return found
}

// setup are the actions that depend on what is set up.
var setup = []policy.Action{policy.PutTemplate, policy.PutAgency, policy.PutStaff, policy.PlanDecree, policy.CommitDecree}

// variants are further worlds that differ in what only some actions ask about,
// which the stage is no part of.
func (c cell) variants(w world) (all []world) {
	if w.stage != report.Verification {
		return nil
	}
	if slices.Contains(custody, c.action) {
		for _, h := range allHands {
			w.hands = h
			all = append(all, w)
		}
	}
	if slices.Contains(setup, c.action) && w.identity == "open" {
		for _, x := range targets {
			w.target = x
			all = append(all, w)
		}
	}
	return all
}

// TestTheMatrixNamesEveryAction: an action with a rule has a place in the matrix,
// and so on the page.
func TestTheMatrixNamesEveryAction(t *testing.T) {
	t.Parallel()
	var named []policy.Action
	for _, g := range expected {
		for _, r := range g.rows {
			require.NotEmpty(t, r.who, r.action)
			named = append(named, r.action)
		}
	}
	require.ElementsMatch(t, policy.Actions(), named)
	bySystem := []report.Action{report.MakePublic, report.Close, report.NoAnswer, report.MarkLate, report.CloseWithTarget}
	for _, r := range report.Table {
		require.True(t, slices.Contains(named, policy.Of(r.Action)) || slices.Contains(bySystem, r.Action), "%s", r.Action)
	}
}

// TestWhatHoldsInEveryWorld are promises that need no table.
func TestWhatHoldsInEveryWorld(t *testing.T) {
	t.Parallel()
	var changes []policy.Action
	for _, r := range report.Table {
		changes = append(changes, policy.Of(r.Action))
	}
	changes = append(changes, policy.ConfirmCopy, policy.ConfirmFollowUp, policy.PrepareCopy, policy.SaveDraft, policy.ApproveDraft, policy.DeleteDraft, policy.ConsentPublic, policy.Rate, policy.ReplaceCode, policy.Erase)
	actions := policy.Actions()
	ofDrafts := []policy.Action{policy.ApproveDraft, policy.ConfirmFollowUp}
	watchers := []policy.Role{policy.Head, policy.Supervisor, policy.Auditor, policy.Custodian, policy.Gateway, policy.Anyone}
	for _, role := range policy.Roles {
		t.Run(string(role), func(t *testing.T) {
			t.Parallel()
			worlds(role, func(w world) {
				a, r := w.actor(), w.resource()
				may := func(act policy.Action, r policy.Resource) bool { return policy.Authorize(a, act, r).Allowed }
				fails := func(why string) { require.FailNow(t, why, "%+v", w) }
				reads := may(policy.Read, r)
				if w.shut() && reads {
					fails("the accused read")
				}
				if r.Secret && outsider(role) && role != policy.Reporter && (reads || may(policy.ReadPublic, r)) {
					fails("a secret is for nobody outside")
				}
				for _, act := range changes {
					if !may(act, r) {
						continue
					}
					switch {
					case role == policy.Head && slices.Contains(ofDrafts, act): // section 5, where his agency wants it
					case slices.Contains(watchers, role):
						fails("who watches changes nothing: " + string(act))
					case w.shut():
						fails("the accused decide: " + string(act))
					case !reads:
						fails("who may not read decides: " + string(act))
					}
				}
				secreter(w, func(more policy.Resource, exempt ...policy.Action) {
					for _, act := range actions {
						if role != policy.Reporter && may(act, more) && !may(act, r) && !slices.Contains(exempt, act) {
							fails("more secret allows more: " + string(act))
						}
					}
				})
			})
		})
	}
}

// secreter yields the same report more secret: its content, its identity. Only
// a sealed identity has custodians.
func secreter(w world, yield func(policy.Resource, ...policy.Action)) {
	if r := w.resource(); !r.Secret {
		r.Secret = true
		yield(r)
	}
	if r := w.resource(); r.Identity == "open" {
		r.Identity = "sealed"
		yield(r, policy.RequestIdentity, policy.ConsentIdentity, policy.OpenIdentity)
	}
}

// TestAnIntegratorMayWhatAnOfficerMay: section 5, "with an officer's rights".
func TestAnIntegratorMayWhatAnOfficerMay(t *testing.T) {
	t.Parallel()
	actions := policy.Actions()
	worlds(policy.Officer, func(w world) {
		machine := w
		machine.role = policy.Integrator
		machine.around.escalated = func(u string, _ policy.Role) []policy.Rung { return w.around.escalated(u, w.role) }
		a, m, r := w.actor(), machine.actor(), w.resource()
		own := machine.resource()
		for _, act := range actions {
			if policy.Authorize(a, act, r) != policy.Authorize(m, act, own) {
				require.FailNow(t, string(act), "%+v", w)
			}
		}
	})
}

// TestTwoOfficesAllowWhatEitherDoes in either order, unless they must be apart:
// then neither counts.
func TestTwoOfficesAllowWhatEitherDoes(t *testing.T) {
	t.Parallel()
	var all []world
	for _, role := range policy.Roles {
		if !outsider(role) {
			worlds(role, func(w world) { all = append(all, w) })
		}
	}
	random := rand.New(rand.NewPCG(4, 1))
	for range 20_000 {
		w := all[random.IntN(len(all))]
		one, other := w.actor(), w.actor()
		other.Roles = []policy.Role{policy.Roles[2+random.IntN(7)]}
		if one.Roles[0] == other.Roles[0] {
			continue
		}
		pair, swapped := one, one
		pair.Roles = []policy.Role{one.Roles[0], other.Roles[0]}
		swapped.Roles = []policy.Role{other.Roles[0], one.Roles[0]}
		clash := policy.ShutOut(pair.Roles)
		act := policy.Actions()[random.IntN(len(policy.Actions()))]
		a, b, both := policy.Authorize(one, act, w.resource()), policy.Authorize(other, act, w.resource()), policy.Authorize(pair, act, w.resource())
		require.Equal(t, both, policy.Authorize(swapped, act, w.resource()))
		if clash && !slices.Contains(openActions, act) {
			require.False(t, both.Allowed, "%v %s", pair.Roles, act)
			continue
		}
		require.Equal(t, a.Allowed || b.Allowed, both.Allowed, "%v %s %+v", pair.Roles, act, w)
		require.Equal(t, a.Logged || b.Logged, both.Logged, "%v %s %+v", pair.Roles, act, w)
	}
}

// TestDutiesThatMustBeApart: section 5, the last sentence.
func TestDutiesThatMustBeApart(t *testing.T) {
	t.Parallel()
	for _, one := range policy.Roles {
		for _, other := range policy.Roles {
			_, _, clash := policy.Apart([]policy.Role{one, other})
			pair := fmt.Sprint(min(one, other), " ", max(one, other))
			shut := []string{"admin custodian", "admin auditor"} // in the order of the alphabet
			want := append([]string{"auditor custodian", "auditor officer", "auditor integrator", "auditor head",
				"officer supervisor", "integrator supervisor", "head supervisor"}, shut...)
			require.Equal(t, slices.Contains(want, pair), clash, pair)
			require.Equal(t, slices.Contains(shut, pair), policy.ShutOut([]policy.Role{one, other}), pair)
		}
	}
}
