-- Why: what belongs to the custody of sealed identities stands behind the second wall
-- too. An envelope is for a custodian who acts on that one report, for who files it,
-- and for the worker that seals identities of an earlier build anew; no administrator,
-- and not even its reporter, sees it. A custodian sees of a report what deciding about
-- its identity takes, and no text.
-- +goose Up
SET ROLE kawal_migrate;

-- Whether the actor is a custodian acting on this report: its identity is sealed, his
-- duties are apart, and his office is not inside an accused tree. It looks past the
-- wall, and says yes or no.
-- +goose StatementBegin
CREATE FUNCTION custody_open_to_actor(id text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  roles text[] := string_to_array(current_setting('kawal.roles', true), ',');
BEGIN
  IF current_setting('kawal.actor', true) IS DISTINCT FROM 'custodian' OR id IS DISTINCT FROM current_setting('kawal.report', true) THEN
    RETURN false;
  END IF;
  RETURN 'custodian' = ANY (roles) AND NOT roles && '{admin,auditor}'
    AND EXISTS (SELECT FROM identity i WHERE i.report = custody_open_to_actor.id AND i.kind = 'sealed')
    AND NOT EXISTS (
      SELECT FROM accused x
      WHERE x.report = custody_open_to_actor.id AND x.agency IN (SELECT units_above(current_setting('kawal.unit', true))));
END
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION custody_open_to_actor(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION custody_open_to_actor(text) TO kawal_app, kawal_owner;

SET ROLE kawal_owner;
-- What belongs to a report is for who sees the report; a custodian sees its row and
-- nothing that belongs to it, but for what the policies below name.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION actor_sees(report text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 AS $$
BEGIN
  RETURN NOT actor_is('custodian') AND EXISTS (SELECT FROM report r WHERE r.id = actor_sees.report);
END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
DO $$
DECLARE
  tab text;
BEGIN
  FOREACH tab IN ARRAY ARRAY['envelope', 'identity_request', 'identity_consent', 'identity_opening'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tab);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tab);
  END LOOP;
END
$$;
-- +goose StatementEnd

CREATE POLICY custody ON report FOR SELECT TO kawal_app USING (custody_open_to_actor(id));
CREATE POLICY custody ON identity FOR SELECT TO kawal_app USING (custody_open_to_actor(report));
CREATE POLICY custody ON accused FOR SELECT TO kawal_app USING (custody_open_to_actor(report));
-- To tell the reporter; ON CONFLICT looks at what it inserts.
CREATE POLICY custody ON outbox TO kawal_app USING (custody_open_to_actor(report));
CREATE POLICY keeps ON envelope TO kawal_app
  USING (actor_is('worker')
    OR actor_is('filing') AND report = current_setting('kawal.report', true)
    OR custody_open_to_actor(report));
CREATE POLICY asks ON identity_request TO kawal_app
  USING (actor_is('worker') OR actor_is('reporter') AND actor_sees(report) OR custody_open_to_actor(report));
CREATE POLICY agrees ON identity_consent TO kawal_app
  USING (EXISTS (SELECT FROM identity_request q WHERE q.id = request));
CREATE POLICY opens ON identity_opening TO kawal_app
  USING (EXISTS (SELECT FROM identity_request q WHERE q.id = request));
RESET ROLE;
