package api

import "context"

// RequestIdentity asks to open a sealed identity.
func (s *server) RequestIdentity(ctx context.Context, r RequestIdentityRequestObject) (RequestIdentityResponseObject, error) {
	ctx, caller := from(ctx)
	q, err := s.Office.RequestIdentity(ctx, caller, r.Id, r.Body.Reason, r.Params.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	return RequestIdentity201JSONResponse{
		Body: q, Headers: RequestIdentity201ResponseHeaders{Location: "/v1/reports/" + q.Report + "/identity-requests/" + q.ID},
	}, nil
}

// ReadIdentityRequest shows a request, and hands out what two have agreed to.
func (s *server) ReadIdentityRequest(ctx context.Context, r ReadIdentityRequestRequestObject) (ReadIdentityRequestResponseObject, error) {
	ctx, caller := from(ctx)
	q, err := s.Office.IdentityRequest(ctx, caller, r.Id, r.RequestId)
	if err != nil {
		return nil, err
	}
	return ReadIdentityRequest200JSONResponse(q), nil
}

// ConsentIdentity notes the consent of the second custodian.
func (s *server) ConsentIdentity(ctx context.Context, r ConsentIdentityRequestObject) (ConsentIdentityResponseObject, error) {
	ctx, caller := from(ctx)
	q, err := s.Office.ConsentIdentity(ctx, caller, r.Id, r.RequestId)
	if err != nil {
		return nil, err
	}
	return ConsentIdentity200JSONResponse(q), nil
}
