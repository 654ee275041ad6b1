package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/seal"
	"github.com/kawal-id/kawal/report"
)

// Accept records a report that has just been filed: its parts, the first row
// of its timeline, its clocks with their dates, and the first notices. A
// workflow is wanted for it and not started. It returns the state with the
// dates found.
//
// Errors: fault.Conflict if the tracking id is taken (draw another and begin
// the transaction again); fault.Invalid naming the field for an unknown
// category, region, agency or accused unit.
func (t *Tx) Accept(ctx context.Context, n NewReport) (report.State, error) {
	s, at := micro(n.State), n.AcceptedAt.UTC().Truncate(time.Microsecond)
	var units []unitCalendar
	var f facts
	b := &pgx.Batch{}
	b.Queue(counting)
	lockCalendars(b, &units, unitsOf(s), s.ID)
	t.queueFacts(b, &f, asDecided(s, n.Accused...))
	if err := t.run(ctx, b); err != nil {
		return report.State{}, explain(err, "lock calendars")
	}
	found, lives, err := t.settleAll(ctx, newCounters(units), &s, nil, at)
	if err != nil {
		return report.State{}, fmt.Errorf("settle clocks of %s: %w", s.ID, err)
	}
	b = &pgx.Batch{}
	if err := t.queueAccept(b, n, s, at); err != nil {
		return report.State{}, err
	}
	c := report.Command{ID: "submit:" + s.ID, Action: report.Submit, By: report.Reporter, ReceivedAt: at}
	if err := t.queueTransition(b, Advance{Next: s, Command: c}, found); err != nil {
		return report.State{}, err
	}
	if err := queueClocks(b, s, lives); err != nil {
		return report.State{}, err
	}
	if err := t.queueNotices(ctx, b, Advance{Next: s, Command: c, Effects: n.Effects}, newCounters(units)); err != nil {
		return report.State{}, err
	}
	plans, err := t.plans(ctx, s, f, newCounters(units))
	if err != nil {
		return report.State{}, fmt.Errorf("plan notices of %s: %w", s.ID, err)
	}
	t.queuePlan(b, s, plans)
	if err := t.run(ctx, b); err != nil {
		return report.State{}, explain(err, "insert report "+s.ID)
	}
	return s, nil
}

func (t *Tx) queueAccept(b *pgx.Batch, n NewReport, s report.State, at time.Time) error {
	args, err := stateArgs(s)
	if err != nil {
		return err
	}
	args["accepted_at"], args["updated_at"] = at, at
	b.Queue(`
		INSERT INTO report (
			id, state, seq, wanted_run, started_run, stage, queue, agency, unit, class, category, region, channel,
			secret, published, merged_to, asked, accepted_at, updated_at)
		VALUES (
			@id, @state, @seq, @run, 0, @stage, @queue, @agency, @unit, @class, @category, @region, @channel,
			@secret, @published, @merged_to, @asked, @accepted_at, @updated_at)`, args)
	key, err := t.newKey(s.ID)
	if err != nil {
		return err
	}
	c, err := sealContent(key, s.ID, n.Title, n.Body, n.Attributes)
	if err != nil {
		return err
	}
	person := n.Person
	if n.Identity == identityOpen && person != nil {
		if person, err = key.Seal(personCell(s.ID), person); err != nil {
			return err
		}
	}
	b.Queue(`INSERT INTO report_key (report, wrapped) VALUES ($1, $2)`, s.ID, key.Wrapped)
	b.Queue(`
		INSERT INTO content (report, title_sealed, body_sealed, attributes_sealed, lat, long, occurred_on, suggested)
		VALUES (@report, @title, @body, @attributes, @lat, @long, @occurred_on::text::date, @suggested)`,
		pgx.StrictNamedArgs{
			"report": s.ID, "title": c.title, "body": c.body, "attributes": c.attributes, "lat": n.Lat, "long": n.Long,
			"occurred_on": nonzero(n.OccurredOn), "suggested": nonzero(n.Suggested),
		})
	b.Queue(`
		INSERT INTO identity (report, kind, show_name, person)
		VALUES (@report, @kind, @show_name, @person)`,
		pgx.StrictNamedArgs{"report": s.ID, "kind": n.Identity, "show_name": n.ShowName, "person": person})
	queueEnvelopes(b, s.ID, n.Envelopes)
	if n.Contact != nil {
		b.Queue(`INSERT INTO contact (report, sealed) VALUES ($1, $2)`, s.ID, n.Contact)
	}
	b.Queue(`INSERT INTO access (report, mac) VALUES ($1, $2)`, s.ID, n.CodeMAC)
	if len(n.Accused) > 0 {
		queueAccused(b, s.ID, n.Accused)
	}
	return nil
}

