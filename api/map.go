package api

import (
	"context"
	"net/http"

	"github.com/kawal-id/kawal/office"
)

// geoJSON is a FeatureCollection as PostgreSQL made it.
type geoJSON []byte

// VisitMapReportsResponse writes the answer.
func (g geoJSON) VisitMapReportsResponse(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "application/geo+json")
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(g)
	return err
}

// MapReports lists reports as GeoJSON.
func (s *server) MapReports(ctx context.Context, r MapReportsRequestObject) (MapReportsResponseObject, error) {
	ctx, caller := from(ctx)
	p := r.Params
	text, err := s.Office.GeoJSON(ctx, caller, office.Filter{
		Category: p.Category, Agency: p.Agency, Region: p.Region, Stage: p.Stage, Late: p.Late, Q: p.Q,
		BBox: box(p.Bbox), Since: p.Since, Until: p.Until, Limit: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	return geoJSON(text), nil
}

// MapClusters counts reports by place.
func (s *server) MapClusters(ctx context.Context, r MapClustersRequestObject) (MapClustersResponseObject, error) {
	ctx, caller := from(ctx)
	p := r.Params
	c, err := s.Office.Clusters(ctx, caller, office.Filter{
		Category: p.Category, Agency: p.Agency, Region: p.Region, Stage: p.Stage, Late: p.Late, Q: p.Q,
		BBox: box(p.Bbox), Since: p.Since, Until: p.Until,
	}, p.Zoom)
	if err != nil {
		return nil, err
	}
	answer := MapClusters200JSONResponse{By: "province", Cell: c.Cell, Counted: "rows", Total: c.Total, WithoutPoint: c.WithoutPoint}
	if c.Cell != 0 {
		answer.By = "cell"
	}
	if c.Totals {
		answer.Counted = "totals"
	}
	answer.Clusters = each(c.Clusters, func(k office.Cluster) MapCluster {
		return MapCluster{Region: k.Region, Count: k.Count, Lat: k.Lat, Long: k.Long}
	})
	return answer, nil
}
