package main

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"

	"github.com/kawal-id/kawal/internal/seal"
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
	s := settings{addr: "0.0.0.0:8080", adminAddr: "127.0.0.1:8081", issuer: "https://masuk.kantor.example", baseURL: "https://lapor.kantor.example/laporan",
		smtpHost: "mail.kantor.example", proxies: []string{"192.0.2.1"}, keys: filepath.Join(dir, "keys"), audience: "kawal",
		data: filepath.Join(dir, "data"), erasures: filepath.Join(dir, "ledger"), erasuresNamed: true, custodians: filepath.Join(dir, "custodians")}
	for _, name := range []string{"kunci.satu", "kunci.dua"} {
		k, err := seal.CreateCustodian(filepath.Join(dir, "apart"), name)
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(s.custodians, 0o700))
		require.NoError(t, k.Publish(s.custodians))
	}
	return s
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

// alone are the findings that need no server.
func (s settings) alone() []finding {
	found := append(s.examineAddresses(), s.examineKeys()...)
	return append(append(found, s.examineErasures()...), s.examineCustodians()...)
}

// spoiled are configurations with one thing wrong, and how its finding begins or what
// it says.
var spoiled = map[string]struct {
	change func(*testing.T, *settings)
	want   string
}{
	"the local issuer":        {func(_ *testing.T, s *settings) { s.issuer = "http://127.0.0.1:9000" }, "KAWAL_OIDC_ISSUER"},
	"no issuer":               {func(_ *testing.T, s *settings) { s.issuer = "" }, "KAWAL_OIDC_ISSUER"},
	"tracking pages in clear": {func(_ *testing.T, s *settings) { s.baseURL = "http://lapor.kantor.example" }, "KAWAL_BASE_URL"},
	"everybody is a proxy":    {func(_ *testing.T, s *settings) { s.proxies = []string{"0.0.0.0/0"} }, "KAWAL_TRUSTED_PROXIES memuat"},
	"half of all are proxies": {func(_ *testing.T, s *settings) { s.proxies = []string{"::/1"} }, "KAWAL_TRUSTED_PROXIES memuat"},
	"an issuer anywhere":      {func(_ *testing.T, s *settings) { s.issuerNetworks = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")} }, "KAWAL_OIDC_NETWORKS memuat"},
	"keys that are lost":      {func(_ *testing.T, s *settings) { s.keys = "/tmp/keys" }, "KAWAL_KEYS="},
	"keys of a demonstration": {func(t *testing.T, s *settings) {
		require.NoError(t, os.MkdirAll(s.keys, 0o700))
		require.NoError(t, os.WriteFile(s.issuerKey(), nil, 0o600))
	}, "kunci penerbit setempat"},
	"no ledger of erasures":  {func(_ *testing.T, s *settings) { s.erasuresNamed = false }, "KAWAL_ERASURES kosong"},
	"a ledger that is lost":  {func(_ *testing.T, s *settings) { s.erasures = "/tmp/new/ledger" }, "ada di folder sementara: catatan"},
	"a ledger in memory":     {func(_ *testing.T, s *settings) { s.erasures = "/dev/shm/ledger" }, "ada di folder sementara: catatan"},
	"a ledger with the rest": {func(_ *testing.T, s *settings) { s.erasures = filepath.Join(s.data, "erasures", "ledger") }, "di dalam KAWAL_DATA"},
	"a ledger through a link": {func(t *testing.T, s *settings) {
		require.NoError(t, os.MkdirAll(s.data, 0o700))
		link := filepath.Join(filepath.Dir(s.data), "link")
		require.NoError(t, os.Symlink(s.data, link))
		s.erasures = filepath.Join(link, "ledger")
	}, "di dalam KAWAL_DATA"},
	"a ledger nowhere": {func(_ *testing.T, s *settings) {
		s.erasures = filepath.Join(filepath.Dir(s.erasures), "none", "ledger")
	}, "tidak dapat ditulis"},
	"a ledger that is a folder": {func(t *testing.T, s *settings) { require.NoError(t, os.Mkdir(s.erasures, 0o700)) }, "tidak dapat ditulis"},
	"no custodians":             {func(_ *testing.T, s *settings) { s.custodians += "-none" }, "KAWAL_CUSTODIANS=%s: harus berisi"},
	"a private key beside theirs": {func(t *testing.T, s *settings) {
		require.NoError(t, os.WriteFile(filepath.Join(s.custodians, "kunci.satu"+seal.PrivateSuffix), nil, 0o600))
	}, "memuat kunci pribadi"},
}

// asked are databases with one thing wrong.
var asked = map[string]struct {
	of   store.Inspection
	want string
}{
	"a superuser":        {store.Inspection{Superuser: true}, "melewati keamanan baris"},
	"one that bypasses":  {store.Inspection{Bypasses: true}, "melewati keamanan baris"},
	"one that owns":      {store.Inspection{Owns: true}, "melewati keamanan baris"},
	"a demonstration":    {store.Inspection{Demo: true}, "data peragaan"},
	"a clock that lags":  {store.Inspection{Now: noon.Add(-maxSkew - time.Second)}, "berselisih"},
	"a clock in advance": {store.Inspection{Now: noon.Add(maxSkew + time.Second)}, "berselisih"},
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestProductionDoesNotStartWithAnyUnsafeSetting(t *testing.T) {
	t.Parallel()
	require.Empty(t, sound(t).alone())
	for name, c := range spoiled {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sound(t)
			c.change(t, &s)
			want, _, _ := strings.Cut(c.want, "%s")
			require.ErrorContains(t, unsafety(s.alone()), want)
		})
	}
	require.Empty(t, judge(store.Inspection{Encrypted: true, Now: noon.Add(maxSkew)}, noon))
	for name, c := range asked {
		if c.of.Now.IsZero() {
			c.of.Now = noon
		}
		require.ErrorContains(t, unsafety(judge(c.of, noon)), c.want, name)
	}
	require.NoError(t, unsafety([]finding{advice("x")}))
}

// Every text that the source calls unsafe is in one of the tables, or is Temporal's,
// which TestATemporalThatServesEverybodyIsUnsafe asks for.
func TestEveryUnsafeFindingIsTried(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	literal := regexp.MustCompile(`unsafe\("([^"]*)"`)
	n := 0
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		b, err := os.ReadFile(f)
		require.NoError(t, err)
		for _, m := range literal.FindAllStringSubmatch(string(b), -1) {
			n++
			tried := strings.Contains(m[1], "tanpa token")
			for _, c := range spoiled {
				tried = tried || strings.Contains(m[1], c.want)
			}
			for _, c := range asked {
				tried = tried || strings.Contains(m[1], c.want)
			}
			require.True(t, tried, "%s: %s", f, m[1])
		}
	}
	require.GreaterOrEqual(t, n, 15)
}

func TestAKeyWithoutAPersonAndAPersonWithoutAKeyAreNamed(t *testing.T) {
	t.Parallel()
	s := sound(t)
	require.Empty(t, s.strangers([]string{"kunci.dua", "kunci.satu"}))
	found := s.strangers([]string{"kunci.dua", "kunci.tiga"})
	require.Len(t, found, 2)
	require.Contains(t, found[0].text, "kunci kunci.satu")
	require.Contains(t, found[1].text, "Petugas kunci.tiga")
	require.NoError(t, unsafety(found), "keys come first when an installation is made")
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
	_, err = owner.Exec(t.Context(), `INSERT INTO staff VALUES ('kunci.satu', 'Satu', NULL, '{custodian}', true), ('kunci.dua', 'Dua', NULL, '{custodian}', false),
		('lain', 'Lain', NULL, '{supervisor}', true)`)
	require.NoError(t, err)
	var texts []string
	for _, f := range s.examineDatabase(t.Context()) {
		texts = append(texts, f.text)
	}
	require.Contains(t, strings.Join(texts, " "), "kunci kunci.dua", "he is active no more")
	require.NotContains(t, strings.Join(texts, " "), "kunci kunci.satu")
	require.NotContains(t, strings.Join(texts, " "), "lain")

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
