-- How far each reader of the change feed has come; and in which transaction a message was finished, so that
-- finished messages can be read in the same order as facts.
CREATE TABLE feed_place (
  reader    text PRIMARY KEY,
  epoch     integer NOT NULL,
  tx        bigint NOT NULL,                   -- everything of earlier transactions has been read
  moved_at  timestamptz NOT NULL
);

-- Of messages finished before this column came: 0, which is before every transaction.
ALTER TABLE message ADD COLUMN finished_tx bigint NOT NULL DEFAULT 0;
CREATE INDEX message_finished_tx ON message (finished_tx) WHERE finished_at IS NOT NULL;
