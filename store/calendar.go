package store

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/internal/fault"
)

// NationalCalendar is the calendar of units that neither have nor inherit one:
// WIB, five days, joint leave off.
const NationalCalendar = "national"

// indexes keeps what has been read and built. Entries never change: an index
// belongs to one calendar at one revision, a chain only grows.
type indexes struct {
	mu      sync.Mutex
	configs map[CalendarRow]calendar.Config // by calendar as it stood, with its revision
	built   map[CalendarRow]*calendar.Index
	books   map[CalendarRow]*calendar.Book
}

// config returns the calendar with a chain that reaches at least its revision.
func (s *Store) config(ctx context.Context, db batcher, c CalendarRow) (calendar.Config, error) {
	s.indexes.mu.Lock()
	found, ok := s.indexes.configs[c]
	s.indexes.mu.Unlock()
	if ok {
		return found, nil
	}
	found, err := readConfig(ctx, db, c)
	if err != nil {
		return calendar.Config{}, err
	}
	s.indexes.mu.Lock()
	defer s.indexes.mu.Unlock()
	if s.indexes.configs == nil {
		s.indexes.configs, s.indexes.built = map[CalendarRow]calendar.Config{}, map[CalendarRow]*calendar.Index{}
		s.indexes.books = map[CalendarRow]*calendar.Book{}
	}
	s.indexes.configs[c] = found
	return found, nil
}

// readConfig reads a calendar with its chain.
func readConfig(ctx context.Context, db batcher, c CalendarRow) (calendar.Config, error) {
	zone, err := calendar.Zone(c.Zone)
	if err != nil {
		return calendar.Config{}, fmt.Errorf("calendar %s: %w", c.ID, err)
	}
	base, err := readLedger(ctx, db, "")
	if err != nil {
		return calendar.Config{}, err
	}
	own, err := readLedger(ctx, db, c.ID)
	if err != nil {
		return calendar.Config{}, err
	}
	if own.Revision() == 0 {
		own = nil
	}
	return calendar.Config{ID: c.ID, Zone: zone, WeekDays: c.WeekDays, JointLeaveOff: c.JointLeave, Ledger: base, Overlay: own}, nil
}

// readBook opens a calendar as it is known at its revision.
func readBook(ctx context.Context, db batcher, c CalendarRow) (*calendar.Book, error) {
	config, err := readConfig(ctx, db, c)
	if err != nil {
		return nil, err
	}
	return calendar.NewBook(config, c.Revision)
}

// book is readBook, once for each revision.
func (s *Store) book(ctx context.Context, db batcher, c CalendarRow) (*calendar.Book, error) {
	config, err := s.config(ctx, db, c)
	if err != nil {
		return nil, err
	}
	s.indexes.mu.Lock()
	defer s.indexes.mu.Unlock()
	if b, ok := s.indexes.books[c]; ok {
		return b, nil
	}
	b, err := calendar.NewBook(config, c.Revision)
	if err != nil {
		return nil, err
	}
	s.indexes.books[c] = b
	return b, nil
}

// counter is one calendar at one revision.
type counter struct {
	calendar string
	zone     *time.Location
	index    *calendar.Index
}

// counter returns the calendar at one of its revisions, from 0 to c.Revision.
func (s *Store) counter(ctx context.Context, db batcher, c CalendarRow, revision int) (counter, error) {
	config, err := s.config(ctx, db, c)
	if err != nil {
		return counter{}, err
	}
	k := counter{calendar: c.ID}
	at := c
	at.Revision = revision
	s.indexes.mu.Lock()
	defer s.indexes.mu.Unlock()
	if k.index = s.indexes.built[at]; k.index == nil {
		if k.index, err = config.At(revision); err != nil {
			return counter{}, err
		}
		s.indexes.built[at] = k.index
	}
	k.zone = k.index.Zone()
	return k, nil
}

