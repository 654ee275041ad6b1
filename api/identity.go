package api

import "context"

// ReadIdentity shows an open identity.
func (s *server) ReadIdentity(ctx context.Context, r ReadIdentityRequestObject) (ReadIdentityResponseObject, error) {
	ctx, caller := from(ctx)
	p, err := s.Office.Identity(ctx, caller, r.Id)
	if err != nil {
		return nil, err
	}
	return ReadIdentity200JSONResponse(p), nil
}

// EraseReport erases the personal data of a report.
func (s *server) EraseReport(ctx context.Context, r EraseReportRequestObject) (EraseReportResponseObject, error) {
	ctx, caller := from(ctx)
	done, err := s.Office.Erase(ctx, caller, r.Id)
	if err != nil {
		return nil, err
	}
	return EraseReport200JSONResponse(done), nil
}
