package contract

import (
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/kawal-id/kawal/report"
)

// Shown is what the list of the Temporal UI shows of a report at now, by the
// name of the search attribute. Empty values are left out, and so is all but
// stage, SLA and due time of a secret report.
func Shown(s report.State, now time.Time) map[string]any {
	m := map[string]any{Stage.GetName(): string(s.Stage), SLA.GetName(): string(s.SLAAt(now))}
	if due := s.NearestDue(); !due.IsZero() {
		m[DueAt.GetName()] = due.UTC()
	}
	if s.Secret {
		return m
	}
	m[Round.GetName()] = int64(s.Round)
	for _, c := range []struct {
		key  temporal.SearchAttributeKeyKeyword
		code string
	}{{Agency, s.Agency}, {Category, s.Category}, {Region, s.Region}, {Channel, s.Channel}, {Result, s.Outcome}, {MovedBy, s.MovedBy}} {
		if c.code != "" {
			m[c.key.GetName()] = c.code
		}
	}
	return m
}

// Changes returns the updates that turn what was shown into what is to be
// shown of a report at now, in a fixed order, and the new content. What a
// report shows no more, such as one just made secret, is unset.
func Changes(shown map[string]any, s report.State, now time.Time) ([]temporal.SearchAttributeUpdate, map[string]any) {
	next := Shown(s, now)
	var updates []temporal.SearchAttributeUpdate
	for _, k := range []temporal.SearchAttributeKeyKeyword{Stage, SLA, Agency, Category, Region, Channel, Result, MovedBy} {
		was, had := shown[k.GetName()]
		switch v, has := next[k.GetName()]; {
		case has && v != was:
			updates = append(updates, k.ValueSet(v.(string)))
		case !has && had:
			updates = append(updates, k.ValueUnset())
		}
	}
	was, had := shown[DueAt.GetName()].(time.Time)
	switch v, has := next[DueAt.GetName()].(time.Time); {
	case has && !v.Equal(was):
		updates = append(updates, DueAt.ValueSet(v))
	case !has && had:
		updates = append(updates, DueAt.ValueUnset())
	}
	oldRound, had := shown[Round.GetName()]
	switch v, has := next[Round.GetName()]; {
	case has && v != oldRound:
		updates = append(updates, Round.ValueSet(v.(int64)))
	case !has && had:
		updates = append(updates, Round.ValueUnset())
	}
	return updates, next
}

// Initial returns the search attributes a run starts with.
func Initial(s report.State, now time.Time) temporal.SearchAttributes {
	updates, _ := Changes(nil, s, now)
	return temporal.NewSearchAttributes(updates...)
}

// SearchAttributes lists every search attribute, for the namespace.
func SearchAttributes() []temporal.SearchAttributeKey {
	return []temporal.SearchAttributeKey{Stage, SLA, Agency, Category, Region, Channel, Result, MovedBy, DueAt, Round}
}
