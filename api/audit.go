package api

import (
	"context"

	"github.com/kawal-id/kawal/office"
)

// ReadAudit lists the audit log, newest first.
func (s *server) ReadAudit(ctx context.Context, r ReadAuditRequestObject) (ReadAuditResponseObject, error) {
	ctx, caller := from(ctx)
	p := r.Params
	page, err := s.Office.Audit(ctx, caller, office.AuditFilter{
		Report: p.Report, Subject: p.Subject, Action: p.Action, Since: p.Since, Until: p.Until, Limit: p.Limit,
	}, p.Cursor)
	if err != nil {
		return nil, err
	}
	return ReadAudit200JSONResponse{Lines: filled(page.Lines), Next: page.Next}, nil
}
