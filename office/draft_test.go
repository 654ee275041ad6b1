package office_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

const (
	patched = "Lubang kanari sudah ditambal."
	better  = "Lubang kanari sudah ditambal pada 5 Agustus."
)

// approving makes kab.pu want a head's approval, and appoints further heads.
func approving(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	require.NoError(t, b.PutAgency(t.Context(), b.as("admin.kab"),
		office.Agency{ID: "kab.pu", Name: "Dinas PU", Parent: "kab", Region: "32.04", Active: true, DraftApproval: true}))
	require.NoError(t, b.store.As(t.Context(), store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) error {
		var errs []error
		for _, m := range []store.StaffMember{
			{Subject: "head.pu2", Unit: "kab.pu", Roles: []string{"head"}}, {Subject: "head.jalan", Unit: "kab.pu.jalan", Roles: []string{"head"}},
			{Subject: "head.dinkes", Unit: "kab.dinkes", Roles: []string{"head"}}, {Subject: "head.kab", Unit: "kab", Roles: []string{"head"}},
			{Subject: "officer.kab", Unit: "kab", Roles: []string{"officer"}}, {Subject: "officer.pu2", Unit: "kab.pu", Roles: []string{"integrator"}},
			{Subject: "both.pu", Unit: "kab.pu", Roles: []string{"officer", "head"}},
		} {
			m.Name, m.Active = m.Subject, true
			errs = append(errs, tx.PutStaff(ctx, m))
		}
		return errors.Join(errs...)
	}))
	return b
}

func (b *bench) draft(subject, id, text string) office.DraftView {
	b.t.Helper()
	d, err := b.SaveDraft(b.t.Context(), b.as(subject), id, text, "")
	require.NoError(b.t, err)
	return d
}

func (b *bench) approve(subject string, d office.DraftView) (office.Answer, error) {
	b.t.Helper()
	return b.ApproveDraft(b.t.Context(), b.as(subject), d.Report, d.ID, d.Revision, "")
}

// waits is the texts of the drafts that wait for somebody.
func (b *bench) waits(subject string) (texts []string) {
	b.t.Helper()
	all, err := b.Drafts(b.t.Context(), b.as(subject))
	require.NoError(b.t, err)
	for _, d := range all {
		texts = append(texts, d.State+": "+d.Text)
	}
	return texts
}

// shown is the texts of the drafts on the page of a report.
func (b *bench) shown(c office.Caller, id string) (texts []string) {
	b.t.Helper()
	v, err := b.Report(b.t.Context(), c, id)
	if err != nil || v.Desk == nil {
		return nil
	}
	for _, d := range v.Desk.Drafts {
		texts = append(texts, d.State+": "+d.Text)
	}
	return texts
}

func (b *bench) followUps() int {
	return b.count(`SELECT count(*) FROM command WHERE action = 'follow_up'`)
}

