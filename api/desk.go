package api

import "context"

// PrepareCopy confirms the redacted copy that the next forward carries.
func (s *server) PrepareCopy(ctx context.Context, r PrepareCopyRequestObject) (PrepareCopyResponseObject, error) {
	ctx, caller := from(ctx)
	kept, err := s.Office.PrepareCopy(ctx, caller, r.Id, r.Body.PublicTitle, r.Body.PublicBody, r.Body.PublicConfirmed)
	if err != nil {
		return nil, err
	}
	return PrepareCopy200JSONResponse(kept), nil
}

// ListIdentityRequests lists what waits for a custodian.
func (s *server) ListIdentityRequests(ctx context.Context, _ ListIdentityRequestsRequestObject) (ListIdentityRequestsResponseObject, error) {
	ctx, caller := from(ctx)
	all, err := s.Office.IdentityRequests(ctx, caller)
	if err != nil {
		return nil, err
	}
	return ListIdentityRequests200JSONResponse{Requests: all}, nil
}
