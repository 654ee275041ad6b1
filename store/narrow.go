package store

import (
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/report"
)

// narrowed is a filter as conditions on published p. It is put together from the
// constants below, and a condition that was not asked for is not in it: a plan for
// "@agency IS NULL OR ..." reads every row once PostgreSQL makes it for all
// arguments alike.
type narrowed struct {
	conditions []string
	args       pgx.StrictNamedArgs
}

// when adds a condition and its arguments, if it is asked for.
func (n *narrowed) when(asked bool, condition string, args pgx.StrictNamedArgs) {
	if !asked {
		return
	}
	n.conditions = append(n.conditions, condition)
	for name, v := range args {
		n.args[name] = v
	}
}

// where is the conditions in SQL, true if there are none.
func (n *narrowed) where() string {
	if len(n.conditions) == 0 {
		return "true"
	}
	return strings.Join(n.conditions, " AND ")
}

// dimension is a column by which published is filtered and indexed.
type dimension struct {
	name  string
	value func(Filter) string
	below string // the function of what lies below a value; "": nothing does
	with  string // the condition
}

// dimensions of published. The first that is asked for leads: its index is read.
// They stand in the order of how few rows a value of theirs leaves.
var publicDimensions = []dimension{
	{"agency", func(f Filter) string { return f.Agency }, "units_below(@agency)", "p.agency = ANY (ARRAY(SELECT units_below(@agency)))"},
	{"region", func(f Filter) string { return f.Region }, "regions_below(@region)", "p.region = ANY (ARRAY(SELECT regions_below(@region)))"},
	{"category", func(f Filter) string { return f.Category }, "categories_below(@category)", "p.category = ANY (ARRAY(SELECT categories_below(@category)))"},
	{"stage", func(f Filter) string { return string(f.Stage) }, "", "p.stage = @stage::text"},
}

// narrow is the filter's conditions, but for the dimensions named.
func (f Filter) narrow(but ...string) *narrowed {
	n := &narrowed{args: pgx.StrictNamedArgs{}}
	for _, d := range publicDimensions {
		n.when(d.value(f) != "" && !slices.Contains(but, d.name), d.with, pgx.StrictNamedArgs{d.name: d.value(f)})
	}
	n.when(!f.Since.IsZero(), "p.published_at >= @since::timestamptz", pgx.StrictNamedArgs{"since": f.Since})
	n.when(!f.Until.IsZero(), "p.published_at < @until::timestamptz", pgx.StrictNamedArgs{"until": f.Until})
	f.narrowFreely(n)
	if f.After != nil {
		n.when(true, "(p.published_at, p.id) < (@after_at::timestamptz, @after_id::text)",
			pgx.StrictNamedArgs{"after_at": f.After.At, "after_id": f.After.ID})
	}
	return n
}

// narrowFreely adds what no index of a dimension knows.
func (f Filter) narrowFreely(n *narrowed) {
	n.when(f.Class != "", "p.class = @class::text", pgx.StrictNamedArgs{"class": f.Class})
	if f.Late != nil {
		n.when(*f.Late, `p.id IN (SELECT k.report FROM published_clock k WHERE k.status = 'running' AND k.late_at IS NOT NULL)`, nil)
		n.when(!*f.Late, "NOT "+publicLate, nil)
	}
	if id, err := report.ParseID(f.Q); err == nil {
		n.when(true, "(p.words @@ plainto_tsquery('simple', @q) OR p.id = @id::text)", pgx.StrictNamedArgs{"q": f.Q, "id": id})
	} else {
		n.when(f.Q != "", "p.words @@ plainto_tsquery('simple', @q)", pgx.StrictNamedArgs{"q": f.Q})
	}
	if b := f.BBox; b != nil {
		n.when(true, `p.band BETWEEN floor(@south::float8)::smallint AND floor(@north::float8)::smallint
			AND p.long BETWEEN @west::float8 AND @east::float8 AND p.lat BETWEEN @south::float8 AND @north::float8`,
			pgx.StrictNamedArgs{"west": b[0], "south": b[1], "east": b[2], "north": b[3]})
	}
}

// free tells that the filter asks for what no index of a dimension knows: then
// PostgreSQL chooses by the values.
func (f Filter) free() bool { return f.Class != "" || f.Late != nil || f.Q != "" || f.BBox != nil }

// limit is how many rows are asked for: 0 is the default, and most the most.
func (f Filter) limit(most int) int {
	if f.Limit > 0 {
		return min(f.Limit, most)
	}
	return defaultLimit
}

// commonPage is the page that is asked for when none is, and the one row more that
// tells whether another follows.
const commonPage = defaultLimit + 1

// hits is a statement for id and published_at of the newest rows that fit the
// filter and the further condition, newest first, and its arguments. It reads as
// many as a common page or else the list may hold at most, a number that PostgreSQL
// sees when it plans for all arguments alike, and returns @limit of them.
//
// Where the indexes of the dimensions know all that is asked, each value at or
// below the one that leads gives its own newest rows, straight from the index and
// in its order: a page costs the same wherever it lies.
func (f Filter) hits(most int, further string) (string, pgx.StrictNamedArgs) {
	lead, names := f.leads(), []string(nil)
	for _, d := range lead {
		names = append(names, d.name)
	}
	n := f.narrow(names...)
	n.when(further != "", further, nil)
	n.args["limit"] = f.limit(most)
	if f.limit(most) <= commonPage {
		most = commonPage
	}
	from, where := "", n.where()
	for i, d := range lead {
		n.args[d.name] = d.value(f)
		code := "d" + strconv.Itoa(i)
		from += d.below + " AS " + code + " (code) CROSS JOIN "
		where = "p." + d.name + " = " + code + ".code AND " + where
	}
	newest := `
			SELECT p.id, p.published_at
			FROM published p
			WHERE ` + where + `
			ORDER BY p.published_at DESC, p.id DESC
			LIMIT ` + strconv.Itoa(most)
	if len(lead) > 0 {
		newest = `
			SELECT h.id, h.published_at
			FROM ` + from + `LATERAL (` + newest + `) h
			ORDER BY h.published_at DESC, h.id DESC
			LIMIT ` + strconv.Itoa(most)
	}
	return `
		SELECT n.id, n.published_at
		FROM (` + newest + `) n
		ORDER BY n.published_at DESC, n.id DESC
		LIMIT @limit`, n.args
}

// leads are the dimensions whose index is read value by value: the first that is
// asked for, region and category together. None where PostgreSQL is to choose.
func (f Filter) leads() (lead []dimension) {
	if f.free() {
		return nil
	}
	for _, d := range publicDimensions {
		if d.below == "" || d.value(f) == "" {
			continue
		}
		if lead = append(lead, d); d.name != "region" {
			return lead
		}
	}
	return lead
}

// mode is how a statement with the filter is sent. PostgreSQL plans anew where
// the best plan depends on the values.
func (f Filter) mode() pgx.QueryExecMode {
	if f.free() {
		return pgx.QueryExecModeCacheDescribe
	}
	return pgx.QueryExecModeCacheStatement
}
