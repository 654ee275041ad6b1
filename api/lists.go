package api

import (
	"context"

	"github.com/kawal-id/kawal/office"
)

// pageSize is the length of a page where none is asked for.
const pageSize = 50

func cardBody(k office.Card) Card {
	return Card{
		Id: k.ID, Title: k.Title, Category: k.Category, Agency: k.Agency, Region: k.Region, Class: k.Class,
		Stage: k.Stage, Label: k.Stage.Label(k.Accepted), Secret: k.Secret, Late: k.Late, At: k.At, DueAt: k.DueAt,
		Lat: k.Lat, Long: k.Long,
	}
}

// box turns the parameter bbox into a filter; validation has counted it.
func box(b BBox) *[4]float64 {
	if len(b) != 4 {
		return nil
	}
	return (*[4]float64)(b)
}

// ListReports lists reports, newest first.
func (s *server) ListReports(ctx context.Context, r ListReportsRequestObject) (ListReportsResponseObject, error) {
	ctx, caller := from(ctx)
	p := r.Params
	limit := p.Limit
	if limit == 0 {
		limit = pageSize
	}
	page, err := s.Office.List(ctx, caller, office.Filter{
		Category: p.Category, Agency: p.Agency, Region: p.Region, Stage: p.Stage, Late: p.Late, Q: p.Q,
		BBox: box(p.Bbox), Since: p.Since, Until: p.Until, Limit: limit,
	}, p.Cursor)
	if err != nil {
		return nil, err
	}
	return ListReports200JSONResponse{Reports: each(page.Reports, cardBody), Next: page.Next}, nil
}

// ReadQueue lists what waits for the caller, most urgent first.
func (s *server) ReadQueue(ctx context.Context, r ReadQueueRequestObject) (ReadQueueResponseObject, error) {
	ctx, caller := from(ctx)
	p := r.Params
	limit := p.Limit
	if limit == 0 {
		limit = pageSize
	}
	cards, err := s.Office.Queue(ctx, caller, office.Filter{
		Category: p.Category, Agency: p.Agency, Region: p.Region, Stage: p.Stage, Class: p.Class, Late: p.Late, Q: p.Q,
		Since: p.Since, Until: p.Until, Limit: limit,
	})
	if err != nil {
		return nil, err
	}
	return ReadQueue200JSONResponse{Reports: each(cards, cardBody)}, nil
}
