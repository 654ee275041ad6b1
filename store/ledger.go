package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/kawal-id/kawal/calendar"
)

// ensureNational adds the decrees and days that this build knows and the
// database does not, numbered after those it has, and moves every calendar to
// the end of its chain.
func ensureNational(ctx context.Context, db *sql.DB) error {
	c, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = c.Close() }() // Migrate closes the pool and tells
	err = c.Raw(func(driver any) error {
		conn := driver.(*stdlib.Conn).Conn()
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return loadNational(ctx, tx) })
	})
	if err != nil {
		return fmt.Errorf("load national calendar: %w", err)
	}
	return nil
}

func loadNational(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `LOCK TABLE decree IN SHARE ROW EXCLUSIVE MODE`); err != nil {
		return err
	}
	known, err := readLedger(ctx, tx, "")
	if err != nil {
		return err
	}
	all, err := extend(known, calendar.National())
	if err != nil {
		return err
	}
	b := &pgx.Batch{}
	for _, d := range append(all.Decrees(), all.Notes()...) {
		queueDecree(b, d, "")
	}
	for _, d := range all.Days() {
		queueDay(b, d)
	}
	b.Queue(`
		INSERT INTO calendar (id, zone, week_days, joint_leave, revision)
		VALUES ($1, 'Asia/Jakarta', 5, true, 0)
		ON CONFLICT (id) DO NOTHING`, NationalCalendar)
	if all.Revision() > known.Revision() {
		b.Queue(reviseAll)
	}
	return tx.SendBatch(ctx, b).Close()
}

// reviseAll moves every calendar to the end of its chain: the national decrees
// and its own.
const reviseAll = `
	UPDATE calendar c
	SET revision = (
		SELECT count(*)
		FROM decree d
		WHERE d.revision IS NOT NULL
			AND (d.calendar IS NULL OR d.calendar = c.id))`

// extend adds what more holds and known does not; more is a later edition of
// the same ledger.
func extend(known, more *calendar.Ledger) (*calendar.Ledger, error) {
	decrees, have := known.Decrees(), map[string]bool{}
	for _, d := range append(known.Decrees(), known.Notes()...) {
		have[d.Key] = true
	}
	decrees = append(decrees, known.Notes()...)
	for _, d := range append(more.Decrees(), more.Notes()...) {
		if !have[d.Key] {
			d.Revision = 0
			decrees = append(decrees, d)
		}
	}
	type key struct {
		date         calendar.Date
		name, decree string
	}
	days, seen := more.Days(), map[key]bool{}
	for _, d := range days {
		seen[key{d.Date, d.NameID, d.Decree}] = true
	}
	for _, d := range known.Days() {
		if !seen[key{d.Date, d.NameID, d.Decree}] {
			days = append(days, d)
		}
	}
	return calendar.NewLedger(decrees, days)
}

func queueDecree(b *pgx.Batch, d calendar.Decree, of string) {
	b.Queue(`
		INSERT INTO decree (key, revision, issued_on, recorded_at, track, calendar_year, title, effect, confidence, calendar)
		VALUES (@key, @revision, @issued_on, coalesce(@recorded_at, now()), @track, @year, @title, @effect, @confidence, @calendar)
		ON CONFLICT (key) DO NOTHING`,
		pgx.StrictNamedArgs{
			"key": d.Key, "revision": nonzero(d.Revision), "issued_on": nonzero(d.IssuedOn),
			"recorded_at": nonzero(d.RecordedAt), "track": d.Track, "year": d.CalendarYear, "title": d.Title,
			"effect": d.Effect, "confidence": d.Confidence, "calendar": nonzero(of),
		})
}

func queueDay(b *pgx.Batch, d calendar.Day) {
	b.Queue(`
		INSERT INTO day (decree, date, kind, name_id, name_en, superseded_by, confidence)
		VALUES (@decree, @date, @kind, @name_id, @name_en, @superseded_by, @confidence)
		ON CONFLICT (decree, date, name_id) DO UPDATE
		SET superseded_by = excluded.superseded_by
		WHERE day.superseded_by IS DISTINCT FROM excluded.superseded_by`,
		pgx.StrictNamedArgs{
			"decree": d.Decree, "date": d.Date.Time(), "kind": d.Kind, "name_id": d.NameID, "name_en": d.NameEN,
			"superseded_by": nonzero(d.SupersededBy), "confidence": d.Confidence,
		})
}

func queueHours(b *pgx.Batch, h calendar.Hours) {
	days := make([]int16, len(h.Weekdays))
	for i, w := range h.Weekdays {
		days[i] = isoDay(w)
	}
	var to *time.Time
	if h.To != 0 {
		to = new(h.To.Time())
	}
	b.Queue(`
		INSERT INTO office_hours (decree, from_date, to_date, weekdays, opens, break_from, break_to, closes)
		VALUES (@decree, @from, @to, @weekdays, @opens, @break_from, @break_to, @closes)`,
		pgx.StrictNamedArgs{
			"decree": h.Decree, "from": h.From.Time(), "to": to, "weekdays": days, "opens": h.Opens,
			"break_from": h.BreakFrom, "break_to": h.BreakTo, "closes": h.Closes,
		})
}

