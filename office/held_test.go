package office_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

const (
	plain   = "Lampunya masih padam."
	telling = "Hubungi saya di 0812-3456-7890 bila datang."
	without = "Hubungi saya bila datang."
)

// reads is the texts of one kind that a caller reads in a thread, of which none
// but the caller's may differ.
func (b *bench) texts(c office.Caller, id, kind string) []string {
	b.t.Helper()
	v, err := b.Report(b.t.Context(), c, id)
	require.NoError(b.t, err)
	found := []string{}
	for _, p := range v.Thread {
		if p.Kind == kind {
			found = append(found, p.Body)
		}
	}
	return found
}

// Who reads what of a reply before and after an administrator has confirmed its
// copy (RULES.md section 6).
func TestAReplyIsReadAsItsReporterChose(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	none := []string{}
	for _, identity := range []string{office.IdentityOpen, office.IdentitySealed, office.IdentityNone} {
		for _, text := range []string{plain, telling} {
			open := identity == office.IdentityOpen
			r := b.forwarded(func(s *office.Submission) {
				if s.Identity = identity; identity == office.IdentityNone {
					s.Name = ""
				}
			})
			answer := b.say(r, office.Act{Action: report.Reply, Text: text})
			own, public, agency, admin := with(r.AccessCode), anyone, b.as("officer.pu"), b.as("admin.kab")
			require.Equal(t, []string{text}, b.texts(own, r.ID, "reply"))
			require.Equal(t, []string{text}, b.texts(admin, r.ID, "reply"))
			at, before := none, none
			if open && text == plain {
				at = []string{text}
			}
			if open {
				before = []string{text} // its agency reads an open reporter's own words
			}
			require.Equal(t, at, b.texts(public, r.ID, "reply"), "%s %s", identity, text)
			require.Equal(t, before, b.texts(agency, r.ID, "reply"), "%s %s", identity, text)

			held, err := b.Held(t.Context(), admin, 0)
			require.NoError(t, err)
			if open && text == plain {
				require.Empty(t, held)
				continue
			}
			require.Len(t, held, 1)
			require.Equal(t, []string{r.ID, answer.CommandID, text}, []string{held[0].Report, held[0].Post, held[0].Body})
			for _, c := range []office.Caller{agency, b.as("admin.kota"), b.as("auditor"), own, public} {
				_, err := b.Confirm(t.Context(), c, r.ID, answer.CommandID, without, false)
				require.Error(t, err)
			}
			if text == telling {
				require.NotContains(t, held[0].Suggestion, "0812")
				for _, copied := range []string{"", text} {
					_, err = b.Confirm(t.Context(), admin, r.ID, answer.CommandID, copied, false)
					requireField(t, err, fault.Invalid, "/text")
				}
			}
			p, err := b.Confirm(t.Context(), admin, r.ID, answer.CommandID, without, false)
			require.NoError(t, err)
			require.Equal(t, []any{text, without, false, true}, []any{p.Body, p.Copy, p.Held, p.Published}, "the original is kept")
			_, err = b.Confirm(t.Context(), admin, r.ID, answer.CommandID, "Lain sama sekali.", false)
			require.NoError(t, err)
			require.Equal(t, []string{without}, b.texts(public, r.ID, "reply"), "the first confirmation stands")
			require.Equal(t, []string{text}, b.texts(own, r.ID, "reply"))
			after := []string{without}
			if open {
				after = []string{text}
			}
			require.Equal(t, after, b.texts(agency, r.ID, "reply"))
			held, err = b.Held(t.Context(), admin, 0)
			require.NoError(t, err)
			require.Empty(t, held)
		}
	}
	require.NotContains(t, b.dump("published", "published_post"), without, "the copies lie sealed")
	require.Equal(t, b.count(`SELECT count(*) FROM audit WHERE action = 'confirm_copy' AND allowed`), 5)
	require.Equal(t, b.count(`SELECT count(*) FROM published_post WHERE sha256 = encode(sha256(convert_to(body, 'UTF8')), 'hex')`),
		b.count(`SELECT count(*) FROM published_post`), "the digest is that of what is read")
}

func TestACopyMayAppearAsItIsIfItsAdministratorSaysSo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.forwarded()
	answer := b.say(r, office.Act{Action: report.Reply, Text: telling})
	_, err := b.Confirm(t.Context(), b.as("admin.kab"), r.ID, answer.CommandID, "", true)
	require.NoError(t, err)
	require.Equal(t, []string{telling}, b.texts(anyone, r.ID, "reply"))
}

