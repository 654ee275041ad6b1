-- Why: office hours change by decree (Ramadan, a region), and so do the zone, the
-- week and the joint leave of a calendar. Both are rows of a decree, as days are, so
-- that a date can be counted under the law of its day. A calendar without such rows
-- keeps the usual hours and what its own row says.
-- +goose Up
SET ROLE kawal_owner;

-- Minutes after local midnight; both ends of the break are 0 where there is none.
-- Weekdays as in ISO 8601: 1 Monday to 7 Sunday. No end date: until further notice.
CREATE TABLE office_hours (
  decree     text NOT NULL REFERENCES decree,
  from_date  date NOT NULL,
  to_date    date CHECK (to_date >= from_date),
  weekdays   smallint[] NOT NULL CHECK (cardinality(weekdays) > 0 AND weekdays <@ ARRAY[1, 2, 3, 4, 5, 6, 7]::smallint[]),
  opens      smallint NOT NULL CHECK (opens >= 0),
  break_from smallint NOT NULL,
  break_to   smallint NOT NULL,
  closes     smallint NOT NULL CHECK (closes <= 1440),
  PRIMARY KEY (decree, from_date, weekdays),
  CHECK (opens < closes),
  CHECK (break_from = 0 AND break_to = 0 OR opens < break_from AND break_from < break_to AND break_to < closes)
);

-- What a decree changes of the calendar whose chain it is in; null is unchanged.
CREATE TABLE calendar_setting (
  decree      text PRIMARY KEY REFERENCES decree,
  zone        text CHECK (zone <> ''),
  week_days   smallint CHECK (week_days IN (5, 6)),
  joint_leave boolean,
  CHECK (num_nonnulls(zone, week_days, joint_leave) > 0)
);

GRANT SELECT, INSERT ON office_hours, calendar_setting TO kawal_app;
GRANT SELECT ON office_hours, calendar_setting TO kawal_migrate;
RESET ROLE;