// Tried by letting an officer post all the same, by approving any revision, by leaving
// the draft after its transition, and by giving the command in the author's name.
func TestAHeadApprovesWhatHisOfficersDraft(t *testing.T) {
	t.Parallel()
	b := approving(t)
	r := b.forwarded()
	clocks := func() []office.ClockView {
		v, err := b.Report(t.Context(), b.as("officer.pu"), r.ID)
		require.NoError(t, err)
		require.NotContains(t, v.AllowedActions, report.PostFollowUp)
		require.True(t, v.Desk.DraftApproval)
		return v.Clocks
	}
	before := clocks()
	for _, who := range []string{"officer.pu", "officer.pu2", "officer.kab"} {
		_, err := b.Command(t.Context(), b.as(who), r.ID, office.Act{Action: report.PostFollowUp, Text: patched}, "")
		require.ErrorIs(t, err, fault.Conflict, who)
		require.ErrorContains(t, err, "Simpan sebagai konsep", who)
	}
	first := b.draft("officer.pu", r.ID, patched)
	require.Equal(t, []any{1, office.DraftWaiting, "officer.pu", report.Concluding}, []any{first.Revision, first.State, first.Author, first.Kind})
	require.Equal(t, first, b.draft("officer.pu", r.ID, patched), "the same again changes nothing")
	require.Equal(t, before, clocks(), "no clock knows of a draft")
	require.NotContains(t, b.dump("draft"), "kanari", "it lies sealed")
	require.Equal(t, []string{"waiting: " + patched}, b.waits("head.pu"))
	require.Empty(t, b.waits("officer.pu"))

	back, err := b.ReturnDraft(t.Context(), b.as("head.pu"), r.ID, first.ID, 1, "Sebut tanggal kanari.")
	require.NoError(t, err)
	require.Equal(t, []string{office.DraftReturned, "head.pu", "Sebut tanggal kanari."}, []string{back.State, back.ReturnedBy, back.Reason})
	require.Empty(t, b.waits("head.pu"))
	require.Equal(t, []string{"returned: " + patched}, b.waits("officer.pu"))
	require.Empty(t, b.waits("officer.pu2"), "it is not his")
	_, err = b.approve("head.pu", first)
	require.ErrorIs(t, err, fault.Conflict, "it was given back")
	second := b.draft("officer.pu", r.ID, better)
	require.Equal(t, []any{first.ID, 2, office.DraftWaiting, ""}, []any{second.ID, second.Revision, second.State, second.Reason})
	_, err = b.approve("head.pu", first)
	require.ErrorIs(t, err, fault.Conflict, "he has read another text")
	require.Zero(t, b.followUps())

	answer, err := b.approve("head.pu", second)
	require.NoError(t, err)
	require.Equal(t, office.StateApplied, answer.State)
	require.Equal(t, report.Closure, b.stage(r.ID))
	require.Equal(t, []string{better}, b.texts(anyone, r.ID, "follow_up"))
	require.Equal(t, 1, b.count(`SELECT count(*) FROM command WHERE action = 'follow_up' AND subject = 'head.pu' AND role = 'officer'`))
	require.Zero(t, b.count(`SELECT count(*) FROM draft`))
	_, err = b.approve("head.pu", second)
	require.ErrorIs(t, err, fault.NotFound)
	for action, want := range map[string]int{"save_draft": 3, "approve_draft": 2} {
		require.Equal(t, want, b.count(`SELECT count(*) FROM audit WHERE allowed AND action = $1 AND detail->>'draft' = $2`, action, first.ID), action)
	}
	require.Zero(t, b.count(`SELECT count(*) FROM audit WHERE detail::text LIKE '%kanari%'`))
	status, err := b.CommandStatus(t.Context(), b.as("head.pu"), answer.CommandID)
	require.NoError(t, err)
	require.Equal(t, office.StateApplied, status.State)
}

