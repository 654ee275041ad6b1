package e2e_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/worker"
)

// outage is how long PostgreSQL stays away: 20 s for make prove.
func outage() time.Duration {
	if os.Getenv("KAWAL_PROVE") == "full" {
		return 20 * time.Second
	}
	return 5 * time.Second
}

func TestPostgreSQLStoppedUnderLoadLosesNothingAndDoublesNothing(t *testing.T) {
	t.Parallel()
	stack, on := own(t)
	w := newWorld(t, on)
	l := w.load(5)
	l.atLeast(10)
	require.NoError(t, stack.StopPostgres(t.Context()))
	begun := l.done.Load()
	back := time.After(outage())
	require.Eventually(t, func() bool { return l.failed.Load() > 0 }, time.Minute, 10*time.Millisecond, "no request met the outage")
	<-back
	require.NoError(t, stack.StartPostgres(t.Context()))
	l.atLeast(begun + 10)
	filed := l.stop()

	t.Logf("%d reports accepted, %d requests failed in the outage", len(filed), l.failed.Load())
	require.Equal(t, len(filed), w.count(`SELECT count(*) FROM report`), "each report once")
	w.eventually(func() error {
		var waiting int
		err := w.tryScan([]any{&waiting}, `SELECT count(*) FROM command WHERE state = 'waiting'`)
		if err == nil && waiting > 0 {
			err = fmt.Errorf("%d commands wait", waiting)
		}
		return err
	})
	t.Cleanup(func() { w.tellStuck(filed) })
	for _, f := range filed {
		w.agree(f.id)
		require.Equal(t, report.FollowUp, w.row(f.id).State.Stage)
	}
	require.Equal(t, 3*len(filed), w.count(`SELECT count(*) FROM transition`), "submitted, replied to, forwarded: once each")
	require.Equal(t, 2*len(filed), w.count(`SELECT count(*) FROM command WHERE state = 'applied'`))
	require.Equal(t, len(filed), w.count(`SELECT count(*) FROM published`))
	require.Equal(t, w.count(`SELECT count(*) FROM outbox`), w.count(`SELECT count(DISTINCT (report, seq, audience, template, clock)) FROM outbox`))
}

// tellStuck logs what a failed test's workflows wait for.
func (w *world) tellStuck(filed []filed) {
	if !w.t.Failed() {
		return
	}
	for _, f := range filed {
		d, err := w.temporal.DescribeWorkflowExecution(context.Background(), f.id, "")
		w.t.Logf("%s: activities %v, workflow task %v, %d events, %v", f.id, d.GetPendingActivities(), d.GetPendingWorkflowTask(),
			d.GetWorkflowExecutionInfo().GetHistoryLength(), err)
	}
}

// load is clients that file, reply to and forward one report after the other,
// each request repeated under its key until it is accepted.
type load struct {
	w      *world
	done   atomic.Int64 // reports through all three requests
	failed atomic.Int64 // requests refused because something was away
	cancel context.CancelFunc
	all    sync.WaitGroup
	mu     sync.Mutex
	filed  []filed
	wrong  []error
}

func (w *world) load(clients int) *load {
	ctx, cancel := context.WithCancel(w.t.Context())
	l := &load{w: w, cancel: cancel}
	for range clients {
		l.all.Go(func() {
			pace := time.NewTicker(200 * time.Millisecond)
			defer pace.Stop()
			for ctx.Err() == nil {
				if err := l.one(pace.C); err != nil {
					l.mu.Lock()
					l.wrong = append(l.wrong, err)
					l.mu.Unlock()
					return
				}
				<-pace.C
			}
		})
	}
	return l
}

