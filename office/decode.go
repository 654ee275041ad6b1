package office

import (
	"context"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// MayDecode says which workflows' payloads the caller may read in the Temporal
// UI, in the order of their ids. The workflow of a report follows the report: a
// secret one is for auditors only, and one that accuses the reader's own office is
// closed to him. Other workflows are for supervisors too; what names no workflow,
// or no report that is known, is read as a secret one. Each asking is written to
// the audit log, in the same transaction: if it cannot be, there is no answer.
func (o *Office) MayDecode(ctx context.Context, c Caller, workflows []string) ([]bool, error) {
	if c.Kind != Staff {
		return nil, fault.New(fault.Forbidden, "Hanya untuk pengawas dan auditor.")
	}
	k, err := o.known(ctx)
	if err != nil {
		return nil, err
	}
	granted := make([]bool, len(workflows))
	err = o.Store.As(ctx, o.actor(c, ""), func(ctx context.Context, tx *store.Tx) error {
		for i, id := range workflows {
			r, err := k.behind(ctx, tx, id)
			if err != nil {
				return err
			}
			granted[i] = o.ask(c.office(k, false), policy.DecodeHistory, r).Allowed
			if err := tx.WriteAudit(ctx, o.line(c, policy.DecodeHistory, id, granted[i])); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return granted, nil
}

// behind is what stands behind a workflow, as the policy knows it.
func (k *catalogue) behind(ctx context.Context, tx *store.Tx, workflow string) (policy.Resource, error) {
	unknown := policy.Resource{Secret: true}
	if workflow == "" {
		return unknown, nil
	}
	id, err := report.ParseID(workflow)
	if err != nil {
		return policy.Resource{}, nil
	}
	row, err := tx.Load(ctx, id)
	if fault.KindOf(err) == fault.NotFound {
		return unknown, nil
	}
	if err != nil {
		return unknown, err
	}
	return k.resource(row), nil
}
