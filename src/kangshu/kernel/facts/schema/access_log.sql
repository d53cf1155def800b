-- Who looked at what: append-only, every entry chained to the one before.
--
-- `entry` is the canonical JSON of policies/access_log.py and the only content: what is searched is derived
-- from it by index expressions, so nothing can be changed beside the chain.

CREATE TABLE access_log (
  number  bigint PRIMARY KEY,   -- 1, 2, 3 … without gaps
  entry   text NOT NULL,
  hash    bytea NOT NULL        -- SHA-256 of (hash of the entry before, 32 zero bytes for the first) and entry
);
CREATE INDEX access_log_persons ON access_log USING gin (((entry::jsonb) -> 'persons') jsonb_path_ops);
CREATE INDEX access_log_principal ON access_log (((entry::jsonb) ->> 'principal'), number);

-- Appends entries in the order given and returns the number of the last. Other appenders wait until this
-- transaction has ended, so that numbers have no gaps and the chain no forks.
CREATE FUNCTION access_log_append(entries text[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  last_number bigint;
  last_hash bytea;
  one text;
BEGIN
  PERFORM pg_advisory_xact_lock(7020105041001);
  SELECT number, hash INTO last_number, last_hash FROM access_log ORDER BY number DESC LIMIT 1;
  last_number := coalesce(last_number, 0);
  last_hash := coalesce(last_hash, decode(repeat('00', 32), 'hex'));
  FOREACH one IN ARRAY entries LOOP
    last_number := last_number + 1;
    last_hash := sha256(last_hash || convert_to(one, 'UTF8'));
    INSERT INTO access_log (number, entry, hash) VALUES (last_number, one, last_hash);
  END LOOP;
  RETURN last_number;
END
$$;

CREATE FUNCTION access_log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The access log is append-only.';
END
$$;
CREATE TRIGGER access_log_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON access_log
  FOR EACH STATEMENT EXECUTE FUNCTION access_log_refuse();
