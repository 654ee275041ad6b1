package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/report"
)

const mailbox = "pelapor@surat.example"

// named is a submission of somebody who can be reached.
func named(identity string) map[string]any {
	s := submission("dinas-pupr")
	s["identity"], s["name"], s["contact"] = identity, "Pelapor Contoh", mailbox
	return s
}

// letters reads the messages that were sent to an address: subject and body.
func (w *world) letters(to string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(w.mail, "*.eml"))
	if err != nil {
		return nil, err
	}
	var all []string
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		m, err := mail.ReadMessage(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err) // still being written
		}
		if !strings.Contains(m.Header.Get("To"), to) {
			continue
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
		if err != nil {
			return nil, err
		}
		all = append(all, subject+"\n"+string(body))
	}
	return all, nil
}

// awaitLetters waits until an address has n messages, and for no more.
func (w *world) awaitLetters(to string, n int) []string {
	w.t.Helper()
	var got []string
	w.eventually(func() (err error) {
		if got, err = w.letters(to); err == nil && len(got) < n {
			err = fmt.Errorf("%d letters to %s, wanted %d: %q", len(got), to, n, got)
		}
		return err
	})
	w.eventually(func() error {
		var waiting int
		err := w.tryScan([]any{&waiting}, `SELECT count(*) FROM outbox WHERE sent_at IS NULL AND void_at IS NULL AND step IS NULL`)
		if err == nil && waiting > 0 {
			err = fmt.Errorf("%d notices wait", waiting)
		}
		return err
	})
	got, err := w.letters(to)
	require.NoError(w.t, err)
	require.Len(w.t, got, n)
	return got
}

func TestANoticeReachesWhoeverItConcernsAndHoldsNoText(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	f := w.submit(named("open"))
	w.forward(f, admin, "dinas-pupr")
	w.followUp(f, officer)
	w.agree(f.id)
	all := strings.Join(w.awaitLetters(mailbox, 3), "\n")
	for _, what := range []string{"telah kami terima", "telah diteruskan", "telah menindaklanjuti"} {
		require.Equal(t, 1, strings.Count(all, what), "%s in %s", what, all)
	}
	require.Len(t, w.awaitLetters("admin.tirtajaya@kantor.example", 1), 1)
	require.Len(t, w.awaitLetters("petugas.pupr@kantor.example", 1), 1)
	for _, content := range []string{"Jalan berlubang", "dua jengkal", "ditambal", "Pelapor Contoh", "dinas-pupr", "roads"} {
		require.NotContains(t, all, content)
	}
	require.Equal(t, 3, strings.Count(all, "Nomor laporan: "+f.id))
}

func TestASealedReporterReadsOnlyThatThereIsNews(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	f := w.submit(named("sealed"))
	w.forward(f, admin, "dinas-pupr")
	w.followUp(f, officer)
	for _, letter := range w.awaitLetters(mailbox, 3) {
		require.Contains(t, letter, "Ada kabar.")
		require.Contains(t, letter, f.id)
		for _, word := range []string{"terima", "diteruskan", "menindaklanjuti", "instansi", "Jalan"} {
			require.NotContains(t, letter, word)
		}
	}
	for _, as := range []string{admin, officer, "auditor"} {
		a := w.ok(staff(as), http.MethodGet, "/reports/"+f.id, nil)
		require.NotContains(t, string(a.body), mailbox, "no role reads the contact")
		require.NotContains(t, string(a.body), "Pelapor Contoh", "not even administrators read the identity")
	}
	var rows string
	w.scan([]any{&rows}, `SELECT concat((SELECT json_agg(c) FROM contact c), (SELECT json_agg(i) FROM identity i), (SELECT json_agg(o) FROM outbox o))`)
	require.NotContains(t, rows, mailbox)
}

func TestANoticeThatCannotBeSentIsSeenAndSentAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	require.NoError(t, os.WriteFile(w.mail, []byte("no folder"), 0o600)) // mail cannot be written here
	f := w.submit(named("open"))
	// Ten failures take hours: let all but the last pass at once.
	w.eventually(func() error {
		var tried int
		err := w.tryScan([]any{&tried}, `SELECT min(attempts) FROM outbox WHERE last_error IS NOT NULL HAVING count(*) = 2`)
		return err
	})
	w.exec(`UPDATE outbox SET attempts = 9, send_at = now(), leased_until = NULL`)
	national := staff("admin.national")
	var dead struct {
		Notices []struct {
			ID       int64  `json:"id"`
			Report   string `json:"report"`
			Template string `json:"template"`
			Attempts int    `json:"attempts"`
		} `json:"notices"`
	}
	w.eventually(func() error {
		dead.Notices = nil
		a, err := w.attempt(national, http.MethodGet, "/notices/dead", nil)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(a.body, &dead); err != nil || len(dead.Notices) != 2 || bytes.Contains(a.body, []byte(mailbox)) {
			return fmt.Errorf("dead letters: %s", a.body)
		}
		return nil
	})
	templates := map[string]int64{}
	for _, n := range dead.Notices {
		require.Equal(t, f.id, n.Report)
		require.Equal(t, 10, n.Attempts)
		templates[n.Template] = n.ID
	}
	requeue := func(c caller, id int64) answer {
		return w.call(c, http.MethodPost, fmt.Sprintf("/notices/%d/requeue", id), nil)
	}
	refused(t, w.call(staff(officer), http.MethodGet, "/notices/dead", nil), http.StatusForbidden)
	refused(t, requeue(staff(admin), templates["received"]), http.StatusForbidden)
	refused(t, requeue(national, 999999), http.StatusNotFound)

	require.NoError(t, os.Remove(w.mail))
	a := requeue(national, templates["received"])
	require.Equal(t, http.StatusNoContent, a.status, "%s", a.body)
	w.eventually(func() error {
		got, err := w.letters(mailbox)
		if err == nil && len(got) != 1 {
			err = fmt.Errorf("letters: %q", got)
		}
		return err
	})
	refused(t, requeue(national, templates["received"]), http.StatusNotFound)
	var left []string
	w.scan([]any{&left}, `SELECT array_agg(template) FROM outbox WHERE died_at IS NOT NULL`)
	require.Equal(t, []string{"submitted"}, left)
	require.Equal(t, report.Verification, w.row(f.id).State.Stage)
}
