package office

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/internal/redact"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// The states of a DraftView.
const (
	DraftWaiting  = "waiting"  // for a head
	DraftReturned = "returned" // to its author, with a reason
	DraftSent     = "sent"     // approved; its command is not applied yet
)

// DraftView is a follow-up that waits for a head [konsep tindak lanjut]. No clock
// knows of it: only a follow-up that is posted counts (RULES.md section 1).
type DraftView struct {
	ID         string              `json:"id"`
	Report     string              `json:"report"`
	Office     string              `json:"office"` // unit of its author
	Author     string              `json:"author"` // subject
	Kind       report.FollowUpKind `json:"kind"`
	Text       string              `json:"text"`
	Revision   int                 `json:"revision"` // grows when its author changes it
	State      string              `json:"state"`
	SavedAt    time.Time           `json:"saved_at"`
	ReturnedBy string              `json:"returned_by,omitempty"` // subject
	ReturnedAt *time.Time          `json:"returned_at,omitempty"`
	Reason     string              `json:"reason,omitempty"` // why it was given back
	Held       bool                `json:"held,omitempty"`   // once approved it appears only when its head confirms it (RULES.md section 6)
}

func draftView(d store.Draft) DraftView {
	v := DraftView{
		ID: d.ID, Report: d.Report, Office: d.Office, Author: d.Subject, Kind: d.Kind, Text: d.Text, Revision: d.Revision,
		State: DraftWaiting, SavedAt: d.SavedAt, ReturnedBy: d.ReturnedBy, ReturnedAt: d.ReturnedAt, Reason: d.Reason,
		Held: len(redact.Find(d.Text)) > 0,
	}
	switch {
	case d.Command != "":
		v.State = DraftSent
	case d.ReturnedAt != nil:
		v.State = DraftReturned
	}
	return v
}

// wantsDraft reports whether a follow-up on a report waits for a head: if the unit
// that holds it, or one above that within the addressed agency, has it so; else a
// report could be handed down past its head. Never for a secret report, which no head
// may read before it is escalated to him.
func (k *catalogue) wantsDraft(s report.State) bool {
	if s.Secret || s.Agency == "" {
		return false
	}
	for _, u := range k.above(s.Holder()) {
		if k.byID[u].DraftApproval {
			return true
		}
		if u == s.Agency {
			break
		}
	}
	return false
}

// keptBack reports whether the caller must save a follow-up as a draft.
func (f file) keptBack() bool { return f.drafts && !f.may(policy.ApproveDraft) }

func errKeptBack() error {
	return fault.New(fault.Conflict, "Tindak lanjut di unit ini disetujui pimpinan lebih dahulu. Simpan sebagai konsep.")
}

// SaveDraft keeps a follow-up that the caller would post, 1 to MaxText runes; empty
// kind: concluding. He has one draft on a report: another text takes its place, goes
// to the head again, and raises its revision. Saving the same again changes nothing.
// No clock is touched by it.
//
// Errors: fault.Invalid naming /text or /kind; fault.Conflict if the stage knows no
// follow-up, on a secret report, and while the draft is being sent; fault.Forbidden
// for who holds no such office; fault.NotFound as [Office.Command].
func (o *Office) SaveDraft(ctx context.Context, c Caller, id, text string, kind report.FollowUpKind) (DraftView, error) {
	a := Act{Action: report.PostFollowUp, Text: text, Kind: kind}.tidy()
	k, err := o.known(ctx)
	if err != nil {
		return DraftView{}, err
	}
	if err := a.check(k); err != nil {
		return DraftView{}, err
	}
	fresh, err := newUUID(o.Random)
	if err != nil {
		return DraftView{}, err
	}
	var kept DraftView
	err = o.reads(ctx, c, id, string(policy.SaveDraft), func(ctx context.Context, tx *store.Tx, _ *catalogue, f file) error {
		if f.row.State.Secret && f.may(policy.Of(report.PostFollowUp)) {
			return fault.New(fault.Conflict, "Laporan ini rahasia: tindak lanjutnya dikirim langsung, tanpa konsep.")
		}
		if err := f.permit(policy.SaveDraft); err != nil {
			return err
		}
		s, err := tx.Lock(ctx, f.row.State.ID)
		if err != nil {
			return err
		}
		if err := mayFollowUp(s); err != nil {
			return err
		}
		d, err := tx.SaveDraft(ctx, store.Draft{ID: fresh, Report: s.ID, Agency: s.Agency, Office: c.Member.Unit, Kind: a.Kind, Text: a.Text})
		if err != nil {
			return err
		}
		kept = draftView(d)
		return tx.WriteAudit(ctx, o.draftLine(c, policy.SaveDraft, d))
	})
	if err != nil {
		return DraftView{}, err
	}
	return kept, nil
}

