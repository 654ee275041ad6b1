package office

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/store"
)

// The limits of lists (DESIGN.md section 5, issue 2).
const (
	defaultPage = 50
	maxPage     = 100
	maxMap      = 2000
)

// List returns a page of the reports within the caller's reach: for staff those
// of his office, the latest accepted first; for everybody else the published
// ones, the latest published first; 1 to 100 a page (Limit 0: 50). cursor is Next of the page before, or
// empty. fault.Invalid naming the filter that is wrong.
func (o *Office) List(ctx context.Context, c Caller, f Filter, cursor string) (Page, error) {
	f, err := narrow(f, cursor)
	if err != nil {
		return Page{}, err
	}
	most := f.Limit
	if f.Limit < maxPage {
		f.Limit++ // one more tells whether there is a next page
	}
	cards, err := o.cards(ctx, c, f)
	if err != nil {
		return Page{}, err
	}
	p := Page{Reports: cards}
	if len(cards) >= most && (len(cards) > most || most == maxPage) {
		p.Reports = cards[:most]
		p.Next = after(cards[most-1])
	}
	if p.Reports == nil {
		p.Reports = []Card{}
	}
	return p, nil
}

func (o *Office) cards(ctx context.Context, c Caller, f Filter) ([]Card, error) {
	if c.Kind != Staff {
		return o.Store.PublicList(ctx, f)
	}
	var cards []Card
	err := o.asReader(ctx, c, policy.List, func(ctx context.Context, tx *store.Tx) (err error) {
		cards, err = tx.StaffList(ctx, f)
		return err
	})
	return cards, err
}

// asReader runs fn in the name of staff, if the policy allows the reading. A
// privileged one is written to the audit log in the same transaction.
func (o *Office) asReader(ctx context.Context, c Caller, act policy.Action, fn func(context.Context, *store.Tx) error) error {
	k, err := o.known(ctx)
	if err != nil {
		return err
	}
	logged, err := o.judged(ctx, c, k, act, policy.Resource{}, "")
	if err != nil {
		return err
	}
	return o.Store.As(ctx, o.actor(c, ""), func(ctx context.Context, tx *store.Tx) error {
		if logged || slices.Contains(watched, act) {
			if err := tx.WriteAudit(ctx, o.line(c, act, "", true)); err != nil {
				return err
			}
		}
		return fn(ctx, tx)
	})
}

func narrow(f Filter, cursor string) (Filter, error) {
	switch {
	case f.Limit == 0:
		f.Limit = defaultPage
	case f.Limit < 1 || f.Limit > maxPage:
		return f, fault.At("/limit", "Limit harus 1 sampai %d.", maxPage)
	}
	if err := checkFilter(f); err != nil {
		return f, err
	}
	if cursor == "" {
		return f, nil
	}
	var k store.Key
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(b, &k)
	}
	if err != nil || k.ID == "" || k.At.IsZero() {
		return f, fault.At("/cursor", "Kursor tidak sah; pakai next dari halaman sebelumnya.")
	}
	f.After = &k
	return f, nil
}

func checkFilter(f Filter) error {
	if f.Stage != "" && !f.Stage.Valid() {
		return fault.At("/stage", "Tahap %q tidak dikenal.", f.Stage)
	}
	if f.Class != "" && !f.Class.Valid() {
		return fault.At("/class", "Klasifikasi %q tidak dikenal.", f.Class)
	}
	if b := f.BBox; b != nil && !(b[0] >= -180 && b[0] <= b[2] && b[2] <= 180 && b[1] >= -90 && b[1] <= b[3] && b[3] <= 90) {
		return fault.At("/bbox", "Kotak wilayah harus barat,selatan,timur,utara dalam derajat.")
	}
	if !f.Since.IsZero() && !f.Until.IsZero() && !f.Since.Before(f.Until) {
		return fault.At("/until", "Akhir periode harus setelah awalnya.")
	}
	return length("/q", "Kata pencarian", f.Q, 0, MaxTitle)
}

// after is the cursor behind a card.
func after(c Card) string {
	b, err := json.Marshal(store.Key{At: c.At, ID: c.ID})
	if err != nil {
		panic(err) // a time and a string always have a form
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// Queue returns what waits for the caller and fits the filter, the most urgent
// first, at most 100 (Limit 0: 50). fault.Invalid naming the filter that is wrong.
func (o *Office) Queue(ctx context.Context, c Caller, f Filter) ([]Card, error) {
	f, err := narrow(f, "")
	if err != nil {
		return nil, err
	}
	cards := []Card{}
	err = o.asReader(ctx, c, policy.ReadQueue, func(ctx context.Context, tx *store.Tx) error {
		found, err := tx.Queue(ctx, f)
		cards = append([]Card{}, found...)
		return err
	})
	return cards, err
}

// Statistics counts by agency, category, region, stage or month: for staff what
// he may read, for everybody else what is published.
func (o *Office) Statistics(ctx context.Context, c Caller, dim string, f Filter) ([]Statistic, error) {
	if err := checkFilter(f); err != nil {
		return nil, err
	}
	if c.Kind != Staff {
		return o.Store.PublicStatistics(ctx, dim, f)
	}
	var lines []Statistic
	err := o.asReader(ctx, c, policy.ReadStatistics, func(ctx context.Context, tx *store.Tx) (err error) {
		lines, err = tx.StaffStatistics(ctx, dim, f)
		return err
	})
	return lines, err
}
