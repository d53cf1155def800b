-- The journal, the facts, the persons, the work items. See docs/decisions for why each is as it is.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- A token in SQL, equal to tokens.token_hash in Python: the first eight bytes of SHA-256.
CREATE FUNCTION token(written text) RETURNS bigint
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN ('x' || encode(substr(sha256(convert_to(written, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint;

CREATE TABLE message (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source        text NOT NULL,                 -- code of the institution that sent it
  channel       text NOT NULL,                 -- 'intake': the same content twice is one message; 'api': it is not
  media         text NOT NULL,
  content_hash  bytea NOT NULL,                -- SHA-256 of the bytes as received
  size          bigint NOT NULL,
  received_at   timestamptz NOT NULL,
  finished_at   timestamptz,
  counts        jsonb                          -- what became of it, by type, once finished
);
CREATE UNIQUE INDEX message_content ON message (source, content_hash) WHERE channel = 'intake';
CREATE INDEX message_unfinished ON message (id) WHERE finished_at IS NULL;

CREATE TABLE message_part (
  message  bigint NOT NULL REFERENCES message,
  part     integer NOT NULL,
  packed   boolean NOT NULL,                   -- compressed with Zstandard, each part by itself
  content  bytea STORAGE EXTERNAL NOT NULL,
  PRIMARY KEY (message, part)
);

CREATE TABLE quarantine (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  message      bigint NOT NULL REFERENCES message,
  position     integer NOT NULL,               -- which entry or line of the message; -1: the message as a whole
  type         text NOT NULL,                  -- resource type, '?' when it could not be read
  problems     jsonb NOT NULL,
  arrived_at   timestamptz NOT NULL,
  resolved_at  timestamptz,
  UNIQUE (message, position)
);
CREATE INDEX quarantine_waiting ON quarantine (id) WHERE resolved_at IS NULL;

CREATE SEQUENCE fact_seq CACHE 1;

CREATE TABLE fact (
  type           text NOT NULL,
  id             text NOT NULL,
  version        integer NOT NULL,
  seq            bigint NOT NULL,              -- numbers the version
  line           bigint NOT NULL,              -- numbers the thing: seq of its first version
  tx             bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint,  -- orders the change feed
  message        bigint NOT NULL,
  org            text NOT NULL,
  county         text NOT NULL,
  person         bigint,
  happened       timestamptz,
  recorded_at    timestamptz NOT NULL,
  superseded_at  timestamptz,
  deleted        boolean NOT NULL,
  hash           bytea NOT NULL,               -- of the body: the same content again changes nothing
  low0 float8, high0 float8, low1 float8, high1 float8, low2 float8, high2 float8,
  low3 float8, high3 float8, low4 float8, high4 float8,
  tokens         bigint[] NOT NULL,
  strings        text,
  repeats        jsonb,                        -- ranges with several values, composites: what flat columns cannot hold
  body           text STORAGE EXTERNAL NOT NULL
) PARTITION BY LIST (type);

-- A restored database counts transactions anew; readers of the change feed see by the epoch that they must start over.
CREATE TABLE feed_epoch (epoch integer NOT NULL);
INSERT INTO feed_epoch VALUES (1);

-- Identities claimed before their fact arrived: who first spoke of Type/id owns the plain id.
CREATE TABLE claim (
  type  text NOT NULL,
  id    text NOT NULL,
  org   text NOT NULL,
  PRIMARY KEY (type, id)
);

CREATE TABLE person (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  created_at  timestamptz NOT NULL,
  traits      jsonb NOT NULL DEFAULT '{}'      -- what contradicting keys are recognised by
);

-- Exact keys of a person: identity number, health card, (institution, local id), address of a source record.
CREATE TABLE person_key (
  system  text NOT NULL,
  value   text NOT NULL,
  person  bigint NOT NULL REFERENCES person,
  PRIMARY KEY (system, value)
);
CREATE INDEX person_key_person ON person_key (person);

CREATE TABLE work_item (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind        text NOT NULL,
  dedupe_key  text NOT NULL UNIQUE,            -- the same finding twice is one item
  org         text NOT NULL,
  county      text NOT NULL,
  details     jsonb NOT NULL,
  created_at  timestamptz NOT NULL,
  closed_at   timestamptz,
  closed_by   text
);
