package office

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// The limits of a job of many reports. All are ours.
const (
	MaxBulk = 500             // reports of one job
	MaxRun  = 100             // items of one run
	lease   = 1 * time.Minute // of an item whose runner is not heard of again
	refresh = 50              // waiting items that one reading asks after
	aRun    = 20              // items of a run that names no number
	soon    = 6 * time.Second // before the end of a request no further item is begun
	lately  = 50              // jobs of a list
)

// BulkActs are the acts that can be done to many reports at once: those whose
// meaning does not hang on the words of one report.
var BulkActs = []report.Action{
	report.Forward, report.PassUp, report.Archive, report.Reassign, report.Extend, report.DeclineExtension, // administrators
	report.Accept, report.Assign, report.Note, report.Return, // officers
}

// BulkOrder is one act to be done to many reports [tindakan massal].
type BulkOrder struct {
	Act     Act      // Action: one of BulkActs; of a forward no public texts, since each report has its own
	Reports []string // tracking ids, 1 to MaxBulk; one named twice counts once [/reports/N]
}

// BulkJob is how far a job of many reports has come.
type BulkJob struct {
	ID        string        `json:"id"`
	Action    report.Action `json:"action"`
	CreatedAt time.Time     `json:"created_at"`
	Total     int           `json:"total"`
	Pending   int           `json:"pending"` // not carried out yet: run it again
	Waiting   int           `json:"waiting"` // accepted and not applied yet
	Applied   int           `json:"applied"`
	Refused   int           `json:"refused"`
	Unit      string        `json:"unit,omitempty"`   // forward, reassign: agency; assign: unit; not in a list
	Reason    string        `json:"reason,omitempty"` // archive; not in a list
	Text      string        `json:"text,omitempty"`   // not in a list
	Items     []BulkItem    `json:"items,omitempty"`  // in the order of the reports; not in a list
}

// BulkItem is what became of the act on one report.
type BulkItem struct {
	Report    string     `json:"report"`
	State     string     `json:"state"`                // pending, StateWaiting, StateApplied, StateRefused
	CommandID string     `json:"command_id,omitempty"` // once carried out; of a refused one there may be no command
	Kind      string     `json:"kind,omitempty"`       // fault kind, once refused
	Reason    string     `json:"reason,omitempty"`     // sentence, once refused
	SettledAt *time.Time `json:"settled_at,omitempty"`
}

// StartBulk keeps an act on many reports, and carries out nothing yet. Who the
// reports are is not looked at before [Office.RunBulk]. The job is its owner's alone,
// what is to be done lies sealed, and after 30 days it is deleted. Under a key a
// repetition returns the same job.
//
// Errors: fault.Invalid naming the field: /action, /reports, /reports/N, or what is
// wrong with the act; fault.Unauthenticated and fault.Forbidden for who has nothing
// to do; fault.Conflict if the key was used for another request.
func (o *Office) StartBulk(ctx context.Context, c Caller, order BulkOrder, key string) (BulkJob, error) {
	r, err := o.under(c, key, "bulk", order)
	if err != nil {
		return BulkJob{}, err
	}
	k, err := o.known(ctx)
	if err != nil {
		return BulkJob{}, err
	}
	if err := o.authorize(ctx, c, k, policy.RunBulk, policy.Resource{}, ""); err != nil {
		return BulkJob{}, err
	}
	order.Act = order.Act.tidy()
	items, err := o.bulkItems(k, order)
	if err != nil {
		return BulkJob{}, err
	}
	job, err := o.sealBulk(order.Act)
	if err != nil {
		return BulkJob{}, err
	}
	var view BulkJob
	err = o.Store.As(ctx, o.actor(c, ""), func(ctx context.Context, tx *store.Tx) error {
		view = BulkJob{}
		fresh, _, err := r.claim(ctx, tx, &view)
		if err != nil || !fresh {
			return err
		}
		if job.CreatedAt, err = tx.AddBulk(ctx, job, items); err != nil {
			return err
		}
		job.Total, job.Pending = len(items), len(items)
		if err := tx.WriteAudit(ctx, o.bulkLine(c, job)); err != nil {
			return err
		}
		view = bulkJob(job, order.Act, items)
		return r.store(ctx, tx, view)
	})
	return view, err
}

// bulkItems judges the form of an order.
func (o *Office) bulkItems(k *catalogue, order BulkOrder) ([]store.BulkItem, error) {
	switch {
	case !slices.Contains(BulkActs, order.Act.Action):
		return nil, fault.At("/action", "Tindakan %q tidak dapat dilakukan secara massal.", order.Act.Action)
	case order.Act.PublicTitle != "" || order.Act.PublicBody != "":
		return nil, fault.At("/public_title", "Setiap laporan mempunyai salinan publiknya sendiri; konfirmasi masing-masing lebih dahulu.")
	case len(order.Reports) < 1 || len(order.Reports) > MaxBulk:
		return nil, fault.At("/reports", "Sebut 1 sampai %d laporan.", MaxBulk)
	}
	if err := order.Act.check(k); err != nil {
		return nil, err
	}
	var items []store.BulkItem
	seen := map[string]bool{}
	for i, name := range order.Reports {
		id, err := report.ParseID(name)
		if err != nil {
			return nil, fault.At(fmt.Sprintf("/reports/%d", i), "Nomor laporan %q salah ketik.", name)
		}
		if seen[id] {
			continue
		}
		seen[id] = true
		command, err := newUUID(o.Random)
		if err != nil {
			return nil, err
		}
		items = append(items, store.BulkItem{N: len(items) + 1, Report: id, Command: command, State: store.BulkPending})
	}
	return items, nil
}

