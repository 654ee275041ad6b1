package office

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/report"
)

// grown is a random tree of units, some with an oversight unit of their own and
// some with an administrator, below the national administrators' or beside them.
func grown(random *rand.Rand) (k *catalogue, staffed []string) {
	agencies := []Agency{{ID: "national", Active: true}}
	for i := range 3 + random.IntN(12) {
		a := Agency{ID: fmt.Sprintf("u%d", i), Active: random.IntN(10) > 0, Region: fmt.Sprint(random.IntN(3))}
		if i > 0 && random.IntN(4) > 0 {
			a.Parent = fmt.Sprintf("u%d", random.IntN(i))
		}
		if random.IntN(4) == 0 {
			a.Oversight = fmt.Sprintf("u%d", random.IntN(i+1))
			if a.Oversight == a.ID {
				a.Oversight = ""
			}
		}
		if random.IntN(2) == 0 {
			staffed = append(staffed, a.ID)
		}
		agencies = append(agencies, a)
	}
	k = &catalogue{tree: newTree(agencies, "national"), agencies: agencies, regions: map[string]Region{}}
	for i := range 3 {
		k.regions[fmt.Sprint(i)] = Region{Code: fmt.Sprint(i)}
	}
	return k, staffed
}

// In 10,000 random trees nothing is queued, addressed or given on inside an
// accused one, and nobody with an office there may do anything about the report.
// Tried by letting the queue and the policy look at the accused units alone and
// not at what lies below them: both are noticed.
func TestNothingGoesIntoAnAccusedTree(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(2026, 11))
	inside := 0
	for range 10_000 {
		k, staffed := grown(random)
		unit := func() string { return k.agencies[1+random.IntN(len(k.agencies)-1)].ID }
		accused := []string{unit()}
		if random.IntN(2) == 0 {
			accused = append(accused, unit())
		}
		queue := k.route(unit(), fmt.Sprint(random.IntN(3)), accused, staffed)
		require.False(t, k.inside(queue, accused), "%s is queued inside %v: %+v", queue, accused, k.agencies)
		for _, a := range k.agencies {
			holder := k.outside(a.ID, accused)
			require.False(t, k.inside(holder, accused), "%s holds for %s inside %v: %+v", holder, a.ID, accused, k.agencies)
		}
		who := unit()
		if !k.inside(who, accused) {
			continue
		}
		inside++
		r := policy.Resource{Stage: report.FollowUp, Identity: "open", Queue: k.above(queue), Agency: k.above(unit()), Holder: k.above(unit()),
			Accused: accused, Secret: random.IntN(2) == 0}
		for _, role := range policy.Roles {
			if role == policy.Reporter {
				continue
			}
			a := policy.Actor{Roles: []policy.Role{role}, Unit: who, Above: k.above(who), Subject: "x"}
			for _, act := range []policy.Action{policy.Read, policy.ReadOriginal, policy.ReadNotes, policy.ReadPackage, policy.DecodeHistory,
				policy.Of(report.Forward), policy.Of(report.Assign), policy.Of(report.PostFollowUp), policy.Of(report.Reassign), policy.Of(report.Archive)} {
				require.False(t, policy.Authorize(a, act, r).Allowed, "%s of %s may %s: %v", role, who, act, accused)
			}
		}
	}
	require.Greater(t, inside, 1000, "enough of those inside")
}
