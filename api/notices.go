package api

import (
	"context"

	"github.com/kawal-id/kawal/office"
)

// ListDeadLetters lists the notices that could not be sent. What the mail
// server said is left out: it often repeats the address.
func (s *server) ListDeadLetters(ctx context.Context, _ ListDeadLettersRequestObject) (ListDeadLettersResponseObject, error) {
	ctx, caller := from(ctx)
	letters, err := s.Office.DeadLetters(ctx, caller)
	if err != nil {
		return nil, err
	}
	return ListDeadLetters200JSONResponse{Notices: each(letters, func(l office.DeadLetter) DeadLetter {
		return DeadLetter{Id: l.ID, Report: l.Report, Template: l.Template, Attempts: l.Attempts, DiedAt: l.DiedAt}
	})}, nil
}

// RequeueNotice sends a notice again.
func (s *server) RequeueNotice(ctx context.Context, r RequeueNoticeRequestObject) (RequeueNoticeResponseObject, error) {
	ctx, caller := from(ctx)
	return RequeueNotice204Response{}, s.Office.Requeue(ctx, caller, r.Id)
}