func bulkKey(id string) string { return "bulk act|" + id }

// sealBulk makes the row of a job.
func (o *Office) sealBulk(a Act) (store.Bulk, error) {
	id, err := newUUID(o.Random)
	if err != nil {
		return store.Bulk{}, err
	}
	plain, err := json.Marshal(a)
	if err != nil {
		return store.Bulk{}, fmt.Errorf("encode act: %w", err)
	}
	sealed, err := o.Keys.SealAnswer(bulkKey(id), plain)
	if err != nil {
		return store.Bulk{}, fmt.Errorf("seal act: %w", err)
	}
	return store.Bulk{ID: id, Action: a.Action, Sealed: sealed}, nil
}

func (o *Office) openBulk(n store.Bulk) (Act, error) {
	var a Act
	plain, err := o.Keys.OpenAnswer(bulkKey(n.ID), n.Sealed)
	if err != nil {
		return a, fmt.Errorf("open act of job %s: %w", n.ID, err)
	}
	if err := json.Unmarshal(plain, &a); err != nil {
		return a, fmt.Errorf("decode act of job %s: %w", n.ID, err)
	}
	return a, nil
}

func (o *Office) bulkLine(c Caller, n store.Bulk) store.Audit {
	l := o.line(c, policy.RunBulk, "", true)
	l.Detail = json.RawMessage(fmt.Sprintf(`{"bulk":%q,"action":%q,"reports":%d}`, n.ID, n.Action, n.Total))
	return l
}

// RunBulk carries out up to n items of the caller's job that nobody has carried out
// yet, 1 to MaxRun (0: 20), and returns how far the job is. Each is an ordinary
// [Office.Command], judged by what the caller may at that moment; what it refuses is
// recorded and the next one is begun. A report without a confirmed public copy is not
// forwarded, a secret one neither, since its agency may read nothing else.
//
// An item is acted on once, whoever breaks off and however many run the job at once:
// its command has its id beforehand. It may be repeated until Pending is 0; an item
// whose runner broke off is free again after a minute. Near the end of ctx no
// further item is begun.
//
// Errors: fault.NotFound if it is not the caller's job; fault.Invalid naming /limit;
// fault.Forbidden if the caller has no office any more; fault.Unavailable and the
// error of ctx: the item at work is left for the next run.
func (o *Office) RunBulk(ctx context.Context, c Caller, id string, n int) (BulkJob, error) {
	if n == 0 {
		n = aRun
	}
	if n < 1 || n > MaxRun {
		return BulkJob{}, fault.At("/limit", "Limit harus 1 sampai %d.", MaxRun)
	}
	job, err := o.bulk(ctx, c, id)
	if err != nil {
		return BulkJob{}, err
	}
	act, err := o.openBulk(job)
	if err != nil {
		return BulkJob{}, err
	}
	for range n {
		if end, ok := ctx.Deadline(); ok && end.Sub(o.Now()) < soon {
			break
		}
		more, err := o.runNext(ctx, c, id, act)
		if err != nil {
			return BulkJob{}, err
		}
		if !more {
			break
		}
	}
	return o.Bulk(ctx, c, id)
}

// bulk reads the caller's own job.
func (o *Office) bulk(ctx context.Context, c Caller, id string) (store.Bulk, error) {
	var n store.Bulk
	err := o.asReader(ctx, c, policy.RunBulk, func(ctx context.Context, tx *store.Tx) (err error) {
		n, err = tx.Bulk(ctx, id)
		return err
	})
	if fault.KindOf(err) == fault.NotFound {
		return n, fault.New(fault.NotFound, "Tindakan massal tidak ditemukan.")
	}
	return n, err
}

// runNext carries out one item; more is false if there is none.
func (o *Office) runNext(ctx context.Context, c Caller, id string, a Act) (more bool, err error) {
	now, err := o.Staff(ctx, c.Subject)
	if err != nil {
		return false, err
	}
	var item store.BulkItem
	err = o.Store.As(ctx, o.actor(c, ""), func(ctx context.Context, tx *store.Tx) (err error) {
		item, more, err = tx.TakeBulkItem(ctx, id, lease)
		return err
	})
	if err != nil || !more {
		return false, err
	}
	done, err := o.runItem(ctx, now, item, a)
	put := func(ctx context.Context, tx *store.Tx) error { return tx.SettleBulkItem(ctx, id, done) }
	if err != nil {
		put = func(ctx context.Context, tx *store.Tx) error { return tx.ReleaseBulkItem(ctx, id, item.N) }
	}
	return true, errors.Join(err, o.Store.As(context.WithoutCancel(ctx), o.actor(c, ""), put))
}

