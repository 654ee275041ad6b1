package office

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/workflows/contract"
)

// Views returns links into the Temporal UI for supervisors and auditors: saved
// views live in a browser there, so they are made here, with today's date in
// WIB. SQL visibility knows no now() and no order by custom attributes, so
// lateness is a state that the workflows write. Empty without an address of the
// UI.
func (o *Office) Views(ctx context.Context, c Caller) ([]View, error) {
	k, err := o.known(ctx)
	if err != nil {
		return nil, err
	}
	if err := o.authorize(ctx, c, k, policy.ReadViews, policy.Resource{}, ""); err != nil {
		return nil, err
	}
	all := []View{}
	if o.TemporalUI == "" {
		return all, nil
	}
	for _, v := range views(o.Now()) {
		v.Query = fmt.Sprintf("WorkflowType = '%s' AND %s", contract.ReportWorkflow, v.Query)
		v.URL = fmt.Sprintf("%s/namespaces/%s/workflows?query=%s", strings.TrimSuffix(o.TemporalUI, "/"), contract.Namespace, url.QueryEscape(v.Query))
		all = append(all, v)
	}
	return all, nil
}

// historyAddress is where the history of a report's workflow is read, for whoever may
// see the Temporal UI; empty for others, and without such an address.
func (o *Office) historyAddress(f file) string {
	if o.TemporalUI == "" || !f.may(policy.ReadViews) {
		return ""
	}
	return fmt.Sprintf("%s/namespaces/%s/workflows/%s", strings.TrimSuffix(o.TemporalUI, "/"), contract.Namespace, f.row.State.ID)
}

var wib = time.FixedZone("WIB", 7*3600)

func views(now time.Time) []View {
	local := now.In(wib)
	today := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, wib)
	stage, sla, due := contract.Stage.GetName(), contract.SLA.GetName(), contract.DueAt.GetName()
	// A deadline is the midnight after its day: it belongs to the day that ends with it.
	within := func(days int) string {
		to := today.AddDate(0, 0, days)
		return fmt.Sprintf("%s > '%s' AND %s <= '%s'", due, today.UTC().Format(time.RFC3339), due, to.UTC().Format(time.RFC3339))
	}
	running := "ExecutionStatus = 'Running'"
	is := func(name, value string) string { return fmt.Sprintf("%s = '%s'", name, value) }
	return []View{
		{Name: "Terlambat", Query: running + " AND " + is(sla, string(report.Late))},
		{Name: "Segera jatuh tempo", Query: running + " AND " + is(sla, string(report.DueSoon))},
		{Name: "Dijeda", Query: running + " AND " + is(sla, string(report.OnHold))},
		{Name: "Jatuh tempo hari ini", Query: running + " AND " + within(1)},
		{Name: "Jatuh tempo dalam tujuh hari", Query: running + " AND " + within(7)},
		{Name: "Belum terverifikasi", Query: running + " AND " + is(stage, string(report.Verification))},
		{Name: "Sedang ditindaklanjuti", Query: running + " AND " + is(stage, string(report.FollowUp))},
		{Name: "Menunggu selesai otomatis", Query: running + " AND " + is(stage, string(report.Closure))},
		{Name: "Batas bergeser karena keputusan", Query: running + " AND " + contract.MovedBy.GetName() + " IS NOT NULL"},
		{Name: "Selesai tiga puluh hari terakhir", Query: is(stage, string(report.Closed)) + fmt.Sprintf(" AND CloseTime >= '%s'", today.AddDate(0, 0, -30).UTC().Format(time.RFC3339))},
	}
}

// DeadLetters returns the notices that could not be sent, for national
// administrators and the operator's supervisors.
func (o *Office) DeadLetters(ctx context.Context, c Caller) ([]DeadLetter, error) {
	letters := []DeadLetter{}
	err := o.asReader(ctx, c, policy.ReadDeadLetters, func(ctx context.Context, tx *store.Tx) error {
		found, err := tx.DeadLetters(ctx)
		letters = append([]DeadLetter{}, found...)
		return err
	})
	return letters, err
}

// Requeue gives a notice that could not be sent another ten tries.
// fault.NotFound if there is no such dead letter.
func (o *Office) Requeue(ctx context.Context, c Caller, id int64) error {
	k, err := o.known(ctx)
	if err != nil {
		return err
	}
	if err := o.authorize(ctx, c, k, policy.Requeue, policy.Resource{}, ""); err != nil {
		return err
	}
	return o.asStaff(ctx, c, policy.Requeue, func(ctx context.Context, tx *store.Tx) error { return tx.Requeue(ctx, id) })
}
