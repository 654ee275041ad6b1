package office

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// watched are readings that the audit log holds whoever of the staff reads. The
// others are those that the policy says are logged (policy.Decision), and those
// that noteReading finds.
var watched = []policy.Action{policy.ReadStatistics, policy.ReadDeadLetters, policy.ReadAudit}

// noteReading writes the reading of one report to the audit log, if the policy
// wants it or staff got to see the reporter's own words or internal notes: "with"
// names them.
func (o *Office) noteReading(ctx context.Context, tx *store.Tx, c Caller, f file, thread []store.Post) error {
	with := []policy.Action{}
	if c.Kind == Staff && f.may(policy.ReadOriginal) {
		with = append(with, policy.ReadOriginal)
	}
	for _, p := range thread {
		if c.Kind == Staff && p.Kind == store.TextNote && f.mayRead(p) {
			with = append(with, policy.ReadNotes)
			break
		}
	}
	if !f.logged && len(with) == 0 {
		return nil
	}
	l := o.line(c, policy.Read, f.row.State.ID, true)
	detail, err := json.Marshal(map[string]any{"with": with})
	if err != nil {
		return fmt.Errorf("encode audit detail: %w", err)
	}
	l.Detail = detail
	return tx.WriteAudit(ctx, l)
}

// AuditFilter narrows the audit log; zero fields do not.
type AuditFilter struct {
	Report  string    // tracking id
	Subject string    // of staff
	Action  string    // of the line, or of a reading that it names under "with"
	Since   time.Time // from then on
	Until   time.Time // before it
	Limit   int       // 1 to 100; 0: 50
}

// AuditLine is a line of the audit log.
type AuditLine struct {
	At      time.Time       `json:"at"`
	Kind    string          `json:"kind"` // of the actor
	Subject string          `json:"subject,omitempty"`
	Unit    string          `json:"unit,omitempty"`
	Roles   []string        `json:"roles"`
	Action  string          `json:"action"`
	Report  string          `json:"report,omitempty"`
	Allowed bool            `json:"allowed"`
	Detail  json.RawMessage `json:"detail"`         // codes only
	Hash    string          `json:"hash,omitempty"` // of its link in the chain, hexadecimal; empty until it is sealed
}

// AuditPage is a page of the audit log.
type AuditPage struct {
	Lines []AuditLine
	Next  string // cursor of the next page; empty: none
}

// Audit returns a page of the audit log, the latest line first: for auditors.
// cursor is Next of the page before, or empty. The reading is itself a line, in
// the same transaction.
//
// Errors: fault.Unauthenticated and fault.Forbidden for everybody else;
// fault.Invalid naming the filter that is wrong.
func (o *Office) Audit(ctx context.Context, c Caller, f AuditFilter, cursor string) (AuditPage, error) {
	q, err := o.auditQuery(f, cursor)
	if err != nil {
		return AuditPage{}, err
	}
	var found []store.AuditLine
	most := q.Limit
	q.Limit++ // one more tells whether there is a next page
	err = o.asReader(ctx, c, policy.ReadAudit, func(ctx context.Context, tx *store.Tx) (err error) {
		found, err = tx.AuditLog(ctx, q)
		return err
	})
	if err != nil {
		return AuditPage{}, err
	}
	p := AuditPage{Lines: []AuditLine{}}
	if len(found) > most {
		found = found[:most]
		if p.Next, err = o.auditCursor(found[most-1]); err != nil {
			return AuditPage{}, err
		}
	}
	for _, l := range found {
		p.Lines = append(p.Lines, AuditLine{
			At: l.At, Kind: string(l.Kind), Subject: l.Subject, Unit: l.Unit, Roles: l.Roles, Action: l.Action, Report: l.Report,
			Allowed: l.Allowed, Detail: l.Detail, Hash: hex.EncodeToString(l.Hash),
		})
	}
	return p, nil
}

func (o *Office) auditQuery(f AuditFilter, cursor string) (store.AuditFilter, error) {
	q := store.AuditFilter{Subject: f.Subject, Action: f.Action, Since: f.Since, Until: f.Until, Limit: f.Limit}
	var err error
	switch {
	case f.Limit == 0:
		q.Limit = defaultPage
	case f.Limit < 1 || f.Limit > maxPage:
		return q, fault.At("/limit", "Limit harus 1 sampai %d.", maxPage)
	}
	if f.Report != "" {
		if q.Report, err = report.ParseID(f.Report); err != nil {
			return q, fault.At("/report", "Nomor laporan %q salah ketik.", f.Report)
		}
	}
	if cursor == "" {
		return q, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		b, err = o.Keys.OpenAnswer(auditCursors, b)
	}
	if err == nil {
		err = json.Unmarshal(b, &q.After)
	}
	if err != nil || q.After == nil {
		return q, fault.At("/cursor", "Kursor tidak sah; pakai next dari halaman sebelumnya.")
	}
	return q, nil
}

// auditCursors is what cursors of the audit log are sealed under: the number of a
// row would tell how much is going on.
const auditCursors = "cursor of the audit log"

func (o *Office) auditCursor(last store.AuditLine) (string, error) {
	b, err := json.Marshal(store.AuditKey{At: last.At, ID: last.ID})
	if err != nil {
		return "", fmt.Errorf("encode cursor: %w", err)
	}
	sealed, err := o.Keys.SealAnswer(auditCursors, b)
	if err != nil {
		return "", fmt.Errorf("seal cursor: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}