// runItem carries out one item and returns it settled. An error leaves it undone, or
// done by a command that the next run finds.
func (o *Office) runItem(ctx context.Context, c Caller, item store.BulkItem, a Act) (store.BulkItem, error) {
	var row store.CommandRow
	err := o.Store.As(ctx, worker, func(ctx context.Context, tx *store.Tx) (err error) {
		row, err = tx.Command(ctx, item.Command)
		return err
	})
	switch {
	case err == nil:
		item.State, item.Kind, item.Reason = store.BulkState(row.State), row.Kind, row.Reason
		return item, nil
	case fault.KindOf(err) != fault.NotFound:
		return item, err
	}
	a.id = item.Command
	answer, err := o.Command(ctx, c, item.Report, a, "bulk item|"+item.Command)
	if err == nil {
		item.State = store.BulkState(answer.State)
		return item, nil
	}
	if !slices.Contains(verdicts, fault.KindOf(err)) {
		return item, err
	}
	said := refusalOf(err)
	item.State, item.Kind, item.Reason = store.BulkRefused, string(said.Kind), said.Message
	if said.Field == "/public_title" || said.Field == "/public_body" {
		item.Reason = "Salinan publik laporan ini belum dikonfirmasi. Konfirmasi salinannya, lalu teruskan lagi."
	}
	return item, nil
}

// Bulk returns the caller's own job with what became of each report. Of those that
// wait it asks what became of them meanwhile, of at most 50 at once.
// fault.NotFound if it is not the caller's job.
func (o *Office) Bulk(ctx context.Context, c Caller, id string) (BulkJob, error) {
	job, err := o.bulk(ctx, c, id)
	if err != nil {
		return BulkJob{}, err
	}
	act, err := o.openBulk(job)
	if err != nil {
		return BulkJob{}, err
	}
	read := func() (items []store.BulkItem, err error) {
		err = o.Store.As(ctx, o.actor(c, ""), func(ctx context.Context, tx *store.Tx) (err error) {
			if job, err = tx.Bulk(ctx, id); err != nil {
				return err
			}
			items, err = tx.BulkItems(ctx, id)
			return err
		})
		return items, err
	}
	items, err := read()
	if err != nil {
		return BulkJob{}, err
	}
	moved, err := o.askAfter(ctx, c, id, items)
	if err == nil && moved {
		items, err = read()
	}
	if err != nil {
		return BulkJob{}, err
	}
	return bulkJob(job, act, items), nil
}

// askAfter settles what waited and does no more.
func (o *Office) askAfter(ctx context.Context, c Caller, id string, items []store.BulkItem) (moved bool, err error) {
	left := refresh
	for _, item := range items {
		if item.State != store.BulkWaiting || left == 0 {
			continue
		}
		left--
		s, err := o.CommandStatus(ctx, c, item.Command)
		switch {
		case fault.KindOf(err) == fault.NotFound: // no longer his to know of, or refused long ago
			said := refusalOf(err)
			item.State, item.Kind, item.Reason = store.BulkRefused, string(said.Kind), said.Message
		case err != nil:
			return moved, err
		case s.State == StateWaiting:
			continue
		default:
			item.State, item.Kind, item.Reason = store.BulkState(s.State), s.Kind, s.Reason
		}
		err = o.Store.As(ctx, o.actor(c, ""), func(ctx context.Context, tx *store.Tx) error { return tx.SettleBulkItem(ctx, id, item) })
		if err != nil {
			return moved, err
		}
		moved = true
	}
	return moved, nil
}

// Bulks returns the caller's own jobs of late, the latest first, at most 50, without
// their items.
func (o *Office) Bulks(ctx context.Context, c Caller) ([]BulkJob, error) {
	jobs := []BulkJob{}
	err := o.asReader(ctx, c, policy.RunBulk, func(ctx context.Context, tx *store.Tx) error {
		found, err := tx.Bulks(ctx, lately)
		jobs = []BulkJob{}
		for _, n := range found {
			jobs = append(jobs, bulkJob(n, Act{}, nil))
		}
		return err
	})
	return jobs, err
}

func bulkJob(n store.Bulk, a Act, items []store.BulkItem) BulkJob {
	job := BulkJob{
		ID: n.ID, Action: n.Action, CreatedAt: n.CreatedAt, Total: n.Total, Pending: n.Pending, Waiting: n.Waiting, Applied: n.Applied,
		Refused: n.Refused, Unit: a.Unit, Reason: a.Reason, Text: a.Text,
	}
	for _, i := range items {
		v := BulkItem{Report: i.Report, State: string(i.State), Kind: i.Kind, Reason: i.Reason, SettledAt: i.SettledAt}
		if i.State != store.BulkPending {
			v.CommandID = i.Command
		}
		job.Items = append(job.Items, v)
	}
	return job
}
