-- Numbers between 0 and 1 that are the same for the same seed, thing and purpose, in every version of the engine.
CREATE OR REPLACE MACRO stirred(x) AS (xor(x, x >> 16) * 73244475) & 4294967295;
CREATE OR REPLACE MACRO drawn(thing, purpose) AS
  stirred(stirred(stirred((thing * 40503 + purpose * 2654435769 + getvariable('seed') * 97001) & 4294967295)));
CREATE OR REPLACE MACRO chance(thing, purpose) AS drawn(thing, purpose) / 4294967296.0;
-- One of the whole numbers from 0 up to, not with, `many`.
CREATE OR REPLACE MACRO slot(thing, purpose, many) AS CAST(floor(chance(thing, purpose) * many) AS INTEGER);
-- About normal: mean 0, deviation 1.
CREATE OR REPLACE MACRO bell(thing, purpose) AS
  (chance(thing, purpose) + chance(thing, purpose + 7001) + chance(thing, purpose + 7002) - 1.5) * 2;
CREATE OR REPLACE MACRO age_at(birth, day) AS date_sub('year', birth, day);
CREATE OR REPLACE MACRO institution_code(serial) AS 'H' || getvariable('division') || lpad(CAST(serial AS VARCHAR), 5, '0');
-- Doctors: hospitals (serial below 100) have up to 300, others up to 10.
CREATE OR REPLACE MACRO doctor_code(serial, thing, purpose) AS 'D' || getvariable('division') ||
  CASE WHEN serial < 100 THEN CAST(100000 + serial * 1000 + slot(thing, purpose, 300) AS VARCHAR)
       ELSE lpad(CAST(serial * 10 + slot(thing, purpose, 10) AS VARCHAR), 6, '0') END;
CREATE OR REPLACE MACRO rate(name) AS getvariable('rates')[name];
