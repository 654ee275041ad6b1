// Package arch holds the rules of who may import whom, as data that a test
// holds against the source.
package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// Module is the path of this module.
const Module = "github.com/kawal-id/kawal"

// everything marks packages without limits: programs and test harnesses.
var everything = []string{"*"}

// Allowed says which of our packages each package may import. It is the table
// of DESIGN.md section 1 with the full paths; changing it is a decision with a
// page in docs/decisions. Packages not named may import nothing of ours.
var Allowed = map[string][]string{
	"calendar":           {},
	"internal/fault":     {},
	"report":             {"internal/fault"},
	"workflows/contract": {"report", "internal/fault"},
	"internal/policy":    {"report", "internal/fault"},
	"internal/seal":      {"internal/fault"},
	"internal/outbound":  {},
	"internal/auth":      {"internal/fault", "internal/outbound"},
	"internal/signer":    {},
	"internal/issuer":    {"internal/signer", "internal/fault"},
	"internal/sample":    {},
	"internal/redact":    {},
	"internal/chain":     {},
	"store":              {"report", "calendar", "internal/chain", "internal/seal", "internal/fault"},
	"internal/notify":    {"store", "report", "internal/fault"},
	"activities":         {"store", "calendar", "report", "workflows/contract", "internal/fault"},
	"workflows":          {"activities", "workflows/contract", "report", "internal/fault"},
	"office":             {"store", "internal/policy", "internal/redact", "internal/seal", "workflows/contract", "report", "calendar", "internal/fault"},
	"internal/door":      {"internal/fault"},
	"api":                {"office", "report", "calendar", "internal/auth", "internal/door", "internal/fault"},
	"web":                {"office", "report", "calendar", "internal/door", "internal/fault"},
	"worker":             {"workflows", "activities", "workflows/contract", "store", "report", "internal/chain", "internal/notify", "internal/seal", "internal/fault"},
	"cmd/kawal":          everything,
	"internal/arch":      {},
	"internal/devstack":  {},
	"internal/testdb":    {"internal/seal"},
	"internal/played":    {"store", "report", "workflows/contract", "internal/fault"},
	"internal/e2e":       everything,
}

// Violations parses every non-test Go file below root and returns what breaks
// the rules, sorted: an import that is not allowed, a package that is not in
// the table, a package without a comment.
func Violations(root string) ([]string, error) {
	var found []string
	commented, seen := map[string]bool{}, map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skip(root, path, d.Name())
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return fmt.Errorf("parse %s: %w", path, err)
		}
		pkg := folder(root, path)
		seen[pkg] = true
		commented[pkg] = commented[pkg] || f.Doc != nil
		found = append(found, imports(pkg, f)...)
		return nil
	})
	for pkg := range seen {
		if _, known := Allowed[pkg]; !known {
			found = append(found, pkg+" is not in the table")
		}
		if !commented[pkg] {
			found = append(found, pkg+" has no package comment")
		}
	}
	slices.Sort(found)
	return found, err
}

func skip(root, path, name string) error {
	if path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "tools" || name == "node_modules") {
		return filepath.SkipDir
	}
	return nil
}

func folder(root, path string) string {
	rel, err := filepath.Rel(root, filepath.Dir(path))
	if err != nil {
		return path
	}
	return filepath.ToSlash(rel)
}

func imports(pkg string, f *ast.File) []string {
	var found []string
	for _, spec := range f.Imports {
		ours, ok := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), Module+"/")
		may := Allowed[pkg]
		if !ok || slices.Contains(may, "*") || slices.Contains(may, ours) {
			continue
		}
		found = append(found, pkg+" must not import "+ours)
	}
	return found
}