// shortNames says, for each year, what people call the newest joint decree up
// to a revision that set its days: "SKB 2025", "SKB 2025 (perubahan)". Other
// decrees, such as those on elections, are named with the days they took.
func shortNames(decrees []calendar.Decree, revision int) map[int]string {
	names := map[int]string{}
	for _, d := range decrees {
		if d.Track != calendar.TrackSKB || d.Revision < 1 || d.Revision > revision {
			continue
		}
		name := fmt.Sprintf("%s %d", calendar.TrackSKB, d.CalendarYear)
		if strings.Contains(d.Title, "(Perubahan") || strings.Contains(d.Title, "Perubahan ") {
			name += " (perubahan)"
		}
		names[d.CalendarYear] = name
	}
	return names
}

const calendarColumns = `c.id, c.zone, c.week_days, c.joint_leave, c.revision`

// Calendars returns all calendars by id, with the settings that their decrees
// have made.
func (s *Store) Calendars(ctx context.Context) ([]CalendarRow, error) {
	const q = `
		SELECT c.id, coalesce(s.zone, c.zone) AS zone, coalesce(s.week_days, c.week_days) AS week_days,
			coalesce(s.joint_leave, c.joint_leave) AS joint_leave, c.revision
		FROM calendar c
		CROSS JOIN LATERAL (
			SELECT
				(array_agg(s.zone ORDER BY d.revision DESC) FILTER (WHERE s.zone IS NOT NULL))[1] AS zone,
				(array_agg(s.week_days ORDER BY d.revision DESC) FILTER (WHERE s.week_days IS NOT NULL))[1] AS week_days,
				(array_agg(s.joint_leave ORDER BY d.revision DESC) FILTER (WHERE s.joint_leave IS NOT NULL))[1] AS joint_leave
			FROM calendar_setting s
			JOIN decree d ON d.key = s.decree
			WHERE d.calendar = c.id) AS s
		ORDER BY c.id`
	rows, err := list[CalendarRow](ctx, s.pool, q)
	if err != nil {
		return nil, fmt.Errorf("select calendars: %w", err)
	}
	return rows, nil
}

// Calendar returns a calendar and the revision in force. fault.NotFound if
// there is none with that id.
func (s *Store) Calendar(ctx context.Context, id string) (calendar.Config, int, error) {
	rows, err := list[CalendarRow](ctx, s.pool, `SELECT `+calendarColumns+` FROM calendar c WHERE c.id = $1`, id)
	if err != nil {
		return calendar.Config{}, 0, fmt.Errorf("select calendar %s: %w", id, err)
	}
	if len(rows) == 0 {
		return calendar.Config{}, 0, fault.New(fault.NotFound, "Kalender %q tidak dikenal.", id)
	}
	c, err := s.config(ctx, s.pool, rows[0])
	return c, rows[0].Revision, err
}

// CalendarFor returns the calendar that a unit has or inherits, at the revision
// in force; NationalCalendar if none is named above it.
func (t *Tx) CalendarFor(ctx context.Context, unit string) (*calendar.Index, error) {
	c, err := one(ctx, t, pgx.RowToStructByName[CalendarRow],
		`SELECT `+calendarColumns+` FROM calendar c WHERE c.id = unit_calendar($1)`, unit)
	if err != nil {
		return nil, fmt.Errorf("select calendar of %s: %w", unit, err)
	}
	k, err := t.s.counter(ctx, t.conn, c, c.Revision)
	return k.index, err
}

