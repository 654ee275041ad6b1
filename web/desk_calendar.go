package web

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
)

// decreeTime is what committing a decree may take: with 100,000 open reports some
// seconds (docs/performance.md), on a machine that has other work. It goes on when the
// browser leaves, and ends before the listener gives the answer up.
const decreeTime = 25 * time.Second

// calendars lists the calendars.
func (s *server) calendars(c *gin.Context, who office.Caller) error {
	all, err := s.Office.Calendars(c.Request.Context())
	if err != nil {
		return err
	}
	return s.showDesk(c, who, http.StatusOK, "desk_calendars", page{Data: all})
}

// calendarPage is one calendar with its decrees, and the form of another.
type calendarPage struct {
	ID        string
	Revisions []office.Revision
	Form      form
	Fields    []deskField
	Kinds     []calendar.Kind
}

func (s *server) calendar(c *gin.Context, who office.Caller) error {
	return s.showCalendar(c, http.StatusOK, who, form{Values: url.Values{"track": {"SKB"}}})
}

func (s *server) showCalendar(c *gin.Context, status int, who office.Caller, f form) error {
	id := c.Param("kalender")
	all, err := s.Office.Revisions(c.Request.Context(), id)
	if err != nil {
		return err
	}
	p := calendarPage{ID: id, Revisions: all, Form: f, Kinds: []calendar.Kind{calendar.NationalHoliday, calendar.CollectiveLeave, calendar.Election}}
	if id != "national" {
		p.Kinds = []calendar.Kind{calendar.RegionalOff, calendar.RegionalOn}
	}
	if p.Fields, err = fieldsIn(languageOf(c), f, "d", "decree", "key", "issued_on", "track", "year", "decree_title", "days_text", "taken_text"); err != nil {
		return err
	}
	return s.showDesk(c, who, status, "desk_calendar", page{Title: languageOf(c).say("decree.calendar", id), Path: "/meja/kalender/" + id, Data: p})
}

// planDecree tries a decree out.
func (s *server) planDecree(c *gin.Context, who office.Caller) error {
	f := formOf(c, "key", "issued_on", "track", "year", "decree_title", "days_text", "taken_text")
	d, err := decreeOf(f)
	if err == nil {
		_, err = s.Office.PlanDecree(c.Request.Context(), who, c.Param("kalender"), f.Get("key"), d)
	}
	if f.blamedIn(languageOf(c), err, "d") {
		for i := range f.Wrong {
			f.Wrong[i].Field = decreeField(f.Wrong[i].Field)
		}
		return s.showCalendar(c, door422(err), who, f)
	}
	if err != nil {
		return err
	}
	return s.goTo(c, "/meja/kalender/"+escape(c.Param("kalender"))+"/"+escape(f.Get("key")))
}

// decreeField is the field of the form that a fault about a decree is about: its days
// stand in one field, line by line.
func decreeField(name string) string {
	switch first, _, _ := strings.Cut(strings.TrimPrefix(name, "d-"), "/"); first {
	case "days":
		return "d-days_text"
	case "supersedes":
		return "d-taken_text"
	case "calendar_year":
		return "d-year"
	case "title":
		return "d-decree_title"
	case "key", "issued_on", "track", "days_text", "taken_text", "year":
		return "d-" + first
	}
	return "d-key"
}