func queueAccused(b *pgx.Batch, id string, units []string) {
	b.Queue(`
		INSERT INTO accused (report, agency)
		SELECT DISTINCT $1, unit
		FROM unnest($2::text[]) AS unit`, id, units)
}

// stateArgs are the columns of report that follow from the state.
func stateArgs(s report.State) (pgx.StrictNamedArgs, error) {
	bare := s
	bare.Clocks = nil // they live in their own table
	state, err := json.Marshal(bare)
	if err != nil {
		return nil, fmt.Errorf("encode state of %s: %w", s.ID, err)
	}
	asked := slices.ContainsFunc(s.Clocks, func(c report.Clock) bool { return c.Asked > 0 })
	mergedTo := ""
	if s.Stage == report.Merged {
		mergedTo = s.MergedTo
	}
	return pgx.StrictNamedArgs{
		"id": s.ID, "state": json.RawMessage(state), "seq": s.Seq, "run": max(s.Run, 1), "stage": s.Stage,
		"queue": s.Queue, "agency": nonzero(s.Agency), "unit": nonzero(s.Unit), "class": s.Class, "category": s.Category,
		"region": s.Region, "channel": s.Channel, "secret": s.Secret, "published": s.Published,
		"merged_to": nonzero(mergedTo), "asked": asked,
	}, nil
}

// micro cuts the times of a state to what PostgreSQL holds, so that what is
// read back equals what was decided.
func micro(s report.State) report.State {
	cut := func(t time.Time) time.Time {
		if t.IsZero() {
			return time.Time{}
		}
		return t.UTC().Truncate(time.Microsecond)
	}
	s.MergedAt, s.ClosedAt = cut(s.MergedAt), cut(s.ClosedAt)
	clocks := make([]report.Clock, len(s.Clocks))
	for i, c := range s.Clocks {
		for _, t := range []*time.Time{
			&c.StartedAt, &c.DueAt, &c.SoonAt, &c.LateAt, &c.PausedAt, &c.ResumedAt, &c.MovedAt, &c.EndedAt,
		} {
			*t = cut(*t)
		}
		clocks[i] = c
	}
	s.Clocks = clocks
	return s
}

// liveClocks selects the live clocks of report r as JSON, and the decree that
// moved a running one since the last transition.
const liveClocks = `(
	SELECT coalesce(jsonb_agg(c.clock ORDER BY c.seq, c.kind), '[]')
	FROM clock_json c
	WHERE c.report = r.id AND c.status IN ('running', 'paused')) AS clocks, (
	SELECT c.moved_by
	FROM clock c
	WHERE c.report = r.id AND c.status = 'running' AND c.moved_by IS NOT NULL
	ORDER BY c.shifted_at DESC, c.moved_by DESC
	LIMIT 1) AS moved_by`

// stateRow is a report's state as it lies in the database.
type stateRow struct {
	State     json.RawMessage
	Clocks    json.RawMessage
	MovedBy   *string
	WantedRun int
}

// decode puts the state together. Run is the run that is wanted.
func (r stateRow) decode() (report.State, error) {
	var s report.State
	if err := json.Unmarshal(r.State, &s); err != nil {
		return s, fmt.Errorf("decode state: %w", err)
	}
	if err := json.Unmarshal(r.Clocks, &s.Clocks); err != nil {
		return s, fmt.Errorf("decode clocks of %s: %w", s.ID, err)
	}
	s.Run = r.WantedRun
	if r.MovedBy != nil {
		s.MovedBy = *r.MovedBy
	}
	return micro(s), nil
}

func decodeAll(rows []stateRow) ([]report.State, error) {
	states := make([]report.State, len(rows))
	for i, r := range rows {
		s, err := r.decode()
		if err != nil {
			return nil, err
		}
		states[i] = s
	}
	return states, nil
}

// reportRow is what Load reads in one row.
type reportRow struct {
	stateRow
	AcceptedAt time.Time
	UpdatedAt  time.Time
	Wrapped    []byte
	Title      []byte
	Body       []byte
	Attributes []byte
	ErasedAt   *time.Time
	Lat, Long  *float64
	OccurredOn *time.Time
	Suggested  *string
	Accused    []string
	Identity   string
	ShowName   bool
	HasContact bool
	StartedRun int
	Score      *int
	RatingText []byte
	RatedAt    *time.Time
	Escalated  []string // role:unit
}

