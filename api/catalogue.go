package api

import (
	"context"

	"github.com/kawal-id/kawal/office"
)

// ListCategories lists the categories.
func (s *server) ListCategories(ctx context.Context, _ ListCategoriesRequestObject) (ListCategoriesResponseObject, error) {
	ctx, _ = from(ctx)
	categories, err := s.Office.Categories(ctx)
	if err != nil {
		return nil, err
	}
	return ListCategories200JSONResponse{Categories: each(categories, func(k office.Category) Category {
		return Category{Code: k.Code, Parent: k.Parent, NameId: k.NameID, NameEn: k.NameEN, DefaultContent: k.DefaultContent, Weight: k.Weight}
	})}, nil
}

// PutCategory sets up or changes a category.
func (s *server) PutCategory(ctx context.Context, r PutCategoryRequestObject) (PutCategoryResponseObject, error) {
	ctx, caller := from(ctx)
	b := r.Body
	err := s.Office.PutCategory(ctx, caller, office.Category{
		Code: r.Id, Parent: b.Parent, NameID: b.NameId, NameEN: b.NameEn, DefaultContent: b.DefaultContent, Weight: b.Weight,
	})
	return PutCategory204Response{}, err
}

// ListAgencies lists the agencies and their units.
func (s *server) ListAgencies(ctx context.Context, _ ListAgenciesRequestObject) (ListAgenciesResponseObject, error) {
	ctx, _ = from(ctx)
	agencies, err := s.Office.Agencies(ctx)
	if err != nil {
		return nil, err
	}
	return ListAgencies200JSONResponse{Agencies: filled(agencies)}, nil
}

// PutAgency sets up or changes an agency.
func (s *server) PutAgency(ctx context.Context, r PutAgencyRequestObject) (PutAgencyResponseObject, error) {
	ctx, caller := from(ctx)
	b := r.Body
	err := s.Office.PutAgency(ctx, caller, office.Agency{
		ID: r.Id, Name: b.Name, Parent: b.Parent, Region: b.Region, Calendar: b.Calendar, RuleSet: b.RuleSet,
		Oversight: b.Oversight, Active: b.Active, DraftApproval: b.DraftApproval,
	})
	return PutAgency204Response{}, err
}

// ListRegions lists the regions.
func (s *server) ListRegions(ctx context.Context, _ ListRegionsRequestObject) (ListRegionsResponseObject, error) {
	ctx, _ = from(ctx)
	regions, err := s.Office.Regions(ctx)
	if err != nil {
		return nil, err
	}
	return ListRegions200JSONResponse{Regions: each(regions, func(g office.Region) Region {
		return Region{Code: g.Code, Parent: g.Parent, Name: g.Name}
	})}, nil
}
