-- Why: the map and the lists must answer as fast over a million published reports as
-- over a thousand. The map above province zoom reads totals by province, category,
-- status and month that are exact at every moment; the map below it and the lists read
-- indexes that hold all that is filtered by.
--
-- Nobody who publishes, moves or takes down a report touches a total: a trigger adds a
-- row to published_delta, and a loop of the worker folds those rows into published_total,
-- one fold at a time. Writers never wait for each other, and whoever adds up both tables
-- in one statement sees exactly the rows of published that this statement would count.
--
-- The column band is stored, so published is written anew once: 10 s a million reports.
-- +goose Up
SET ROLE kawal_owner;

-- Nothing is published between the first count and the triggers.
LOCK TABLE published IN ACCESS EXCLUSIVE MODE;

-- The region that has no parent, above a region: its province, or "abroad".
-- +goose StatementBegin
CREATE FUNCTION region_top(region text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  WITH RECURSIVE up AS (
    SELECT g.code, g.parent FROM region g WHERE g.code = region_top.region
    UNION
    SELECT g.code, g.parent FROM region g JOIN up ON g.code = up.parent
  )
  SELECT code FROM up WHERE parent IS NULL
$$;
-- +goose StatementEnd

-- The month of publication, in WIB as in the statistics.
-- +goose StatementBegin
CREATE FUNCTION published_month(at timestamptz) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT date_trunc('month', at AT TIME ZONE 'Asia/Jakarta')::date
$$;
-- +goose StatementEnd

-- The column or row of the grid of the totals that a degree lies in: store.CellSize(10).
-- +goose StatementBegin
CREATE FUNCTION published_grid(degrees double precision) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT floor(degrees / 0.087890625)::integer
$$;
-- +goose StatementEnd

-- located counts those with a point, lat and long are the sums of their millionths of a
-- degree: whole numbers, so that what is added and taken away again leaves nothing.
CREATE TABLE published_delta (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  province text NOT NULL,
  category text NOT NULL,
  stage    text NOT NULL,
  month    date NOT NULL,
  x        integer, -- of the grid; null: without a point
  y        integer,
  n        bigint NOT NULL,
  located  bigint NOT NULL,
  lat      bigint NOT NULL,
  long     bigint NOT NULL
);

-- grain says which columns a row counts by, besides the province; the others are empty.
CREATE TABLE published_total (
  grain    text NOT NULL CHECK (grain IN ('province', 'category', 'stage', 'month', 'all')),
  province text NOT NULL,
  category text NOT NULL,
  stage    text NOT NULL,
  month    date NOT NULL,
  n        bigint NOT NULL,
  located  bigint NOT NULL,
  lat      bigint NOT NULL,
  long     bigint NOT NULL,
  PRIMARY KEY (grain, category, stage, month, province)
);

-- The same by cell of the grid, for the zooms just below province zoom.
CREATE TABLE published_cell (
  y        integer NOT NULL,
  x        integer NOT NULL,
  stage    text NOT NULL,
  month    date NOT NULL,
  province text NOT NULL,
  n        bigint NOT NULL,
  lat      bigint NOT NULL,
  long     bigint NOT NULL,
  PRIMARY KEY (y, x, stage, month, province)
);

-- +goose StatementBegin
CREATE FUNCTION published_counted() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO published_delta (province, category, stage, month, x, y, n, located, lat, long)
    SELECT region_top(s.region), s.category, s.stage, s.month, s.x, s.y, sum(s.n), sum(s.located), sum(s.lat), sum(s.long)
    FROM (
      SELECT p.region, p.category, p.stage, published_month(p.published_at) AS month, published_grid(p.long) AS x, published_grid(p.lat) AS y,
        count(*) AS n, count(p.lat) AS located,
        coalesce(sum(round(p.lat * 1e6)::bigint), 0) AS lat, coalesce(sum(round(p.long * 1e6)::bigint), 0) AS long
      FROM came p
      GROUP BY 1, 2, 3, 4, 5, 6) s
    GROUP BY 1, 2, 3, 4, 5, 6;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO published_delta (province, category, stage, month, x, y, n, located, lat, long)
    SELECT region_top(s.region), s.category, s.stage, s.month, s.x, s.y, -sum(s.n), -sum(s.located), -sum(s.lat), -sum(s.long)
    FROM (
      SELECT p.region, p.category, p.stage, published_month(p.published_at) AS month, published_grid(p.long) AS x, published_grid(p.lat) AS y,
        count(*) AS n, count(p.lat) AS located,
        coalesce(sum(round(p.lat * 1e6)::bigint), 0) AS lat, coalesce(sum(round(p.long * 1e6)::bigint), 0) AS long
      FROM gone p
      GROUP BY 1, 2, 3, 4, 5, 6) s
    GROUP BY 1, 2, 3, 4, 5, 6;
  ELSE
    INSERT INTO published_delta (province, category, stage, month, x, y, n, located, lat, long)
    SELECT region_top(p.region), p.category, p.stage, published_month(p.published_at), published_grid(p.long), published_grid(p.lat), sum(p.sign), sum(p.sign * (p.lat IS NOT NULL)::integer),
      coalesce(sum(p.sign * round(p.lat * 1e6)::bigint), 0), coalesce(sum(p.sign * round(p.long * 1e6)::bigint), 0)
    FROM (
      SELECT 1 AS sign, c.region, c.category, c.stage, c.published_at, c.lat, c.long
      FROM came c
      UNION ALL
      SELECT -1, g.region, g.category, g.stage, g.published_at, g.lat, g.long
      FROM gone g) p
    GROUP BY 1, 2, 3, 4, 5, 6
    HAVING sum(p.sign) <> 0 OR sum(p.sign * (p.lat IS NOT NULL)::integer) <> 0
      OR sum(p.sign * round(p.lat * 1e6)::bigint) <> 0 OR sum(p.sign * round(p.long * 1e6)::bigint) <> 0;
  END IF;
  RETURN NULL;
END
$$;
-- +goose StatementEnd

-- Brings the deltas into the totals and returns how many there were; null if another
-- fold is under way.
-- +goose StatementBegin
CREATE FUNCTION published_fold() RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  folded bigint;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('published_fold')) THEN
    RETURN NULL;
  END IF;
  WITH gone AS (
    DELETE FROM published_delta
    RETURNING province, category, stage, month, x, y, n, located, lat, long),
  celled AS (
    INSERT INTO published_cell AS t (y, x, stage, month, province, n, lat, long)
    SELECT y, x, stage, month, province, sum(located), sum(lat), sum(long)
    FROM gone
    WHERE x IS NOT NULL
    GROUP BY 1, 2, 3, 4, 5
    ON CONFLICT (y, x, stage, month, province) DO UPDATE
    SET n = t.n + excluded.n, lat = t.lat + excluded.lat, long = t.long + excluded.long),
  put AS (
    INSERT INTO published_total AS t (grain, province, category, stage, month, n, located, lat, long)
    SELECT
      CASE grouping(category, stage, month) WHEN 7 THEN 'province' WHEN 3 THEN 'category' WHEN 5 THEN 'stage' WHEN 6 THEN 'month' ELSE 'all' END,
      province, coalesce(category, ''), coalesce(stage, ''), coalesce(month, '-infinity'), sum(n), sum(located), sum(lat), sum(long)
    FROM gone
    GROUP BY GROUPING SETS ((province), (province, category), (province, stage), (province, month), (province, category, stage, month))
    ON CONFLICT (grain, category, stage, month, province) DO UPDATE
    SET n = t.n + excluded.n, located = t.located + excluded.located, lat = t.lat + excluded.lat, long = t.long + excluded.long)
  SELECT count(*) FROM gone INTO folded;
  IF folded > 0 THEN
    DELETE FROM published_total WHERE n = 0; -- what was there once is nobody's business
    DELETE FROM published_cell WHERE n = 0;
  END IF;
  RETURN folded;
