package arch_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var fuzzFunc = regexp.MustCompile(`(?m)^func (Fuzz[A-Z][A-Za-z0-9_]*)\(`)

// go test runs one fuzz test at a time, so make prove names each. Tried by
// taking a line out of the Makefile.
func TestEveryFuzzTestIsRunByMakeProve(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile("../../Makefile")
	require.NoError(t, err)
	found := 0
	require.NoError(t, filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "../.." && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		b, err := os.ReadFile(path)
		for _, m := range fuzzFunc.FindAllSubmatch(b, -1) {
			found++
			dir := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../../")
			require.Contains(t, string(makefile), "-fuzz "+string(m[1])+" -fuzztime $(FUZZ) ./"+dir+"\n")
		}
		return err
	}))
	require.NotZero(t, found)
}
