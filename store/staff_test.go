package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

func staff(unit string, roles ...string) store.Actor {
	return store.Actor{Kind: store.Staff, Subject: "x", Unit: unit, Roles: roles}
}

// as returns the ids of a list as an actor reads it.
func (b *bench) as(a store.Actor, fn func(context.Context, *store.Tx) ([]store.Card, error)) []string {
	b.t.Helper()
	var cards []store.Card
	require.NoError(b.t, b.s.As(b.t.Context(), a, func(ctx context.Context, tx *store.Tx) (err error) {
		cards, err = fn(ctx, tx)
		return err
	}))
	return idsOf(cards)
}

func queue(ctx context.Context, tx *store.Tx) ([]store.Card, error) {
	return tx.Queue(ctx, store.Filter{})
}

func all(ctx context.Context, tx *store.Tx) ([]store.Card, error) {
	return tx.StaffList(ctx, store.Filter{})
}

func TestStaffSeeWhatIsWithinTheirUnit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var ids []string
	for i, f := range []filed{{}, {}, {secret: true}, {accused: []string{works}}} {
		b.setNow(wednesday.Add(time.Duration(i) * time.Minute))
		ids = append(ids, b.file(f).ID)
	}
	b.forward(ids[1], works)
	b.mustGive(ids[1], b.said(report.Command{Action: report.Assign, By: report.Officer, Office: works, Unit: roads}))
	b.forward(ids[2], health)
	b.forward(ids[3], works)

	for name, tt := range map[string]struct {
		actor store.Actor
		want  []string
	}{
		"the nation":                                     {staff("", "admin"), []string{ids[3], ids[2], ids[1], ids[0]}},
		"administrator of the queue":                     {staff(kab, "admin"), []string{ids[3], ids[2], ids[1], ids[0]}},
		"agency, none that accuses it":                   {staff(works, "officer"), []string{ids[1]}},
		"unit assigned":                                  {staff(roads, "officer"), []string{ids[1]}},
		"secret, for the addressed officer":              {staff(health, "officer"), []string{ids[2]}},
		"secret, not for an officer above it":            {staff(kab, "officer"), []string{ids[3], ids[1]}},
		"secret, not for a supervisor":                   {staff("", "supervisor"), []string{ids[3], ids[1], ids[0]}},
		"secret, for an auditor":                         {staff("", "auditor"), []string{ids[3], ids[2], ids[1], ids[0]}},
		"secret, not for an administrator of the agency": {staff(health, "admin"), nil},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, tt.want, b.as(tt.actor, all)) })
	}
}

func TestStaffListFiltersAndPages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ids := b.shelf()
	waiting := b.file(filed{lat: -6.9, lon: 107.6}).ID
	for name, tt := range map[string]struct {
		filter store.Filter
		want   []string
	}{
		"stage":        {store.Filter{Stage: report.Verification}, []string{waiting}},
		"agency":       {store.Filter{Agency: works}, []string{ids[1], ids[0]}},
		"tracking id":  {store.Filter{Q: waiting}, []string{waiting}},
		"public words": {store.Filter{Q: "salinan"}, ids3(ids)},
		"box":          {store.Filter{BBox: &[4]float64{107, -7, 108, -6.5}, Stage: report.Verification}, []string{waiting}},
		"page":         {store.Filter{Agency: works, Limit: 1, After: &store.Key{At: wednesday.Add(time.Minute), ID: ids[1]}}, []string{ids[0]}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tt.want, b.as(staff(kab, "admin"), func(ctx context.Context, tx *store.Tx) ([]store.Card, error) {
				return tx.StaffList(ctx, tt.filter)
			}))
		})
	}
}

func ids3(ids []string) []string { return []string{ids[2], ids[1], ids[0]} }

func TestAnAgencyReadsTheRedactedTitleOfAReporterWhoIsNotOpen(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{identity: "sealed"}).ID
	b.forward(id, works)
	title := func(a store.Actor) (title string) {
		require.NoError(t, b.s.As(t.Context(), a, func(ctx context.Context, tx *store.Tx) error {
			cards, err := tx.StaffList(ctx, store.Filter{})
			title = cards[0].Title
			return err
		}))
		return title
	}
	require.Equal(t, "Jalan berlubang di pasar", title(staff(works, "officer")))
	require.Equal(t, "Jalan berlubang", title(staff(kab, "admin")))
}