// mayFollowUp: the stage knows a follow-up.
func mayFollowUp(s report.State) error {
	if _, ok := report.Find(report.PostFollowUp, report.Officer, s.Stage); ok {
		return nil
	}
	if s.Stage.Open() {
		return fault.New(fault.Conflict, "Laporan ini tidak sedang ditangani unit Anda.")
	}
	return fault.New(fault.Conflict, "Laporan ini sudah berakhir; konsep tidak dapat dikirim lagi.")
}

// draftLine is the line of the audit log for one step of a draft: codes only.
func (o *Office) draftLine(c Caller, act policy.Action, d store.Draft) store.Audit {
	l := o.line(c, act, d.Report, true)
	l.Detail = json.RawMessage(fmt.Sprintf(`{"draft":%q,"revision":%d,"author":%q}`, d.ID, d.Revision, d.Subject))
	return l
}

// Drafts returns what waits for the caller, oldest first, at most 100: for heads the
// drafts of their unit and those below it, for whoever wrote one what was given back
// to him.
func (o *Office) Drafts(ctx context.Context, c Caller) ([]DraftView, error) {
	k, err := o.known(ctx)
	if err != nil {
		return nil, err
	}
	all := []DraftView{}
	err = o.asReader(ctx, c, policy.ReadQueue, func(ctx context.Context, tx *store.Tx) error {
		all = []DraftView{}
		found, err := tx.Drafts(ctx, c.holds(policy.Head), maxPage)
		if err != nil {
			return err
		}
		resources := map[string]policy.Resource{}
		for _, d := range found {
			r, known := resources[d.Report]
			if !known {
				row, err := tx.Load(ctx, d.Report)
				if err != nil {
					return err
				}
				r = k.resource(row)
				resources[d.Report] = r
			}
			if o.ask(c.office(k, false), policy.ReadDraft, r).Allowed {
				all = append(all, draftView(d))
			}
		}
		return nil
	})
	return all, err
}

// onDraft runs fn on a draft of a report that the caller may read, under its lock,
// and writes the act to the audit log.
func (o *Office) onDraft(ctx context.Context, c Caller, id, draft string, act policy.Action, fn func(context.Context, *store.Tx, store.Draft) error) error {
	return o.reads(ctx, c, id, string(act), func(ctx context.Context, tx *store.Tx, _ *catalogue, f file) error {
		d, err := o.lockDraft(ctx, tx, f, draft, act)
		if err != nil {
			return err
		}
		if err := tx.WriteAudit(ctx, o.draftLine(c, act, d)); err != nil {
			return err
		}
		return fn(ctx, tx, d)
	})
}

// lockDraft judges an act on a draft, and locks it.
func (o *Office) lockDraft(ctx context.Context, tx *store.Tx, f file, draft string, act policy.Action) (store.Draft, error) {
	if act != policy.DeleteDraft { // whose it is is known only then
		if err := f.permit(act); err != nil {
			return store.Draft{}, err
		}
	}
	d, err := tx.LockDraft(ctx, f.row.State.ID, draft)
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			err = fault.New(fault.NotFound, "Konsep tidak ditemukan.")
		}
		return d, err
	}
	f.resource.Author = d.Subject
	if err := f.permit(act); err != nil {
		return d, err
	}
	if d.Command != "" {
		return d, fault.New(fault.Conflict, "Konsep ini sudah disetujui dan sedang dikirim.")
	}
	return d, nil
}

func errChanged() error {
	return fault.New(fault.Conflict, "Konsep ini sudah diubah penulisnya. Baca lagi, lalu putuskan.")
}

