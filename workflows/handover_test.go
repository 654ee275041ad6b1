package workflows_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"

	"github.com/kawal-id/kawal/report"
)

// handedOver holds runs that the build before encryption, row-level security and
// audit (commit 97bda08) began and left running, one file for each stage in which a
// workflow waits and for what may have happened to it there. This build went on with
// them on the same servers, from the same database and keys, to their ends.
const handedOver = "testdata/handed_over"

// leftAt is what the queries of the older build answered when it stopped.
type leftAt struct {
	Events int `json:"events"` // in the history by then
	ending
}

func TestARunOfTheBuildBeforeGoesOnUnderThisOne(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(handedOver, "*.left.golden.json"))
	require.NoError(t, err)
	waited := map[report.Stage]bool{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		var left leftAt
		require.NoError(t, json.Unmarshal(b, &left))
		waited[left.State.Stage] = true
		name := strings.TrimSuffix(filepath.Base(file), ".left.golden.json")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := readHistory(t, "../handed_over/"+name)
			require.Less(t, left.Events, len(h.Events))
			first, rest := h.Events[:left.Events], h.Events[left.Events:]
			require.Len(t, builds(first), 1)
			require.Len(t, builds(rest), 1)
			require.NotEqual(t, builds(first), builds(rest))

			was, err := replay(&historypb.History{Events: first})
			require.NoError(t, err)
			require.Equal(t, asGolden(t, left.ending), asGolden(t, was.ending), "as the older build left it")
			got, err := replay(h)
			require.NoError(t, err)
			require.Equal(t, readGolden(t, "../handed_over/"+name), asGolden(t, got.ending))
			require.Equal(t, timersOf(h), got.timers)
			require.False(t, got.State.Stage.Open())
		})
	}
	for _, s := range []report.Stage{report.Verification, report.AwaitingReporter, report.FollowUp, report.Closure} {
		require.True(t, waited[s], s)
	}
}

// builds are the builds that answered the tasks of some events.
func builds(events []*historypb.HistoryEvent) map[string]bool {
	ids := map[string]bool{}
	for _, e := range events {
		if e.EventType == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			ids[e.GetWorkflowTaskCompletedEventAttributes().GetWorkerVersion().GetBuildId()] = true //nolint:staticcheck // what this server writes
		}
	}
	return ids
}
