-- Codes of institutions that a map leads to a standard code, or that wait for a person to say where they lead.
CREATE TABLE local_code (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  org             text NOT NULL,
  type            text NOT NULL,               -- type of the facts, and the element the code stands in
  element         text NOT NULL,
  system          text NOT NULL,               -- as the institution writes it, '' if it names none
  code            text NOT NULL,
  target          text NOT NULL,               -- URI of the standard code system that is wanted
  display         text NOT NULL,
  unit            text NOT NULL,
  example         text NOT NULL,               -- address of a fact that has it
  occurrences     bigint NOT NULL DEFAULT 0,
  first_seen      timestamptz NOT NULL,
  last_seen       timestamptz NOT NULL,
  state           text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'approved', 'rejected')),
  target_code     text NOT NULL DEFAULT '',
  target_display  text NOT NULL DEFAULT '',
  equivalence     text NOT NULL DEFAULT '',
  decided_by      text NOT NULL DEFAULT '',
  decided_at      timestamptz,
  note            text NOT NULL DEFAULT '',
  applied_at      timestamptz,                 -- when all facts stored before the decision had been translated
  UNIQUE (org, type, element, system, code, target)
);
CREATE INDEX local_code_open ON local_code (occurrences DESC, id) WHERE state = 'open';
CREATE INDEX local_code_mapped ON local_code (target, code) WHERE state = 'approved';
