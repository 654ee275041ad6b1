package office_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

const (
	copyTitle = "Jalan berlubang di pasar"
	copyBody  = "Ada lubang dalam di jalan."
)

func (b *bench) prepare(subject, id, body string, confirmed bool) (office.PreparedCopy, error) {
	b.t.Helper()
	return b.PrepareCopy(b.t.Context(), b.as(subject), id, " "+copyTitle+" ", body, confirmed)
}

// Tried by publishing at once, by leaving the row after the forward, and by letting
// a forward without texts keep the copy of before: each was noticed.
func TestAPreparedCopyIsWhatTheNextForwardCarries(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.file()
	bare := office.Act{Action: report.Forward, Unit: "kab.pu"}
	_, err := b.Command(t.Context(), b.as("admin.kab"), r.ID, bare, "")
	requireField(t, err, fault.Invalid, "/public_title")

	_, err = b.prepare("admin.kab", r.ID, "Salinan yang diganti.", false)
	require.NoError(t, err)
	kept, err := b.prepare("admin.kab", r.ID, copyBody, false)
	require.NoError(t, err)
	require.Equal(t, office.PreparedCopy{Title: copyTitle, Body: copyBody, ConfirmedBy: "admin.kab", ConfirmedAt: wednesday}, kept)
	_, err = b.Report(t.Context(), anyone, r.ID)
	require.ErrorIs(t, err, fault.NotFound, "nothing is published by it")
	v, err := b.Report(t.Context(), b.as("admin.kab"), r.ID)
	require.NoError(t, err)
	require.Equal(t, &kept, v.Desk.Prepared)
	require.Equal(t, pothole().Body, v.Body, "the original is kept")
	own, err := b.Report(t.Context(), with(r.AccessCode), r.ID)
	require.NoError(t, err)
	require.Nil(t, own.Desk)
	require.NotContains(t, b.dump("prepared_copy"), copyBody, "it lies sealed")

	b.do("admin.kab", r.ID, bare)
	public, err := b.Report(t.Context(), anyone, r.ID)
	require.NoError(t, err)
	require.Equal(t, []string{copyTitle, copyBody}, []string{public.Title, public.Body})
	require.Zero(t, b.count(`SELECT count(*) FROM prepared_copy`))
	require.Equal(t, 2, b.count(`SELECT count(*) FROM audit WHERE action = 'prepare_copy' AND allowed AND detail ? 'body'`))
	require.Equal(t, 2, b.count(`SELECT count(*) FROM post WHERE kind IN ('public_title', 'public_body')`), "one way with a forward that brings its texts")

	_, err = b.prepare("admin.kab", r.ID, copyBody, false)
	require.ErrorIs(t, err, fault.Conflict, "too late")
	b.do("officer.pu", r.ID, office.Act{Action: report.Return, Text: "Bukan wewenang kami."})
	_, err = b.prepare("admin.kab", r.ID, "Salinan sesudah dikembalikan.", false)
	require.NoError(t, err)
	b.do("admin.kab", r.ID, bare)
	public, err = b.Report(t.Context(), anyone, r.ID)
	require.NoError(t, err)
	require.Equal(t, "Salinan sesudah dikembalikan.", public.Body, "in the place of the one before")
}

func TestTheTextsOfAForwardGoBeforeThePreparedOnes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.file()
	_, err := b.prepare("admin.kab", r.ID, copyBody, false)
	require.NoError(t, err)
	b.do("admin.kab", r.ID, office.Act{Action: report.Forward, Unit: "kab.pu", PublicTitle: "Judul dari disposisi"})
	public, err := b.Report(t.Context(), anyone, r.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"Judul dari disposisi", copyBody}, []string{public.Title, public.Body})
}

func TestAPreparedCopyIsHeldToTheRulesOfForwarding(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.file()
	_, err := b.prepare("admin.kab", r.ID, telling, false)
	requireField(t, err, fault.Invalid, "/public_body")
	_, err = b.prepare("admin.kab", r.ID, "  ", false)
	requireField(t, err, fault.Invalid, "/public_body")
	for subject, kind := range map[string]fault.Kind{
		"admin.kota": fault.NotFound, "officer.pu": fault.NotFound, "auditor": fault.Forbidden, "supervisor": fault.Forbidden,
	} {
		_, err = b.prepare(subject, r.ID, copyBody, false)
		require.ErrorIs(t, err, kind, subject)
	}
	_, err = b.PrepareCopy(t.Context(), with(r.AccessCode), r.ID, copyTitle, copyBody, false)
	require.ErrorIs(t, err, fault.Forbidden)
	_, err = b.PrepareCopy(t.Context(), anyone, r.ID, copyTitle, copyBody, false)
	require.ErrorIs(t, err, fault.NotFound)
	require.Zero(t, b.count(`SELECT count(*) FROM prepared_copy`))
	_, err = b.prepare("admin.kab", r.ID, telling, true)
	require.NoError(t, err)

	b.say(r, office.Act{Action: report.Withdraw})
	_, err = b.EraseAgain(t.Context(), []string{r.ID})
	require.NoError(t, err)
	require.Zero(t, b.count(`SELECT count(*) FROM prepared_copy`), "it goes with the report's data")
}

func TestTheQueueIsNarrowedAsTheListIs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first, second := b.file(), b.file(func(s *office.Submission) { s.Class, s.Region = report.Aspiration, "32.73" })
	waits := func(f office.Filter) (ids []string) {
		cards, err := b.Queue(t.Context(), b.as("admin.nasional"), f)
		require.NoError(t, err)
		for _, c := range cards {
			ids = append(ids, c.ID)
		}
		return ids
	}
	require.ElementsMatch(t, []string{first.ID, second.ID}, waits(office.Filter{}))
	late, timely := true, false
	for name, f := range map[string]office.Filter{
		"class": {Class: report.Aspiration}, "region": {Region: "32.73"}, "id": {Q: second.ID},
		"all": {Class: report.Aspiration, Region: "32", Stage: report.Verification, Category: "roads", Late: &timely, Since: wednesday},
	} {
		require.Equal(t, []string{second.ID}, waits(f), name)
	}
	for name, f := range map[string]office.Filter{
		"stage": {Stage: report.FollowUp}, "late": {Late: &late}, "until": {Until: wednesday}, "agency": {Agency: "kota"}, "category": {Category: "corruption"},
	} {
		require.Empty(t, waits(f), name)
	}
	_, err := b.Queue(t.Context(), b.as("admin.nasional"), office.Filter{Class: "x"})
	requireField(t, err, fault.Invalid, "/class")
	published := b.forwarded(func(s *office.Submission) { s.Lat, s.Long = new(-6.9), new(107.6) })
	for class, want := range map[report.Class]int{report.ComplaintOrdinary: 1, report.Aspiration: 0} {
		page, err := b.List(t.Context(), anyone, office.Filter{Class: class}, "")
		require.NoError(t, err)
		require.Len(t, page.Reports, want)
		k, err := b.Clusters(t.Context(), anyone, office.Filter{Class: class}, 4)
		require.NoError(t, err)
		require.Equal(t, want, k.Total, "the totals do not know classes: %s", published.ID)
	}
}
