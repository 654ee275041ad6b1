package e2e_test

import (
	"context"
	"net/http"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/workflows/contract"
)

// lifePaths are the recorded ways through the life of a report. The corpus has one
// history of each.
var lifePaths = []lifePath{
	{"silent_closure", lives.silentClosure},
	{"due_soon", lives.dueSoon},
	{"late_follow_up", lives.lateFollowUp},
	{"late_verification", lives.lateVerification},
	{"information_supplied", lives.informationSupplied},
	{"answered_by_reply", lives.answeredByReply},
	{"no_answer", lives.noAnswer},
	{"archived", lives.archived},
	{"passed_up_and_amended", lives.passedUpAndAmended},
	{"returned_and_forwarded_again", lives.returnedAndForwardedAgain},
	{"interim_then_concluding", lives.interimThenConcluding},
	{"extension_granted", lives.extensionGranted},
	{"extension_declined", lives.extensionDeclined},
	{"reassigned", lives.reassigned},
	{"merged", lives.merged},
	{"merge_refused_by_the_store", lives.mergeRefusedByTheStore},
	{"withdrawn", lives.withdrawn},
	{"reopened_run_2", lives.reopenedRun2},
	{"made_secret_and_public", lives.madeSecretAndPublic},
	{"calendar_revised", lives.calendarRevised},
	{"signal_fallback", lives.signalFallback},
	{"refused_signal", lives.refusedSignal},
	{"superseded", lives.superseded},
	{"database_away", lives.databaseAway},
}

func (l lives) silentClosure() filed {
	f := l.submit(submission("demo"))
	l.await(f.id, report.Verification)
	l.forward(f, "admin.demo", "demo")
	l.followUp(f, "petugas.demo")
	l.say(f, "/replies", saying("Masih ada satu lubang."))
	l.followUp(f, "petugas.demo")
	l.await(f.id, report.Closed)
	return f
}

func (l lives) dueSoon() filed {
	f := l.opened(limits(func(r *report.RuleSet) { r.FollowUp = seconds(20) }))
	l.reaches(f, enumspb.EVENT_TYPE_TIMER_FIRED, 1) // after four fifths
	l.followUp(f, anOfficer)
	l.say(f, "/confirm", nil)
	return f
}

func (l lives) lateFollowUp() filed {
	f := l.opened(limits(func(r *report.RuleSet) { r.FollowUp = seconds(2) }))
	l.reaches(f, enumspb.EVENT_TYPE_TIMER_FIRED, 2)
	l.followUp(f, anOfficer)
	l.say(f, "/confirm", nil)
	return f
}

func (l lives) lateVerification() filed {
	f := l.file(limits(func(r *report.RuleSet) { r.Verification = seconds(2) }))
	l.reaches(f, enumspb.EVENT_TYPE_TIMER_FIRED, 2)
	l.act(f, anAdmin, "/archive", map[string]string{"reason": "out_of_scope"})
	return f
}

func (l lives) informationSupplied() filed {
	f := l.file(limits())
	l.act(f, anAdmin, "/request-info", saying("Di pasar yang mana?"))
	l.say(f, "/supply-info", saying("Pasar lama."))
	l.say(f, "/replies", saying("Di sisi utara."))
	l.act(f, anAdmin, "/archive", map[string]string{"reason": "too_general"})
	return f
}

func (l lives) answeredByReply() filed {
	f := l.file(limits())
	l.act(f, anAdmin, "/request-info", saying("Di pasar yang mana?"))
	l.say(f, "/replies", saying("Pasar lama."))
	l.say(f, "/withdraw", nil)
	return f
}

func (l lives) noAnswer() filed {
	f := l.file(limits(func(r *report.RuleSet) { r.Answer = seconds(2) }))
	l.act(f, anAdmin, "/request-info", saying("Di pasar yang mana?"))
	l.await(f.id, report.Archived)
	return f
}

func (l lives) archived() filed {
	f := l.file(limits())
	l.act(f, anAdmin, "/archive", map[string]string{"reason": "duplicate"})
	return f
}

func (l lives) passedUpAndAmended() filed {
	f := l.file(limits(withResolution))
	l.act(f, anAdmin, "/pass-up", nil)
	l.forward(f, "admin.national", pupr)
	l.ok(staff("admin.national"), http.MethodPatch, "/reports/"+f.id, map[string]string{"class": "complaint_supervisory"})
	l.agree(f.id)
	l.act(f, anOfficer, "/follow-ups", saying("Lubang sudah ditambal."))
	l.say(f, "/confirm", nil)
	return f
}

func (l lives) returnedAndForwardedAgain() filed {
	f := l.opened(limits(withResolution))
	l.act(f, anOfficer, "/return", saying("Jalan ini milik provinsi."))
	l.forward(f, anAdmin, perhubungan)
	l.agree(f.id)
	l.say(f, "/withdraw", nil)
	return f
}

func (l lives) interimThenConcluding() filed {
	f := l.opened(limits(withResolution))
	l.act(f, anOfficer, "/follow-ups", map[string]string{"text": "Bahan sedang dipesan.", "kind": "interim"})
	l.act(f, anOfficer, "/follow-ups", map[string]string{"text": "Lubang sudah ditambal.", "kind": "concluding"})
	l.act(f, anOfficer, "/follow-ups", saying("Marka jalan juga sudah dicat."))
	l.say(f, "/confirm", nil)
	return f
}

func (l lives) asked(r report.RuleSet) filed {
	f := l.opened(r)
	l.act(f, anOfficer, "/request-extension", map[string]any{"clock": "first_follow_up", "days": 60})
	return f
}

