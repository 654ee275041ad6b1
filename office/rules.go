package office

import (
	"context"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
)

// demoUnit is the only unit that may name a rule set made for demonstration.
const demoUnit = "demo"

// RuleSet is one rule set with all its versions.
type RuleSet struct {
	ID       string        `json:"id"`
	Demo     bool          `json:"demo"`
	Current  int           `json:"current,omitempty"` // version in force today in WIB; 0: none yet
	Versions []RuleVersion `json:"versions"`          // ascending, at least one
}

// RuleVersion is one version of a rule set.
type RuleVersion struct {
	Version     int         `json:"version"`
	From        string      `json:"from,omitempty"` // first day of effect, YYYY-MM-DD; empty: not verified, always
	Source      string      `json:"source"`
	Provisional bool        `json:"provisional"`
	Limits      []RuleLimit `json:"limits"` // as report.RuleSet.Limits orders them
}

// RuleLimit is one limit of a rule set.
type RuleLimit struct {
	Clock  report.ClockKind `json:"clock"`
	Class  report.Class     `json:"class,omitempty"` // of resolution only
	Unit   report.Unit      `json:"unit"`
	N      int              `json:"n"`
	Source string           `json:"source"` // its own, else that of the version
}

// RuleSets returns the rule sets of this installation by id; those made for
// demonstration only on a local stack.
func (o *Office) RuleSets(ctx context.Context) ([]RuleSet, error) {
	versions, err := o.Store.RuleSets(ctx)
	if err != nil {
		return nil, err
	}
	today, err := o.today()
	if err != nil {
		return nil, err
	}
	all := []RuleSet{}
	for len(versions) > 0 {
		n := 1
		for n < len(versions) && versions[n].ID == versions[0].ID {
			n++
		}
		if !versions[0].Demo || o.Demo {
			all = append(all, ruleSet(versions[:n], today))
		}
		versions = versions[n:]
	}
	return all, nil
}

func ruleSet(versions []report.RuleSet, today calendar.Date) RuleSet {
	set := RuleSet{ID: versions[0].ID, Demo: versions[0].Demo}
	if r, ok := report.InForce(versions, today.Time()); ok {
		set.Current = r.Version
	}
	for _, r := range versions {
		v := RuleVersion{Version: r.Version, Source: r.Source, Provisional: r.Provisional, Limits: []RuleLimit{}}
		if !r.From.IsZero() {
			v.From = calendar.DateOf(r.From).String()
		}
		for _, l := range r.Limits() {
			v.Limits = append(v.Limits, RuleLimit{l.Clock, l.Class, l.Limit.Unit, l.Limit.N, l.Source})
		}
		set.Versions = append(set.Versions, v)
	}
	return set
}

// today is the day in WIB, the last zone in which it begins: what is in force
// today is so everywhere.
func (o *Office) today() (calendar.Date, error) {
	zone, err := calendar.Zone("Asia/Jakarta")
	return calendar.DateOf(o.Now().In(zone)), err
}

// checkRules refuses a rule set that the unit may not name.
func (o *Office) checkRules(ctx context.Context, a Agency) error {
	if a.RuleSet == "" {
		return nil
	}
	versions, err := o.Store.RuleSets(ctx)
	if err != nil {
		return err
	}
	today, err := o.today()
	if err != nil {
		return err
	}
	var own []report.RuleSet
	for _, r := range versions {
		if r.ID == a.RuleSet {
			own = append(own, r)
		}
	}
	_, begun := report.InForce(own, today.Time())
	switch {
	case len(own) == 0:
		return fault.At("/rule_set", "Aturan %q tidak dikenal.", a.RuleSet)
	case own[0].Demo && (!o.Demo || a.ID != demoUnit):
		return fault.At("/rule_set", "Aturan demo hanya untuk unit %q pada pemasangan peragaan.", demoUnit)
	case !begun:
		return fault.At("/rule_set", "Aturan %q baru berlaku sejak %s.", a.RuleSet, calendar.DateOf(own[0].From).Indonesian())
	}
	return nil
}