// Load returns a report with everything but its thread, in one round trip.
// fault.NotFound if there is none.
func (t *Tx) Load(ctx context.Context, id string) (Row, error) {
	var rows []reportRow
	var copies []said
	var prepared []preparedRow
	var drafts []draftRow
	b := &pgx.Batch{}
	into(b, &rows, pgx.RowToStructByName[reportRow], `
		SELECT
			r.state, r.wanted_run, r.started_run, r.accepted_at, `+updated+` AS updated_at, `+liveClocks+`,
			k.wrapped, c.title_sealed AS title, c.body_sealed AS body, c.attributes_sealed AS attributes, e.at AS erased_at,
			c.lat, c.long, c.occurred_on, c.suggested,
			ARRAY(SELECT a.agency FROM accused a WHERE a.report = r.id ORDER BY a.agency) AS accused,
			i.kind AS identity, i.show_name,
			EXISTS (SELECT FROM contact k WHERE k.report = r.id) AS has_contact,
			g.score, g.text_sealed AS rating_text, g.rated_at,
			ARRAY(SELECT e.role || ':' || e.unit FROM escalation e WHERE e.report = r.id ORDER BY e.at, e.unit) AS escalated
		FROM report r
		JOIN content c ON c.report = r.id
		JOIN identity i ON i.report = r.id
		LEFT JOIN rating g ON g.report = r.id
		LEFT JOIN report_key k ON k.report = r.id
		LEFT JOIN erasure e ON e.report = r.id
		WHERE r.id = $1`, id)
	into(b, &copies, pgx.RowToStructByName[said], `
		SELECT `+saidColumns+`
		FROM content c
		JOIN post t ON t.id IN (c.copy_title, c.copy_body)
		WHERE c.report = $1`, id)
	queuePrepared(b, &prepared, id)
	queueDrafts(b, &drafts, id)
	err := t.run(ctx, b)
	if err == nil && len(rows) == 0 {
		err = pgx.ErrNoRows
	}
	if err != nil {
		return Row{}, absent(err, id)
	}
	row, err := rows[0].row()
	if err != nil {
		return Row{}, err
	}
	key, err := t.key(id, rows[0].Wrapped)
	if err != nil {
		return Row{}, err
	}
	for _, p := range prepared {
		if err := p.open(key, id, &row); err != nil {
			return Row{}, err
		}
	}
	if row.Drafts, err = t.openDrafts(drafts); err != nil {
		return Row{}, err
	}
	return row, rows[0].open(key, copies, &row)
}

// open puts the texts into a row.
func (r reportRow) open(key *seal.ReportKey, copies []said, row *Row) error {
	id := row.State.ID
	c := sealedContent{r.Title, r.Body, r.Attributes}
	if err := c.open(key, id, row); err != nil {
		return err
	}
	for _, p := range copies {
		text, err := p.open(key)
		if err != nil {
			return err
		}
		if p.Kind == TextTitle {
			row.PublicTitle = text
		} else {
			row.PublicBody = text
		}
	}
	if row.Rating == nil {
		return nil
	}
	var err error
	row.Rating.Text, err = openText(key, ratingCell(id), r.RatingText)
	return err
}

func (r reportRow) row() (Row, error) {
	s, err := r.decode()
	if err != nil {
		return Row{}, err
	}
	row := Row{
		State: s, AcceptedAt: r.AcceptedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(), ErasedAt: utc(r.ErasedAt), Lat: r.Lat, Long: r.Long,
		Suggested: zero(r.Suggested), Accused: r.Accused, Identity: r.Identity, ShowName: r.ShowName, HasContact: r.HasContact,
		WantedRun: r.WantedRun, StartedRun: r.StartedRun,
	}
	for _, e := range r.Escalated {
		role, unit, _ := strings.Cut(e, ":")
		row.Escalated = append(row.Escalated, Escalated{Unit: unit, Role: role})
	}
	if r.OccurredOn != nil {
		row.OccurredOn = r.OccurredOn.Format(time.DateOnly)
	}
	if r.Score != nil {
		row.Rating = &Rating{Score: *r.Score, RatedAt: r.RatedAt.UTC()}
	}
	return row, nil
}

// absent wraps the error of reading one report: fault.NotFound if there is
// none.
func absent(err error, id string) error {
	if errors.Is(err, pgx.ErrNoRows) {
		err = fault.New(fault.NotFound, "Laporan tidak ditemukan.")
	}
	return fmt.Errorf("select report %s: %w", id, err)
}

