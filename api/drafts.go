package api

import (
	"context"
	"net/http"

	"github.com/kawal-id/kawal/office"
)

// SaveDraft keeps the caller's follow-up for a head.
func (s *server) SaveDraft(ctx context.Context, r SaveDraftRequestObject) (SaveDraftResponseObject, error) {
	ctx, caller := from(ctx)
	d, err := s.Office.SaveDraft(ctx, caller, r.Id, r.Body.Text, r.Body.Kind)
	if err != nil {
		return nil, err
	}
	return SaveDraft200JSONResponse(d), nil
}

// ListDrafts lists the drafts that wait for the caller.
func (s *server) ListDrafts(ctx context.Context, _ ListDraftsRequestObject) (ListDraftsResponseObject, error) {
	ctx, caller := from(ctx)
	all, err := s.Office.Drafts(ctx, caller)
	if err != nil {
		return nil, err
	}
	return ListDrafts200JSONResponse{Drafts: all}, nil
}

// ApproveDraft posts a draft in the caller's name.
func (s *server) ApproveDraft(ctx context.Context, r ApproveDraftRequestObject) (ApproveDraftResponseObject, error) {
	ctx, caller := from(ctx)
	answer, err := s.Office.ApproveDraft(ctx, caller, r.Id, r.Draft, r.Body.Revision, r.Params.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	return &acted{answer}, nil
}

func (a *acted) VisitApproveDraftResponse(w http.ResponseWriter) error { return a.write(w) }

// ReturnDraft gives a draft back to its author.
func (s *server) ReturnDraft(ctx context.Context, r ReturnDraftRequestObject) (ReturnDraftResponseObject, error) {
	ctx, caller := from(ctx)
	d, err := s.Office.ReturnDraft(ctx, caller, r.Id, r.Draft, r.Body.Revision, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	return ReturnDraft200JSONResponse(d), nil
}

// DeleteDraft deletes the caller's draft.
func (s *server) DeleteDraft(ctx context.Context, r DeleteDraftRequestObject) (DeleteDraftResponseObject, error) {
	ctx, caller := from(ctx)
	return DeleteDraft204Response{}, s.Office.DeleteDraft(ctx, caller, r.Id, r.Draft)
}

// ListTemplates lists the templates that the caller may use.
func (s *server) ListTemplates(ctx context.Context, _ ListTemplatesRequestObject) (ListTemplatesResponseObject, error) {
	ctx, caller := from(ctx)
	all, err := s.Office.Templates(ctx, caller)
	if err != nil {
		return nil, err
	}
	return ListTemplates200JSONResponse{Templates: all}, nil
}

// PutTemplate writes a template.
func (s *server) PutTemplate(ctx context.Context, r PutTemplateRequestObject) (PutTemplateResponseObject, error) {
	ctx, caller := from(ctx)
	t, err := s.Office.PutTemplate(ctx, caller, office.Template{ID: r.Id, Unit: r.Body.Unit, Name: r.Body.Name, Text: r.Body.Text})
	if err != nil {
		return nil, err
	}
	return PutTemplate200JSONResponse(t), nil
}

// DeleteTemplate deletes a template.
func (s *server) DeleteTemplate(ctx context.Context, r DeleteTemplateRequestObject) (DeleteTemplateResponseObject, error) {
	ctx, caller := from(ctx)
	return DeleteTemplate204Response{}, s.Office.DeleteTemplate(ctx, caller, r.Id)
}