// one sends one report on its way.
func (l *load) one(pace <-chan time.Time) error {
	a, err := l.insist(pace, caller{}, "/reports", submission("dinas-pupr"))
	if err != nil {
		return err
	}
	f, err := a.receipt()
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.filed = append(l.filed, f)
	l.mu.Unlock()
	if _, err := l.insist(pace, f.reporter(), "/reports/"+f.id+"/replies", map[string]string{"text": "Sudah dua pekan."}); err != nil {
		return err
	}
	_, err = l.insist(pace, staff("admin.tirtajaya"), "/reports/"+f.id+"/forward", map[string]string{
		"agency": "dinas-pupr", "public_title": "Jalan berlubang", "public_body": "Lubang di depan pasar."})
	l.done.Add(1)
	return err
}

// insist repeats a request until it is accepted. That PostgreSQL is away must be
// told as a problem document with 503 and when to come back; anything else is an
// error.
func (l *load) insist(pace <-chan time.Time, c caller, path string, body any) (answer, error) {
	c.key = rand.Text()
	for range 1000 {
		a, err := l.w.attempt(c, http.MethodPost, path, body)
		switch {
		case err != nil:
			return a, err
		case a.status < 300:
			return a, nil
		case a.status != http.StatusServiceUnavailable:
			return a, fmt.Errorf("POST %s: %d %s", path, a.status, a.body)
		case a.header.Get("Content-Type") != "application/problem+json" || a.header.Get("Retry-After") == "":
			return a, fmt.Errorf("POST %s: %d is no problem document: %s", path, a.status, a.body)
		}
		l.failed.Add(1)
		<-pace
	}
	return answer{}, errors.New("never accepted: " + path)
}

// atLeast waits until so many reports are through.
func (l *load) atLeast(n int64) {
	l.w.t.Helper()
	wrong := func() []error {
		l.mu.Lock()
		defer l.mu.Unlock()
		return slices.Clone(l.wrong)
	}
	require.Eventually(l.w.t, func() bool { return l.done.Load() >= n || len(wrong()) > 0 }, 2*time.Minute, 20*time.Millisecond)
	require.Empty(l.w.t, wrong())
}

// stop ends the load and returns what was accepted.
func (l *load) stop() []filed {
	l.w.t.Helper()
	l.cancel()
	l.all.Wait()
	require.Empty(l.w.t, l.wrong)
	return l.filed
}

func TestWithTemporalStoppedReportsAndRepliesAreAcceptedAndRunWithTheRightClock(t *testing.T) {
	t.Parallel()
	stack, on := own(t)
	w := newWorld(t, on)
	answered, verified := w.submit(submission("demo")), w.submit(submission("dinas-pupr"))
	w.forward(answered, "admin.demo", "demo")
	w.followUp(answered, "petugas.demo")
	w.agree(answered.id)
	w.agree(verified.id)
	require.NoError(t, stack.StopTemporal(t.Context()))

	a := w.call(caller{}, http.MethodPost, "/reports", submission("demo"))
	require.Equal(t, http.StatusCreated, a.status, "%s", a.body)
	fresh, err := a.receipt()
	require.NoError(t, err)
	var receipt struct {
		AcceptedAt time.Time `json:"accepted_at"`
		DueAt      time.Time `json:"due_at"`
	}
	a.into(t, &receipt)
	require.Equal(t, 20*time.Second, receipt.DueAt.Sub(receipt.AcceptedAt))
	reply := w.waiting(answered.reporter(), "/reports/"+answered.id+"/replies", map[string]string{"text": "Masih berlubang."})
	forward := w.waiting(staff("admin.tirtajaya"), "/reports/"+verified.id+"/forward", map[string]string{
		"agency": "dinas-pupr", "public_title": "Jalan berlubang", "public_body": "Lubang di depan pasar."})
	require.Equal(t, "waiting", w.command(answered.reporter(), reply).State)
	require.Equal(t, report.Closure, w.row(answered.id).State.Stage, "nothing has moved yet")

	require.NoError(t, stack.StartTemporal(t.Context()))
	received := w.applied(answered.reporter(), reply)
	require.True(t, received.Before(w.midnight(answered)), "the machine was too slow for this test")
	w.applied(staff("admin.tirtajaya"), forward)
	for _, f := range []filed{answered, verified, fresh} {
		w.agree(f.id)
	}
	w.clockIs(fresh.id, report.VerificationClock, 1, receipt.AcceptedAt, 20*time.Second)
	s := w.row(answered.id).State
	require.Equal(t, report.FollowUp, s.Stage)
	require.Equal(t, 2, s.Round)
	w.clockIs(answered.id, report.FirstFollowUp, 4, received, 30*time.Second)
	require.Equal(t, report.FollowUp, w.row(verified.id).State.Stage)
}

