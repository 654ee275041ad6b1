package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"github.com/kawal-id/kawal/report"
)

func TestAnAPIKilledBetweenCommitAndStartLosesNoReport(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	w.stopWorker()
	address, kill := w.spawn("api")
	victim := w.in(t)
	victim.api = &httptest.Server{URL: address}
	const key = "satu-laporan-satu-kunci"
	broken := make(chan error, 1)
	go func() {
		_, err := victim.attempt(caller{key: key}, http.MethodPost, "/reports", submission("dinas-pupr"))
		broken <- err
	}()
	var id string
	w.eventually(func() error { return w.tryScan([]any{&id}, `SELECT id FROM report`) })
	kill()
	require.Error(t, <-broken, "the reporter gets no answer")
	_, err := w.temporal.DescribeWorkflowExecution(t.Context(), id, "")
	var none *serviceerror.NotFound
	require.ErrorAs(t, err, &none, "no workflow was started")
	require.Zero(t, w.row(id).StartedRun)

	w.startWorker()
	w.agree(id)
	require.Equal(t, 1, w.row(id).StartedRun)
	var again struct {
		TrackingID string `json:"tracking_id"`
		AccessCode string `json:"access_code"`
	}
	w.ok(caller{key: key}, http.MethodPost, "/reports", submission("dinas-pupr")).into(t, &again)
	require.Equal(t, id, again.TrackingID, "repeating the request gives the receipt of the same report")
	w.ok(caller{code: again.AccessCode}, http.MethodGet, "/reports/"+id, nil)
	w.forward(filed{id: id}, "admin.tirtajaya", "dinas-pupr")
	w.agree(id)
}

func TestAWorkerKilledAfterTheCommitRepeatsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	w.stopWorker()
	_, kill := w.spawn("worker")
	f := w.submit(submission("dinas-pupr"))
	w.agree(f.id)
	answered := make(chan answer, 1)
	go func() {
		a, _ := w.attempt(staff("admin.tirtajaya"), http.MethodPost, "/reports/"+f.id+"/forward", map[string]string{
			"agency": "dinas-pupr", "public_title": "Jalan berlubang", "public_body": "Lubang di depan pasar."})
		answered <- a
	}()
	const transitions = `SELECT count(*) FROM transition WHERE report = $1`
	w.eventually(func() error {
		var n int
		if err := w.tryScan([]any{&n}, transitions, f.id); err != nil || n < 2 {
			return errors.Join(err, fmt.Errorf("%d transitions", n))
		}
		return nil
	})
	kill()
	committed := w.row(f.id).State
	notices := w.count(`SELECT count(*) FROM outbox WHERE report = $1`, f.id)
	a := <-answered
	require.Equal(t, http.StatusAccepted, a.status, "%s", a.body)

	w.startWorker()
	w.agree(f.id)
	require.Equal(t, dues(committed), dues(w.row(f.id).State), "the first decision stands")
	require.Equal(t, 2, w.count(transitions, f.id))
	require.Equal(t, 1, w.count(`SELECT count(*) FROM command WHERE report = $1 AND state = 'applied' AND seq = 2`, f.id))
	require.Equal(t, 1, w.count(`SELECT count(*) FROM command WHERE report = $1`, f.id))
	require.Equal(t, notices, w.count(`SELECT count(*) FROM outbox WHERE report = $1`, f.id))
	require.Equal(t, notices, w.count(`SELECT count(DISTINCT (seq, audience, template, clock)) FROM outbox WHERE report = $1`, f.id))
	w.followUp(f, "petugas.pupr")
	w.agree(f.id)
}

func TestAWorkflowTerminatedByMistakeIsStartedAgainWithItsDeadlines(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	waiting, answered := w.submit(submission("dinas-pupr")), w.submit(submission("dinas-pupr"))
	w.forward(answered, "admin.tirtajaya", "dinas-pupr")
	w.followUp(answered, "petugas.pupr")
	for _, f := range []filed{waiting, answered} {
		w.agree(f.id)
		before := w.row(f.id).State
		require.NoError(t, w.temporal.TerminateWorkflow(t.Context(), f.id, "", "by mistake"))
		w.eventually(func() error {
			s, err := w.history(f.id)
			if err == nil && s.Run != 2 {
				err = fmt.Errorf("run %d", s.Run)
			}
			return err
		})
		w.agree(f.id)
		after := w.row(f.id).State
		require.Equal(t, 2, after.Run)
		require.Equal(t, before.Seq, after.Seq, "starting again is no transition")
		require.Equal(t, dues(before), dues(after))
	}
	w.forward(waiting, "admin.tirtajaya", "dinas-pupr")
	require.Equal(t, report.FollowUp, w.row(waiting.id).State.Stage)
	w.ok(answered.reporter(), http.MethodPost, "/reports/"+answered.id+"/confirm", nil)
	w.await(answered.id, report.Closed)
	w.agree(answered.id)
}
