package store_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

func TestThePublicReadsTheRedactedCopyOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{lat: -6.914744, lon: 107.609810}).ID
	_, err := b.s.PublicReport(t.Context(), id)
	require.ErrorIs(t, err, fault.NotFound)

	b.forward(id, works)
	b.mustGive(id, b.said(report.Command{Action: report.Note, By: report.Officer, Office: works}, store.Text{Kind: store.TextNote, Body: "Rahasia dapur."}))
	held := b.said(report.Command{Action: report.Reply, By: report.Reporter}, store.Text{Kind: store.TextReply, Body: "Telepon saya."})
	held.Hold = true
	b.mustGive(id, held)
	b.followUp(id, report.Concluding, "Sudah ditambal.")
	b.must(func(ctx context.Context, tx *store.Tx) error {
		return tx.PutRating(ctx, id, store.Rating{Score: 3, Text: "Cepat.", RatedAt: wednesday})
	})

	p, err := b.s.PublicReport(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, "Jalan berlubang di pasar", p.Title)
	require.Equal(t, "Salinan publik.", p.Body)
	require.Equal(t, report.Closure, p.Stage)
	require.Equal(t, works, p.Agency)
	require.Equal(t, 1, p.Round)
	require.Equal(t, wednesday, p.PublishedAt)
	require.Equal(t, wib("2025-08-21 00:00"), *p.DueAt)
	require.Equal(t, &store.Rating{Score: 3, RatedAt: wednesday}, p.Rating)
	require.InDelta(t, -6.914744, *p.Lat, 0) // open: where he put it
	require.Len(t, p.Clocks, 1)
	require.Equal(t, report.Silence, p.Clocks[0].Kind)
	require.Equal(t, []store.Post{{
		Seq: 5, Kind: store.TextFollowUp, Role: report.Officer, Office: works, FollowUp: report.Concluding,
		Body: "Sudah ditambal.", SHA256: digest("Sudah ditambal."), At: wednesday, Published: true,
	}}, p.Thread)
	require.Len(t, b.thread(id), 5) // staff read all
}

func TestAHeldTextAppearsOnceItIsConfirmed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	b.forward(id, works)
	held := b.said(report.Command{Action: report.Reply, By: report.Reporter}, store.Text{Kind: store.TextReply, Body: "Telepon saya."})
	held.Hold = true
	b.mustGive(id, held)
	release := func(command string) error {
		return b.do(func(ctx context.Context, tx *store.Tx) error { return tx.ConfirmText(ctx, id, command, "") })
	}
	for range 2 {
		require.NoError(t, release(held.Command.ID))
		p, err := b.s.PublicReport(t.Context(), id)
		require.NoError(t, err)
		require.Len(t, p.Thread, 1)
		require.Equal(t, "Telepon saya.", p.Thread[0].Body)
	}
	require.ErrorIs(t, release("nothing"), fault.NotFound)
}

func TestPointsOfReportsThatAreNotOpenAreSnapped(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, identity := range []string{"sealed", "none"} {
		id := b.file(filed{identity: identity, lat: -6.914744, lon: 107.609810}).ID
		b.forward(id, works)
		p, err := b.s.PublicReport(t.Context(), id)
		require.NoError(t, err)
		require.InDelta(t, -6.915, *p.Lat, 1e-9)
		require.InDelta(t, 107.605, *p.Long, 1e-9)
	}
}

func TestASecretReportIsNeverPublished(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	secret := b.file(filed{secret: true, lat: -6.9, lon: 107.6}).ID
	b.forward(secret, works)
	b.followUp(secret, report.Concluding, "Sudah ditindak.")
	b.reply(secret, "Terima kasih.")
	require.Zero(t, b.count(`SELECT count(*) FROM published`))
	require.Zero(t, b.count(`SELECT count(*) FROM published_post`))
	require.Len(t, b.thread(secret), 4)

	conn := `INSERT INTO published (id, title, body, category, agency, region, class, channel, stage, round, accepted, late, clocks, late_units, published_at, updated_at)
		SELECT id, 'x', 'x', category, agency, region, class, channel, stage, 1, false, false, '[]', '{}', now(), now() FROM report`
	require.ErrorContains(t, b.try(conn), "published_id_secret_fkey") // the schema forbids it, whoever writes
}

// Dates are read from clock, which has rows of every report: not by the public.
func TestThePublicReadsClocksOfPublishedReportsOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	secret, waiting, open := b.file(filed{secret: true}).ID, b.file(filed{}).ID, b.file(filed{}).ID
	b.forward(secret, works)
	b.forward(open, works)
	const clocks = `SELECT count(*) FROM published_clock WHERE report = $1`
	require.Positive(t, b.count(`SELECT count(*) FROM clock WHERE report = $1`, secret))
	require.Zero(t, b.count(clocks, secret))
	require.Zero(t, b.count(clocks, waiting))
	require.Equal(t, 3, b.count(clocks, open), "V that was met, F and R")
	b.mustInsert(open, b.said(report.Command{Action: report.MakeSecret, By: report.Reporter}))
	require.Zero(t, b.count(clocks, open), "gone with the public copy")
}

func TestMakingSecretTakesTheCopyDownAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	b.forward(id, works)
	b.reply(id, "Masih rusak.")
	n := b.said(report.Command{Action: report.MakeSecret, By: report.Reporter})
	b.mustInsert(id, n)
	_, err := b.s.PublicReport(t.Context(), id)
	require.ErrorIs(t, err, fault.NotFound)

	// What is applied in between does not bring it back.
	b.followUp(id, report.Concluding, "Sudah.")
	require.Zero(t, b.count(`SELECT count(*) FROM published`))

	// Nor does a refusal: its reporter wanted it secret.
	b.must(func(ctx context.Context, tx *store.Tx) error {
		return tx.Refuse(ctx, n.Command.ID, "conflict", "Tidak.")
	})
	require.Zero(t, b.count(`SELECT count(*) FROM published`))

	s := b.mustGive(id, b.said(report.Command{Action: report.MakeSecret, By: report.Reporter}))
	require.True(t, s.Secret)
	require.Zero(t, b.count(`SELECT count(*) FROM published`))

	s = b.bySystem(id, report.Command{Action: report.MakePublic, ReceivedAt: wednesday})
	require.True(t, s.Published)
	p, err := b.s.PublicReport(t.Context(), id)
	require.NoError(t, err)
	require.Len(t, p.Thread, 2)
}

func TestARefusalRestoresTheCopyOnlyOfAReportOpenedSince(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	b.forward(id, works)
	first := b.said(report.Command{Action: report.MakeSecret, By: report.Reporter})
	second := b.said(report.Command{Action: report.MakeSecret, By: report.Admin, Office: kab})
	b.mustInsert(id, first)
	b.mustInsert(id, second)
	b.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.ApplyDirect(ctx, id, first.Command)
		return err
	})
	b.bySystem(id, report.Command{Action: report.MakePublic, ReceivedAt: wednesday})
	require.Zero(t, b.count(`SELECT count(*) FROM published`), "the second still waits")
	b.must(func(ctx context.Context, tx *store.Tx) error {
		return tx.Refuse(ctx, second.Command.ID, "conflict", "Laporan ini sudah rahasia.")
	})
	require.Equal(t, 1, b.count(`SELECT count(*) FROM published`))
}

func TestACommandAcceptedBeforeAMergeKeepsItsMeaning(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	target, child := b.file(filed{}).ID, b.file(filed{}).ID
	b.forward(target, works)
	b.forward(child, works)
	reply := b.said(report.Command{Action: report.Reply, By: report.Reporter}, store.Text{Kind: store.TextReply, Body: "Masih."})
	secret := b.said(report.Command{Action: report.MakeSecret, By: report.Reporter})
	b.mustInsert(child, reply)
	b.mustInsert(child, secret)
	b.setNow(wednesday.Add(time.Hour))
	b.mustGive(child, b.said(report.Command{Action: report.Merge, By: report.Admin, Office: kab, Target: target}))

	for range 2 { // repeating it changes nothing
		s := get(b, func(ctx context.Context, tx *store.Tx) (report.State, error) {
			return tx.ApplyDirect(ctx, child, reply.Command)
		})
		require.Equal(t, report.Merged, s.Stage)
		require.Equal(t, store.Applied, b.command(reply.Command.ID).State)
		relayed := b.command(reply.Command.ID + ":relay")
		require.Equal(t, target, relayed.Report)
		require.Equal(t, child, relayed.Subject)
		require.Equal(t, store.Waiting, relayed.State)
		require.Equal(t, wednesday, relayed.ReceivedAt)
		require.Equal(t, 1, b.count(`SELECT count(*) FROM post WHERE report = $1 AND kind = 'reply' AND sha256 = encode(sha256('Masih.'), 'hex')`, target))
	}

	s := get(b, func(ctx context.Context, tx *store.Tx) (report.State, error) {
		return tx.ApplyDirect(ctx, child, secret.Command)
	})
	require.True(t, s.Secret)
	require.Equal(t, report.FollowUp, s.Stage, "it is unmerged first")
	require.Equal(t, store.Applied, b.command(secret.Command.ID).State)
	require.Zero(t, b.count(`SELECT count(*) FROM published WHERE id = $1`, child))
	require.Equal(t, 1, b.count(`SELECT count(*) FROM published WHERE id = $1`, target))
}

