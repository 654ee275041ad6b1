package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Dialling says which of our packages make connections, and who says where to. A
// package that is not here makes none. Where data from outside can name the address
// the connection is guarded by internal/outbound; elsewhere the operator's
// configuration names it (docs/threat-model.md).
var Dialling = map[string]string{
	"internal/auth":     "the issuer, by configuration; what its document points to, guarded",
	"internal/outbound": "the guard",
	"internal/notify":   "the mail server, by configuration; a receiver's address names none, since the server delivers",
	"store":             "PostgreSQL, by configuration",
	"cmd/kawal":         "Temporal, by configuration; kawal demo and dev: their own API on loopback",
	"internal/devstack": "its own servers on loopback",
	"internal/testdb":   "PostgreSQL of the tests",
}

// dialling are the names by which a package makes connections, by import path; "*"
// is all of it.
var dialling = map[string][]string{
	"net": {"Dial", "DialTimeout", "DialTCP", "DialUDP", "DialIP", "DialUnix", "Dialer", "Resolver", "DefaultResolver",
		"LookupHost", "LookupIP", "LookupAddr", "LookupCNAME", "LookupMX", "LookupNS", "LookupSRV", "LookupTXT"},
	"net/http":          {"Get", "Head", "Post", "PostForm", "Client", "DefaultClient", "Transport", "DefaultTransport"},
	"net/http/httputil": {"ReverseProxy", "NewSingleHostReverseProxy"},
	"crypto/tls":        {"Dial", "DialWithDialer", "Dialer"},
	"net/smtp":          {"*"}, "net/rpc": {"*"}, "net/rpc/jsonrpc": {"*"}, "log/syslog": {"*"},
	"github.com/jackc/pgx/v5":                             {"Connect", "ConnectConfig", "ConnectWithOptions"},
	"github.com/jackc/pgx/v5/pgxpool":                     {"New", "NewWithConfig"},
	"github.com/jackc/pgx/v5/stdlib":                      {"OpenDB", "OpenDBFromPool"},
	"github.com/wneessen/go-mail":                         {"NewClient"},
	"github.com/coreos/go-oidc/v3/oidc":                   {"NewProvider", "NewRemoteKeySet"},
	"go.temporal.io/sdk/client":                           {"Dial", "DialContext", "NewLazyClient", "NewClient", "NewNamespaceClient"},
	"google.golang.org/grpc":                              {"Dial", "DialContext", "NewClient"},
	"golang.org/x/net/websocket":                          {"*"},
	"golang.org/x/net/proxy":                              {"*"},
	"github.com/prometheus/client_golang/prometheus/push": {"*"},
}

// Dials parses every non-test Go file below root and returns, by package, what it
// makes connections with, each once and sorted. Harnesses of tests (everything that
// only tests are made of) do not count.
func Dials(root string) (map[string][]string, error) {
	found := map[string]map[string]bool{}
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
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("parse %s: %w", path, err)
		}
		pkg := folder(root, path)
		for _, name := range dialsOf(f) {
			if found[pkg] == nil {
				found[pkg] = map[string]bool{}
			}
			found[pkg][name] = true
		}
		return nil
	})
	all := map[string][]string{}
	for pkg, names := range found {
		all[pkg] = slices.Sorted(maps.Keys(names))
	}
	return all, err
}

// dialsOf returns what one file makes connections with.
func dialsOf(f *ast.File) []string {
	var found []string
	local := map[string]string{} // import path by the name it has here
	for _, spec := range f.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		names, known := dialling[path]
		if err != nil || !known {
			continue
		}
		name := localName(path, spec)
		if name == "." || slices.Contains(names, "*") {
			found = append(found, path)
		}
		local[name] = path
	}
	ast.Inspect(f, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := s.X.(*ast.Ident); ok && slices.Contains(dialling[local[x.Name]], s.Sel.Name) {
			found = append(found, local[x.Name]+"."+s.Sel.Name)
		}
		return true
	})
	return found
}

// localName is what a file calls a package it imports.
func localName(path string, spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	parts := strings.Split(path, "/")
	last := parts[len(parts)-1]
	if len(parts) > 1 && len(last) > 1 && last[0] == 'v' && last[1] >= '0' && last[1] <= '9' {
		last = parts[len(parts)-2]
	}
	return strings.TrimPrefix(last, "go-")
}
