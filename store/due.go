package store

// The dates of a report lie in its clocks, and nowhere else: what a list shows or
// sorts by is read there. report.State has the same in Go (NearestDue, Clock.Late).

// nearestDue is when the nearest running clock of report r is due, late ones
// included; null if none runs.
const nearestDue = `(
	SELECT min(k.due_at)
	FROM clock k
	WHERE k.report = r.id AND k.status = 'running' AND k.kind <> 'reopen')`

// runsLate is true where a clock of report r runs that is marked late.
const runsLate = `EXISTS (
	SELECT FROM clock k
	WHERE k.report = r.id AND k.status = 'running' AND k.late_at IS NOT NULL)`

// updated is when report r last changed: by a transition, or by a date that
// moved.
const updated = `greatest(r.updated_at, (SELECT max(k.shifted_at) FROM clock k WHERE k.report = r.id))`

// The same for the public copy p.
const (
	publicLate = `EXISTS (
	SELECT FROM published_clock k
	WHERE k.report = p.id AND k.status = 'running' AND k.late_at IS NOT NULL)`

	publicUpdated = `greatest(p.updated_at, (SELECT max(k.shifted_at) FROM published_clock k WHERE k.report = p.id))`
)

// publicClocks are the live clocks of the public copy p as JSON.
const publicClocks = `(
	SELECT coalesce(jsonb_agg(k.clock ORDER BY k.seq, k.kind), '[]')
	FROM published_clock k
	WHERE k.report = p.id AND k.status IN ('running', 'paused'))`

// publicState is what the running clocks of the public copy p say, in one look: as
// publicLate and nearestDue.
const publicState = `(
	SELECT coalesce(bool_or(k.late_at IS NOT NULL), false) AS late, min(k.due_at) FILTER (WHERE k.kind <> 'reopen') AS due_at
	FROM published_clock k
	WHERE k.report = p.id AND k.status = 'running')`
