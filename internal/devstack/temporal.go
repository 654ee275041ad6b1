package devstack

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"text/template"
	"time"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"
)

// temporalConfig is the server's one configuration file: all services in one
// process, on PostgreSQL, on loopback. The number of history shards can never
// change for a database; docs/decisions/0006-history-shards.md says why 64.
//
//go:embed temporal.yaml.tmpl
var temporalConfig string

// defaultDynamic raises the limits that a burst of reports on one machine
// meets, and lets new search attributes be used at once.
const defaultDynamic = `system.forceSearchAttributesCacheRefreshOnRead:
  - value: true
frontend.namespaceRPS:
  - value: 10000
frontend.rps:
  - value: 10000
history.rps:
  - value: 20000
matching.rps:
  - value: 20000
`

// temporal is the server with its two databases.
type temporal struct {
	address  string
	operator Headers
	database *url.URL
	sqlTool  string
	process  *process
}

func newTemporal(c Config, database string) (*temporal, error) {
	server := filepath.Join(c.Bin, "temporal-server")
	for _, name := range []string{"temporal-server", "temporal-sql"} {
		if _, err := os.Stat(filepath.Join(c.Bin, name)); err != nil {
			return nil, fmt.Errorf("%s is not built; run: make tools", filepath.Join(c.Bin, name))
		}
	}
	u, err := onDatabase(database, "temporal")
	if err != nil {
		return nil, err
	}
	file, port, err := writeConfig(c, u)
	if err != nil {
		return nil, err
	}
	t := &temporal{address: fmt.Sprintf("127.0.0.1:%d", port), operator: c.Operator, database: u, sqlTool: filepath.Join(c.Bin, "temporal-sql")}
	t.process = c.process("temporal", syscall.SIGTERM, func() *exec.Cmd {
		return exec.Command(server, "--config-file", file, "start", "--service", "frontend", "--service", "internal-frontend",
			"--service", "history", "--service", "matching", "--service", "worker")
	})
	return t, nil
}

// writeConfig writes the configuration under Data and returns its path and the
// port of the frontend. The file holds the password: mode 0600.
func writeConfig(c Config, database *url.URL) (string, int, error) {
	ports, err := freePorts(12)
	if err != nil {
		return "", 0, err
	}
	if c.TemporalPort != 0 {
		ports[0] = c.TemporalPort
	}
	dynamic := filepath.Join(c.Data, "temporal-dynamic.yaml")
	if c.DynamicConfig == "" {
		c.DynamicConfig = defaultDynamic
	}
	if err := os.WriteFile(dynamic, []byte(c.DynamicConfig), 0o600); err != nil {
		return "", 0, fmt.Errorf("dynamic configuration: %w", err)
	}
	password, _ := database.User.Password()
	var b strings.Builder
	err = template.Must(template.New("config").Parse(temporalConfig)).Execute(&b, map[string]any{
		"Ports": ports, "Dynamic": dynamic, "Database": database.Host, "User": database.User.Username(), "Password": password,
		"KeySources": c.KeySources, "Audience": c.Audience,
	})
	if err != nil {
		return "", 0, fmt.Errorf("configuration: %w", err)
	}
	file := filepath.Join(c.Data, "temporal.yaml")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		return "", 0, fmt.Errorf("configuration: %w", err)
	}
	return file, ports[0], nil
}

func (t *temporal) start(ctx context.Context) error {
	for _, db := range []struct{ name, schema string }{
		{"temporal", "postgresql/v12/temporal"}, {"temporal_visibility", "postgresql/v12/visibility"},
	} {
		if err := t.prepare(ctx, db.name, db.schema); err != nil {
			return err
		}
	}
	return t.process.start(ctx, func(ctx context.Context) error {
		c, err := client.DialContext(ctx, client.Options{HostPort: t.address, HeadersProvider: t.operator, Logger: quiet{}})
		if err != nil {
			return err
		}
		defer c.Close()
		_, err = c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: "temporal-system"})
		return err
	})
}