func TestADraftIsSeenAndDecidedWhereTheReportLies(t *testing.T) {
	t.Parallel()
	b := approving(t)
	r := b.forwarded()
	d := b.draft("officer.pu", r.ID, patched)
	for _, who := range []string{"officer.pu", "officer.pu2", "head.pu", "head.pu2", "both.pu"} {
		require.Equal(t, []string{"waiting: " + patched}, b.shown(b.as(who), r.ID), who)
	}
	for _, who := range []string{"admin.kab", "admin.nasional", "officer.dinkes", "officer.jalan", "head.jalan", "head.dinkes", "head.kab", "officer.kab",
		"auditor", "supervisor", "admin.dinkes"} {
		require.Empty(t, b.shown(b.as(who), r.ID), who)
		_, err := b.approve(who, d)
		require.ErrorIs(t, err, fault.Forbidden, who)
		_, err = b.ReturnDraft(t.Context(), b.as(who), r.ID, d.ID, 1, "Tidak.")
		require.ErrorIs(t, err, fault.Forbidden, who)
		require.Error(t, b.DeleteDraft(t.Context(), b.as(who), r.ID, d.ID), who)
		a := b.as(who).Member
		require.NoError(t, b.store.As(t.Context(), store.Actor{Kind: store.Staff, Subject: who, Unit: a.Unit, Roles: a.Roles}, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.LockDraft(ctx, r.ID, d.ID)
			require.ErrorIs(t, err, fault.NotFound, "the wall: %s", who)
			return nil
		}))
	}
	beside := store.Actor{Kind: store.Staff, Subject: "x", Unit: "kab.pu.jalan", Roles: []string{"officer", "supervisor"}} // reads it, and does not hold it
	require.NoError(t, b.store.As(t.Context(), beside, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.LockDraft(ctx, r.ID, d.ID)
		require.ErrorIs(t, err, fault.NotFound)
		_, err = tx.Load(ctx, r.ID)
		return err
	}))
	for _, c := range []office.Caller{anyone, with(r.AccessCode)} {
		require.Empty(t, b.shown(c, r.ID))
		_, err := b.ApproveDraft(t.Context(), c, r.ID, d.ID, 1, "")
		require.Error(t, err)
		_, err = b.SaveDraft(t.Context(), c, r.ID, patched, "")
		require.Error(t, err)
	}
	for _, who := range []string{"officer.pu", "officer.pu2"} {
		_, err := b.approve(who, d)
		require.ErrorIs(t, err, fault.Forbidden, who)
	}
	require.ErrorIs(t, b.DeleteDraft(t.Context(), b.as("officer.pu2"), r.ID, d.ID), fault.Forbidden, "not his")
	require.ErrorIs(t, b.DeleteDraft(t.Context(), b.as("head.pu"), r.ID, d.ID), fault.Forbidden, "a head gives it back")
	require.Zero(t, b.followUps())
	b.draft("officer.pu2", r.ID, better)
	require.Len(t, b.waits("head.pu"), 2, "one of each author")
	require.NoError(t, b.DeleteDraft(t.Context(), b.as("officer.pu"), r.ID, d.ID))
	require.ErrorIs(t, b.DeleteDraft(t.Context(), b.as("officer.pu"), r.ID, d.ID), fault.NotFound)
	require.Equal(t, []string{"waiting: " + better}, b.waits("head.pu"))
	b.do("both.pu", r.ID, office.Act{Action: report.PostFollowUp, Text: patched}) // he is a head himself
}

// Whoever hands a report down does not get round the head of his agency.
func TestAReportHandedDownStillWaitsForAHead(t *testing.T) {
	t.Parallel()
	b := approving(t)
	r := b.forwarded()
	b.do("officer.pu", r.ID, office.Act{Action: report.Assign, Unit: "kab.pu.jalan"})
	_, err := b.Command(t.Context(), b.as("officer.jalan"), r.ID, office.Act{Action: report.PostFollowUp, Text: patched}, "")
	require.ErrorIs(t, err, fault.Conflict)
	d := b.draft("officer.jalan", r.ID, patched)
	for _, who := range []string{"head.jalan", "head.pu"} {
		require.Equal(t, []string{"waiting: " + patched}, b.waits(who), who)
	}
	_, err = b.approve("head.dinkes", d)
	require.ErrorIs(t, err, fault.Forbidden)
	_, err = b.approve("head.jalan", d)
	require.NoError(t, err)
	other := b.forwarded(func(s *office.Submission) { s.Agency = "kab.dinkes" })
	b.do("admin.kab", other.ID, office.Act{Action: report.Reassign, Unit: "kab.dinkes"})
	b.do("officer.dinkes", other.ID, office.Act{Action: report.PostFollowUp, Text: patched}) // where nobody wants it
}

