package e2e_test

import (
	"bytes"
	"context"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// dump runs pg_dump as a superuser, by the program that belongs to the running
// server, and keeps each table's rows and the rest apart.
func (a *aviary) dump(s sinks) {
	a.t.Helper()
	for name := range s {
		if strings.HasPrefix(name, "dump:") {
			delete(s, name)
		}
	}
	var bin string
	a.scan([]any{&bin}, `SELECT setting FROM pg_config WHERE name = 'BINDIR'`)
	u, err := url.Parse(a.database)
	require.NoError(a.t, err)
	password, _ := u.User.Password()
	u.User = url.User(u.User.Username())
	cmd := exec.CommandContext(a.t.Context(), filepath.Join(bin, "pg_dump"), "--format=plain", "--no-password", "--dbname="+u.String())
	cmd.Env = append(os.Environ(), "PGPASSWORD="+password)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	require.NoError(a.t, cmd.Run(), "%s", complaint.String())
	rest := out.Bytes()
	for {
		m := rows.FindSubmatchIndex(rest)
		if m == nil {
			break
		}
		name := "dump:" + string(rest[m[2]:m[3]])
		s["dump:rest"] = append(s["dump:rest"], rest[:m[1]]...)
		rest = rest[m[1]:]
		end := bytes.Index(append([]byte("\n"), rest...), []byte("\n\\.\n"))
		require.GreaterOrEqual(a.t, end, 0, "%s has no end", name)
		s[name] = append(s[name], rest[:end]...)
		rest = rest[end:]
	}
	s["dump:rest"] = append(s["dump:rest"], rest...)
}

// rows begin with the name of their table.
var rows = regexp.MustCompile(`(?m)^COPY public\.(\w+) \(.*\) FROM stdin;\n`)

// temporary reads every file that is left in the temporary folder of this
// process, in which API and worker run, and of its children. What other tests
// keep in folders of their own is not of this world; mail and keys are sinks of
// their own.
func (a *aviary) temporary(s sinks) {
	a.t.Helper()
	root := os.TempDir()
	require.Equal(a.t, testTemp, root, "a folder apart")
	own := filepath.Dir(filepath.Dir(a.mail))
	require.Equal(a.t, root, filepath.Dir(own))
	require.NoError(a.t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil // of another test, at its end
		}
		if err != nil {
			return err
		}
		others := filepath.Dir(path) == root && path != own && (strings.HasPrefix(d.Name(), "Test") || strings.HasPrefix(d.Name(), "kawal-e2e-"))
		if d.IsDir() {
			if others || path == a.mail || path == a.keys {
				return fs.SkipDir
			}
			return nil
		}
		b, err := os.ReadFile(path)
		if os.IsNotExist(err) || err == nil && b == nil {
			return nil
		}
		name := strings.TrimPrefix(path, root+"/")
		s["temporary:"+name] = append([]byte(name+"\n"), b...)
		return err
	}))
}

// seededSinks are canaries really put into a table that nobody knows of and
// into a file that somebody leaves behind: both are read.
func (a *aviary) seededSinks(all []canary) {
	a.t.Helper()
	secret := a.birds[3]
	found := func(read func(sinks), place string) {
		a.t.Helper()
		s := sinks{}
		read(s)
		forbidden, _ := search(s, all)
		require.NotEmpty(a.t, forbidden, place)
		for _, h := range forbidden {
			require.Equal(a.t, place, h.sink)
		}
	}
	conn, err := pgx.Connect(a.t.Context(), a.database)
	require.NoError(a.t, err)
	defer conn.Close(context.Background())
	for _, sql := range []string{`CREATE TABLE scratch (word bytea)`, `INSERT INTO scratch VALUES (convert_to('` + secret.word(aBody) + `', 'UTF8'))`} {
		_, err := conn.Exec(a.t.Context(), sql)
		require.NoError(a.t, err)
	}
	found(a.dump, "dump:scratch")
	_, err = conn.Exec(a.t.Context(), `DROP TABLE scratch`)
	require.NoError(a.t, err)
	_, err = conn.Exec(a.t.Context(), `COMMENT ON TABLE report IS '`+secret.word(aTitle)+`'`)
	require.NoError(a.t, err)
	found(a.dump, "dump:rest")

	dir, err := os.MkdirTemp("", "upload-")
	require.NoError(a.t, err)
	a.t.Cleanup(func() { _ = os.RemoveAll(dir) })
	require.NoError(a.t, os.WriteFile(filepath.Join(dir, "part"), []byte(secret.word(aContact)), 0o600))
	found(a.temporary, "temporary:"+filepath.Base(dir)+"/part")
}
