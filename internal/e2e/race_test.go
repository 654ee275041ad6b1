package e2e_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/report"
)

// atOnce makes n requests that leave together.
func atOnce(t *testing.T, n int, f func(i int) (answer, error)) []answer {
	t.Helper()
	answers, errs := make([]answer, n), make([]error, n)
	begin := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-begin
			answers[i], errs[i] = f(i)
		})
	}
	close(begin)
	all.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	return answers
}

func TestOfTwoAdministratorsWhoForwardAtOnceOneWins(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	admins := []string{"admin.tirtajaya", "admin.kominfo"}
	agencies := []string{"dinas-pupr", "dinas-perhubungan"}
	for range 5 {
		f := w.submit(submission("dinas-pupr"))
		w.agree(f.id)
		answers := atOnce(t, 2, func(i int) (answer, error) {
			return w.attempt(staff(admins[i]), http.MethodPost, "/reports/"+f.id+"/forward", map[string]string{
				"agency": agencies[i], "public_title": "Jalan berlubang", "public_body": "Lubang di depan pasar."})
		})
		winner := 0
		if answers[0].status != http.StatusOK {
			winner = 1
		}
		require.Equal(t, http.StatusOK, answers[winner].status, "%s", answers[winner].body)
		lost := answers[1-winner]
		require.Equal(t, http.StatusConflict, lost.status, "%s", lost.body)
		require.Equal(t, "application/problem+json", lost.header.Get("Content-Type"))
		s := w.row(f.id).State
		require.Equal(t, report.FollowUp, s.Stage)
		require.Equal(t, agencies[winner], s.Agency)
		require.Equal(t, 2, w.count(`SELECT count(*) FROM transition WHERE report = $1`, f.id))
		require.Equal(t, 1, w.count(`SELECT count(*) FROM command WHERE report = $1 AND state = 'applied'`, f.id))
		require.Zero(t, w.count(`SELECT count(*) FROM command WHERE report = $1 AND state = 'waiting'`, f.id))
		w.agree(f.id)
	}
}

func TestTheSameKeyTwentyTimesAtOnceFilesOneReport(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	answers := atOnce(t, 20, func(int) (answer, error) {
		return w.attempt(caller{key: "dua-puluh-kali-sekaligus"}, http.MethodPost, "/reports", submission("dinas-pupr"))
	})
	for _, a := range answers {
		require.Equal(t, http.StatusCreated, a.status, "%s", a.body)
		require.JSONEq(t, string(answers[0].body), string(a.body))
		require.Equal(t, answers[0].header.Get("Location"), a.header.Get("Location"))
	}
	require.Equal(t, 1, w.count(`SELECT count(*) FROM report`))
	var r struct {
		TrackingID string `json:"tracking_id"`
		AccessCode string `json:"access_code"`
	}
	answers[0].into(t, &r)
	w.agree(r.TrackingID)
	f := filed{r.TrackingID, r.AccessCode}
	w.forward(f, "admin.tirtajaya", "dinas-pupr")

	key := caller{code: f.code, key: "tanggapan-yang-sama-berulang"}
	replies := atOnce(t, 20, func(int) (answer, error) {
		return w.attempt(key, http.MethodPost, "/reports/"+f.id+"/replies", map[string]string{"text": "Kapan ditambal?"})
	})
	for _, a := range replies {
		require.Equal(t, http.StatusAccepted, a.status, "%s", a.body)
		require.JSONEq(t, string(replies[0].body), string(a.body))
	}
	require.Equal(t, 1, w.count(`SELECT count(*) FROM command WHERE report = $1 AND action = 'reply'`, f.id))
	require.Equal(t, 1, w.count(`SELECT count(*) FROM post WHERE report = $1 AND kind = 'reply'`, f.id))
	w.agree(f.id)
	a := w.call(caller{key: key.key, code: f.code}, http.MethodPost, "/reports/"+f.id+"/replies", map[string]string{"text": "Lain sama sekali."})
	require.Equal(t, http.StatusConflict, a.status, "one key, two requests: %s", a.body)
}
