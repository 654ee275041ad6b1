package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/kawal-id/kawal/internal/fault"
)

const agencyColumns = `
	a.id, a.name, coalesce(a.parent, '') AS parent, coalesce(a.region, '') AS region,
	coalesce(a.calendar, '') AS calendar, coalesce(a.rule_set, '') AS rule_set, coalesce(a.oversight, '') AS oversight, a.active,
	a.draft_approval`

// Agencies returns all agencies by id, inactive ones included.
func (s *Store) Agencies(ctx context.Context) ([]Agency, error) {
	all, err := list[Agency](ctx, s.pool, `SELECT `+agencyColumns+` FROM agency a ORDER BY a.id`)
	if err != nil {
		return nil, fmt.Errorf("select agencies: %w", err)
	}
	return all, nil
}

// Categories returns all categories by code.
func (s *Store) Categories(ctx context.Context) ([]Category, error) {
	all, err := list[Category](ctx, s.pool, `
		SELECT code, coalesce(parent, '') AS parent, name_id, name_en, default_content, weight
		FROM category
		ORDER BY code`)
	if err != nil {
		return nil, fmt.Errorf("select categories: %w", err)
	}
	return all, nil
}

// Regions returns all regions by code.
func (s *Store) Regions(ctx context.Context) ([]Region, error) {
	all, err := list[Region](ctx, s.pool, `
		SELECT code, coalesce(parent, '') AS parent, name
		FROM region
		ORDER BY code`)
	if err != nil {
		return nil, fmt.Errorf("select regions: %w", err)
	}
	return all, nil
}

// Agency returns one agency as it was put. fault.NotFound if there is none.
func (t *Tx) Agency(ctx context.Context, id string) (Agency, error) {
	a, err := one(ctx, t, pgx.RowToStructByName[Agency], `SELECT `+agencyColumns+` FROM agency a WHERE a.id = $1`, id)
	return a, explain(err, "select agency "+id)
}

// Inherited returns the agency with calendar and rule set filled in from the
// units above it, and oversight with its parent, where it names none itself.
// What nobody names stays empty. fault.NotFound if there is no such agency.
func (t *Tx) Inherited(ctx context.Context, id string) (Agency, error) {
	a, err := one(ctx, t, pgx.RowToStructByName[Agency], `
		WITH RECURSIVE up AS (
			SELECT a.id, a.parent, a.calendar, a.rule_set, 1 AS height
			FROM agency a
			WHERE a.id = $1
			UNION
			SELECT a.id, a.parent, a.calendar, a.rule_set, up.height + 1
			FROM agency a
			JOIN up ON a.id = up.parent
			WHERE up.height < 100)
		SELECT a.id, a.name, coalesce(a.parent, '') AS parent, coalesce(a.region, '') AS region, a.active, a.draft_approval,
			coalesce((SELECT calendar FROM up WHERE calendar IS NOT NULL ORDER BY height LIMIT 1), '') AS calendar,
			coalesce((SELECT rule_set FROM up WHERE rule_set IS NOT NULL ORDER BY height LIMIT 1), '') AS rule_set,
			coalesce(a.oversight, a.parent, '') AS oversight
		FROM agency a
		WHERE a.id = $1`, id)
	return a, explain(err, "select agency "+id)
}