func queueSetting(b *pgx.Batch, s calendar.Setting) {
	b.Queue(`
		INSERT INTO calendar_setting (decree, zone, week_days, joint_leave)
		VALUES (@decree, @zone, @week_days, @joint_leave)`,
		pgx.StrictNamedArgs{
			"decree": s.Decree, "zone": nonzero(s.Zone), "week_days": nonzero(s.WeekDays), "joint_leave": s.JointLeaveOff,
		})
}

// isoDay is the day of the week as the tables have it: 1 Monday to 7 Sunday
// (ISO 8601).
func isoDay(w time.Weekday) int16 { return int16((w+6)%7) + 1 }

// batcher is what reads of the ledger run on: a transaction or the pool.
type batcher interface {
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

type decreeRow struct {
	Key          string
	Revision     *int
	IssuedOn     *time.Time
	RecordedAt   time.Time
	Track        string
	CalendarYear int
	Title        string
	Effect       string
	Confidence   string
}

type dayRow struct {
	Date         time.Time
	Kind         string
	NameID       string
	NameEN       string
	Decree       string
	SupersededBy *string
	Confidence   string
}

type hoursRow struct {
	Decree    string
	FromDate  time.Time
	ToDate    *time.Time
	Weekdays  []int16 // ISO 8601
	Opens     int
	BreakFrom int
	BreakTo   int
	Closes    int
}

func (r hoursRow) hours() calendar.Hours {
	h := calendar.Hours{Decree: r.Decree, From: calendar.DateOf(r.FromDate),
		Opens: r.Opens, BreakFrom: r.BreakFrom, BreakTo: r.BreakTo, Closes: r.Closes}
	if r.ToDate != nil {
		h.To = calendar.DateOf(*r.ToDate)
	}
	for _, day := range r.Weekdays {
		h.Weekdays = append(h.Weekdays, time.Weekday(day%7))
	}
	return h
}

type settingRow struct {
	Decree     string
	Zone       *string
	WeekDays   *int
	JointLeave *bool
}

func (r settingRow) setting() calendar.Setting {
	return calendar.Setting{Decree: r.Decree, Zone: zero(r.Zone), WeekDays: zero(r.WeekDays), JointLeaveOff: r.JointLeave}
}

// ledgerRows are the rows of one chain.
type ledgerRows struct {
	decrees  []decreeRow
	days     []dayRow
	hours    []hoursRow
	settings []settingRow
}

// readLedger reads the national chain, or a calendar's own if of names one, in
// one round trip.
func readLedger(ctx context.Context, db batcher, of string) (*calendar.Ledger, error) {
	var r ledgerRows
	b := &pgx.Batch{}
	into(b, &r.decrees, pgx.RowToStructByName[decreeRow], `
		SELECT key, revision, issued_on, recorded_at, track, calendar_year, title, effect, confidence
		FROM decree
		WHERE calendar IS NOT DISTINCT FROM $1
		ORDER BY key`, nonzero(of))
	into(b, &r.days, pgx.RowToStructByName[dayRow], `
		SELECT y.date, y.kind, y.name_id, y.name_en, y.decree, y.superseded_by, y.confidence
		FROM day y
		JOIN decree d ON d.key = y.decree
		WHERE d.calendar IS NOT DISTINCT FROM $1
		ORDER BY y.date, d.revision, y.name_id`, nonzero(of))
	into(b, &r.hours, pgx.RowToStructByName[hoursRow], `
		SELECT h.decree, h.from_date, h.to_date, h.weekdays, h.opens, h.break_from, h.break_to, h.closes
		FROM office_hours h
		JOIN decree d ON d.key = h.decree
		WHERE d.calendar IS NOT DISTINCT FROM $1
		ORDER BY d.revision, h.from_date, h.weekdays`, nonzero(of))
	into(b, &r.settings, pgx.RowToStructByName[settingRow], `
		SELECT s.decree, s.zone, s.week_days, s.joint_leave
		FROM calendar_setting s
		JOIN decree d ON d.key = s.decree
		WHERE d.calendar IS NOT DISTINCT FROM $1
		ORDER BY d.revision`, nonzero(of))
	if err := db.SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("select decrees: %w", err)
	}
	return r.ledger()
}

func (r ledgerRows) ledger() (*calendar.Ledger, error) {
	ds, ys := make([]calendar.Decree, len(r.decrees)), make([]calendar.Day, len(r.days))
	for i, d := range r.decrees {
		ds[i] = calendar.Decree{
			Key: d.Key, Revision: zero(d.Revision), IssuedOn: zero(d.IssuedOn), RecordedAt: d.RecordedAt, Track: d.Track,
			CalendarYear: d.CalendarYear, Title: d.Title, Effect: d.Effect, Confidence: d.Confidence,
		}
	}
	for i, d := range r.days {
		ys[i] = calendar.Day{
			Date: calendar.DateOf(d.Date), Kind: calendar.Kind(d.Kind), NameID: d.NameID, NameEN: d.NameEN,
			Decree: d.Decree, SupersededBy: zero(d.SupersededBy), Confidence: d.Confidence,
		}
	}
	hours, settings := make([]calendar.Hours, len(r.hours)), make([]calendar.Setting, len(r.settings))
	for i, h := range r.hours {
		hours[i] = h.hours()
	}
	for i, s := range r.settings {
		settings[i] = s.setting()
	}
	l, err := calendar.NewLedger(ds, ys)
	if err != nil {
		return nil, err
	}
	return l.With(hours, settings)
}
