package worker

import (
	"context"
	"time"

	"github.com/kawal-id/kawal/store"
)

const (
	foldEvery     = 2 * time.Second
	openDataEvery = 10 * time.Minute // between looks at the date
	openDataHour  = time.Hour        // after midnight in WIB the night's file is made; ours
)

// wib is the zone whose nights are meant.
var wib = time.FixedZone("WIB", 7*60*60)

// Fold brings what was published and taken down since into the totals of the map.
// Repeating it does nothing.
func (c Config) Fold(ctx context.Context) error {
	return c.as(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.FoldTotals(ctx)
		return err
	})
}

// MakeOpenData makes the open data of this night, from one o'clock in WIB on, unless
// they are there. A new installation makes its first at once.
func (c Config) MakeOpenData(ctx context.Context) error {
	year, month, day := c.Now().Add(-openDataHour).In(wib).Date()
	return c.as(ctx, func(ctx context.Context, tx *store.Tx) error {
		made, err := tx.MakeOpenData(ctx, time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
		if made {
			c.Log.InfoContext(ctx, "open data made")
		}
		return err
	})
}
