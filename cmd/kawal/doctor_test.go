package main

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"

	"github.com/kawal-id/kawal/internal/testdb"
	"github.com/kawal-id/kawal/store"
)

// sound is a configuration without a finding, but for what the machine's own
// servers are asked.
func sound(t *testing.T) settings {
	t.Helper()
	dir, err := os.MkdirTemp("/var/tmp", "kawal-doctor-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return settings{addr: "0.0.0.0:8080", adminAddr: "127.0.0.1:8081", issuer: "https://masuk.kantor.example", baseURL: "https://lapor.kantor.example/laporan",
		smtpHost: "mail.kantor.example", proxies: []string{"192.0.2.1"}, keys: filepath.Join(dir, "keys"), audience: "kawal"}
}

// unsafeOf is the findings that production refuses to start with, in one text.
func unsafeOf(found []finding) string {
	var b strings.Builder
	for _, f := range found {
		if f.unsafe {
			b.WriteString(f.text + "\n")
		}
	}
	return b.String()
}

func TestEachUnsafeSettingIsNamed(t *testing.T) {
	t.Parallel()
	examine := func(s settings) []finding { return append(s.examineAddresses(), s.examineKeys()...) }
	require.Empty(t, examine(sound(t)))
	for name, c := range map[string]struct {
		change func(*settings)
		want   string
	}{
		"the local issuer":        {func(s *settings) { s.issuer = "http://127.0.0.1:9000" }, "KAWAL_OIDC_ISSUER"},
		"no issuer":               {func(s *settings) { s.issuer = "" }, "KAWAL_OIDC_ISSUER"},
		"tracking pages in clear": {func(s *settings) { s.baseURL = "http://lapor.kantor.example" }, "KAWAL_BASE_URL"},
		"everybody is a proxy":    {func(s *settings) { s.proxies = []string{"0.0.0.0/0"} }, "KAWAL_TRUSTED_PROXIES"},
		"keys that are lost":      {func(s *settings) { s.keys = "/tmp/keys" }, "KAWAL_KEYS"},
		"keys of a demonstration": {func(s *settings) {
			require.NoError(t, os.MkdirAll(s.keys, 0o700))
			require.NoError(t, os.WriteFile(s.issuerKey(), nil, 0o600))
		}, "kunci penerbit setempat"},
	} {
		s := sound(t)
		c.change(&s)
		require.Contains(t, unsafeOf(examine(s)), c.want, name)
	}
}

func TestAnAddressThatLeadsToNoPageIsNamed(t *testing.T) {
	t.Parallel()
	s := sound(t)
	s.baseURL = "https://lapor.kantor.example/v1/reports"
	found := s.examineAddresses()
	require.Len(t, found, 1)
	require.False(t, found[0].unsafe)
	require.Contains(t, found[0].text, "/laporan")
}

func TestTheDatabaseLoginMustNotLookPastTheWall(t *testing.T) {
	t.Parallel()
	s := sound(t)
	s.databaseURL = testdb.New(t, store.MigrationsHash(), store.Migrate)
	require.Contains(t, unsafeOf(s.examineDatabase(t.Context())), "melewati keamanan baris", "a superuser")

	owner, err := pgx.Connect(t.Context(), s.databaseURL)
	require.NoError(t, err)
	defer owner.Close(t.Context())
	_, err = owner.Exec(t.Context(), `
		DO $$ BEGIN
			CREATE ROLE kawal_doctor LOGIN PASSWORD 'uji';
		EXCEPTION WHEN duplicate_object THEN NULL;
		END $$`)
	require.NoError(t, err)
	_, err = owner.Exec(t.Context(), `GRANT kawal_app TO kawal_doctor`)
	require.NoError(t, err)
	u, err := url.Parse(s.databaseURL)
	require.NoError(t, err)
	u.User = url.UserPassword("kawal_doctor", "uji")
	s.databaseURL = u.String()
	require.Empty(t, unsafeOf(s.examineDatabase(t.Context())))

	_, err = owner.Exec(t.Context(), `INSERT INTO calendar (id, zone, week_days, joint_leave, revision) VALUES ('x', 'Asia/Jakarta', 5, true, 1) ON CONFLICT DO NOTHING`)
	require.NoError(t, err)
	_, err = owner.Exec(t.Context(), `INSERT INTO agency (id, name, calendar, active) VALUES ('demo', 'Demo', 'x', true)`)
	require.NoError(t, err)
	require.Contains(t, unsafeOf(s.examineDatabase(t.Context())), "data peragaan")
}

// everybody is a Temporal that answers whoever asks.
type everybody struct {
	workflowservice.UnimplementedWorkflowServiceServer
}

// DescribeNamespace answers.
func (everybody) DescribeNamespace(context.Context, *workflowservice.DescribeNamespaceRequest) (*workflowservice.DescribeNamespaceResponse, error) {
	return &workflowservice.DescribeNamespaceResponse{}, nil
}

func TestATemporalThatServesEverybodyIsUnsafe(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	srv := grpc.NewServer()
	workflowservice.RegisterWorkflowServiceServer(srv, everybody{})
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(srv.Stop)
	s := sound(t)
	s.temporalAddress = l.Addr().String()
	require.Contains(t, unsafeOf(s.examineTemporal(t.Context())), "tanpa token")
	s.temporalAddress = os.Getenv("KAWAL_TEST_TEMPORAL_ADDRESS")
	require.Empty(t, s.examineTemporal(t.Context()), "the one of the tests asks for tokens")
}

func TestWhatOthersCanReachDoesNotStartUnsafe(t *testing.T) {
	t.Parallel()
	s := sound(t)
	s.databaseURL, s.temporalAddress = testdb.New(t, store.MigrationsHash(), store.Migrate), os.Getenv("KAWAL_TEST_TEMPORAL_ADDRESS")
	p := &parts{settings: s, log: logger(&bytes.Buffer{})}
	require.ErrorContains(t, p.refuseUnsafe(t.Context()), "melewati keamanan baris")
	p.addr = "127.0.0.1:8080"
	require.NoError(t, p.refuseUnsafe(t.Context()), "nobody else is served")
	p.env = "production"
	require.Error(t, p.refuseUnsafe(t.Context()))
}
