package activities

import (
	"context"
	"fmt"

	"github.com/kawal-id/kawal/store"
)

// RefuseCommandInput is the verdict on a command that came by signal, so that
// nobody waited for it.
type RefuseCommandInput struct {
	ID     string `json:"id"`
	Kind   string `json:"kind"`   // fault kind
	Reason string `json:"reason"` // sentence for its sender; holds no content
}

// RefuseCommand records why a command was not applied, for its sender to read.
// Repeating it changes nothing; a command already applied stays applied.
func (a *Activities) RefuseCommand(ctx context.Context, in RefuseCommandInput) error {
	err := a.Store.As(ctx, worker, func(ctx context.Context, tx *store.Tx) error {
		return tx.Refuse(ctx, in.ID, in.Kind, in.Reason)
	})
	if err != nil {
		return final(fmt.Errorf("refuse command %s: %w", in.ID, err))
	}
	return nil
}