func TestADraftIsPostedOnce(t *testing.T) {
	t.Parallel()
	b := approving(t)
	d := b.draft("officer.pu", b.forwarded().ID, patched)
	heads := []office.Caller{b.as("head.pu"), b.as("head.pu2"), b.as("head.pu"), b.as("head.pu2")}
	errs := make([]error, len(heads))
	var all sync.WaitGroup
	for i, c := range heads {
		all.Go(func() { _, errs[i] = b.ApproveDraft(t.Context(), c, d.Report, d.ID, d.Revision, "") })
	}
	all.Wait()
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
			continue
		}
		kind := fault.KindOf(err)
		require.True(t, kind == fault.Conflict || kind == fault.NotFound, "%v", err)
	}
	require.Equal(t, 1, done)
	require.Equal(t, 1, b.followUps())

	again := b.draft("officer.pu", b.forwarded().ID, patched)
	one, err := b.ApproveDraft(t.Context(), heads[0], again.Report, again.ID, 1, "0123456789abcdef")
	require.NoError(t, err)
	two, err := b.ApproveDraft(t.Context(), heads[0], again.Report, again.ID, 1, "0123456789abcdef")
	require.NoError(t, err)
	require.Equal(t, one.CommandID, two.CommandID, "under a key the same answer")
	require.Equal(t, 2, b.followUps())
}

func TestARefusedCommandGivesTheDraftBack(t *testing.T) {
	t.Parallel()
	b := approving(t)
	d := b.draft("officer.pu", b.forwarded().ID, patched)
	b.engine.set(func(e *engine) { e.away = true })
	answer, err := b.approve("head.pu", d)
	require.NoError(t, err)
	require.Equal(t, office.StateWaiting, answer.State)
	require.Equal(t, []string{"sent: " + patched}, b.shown(b.as("officer.pu"), d.Report))
	require.Empty(t, b.waits("head.pu"))
	_, err = b.approve("head.pu2", d)
	require.ErrorIs(t, err, fault.Conflict)
	_, err = b.SaveDraft(t.Context(), b.as("officer.pu"), d.Report, better, "")
	require.ErrorIs(t, err, fault.Conflict)
	require.ErrorIs(t, b.DeleteDraft(t.Context(), b.as("officer.pu"), d.Report, d.ID), fault.Conflict)
	b.Wait()
	refuse := func(ctx context.Context, tx *store.Tx) error {
		return tx.Refuse(ctx, answer.CommandID, "conflict", "Sudah berubah.")
	}
	require.NoError(t, b.store.As(t.Context(), store.Actor{Kind: store.Worker}, refuse))
	require.Equal(t, []string{"waiting: " + patched}, b.waits("head.pu"))
	b.exec(`DELETE FROM post`)
	b.exec(`DELETE FROM command WHERE action = 'follow_up'`) // the sweeper, a day later
	b.engine.set(func(e *engine) { e.away = false })
	_, err = b.approve("head.pu", d)
	require.NoError(t, err)
	require.Zero(t, b.count(`SELECT count(*) FROM draft`))
}

