package office

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/store"
)

// catalogueAge is how old the office's picture of units, categories and
// regions may be. Row-level security reads the tables themselves, so a unit
// moved meanwhile shows nobody anything new. Ours.
const catalogueAge = 5 * time.Second

// catalogue is units, categories and regions at one moment. It never changes.
type catalogue struct {
	tree
	listing    Listing
	agencies   []Agency
	categories map[string]Category
	regions    map[string]Region
	at         time.Time
}

// cached keeps the last catalogue.
type cached struct {
	mu   sync.Mutex
	last *catalogue
}

// known returns a catalogue no older than catalogueAge.
func (o *Office) known(ctx context.Context) (*catalogue, error) {
	o.catalogue.mu.Lock()
	defer o.catalogue.mu.Unlock()
	if k := o.catalogue.last; k != nil && o.Now().Sub(k.at) < catalogueAge && !o.Now().Before(k.at) {
		return k, nil
	}
	k, err := o.read(ctx)
	if err != nil {
		return nil, err
	}
	o.catalogue.last = k
	return k, nil
}

func (o *Office) read(ctx context.Context) (*catalogue, error) {
	k := &catalogue{categories: map[string]Category{}, regions: map[string]Region{}, at: o.Now()}
	var err error
	if k.agencies, err = o.Store.Agencies(ctx); err != nil {
		return nil, err
	}
	k.tree = newTree(k.agencies, o.National)
	categories, err := o.Store.Categories(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range categories {
		k.categories[c.Code] = c
	}
	regions, err := o.Store.Regions(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range regions {
		k.regions[r.Code] = r
	}
	k.listing = Listing{Categories: categories, Agencies: k.agencies, Regions: regions}
	return k, nil
}

// Listing is all topics by code, units by id, inactive ones included, and regions
// by code. It is shared: nobody changes it.
type Listing struct {
	Categories []Category
	Agencies   []Agency
	Regions    []Region
}

// Listing returns what pages name and offer to choose from, at most five seconds
// old.
func (o *Office) Listing(ctx context.Context) (Listing, error) {
	k, err := o.known(ctx)
	if err != nil {
		return Listing{}, err
	}
	return k.listing, nil
}

// forget makes the next question read the tables again.
func (o *Office) forget() {
	o.catalogue.mu.Lock()
	defer o.catalogue.mu.Unlock()
	o.catalogue.last = nil
}

// Categories returns all categories by code.
func (o *Office) Categories(ctx context.Context) ([]Category, error) { return o.Store.Categories(ctx) }

// Agencies returns all units by id, inactive ones included.
func (o *Office) Agencies(ctx context.Context) ([]Agency, error) { return o.Store.Agencies(ctx) }

// Regions returns all regions by code.
func (o *Office) Regions(ctx context.Context) ([]Region, error) { return o.Store.Regions(ctx) }

// PutAgency writes a unit. It is set up, moved and given a calendar by an
// administrator above it, where it is and where it goes.
// fault.Forbidden otherwise; fault.Invalid naming the field for what is
// unknown or would close a circle, for a rule set that is not in force yet, and
// for one made for demonstration outside the unit "demo" of a local stack.
func (o *Office) PutAgency(ctx context.Context, c Caller, a Agency) error {
	o.forget()
	k, err := o.known(ctx)
	if err != nil {
		return err
	}
	if err := checkParent(k, a); err != nil {
		return err
	}
	if err := o.checkRules(ctx, a); err != nil {
		return err
	}
	places := [][]string{append([]string{a.ID}, k.above(a.Parent)...)}
	if _, exists := k.byID[a.ID]; exists {
		places = append(places, k.above(a.ID))
	}
	for _, chain := range places {
		if err := o.authorize(ctx, c, k, policy.PutAgency, policy.Resource{Unit: chain}, ""); err != nil {
			return err
		}
	}
	defer o.forget()
	return o.asStaff(ctx, c, policy.PutAgency, func(ctx context.Context, tx *store.Tx) error { return tx.PutAgency(ctx, a) })
}

func checkParent(k *catalogue, a Agency) error {
	if _, known := k.byID[a.Parent]; !known && a.Parent != "" {
		return fault.At("/parent", "Instansi induk %q tidak dikenal.", a.Parent)
	}
	return nil
}

// PutCategory writes a category; only national administrators may.
func (o *Office) PutCategory(ctx context.Context, c Caller, k Category) error {
	known, err := o.known(ctx)
	if err != nil {
		return err
	}
	if err := o.authorize(ctx, c, known, policy.PutCategory, policy.Resource{}, ""); err != nil {
		return err
	}
	defer o.forget()
	return o.asStaff(ctx, c, policy.PutCategory, func(ctx context.Context, tx *store.Tx) error { return tx.PutCategory(ctx, k) })
}

// asStaff runs fn in the caller's name and notes the act in the audit log, in
// one transaction.
func (o *Office) asStaff(ctx context.Context, c Caller, act policy.Action, fn func(context.Context, *store.Tx) error) error {
	err := o.Store.As(ctx, o.actor(c, ""), func(ctx context.Context, tx *store.Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		return tx.WriteAudit(ctx, o.line(c, act, "", true))
	})
	if err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	return nil
}