// PutCalendar writes a calendar. Revision 0 means all decrees recorded so far;
// a lower one than it has is not taken, since a chain only grows.
// fault.Invalid for an unknown zone or a week of other than 5 or 6 days.
func (t *Tx) PutCalendar(ctx context.Context, c CalendarRow) error {
	if _, err := calendar.Zone(c.Zone); err != nil {
		return fault.At("/zone", "Zona %q tidak dikenal.", c.Zone)
	}
	if c.WeekDays != 5 && c.WeekDays != 6 {
		return fault.At("/week_days", "Pekan kerja harus 5 atau 6 hari.")
	}
	_, err := t.exec(ctx, `
		INSERT INTO calendar (id, zone, week_days, joint_leave, revision)
		VALUES (@id, @zone, @week_days, @joint_leave, coalesce(@revision, (
			SELECT count(*) FROM decree WHERE revision IS NOT NULL AND (calendar IS NULL OR calendar = @id))))
		ON CONFLICT (id) DO UPDATE
		SET zone = excluded.zone,
			week_days = excluded.week_days,
			joint_leave = excluded.joint_leave,
			revision = greatest(calendar.revision, excluded.revision)`,
		pgx.StrictNamedArgs{
			"id": c.ID, "zone": c.Zone, "week_days": c.WeekDays, "joint_leave": c.JointLeave, "revision": nonzero(c.Revision),
		})
	return explain(err, "put calendar "+c.ID)
}

// AddCalendar adds a calendar that knows every national decree. Repeating it
// changes nothing. fault.Conflict if one with that id has other settings;
// fault.Invalid as PutCalendar.
func (t *Tx) AddCalendar(ctx context.Context, c CalendarRow) error {
	found, err := many(ctx, t, pgx.RowToStructByName[CalendarRow], `SELECT `+calendarColumns+` FROM calendar c WHERE c.id = $1`, c.ID)
	if err != nil {
		return fmt.Errorf("select calendar %s: %w", c.ID, err)
	}
	if len(found) == 0 {
		c.Revision = 0
		return t.PutCalendar(ctx, c)
	}
	c.Revision = found[0].Revision
	if found[0] != c {
		return fault.New(fault.Conflict, "Kalender %s sudah ada dengan pengaturan lain; ubah lewat keputusan.", c.ID)
	}
	return nil
}

// Whoever may come to count a clock takes counting before any row, whoever
// changes a calendar takes revising: so a decree that moves a hundred thousand
// reports and the transitions of those reports wait for each other in one order,
// and neither is a deadlock's victim over and over. Tried without: of six decrees
// among six writers the first gave up after five deadlocks.
const (
	counting = `SELECT pg_advisory_xact_lock_shared(hashtext('kawal.calendar'))`
	revising = `SELECT pg_advisory_xact_lock(hashtext('kawal.calendar'))`
)

// counters are the calendars that a report's clocks need, locked against
// revision until the transaction ends.
type counters struct {
	of  map[string]CalendarRow // by unit
	row map[string]CalendarRow // by calendar
}

type unitCalendar struct {
	Unit string
	CalendarRow
}

// lockCalendars queues a read of the calendars of units, and of those that
// gave the clocks of a report their dates, FOR SHARE: a revision waits until
// what was counted under the old one is committed.
func lockCalendars(b *pgx.Batch, units *[]unitCalendar, unit []string, id string) {
	into(b, units, pgx.RowToStructByName[unitCalendar], `
		SELECT u.unit, `+calendarColumns+`
		FROM (
			SELECT unit, unit_calendar(unit) AS calendar FROM unnest($1::text[]) AS unit
			UNION
			SELECT '', calendar FROM clock WHERE report = $2 AND status IN ('running', 'paused')
			UNION
			SELECT '', s ->> 'cal'
			FROM clock, jsonb_array_elements(life) AS s
			WHERE report = $2 AND status IN ('running', 'paused') AND s ? 'cal') AS u
		JOIN calendar c ON c.id = u.calendar
		ORDER BY c.id
		FOR SHARE OF c`, unit, id)
}

func newCounters(found []unitCalendar) counters {
	k := counters{map[string]CalendarRow{}, map[string]CalendarRow{}}
	for _, u := range found {
		k.row[u.ID] = u.CalendarRow
		if u.Unit != "" {
			k.of[u.Unit] = u.CalendarRow
		}
	}
	return k
}

// list returns the rows of one query outside any transaction.
func list[T any](ctx context.Context, p *pgxpool.Pool, sql string, args ...any) ([]T, error) {
	rows, err := p.Query(ctx, sql, args...)
	if err != nil {
		return nil, away(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[T])
	return found, away(err)
}
