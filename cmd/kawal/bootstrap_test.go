package main

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/testdb"
	"github.com/kawal-id/kawal/store"
)

// environment makes a getenv of a map.
func environment(m map[string]string) func(string) string {
	return func(name string) string { return m[name] }
}

// call runs kawal and returns its exit code and output.
func call(t *testing.T, env map[string]string, args ...string) (int, string, string) {
	t.Helper()
	var out, errOut bytes.Buffer
	code := run(t.Context(), args, program{in: &bytes.Buffer{}, out: &out, errOut: &errOut, getenv: environment(env)})
	return code, out.String(), errOut.String()
}

func TestAnEmptyDatabaseGetsItsFirstAdministratorOnce(t *testing.T) {
	t.Parallel()
	env := map[string]string{"KAWAL_DATABASE_URL": testdb.New(t, store.MigrationsHash(), store.Migrate)}
	code, _, errOut := call(t, env, "bootstrap", "--admin", "0001@masuk.example")
	require.Zero(t, code, errOut)
	st, err := store.Open(t.Context(), store.Config{URL: env["KAWAL_DATABASE_URL"], Now: time.Now})
	require.NoError(t, err)
	t.Cleanup(st.Close)
	err = st.As(t.Context(), store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) error {
		m, err := tx.Staff(ctx, "0001@masuk.example")
		require.Equal(t, []string{"admin"}, m.Roles)
		return err
	})
	require.NoError(t, err)
	code, _, errOut = call(t, env, "bootstrap", "--admin", "0002@masuk.example")
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "agencies already")
}

func TestMigratingTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	env := map[string]string{"KAWAL_DATABASE_URL": testdb.New(t, store.MigrationsHash(), store.Migrate)}
	code, _, errOut := call(t, env, "migrate")
	require.Zero(t, code, errOut)
}

func TestKeysAreMadeAndKept(t *testing.T) {
	t.Parallel()
	env := map[string]string{"KAWAL_KEYS": filepath.Join(t.TempDir(), "keys")}
	for range 2 {
		code, out, errOut := call(t, env, "keys")
		require.Zero(t, code, errOut)
		require.Contains(t, out, env["KAWAL_KEYS"])
	}
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		env  map[string]string
		args []string
		code int
		want string
	}{
		"no command":         {nil, nil, 2, "usage"},
		"an unknown command": {nil, []string{"dance"}, 2, `unknown command "dance"`},
		"no administrator":   {nil, []string{"bootstrap"}, 2, "--admin"},
		"no subject":         {nil, []string{"token"}, 2, "--as"},
		"no database":        {nil, []string{"migrate"}, 1, "KAWAL_DATABASE_URL"},
		"no Temporal":        {nil, []string{"worker"}, 1, "KAWAL_TEMPORAL_ADDRESS"},
		"no issuer":          {nil, []string{"api"}, 1, "KAWAL_OIDC_ISSUER"},
		"no port":            {map[string]string{"KAWAL_TEMPORAL_PORT": "seven"}, []string{"api"}, 1, "KAWAL_TEMPORAL_PORT"},
		"no address":         {map[string]string{"KAWAL_ADDR": "8080"}, []string{"worker"}, 1, "KAWAL_ADDR"},
		"too many samples":   {nil, []string{"seed", "--reports", "9999999"}, 2, "--reports"},
		"nothing to run":     {nil, []string{"testenv"}, 2, "COMMAND"},
		"an open address":    {map[string]string{"KAWAL_ADDR": "0.0.0.0:8080"}, []string{"dev"}, 1, "loopback"},
		"no local issuer":    {map[string]string{"KAWAL_DATA": "/nonexistent"}, []string{"token", "--as", "x"}, 1, "kawal dev"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, _, errOut := call(t, tt.env, tt.args...)
			require.Equal(t, tt.code, code)
			require.Contains(t, errOut, tt.want)
		})
	}
}
