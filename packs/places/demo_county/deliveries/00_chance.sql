-- Numbers between 0 and 1 that are the same for the same seed, thing and purpose, in every version of the engine.
CREATE OR REPLACE MACRO stirred(x) AS (xor(x, x >> 16) * 73244475) & 4294967295;
CREATE OR REPLACE MACRO chance(thing, purpose) AS
  stirred(stirred(stirred((thing * 40503 + purpose * 2654435 + getvariable('seed') * 97001) & 4294967295)))
  / 4294967296.0;
