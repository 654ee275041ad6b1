package office

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/internal/redact"
	"github.com/kawal-id/kawal/store"
)

// Template is a short text that a unit uses again in its follow-ups [templat
// tanggapan].
type Template struct {
	ID        string    `json:"id"`                   // letters, digits, dots, dashes; one name space for all units [/id]
	Unit      string    `json:"unit"`                 // whose it is; those below it read it too [/unit]
	Name      string    `json:"name"`                 // 1 to MaxTemplateName runes [/name]
	Text      string    `json:"text"`                 // 1 to MaxTemplate runes, in which nothing tells anybody apart [/text]
	ChangedBy string    `json:"changed_by,omitempty"` // subject; set by the office
	ChangedAt time.Time `json:"changed_at"`           // set by the office
}

func template(t store.Template) Template {
	return Template{ID: t.ID, Unit: t.Unit, Name: t.Name, Text: t.Text, ChangedBy: t.Subject, ChangedAt: t.At}
}

// Templates returns the templates that the caller may use, by unit and name: those of
// his unit and of the units above it; for administrators also those below it, which
// they may write.
// fault.Unauthenticated and fault.Forbidden for who answers no report.
func (o *Office) Templates(ctx context.Context, c Caller) ([]Template, error) {
	k, err := o.known(ctx)
	if err != nil {
		return nil, err
	}
	units := k.templateUnits(c.office(k, false))
	all := []Template{}
	err = o.asReader(ctx, c, policy.ReadTemplates, func(ctx context.Context, tx *store.Tx) error {
		found, err := tx.Templates(ctx, units)
		all = []Template{}
		for _, t := range found {
			all = append(all, template(t))
		}
		return err
	})
	return all, err
}

// templateUnits are the units whose templates somebody reads.
func (k *catalogue) templateUnits(a policy.Actor) []string {
	units := append([]string{k.national}, a.Above...)
	if !slices.Contains(a.Roles, policy.Admin) {
		return units
	}
	for id := range k.byID {
		if a.National || slices.Contains(k.above(id), a.Unit) {
			units = append(units, id)
		}
	}
	return units
}

// PutTemplate writes a template in the place of the one of that id: an administrator
// in whose tree the unit lies, or a head of the unit; to take one from another unit
// takes both.
//
// Errors: fault.Invalid naming the field, and /text or /name where something seems to
// tell somebody apart; fault.Unauthenticated and fault.Forbidden.
func (o *Office) PutTemplate(ctx context.Context, c Caller, t Template) (Template, error) {
	t.Name, t.Text = strings.TrimSpace(t.Name), strings.TrimSpace(t.Text)
	if err := t.check(); err != nil {
		return Template{}, err
	}
	k, err := o.known(ctx)
	if err != nil {
		return Template{}, err
	}
	if u, ok := k.byID[t.Unit]; !ok || !u.Active {
		return Template{}, fault.At("/unit", "Unit %q tidak dikenal.", t.Unit)
	}
	if err := o.authorize(ctx, c, k, policy.PutTemplate, policy.Resource{Unit: k.above(t.Unit)}, ""); err != nil {
		return Template{}, err
	}
	err = o.asStaff(ctx, c, policy.PutTemplate, func(ctx context.Context, tx *store.Tx) error {
		was, err := tx.Template(ctx, t.ID)
		if err == nil {
			err = o.ownsTemplate(c, k, was)
		} else if fault.KindOf(err) == fault.NotFound {
			err = nil
		}
		if err != nil {
			return err
		}
		now, err := tx.PutTemplate(ctx, store.Template{ID: t.ID, Unit: t.Unit, Name: t.Name, Text: t.Text})
		t = template(now)
		return err
	})
	if err != nil {
		return Template{}, err
	}
	return t, nil
}

func (t Template) check() error {
	if err := length("/name", "Nama templat", t.Name, 1, MaxTemplateName); err != nil {
		return err
	}
	if err := length("/text", "Teks templat", t.Text, 1, MaxTemplate); err != nil {
		return err
	}
	for field, text := range map[string]string{"/name": t.Name, "/text": t.Text} {
		if found := redact.Find(text); len(found) > 0 {
			return fault.At(field, "Templat memuat %s %q; templat dipakai untuk banyak laporan dan tidak memuat data orang.",
				found[0].Kind, text[found[0].From:found[0].To])
		}
	}
	return nil
}

func (o *Office) ownsTemplate(c Caller, k *catalogue, t store.Template) error {
	if d := o.ask(c.office(k, false), policy.PutTemplate, policy.Resource{Unit: k.above(t.Unit)}); !d.Allowed {
		return fault.New(fault.Forbidden, "%s", d.Reason)
	}
	return nil
}

// DeleteTemplate deletes a template; who may write it may. fault.NotFound if there is
// none, fault.Unauthenticated and fault.Forbidden otherwise.
func (o *Office) DeleteTemplate(ctx context.Context, c Caller, id string) error {
	k, err := o.known(ctx)
	if err != nil {
		return err
	}
	if err := o.authorize(ctx, c, k, policy.ReadTemplates, policy.Resource{}, ""); err != nil {
		return err
	}
	return o.asStaff(ctx, c, policy.PutTemplate, func(ctx context.Context, tx *store.Tx) error {
		t, err := tx.Template(ctx, id)
		if fault.KindOf(err) == fault.NotFound {
			return fault.New(fault.NotFound, "Templat tidak ditemukan.")
		}
		if err != nil {
			return err
		}
		if err := o.ownsTemplate(c, k, t); err != nil {
			return err
		}
		return tx.DeleteTemplate(ctx, id)
	})
}
