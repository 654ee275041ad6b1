package api

import (
	"bytes"
	"context"
	"fmt"

	"github.com/kawal-id/kawal/office"
)

// ReportBody is a report as JSON.
type ReportBody struct {
	office.ReportView
	Rating *Rating `json:"rating,omitempty"`
}

func reportBody(v office.ReportView) ReportBody {
	b := ReportBody{ReportView: v}
	if v.Rating != nil {
		r := ratingBody(*v.Rating)
		b.Rating = &r
	}
	b.Clocks, b.Thread, b.AllowedActions = filled(v.Clocks), filled(v.Thread), filled(v.AllowedActions)
	return b
}

func ratingBody(r office.Rating) Rating {
	return Rating{Score: r.Score, Text: r.Text, RatedAt: r.RatedAt}
}

// filled makes nil an empty list, which JSON tells apart.
func filled[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// each applies write to every item; the answer is never nil.
func each[A, B any](list []A, write func(A) B) []B {
	out := make([]B, len(list))
	for i, item := range list {
		out[i] = write(item)
	}
	return out
}

// SubmitReport files a report.
func (s *server) SubmitReport(ctx context.Context, r SubmitReportRequestObject) (SubmitReportResponseObject, error) {
	ctx, caller := from(ctx)
	b := r.Body
	receipt, err := s.Office.Submit(ctx, caller, office.Submission{
		Title: b.Title, Body: b.Body, Class: b.Class, Category: b.Category, Attributes: b.Attributes,
		Region: b.Region, Lat: b.Lat, Long: b.Long, OccurredOn: b.OccurredOn, Agency: b.Agency, Accused: b.Accused,
		Identity: b.Identity, Content: b.Content, ShowName: b.ShowName,
		Name: b.Name, NIK: b.Nik, Address: b.Address, Contact: b.Contact, Documents: b.Documents,
	}, r.Params.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	return SubmitReport201JSONResponse{
		Body: Receipt{
			TrackingId: receipt.ID, AccessCode: receipt.AccessCode, Stage: receipt.Stage, Label: receipt.Label,
			Identity: receipt.Identity, Content: receipt.Content, AcceptedAt: receipt.AcceptedAt, DueAt: receipt.DueAt,
		},
		Headers: SubmitReport201ResponseHeaders{Location: "/v1/reports/" + receipt.ID},
	}, nil
}

// ReadReport shows one report.
func (s *server) ReadReport(ctx context.Context, r ReadReportRequestObject) (ReadReportResponseObject, error) {
	ctx, caller := from(ctx)
	view, err := s.Office.Report(ctx, caller, r.Id)
	if err != nil {
		return nil, err
	}
	return ReadReport200JSONResponse(reportBody(view)), nil
}

// ReadTimeline shows what happened to a report.
func (s *server) ReadTimeline(ctx context.Context, r ReadTimelineRequestObject) (ReadTimelineResponseObject, error) {
	ctx, caller := from(ctx)
	entries, err := s.Office.Timeline(ctx, caller, r.Id)
	if err != nil {
		return nil, err
	}
	return ReadTimeline200JSONResponse{Entries: filled(entries)}, nil
}

// ReadDeadlines explains the clocks of a report.
func (s *server) ReadDeadlines(ctx context.Context, r ReadDeadlinesRequestObject) (ReadDeadlinesResponseObject, error) {
	ctx, caller := from(ctx)
	deadlines, err := s.Office.Deadlines(ctx, caller, r.Id)
	if err != nil {
		return nil, err
	}
	return ReadDeadlines200JSONResponse{Deadlines: filled(deadlines)}, nil
}

// ReadPackage hands out the file for the Ombudsman.
func (s *server) ReadPackage(ctx context.Context, r ReadPackageRequestObject) (ReadPackageResponseObject, error) {
	ctx, caller := from(ctx)
	p, err := s.Office.Package(ctx, caller, r.Id)
	if err != nil {
		return nil, err
	}
	return ReadPackage200ApplicationzipResponse{
		Body: bytes.NewReader(p.ZIP), ContentLength: int64(len(p.ZIP)),
		Headers: ReadPackage200ResponseHeaders{ContentDisposition: fmt.Sprintf("attachment; filename=%q", p.ID+".zip")},
	}, nil
}

// Rate keeps the judgement of the reporter.
func (s *server) Rate(ctx context.Context, r RateRequestObject) (RateResponseObject, error) {
	ctx, caller := from(ctx)
	rating, err := s.Office.Rate(ctx, caller, r.Id, r.Body.Score, r.Body.Text)
	if err != nil {
		return nil, err
	}
	return Rate200JSONResponse(ratingBody(rating)), nil
}

// ReplaceCode replaces the access code. Who does not present the old one
// learns nothing from the answer, nor from when it comes.
func (s *server) ReplaceCode(ctx context.Context, r ReplaceCodeRequestObject) (ReplaceCodeResponseObject, error) {
	ctx, caller := from(ctx)
	code, err := s.Office.ReplaceCode(ctx, caller, r.Id, r.Params.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	if caller.Code == "" {
		s.door.Level(ctx)
	}
	return ReplaceCode200JSONResponse(code), nil
}

// SetVisibility makes a report secret, or notes a consent to publish it.
func (s *server) SetVisibility(ctx context.Context, r SetVisibilityRequestObject) (SetVisibilityResponseObject, error) {
	ctx, caller := from(ctx)
	v, err := s.Office.SetVisibility(ctx, caller, r.Id, r.Body.Content == office.ContentSecret, r.Params.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	if v.State == office.StateWaiting {
		return SetVisibility202JSONResponse{
			Body: v, Headers: SetVisibility202ResponseHeaders{Location: commandAddress(v.CommandID)},
		}, nil
	}
	return SetVisibility200JSONResponse(v), nil
}