// ApproveDraft posts a draft as a follow-up in the name of the head who approves it.
// revision is that of the draft he has read. It is a command like any: see
// [Office.Command] for the answer, the key, and further errors. A text in which
// something is found that tells somebody apart is held until the head confirms it.
// The draft is gone once the command is applied; a refusal gives it back.
//
// Errors: fault.Conflict if the author has changed it since, if it is being sent, if
// it was given back, and if the report has ended or left the unit; fault.Forbidden for
// who is no head of the agency's unit that holds the report, or above it there;
// fault.NotFound for an unknown report or draft.
func (o *Office) ApproveDraft(ctx context.Context, c Caller, id, draft string, revision int, key string) (Answer, error) {
	id, err := report.ParseID(id)
	if err != nil {
		return Answer{}, notFound()
	}
	r, err := o.under(c, key, "approve_draft", id, draft, revision)
	if err != nil {
		return Answer{}, err
	}
	k, err := o.known(ctx)
	if err != nil {
		return Answer{}, err
	}
	var done accepted
	var was stored
	fresh := false
	err = o.Store.As(ctx, o.actor(c, id), func(ctx context.Context, tx *store.Tx) (err error) {
		done, was = accepted{}, stored{}
		if fresh, _, err = r.claim(ctx, tx, &was); err != nil || !fresh {
			return err
		}
		if done, err = o.takeDraft(ctx, tx, c, k, id, draft, revision); err != nil {
			return err
		}
		return r.store(ctx, tx, stored{Answer: Answer{CommandID: done.command.ID, State: StateWaiting}})
	})
	if err != nil {
		return Answer{}, o.refused(ctx, c, policy.ApproveDraft, id, err)
	}
	if !fresh {
		return o.again(ctx, c, r, was, id)
	}
	return o.finish(ctx, c, id, r, done)
}

// takeDraft judges and records the command that a draft becomes.
func (o *Office) takeDraft(ctx context.Context, tx *store.Tx, c Caller, k *catalogue, id, draft string, revision int) (accepted, error) {
	f, err := o.open(ctx, tx, c, k, id)
	if err != nil {
		return accepted{}, err
	}
	d, err := o.lockDraft(ctx, tx, f, draft, policy.ApproveDraft)
	if err != nil {
		return accepted{}, err
	}
	if d.Revision != revision {
		return accepted{}, errChanged()
	}
	if d.ReturnedAt != nil {
		return accepted{}, fault.New(fault.Conflict, "Konsep ini sudah dikembalikan kepada penulisnya.")
	}
	if err := mayFollowUp(f.row.State); err != nil {
		return accepted{}, err
	}
	n, err := o.command(c, f, report.Officer, Act{Action: report.PostFollowUp, Text: d.Text, Kind: d.Kind})
	if err != nil {
		return accepted{}, err
	}
	done, err := o.record(ctx, tx, n, f.row.State)
	if err != nil {
		return accepted{}, err
	}
	if err := tx.WriteAudit(ctx, o.draftLine(c, policy.ApproveDraft, d)); err != nil {
		return accepted{}, err
	}
	return done, tx.SendDraft(ctx, d.ID, done.command.ID)
}

// ReturnDraft gives a draft back to its author with a reason of 1 to MaxReason runes,
// which he reads. Errors as [Office.ApproveDraft]; fault.Invalid naming /reason.
func (o *Office) ReturnDraft(ctx context.Context, c Caller, id, draft string, revision int, reason string) (DraftView, error) {
	reason = strings.TrimSpace(reason)
	if err := length("/reason", "Alasan", reason, 1, MaxReason); err != nil {
		return DraftView{}, err
	}
	var view DraftView
	err := o.onDraft(ctx, c, id, draft, policy.ApproveDraft, func(ctx context.Context, tx *store.Tx, d store.Draft) error {
		if d.Revision != revision {
			return errChanged()
		}
		d, err := tx.ReturnDraft(ctx, d, reason)
		view = draftView(d)
		return err
	})
	if err != nil {
		return DraftView{}, err
	}
	return view, nil
}

// DeleteDraft deletes a draft of the caller's own. fault.NotFound if there is none,
// fault.Forbidden for anybody else, fault.Conflict while it is being sent.
func (o *Office) DeleteDraft(ctx context.Context, c Caller, id, draft string) error {
	return o.onDraft(ctx, c, id, draft, policy.DeleteDraft, func(ctx context.Context, tx *store.Tx, d store.Draft) error {
		return tx.DeleteDraft(ctx, d.ID)
	})
}