func TestAReportMadeSecretLetsItsMergedReportsGo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	target, child := b.merged()
	b.mustGive(target, b.said(report.Command{Action: report.MakeSecret, By: report.Admin, Office: kab}))
	require.Equal(t, report.FollowUp, b.load(child).State.Stage)
}

func TestAReturnedReportStaysPublic(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	b.forward(id, works)
	b.mustGive(id, b.said(report.Command{Action: report.Return, By: report.Officer, Office: works}, store.Text{Kind: store.TextReason, Body: "Bukan wewenang."}))
	p, err := b.s.PublicReport(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, works, p.Agency)
	require.Equal(t, report.Verification, p.Stage)
}

// try runs a statement as the superuser.
func (b *bench) try(sql string) error {
	b.t.Helper()
	conn := b.connect()
	_, err := conn.Exec(b.t.Context(), sql)
	return err
}

// shelf publishes three reports, one minute apart: two holes, one at health.
func (b *bench) shelf() []string {
	b.t.Helper()
	var ids []string
	for i, f := range []filed{{lat: -6.91, lon: 107.61}, {lat: -6.21, lon: 106.81}, {}} {
		b.setNow(wednesday.Add(time.Duration(i) * time.Minute))
		id := b.file(f).ID
		unit := works
		if i == 2 {
			unit = health
		}
		b.forward(id, unit)
		ids = append(ids, id)
	}
	return ids
}

func TestPublicListFilters(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ids := b.shelf()
	b.file(filed{}) // not forwarded: never in a list
	f := b.load(ids[0]).State.Clock(report.FirstFollowUp)
	b.bySystem(ids[0], report.Command{Action: report.MarkLate, Clock: f.Kind, ClockSeq: f.Seq, ReceivedAt: f.DueAt})
	yes, no := true, false

	for name, tt := range map[string]struct {
		filter store.Filter
		want   []string
	}{
		"everything, newest first":  {store.Filter{}, []string{ids[2], ids[1], ids[0]}},
		"a page":                    {store.Filter{Limit: 2}, []string{ids[2], ids[1]}},
		"the next page":             {store.Filter{Limit: 2, After: &store.Key{At: wednesday.Add(time.Minute), ID: ids[1]}}, []string{ids[0]}},
		"category with those below": {store.Filter{Category: "roads"}, []string{ids[2], ids[1], ids[0]}},
		"an unknown category":       {store.Filter{Category: "health"}, nil},
		"agency with those below":   {store.Filter{Agency: kab}, []string{ids[2], ids[1], ids[0]}},
		"one agency":                {store.Filter{Agency: health}, []string{ids[2]}},
		"region with those below":   {store.Filter{Region: "32"}, []string{ids[2], ids[1], ids[0]}},
		"a stage":                   {store.Filter{Stage: report.Closed}, nil},
		"late":                      {store.Filter{Late: &yes}, []string{ids[0]}},
		"not late":                  {store.Filter{Late: &no}, []string{ids[2], ids[1]}},
		"words of the public text":  {store.Filter{Q: "BERLUBANG pasar"}, []string{ids[2], ids[1], ids[0]}},
		"words of the original":     {store.Filter{Q: "besar"}, nil},
		"a tracking id":             {store.Filter{Q: ids[1]}, []string{ids[1]}},
		"a box":                     {store.Filter{BBox: &[4]float64{107, -7, 108, -6.5}}, []string{ids[0]}},
		"since":                     {store.Filter{Since: wednesday.Add(time.Minute)}, []string{ids[2], ids[1]}},
	} {
		t.Run(name, func(t *testing.T) {
			cards, err := b.s.PublicList(t.Context(), tt.filter)
			require.NoError(t, err)
			require.Equal(t, tt.want, idsOf(cards))
		})
	}
}

func idsOf(cards []store.Card) (ids []string) {
	for _, c := range cards {
		ids = append(ids, c.ID)
	}
	return ids
}

func TestTheMapCountsWhatHasNoPoint(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ids := b.shelf()
	seen, without := b.points(store.Filter{})
	require.Equal(t, []string{ids[1], ids[0]}, seen)
	require.Equal(t, 1, without)

	seen, without = b.points(store.Filter{BBox: &[4]float64{107, -7, 108, -6.5}, Agency: works})
	require.Equal(t, []string{ids[0]}, seen)
	require.Zero(t, without)
}

// points are the ids on the map, and how many reports have no point.
func (b *bench) points(f store.Filter) ([]string, int) {
	b.t.Helper()
	var m struct {
		Features     []struct{ ID string }
		WithoutPoint int `json:"without_point"`
	}
	text, err := b.s.PublicGeoJSON(b.t.Context(), store.MapQuery{Filter: f})
	require.NoError(b.t, err)
	require.NoError(b.t, json.Unmarshal(text, &m))
	var ids []string
	for _, g := range m.Features {
		ids = append(ids, g.ID)
	}
	return ids, m.WithoutPoint
}
