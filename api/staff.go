package api

import (
	"context"

	"github.com/kawal-id/kawal/office"
)

// PutStaff appoints a person.
func (s *server) PutStaff(ctx context.Context, r PutStaffRequestObject) (PutStaffResponseObject, error) {
	ctx, caller := from(ctx)
	b := r.Body
	err := s.Office.PutStaff(ctx, caller, office.Member{
		Subject: r.Subject, Name: b.Name, Unit: b.Unit, Roles: b.Roles, Active: b.Active,
	})
	return PutStaff204Response{}, err
}

// ListViews lists links into the Temporal UI.
func (s *server) ListViews(ctx context.Context, _ ListViewsRequestObject) (ListViewsResponseObject, error) {
	ctx, caller := from(ctx)
	views, err := s.Office.Views(ctx, caller)
	if err != nil {
		return nil, err
	}
	return ListViews200JSONResponse{Views: filled(views)}, nil
}
