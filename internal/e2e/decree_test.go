package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/workflows/contract"
)

// decreeOf is a decree issued today that takes the next working day off.
func decreeOf(t *testing.T, day string) map[string]any {
	t.Helper()
	zone := time.FixedZone("WIB", 7*3600)
	return map[string]any{
		"issued_on": time.Now().In(zone).Format(time.DateOnly), "track": "SKB", "calendar_year": time.Now().In(zone).Year(),
		"title": "SKB uji (Perubahan)", "days": []map[string]any{{"date": day, "kind": "collective_leave", "name_id": "Cuti bersama uji"}},
	}
}

// The whole path of a decree issued today: tried out, committed by a second
// person, told to the workflows, shown in the Temporal UI and to the reporter.
func TestADecreeIssuedTodayMovesTheReportsItConcerns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	moved := w.submit(submission("dinas-pupr"))
	done := w.submit(submission("dinas-pupr"))
	w.forward(done, admin, "dinas-pupr")
	w.followUp(done, "petugas.pupr")
	w.ok(done.reporter(), http.MethodPost, "/reports/"+done.id+"/confirm", nil)
	w.await(done.id, report.Closed)
	before := w.clock(moved, report.VerificationClock)
	w.agree(moved.id)
	events := w.events(moved.id)

	const path = "/calendars/national/decrees/SKB-UJI"
	var plan office.DecreePlan
	w.ok(staff("admin.national"), http.MethodPut, path, decreeOf(t, before.Date)).into(t, &plan)
	require.Positive(t, plan.Reports)
	require.Equal(t, before.DueAt, w.clock(moved, report.VerificationClock).DueAt, "a dry run moves nothing")
	refused(t, w.call(staff("admin.national"), http.MethodPost, path+"/commit", map[string]any{"plan": plan.Plan}), http.StatusForbidden)
	refused(t, w.call(staff(admin), http.MethodPut, path, decreeOf(t, before.Date)), http.StatusForbidden)
	var committed office.Committed
	w.ok(staff("admin.national2"), http.MethodPost, path+"/commit", map[string]any{"plan": plan.Plan}).into(t, &committed)
	require.Equal(t, plan.BaseRevision+1, committed.Revision)

	after := w.clock(moved, report.VerificationClock)
	require.True(t, after.DueAt.After(before.DueAt), "shown at once")
	w.agree(moved.id)
	w.eventually(func() error {
		if n := w.count(`SELECT count(*) FROM move WHERE told_at IS NULL`); n > 0 {
			return fmt.Errorf("%d not told", n)
		}
		return nil
	})
	d, err := w.temporal.DescribeWorkflow(t.Context(), moved.id, "")
	require.NoError(t, err)
	by, ok := d.TypedSearchAttributes.GetKeyword(contract.MovedBy)
	require.True(t, ok)
	require.True(t, strings.HasPrefix(by, "SKB"), by)
	due, _ := d.TypedSearchAttributes.GetTime(contract.DueAt)
	require.Equal(t, after.DueAt, due.UTC())
	t.Logf("a decree costs an affected report %d events", w.events(moved.id)-events)
	closed, err := w.temporal.DescribeWorkflowExecution(t.Context(), done.id, "")
	require.NoError(t, err)
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, closed.GetWorkflowExecutionInfo().GetStatus(), "nothing reopens")

	var revisions struct{ Revisions []office.Revision }
	w.ok(caller{}, http.MethodGet, "/calendars/national/revisions", nil).into(t, &revisions)
	require.Equal(t, "SKB-UJI", revisions.Revisions[0].Decree)
	require.Empty(t, w.reconcile(false))
}

// events is how many events the history of a report has.
func (w *world) events(id string) int64 {
	w.t.Helper()
	d, err := w.temporal.DescribeWorkflowExecution(w.t.Context(), id, "")
	require.NoError(w.t, err)
	return d.GetWorkflowExecutionInfo().GetHistoryLength()
}
