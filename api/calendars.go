package api

import (
	"context"

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

// CalendarDue says when a number of working days ends.
func (s *server) CalendarDue(ctx context.Context, r CalendarDueRequestObject) (CalendarDueResponseObject, error) {
	ctx, _ = from(ctx)
	due, err := s.Office.CalendarDue(ctx, r.Id, r.Params.From, r.Params.Days)
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
