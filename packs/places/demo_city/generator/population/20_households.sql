-- Households and who lives in them on the first day; as many households as give the residents asked for.
CREATE OR REPLACE TABLE head_slot AS
WITH share AS (SELECT *, sum(weight) OVER (ORDER BY low) / sum(weight) OVER () AS upto,
  (sum(weight) OVER (ORDER BY low) - weight) / sum(weight) OVER () AS above FROM head_ages)
SELECT i AS slot, low, high FROM share, range(1000) AS r(i) WHERE i >= above * 1000 AND i < upto * 1000;
CREATE OR REPLACE TABLE household AS
SELECT h, t.code AS town, t.name AS town_name, t.village_serials[1 + slot(h, 31, len(t.village_serials))] AS village_serial,
       t.township_serials[1 + slot(h, 32, len(t.township_serials))] AS township_serial,
       a.low + chance(h, 33) * (a.high - a.low + 1) AS head_age, CASE WHEN chance(h, 34) < 0.72 THEN 1 ELSE 2 END AS head_sex
FROM range(CAST(getvariable('residents') / 2.6 AS BIGINT) + 10) AS r(h)
JOIN town_slot AS t ON t.slot = slot(h, 35, 1000) JOIN head_slot AS a ON a.slot = slot(h, 36, 1000);
CREATE OR REPLACE TABLE person AS
WITH member AS (
  SELECT h.*, m.member, m.relation, m.sex AS of_sex, h.h * 16 + m.member AS key,
         h.head_age + m.years + (chance(h.h * 16 + m.member, 37) - 0.5) * m.spread AS age, m.until_age
  FROM household AS h JOIN members AS m ON h.head_age BETWEEN m.head_from AND m.head_to AND chance(h.h * 16 + m.member, 38) < m.share
), kept AS (
  SELECT * FROM member WHERE age >= 0 AND age < until_age ORDER BY h, member LIMIT getvariable('residents')
)
SELECT key AS n, h AS household, relation, town, town_name, village_serial, township_serial,
       CASE of_sex WHEN 'head' THEN head_sex WHEN 'other' THEN 3 - head_sex WHEN 'male' THEN 1 WHEN 'female' THEN 2
                   ELSE CASE WHEN chance(key, 39) < rate('boys') THEN 1 ELSE 2 END END AS sex,
       getvariable('first_day') - 1 - CAST(floor(age * 365.2425) AS INTEGER) AS birth,
       CAST(NULL AS DATE) AS moved_in, CAST(NULL AS BIGINT) AS mother, 0 AS birth_serial
FROM kept;
