-- Why: what happened to a report, and what was asked to happen. A command is durable
-- before any workflow knows of it; a transition is written once and never changed; a
-- clock row is the record of one limit of whoever held it.
-- +goose Up
SET ROLE kawal_owner;

CREATE TABLE transition (
  report      text NOT NULL REFERENCES report,
  seq         integer NOT NULL CHECK (seq >= 1),
  command_id  text NOT NULL CHECK (command_id <> ''),
  action      text NOT NULL CHECK (action <> ''),
  role        text NOT NULL CHECK (role IN ('reporter', 'admin', 'officer', 'system')),
  office      text,
  at          timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  run         integer NOT NULL CHECK (run >= 1),
  from_stage  text NOT NULL,
  to_stage    text NOT NULL,
  reason      text,
  settled     jsonb NOT NULL CHECK (jsonb_typeof(settled) = 'array'),
  clocks      jsonb NOT NULL CHECK (jsonb_typeof(clocks) = 'array'),
  PRIMARY KEY (report, seq),
  UNIQUE (report, command_id)
);

CREATE TABLE clock (
  report      text NOT NULL REFERENCES report,
  kind        text NOT NULL CHECK (kind IN (
                'verification', 'answer', 'first_follow_up', 'resolution', 'silence', 'reopen')),
  seq         integer NOT NULL CHECK (seq >= 1),
  unit        text NOT NULL REFERENCES agency,
  limit_unit  text NOT NULL CHECK (limit_unit IN ('working_days', 'calendar_days', 'working_hours', 'seconds')),
  limit_n     integer NOT NULL CHECK (limit_n >= 0),
  started_at  timestamptz NOT NULL,
  due_at      timestamptz NOT NULL,
  soon_at     timestamptz,
  calendar    text NOT NULL REFERENCES calendar,
  revision    integer NOT NULL,
  provisional boolean NOT NULL,
  date        date,
  decree      text,
  status      text NOT NULL CHECK (status IN ('running', 'paused', 'met', 'stopped', 'passed')),
  late_at     timestamptz,
  paused_at   timestamptz,
  resumed_at  timestamptz,
  remaining   integer NOT NULL CHECK (remaining >= 0),
  asked       integer NOT NULL CHECK (asked >= 0),
  extra       integer NOT NULL CHECK (extra >= 0),
  extended    boolean NOT NULL,
  moved_at    timestamptz,
  ended_at    timestamptz,
  PRIMARY KEY (report, kind, seq),
  CHECK (status <> 'paused' OR paused_at IS NOT NULL),
  CHECK ((status IN ('met', 'stopped', 'passed')) = (ended_at IS NOT NULL))
);
-- At most one clock of a kind is live.
CREATE UNIQUE INDEX clock_live ON clock (report, kind) WHERE status IN ('running', 'paused');
CREATE INDEX clock_running ON clock (calendar, due_at) WHERE status = 'running';

-- A clock as report.Clock reads it: the one place where columns meet names in JSON.
CREATE VIEW clock_json WITH (security_invoker = true) AS
SELECT
  report, kind, seq, status,
  jsonb_strip_nulls(jsonb_build_object(
    'kind', kind, 'seq', seq, 'unit', unit,
    'limit', jsonb_build_object('unit', limit_unit, 'n', limit_n),
    'started_at', started_at, 'due_at', due_at, 'soon_at', soon_at,
    'calendar', calendar, 'revision', revision, 'provisional', provisional,
    'date', date, 'decree', decree,
    'status', status, 'late_at', late_at, 'paused_at', paused_at, 'resumed_at', resumed_at,
    'left', remaining, 'asked', asked, 'extra', extra, 'extended', extended,
    'moved_at', moved_at, 'ended_at', ended_at)) AS clock
FROM clock;

CREATE TABLE command (
  id          text PRIMARY KEY CHECK (id <> ''),
  report      text NOT NULL CONSTRAINT command_report_fkey REFERENCES report,
  action      text NOT NULL CHECK (action <> ''),
  role        text NOT NULL CHECK (role IN ('reporter', 'admin', 'officer', 'system')),
  subject     text,
  command     jsonb NOT NULL,
  state       text NOT NULL CHECK (state IN ('waiting', 'applied', 'refused')),
  seq         integer,
  fault_kind  text,
  reason      text,
  received_at timestamptz NOT NULL,
  settled_at  timestamptz,
  FOREIGN KEY (report, seq) REFERENCES transition,
  CHECK ((state = 'applied') = (seq IS NOT NULL)),
  CHECK ((state = 'refused') = (fault_kind IS NOT NULL)),
  CHECK ((state = 'waiting') = (settled_at IS NULL))
);
CREATE INDEX command_waiting ON command (report, received_at) WHERE state = 'waiting';
CREATE INDEX command_oldest ON command (received_at) WHERE state <> 'applied';

-- The texts of commands. seq is null until the command is applied; hold keeps a text
-- from the public page until it is confirmed. The digest is what the history holds.
CREATE TABLE post (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  report    text NOT NULL REFERENCES report,
  command   text NOT NULL REFERENCES command ON DELETE CASCADE,
  n         smallint NOT NULL CHECK (n >= 0),
  kind      text NOT NULL CHECK (kind IN (
              'public_title', 'public_body', 'question', 'answer', 'reply', 'follow_up', 'note', 'reason')),
  role      text NOT NULL,
  office    text,
  follow_up text CHECK (follow_up IN ('concluding', 'interim')),
  body      text NOT NULL CHECK (body <> ''),
  sha256    text NOT NULL,
  at        timestamptz NOT NULL,
  hold      boolean NOT NULL,
  seq       integer,
  UNIQUE (command, n),
  FOREIGN KEY (report, seq) REFERENCES transition,
  CONSTRAINT post_digest CHECK (sha256 = encode(sha256(convert_to(body, 'UTF8')), 'hex'))
);
CREATE INDEX post_thread ON post (report, seq, n) WHERE seq IS NOT NULL;

GRANT SELECT, INSERT ON transition TO kawal_app;
GRANT SELECT, INSERT, UPDATE ON clock, command, post TO kawal_app;
GRANT DELETE ON command, post TO kawal_app;
GRANT SELECT ON clock_json TO kawal_app;
RESET ROLE;
