package report

import (
	"errors"
	"fmt"
	"io"
	"time"

	"go.yaml.in/yaml/v3"
)

// The rule file as WriteRules lays it out; ReadRules reads nodes, for their lines.
type (
	ruleFile struct {
		ID       string        `yaml:"id"`
		Demo     bool          `yaml:"demo,omitempty"`
		Versions []ruleVersion `yaml:"versions"`
	}
	ruleVersion struct {
		Version     int       `yaml:"version"`
		From        string    `yaml:"from"`
		Source      string    `yaml:"source"`
		Provisional bool      `yaml:"provisional,omitempty"`
		Limits      yaml.Node `yaml:"limits"`
	}
	ruleLimit struct {
		Unit   Unit   `yaml:"unit"`
		N      int    `yaml:"n"`
		Source string `yaml:"source,omitempty"`
	}
)

// WriteRules writes the versions of one rule set, in ascending order, as
// ReadRules reads them. It is an error if there are none, or of several ids.
func WriteRules(out io.Writer, versions []RuleSet) error {
	if len(versions) == 0 {
		return errors.New("write rules: no version")
	}
	file := ruleFile{ID: versions[0].ID, Demo: versions[0].Demo}
	for _, r := range versions {
		if r.ID != file.ID || r.Demo != file.Demo {
			return fmt.Errorf("write rules: %s among versions of %s", r.ID, file.ID)
		}
		v, err := r.file()
		if err != nil {
			return fmt.Errorf("write rules %s: %w", r.ID, err)
		}
		file.Versions = append(file.Versions, v)
	}
	e := yaml.NewEncoder(out)
	e.SetIndent(2)
	if err := e.Encode(file); err != nil {
		return fmt.Errorf("write rules %s: %w", file.ID, err)
	}
	return e.Close()
}

func (r RuleSet) file() (ruleVersion, error) {
	v := ruleVersion{Version: r.Version, Source: r.Source, Provisional: r.Provisional, Limits: yaml.Node{Kind: yaml.MappingNode}}
	if !r.From.IsZero() {
		v.From = r.From.Format(time.DateOnly)
	}
	for _, l := range r.limitFields() {
		if err := put(&v.Limits, l.name, ruleLimit{l.to.Unit, l.to.N, r.Sources[limitKey(l.kind, "")]}); err != nil {
			return v, err
		}
	}
	by := yaml.Node{Kind: yaml.MappingNode}
	for _, c := range Classes {
		if l := r.Resolution[c]; !l.None() {
			if err := put(&by, string(c), ruleLimit{l.Unit, l.N, r.Sources[limitKey(Resolution, c)]}); err != nil {
				return v, err
			}
		}
	}
	if len(by.Content) > 0 {
		v.Limits.Content = append(v.Limits.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: "resolution"}, &by)
	}
	return v, nil
}

// put adds one limit to a mapping, on one line.
func put(to *yaml.Node, name string, l ruleLimit) error {
	var n yaml.Node
	if err := n.Encode(l); err != nil {
		return err
	}
	n.Style = yaml.FlowStyle
	to.Content = append(to.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name}, &n)
	return nil
}
