-- Why: a second wall. Every table about a report shows a row only to those who may
-- read that report, whatever the program asks: the rules of RULES.md sections 5 and 6
-- written again, in SQL, from what a transaction says of its actor (kawal.* settings).
-- A transaction that says nothing sees nothing. What the public reads (published,
-- published_post) and the catalogue are not behind it. FORCE: the owner sees nothing
-- either; migrations and backups are kawal_migrate, which looks past it.
--
-- The rules are in one function and not in the policies, so that they are planned
-- once a connection and not with every statement (13 ms instead of 0.1 ms for a join
-- of three tables).
-- +goose Up
SET ROLE kawal_migrate;

-- Whether the actor may see a report. It looks past the wall, and says yes or no.
-- +goose StatementBegin
CREATE FUNCTION report_open_to_actor(id text, queue text, agency text, unit text, secret boolean) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  kind   text := current_setting('kawal.actor', true);
  office text := current_setting('kawal.unit', true);
  roles  text[];
  below  text[];
BEGIN
  -- Who files sees the one report that his transaction brings.
  IF kind = 'filing' THEN
    RETURN id = current_setting('kawal.report', true);
  END IF;
  -- A reporter sees the one report that his access code opens.
  IF kind = 'reporter' THEN
    RETURN id = current_setting('kawal.report', true) AND EXISTS (
      SELECT FROM access a
      WHERE a.report = report_open_to_actor.id
        AND decode(current_setting('kawal.code', true), 'hex') IN (a.mac, a.offered));
  END IF;
  IF kind IS DISTINCT FROM 'staff' THEN
    RETURN false;
  END IF;
  -- Nobody whose office lies in an accused tree, whatever he is.
  IF EXISTS (SELECT FROM accused x WHERE x.report = report_open_to_actor.id AND x.agency IN (SELECT units_above(office))) THEN
    RETURN false;
  END IF;
  roles := string_to_array(current_setting('kawal.roles', true), ',');
  -- Nor who holds duties that must be apart.
  IF 'admin' = ANY (roles) AND roles && '{auditor,custodian}' THEN
    RETURN false;
  END IF;
  IF 'auditor' = ANY (roles) OR 'supervisor' = ANY (roles) AND NOT secret THEN
    RETURN true;
  END IF;
  below := string_to_array(current_setting('kawal.below', true), ',');
  IF 'admin' = ANY (roles) AND (current_setting('kawal.national', true) = 'true' OR queue = ANY (below) OR NOT secret AND agency = ANY (below)) THEN
    RETURN true;
  END IF;
  -- With his unit or below it; a secret one for officers within the addressed agency only.
  IF coalesce(unit, agency) = ANY (below)
    AND (roles && '{officer,integrator,head}' AND NOT secret
      OR roles && '{officer,integrator}' AND agency IN (SELECT units_above(office))) THEN
    RETURN true;
  END IF;
  -- Escalated to him, and still with his unit or below it, or queued there.
  RETURN coalesce(ARRAY[queue, coalesce(unit, agency)] && below, false) AND EXISTS (
    SELECT FROM escalation e
    WHERE e.report = report_open_to_actor.id AND e.unit = office AND e.role = ANY (roles));
END
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION report_open_to_actor(text, text, text, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION report_open_to_actor(text, text, text, text, boolean) TO kawal_app, kawal_owner;

SET ROLE kawal_owner;

-- Whether the actor is one of some kinds.
-- +goose StatementBegin
CREATE FUNCTION actor_is(VARIADIC kinds text[]) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT coalesce(current_setting('kawal.actor', true), '') = ANY (kinds)
$$;
-- +goose StatementEnd

-- Whether the actor sees a report.
-- +goose StatementBegin
CREATE FUNCTION actor_sees(report text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 AS $$
BEGIN
  RETURN EXISTS (SELECT FROM report r WHERE r.id = actor_sees.report);
END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
DO $$
DECLARE
  tab text;
BEGIN
  FOREACH tab IN ARRAY ARRAY['report', 'content', 'identity', 'contact', 'access', 'accused', 'escalation', 'transition', 'clock', 'move',
    'command', 'post', 'outbox', 'rating', 'consent', 'idempotency', 'audit', 'history_export', 'staff'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tab);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tab);
  END LOOP;
  -- The operator's processes, and what belongs to a report for who sees the report.
  FOREACH tab IN ARRAY ARRAY['identity', 'contact', 'accused', 'escalation', 'transition', 'move', 'command'] LOOP
    EXECUTE format('CREATE POLICY sees ON %1$I TO kawal_app USING (actor_is(''worker'', ''sender'') OR actor_sees(report))', tab);
  END LOOP;
  -- The sender reads no text.
  FOREACH tab IN ARRAY ARRAY['content', 'post', 'rating', 'consent'] LOOP
    EXECUTE format('CREATE POLICY sees ON %1$I TO kawal_app USING (actor_is(''worker'') OR actor_sees(report))', tab);
  END LOOP;
END
$$;
-- +goose StatementEnd

CREATE POLICY sees ON report TO kawal_app
  USING (actor_is('worker', 'sender') OR report_open_to_actor(id, queue, agency, unit, secret));

-- The clocks of a published report are public as its page is, and say nothing that
-- is not on it (published_clock).
CREATE POLICY sees ON clock TO kawal_app
  USING (actor_is('worker', 'sender')
    OR current_setting('kawal.actor', true) <> '' AND actor_sees(report)
    OR EXISTS (SELECT FROM published p WHERE p.id = report))
  WITH CHECK (actor_is('worker', 'sender') OR actor_sees(report));

-- A code is looked for by who holds one: he finds the row that it opens, or none.
CREATE POLICY opens ON access TO kawal_app
  USING (actor_is('worker', 'sender')
    OR actor_is('filing') AND report = current_setting('kawal.report', true)
    OR actor_is('reporter') AND report = current_setting('kawal.report', true)
      AND decode(current_setting('kawal.code', true), 'hex') IN (mac, offered));

CREATE POLICY sees ON outbox TO kawal_app
  USING (actor_is('worker', 'sender') OR actor_sees(report));

-- Everybody adds to the audit log; auditors and the sealer read it.
CREATE POLICY adds ON audit FOR INSERT TO kawal_app WITH CHECK (current_setting('kawal.actor', true) <> '');
CREATE POLICY reads ON audit FOR SELECT TO kawal_app
  USING (actor_is('worker') OR actor_is('staff') AND 'auditor' = ANY (string_to_array(current_setting('kawal.roles', true), ',')));

CREATE POLICY exports ON history_export TO kawal_app USING (actor_is('worker'));

-- A kept answer is sealed under its own key, and found by its keyed hash only.
CREATE POLICY found ON idempotency TO kawal_app USING (current_setting('kawal.actor', true) <> '');

-- The names of staff are for staff and for the operator's processes; who files is
-- routed by who has an office.
CREATE POLICY offices ON staff TO kawal_app
  USING (actor_is('worker', 'sender', 'staff', 'gateway', 'filing'))
  WITH CHECK (actor_is('worker', 'staff'));
RESET ROLE;