func TestADraftWaitsForNothingOnceItsReportIsGone(t *testing.T) {
	t.Parallel()
	b := approving(t)
	closed, moved, accused, secret, erased := b.forwarded(), b.forwarded(), b.forwarded(), b.forwarded(), b.forwarded()
	drafts := map[string]office.DraftView{}
	for _, r := range []office.Receipt{closed, moved, accused, secret, erased} {
		drafts[r.ID] = b.draft("officer.pu", r.ID, patched)
	}
	b.say(closed, office.Act{Action: report.Withdraw})
	_, err := b.approve("head.pu", drafts[closed.ID])
	require.ErrorIs(t, err, fault.Conflict)
	require.ErrorContains(t, err, "sudah berakhir")
	b.do("admin.kab", moved.ID, office.Act{Action: report.Reassign, Unit: "kab.dinkes"})
	_, err = b.approve("head.pu", drafts[moved.ID])
	require.ErrorIs(t, err, fault.Forbidden)
	require.Empty(t, b.shown(b.as("officer.dinkes"), moved.ID), "the next agency reads nothing of it")
	b.do("admin.kab", accused.ID, office.Act{Action: report.Amend, Accused: []string{"kab.pu"}})
	_, err = b.approve("head.pu", drafts[accused.ID])
	require.ErrorIs(t, err, fault.Forbidden)
	b.do("admin.kab", secret.ID, office.Act{Action: report.MakeSecret})
	_, err = b.approve("head.pu", drafts[secret.ID])
	require.ErrorIs(t, err, fault.NotFound)
	require.Equal(t, []string{"waiting: " + patched, "waiting: " + patched}, b.waits("head.pu"), "of the one that ended, and of the last")

	_, err = b.SaveDraft(t.Context(), b.as("officer.pu"), secret.ID, better, "")
	require.ErrorIs(t, err, fault.Conflict)
	require.ErrorContains(t, err, "rahasia")
	b.do("officer.pu", secret.ID, office.Act{Action: report.PostFollowUp, Text: better}) // no head may read it
	_, err = b.SaveDraft(t.Context(), b.as("officer.pu"), closed.ID, better, "")
	require.ErrorIs(t, err, fault.Conflict)
	require.Zero(t, b.count(`SELECT count(*) FROM command WHERE subject LIKE 'head%'`))

	_, err = b.EraseAgain(t.Context(), []string{erased.ID})
	require.NoError(t, err)
	require.Zero(t, b.count(`SELECT count(*) FROM draft WHERE report = $1`, erased.ID))
	_, err = b.approve("head.pu", drafts[erased.ID])
	require.ErrorIs(t, err, fault.NotFound)

	b.pass(31 * 24 * time.Hour)
	kept := b.draft("officer.pu", b.forwarded().ID, patched)
	b.exec(`UPDATE draft SET saved_at = '2025-01-01' WHERE id = '` + kept.ID + `'`)
	require.NoError(t, b.store.As(t.Context(), store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.PurgeDrafts(ctx, b.now().Add(-30*24*time.Hour))
		require.Equal(t, 3, n, "ended, moved, accused; not what can still be sent")
		return err
	}))
	require.Equal(t, 1, b.count(`SELECT count(*) FROM draft WHERE id = $1`, kept.ID))
}

func TestAnApprovedTextThatTellsSomebodyApartWaitsForItsHead(t *testing.T) {
	t.Parallel()
	b := approving(t)
	d := b.draft("officer.pu", b.forwarded().ID, telling)
	require.True(t, d.Held)
	answer, err := b.approve("head.pu", d)
	require.NoError(t, err)
	require.Empty(t, b.texts(anyone, d.Report, "follow_up"))
	_, err = b.Confirm(t.Context(), b.as("officer.pu"), d.Report, answer.CommandID, "", false)
	require.ErrorIs(t, err, fault.Forbidden)
	held, err := b.Held(t.Context(), b.as("head.pu"), 0)
	require.NoError(t, err)
	require.Len(t, held, 1)
	_, err = b.Confirm(t.Context(), b.as("head.pu"), d.Report, answer.CommandID, "", false)
	require.NoError(t, err)
	require.Equal(t, []string{telling}, b.texts(anyone, d.Report, "follow_up"))
}

func TestADraftIsHeldToTheFormOfAFollowUp(t *testing.T) {
	t.Parallel()
	b := approving(t)
	r := b.forwarded()
	_, err := b.SaveDraft(t.Context(), b.as("officer.pu"), r.ID, " ", "")
	requireField(t, err, fault.Invalid, "/text")
	_, err = b.SaveDraft(t.Context(), b.as("officer.pu"), r.ID, patched, "final")
	requireField(t, err, fault.Invalid, "/kind")
	d := b.draft("officer.pu", r.ID, patched)
	_, err = b.ReturnDraft(t.Context(), b.as("head.pu"), r.ID, d.ID, 1, " ")
	requireField(t, err, fault.Invalid, "/reason")
	_, err = b.ReturnDraft(t.Context(), b.as("head.pu"), r.ID, d.ID, 2, "Lama.")
	require.ErrorIs(t, err, fault.Conflict)
	_, err = b.SaveDraft(t.Context(), b.as("officer.pu"), b.file().ID, patched, "")
	require.Error(t, err)
}
