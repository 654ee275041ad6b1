package office

import (
	"context"
	"fmt"
	"strings"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// Deadlines explains each clock of a report, oldest first: reporter and staff
// see every clock that ever ran, everybody else those now running on a
// published report. fault.NotFound as [Office.Report].
func (o *Office) Deadlines(ctx context.Context, c Caller, id string) ([]Deadline, error) {
	clocks, rules, err := o.clocks(ctx, c, id)
	if err != nil {
		return nil, err
	}
	x := explainer{o: o, known: map[string]dated{}}
	all := []Deadline{}
	for _, k := range clocks {
		d, err := x.explain(ctx, k, rules)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}

// clocks returns what the caller may see of a report's clocks, and its rules.
func (o *Office) clocks(ctx context.Context, c Caller, id string) ([]report.Clock, report.RuleSet, error) {
	var clocks []report.Clock
	var rules report.RuleSet
	if c.Kind == Staff || c.Code != "" {
		err := o.reads(ctx, c, id, "read_deadlines", func(ctx context.Context, tx *store.Tx, _ *catalogue, f file) (err error) {
			rules = f.row.State.Rules
			clocks, err = tx.Clocks(ctx, f.row.State.ID)
			return err
		})
		if c.Kind != Staff || err == nil || fault.KindOf(err) == "" {
			return clocks, rules, err
		}
	}
	id, err := report.ParseID(id)
	if err != nil {
		return nil, rules, notFound()
	}
	p, err := o.Store.PublicReport(ctx, id)
	if err != nil {
		return nil, rules, uniform(err)
	}
	// The public copy does not say to which rules the report is pinned.
	err = o.Store.As(ctx, worker, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Load(ctx, id)
		rules = row.State.Rules
		return err
	})
	return p.Clocks, rules, uniform(err)
}

// explainer explains clocks and remembers the calendars they need.
type explainer struct {
	o     *Office
	known map[string]dated
}

type dated struct {
	config   calendar.Config
	revision int
}

func (x explainer) calendar(ctx context.Context, id string) (dated, error) {
	if k, ok := x.known[id]; ok {
		return k, nil
	}
	config, revision, err := x.o.Store.Calendar(ctx, id)
	if err != nil {
		return dated{}, err
	}
	x.known[id] = dated{config, revision}
	return x.known[id], nil
}

func (x explainer) explain(ctx context.Context, c report.Clock, rules report.RuleSet) (Deadline, error) {
	d := Deadline{ClockView: clockView(c), Rule: rules.ID, Source: rules.Source, Skipped: []DayOff{}}
	if c.Date == "" || c.Calendar == "" {
		d.Sentence = plain(c)
		return d, nil
	}
	k, err := x.calendar(ctx, c.Calendar)
	if err != nil {
		return Deadline{}, err
	}
	index, err := k.config.At(min(c.Revision, k.revision))
	if err != nil {
		return Deadline{}, fmt.Errorf("explain %s: %w", c.Kind, err)
	}
	last, err := calendar.ParseDate(c.Date)
	if err != nil {
		return Deadline{}, fmt.Errorf("explain %s: %w", c.Kind, err)
	}
	start := index.Date(c.StartedAt)
	d.Skipped, d.Weekends = daysOff(index.Skipped(start, last))
	d.Sentence = story(c, start, last, d)
	current, err := k.config.At(k.revision)
	if err != nil {
		return Deadline{}, fmt.Errorf("explain %s: %w", c.Kind, err)
	}
	if now := current.DueProvisional(c.StartedAt, c.Limit.N); untouched(c) && now.Date < last {
		d.Earlier = now.Date.String()
		d.Sentence = strings.TrimSuffix(d.Sentence, ".") +
			fmt.Sprintf("; menurut keputusan terbaru %s, tetapi batas yang sudah berjalan tidak diperpendek.", now.Date.Indonesian())
	}
	return d, nil
}

// untouched: the date follows from start and limit alone.
func untouched(c report.Clock) bool {
	return c.Limit.Unit == report.WorkingDays && c.ResumedAt.IsZero() && c.PausedAt.IsZero() && c.Extra == 0 && c.MovedAt.IsZero()
}

// story is the explanation in one Indonesian sentence.
func story(c report.Clock, start, last calendar.Date, d Deadline) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: dihitung %s sejak %s", c.Kind.Name(), amount(c.Limit), start.Indonesian())
	if !c.PausedAt.IsZero() {
		b.WriteString(", pernah dijeda")
	}
	if c.Extra > 0 {
		fmt.Fprintf(&b, ", diperpanjang %s", amount(report.Limit{Unit: c.Limit.Unit, N: c.Extra}))
	}
	if !c.MovedAt.IsZero() {
		b.WriteString(", dialihkan ke kalender instansi lain")
	}
	if c.Status == report.Paused {
		fmt.Fprintf(&b, ", kini dijeda dengan sisa %s", amount(report.Limit{Unit: c.Limit.Unit, N: c.Left}))
	} else {
		fmt.Fprintf(&b, ", batasnya akhir hari %s", last.Indonesian())
	}
	if c.Decree != "" {
		fmt.Fprintf(&b, " (%s)", c.Decree)
	}
	var off []string
	if d.Weekends > 0 {
		off = append(off, fmt.Sprintf("%d hari akhir pekan", d.Weekends))
	}
	for _, s := range d.Skipped {
		off = append(off, fmt.Sprintf("%s %s (%s)", s.Date, s.Name, s.Decree))
	}
	if len(off) > 0 {
		fmt.Fprintf(&b, "; tidak dihitung: %s", strings.Join(off, ", "))
	}
	if c.Provisional {
		b.WriteString("; sementara, karena keputusan hari libur tahun itu belum ditetapkan")
	}
	return b.String() + "."
}

// plain is the sentence of a clock that knows no days.
func plain(c report.Clock) string {
	s := fmt.Sprintf("%s: dihitung %s sejak %s", c.Kind.Name(), amount(c.Limit), c.StartedAt.UTC().Format("2006-01-02 15:04:05 MST"))
	if c.Status != report.Paused && !c.DueAt.IsZero() {
		s += ", batasnya " + c.DueAt.UTC().Format("2006-01-02 15:04:05 MST")
	}
	return s + "."
}

var unitNames = map[report.Unit]string{
	report.WorkingDays: "hari kerja", report.CalendarDays: "hari kalender", report.WorkingHours: "jam kerja", report.Seconds: "detik",
}

func amount(l report.Limit) string { return fmt.Sprintf("%d %s", l.N, unitNames[l.Unit]) }

// daysOff returns the days that a decree or the law takes off, and how many
// plain weekend days there are beside them.
func daysOff(skipped []calendar.SkippedDay) ([]DayOff, int) {
	days, weekends := []DayOff{}, 0
	for _, s := range skipped {
		if s.Kind == calendar.Weekend {
			weekends++
			continue
		}
		days = append(days, DayOff{Date: s.Date.String(), Name: s.Name, Decree: s.Decree})
	}
	return days, weekends
}
