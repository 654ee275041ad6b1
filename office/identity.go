package office

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/store"
)

// Person is who reports [identitas pelapor].
type Person struct {
	Name    string `json:"name"`
	NIK     string `json:"nik,omitempty"`     // nomor induk kependudukan: 16 digits
	Address string `json:"address,omitempty"` // as the reporter wrote it

	Documents []Document `json:"documents,omitempty"`
}

// Identity returns who filed a report, if the identity is open: to its reporter,
// and to administrators of its queue; each reading by staff is in the audit log,
// or is refused.
//
// Errors: fault.Conflict for a sealed identity, which only two custodians open
// (RULES.md section 6), and for a report without one; fault.Gone once erased;
// fault.Forbidden, and fault.NotFound as [Office.Report].
func (o *Office) Identity(ctx context.Context, c Caller, id string) (Person, error) {
	var p Person
	err := o.reads(ctx, c, id, string(policy.ReadIdentity), func(ctx context.Context, tx *store.Tx, _ *catalogue, f file) error {
		if err := f.permit(policy.ReadIdentity); err != nil {
			return err
		}
		switch f.row.Identity {
		case IdentitySealed:
			return fault.New(fault.Conflict, "Identitas laporan ini tertutup: hanya dua pemegang kunci bersama-sama yang dapat membukanya.")
		case IdentityNone:
			return fault.New(fault.Conflict, "Laporan ini dibuat tanpa identitas.")
		}
		if c.Kind == Staff {
			if err := tx.WriteAudit(ctx, o.line(c, policy.ReadIdentity, f.row.State.ID, true)); err != nil {
				return err
			}
		}
		plain, err := tx.OpenIdentityText(ctx, f.row.State.ID)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(plain, &p); err != nil {
			return fmt.Errorf("decode identity of %s: %w", f.row.State.ID, err)
		}
		return nil
	})
	if err != nil {
		return Person{}, err
	}
	return p, nil
}