// prepare makes one database and brings its schema to the server's version.
func (t *temporal) prepare(ctx context.Context, name, schema string) error {
	admin, err := onDatabase(t.database.String(), "postgres")
	if err != nil {
		return err
	}
	if err := createDatabase(ctx, admin.String(), name); err != nil {
		return err
	}
	u, err := onDatabase(t.database.String(), name)
	if err != nil {
		return err
	}
	fresh, err := isFresh(ctx, u.String())
	if err != nil {
		return err
	}
	if fresh {
		if err := t.sql(ctx, name, "setup-schema", "-v", "0.0"); err != nil {
			return err
		}
	}
	return t.sql(ctx, name, "update-schema", "--schema-name", schema)
}

func isFresh(ctx context.Context, database string) (bool, error) {
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		return false, fmt.Errorf("connect: %w", err)
	}
	defer conn.Close(ctx)
	var fresh bool
	err = conn.QueryRow(ctx, `SELECT to_regclass('schema_version') IS NULL`).Scan(&fresh)
	return fresh, err
}

// sql runs the server's schema tool. The password goes through the
// environment, since arguments can be read by others.
func (t *temporal) sql(ctx context.Context, database string, args ...string) error {
	cmd := exec.CommandContext(ctx, t.sqlTool, append([]string{"--plugin", "postgres12_pgx", "--database", database}, args...)...)
	password, _ := t.database.User.Password()
	cmd.Env = append(os.Environ(), "SQL_HOST="+t.database.Hostname(), "SQL_PORT="+t.database.Port(),
		"SQL_USER="+t.database.User.Username(), "SQL_PASSWORD="+password)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("temporal-sql %s: %w: %s", args[0], err, out)
	}
	return nil
}

func (t *temporal) drop(ctx context.Context) error {
	admin, err := onDatabase(t.database.String(), "postgres")
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, admin.String())
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close(ctx)
	for _, name := range []string{"temporal", "temporal_visibility"} {
		if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			return fmt.Errorf("drop %s: %w", name, err)
		}
	}
	return nil
}

// Register makes the namespace and the search attributes of c on the server at
// an address, unless they exist, and returns once the server knows them.
func Register(ctx context.Context, c Config, address string) error {
	if len(c.SearchAttributes) == 0 && c.TemporalAddress != "" {
		return nil
	}
	cl, err := client.DialContext(ctx, client.Options{HostPort: address, Namespace: c.Namespace, HeadersProvider: c.Operator, Logger: quiet{}})
	if err != nil {
		return fmt.Errorf("reach %s: %w", address, err)
	}
	defer cl.Close()
	_, err = cl.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: c.Namespace, WorkflowExecutionRetentionPeriod: durationpb.New(c.Retention),
	})
	if _, exists := errors.AsType[*serviceerror.NamespaceAlreadyExists](err); err != nil && !exists {
		return fmt.Errorf("register namespace: %w", err)
	}
	return eventually(ctx, func() error { return addAttributes(ctx, cl.OperatorService(), c) })
}

// addAttributes adds what is missing; the server takes a moment to know a new
// namespace.
func addAttributes(ctx context.Context, op operatorservice.OperatorServiceClient, c Config) error {
	have, err := op.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: c.Namespace})
	if err != nil {
		return fmt.Errorf("list search attributes: %w", err)
	}
	req := &operatorservice.AddSearchAttributesRequest{Namespace: c.Namespace, SearchAttributes: c.missing(have)}
	if len(req.SearchAttributes) == 0 {
		return nil
	}
	if _, err := op.AddSearchAttributes(ctx, req); err != nil {
		return fmt.Errorf("add search attributes: %w", err)
	}
	return errors.New("search attributes are on their way") // seen by the next look
}

// eventually repeats f until it returns nil or half a minute has passed.
func eventually(ctx context.Context, f func() error) error {
	deadline := time.Now().Add(30 * time.Second)
	for {
		err := f()
		if err == nil || time.Now().After(deadline) || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}