END
$$;
-- +goose StatementEnd

-- Counts everything anew: a province has been divided.
-- +goose StatementBegin
CREATE FUNCTION published_recount() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('published_fold'));
  LOCK TABLE published IN SHARE ROW EXCLUSIVE MODE;
  DELETE FROM published_delta;
  DELETE FROM published_total;
  DELETE FROM published_cell;
  INSERT INTO published_delta (province, category, stage, month, x, y, n, located, lat, long)
  SELECT region_top(p.region), p.category, p.stage, published_month(p.published_at), published_grid(p.long), published_grid(p.lat),
  count(*), count(p.lat),
    coalesce(sum(round(p.lat * 1e6)::bigint), 0), coalesce(sum(round(p.long * 1e6)::bigint), 0)
  FROM published p
  GROUP BY 1, 2, 3, 4, 5, 6;
  RETURN NULL;
END
$$;
-- +goose StatementEnd

INSERT INTO published_delta (province, category, stage, month, x, y, n, located, lat, long)
SELECT region_top(p.region), p.category, p.stage, published_month(p.published_at), published_grid(p.long), published_grid(p.lat),
  count(*), count(p.lat),
  coalesce(sum(round(p.lat * 1e6)::bigint), 0), coalesce(sum(round(p.long * 1e6)::bigint), 0)