// PutAgency writes one agency. Where it, or a unit below it, gets another calendar,
// its running clocks follow. fault.Invalid naming the field if its parent, region,
// calendar or oversight is unknown, or if it would stand below itself.
func (t *Tx) PutAgency(ctx context.Context, a Agency) error {
	if a.Parent != "" {
		// One change of the tree at a time: two moves could make a cycle together.
		if _, err := t.exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('kawal.agency'))`); err != nil {
			return fmt.Errorf("lock agencies: %w", err)
		}
		above, err := t.Above(ctx, a.Parent)
		if err != nil {
			return err
		}
		for _, u := range above {
			if u == a.ID {
				return fault.At("/parent", "Instansi tidak dapat berada di bawah dirinya sendiri.")
			}
		}
	}
	_, err := t.exec(ctx, `
		INSERT INTO agency (id, name, parent, region, calendar, rule_set, oversight, active, draft_approval)
		VALUES (@id, @name, @parent, @region, @calendar, @rule_set, @oversight, @active, @draft_approval)
		ON CONFLICT (id) DO UPDATE
		SET name = excluded.name, parent = excluded.parent, region = excluded.region, calendar = excluded.calendar,
			rule_set = excluded.rule_set, oversight = excluded.oversight, active = excluded.active,
			draft_approval = excluded.draft_approval`,
		pgx.StrictNamedArgs{
			"id": a.ID, "name": a.Name, "parent": nonzero(a.Parent), "region": nonzero(a.Region), "calendar": nonzero(a.Calendar),
			"rule_set": nonzero(a.RuleSet), "oversight": nonzero(a.Oversight), "active": a.Active,
			"draft_approval": a.DraftApproval,
		})
	if err != nil {
		return explain(err, "put agency "+a.ID)
	}
	return t.byLaw(ctx, func() error { return t.followCalendar(ctx, a.ID) })
}

// PutCategory writes one category. fault.Invalid naming the field if its parent
// is unknown or its default content neither public nor secret.
func (t *Tx) PutCategory(ctx context.Context, c Category) error {
	_, err := t.exec(ctx, `
		INSERT INTO category (code, parent, name_id, name_en, default_content, weight)
		VALUES (@code, @parent, @name_id, @name_en, @default_content, @weight)
		ON CONFLICT (code) DO UPDATE
		SET parent = excluded.parent, name_id = excluded.name_id, name_en = excluded.name_en,
			default_content = excluded.default_content, weight = excluded.weight`,
		pgx.StrictNamedArgs{
			"code": c.Code, "parent": nonzero(c.Parent), "name_id": c.NameID, "name_en": c.NameEN,
			"default_content": c.DefaultContent, "weight": c.Weight,
		})
	return explain(err, "put category "+c.Code)
}

// PutRegions writes many regions in one statement; their order does not matter.
func (t *Tx) PutRegions(ctx context.Context, regions []Region) error {
	codes, parents, names := make([]string, len(regions)), make([]*string, len(regions)), make([]string, len(regions))
	for i, r := range regions {
		codes[i], parents[i], names[i] = r.Code, nonzero(r.Parent), r.Name
	}
	_, err := t.exec(ctx, `
		INSERT INTO region (code, parent, name)
		SELECT code, parent, name
		FROM unnest(@codes::text[], @parents::text[], @names::text[]) AS r (code, parent, name)
		ON CONFLICT (code) DO UPDATE
		SET parent = excluded.parent, name = excluded.name`,
		pgx.StrictNamedArgs{"codes": codes, "parents": parents, "names": names})
	return explain(err, "put regions")
}

// Staff returns the person with that subject, active or not. fault.NotFound if
// there is none.
func (t *Tx) Staff(ctx context.Context, subject string) (StaffMember, error) {
	m, err := one(ctx, t, pgx.RowToStructByName[StaffMember], `
		SELECT subject, name, coalesce(unit, '') AS unit, roles, active
		FROM staff
		WHERE subject = $1`, subject)
	return m, explain(err, "select staff")
}

// PutStaff writes a person's office. fault.Invalid naming the field if a role
// or the unit is unknown, or if roles are united that must be apart.
func (t *Tx) PutStaff(ctx context.Context, m StaffMember) error {
	if m.Roles == nil {
		m.Roles = []string{}
	}
	_, err := t.exec(ctx, `
		INSERT INTO staff (subject, name, unit, roles, active)
		VALUES (@subject, @name, @unit, @roles, @active)
		ON CONFLICT (subject) DO UPDATE
		SET name = excluded.name, unit = excluded.unit, roles = excluded.roles, active = excluded.active`,
		pgx.StrictNamedArgs{"subject": m.Subject, "name": m.Name, "unit": nonzero(m.Unit), "roles": m.Roles, "active": m.Active})
	return explain(err, "put staff")
}

// AdminUnits returns those of units that have an active administrator, in the
// order given.
func (t *Tx) AdminUnits(ctx context.Context, units []string) ([]string, error) {
	found, err := many(ctx, t, pgx.RowTo[string], `
		SELECT u.unit
		FROM unnest($1::text[]) WITH ORDINALITY AS u (unit, n)
		WHERE EXISTS (SELECT FROM staff s WHERE s.unit = u.unit AND s.active AND 'admin' = ANY (s.roles))
		ORDER BY u.n`, units)
	return found, explain(err, "select administrators")
}

// Above returns the unit and all above it, itself first. It is empty for an
// unknown unit.
func (t *Tx) Above(ctx context.Context, unit string) ([]string, error) {
	found, err := many(ctx, t, pgx.RowTo[string], `SELECT units_above($1)`, unit)
	return found, explain(err, "select units above "+unit)
}

// Below returns the unit and all below it, itself first. It is empty for an
// unknown unit.
func (t *Tx) Below(ctx context.Context, unit string) ([]string, error) {
	found, err := many(ctx, t, pgx.RowTo[string], `SELECT units_below($1)`, unit)
	return found, explain(err, "select units below "+unit)
}