func TestWithTemporalStoppedOverTheClosingMidnightAReplyIsJudgedByItsReceipt(t *testing.T) {
	t.Parallel()
	stack, on := own(t)
	w := newWorld(t, on)
	var all []filed
	for range 3 {
		f := w.submit(submission("demo"))
		w.forward(f, "admin.demo", "demo")
		w.followUp(f, "petugas.demo")
		w.agree(f.id)
		all = append(all, f)
	}
	before, within, beyond := all[0], all[1], all[2]
	require.NoError(t, stack.StopTemporal(t.Context()))
	say := func(f filed) string {
		return w.waiting(f.reporter(), "/reports/"+f.id+"/replies", map[string]string{"text": "Belum selesai."})
	}
	timely := say(before)
	require.True(t, time.Now().Before(w.midnight(before)), "the machine was too slow for this test")
	w.until(w.midnight(within))
	reopening := say(within)
	w.until(w.midnight(beyond).Add(10 * time.Second)) // O of the demonstration
	tooLate := say(beyond)
	require.NoError(t, stack.StartTemporal(t.Context()))

	received := w.applied(before.reporter(), timely)
	require.True(t, received.Before(w.midnight(before)))
	w.agree(before.id)
	s := w.row(before.id).State
	require.Equal(t, report.FollowUp, s.Stage, "kept open by a reply before midnight")
	require.Equal(t, []int{1, 2}, []int{s.Run, s.Round}, "it was never closed")
	require.Zero(t, w.count(`SELECT count(*) FROM transition WHERE report = $1 AND action = 'close'`, before.id))

	w.applied(within.reporter(), reopening)
	w.agree(within.id)
	s = w.row(within.id).State
	require.Equal(t, report.FollowUp, s.Stage, "closed at midnight and reopened by the reply")
	require.Equal(t, []int{2, 2}, []int{s.Run, s.Round})
	require.Equal(t, 1, w.count(`SELECT count(*) FROM transition WHERE report = $1 AND action = 'close'`, within.id))

	var c command
	w.eventually(func() error {
		if c = w.command(beyond.reporter(), tooLate); c.State != "refused" {
			return errors.New(c.State)
		}
		return nil
	})
	require.Equal(t, "conflict", c.Kind)
	require.Contains(t, c.Reason, "laporan baru", "a refusal says how to file anew")
	require.Equal(t, report.Closed, w.row(beyond.id).State.Stage)
	w.agree(beyond.id)
}

// midnight is when a report was to close in silence, the first time.
func (w *world) midnight(f filed) (due time.Time) {
	w.t.Helper()
	w.scan([]any{&due}, `SELECT due_at FROM clock WHERE report = $1 AND kind = 'silence' ORDER BY seq LIMIT 1`, f.id)
	return due
}

// until waits for a moment.
func (w *world) until(at time.Time) {
	w.t.Helper()
	require.Eventually(w.t, func() bool { return !time.Now().Before(at) }, 2*time.Minute, 20*time.Millisecond)
}

// waiting sends a command that nobody can apply now, and returns its id.
func (w *world) waiting(c caller, path string, body any) string {
	w.t.Helper()
	a := w.call(c, http.MethodPost, path, body)
	require.Equal(w.t, http.StatusAccepted, a.status, "%s", a.body)
	var got struct {
		ID string `json:"command_id"`
	}
	a.into(w.t, &got)
	require.Equal(w.t, "/v1/commands/"+got.ID, a.header.Get("Location"))
	return got.ID
}

