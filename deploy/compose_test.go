package deploy_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// service is what the tests read of one service of docker-compose.yml.
type service struct {
	Image       string                    `yaml:"image"`
	Command     []string                  `yaml:"command"`
	Restart     string                    `yaml:"restart"`
	Ports       []string                  `yaml:"ports"`
	Healthcheck map[string]any            `yaml:"healthcheck"`
	DependsOn   map[string]map[string]any `yaml:"depends_on"`
}

func services(t *testing.T) map[string]service {
	t.Helper()
	var file struct {
		Services map[string]service `yaml:"services"`
	}
	text, err := os.ReadFile("../docker-compose.yml")
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &file))
	require.Len(t, file.Services, 10)
	return file.Services
}

// job reports whether a service ends by itself.
func (s service) job() bool { return strings.HasPrefix(s.Restart, "on-failure") }

func TestWhatAServiceWaitsForExistsAndCanBeWaitedFor(t *testing.T) {
	t.Parallel()
	all := services(t)
	for name, s := range all {
		for other, how := range s.DependsOn {
			require.Contains(t, all, other, "%s waits for it", name)
			want := "service_healthy"
			if all[other].job() {
				want = "service_completed_successfully"
			}
			require.Equal(t, want, how["condition"], "%s waits for %s", name, other)
		}
	}
}

func TestEveryServiceIsAJobOrHasAHealthCheck(t *testing.T) {
	t.Parallel()
	for name, s := range services(t) {
		require.NotEqual(t, s.job(), s.Healthcheck["test"] != nil, name)
	}
}

func TestImagesArePinned(t *testing.T) {
	t.Parallel()
	for name, s := range services(t) {
		_, tag, found := strings.Cut(s.Image, ":")
		require.True(t, found && tag != "" && tag != "latest", "%s: %s", name, s.Image)
	}
	dockerfile, err := os.ReadFile("Dockerfile")
	require.NoError(t, err)
	from := regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllStringSubmatch(string(dockerfile), -1)
	require.Len(t, from, 2)
	for _, f := range from {
		require.Regexp(t, `:\d+\.\d+`, f[1])
	}
	require.Regexp(t, `(?m)^USER [1-9]`, string(dockerfile))
}

func TestPublishedPortsAreOnLoopback(t *testing.T) {
	t.Parallel()
	published := 0
	for name, s := range services(t) {
		for _, p := range s.Ports {
			published++
			require.True(t, strings.HasPrefix(p, "127.0.0.1:"), "%s publishes %s", name, p)
		}
	}
	require.Equal(t, 3, published)
}

func TestTemporalServesNobodyWithoutAToken(t *testing.T) {
	t.Parallel()
	compose, err := os.ReadFile("../docker-compose.yml")
	require.NoError(t, err)
	require.NotContains(t, string(compose), "allow-no-auth")
	require.Contains(t, string(compose), "--service, internal-frontend")
	config, err := os.ReadFile("temporal/config.yaml")
	require.NoError(t, err)
	for _, line := range []string{"authorizer: default", "claimMapper: default", "audience: ", "internal-frontend:"} {
		require.Contains(t, string(config), line)
	}
	require.NotContains(t, string(config), "publicClient")
}

func TestVersionsAreThoseOfTheLocalStack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ service, tool, module string }{
		{"temporal", "temporal-server", "go.temporal.io/server"},
		{"schema", "temporal-sql", "go.temporal.io/server"},
		{"temporal-ui", "temporal-ui", "github.com/temporalio/ui-server/v2"},
	} {
		text, err := os.ReadFile("../tools/" + c.tool + "/go.mod")
		require.NoError(t, err)
		pin := regexp.MustCompile(`(?m)^(?:require)?\s*` + regexp.QuoteMeta(c.module) + ` v(\S+)`).FindStringSubmatch(string(text))
		require.NotNil(t, pin, c.tool)
		_, tag, _ := strings.Cut(services(t)[c.service].Image, ":")
		require.Equal(t, pin[1], tag, c.service)
	}
}
