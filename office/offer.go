package office

import (
	"slices"

	"github.com/kawal-id/kawal/report"
)

// What a page may offer beside AllowedActions: what is no command of the table. The
// methods that do it judge again; these only spare a person a refusal.

// MayRate says whether the reporter who sees it may judge the report: Office.Rate.
func (v ReportView) MayRate() bool {
	return v.SeenBy == SeenByReporter && (v.Stage == report.Closure || v.Stage == report.Closed)
}

// MayErase says whether the reporter who sees it may have its content deleted: it has
// ended, and an agency needs it no more: Office.Erase.
func (v ReportView) MayErase() bool {
	return v.SeenBy == SeenByReporter && !v.Stage.Open() && v.Stage != report.Merged && v.ErasedAt == nil
}

// MayOpen says whether who sees it has a voice in making a secret report public:
// Office.SetVisibility. Of staff whoever may change it has one.
func (v ReportView) MayOpen() bool {
	if !v.Secret || v.ErasedAt != nil || v.Stage == report.Withdrawn {
		return false
	}
	return v.SeenBy == SeenByReporter || slices.Contains(v.AllowedActions, report.Amend)
}

// MayPrepare says whether who sees it may confirm a public copy beforehand:
// Office.PrepareCopy.
func (v ReportView) MayPrepare() bool {
	return !v.Secret && slices.Contains(v.AllowedActions, report.Forward)
}

// MayDraft says whether who sees it may save a follow-up for a head to approve:
// Office.SaveDraft. It is whoever works on the report for its agency.
func (v ReportView) MayDraft() bool {
	return v.Desk != nil && v.Desk.DraftApproval && (v.Stage == report.FollowUp || v.Stage == report.Closure) &&
		slices.Contains(v.AllowedActions, report.Assign)
}