// command is the status of a command as its sender reads it.
type command struct {
	State      string    `json:"state"`
	Kind       string    `json:"kind"`
	Reason     string    `json:"reason"`
	ReceivedAt time.Time `json:"received_at"`
}

func (w *world) command(c caller, id string) command {
	w.t.Helper()
	var got command
	w.ok(c, http.MethodGet, "/commands/"+id, nil).into(w.t, &got)
	return got
}

// applied waits until a command is applied, and returns when it was received.
func (w *world) applied(c caller, id string) time.Time {
	w.t.Helper()
	var got command
	w.eventually(func() error {
		a, err := w.attempt(c, http.MethodGet, "/commands/"+id, nil)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(a.body, &got); err != nil || got.State != "applied" {
			return errors.Join(err, fmt.Errorf("command: %s", a.body))
		}
		return nil
	})
	return got.ReceivedAt
}

// clockIs checks that a clock counts from a moment for a time, as PostgreSQL
// holds it, whether it still runs or not.
func (w *world) clockIs(id string, kind report.ClockKind, seq int, from time.Time, limit time.Duration) {
	w.t.Helper()
	var started, due time.Time
	w.scan([]any{&started, &due}, `SELECT started_at, due_at FROM clock WHERE report = $1 AND kind = $2 AND seq = $3`, id, string(kind), seq)
	require.Equal(w.t, from.UTC(), started.UTC())
	require.Equal(w.t, from.Add(limit).UTC(), due.UTC())
}

func TestAfterTheLossOfTemporalsDatabaseReconcileBringsEveryOpenReportBack(t *testing.T) {
	t.Parallel()
	stack, on := own(t)
	w := newWorld(t, on)
	verification, asked, forwarded, answered, closed, archived := w.submit(submission("dinas-pupr")), w.submit(submission("dinas-pupr")),
		w.submit(submission("dinas-pupr")), w.submit(submission("dinas-pupr")), w.submit(submission("dinas-pupr")), w.submit(submission("dinas-pupr"))
	admin := staff("admin.tirtajaya")
	w.ok(admin, http.MethodPost, "/reports/"+asked.id+"/request-info", map[string]string{"text": "Di jalan mana?"})
	for _, f := range []filed{forwarded, answered, closed} {
		w.forward(f, "admin.tirtajaya", "dinas-pupr")
	}
	for _, f := range []filed{answered, closed} {
		w.followUp(f, "petugas.pupr")
	}
	w.ok(closed.reporter(), http.MethodPost, "/reports/"+closed.id+"/confirm", nil)
	w.await(closed.id, report.Closed)
	w.ok(admin, http.MethodPost, "/reports/"+archived.id+"/archive", map[string]string{"reason": "duplicate"})
	open := []filed{verification, asked, forwarded, answered}
	before := map[string]report.State{}
	for _, f := range open {
		w.agree(f.id)
		before[f.id] = w.row(f.id).State
	}
	require.Empty(t, w.reconcile(false))

	w.stopWorker()
	require.NoError(t, stack.StopTemporal(t.Context()))
	require.NoError(t, stack.DropTemporal(t.Context()))
	reply := w.waiting(answered.reporter(), "/reports/"+answered.id+"/replies", map[string]string{"text": "Masih berlubang."})
	require.NoError(t, stack.StartTemporal(t.Context()))
	w.register()
	w.startWorker()
	repaired := map[string]bool{}
	for _, f := range w.reconcile(true) {
		require.True(t, f.Repaired, "%+v", f)
		repaired[f.Report] = true
	}
	for _, f := range []filed{verification, asked, forwarded} {
		require.True(t, repaired[f.id])
	}
	require.NotContains(t, repaired, closed.id)
	require.NotContains(t, repaired, archived.id)
	for _, f := range open {
		w.agree(f.id)
	}
	received := w.applied(answered.reporter(), reply)
	w.agree(answered.id)
	require.Equal(t, report.FollowUp, w.row(answered.id).State.Stage)
	var started time.Time
	w.scan([]any{&started}, `SELECT started_at FROM clock WHERE report = $1 AND kind = 'first_follow_up' AND seq = 4`, answered.id)
	require.Equal(t, received, started.UTC())
	for _, f := range []filed{verification, asked, forwarded} {
		after := w.row(f.id).State
		require.Equal(t, before[f.id].Seq, after.Seq)
		require.Equal(t, before[f.id].Stage, after.Stage)
		require.Equal(t, dues(before[f.id]), dues(after), "no deadline has moved")
		require.Equal(t, 2, after.Run)
	}
	require.Equal(t, 2, w.row(answered.id).State.Round)
	w.eventually(func() error {
		found, err := w.workerConfig().Reconcile(t.Context(), false)
		if err == nil && len(found) > 0 {
			err = fmt.Errorf("%+v", found)
		}
		return err
	})
	w.forward(verification, "admin.tirtajaya", "dinas-pupr")
	w.ok(asked.reporter(), http.MethodPost, "/reports/"+asked.id+"/supply-info", map[string]string{"text": "Jalan Melati."})
	w.await(asked.id, report.Verification)
	w.agree(asked.id)
}

