package api

import (
	"context"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/office"
)

// ListCalendars lists the calendars.
func (s *server) ListCalendars(ctx context.Context, _ ListCalendarsRequestObject) (ListCalendarsResponseObject, error) {
	ctx, _ = from(ctx)
	calendars, err := s.Office.Calendars(ctx)
	if err != nil {
		return nil, err
	}
	return ListCalendars200JSONResponse{Calendars: each(calendars, func(k office.Calendar) Calendar {
		return Calendar{Id: k.ID, Zone: k.Zone, WeekDays: k.WeekDays, JointLeaveOff: k.JointLeave, Revision: k.Revision}
	})}, nil
}

// CalendarDue says when a limit ends.
func (s *server) CalendarDue(ctx context.Context, r CalendarDueRequestObject) (CalendarDueResponseObject, error) {
	ctx, _ = from(ctx)
	q := office.DueQuestion{From: r.Params.From, N: r.Params.Days, Unit: calendar.Unit(r.Params.Unit), Revision: r.Params.Revision}
	due, err := s.Office.CalendarDue(ctx, r.Id, q)
	if err != nil {
		return nil, err
	}
	due.DaysOff = filled(due.DaysOff)
	return CalendarDue200JSONResponse(due), nil
}

// ListRuleSets lists the rule sets.
func (s *server) ListRuleSets(ctx context.Context, _ ListRuleSetsRequestObject) (ListRuleSetsResponseObject, error) {
	ctx, _ = from(ctx)
	sets, err := s.Office.RuleSets(ctx)
	if err != nil {
		return nil, err
	}
	return ListRuleSets200JSONResponse{RuleSets: filled(sets)}, nil
}

// PutCalendar adds a calendar.
func (s *server) PutCalendar(ctx context.Context, r PutCalendarRequestObject) (PutCalendarResponseObject, error) {
	ctx, caller := from(ctx)
	b := r.Body
	err := s.Office.PutCalendar(ctx, caller, office.Calendar{ID: r.Id, Zone: string(b.Zone), WeekDays: int(b.WeekDays), JointLeave: b.JointLeaveOff})
	return PutCalendar204Response{}, err
}

// ListRevisions lists what each decree of a calendar changed.
func (s *server) ListRevisions(ctx context.Context, r ListRevisionsRequestObject) (ListRevisionsResponseObject, error) {
	ctx, _ = from(ctx)
	all, err := s.Office.Revisions(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return ListRevisions200JSONResponse{Revisions: filled(all)}, nil
}

// ReadDecreePlan shows the dry run that waits for a second person.
func (s *server) ReadDecreePlan(ctx context.Context, r ReadDecreePlanRequestObject) (ReadDecreePlanResponseObject, error) {
	ctx, caller := from(ctx)
	p, err := s.Office.DecreePlan(ctx, caller, r.Id, r.Key)
	if err != nil {
		return nil, err
	}
	return ReadDecreePlan200JSONResponse(p), nil
}

// PlanDecree tries a decree out.
func (s *server) PlanDecree(ctx context.Context, r PlanDecreeRequestObject) (PlanDecreeResponseObject, error) {
	ctx, caller := from(ctx)
	p, err := s.Office.PlanDecree(ctx, caller, r.Id, r.Key, *r.Body)
	if err != nil {
		return nil, err
	}
	return PlanDecree200JSONResponse(p), nil
}

// CommitDecree commits a decree that another person tried out.
func (s *server) CommitDecree(ctx context.Context, r CommitDecreeRequestObject) (CommitDecreeResponseObject, error) {
	ctx, caller := from(ctx)
	done, err := s.Office.CommitDecree(ctx, caller, r.Id, r.Key, r.Body.Plan.String())
	if err != nil {
		return nil, err
	}
	return CommitDecree200JSONResponse(done), nil
}