FROM published p
GROUP BY 1, 2, 3, 4, 5, 6;

CREATE TRIGGER published_came AFTER INSERT ON published
  REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION published_counted();
CREATE TRIGGER published_gone AFTER DELETE ON published
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION published_counted();
CREATE TRIGGER published_moved AFTER UPDATE ON published
  REFERENCING OLD TABLE AS gone NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION published_counted();
CREATE TRIGGER region_moved AFTER UPDATE OF parent ON region
  FOR EACH ROW WHEN (OLD.parent IS DISTINCT FROM NEW.parent) EXECUTE FUNCTION published_recount();

-- A degree of latitude: what the map looks for first.
ALTER TABLE published ADD COLUMN band smallint GENERATED ALWAYS AS (floor(lat)::smallint) STORED;

-- Each index holds all that lists are filtered by, so that a filter which few rows pass
-- is answered by the index alone.
DROP INDEX published_newest, published_category, published_agency, published_region, published_point;
CREATE INDEX published_newest ON published (published_at DESC, id DESC) INCLUDE (category, agency, region, stage, band, lat, long);
CREATE INDEX published_category ON published (category, published_at DESC, id DESC) INCLUDE (agency, region, stage);
CREATE INDEX published_agency ON published (agency, published_at DESC, id DESC) INCLUDE (category, region, stage);
CREATE INDEX published_region ON published (region, published_at DESC, id DESC) INCLUDE (category, agency, stage);
CREATE INDEX published_region_category ON published (region, category, published_at DESC, id DESC) INCLUDE (agency, stage);
CREATE INDEX published_stage ON published (stage, published_at DESC, id DESC) INCLUDE (category, agency, region);
CREATE INDEX published_place ON published (band, long) INCLUDE (lat, category, agency, region, stage, published_at, id);
CREATE INDEX published_category_place ON published (category, band, long) INCLUDE (lat, agency, region, stage, published_at);
CREATE INDEX published_agency_place ON published (agency, band, long) INCLUDE (lat, category, region, stage, published_at);

-- Indexes answer alone only where the table was vacuumed.
ALTER TABLE published SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02,
  autovacuum_analyze_scale_factor = 0.02);

-- The open data of the last night: one row, so that no two nights can be held against
-- each other.
CREATE TABLE open_data (
  one     boolean PRIMARY KEY DEFAULT true CHECK (one),
  day     date NOT NULL,
  made_at timestamptz NOT NULL,
  csv     bytea NOT NULL
);

GRANT SELECT, INSERT, DELETE ON published_delta TO kawal_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON published_total, published_cell TO kawal_app;
GRANT SELECT, INSERT, UPDATE ON open_data TO kawal_app;
GRANT SELECT ON published_delta, published_total, published_cell, open_data TO kawal_migrate;
RESET ROLE;
