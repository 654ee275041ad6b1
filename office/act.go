package office

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/internal/redact"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// tidy trims the texts and fills in the defaults.
func (a Act) tidy() Act {
	for _, p := range []*string{&a.Text, &a.PublicTitle, &a.PublicBody, &a.Unit, &a.Reason} {
		*p = strings.TrimSpace(*p)
	}
	if a.Action == report.PostFollowUp && a.Kind == "" {
		a.Kind = report.Concluding
	}
	return a
}

// check judges the form of an act, without looking at any report: fault.Invalid
// naming the field.
func (a Act) check(k *catalogue) error {
	if err := length("/text", "Teks", a.Text, 0, MaxText); err != nil {
		return err
	}
	if err := a.checkCopies(); err != nil {
		return err
	}
	switch a.Action {
	case report.Forward, report.Reassign:
		if u, ok := k.byID[a.Unit]; !ok || !u.Active {
			return fault.At("/agency", "Instansi %q tidak dikenal.", a.Unit)
		}
	case report.Assign:
		if u, ok := k.byID[a.Unit]; !ok || !u.Active {
			return fault.At("/unit", "Unit %q tidak dikenal.", a.Unit)
		}
	case report.Amend:
		return a.checkAmendment(k)
	case report.Merge:
		if _, err := report.ParseID(a.Target); err != nil {
			return fault.At("/target", "Nomor laporan %q salah ketik.", a.Target)
		}
	case report.Submit, report.Close, report.NoAnswer, report.MarkLate, report.CloseWithTarget, report.MakePublic:
		return fault.At("/action", "Tindakan %q bukan untuk orang.", a.Action)
	}
	if a.Action == report.PassUp {
		return nil // its unit is computed
	}
	c := report.Command{Action: a.Action, Unit: a.Unit, Target: a.Target, Kind: a.Kind, Reason: a.Reason, Clock: a.Clock, Days: a.Days}
	if a.Text != "" {
		c.Digests = []string{""}
	}
	return c.Check()
}

func (a Act) checkCopies() error {
	if a.Action != report.Forward {
		return nil
	}
	if err := length("/public_title", "Judul salinan publik", a.PublicTitle, 0, MaxTitle); err != nil {
		return err
	}
	if err := length("/public_body", "Salinan publik", a.PublicBody, 0, MaxBody); err != nil {
		return err
	}
	if err := a.checkRedaction("/public_title", a.PublicTitle); err != nil {
		return err
	}
	return a.checkRedaction("/public_body", a.PublicBody)
}

// checkRedaction refuses a public copy that seems to tell somebody apart, unless
// its administrator has confirmed it: fault.Invalid with what was found and the
// copy without it. A pattern suggests, he decides.
func (a Act) checkRedaction(field, text string) error {
	what := found(text)
	if a.Confirmed || len(what) == 0 {
		return nil
	}
	return fault.At(field, "Salinan publik memuat %s. Saran: %q. Hapus, atau kirim public_confirmed: true bila memang boleh terbit.",
		strings.Join(what, ", "), redact.Suggest(text))
}

// found is what seems to tell somebody apart in a text, each with its kind.
func found(text string) []string {
	var what []string
	for _, m := range redact.Find(text) {
		what = append(what, fmt.Sprintf("%s %q", m.Kind, text[m.From:m.To]))
	}
	return what
}

func (a Act) checkAmendment(k *catalogue) error {
	if a.Class == "" && a.Category == "" && a.Region == "" && a.Accused == nil {
		return fault.At("", "Sebut paling sedikit satu: class, category, region, accused.")
	}
	if a.Class != "" && !a.Class.Valid() {
		return fault.At("/class", "Klasifikasi %q tidak dikenal.", a.Class)
	}
	if _, ok := k.categories[a.Category]; a.Category != "" && !ok {
		return fault.At("/category", "Kategori %q tidak dikenal.", a.Category)
	}
	if _, ok := k.regions[a.Region]; a.Region != "" && !ok {
		return fault.At("/region", "Wilayah %q tidak dikenal.", a.Region)
	}
	return checkAccused(k, a.Accused)
}

// checkReply refuses a reply of an administrator, which appears at once, as a public
// copy is refused.
func (a Act) checkReply(c Caller) error {
	if a.Action != report.Reply || c.Kind != Staff {
		return nil
	}
	return a.checkRedaction("/text", a.Text)
}

// fit judges an act against the report it is on, and fills in what is computed
// from it. Its errors name fields as check's do.
func (o *Office) fit(ctx context.Context, tx *store.Tx, k *catalogue, f file, a Act) (Act, error) {
	s := f.row.State
	switch a.Action {
	case report.Forward:
		a = a.fillCopy(f.row.Prepared)
		if f.row.PublicTitle == "" && a.PublicTitle == "" {
			return a, fault.At("/public_title", "Judul salinan publik wajib diisi pada disposisi pertama.")
		}
		if f.row.PublicBody == "" && a.PublicBody == "" {
			return a, fault.At("/public_body", "Salinan publik wajib diisi pada disposisi pertama.")
		}
		return a, k.mayAddress(f, a.Unit)
	case report.Reassign:
		if a.Unit == s.Agency {
			return a, fault.At("/agency", "Laporan ini sudah pada instansi %q.", a.Unit)
		}
		return a, k.mayAddress(f, a.Unit)
	case report.Assign:
		return a, k.mayAssign(f, a.Unit)
	case report.PassUp:
		return o.passUp(ctx, tx, k, f, a)
	case report.Merge:
		return o.mergeInto(ctx, tx, k, f, a)
	case report.Amend:
		if a.Class == "" && a.Category == "" && a.Region == "" {
			a.Category = s.Category // only the accused change
		}
	}
	return a, nil
}

