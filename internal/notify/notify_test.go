package notify_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/notify"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

type outbox struct {
	sent []notify.Message
	err  error
	bad  string // address that err is about
}

func (o *outbox) Send(_ context.Context, m notify.Message) error {
	o.sent = append(o.sent, m)
	if m.To == o.bad {
		return o.err
	}
	return nil
}

func notifier(o *outbox) notify.Notifier {
	return notify.Notifier{
		Sender:  o,
		Contact: func(n store.Notice) (string, error) { return string(n.Contact), nil },
		Staff:   func(s string) string { return s + "@kantor.example" },
		BaseURL: "http://127.0.0.1:8080/v1/reports",
	}
}

func TestEveryNoticeOfTheTableHasWords(t *testing.T) {
	t.Parallel()
	for _, row := range report.Table {
		for _, n := range row.Effects.Notices {
			o := &outbox{}
			_, err := notifier(o).Notify(t.Context(), store.Notice{Report: "KWL-0000-0000-0", To: n.To, Template: n.Template,
				Contact: []byte("a@example.org"), Subjects: []string{"petugas"}})
			require.NoError(t, err, "%s to %s", n.Template, n.To)
			require.Len(t, o.sent, 1)
		}
	}
	for _, extra := range []string{"received", "interim_follow_up", store.TemplateOpened} {
		_, err := notifier(&outbox{}).Notify(t.Context(), store.Notice{To: report.ToReporter, Template: extra})
		require.NoError(t, err, extra)
	}
}

func TestEveryStepOfAPlanHasWordsAndTheDueDay(t *testing.T) {
	t.Parallel()
	for to, all := range map[report.Audience][]string{
		report.ToReporter: {"answer_reminder", "closing_tomorrow"}, report.ToOfficers: {"reminder", "late"},
		report.ToAdmins: {"reminder", "late"}, report.ToStaff: {"late"}, report.ToHeads: {"late"},
		report.ToNational: {"reminder", "late", "still_late"},
	} {
		for _, template := range all {
			o := &outbox{}
			_, err := notifier(o).Notify(t.Context(), store.Notice{Report: "KWL-0000-0000-0", To: to, Template: template,
				Contact: []byte("a@example.org"), Subjects: []string{"petugas"}, Clock: report.FirstFollowUp, Day: "2025-08-13"})
			require.NoError(t, err, "%s to %s", template, to)
			require.Len(t, o.sent, 1)
			require.Contains(t, o.sent[0].Body, "Batas tindak lanjut: 13 Agustus 2025\n")
		}
	}
}

func TestASealedReporterLearnsOnlyThatThereIsNews(t *testing.T) {
	t.Parallel()
	o := &outbox{}
	_, err := notifier(o).Notify(t.Context(), store.Notice{Report: "KWL-0000-0000-0", To: report.ToReporter,
		Template: "archived", Contact: []byte("a@example.org"), Sealed: true, Clock: report.Silence, Day: "2025-08-13"})
	require.NoError(t, err)
	require.Contains(t, o.sent[0].Body, "Ada kabar.")
	require.NotContains(t, o.sent[0].Body, "arsip")
	require.NotContains(t, o.sent[0].Body, "2025")
	require.Contains(t, o.sent[0].Body, "KWL-0000-0000-0")
}

func TestNobodyToTellIsNoError(t *testing.T) {
	t.Parallel()
	o := &outbox{}
	for to, template := range map[report.Audience]string{report.ToReporter: "closed", report.ToOfficers: "reply"} {
		_, err := notifier(o).Notify(t.Context(), store.Notice{To: to, Template: template})
		require.NoError(t, err)
	}
	require.Empty(t, o.sent)
}

func TestAFailureIsReportedAndOthersAreStillTold(t *testing.T) {
	t.Parallel()
	o := &outbox{err: errors.New("mailbox full"), bad: "b@kantor.example"}
	reached, err := notifier(o).Notify(t.Context(), store.Notice{ID: 7, To: report.ToOfficers, Template: "reply", Subjects: []string{"a", "b", "c"}})
	require.ErrorContains(t, err, "mailbox full")
	require.Equal(t, []string{"a", "c"}, reached)
	require.Len(t, o.sent, 3)
	require.NotEqual(t, o.sent[0].Key, o.sent[1].Key)
}

func TestTheFolderKeepsOneFileForOneNotice(t *testing.T) {
	t.Parallel()
	f := notify.Folder{Path: filepath.Join(t.TempDir(), "mail"), From: "kawal@localhost"}
	m := notify.Message{To: "a@example.org", Subject: "Laporan KWL-0000-0000-0", Body: "Ada kabar.\n", Key: "7.a"}
	require.NoError(t, f.Send(t.Context(), m))
	require.NoError(t, f.Send(t.Context(), m))
	files, err := os.ReadDir(f.Path)
	require.NoError(t, err)
	require.Len(t, files, 1)
	body, err := os.ReadFile(filepath.Join(f.Path, files[0].Name()))
	require.NoError(t, err)
	require.Contains(t, string(body), "Ada kabar.")
	require.Contains(t, string(body), "7.a@kawal")
}
