package contract

import (
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/kawal-id/kawal/report"
)

// Attributes returns what the list of the Temporal UI shows of a report at
// now. What a secret report may not show is unset, so that making a report
// secret clears it.
func Attributes(s report.State, now time.Time) []temporal.SearchAttributeUpdate {
	u := []temporal.SearchAttributeUpdate{Stage.ValueSet(string(s.Stage)), SLA.ValueSet(string(s.SLAAt(now)))}
	if due := s.NearestDue(); due.IsZero() {
		u = append(u, DueAt.ValueUnset())
	} else {
		u = append(u, DueAt.ValueSet(due))
	}
	if s.Secret {
		return append(u, Agency.ValueUnset(), Category.ValueUnset(), Region.ValueUnset(), Channel.ValueUnset(),
			Result.ValueUnset(), MovedBy.ValueUnset(), Round.ValueUnset())
	}
	u = append(u, Category.ValueSet(s.Category), Region.ValueSet(s.Region), Channel.ValueSet(s.Channel),
		Round.ValueSet(int64(s.Round)), MovedBy.ValueUnset())
	u = append(u, keyword(Agency, s.Agency), keyword(Result, s.Outcome))
	return u
}

func keyword(k temporal.SearchAttributeKeyKeyword, v string) temporal.SearchAttributeUpdate {
	if v == "" {
		return k.ValueUnset()
	}
	return k.ValueSet(v)
}