// mayAddress: a coordinator sends a report to units of his tree only, nobody
// sends it to the accused.
func (k *catalogue) mayAddress(f file, unit string) error {
	if k.inside(unit, f.row.Accused) {
		return fault.At("/agency", "Instansi %q terlapor dalam laporan ini; alamatkan kepada pengawasnya, %q.", unit, k.outside(unit, f.row.Accused))
	}
	if !f.who.National && !slices.Contains(k.above(unit), f.who.Unit) {
		return fault.At("/agency", "Instansi %q di luar wewenang Anda; limpahkan laporan ke atas.", unit)
	}
	return nil
}

func (k *catalogue) mayAssign(f file, unit string) error {
	chain := k.above(unit)
	switch {
	case len(chain) < 2 || !slices.Contains(chain[1:], f.row.State.Agency):
		return fault.At("/unit", "Unit %q bukan unit di bawah instansi %q.", unit, f.row.State.Agency)
	case !slices.Contains(chain, f.who.Unit):
		return fault.At("/unit", "Unit %q di luar wewenang Anda.", unit)
	case k.inside(unit, f.row.Accused):
		return fault.At("/unit", "Unit %q terlapor dalam laporan ini.", unit)
	}
	return nil
}

// passUp finds the queue of the level above: the next administrator on the way
// up that is not accused, at last the national ones.
func (o *Office) passUp(ctx context.Context, tx *store.Tx, k *catalogue, f file, a Act) (Act, error) {
	queue := f.row.State.Queue
	if queue == k.national {
		return a, fault.New(fault.Conflict, "Tidak ada tingkat di atas antrean ini.")
	}
	up := k.byID[queue].Parent
	staffed, err := tx.AdminUnits(ctx, k.reachable(up))
	if err != nil {
		return a, err
	}
	if a.Unit = k.queueAbove(up, f.row.Accused, staffed); a.Unit == "" {
		a.Unit = k.national
	}
	return a, nil
}

// mergeInto judges the target as the administrator may see it; what the target
// must be is judged when the merge is recorded.
func (o *Office) mergeInto(ctx context.Context, tx *store.Tx, k *catalogue, f file, a Act) (Act, error) {
	unknown := fault.At("/target", "Laporan tujuan tidak ditemukan.")
	id, err := report.ParseID(a.Target)
	if err != nil {
		return a, unknown
	}
	row, err := tx.Load(ctx, id)
	if fault.KindOf(err) == fault.NotFound {
		return a, unknown
	}
	if err != nil {
		return a, err
	}
	if !f.ask(f.who, policy.Read, k.resource(row)).Allowed {
		return a, unknown
	}
	a.Target = id
	return a, nil
}

// textKinds says what the text of an action is for.
var textKinds = map[report.Action]store.TextKind{
	report.RequestInfo: store.TextQuestion, report.SupplyInfo: store.TextAnswer, report.Reply: store.TextReply,
	report.PostFollowUp: store.TextFollowUp, report.Note: store.TextNote, report.Return: store.TextReason,
	report.Archive: store.TextReason,
}

// command makes the row of an act. A reply that answers the administrator's
// question is an answer, which is never published.
func (o *Office) command(c Caller, f file, by report.Role, a Act) (store.NewCommand, error) {
	id := a.id
	if id == "" {
		var err error
		if id, err = newUUID(o.Random); err != nil {
			return store.NewCommand{}, err
		}
	}
	n := store.NewCommand{
		Report: f.row.State.ID, Subject: c.Subject, Accused: a.Accused,
		Command: report.Command{
			ID: id, Action: a.Action, By: by, Unit: a.Unit, Target: a.Target, Kind: a.Kind, Reason: a.Reason,
			Clock: a.Clock, Days: a.Days, Class: a.Class, Category: a.Category, Region: a.Region, NoContact: !f.row.HasContact,
		},
	}
	if by != report.Reporter {
		if n.Command.Office = c.Member.Unit; n.Command.Office == "" {
			n.Command.Office = o.National
		}
	} else {
		n.Subject = ""
		n.Hold = f.row.Identity != IdentityOpen
	}
	if by == report.Reporter || a.Action == report.PostFollowUp {
		n.Hold = n.Hold || len(redact.Find(a.Text)) > 0
	}
	kind, carries := textKinds[a.Action]
	if a.Action == report.Reply && by == report.Reporter && f.row.State.Stage == report.AwaitingReporter {
		kind = store.TextAnswer
	}
	if carries && a.Text != "" {
		n.Texts = append(n.Texts, store.Text{Kind: kind, Body: a.Text})
	}
	if a.Action == report.Forward && a.PublicTitle != "" {
		n.Texts = append(n.Texts, store.Text{Kind: store.TextTitle, Body: a.PublicTitle})
	}
	if a.Action == report.Forward && a.PublicBody != "" {
		n.Texts = append(n.Texts, store.Text{Kind: store.TextBody, Body: a.PublicBody})
	}
	for _, t := range n.Texts {
		sum := sha256.Sum256([]byte(t.Body))
		n.Command.Digests = append(n.Command.Digests, hex.EncodeToString(sum[:]))
	}
	return n, nil
}

// newUUID draws a random UUID, RFC 9562 version 4.
func newUUID(random io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("draw command id: %w", err)
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}
