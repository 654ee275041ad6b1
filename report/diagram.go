package report

import (
	"fmt"
	"strings"
)

// Diagram returns Table as a Mermaid state diagram and a Markdown table, for
// docs/stages.md. It is generated so that it cannot disagree with the code.
func Diagram() string {
	var b strings.Builder
	b.WriteString("# Stages and transitions\n\nGenerated from `report.Table` by `go test ./report -update`; do not edit.\n\n```mermaid\nstateDiagram-v2\n")
	b.WriteString("    [*] --> verification: submit\n")
	for _, t := range Table {
		for _, from := range t.From {
			for _, to := range t.targets(from) {
				fmt.Fprintf(&b, "    %s --> %s: %s (%s)\n", from, to, t.Action, roles(t.By))
			}
		}
	}
	b.WriteString("    withdrawn --> [*]\n```\n\n| action | who | from | to | clocks | note |\n|---|---|---|---|---|---|\n")
	for _, t := range Table {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", t.Action, roles(t.By), stages(t.From), t.destination(), clocks(t.Clocks), t.Note)
	}
	return b.String()
}

// targets lists the stages a row leads to from one stage; none if it stays.
func (t Transition) targets(from Stage) []Stage {
	switch {
	case t.Back:
		return []Stage{Verification, FollowUp, Closure}
	case t.Action == PostFollowUp && from == FollowUp:
		return []Stage{Closure}
	case t.To != "" && t.To != from:
		return []Stage{t.To}
	}
	return nil
}

func (t Transition) destination() string {
	switch {
	case t.Back:
		return "the stage before"
	case t.Action == PostFollowUp:
		return "closure, or same if interim"
	case t.To == "":
		return "same"
	}
	return string(t.To)
}

func roles(rs []Role) string {
	s := make([]string, len(rs))
	for i, r := range rs {
		s[i] = string(r)
	}
	return strings.Join(s, ", ")
}

func stages(ss []Stage) string {
	s := make([]string, len(ss))
	for i, v := range ss {
		s[i] = string(v)
	}
	return strings.Join(s, ", ")
}

func clocks(ops []clockOp) string {
	s := make([]string, len(ops))
	for i, o := range ops {
		s[i] = strings.TrimSpace(string(o.Verb) + " " + string(o.Clock))
	}
	return strings.Join(s, "; ")
}