func TestTheCopyOfASecretReplyIsForItsAgencyOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.forwarded(func(s *office.Submission) { s.Identity, s.Content = office.IdentitySealed, office.ContentSecret })
	answer := b.say(r, office.Act{Action: report.Reply, Text: telling})
	require.Empty(t, b.texts(b.as("officer.pu"), r.ID, "reply"))
	_, err := b.Confirm(t.Context(), b.as("admin.kab"), r.ID, answer.CommandID, without, false)
	require.NoError(t, err)
	require.Equal(t, []string{without}, b.texts(b.as("officer.pu"), r.ID, "reply"))
	require.Zero(t, b.count(`SELECT count(*) FROM published_post`))
}

func TestAFollowUpThatTellsSomebodyApartWaitsForItsAuthor(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.forwarded()
	answer := b.do("officer.pu", r.ID, office.Act{Action: report.PostFollowUp, Text: "Pak Contoh, B 1234 XYZ, sudah ditegur."})
	require.Equal(t, report.Closure, b.stage(r.ID), "it counts from receipt")
	require.Empty(t, b.texts(anyone, r.ID, "follow_up"))
	require.Len(t, b.texts(with(r.AccessCode), r.ID, "follow_up"), 1)
	for _, subject := range []string{"admin.kab", "auditor"} {
		_, err := b.Confirm(t.Context(), b.as(subject), r.ID, answer.CommandID, "", false)
		require.ErrorIs(t, err, fault.Forbidden, subject)
	}
	held, err := b.Held(t.Context(), b.as("officer.pu"), 0)
	require.NoError(t, err)
	require.Len(t, held, 1)
	held, err = b.Held(t.Context(), b.as("admin.kab"), 0)
	require.NoError(t, err)
	require.Empty(t, held, "only its author")
	_, err = b.Confirm(t.Context(), b.as("officer.pu"), r.ID, answer.CommandID, "Lain.", false)
	requireField(t, err, fault.Invalid, "/text")
	_, err = b.Confirm(t.Context(), b.as("officer.pu"), r.ID, answer.CommandID, "", false)
	require.NoError(t, err)
	require.Equal(t, []string{"Pak Contoh, B 1234 XYZ, sudah ditegur."}, b.texts(anyone, r.ID, "follow_up"))
	require.Equal(t, 1, b.count(`SELECT count(*) FROM audit WHERE action = 'confirm_follow_up' AND allowed AND subject = 'officer.pu'`))
}

func TestAReplyOfAnAdministratorIsRefusedUntilItIsConfirmed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.forwarded()
	act := office.Act{Action: report.Reply, Text: telling}
	_, err := b.Command(t.Context(), b.as("admin.kab"), r.ID, act, "")
	requireField(t, err, fault.Invalid, "/text")
	require.Empty(t, b.texts(anyone, r.ID, "reply"))
	act.Confirmed = true
	b.do("admin.kab", r.ID, act)
	require.Equal(t, []string{telling}, b.texts(anyone, r.ID, "reply"))
}

func TestAHeldTextDoesNotAppearByOtherWays(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.forwarded()
	answer := b.say(r, office.Act{Action: report.Reply, Text: telling})
	for _, unknown := range []string{"0f8e3b8e-3d55-4c92-9d8b-6f3f2a1a7c11", "", "x"} {
		_, err := b.Confirm(t.Context(), b.as("admin.kab"), r.ID, unknown, without, false)
		require.ErrorIs(t, err, fault.NotFound)
	}
	_, err := b.SetVisibility(t.Context(), with(r.AccessCode), r.ID, true, "")
	require.NoError(t, err)
	b.Wait()
	held, err := b.Held(t.Context(), b.as("admin.kab"), 0)
	require.NoError(t, err)
	require.Len(t, held, 1, "its queue still reads it")
	for _, c := range []office.Caller{with(r.AccessCode), b.as("admin.kab"), b.as("admin.kab2")} {
		_, err := b.SetVisibility(t.Context(), c, r.ID, false, "")
		require.NoError(t, err)
	}
	b.Wait()
	require.Empty(t, b.texts(anyone, r.ID, "reply"), "public again, and still held")
	_, err = b.Confirm(t.Context(), b.as("admin.kab"), r.ID, answer.CommandID, without, false)
	require.NoError(t, err)
	require.Equal(t, []string{without}, b.texts(anyone, r.ID, "reply"))
	_, err = b.EraseAgain(t.Context(), []string{r.ID})
	require.NoError(t, err)
	_, err = b.Confirm(t.Context(), b.as("admin.kab"), r.ID, answer.CommandID, without, false)
	require.ErrorIs(t, err, fault.Gone)
}