// Lock returns the report's state with its live clocks and keeps others from
// changing it until the transaction ends. fault.NotFound if there is none.
func (t *Tx) Lock(ctx context.Context, id string) (report.State, error) {
	var rows []stateRow
	b := &pgx.Batch{}
	// The clocks are read by a second statement, which sees what the holder of
	// the lock committed; a subquery of the first would not.
	b.Queue(counting)
	b.Queue(`SELECT FROM report WHERE id = $1 FOR UPDATE`, id)
	into(b, &rows, pgx.RowToStructByName[stateRow],
		`SELECT r.state, r.wanted_run, `+liveClocks+` FROM report r WHERE r.id = $1`, id)
	if err := t.run(ctx, b); err != nil {
		return report.State{}, fmt.Errorf("lock report %s: %w", id, err)
	}
	if len(rows) == 0 {
		return report.State{}, absent(pgx.ErrNoRows, id)
	}
	return rows[0].decode()
}

const openStages = `('verification', 'awaiting_reporter', 'follow_up', 'closure')`

// Unstarted returns open reports whose wanted run has not been started, oldest
// first, and keeps other takers from them until the transaction ends. Run of
// each state is the run to start.
func (t *Tx) Unstarted(ctx context.Context, limit int) ([]report.State, error) {
	rows, err := many(ctx, t, pgx.RowToStructByName[stateRow], `
		SELECT r.state, r.wanted_run, `+liveClocks+`
		FROM report r
		WHERE r.started_run < r.wanted_run AND r.stage IN `+openStages+`
		ORDER BY r.accepted_at
		LIMIT $1
		FOR UPDATE OF r SKIP LOCKED`, limit)
	if err != nil {
		return nil, fmt.Errorf("select unstarted reports: %w", err)
	}
	return decodeAll(rows)
}

// MarkStarted records that a run has been started. Repeating it, or naming an
// older run, changes nothing.
func (t *Tx) MarkStarted(ctx context.Context, id string, run int) error {
	_, err := t.exec(ctx, `
		UPDATE report
		SET started_run = least($2, wanted_run)
		WHERE id = $1 AND started_run < $2`, id, run)
	return explain(err, "mark run of "+id)
}

// Rerun asks for a new run of an open report, whose run number wanted was lost,
// and returns the number that is wanted now. If somebody else has asked already
// it only returns that: two who notice at once ask for one run. fault.NotFound
// if there is no such report; fault.Conflict if it is not open, since no
// workflow runs for it.
func (t *Tx) Rerun(ctx context.Context, id string, wanted int) (int, error) {
	run, err := one(ctx, t, pgx.RowTo[int], `
		UPDATE report
		SET wanted_run = wanted_run + CASE WHEN stage IN `+openStages+` AND wanted_run = $2 THEN 1 ELSE 0 END
		WHERE id = $1
		RETURNING CASE WHEN stage IN `+openStages+` THEN wanted_run ELSE 0 END`, id, wanted)
	if err != nil {
		return 0, absent(err, id)
	}
	if run == 0 {
		return 0, fault.New(fault.Conflict, "Laporan ini tidak sedang berjalan.")
	}
	return run, nil
}

// OpenReports returns open reports with an id after afterID, by id: the pages
// of a walk over all of them.
func (t *Tx) OpenReports(ctx context.Context, afterID string, limit int) ([]report.State, error) {
	rows, err := many(ctx, t, pgx.RowToStructByName[stateRow], `
		SELECT r.state, r.wanted_run, `+liveClocks+`
		FROM report r
		WHERE r.id > $1 AND r.stage IN `+openStages+`
		ORDER BY r.id
		LIMIT $2`, afterID, limit)
	if err != nil {
		return nil, fmt.Errorf("select open reports: %w", err)
	}
	return decodeAll(rows)
}

// unitsOf are the units whose calendars a state needs: those of its clocks that
// wait for a date, and those that notices go to.
func unitsOf(s report.State) []string {
	units := []string{s.Queue}
	if s.Holder() != "" {
		units = append(units, s.Agency, s.Holder())
	}
	for _, c := range s.Clocks {
		units = append(units, c.Unit)
	}
	return units
}

// touched fails a statement that should have touched a row and did not.
func touched(what string) func(pgconn.CommandTag) error {
	return func(tag pgconn.CommandTag) error {
		if tag.RowsAffected() == 0 {
			return fmt.Errorf("%s: no such row", what)
		}
		return nil
	}
}
