package main

import (
	"context"
	"fmt"

	"github.com/kawal-id/kawal/internal/sample"
	"github.com/kawal-id/kawal/store"
)

// putSample puts in regions, categories, calendars, the fictional tree of
// agencies and its staff, unless the tree is there already: then an
// administrator may have changed it, and nothing is touched.
func putSample(ctx context.Context, st *store.Store) error {
	known, err := st.Agencies(ctx)
	if err != nil {
		return err
	}
	if len(known) > 0 {
		return nil
	}
	return st.As(ctx, store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) error {
		if err := putCodes(ctx, tx); err != nil {
			return err
		}
		for _, a := range sample.Agencies() {
			row := store.Agency{ID: a.ID, Name: a.Name, Parent: a.Parent, Region: a.Region, Calendar: a.Calendar,
				RuleSet: a.RuleSet, Oversight: a.Oversight, Active: true}
			if err := tx.PutAgency(ctx, row); err != nil {
				return fmt.Errorf("agency %s: %w", a.ID, err)
			}
		}
		for _, m := range sample.Staff() {
			row := store.StaffMember{Subject: m.Subject, Name: m.Name, Unit: m.Unit, Roles: m.Roles, Active: true}
			if err := tx.PutStaff(ctx, row); err != nil {
				return fmt.Errorf("staff %s: %w", m.Subject, err)
			}
		}
		return nil
	})
}

func putCodes(ctx context.Context, tx *store.Tx) error {
	var regions []store.Region
	for _, r := range sample.Regions() {
		regions = append(regions, store.Region(r))
	}
	if err := tx.PutRegions(ctx, regions); err != nil {
		return fmt.Errorf("regions: %w", err)
	}
	for _, c := range sample.Categories() {
		if err := tx.PutCategory(ctx, store.Category(c)); err != nil {
			return fmt.Errorf("category %s: %w", c.Code, err)
		}
	}
	for _, c := range sample.Calendars() {
		row := store.CalendarRow{ID: c.ID, Zone: c.Zone, WeekDays: c.Week, JointLeave: c.JointLeave}
		if err := tx.PutCalendar(ctx, row); err != nil {
			return fmt.Errorf("calendar %s: %w", c.ID, err)
		}
	}
	return nil
}
