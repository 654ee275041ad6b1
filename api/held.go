package api

import "context"

// ListHeld lists the texts that wait for the caller.
func (s *server) ListHeld(ctx context.Context, r ListHeldRequestObject) (ListHeldResponseObject, error) {
	ctx, caller := from(ctx)
	limit := r.Params.Limit
	if limit == 0 {
		limit = pageSize
	}
	texts, err := s.Office.Held(ctx, caller, limit)
	if err != nil {
		return nil, err
	}
	return ListHeld200JSONResponse{Texts: texts}, nil
}

// ConfirmPost lets a held text appear.
func (s *server) ConfirmPost(ctx context.Context, r ConfirmPostRequestObject) (ConfirmPostResponseObject, error) {
	ctx, caller := from(ctx)
	p, err := s.Office.Confirm(ctx, caller, r.Id, r.Post, r.Body.Text, r.Body.PublicConfirmed)
	if err != nil {
		return nil, err
	}
	return ConfirmPost200JSONResponse(p), nil
}
