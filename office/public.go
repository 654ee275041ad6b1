package office

import (
	"context"
	"math"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/store"
)

// What the public asks of published reports. It is the same for every caller, so
// nobody's rights are asked for: there is no row of a secret report to be seen.

const (
	maxCells   = 4096 // of one map: 64 pixels each, more than any screen
	maxZoom    = 20
	feedLength = 50
	exportPage = 500
)

// mapQuery is the filter with what the catalogue knows of it.
func (o *Office) mapQuery(ctx context.Context, f Filter) (store.MapQuery, error) {
	q := store.MapQuery{Filter: f}
	if err := checkFilter(f); err != nil || f.Region == "" {
		return q, err
	}
	k, err := o.known(ctx)
	if err != nil {
		return q, err
	}
	q.Province = k.regions[f.Region].Parent == ""
	return q, nil
}

// GeoJSON returns published reports that have a point as a FeatureCollection, at
// most 2000 (Limit 0: 2000), and how many that fit have none. It is the same for
// every caller.
func (o *Office) GeoJSON(ctx context.Context, _ Caller, f Filter) ([]byte, error) {
	switch {
	case f.Limit < 0 || f.Limit > maxMap:
		return nil, fault.At("/limit", "Limit harus 1 sampai %d.", maxMap)
	case f.Limit == 0:
		f.Limit = maxMap
	}
	q, err := o.mapQuery(ctx, f)
	if err != nil {
		return nil, err
	}
	return o.Store.PublicGeoJSON(ctx, q)
}

// Clusters counts published reports by province up to zoom 8, by the cells of a
// grid beyond, where a box of at most 4096 cells is needed. It is the same for
// every caller.
func (o *Office) Clusters(ctx context.Context, _ Caller, f Filter, zoom int) (Clusters, error) {
	if zoom < 0 || zoom > maxZoom {
		return Clusters{}, fault.At("/zoom", "Zum harus 0 sampai %d.", maxZoom)
	}
	q, err := o.mapQuery(ctx, f)
	if err != nil {
		return Clusters{}, err
	}
	q.Zoom = zoom
	if zoom > store.ProvinceZoom {
		if err := checkCells(f.BBox, store.CellSize(zoom)); err != nil {
			return Clusters{}, err
		}
	}
	return o.Store.PublicClusters(ctx, q)
}

func checkCells(b *[4]float64, size float64) error {
	if b == nil {
		return fault.At("/bbox", "Pada zum ini kotak wilayah diperlukan.")
	}
	wide, high := math.Floor(b[2]/size)-math.Floor(b[0]/size)+1, math.Floor(b[3]/size)-math.Floor(b[1]/size)+1
	if wide*high > maxCells {
		return fault.At("/bbox", "Kotak wilayah terlalu luas untuk zum ini; perkecil kotak atau zum.")
	}
	return nil
}

// Feed returns the newest 50 published reports of an agency, a category, a region,
// each with what is below it, or of all. It is the same for every caller.
func (o *Office) Feed(ctx context.Context, _ Caller, f Filter) ([]Entry, error) {
	if err := checkFilter(f); err != nil {
		return nil, err
	}
	f.Limit = feedLength
	return o.Store.PublicEntries(ctx, f)
}

// Export is published reports that come one page after the other. It is not safe
// for concurrent use.
type Export struct {
	Total int // that fitted when it began

	// Next returns the reports that follow those of the last call, the newest first;
	// none: that was all. Each call reads anew: what was made secret meanwhile is not
	// among them.
	Next func(ctx context.Context) ([]Entry, error)
}

// Export begins an export of all published reports that fit. It is the same for
// every caller.
func (o *Office) Export(ctx context.Context, _ Caller, f Filter) (Export, error) {
	q, err := o.mapQuery(ctx, f)
	if err != nil {
		return Export{}, err
	}
	total, err := o.Store.PublicCount(ctx, q)
	if err != nil {
		return Export{}, err
	}
	f.Limit, f.After = exportPage, nil
	done := false
	return Export{Total: total, Next: func(ctx context.Context) ([]Entry, error) {
		if done {
			return nil, nil
		}
		page, err := o.Store.PublicEntries(ctx, f)
		if err != nil {
			return nil, err
		}
		if done = len(page) < exportPage; len(page) > 0 {
			f.After = page[len(page)-1].Key()
		}
		return page, nil
	}}, nil
}

// OpenData returns the open data of last night. fault.NotFound before the first
// night. It is the same for every caller.
func (o *Office) OpenData(ctx context.Context, _ Caller) (OpenData, error) {
	return o.Store.OpenData(ctx)
}