func TestTheQueueHoldsWhatWaitsForMeMostUrgentFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	later := time.Date(2025, 8, 11, 2, 0, 0, 0, time.UTC)
	answered, asked, waiting := b.file(filed{}).ID, b.file(filed{}).ID, b.file(filed{}).ID
	b.forward(answered, works)
	b.followUp(answered, report.Concluding, "Sudah.")
	b.forward(asked, works)
	b.mustGive(asked, b.said(report.Command{Action: report.RequestExtension, By: report.Officer, Office: works, Clock: report.FirstFollowUp, Days: 2}))
	b.setNow(later)
	young := b.file(filed{}).ID

	require.Equal(t, []string{waiting, asked, young}, b.as(staff(kab, "admin"), queue)) // due on 11, 13 and 14 August
	require.Equal(t, []string{asked}, b.as(staff(works, "officer"), queue))
	require.Empty(t, b.as(staff(health, "officer"), queue))
	require.Empty(t, b.as(staff(kab, "head"), queue)) // a head decides nothing
	require.Equal(t, []string{waiting}, b.as(staff("", "admin"), func(ctx context.Context, tx *store.Tx) ([]store.Card, error) {
		return tx.Queue(ctx, store.Filter{Limit: 1})
	}))
}

func TestStatisticsCountLatenessForWhoHeldTheClock(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	b.forward(id, works)
	f := b.load(id).State.Clock(report.FirstFollowUp)
	b.bySystem(id, report.Command{Action: report.MarkLate, Clock: f.Kind, ClockSeq: f.Seq, ReceivedAt: f.DueAt})
	b.mustGive(id, b.said(report.Command{Action: report.Reassign, By: report.Admin, Office: kab, Unit: health}))
	b.setNow(wib("2025-08-11 10:00"))
	b.followUp(id, report.Concluding, "Sudah.")
	b.must(func(ctx context.Context, tx *store.Tx) error {
		return tx.PutRating(ctx, id, store.Rating{Score: 4, RatedAt: b.now()})
	})
	secret := b.file(filed{secret: true}).ID
	b.forward(secret, health)

	lines, err := b.s.PublicStatistics(t.Context(), "agency", store.Filter{})
	require.NoError(t, err)
	three, four := 3.0, 4.0
	require.Equal(t, []store.Statistic{
		{Key: health, Received: 1, MedianWorkingDays: &three, Rating: &four, Ratings: 1},
		{Key: works, WasLate: 1},
	}, lines)

	lines, err = b.s.PublicStatistics(t.Context(), "agency", store.Filter{Agency: health})
	require.NoError(t, err)
	require.Len(t, lines, 1) // no line of an agency that was not asked for

	for dim, key := range map[string]string{"category": "roads.hole", "region": "32.04", "stage": "closure", "month": "2025-08"} {
		lines, err = b.s.PublicStatistics(t.Context(), dim, store.Filter{Agency: kab})
		require.NoError(t, err)
		require.Equal(t, []store.Statistic{{Key: key, Received: 1, WasLate: 1, MedianWorkingDays: &three, Rating: &four, Ratings: 1}}, lines)
	}
	_, err = b.s.PublicStatistics(t.Context(), "colour", store.Filter{})
	require.ErrorIs(t, err, fault.Invalid)

	statistics := func(a store.Actor) (lines []store.Statistic) {
		require.NoError(t, b.s.As(t.Context(), a, func(ctx context.Context, tx *store.Tx) (err error) {
			lines, err = tx.StaffStatistics(ctx, "agency", store.Filter{})
			return err
		}))
		return lines
	}
	require.Equal(t, 2, statistics(staff(kab, "admin"))[0].Received)     // the secret one too
	require.Equal(t, 1, statistics(staff("", "supervisor"))[0].Received) // not to him
	require.ErrorIs(t, b.do(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.StaffStatistics(ctx, "", store.Filter{})
		return err
	}), fault.Invalid)
}
