package e2e_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/report"
)

func TestAReportLivesFromSubmissionToSilentClosureAndIsReopened(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	f := w.submit(submission("demo"))
	w.await(f.id, report.Verification)
	w.forward(f, "admin.demo", "demo")
	require.Equal(t, report.FollowUp, w.row(f.id).State.Stage)
	w.followUp(f, "petugas.demo")
	require.Equal(t, report.Closure, w.row(f.id).State.Stage)
	w.ok(f.reporter(), http.MethodPost, "/reports/"+f.id+"/replies", map[string]string{"text": "Masih ada satu lubang."})
	require.Equal(t, 2, w.await(f.id, report.FollowUp).State.Round)
	w.followUp(f, "petugas.demo")
	row := w.await(f.id, report.Closed)
	require.Equal(t, "silent", row.State.Outcome)
	w.ok(f.reporter(), http.MethodPost, "/reports/"+f.id+"/reopen", nil)
	row = w.await(f.id, report.FollowUp)
	require.Equal(t, 2, row.State.Run)
	require.Equal(t, 3, row.State.Round)
	w.followUp(f, "petugas.demo")
	w.agree(f.id)
}
