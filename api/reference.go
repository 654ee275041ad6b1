package api

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/internal/door"
)

var (
	//go:embed reference.html
	referenceHTML string
	//go:embed reference.css
	referenceCSS []byte

	referencePage = template.Must(template.New("reference").Parse(referenceHTML))
)

// reference lays the routes of the contract and of the page made from it. All
// is rendered here once; the page asks nothing of other hosts.
func (s *server) reference(e *gin.Engine) error {
	r, err := rendered()
	if err != nil {
		return err
	}
	still(e, "/v1/openapi.yaml", "application/yaml; charset=utf-8", r.yaml)
	still(e, "/v1/openapi.json", "application/json", r.json)
	still(e, "/docs", "text/html; charset=utf-8", r.page)
	still(e, "/docs/style.css", "text/css; charset=utf-8", referenceCSS)
	return nil
}

// rendering is what is made from the contract.
type rendering struct{ yaml, json, page []byte }

// rendered renders the contract once.
var rendered = sync.OnceValues(func() (rendering, error) {
	doc, err := contract()
	if err != nil {
		return rendering{}, err
	}
	asYAML, asJSON, err := forOthers(contractYAML)
	if err != nil {
		return rendering{}, err
	}
	var page bytes.Buffer
	if err := referencePage.Execute(&page, guideOf(doc)); err != nil {
		return rendering{}, fmt.Errorf("render reference page: %w", err)
	}
	return rendering{asYAML, asJSON, page.Bytes()}, nil
})

// still serves bytes that change only with the binary.
func still(e *gin.Engine, path, kind string, body []byte) {
	tag := fmt.Sprintf(`"%x"`, sha256.Sum256(body))
	e.GET(path, func(c *gin.Context) {
		c.Header("Cache-Control", "public, max-age=300")
		c.Header("ETag", tag)
		if c.GetHeader("If-None-Match") == tag {
			c.Status(http.StatusNotModified)
			return
		}
		c.Data(http.StatusOK, kind, body)
	})
}

// guide is what the reference page shows.
type guide struct {
	Title, Version string
	Intro          []string // paragraphs
	Chapters       []chapter
	Schemas        []shape
	Problems       []problemKind
}

type chapter struct {
	Name string
	Acts []act
}

// act is one operation.
type act struct {
	ID, Method, Path, Summary, Description, Who, Body, Curl string
	Parameters                                              []field
	Answers                                                 []answer
}

type answer struct{ Status, Description, Schema string }

type problemKind struct {
	Kind, Title string
	Status      int
}

// shape is one schema.
type shape struct {
	Name, Description, Rule, Example string
	Fields                           []field
}

// field is one property or parameter.
type field struct {
	Name, In, Type, Ref, Rule, Description string
	Required                               bool
}

func guideOf(doc *openapi3.T) guide {
	g := guide{Title: doc.Info.Title, Version: doc.Info.Version, Problems: problemKinds()}
	g.Intro = strings.Split(strings.TrimSpace(doc.Info.Description), "\n\n")
	for _, tag := range doc.Tags {
		g.Chapters = append(g.Chapters, chapter{Name: tag.Name, Acts: actsOf(doc, tag.Name)})
	}
	for _, name := range slices.Sorted(maps.Keys(doc.Components.Schemas)) {
		g.Schemas = append(g.Schemas, shapeOf(name, doc.Components.Schemas[name].Value))
	}
	return g
}

func problemKinds() []problemKind {
	var kinds []problemKind
	for k, a := range door.Answers {
		kinds = append(kinds, problemKind{string(k), a.Title, a.Status})
	}
	sort.Slice(kinds, func(i, j int) bool { return kinds[i].Status < kinds[j].Status })
	return kinds
}

// actsOf lists the operations of a chapter by path, then method.
func actsOf(doc *openapi3.T, tag string) []act {
	var acts []act
	for _, path := range doc.Paths.InMatchingOrder() {
		ops := doc.Paths.Value(path).Operations()
		for _, method := range slices.Sorted(maps.Keys(ops)) {
			if op := ops[method]; slices.Contains(op.Tags, tag) {
				acts = append(acts, actOf(method, path, op))
			}
		}
	}
	sort.SliceStable(acts, func(i, j int) bool { return acts[i].Path < acts[j].Path })
	return acts
}

func actOf(method, path string, op *openapi3.Operation) act {
	a := act{
		ID: op.OperationID, Method: method, Path: path, Summary: op.Summary, Description: op.Description, Who: who(op),
	}
	for _, p := range op.Parameters {
		f := fieldOf(p.Value.Name, p.Value.Schema, p.Value.Required)
		f.In = p.Value.In
		if p.Value.Description != "" {
			f.Description = p.Value.Description
		}
		a.Parameters = append(a.Parameters, f)
	}
	var example any
	if op.RequestBody != nil {
		s := op.RequestBody.Value.Content.Get("application/json").Schema
		a.Body, example = refName(s.Ref), s.Value.Example
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses.Map())) {
		a.Answers = append(a.Answers, answerOf(status, op.Responses.Value(status)))
	}
	a.Curl = curl(method, path, op, example)
	return a
}