// reconcile compares all reports with their workflows.
func (w *world) reconcile(repair bool) []worker.Finding {
	w.t.Helper()
	found, err := w.workerConfig().Reconcile(w.t.Context(), repair)
	require.NoError(w.t, err)
	return found
}

func TestReconcileNoticesWhatDoesNotAgree(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	tests := map[string]struct {
		change  string // made behind everybody's back
		problem string
	}{
		"seq":      {`UPDATE report SET seq = seq + 1, state = jsonb_set(state, '{seq}', to_jsonb(seq + 1)) WHERE id = $1`, "seq 3 recorded, 2 in the history"},
		"stage":    {`UPDATE report SET stage = 'closure', state = jsonb_set(state, '{stage}', '"closure"') WHERE id = $1`, "stage closure recorded, follow_up in the history"},
		"deadline": {`UPDATE clock SET due_at = due_at - interval '1 day' WHERE report = $1 AND kind = 'first_follow_up'`, "deadline first_follow_up earlier than the history's"},
		"clock":    {`DELETE FROM clock WHERE report = $1 AND kind = 'first_follow_up'`, "clock first_follow_up of seq 2 only in the history"},
		"run":      {`UPDATE report SET wanted_run = 2, started_run = 2 WHERE id = $1`, "run 2 wanted, 1 runs"},
		"nothing":  {`SELECT $1::text`, ""},
		"later":    {`UPDATE clock SET due_at = due_at + interval '1 day' WHERE report = $1 AND kind = 'first_follow_up'`, ""},
	}
	want := map[string]string{}
	for _, tt := range tests {
		f := w.submit(submission("dinas-pupr"))
		w.forward(f, "admin.tirtajaya", "dinas-pupr")
		w.agree(f.id)
		w.exec(tt.change, f.id)
		if tt.problem != "" {
			want[f.id] = tt.problem
		}
	}
	stray := w.submit(submission("dinas-pupr"))
	w.agree(stray.id)
	w.exec(`UPDATE report SET stage = 'withdrawn', state = jsonb_set(state, '{stage}', '"withdrawn"') WHERE id = $1`, stray.id)
	want[stray.id] = "workflow runs, report does not"
	w.eventually(func() error { // strays are found in the list of workflows, which lags
		found, err := w.workerConfig().Reconcile(t.Context(), false)
		got := map[string]string{}
		for _, f := range found {
			got[f.Report] = f.Problem
		}
		if err == nil && !maps.Equal(want, got) {
			err = fmt.Errorf("found %v, wanted %v", got, want)
		}
		return err
	})
}
