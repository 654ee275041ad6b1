package api

import (
	"context"

	"github.com/kawal-id/kawal/office"
)

// ReadStatistics counts reports by one dimension.
func (s *server) ReadStatistics(ctx context.Context, r ReadStatisticsRequestObject) (ReadStatisticsResponseObject, error) {
	ctx, caller := from(ctx)
	p := r.Params
	rows, err := s.Office.Statistics(ctx, caller, string(p.By), office.Filter{
		Category: p.Category, Agency: p.Agency, Region: p.Region, Stage: p.Stage, Since: p.Since,
	})
	if err != nil {
		return nil, err
	}
	return ReadStatistics200JSONResponse{By: string(p.By), Rows: each(rows, func(t office.Statistic) Statistic {
		return Statistic{
			Key: t.Key, Received: t.Received, LateNow: t.LateNow, WasLate: t.WasLate,
			MedianWorkingDays: t.MedianWorkingDays, Rating: t.Rating, Ratings: t.Ratings,
		}
	})}, nil
}