// decreeOf reads the form. Days are lines "2026-08-18; collective_leave; Nama", days
// taken back lines "SKB 2026; 2026-08-18". fault.Invalid names the field and the line.
func decreeOf(f form) (office.Decree, error) {
	year, _ := strconv.Atoi(f.Get("year")) // no number is refused as 0 is
	d := office.Decree{IssuedOn: f.Get("issued_on"), Track: strings.TrimSpace(f.Get("track")), CalendarYear: year, Title: strings.TrimSpace(f.Get("decree_title")), Days: []office.DecreeDay{}}
	days, err := linesOf(f, "days_text", 3, "TANGGAL; jenis; nama")
	if err != nil {
		return d, err
	}
	for _, x := range days {
		d.Days = append(d.Days, office.DecreeDay{Date: x[0], Kind: calendar.Kind(x[1]), NameID: x[2]})
	}
	taken, err := linesOf(f, "taken_text", 2, "KUNCI KEPUTUSAN; TANGGAL")
	if err != nil {
		return d, err
	}
	for _, x := range taken {
		d.Supersedes = append(d.Supersedes, office.DecreeRef{Decree: x[0], Date: x[1]})
	}
	return d, nil
}

// linesOf cuts the lines of a field at their semicolons, into n parts each; empty
// lines are left out.
func linesOf(f form, name string, n int, shape string) ([][]string, error) {
	var all [][]string
	for i, line := range strings.Split(f.Get(name), "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		parts := strings.SplitN(line, ";", n)
		if len(parts) != n {
			return nil, fault.At("/"+name, "Baris ke-%d: bentuknya %s.", i+1, shape)
		}
		for j := range parts {
			parts[j] = strings.TrimSpace(parts[j])
		}
		all = append(all, parts)
	}
	return all, nil
}

// planPage is a decree tried out.
type planPage struct {
	office.DecreePlan
	Own   bool // the caller tried it out himself: another commits it
	Units map[string]string
}

// plan shows what a decree would do.
func (s *server) plan(c *gin.Context, who office.Caller) error {
	p, err := s.Office.DecreePlan(c.Request.Context(), who, c.Param("kalender"), c.Param("kunci"))
	if err != nil {
		return err
	}
	k, err := s.catalogue(c)
	if err != nil {
		return err
	}
	shown := planPage{DecreePlan: p, Own: p.PlannedBy == who.Subject, Units: map[string]string{}}
	for _, a := range k.Agencies {
		shown.Units[a.ID] = a.Name
	}
	return s.showDesk(c, who, http.StatusOK, "desk_plan", page{Title: p.Key, Path: "/meja/kalender/" + escape(p.Calendar) + "/" + escape(p.Key), Data: shown})
}

// moved is the list of clocks that a decree would move, as CSV: codes and times.
func (s *server) moved(c *gin.Context, who office.Caller) error {
	p, err := s.Office.DecreePlan(c.Request.Context(), who, c.Param("kalender"), c.Param("kunci"))
	if err != nil {
		return err
	}
	c.Header("Content-Type", "text/csv; charset=utf-8")
	c.Header("Content-Disposition", fmt.Sprintf("attachment; filename=%q", p.Key+".csv"))
	w := csv.NewWriter(c.Writer)
	rows := [][]string{{"report", "agency", "clock", "from", "to"}}
	for _, m := range p.Named {
		rows = append(rows, []string{m.Report, m.Agency, string(m.Clock), m.From.Format(time.RFC3339), m.To.Format(time.RFC3339)})
	}
	return w.WriteAll(rows)
}

// decide commits a decree that another person tried out, or tries it again where the
// calendar has moved on since.
func (s *server) decide(c *gin.Context, who office.Caller) error {
	id, key := c.Param("kalender"), c.Param("kunci")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), decreeTime)
	defer cancel()
	if c.PostForm("tindakan") == "again" {
		p, err := s.Office.DecreePlan(ctx, who, id, key)
		if err == nil {
			_, err = s.Office.PlanDecree(ctx, who, id, key, p.Decree)
		}
		if err != nil {
			return err
		}
		return s.goTo(c, "/meja/kalender/"+escape(id)+"/"+escape(key))
	}
	done, err := s.Office.CommitDecree(ctx, who, id, key, c.PostForm("plan"))
	if err != nil {
		return err
	}
	return s.showDesk(c, who, http.StatusOK, "desk_committed", page{Path: "/meja/kalender/" + escape(id), Data: done})
}
