package api

import (
	"cmp"
	"context"

	"github.com/kawal-id/kawal/office"
)

// ListBulk lists the caller's acts on many reports.
func (s *server) ListBulk(ctx context.Context, _ ListBulkRequestObject) (ListBulkResponseObject, error) {
	ctx, caller := from(ctx)
	jobs, err := s.Office.Bulks(ctx, caller)
	if err != nil {
		return nil, err
	}
	return ListBulk200JSONResponse{Jobs: jobs}, nil
}

// StartBulk keeps an act on many reports.
func (s *server) StartBulk(ctx context.Context, r StartBulkRequestObject) (StartBulkResponseObject, error) {
	ctx, caller := from(ctx)
	b := r.Body
	job, err := s.Office.StartBulk(ctx, caller, office.BulkOrder{
		Act:     office.Act{Action: b.Action, Unit: cmp.Or(b.Agency, b.Unit), Reason: b.Reason, Text: b.Text},
		Reports: b.Reports,
	}, r.Params.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	return StartBulk201JSONResponse{Body: job, Headers: StartBulk201ResponseHeaders{Location: "/v1/bulk/" + job.ID}}, nil
}

// ReadBulk tells what became of each report.
func (s *server) ReadBulk(ctx context.Context, r ReadBulkRequestObject) (ReadBulkResponseObject, error) {
	ctx, caller := from(ctx)
	job, err := s.Office.Bulk(ctx, caller, r.Id)
	if err != nil {
		return nil, err
	}
	return ReadBulk200JSONResponse(job), nil
}

// RunBulk carries out the next reports of a job.
func (s *server) RunBulk(ctx context.Context, r RunBulkRequestObject) (RunBulkResponseObject, error) {
	ctx, caller := from(ctx)
	job, err := s.Office.RunBulk(ctx, caller, r.Id, r.Body.Limit)
	if err != nil {
		return nil, err
	}
	return RunBulk200JSONResponse(job), nil
}
