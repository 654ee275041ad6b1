package office

import (
	"context"
	"errors"
	"time"

	"github.com/kawal-id/kawal/report"
)

var errTemporary = errors.New("being written")

func (o *Office) Staff(ctx context.Context, subject string) (Caller, error) {
	return Caller{}, errTemporary
}
func (o *Office) Submit(ctx context.Context, c Caller, s Submission, key string) (Receipt, error) {
	return Receipt{}, errTemporary
}
func (o *Office) Command(ctx context.Context, c Caller, id string, a Act, key string) (Answer, error) {
	return Answer{}, errTemporary
}
func (o *Office) CommandStatus(ctx context.Context, c Caller, commandID string) (CommandStatus, error) {
	return CommandStatus{}, errTemporary
}
func (o *Office) Report(ctx context.Context, c Caller, id string) (ReportView, error) {
	return ReportView{}, errTemporary
}
func (o *Office) List(ctx context.Context, c Caller, f Filter, cursor string) (Page, error) {
	return Page{}, errTemporary
}
func (o *Office) GeoJSON(ctx context.Context, c Caller, f Filter) (FeatureCollection, error) {
	return FeatureCollection{}, errTemporary
}
func (o *Office) Timeline(ctx context.Context, c Caller, id string) ([]TimelineEntry, error) {
	return nil, errTemporary
}
func (o *Office) Deadlines(ctx context.Context, c Caller, id string) ([]Deadline, error) {
	return nil, errTemporary
}
func (o *Office) Queue(ctx context.Context, c Caller, limit int) ([]Card, error) {
	return nil, errTemporary
}
func (o *Office) Statistics(ctx context.Context, c Caller, dim string, f Filter) ([]Statistic, error) {
	return nil, errTemporary
}
func (o *Office) Categories(ctx context.Context) ([]Category, error)     { return nil, errTemporary }
func (o *Office) Agencies(ctx context.Context) ([]Agency, error)         { return nil, errTemporary }
func (o *Office) Regions(ctx context.Context) ([]Region, error)          { return nil, errTemporary }
func (o *Office) RuleSets(ctx context.Context) ([]report.RuleSet, error) { return nil, errTemporary }
func (o *Office) Calendars(ctx context.Context) ([]Calendar, error)      { return nil, errTemporary }
func (o *Office) CalendarDue(ctx context.Context, id string, start time.Time, days int) (Due, error) {
	return Due{}, errTemporary
}
func (o *Office) Views(ctx context.Context, c Caller) ([]View, error)         { return nil, errTemporary }
func (o *Office) PutAgency(ctx context.Context, c Caller, a Agency) error     { return errTemporary }
func (o *Office) PutCategory(ctx context.Context, c Caller, k Category) error { return errTemporary }
func (o *Office) PutStaff(ctx context.Context, c Caller, m Member) error      { return errTemporary }
func (o *Office) Rate(ctx context.Context, c Caller, id string, score int, text string) (Rating, error) {
	return Rating{}, errTemporary
}
func (o *Office) ReplaceCode(ctx context.Context, c Caller, id, key string) (NewCode, error) {
	return NewCode{}, errTemporary
}
func (o *Office) SetVisibility(ctx context.Context, c Caller, id string, secret bool, key string) (Visibility, error) {
	return Visibility{}, errTemporary
}
func (o *Office) DeadLetters(ctx context.Context, c Caller) ([]DeadLetter, error) {
	return nil, errTemporary
}
func (o *Office) Requeue(ctx context.Context, c Caller, id int64) error { return errTemporary }
