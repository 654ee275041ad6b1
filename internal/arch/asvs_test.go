package arch_test

import (
	"encoding/csv"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	testName = regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z][A-Za-z0-9_]*`)
	testFunc = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Z][A-Za-z0-9_]*)\(`)
)

// tests returns the names of all tests below root.
func tests(t *testing.T, root string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && strings.HasPrefix(d.Name(), ".") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		b, err := os.ReadFile(path)
		for _, m := range testFunc.FindAllSubmatch(b, -1) {
			found[string(m[1])] = true
		}
		return err
	}))
	return found
}

// counted is how many requirements of ASVS 5.0 have level 1 or 2 in its chapters
// V6, V8, V11, V14 and V16.
const counted = 81

// Tried by renaming a test, and by taking a row out of the file.
func TestEveryTestThatIsEvidenceExists(t *testing.T) {
	t.Parallel()
	f, err := os.Open("../../docs/asvs.csv")
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"requirement", "level", "status", "evidence"}, rows[0])
	known, seen := tests(t, "../.."), map[string]bool{}
	for _, row := range rows[1:] {
		require.Regexp(t, `^(6|8|11|14|16)\.\d+\.\d+$`, row[0])
		require.False(t, seen[row[0]], "%s twice", row[0])
		seen[row[0]] = true
		require.Contains(t, []string{"met", "partly", "open", "operator", "not applicable"}, row[2], row[0])
		require.NotEmpty(t, row[3], row[0])
		for _, name := range testName.FindAllString(row[3], -1) {
			require.True(t, known[name], "%s names %s, which does not exist", row[0], name)
		}
	}
	require.Len(t, seen, counted)
}