func answerOf(status string, r *openapi3.ResponseRef) answer {
	out := answer{Status: status}
	if r.Value.Description != nil {
		out.Description = *r.Value.Description
	}
	for _, m := range r.Value.Content {
		out.Schema = refName(m.Schema.Ref)
	}
	return out
}

// who says whom an operation is for.
func who(op *openapi3.Operation) string {
	if op.Security == nil {
		return ""
	}
	var words []string
	for _, alternative := range *op.Security {
		switch {
		case len(alternative) == 0:
			words = append(words, "anyone")
		case alternative["bearer"] != nil:
			words = append(words, "staff")
		default:
			words = append(words, "reporter")
		}
	}
	return strings.Join(words, ", ")
}

// curl writes a call that can be pasted into a shell.
func curl(method, path string, op *openapi3.Operation, body any) string {
	var b strings.Builder
	b.WriteString("curl")
	if method != http.MethodGet {
		b.WriteString(" -X " + method)
	}
	query := []string{}
	for _, p := range op.Parameters {
		switch {
		case p.Value.In == openapi3.ParameterInPath:
			path = strings.ReplaceAll(path, "{"+p.Value.Name+"}", exampleOf(p.Value.Schema))
		case p.Value.In == openapi3.ParameterInQuery && p.Value.Required:
			query = append(query, p.Value.Name+"="+exampleOf(p.Value.Schema))
		}
	}
	if len(query) > 0 {
		path += "?" + strings.Join(query, "&")
	}
	fmt.Fprintf(&b, " \"$KAWAL%s\"", path)
	switch w := who(op); {
	case w == "staff":
		b.WriteString(" \\\n  -H \"Authorization: Bearer $TOKEN\"")
	case strings.HasPrefix(w, "reporter"):
		b.WriteString(" \\\n  -H \"X-Kawal-Code: $CODE\"")
	}
	if body != nil {
		text, err := json.MarshalIndent(body, "  ", "  ")
		if err != nil {
			return b.String()
		}
		fmt.Fprintf(&b, " \\\n  -H 'Content-Type: application/json' \\\n  -d '%s'", text)
	}
	return b.String()
}

// exampleOf gives a plausible value of a parameter.
func exampleOf(s *openapi3.SchemaRef) string {
	switch v := s.Value; {
	case v.Example != nil:
		return fmt.Sprint(v.Example)
	case len(v.Enum) > 0:
		return fmt.Sprint(v.Enum[0])
	case v.Format == "date-time":
		return "2025-08-06T09:00:00%2B07:00"
	case v.Type.Is("integer"):
		return "5"
	}
	return "nasional"
}

func shapeOf(name string, s *openapi3.Schema) shape {
	out := shape{Name: name, Description: s.Description, Rule: ruleOf(s)}
	for _, n := range slices.Sorted(maps.Keys(s.Properties)) {
		out.Fields = append(out.Fields, fieldOf(n, s.Properties[n], slices.Contains(s.Required, n)))
	}
	sort.SliceStable(out.Fields, func(i, j int) bool { return out.Fields[i].Required && !out.Fields[j].Required })
	if s.Type.Is("object") && s.Example != nil {
		if text, err := json.MarshalIndent(s.Example, "", "  "); err == nil {
			out.Example = string(text)
		}
	}
	return out
}

func fieldOf(name string, s *openapi3.SchemaRef, required bool) field {
	f := field{Name: name, Required: required, Ref: refName(s.Ref), Description: s.Value.Description}
	f.Type = strings.Join(s.Value.Type.Slice(), " or ")
	if f.Ref == "" {
		f.Rule = ruleOf(s.Value)
	}
	if s.Value.Type.Is("array") && s.Value.Items != nil {
		f.Type = "list of " + strings.Join(s.Value.Items.Value.Type.Slice(), " or ")
		if f.Ref == "" {
			f.Ref = refName(s.Value.Items.Ref)
		}
	}
	return f
}

// ruleOf writes the limits of a schema in one line.
func ruleOf(s *openapi3.Schema) string {
	var rules []string
	add := func(format string, args ...any) { rules = append(rules, fmt.Sprintf(format, args...)) }
	if len(s.Enum) > 0 {
		add("one of %s", list(s.Enum))
	}
	if s.Format != "" {
		add("%s", s.Format)
	}
	if s.MaxLength != nil {
		add("%d to %d characters", s.MinLength, *s.MaxLength)
	}
	if s.Min != nil && s.Max != nil {
		add("%v to %v", *s.Min, *s.Max)
	}
	if s.MaxItems != nil {
		add("%d to %d items", s.MinItems, *s.MaxItems)
	}
	if s.Pattern != "" {
		add("matches %s", s.Pattern)
	}
	return strings.Join(rules, "; ")
}

func refName(ref string) string { return ref[strings.LastIndex(ref, "/")+1:] }
