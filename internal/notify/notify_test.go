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
}

func (o *outbox) Send(_ context.Context, m notify.Message) error {
	o.sent = append(o.sent, m)
	return o.err
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
			err := notifier(o).Notify(t.Context(), store.Notice{Report: "KWL-0000-0000-0", To: n.To, Template: n.Template,
				Contact: []byte("a@example.org"), Subjects: []string{"petugas"}})
			require.NoError(t, err, "%s to %s", n.Template, n.To)
			require.Len(t, o.sent, 1)
		}
	}
	for _, extra := range []string{"received", "interim_follow_up"} {
		err := notifier(&outbox{}).Notify(t.Context(), store.Notice{To: report.ToReporter, Template: extra})
		require.NoError(t, err, extra)
	}
}

func TestASealedReporterLearnsOnlyThatThereIsNews(t *testing.T) {
	t.Parallel()
	o := &outbox{}
	err := notifier(o).Notify(t.Context(), store.Notice{Report: "KWL-0000-0000-0", To: report.ToReporter,
		Template: "archived", Contact: []byte("a@example.org"), Sealed: true})
	require.NoError(t, err)
	require.Contains(t, o.sent[0].Body, "Ada kabar.")
	require.NotContains(t, o.sent[0].Body, "arsip")
	require.Contains(t, o.sent[0].Body, "KWL-0000-0000-0")
}

func TestNobodyToTellIsNoError(t *testing.T) {
	t.Parallel()
	o := &outbox{}
	require.NoError(t, notifier(o).Notify(t.Context(), store.Notice{To: report.ToReporter, Template: "closed"}))
	require.NoError(t, notifier(o).Notify(t.Context(), store.Notice{To: report.ToOfficers, Template: "reply"}))
	require.Empty(t, o.sent)
}

func TestAFailureIsReportedAndOthersAreStillTold(t *testing.T) {
	t.Parallel()
	o := &outbox{err: errors.New("mailbox full")}
	err := notifier(o).Notify(t.Context(), store.Notice{ID: 7, To: report.ToOfficers, Template: "reply", Subjects: []string{"a", "b"}})
	require.Error(t, err)
	require.Len(t, o.sent, 2)
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
