package office

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/internal/redact"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// HeldView is a text that has been said and does not appear yet [teks tertahan].
type HeldView struct {
	Report     string      `json:"report"`
	Post       string      `json:"post"` // names the text in its report
	Kind       string      `json:"kind"` // reply, follow_up
	Role       report.Role `json:"role"`
	Office     string      `json:"office,omitempty"`
	Body       string      `json:"body"`
	Suggestion string      `json:"suggestion"` // the text without what seems to tell somebody apart
	At         time.Time   `json:"at"`
}

// Held returns the texts that wait for the caller, oldest first, at most 100 (limit
// 0: 50): for administrators replies of reporters, whose copy they confirm; for
// officers follow-ups of their own. Reading the reporters' own words is in the audit
// log.
func (o *Office) Held(ctx context.Context, c Caller, limit int) ([]HeldView, error) {
	f, err := narrow(Filter{Limit: limit}, "")
	if err != nil {
		return nil, err
	}
	k, err := o.known(ctx)
	if err != nil {
		return nil, err
	}
	all := []HeldView{}
	err = o.asReader(ctx, c, policy.ReadQueue, func(ctx context.Context, tx *store.Tx) error {
		all = []HeldView{}
		texts, err := tx.HeldTexts(ctx, c.holds(policy.Admin), f.Limit)
		if err != nil {
			return err
		}
		resources := map[string]policy.Resource{}
		for _, t := range texts {
			r, known := resources[t.Report]
			if !known {
				row, err := tx.Load(ctx, t.Report)
				if err != nil {
					return err
				}
				r = k.resource(row)
			}
			if r.Author = t.Subject; !o.ask(c.office(k, false), confirming(t), r).Allowed {
				continue
			}
			if !known && t.Kind == store.TextReply {
				if err := tx.WriteAudit(ctx, o.readingWords(c, t.Report)); err != nil {
					return err
				}
			}
			resources[t.Report] = r
			all = append(all, HeldView{
				Report: t.Report, Post: t.Command, Kind: string(t.Kind), Role: t.Role, Office: t.Office, Body: t.Body,
				Suggestion: redact.Suggest(t.Body), At: t.At,
			})
		}
		return nil
	})
	return all, err
}

func (c Caller) holds(r policy.Role) bool {
	for _, have := range c.Member.Roles {
		if policy.Role(have) == r {
			return true
		}
	}
	return false
}

// readingWords is the line about a reading of the reporter's own words.
func (o *Office) readingWords(c Caller, id string) store.Audit {
	l := o.line(c, policy.Read, id, true)
	l.Detail = json.RawMessage(`{"with":["` + string(policy.ReadOriginal) + `"]}`)
	return l
}

// confirming is the action that lets a text appear.
func confirming(t store.HeldText) policy.Action {
	if t.Kind == store.TextFollowUp {
		return policy.ConfirmFollowUp
	}
	return policy.ConfirmCopy
}

// Confirm lets a held text appear (RULES.md section 6): its author a follow-up as he
// wrote it; an administrator a reply, as a redacted copy, or as it is if text is
// empty. The original is kept. In a published report the text appears at once; who
// may not read the original of a sealed or none report, such as its agency, reads the
// copy from then on. The first confirmation stands; repeating it changes nothing.
//
// Errors: fault.Invalid naming /text, if the copy seems to tell somebody apart and
// confirmed is false, with a suggestion, and for a text with a follow-up;
// fault.NotFound for an unknown report or text; fault.Forbidden for who may not;
// fault.Gone for an erased report.
func (o *Office) Confirm(ctx context.Context, c Caller, id, post, text string, confirmed bool) (PostView, error) {
	text = strings.TrimSpace(text)
	if err := length("/text", "Salinan", text, 0, MaxText); err != nil {
		return PostView{}, err
	}
	var view PostView
	err := o.reads(ctx, c, id, string(policy.ConfirmCopy), func(ctx context.Context, tx *store.Tx, _ *catalogue, f file) error {
		id := f.row.State.ID
		t, held, err := tx.HeldText(ctx, id, post)
		if err != nil {
			return uniform(err)
		}
		r, act := f.resource, confirming(t)
		r.Author = t.Subject
		if d := o.ask(f.who, act, r); !d.Allowed {
			return fault.New(fault.Forbidden, "%s", d.Reason)
		}
		if held {
			redacted, err := confirmedCopy(t, text, confirmed)
			if err != nil {
				return err
			}
			l := o.line(c, act, id, true)
			l.Detail = json.RawMessage(`{"command":"` + t.Command + `"}`)
			if err := tx.WriteAudit(ctx, l); err != nil {
				return err
			}
			if err := tx.ConfirmText(ctx, id, post, redacted); err != nil {
				return err
			}
		}
		thread, err := tx.Thread(ctx, id)
		if err != nil {
			return err
		}
		for _, p := range f.posts(thread) {
			if p.ID == post {
				view = p
			}
		}
		return nil
	})
	if err != nil {
		return PostView{}, err
	}
	return view, nil
}

// confirmedCopy is the copy that is kept beside the original; empty: none, since the
// text appears as its author wrote it.
func confirmedCopy(t store.HeldText, text string, confirmed bool) (string, error) {
	if t.Kind == store.TextFollowUp {
		if text != "" {
			return "", fault.At("/text", "Tindak lanjut terbit sebagaimana ditulis; kirim yang baru bila perlu diubah.")
		}
		return "", nil
	}
	if text == "" {
		text = t.Body
	}
	return text, Act{Confirmed: confirmed}.checkRedaction("/text", text)
}
