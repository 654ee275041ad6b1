package api

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"go.yaml.in/yaml/v3"
)

// contractYAML is openapi.yaml as written.
//
//go:embed openapi.yaml
var contractYAML []byte

// contract returns openapi.yaml, read and checked once: it takes a tenth of a
// second. Nobody changes it.
var contract = sync.OnceValues(readContract)

func readContract() (*openapi3.T, error) { return read(contractYAML) }

func read(raw []byte) (*openapi3.T, error) {
	l := openapi3.NewLoader()
	doc, err := l.LoadFromData(raw)
	if err != nil {
		return nil, fmt.Errorf("read openapi.yaml: %w", err)
	}
	if err := doc.Validate(l.Context); err != nil {
		return nil, fmt.Errorf("check openapi.yaml: %w", err)
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if len(actions(op)) == 0 {
				return nil, fmt.Errorf("check openapi.yaml: %s %s names no x-kawal-action", method, path)
			}
		}
	}
	return doc, nil
}

// forOthers returns the contract as it is served, as YAML and JSON: without the
// extensions that only our own generator reads. They name types of this module, and a
// client generated with them would not compile elsewhere.
func forOthers(raw []byte) (asYAML, asJSON []byte, err error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		return nil, nil, fmt.Errorf("read openapi.yaml: %w", err)
	}
	forget(&doc, "x-go-")
	if asYAML, err = yaml.Marshal(&doc); err != nil {
		return nil, nil, fmt.Errorf("write openapi.yaml: %w", err)
	}
	served, err := read(asYAML)
	if err != nil {
		return nil, nil, err
	}
	if asJSON, err = served.MarshalJSON(); err != nil {
		return nil, nil, fmt.Errorf("write openapi.json: %w", err)
	}
	return asYAML, asJSON, nil
}

// forget removes the keys with a prefix from all maps of a document.
func forget(n *yaml.Node, prefix string) {
	if n.Kind == yaml.MappingNode {
		var kept []*yaml.Node
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !strings.HasPrefix(n.Content[i].Value, prefix) {
				kept = append(kept, n.Content[i], n.Content[i+1])
			}
		}
		n.Content = kept
	}
	for _, below := range n.Content {
		forget(below, prefix)
	}
}

// actions returns what the policy is asked before an operation is done for
// anybody: x-kawal-action, names of actions of internal/policy. A test holds them against
// what the office asks. None if the extension is absent or malformed.
func actions(op *openapi3.Operation) []string {
	named, _ := op.Extensions["x-kawal-action"].([]any) // of another form: nothing is named
	var all []string
	for _, n := range named {
		if s, ok := n.(string); ok && s != "" {
			all = append(all, s)
		}
	}
	return all
}

// operation is one operation of the contract.
type operation struct {
	route    *routers.Route
	maxBytes int64
	schemes  map[string]bool // security schemes that open it
	open     bool            // to anyone
	stream   bool            // its answer is written while it is read, and may take long
}

// operations lists what the contract offers by method and route pattern.
func operations(doc *openapi3.T, maxBytes int64) map[string]*operation {
	ops := map[string]*operation{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			o := &operation{
				route:    &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: op},
				maxBytes: limitOf(op, maxBytes),
				schemes:  map[string]bool{},
				stream:   op.Extensions["x-kawal-stream"] == true,
			}
			if op.Security != nil {
				o.secure(*op.Security)
			}
			ops[method+" "+pattern(path)] = o
		}
	}
	return ops
}

func (o *operation) secure(alternatives openapi3.SecurityRequirements) {
	for _, a := range alternatives {
		o.open = o.open || len(a) == 0
		for scheme := range a {
			o.schemes[scheme] = true
		}
	}
}

// limitOf returns the bytes an operation's body may have.
func limitOf(op *openapi3.Operation, otherwise int64) int64 {
	switch n := op.Extensions["x-max-bytes"].(type) {
	case float64:
		return int64(n)
	case int:
		return int64(n)
	case int64:
		return n
	case uint64:
		return int64(n)
	case json.Number:
		if i, err := n.Int64(); err == nil {
			return i
		}
	}
	return otherwise
}
