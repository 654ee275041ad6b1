package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
)

// rulesZone is where the day of loading is told: WIB, as for national decrees.
const rulesZone = "Asia/Jakarta"

const lockRules = `SELECT pg_advisory_xact_lock(hashtext('kawal.rule_set'))`

// ensureRules adds the rule sets that come with this build. A version that is
// there already stays as it is, and nothing is put before or beside what an
// operator has loaded.
func ensureRules(ctx context.Context, db *sql.DB) error {
	c, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = c.Close() }() // Migrate closes the pool and tells
	err = c.Raw(func(driver any) error {
		conn := driver.(*stdlib.Conn).Conn()
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return loadRules(ctx, tx) })
	})
	if err != nil {
		return fmt.Errorf("load rule sets: %w", err)
	}
	return nil
}

func loadRules(ctx context.Context, tx pgx.Tx) error {
	b := &pgx.Batch{}
	b.Queue(lockRules)
	for _, r := range report.RuleSets() {
		b.Queue(`
			INSERT INTO rule_set (id, version, effective_from, document, recorded_at)
			SELECT @id, @version, @from, @document, now()
			WHERE NOT EXISTS (
				SELECT
				FROM rule_set
				WHERE id = @id
					AND (version >= @version OR coalesce(effective_from, '-infinity') >= coalesce(@from, '-infinity'::date)))`,
			pgx.StrictNamedArgs{"id": r.ID, "version": r.Version, "from": nonzero(r.From), "document": r})
	}
	return tx.SendBatch(ctx, b).Close()
}

// RuleSets returns all versions of all rule sets, by id and version.
func (s *Store) RuleSets(ctx context.Context) ([]report.RuleSet, error) {
	type row struct{ Document report.RuleSet }
	rows, err := list[row](ctx, s.pool, `SELECT document FROM rule_set ORDER BY id, version`)
	if err != nil {
		return nil, fmt.Errorf("select rule sets: %w", err)
	}
	all := make([]report.RuleSet, len(rows))
	for i, r := range rows {
		all[i] = r.Document
	}
	return all, nil
}

// Rules returns the version of a rule set that is in force on a day, the civil
// date where a report is accepted: that with the latest date of effect not after
// it. fault.NotFound if there is no such rule set; fault.Conflict if none of its
// versions has begun.
func (t *Tx) Rules(ctx context.Context, id string, on calendar.Date) (report.RuleSet, error) {
	versions, err := t.versions(ctx, id)
	if err != nil {
		return report.RuleSet{}, err
	}
	if len(versions) == 0 {
		return report.RuleSet{}, fault.New(fault.NotFound, "Aturan %q tidak dikenal.", id)
	}
	r, ok := report.InForce(versions, on.Time())
	if !ok {
		return r, fault.New(fault.Conflict, "Aturan %q belum berlaku pada %s.", id, on.Indonesian())
	}
	return r, nil
}

// versions returns the versions of a rule set in ascending order.
func (t *Tx) versions(ctx context.Context, id string) ([]report.RuleSet, error) {
	found, err := many(ctx, t, pgx.RowTo[report.RuleSet], `SELECT document FROM rule_set WHERE id = $1 ORDER BY version`, id)
	return found, explain(err, "select rule set "+id)
}

// AddRules records those of the given versions that are not there yet and
// returns them. They are versions of one rule set in ascending order, as
// report.ReadRules returns them. Repeating it adds nothing.
//
// It is fault.Conflict, and the transaction must not be committed, if a version
// is there with other content; if a new one has a lower number or no later date
// than one that is there; if it would take effect before today in WIB, unless
// nothing of its id is there yet; if it makes of a demonstration rule another or
// the reverse.
func (t *Tx) AddRules(ctx context.Context, versions []report.RuleSet) ([]report.RuleSet, error) {
	if len(versions) == 0 {
		return nil, nil
	}
	if _, err := t.exec(ctx, lockRules); err != nil {
		return nil, explain(err, "lock rule sets")
	}
	known, err := t.versions(ctx, versions[0].ID)
	if err != nil {
		return nil, err
	}
	today, err := wibDay(t.s.now())
	if err != nil {
		return nil, err
	}
	fresh, err := unknown(known, versions, today)
	if err != nil {
		return nil, err
	}
	b := &pgx.Batch{}
	for _, r := range fresh {
		b.Queue(`
			INSERT INTO rule_set (id, version, effective_from, document, recorded_at)
			VALUES (@id, @version, @from, @document, @now)`,
			pgx.StrictNamedArgs{"id": r.ID, "version": r.Version, "from": nonzero(r.From), "document": r, "now": t.s.now()})
	}
	return fresh, explain(t.run(ctx, b), "insert rule set "+versions[0].ID)
}

// wibDay is the civil date of a moment in rulesZone.
func wibDay(now time.Time) (calendar.Date, error) {
	zone, err := calendar.Zone(rulesZone)
	return calendar.DateOf(now.In(zone)), err
}

// unknown returns the versions that are not among the known ones of their id, if
// all may be added.
func unknown(known, versions []report.RuleSet, today calendar.Date) ([]report.RuleSet, error) {
	by := map[int]report.RuleSet{}
	for _, r := range known {
		by[r.Version] = r
	}
	var fresh []report.RuleSet
	for _, r := range versions {
		old, exists := by[r.Version]
		same, err := equal(old, r)
		switch {
		case err != nil:
			return nil, err
		case exists && !same:
			return nil, fault.New(fault.Conflict,
				"Aturan %q versi %d sudah ada dengan isi lain. Versi yang sudah ada tidak diubah; tulis versi baru.", r.ID, r.Version)
		case exists:
			continue
		}
		if len(known) > 0 {
			if err := after(known[len(known)-1], r, today); err != nil {
				return nil, err
			}
		}
		fresh = append(fresh, r)
	}
	return fresh, nil
}

// after refuses a version that may not follow the last one known.
func after(last, r report.RuleSet, today calendar.Date) error {
	switch {
	case r.Demo != last.Demo:
		return fault.New(fault.Conflict, "Aturan %q versi %d: aturan peragaan tetap peragaan, dan aturan lain tetap bukan.", r.ID, r.Version)
	case r.Version < last.Version:
		return fault.New(fault.Conflict, "Aturan %q versi %d lebih lama daripada versi %d yang sudah ada.", r.ID, r.Version, last.Version)
	case !r.From.After(last.From):
		return fault.New(fault.Conflict, "Aturan %q versi %d harus berlaku setelah versi %d mulai berlaku.", r.ID, r.Version, last.Version)
	case r.From.Before(today.Time()):
		return fault.New(fault.Conflict, "Aturan %q versi %d berlaku sejak %s, sebelum hari ini (%s). Aturan tidak diubah surut.",
			r.ID, r.Version, calendar.DateOf(r.From).Indonesian(), today.Indonesian())
	}
	return nil
}

// equal reports whether two versions say the same.
func equal(a, b report.RuleSet) (bool, error) {
	x, err := json.Marshal(a)
	if err != nil {
		return false, fmt.Errorf("encode rule set %s: %w", a.ID, err)
	}
	y, err := json.Marshal(b)
	if err != nil {
		return false, fmt.Errorf("encode rule set %s: %w", b.ID, err)
	}
	return bytes.Equal(x, y), nil
}