func (l lives) extensionGranted() filed {
	f := l.asked(limits())
	l.act(f, anAdmin, "/extend", nil)
	l.followUp(f, anOfficer)
	l.say(f, "/confirm", nil)
	return f
}

func (l lives) extensionDeclined() filed {
	f := l.asked(limits())
	l.act(f, anAdmin, "/decline-extension", nil)
	l.say(f, "/withdraw", nil)
	return f
}

func (l lives) reassigned() filed {
	f := l.opened(limits(withResolution))
	l.act(f, anOfficer, "/accept", nil)
	l.act(f, anOfficer, "/notes", saying("Sudah dilihat di lapangan."))
	l.act(f, anOfficer, "/assign", map[string]string{"unit": "dinas-pupr-bina-marga"})
	l.act(f, anAdmin, "/reassign", map[string]string{"agency": perhubungan})
	l.act(f, "petugas.perhubungan", "/follow-ups", saying("Rambu sudah dipasang."))
	l.say(f, "/confirm", nil)
	return f
}

func (l lives) merged() filed {
	target, f := l.opened(limits()), l.opened(limits(withResolution))
	l.act(f, anAdmin, "/merge", map[string]string{"target": target.id})
	return f
}

func (l lives) mergeRefusedByTheStore() filed {
	unpublished, f := l.file(limits()), l.opened(limits())
	a := l.call(staff(anAdmin), http.MethodPost, "/reports/"+f.id+"/merge", map[string]string{"target": unpublished.id})
	require.Equal(l.t, http.StatusConflict, a.status, "%s", a.body)
	l.say(f, "/withdraw", nil)
	return f
}

func (l lives) withdrawn() filed {
	f := l.file(limits())
	l.say(f, "/withdraw", nil)
	return f
}

func (l lives) reopenedRun2() filed {
	f := l.opened(limits(withResolution))
	l.followUp(f, anOfficer)
	l.say(f, "/confirm", nil)
	l.over(f.id)
	l.ok(f.reporter(), http.MethodPost, "/reports/"+f.id+"/reopen", nil)
	l.agree(f.id)
	l.followUp(f, anOfficer)
	l.say(f, "/confirm", nil)
	return f
}

func (l lives) madeSecretAndPublic() filed {
	f := l.opened(limits())
	l.say(f, "/visibility", map[string]string{"content": "secret"})
	l.ok(f.reporter(), http.MethodPost, "/reports/"+f.id+"/visibility", map[string]string{"content": "public"})
	for _, as := range []string{anAdmin, "admin.national"} {
		l.act(f, as, "/visibility", map[string]string{"content": "public"})
	}
	require.False(l.t, l.row(f.id).State.Secret)
	l.say(f, "/withdraw", nil)
	return f
}

func (l lives) calendarRevised() filed {
	f := l.opened(limits())
	require.NoError(l.t, l.temporal.SignalWorkflow(l.t.Context(), f.id, "", contract.SignalCalendarRevised, nil))
	l.reaches(f, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, 1)
	l.say(f, "/withdraw", nil)
	return f
}

func (l lives) signalFallback() filed {
	f := l.file(limits())
	c := l.prepared(f, report.Command{Action: report.Forward, By: report.Admin, Office: "tirtajaya", Unit: pupr},
		store.Text{Kind: store.TextTitle, Body: "Jalan berlubang"}, store.Text{Kind: store.TextBody, Body: "Lubang di depan pasar."})
	for range 2 {
		_, err := l.temporal.UpdateWorkflow(l.t.Context(), client.UpdateWorkflowOptions{WorkflowID: f.id, UpdateID: c.ID,
			UpdateName: string(c.Action), Args: []any{c}, WaitForStage: client.WorkflowUpdateStageCompleted})
		require.NoError(l.t, err)
		l.signal(f, c)
	}
	l.agree(f.id)
	require.Equal(l.t, 2, l.row(f.id).State.Seq)
	l.say(f, "/withdraw", nil)
	return f
}

func (l lives) refusedSignal() filed {
	f := l.file(limits())
	c := l.prepared(f, report.Command{Action: report.PostFollowUp, By: report.Officer, Kind: report.Concluding},
		store.Text{Kind: store.TextFollowUp, Body: "Lubang sudah ditambal."})
	l.signal(f, c)
	require.Eventually(l.t, func() bool {
		var row store.CommandRow
		err := l.store.As(l.t.Context(), store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) (err error) {
			row, err = tx.Command(ctx, c.ID)
			return err
		})
		return err == nil && row.State == store.Refused
	}, time.Minute, 50*time.Millisecond)
	l.say(f, "/withdraw", nil)
	return f
}

func (l lives) superseded() filed {
	var old report.State
	f := l.file(limits(), func(ctx context.Context, tx *store.Tx, s report.State) error {
		old = s
		if _, err := tx.Rerun(ctx, s.ID, 1); err != nil {
			return err
		}
		return tx.MarkStarted(ctx, s.ID, 2) // keeps the sweeper away
	})
	require.NoError(l.t, contract.Start(l.t.Context(), l.temporal, old, time.Now()))
	return f
}

func (l lives) databaseAway() filed {
	f := l.file(limits())
	c := l.prepared(f, report.Command{Action: report.Withdraw, By: report.Reporter})
	release := l.hold(f)
	l.signal(f, c)
	require.Eventually(l.t, func() bool {
		return events(l.raw(f.id), enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED) == 1
	}, time.Minute, 100*time.Millisecond)
	release()
	return f
}
