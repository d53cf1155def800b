-- Everybody with name, number and traits; stays end at death or moving away.
CREATE OR REPLACE TABLE family_slot AS
SELECT i AS slot, family FROM (
  SELECT name AS family, sum(weight) OVER (ORDER BY rowid) / sum(weight) OVER () AS upto, (sum(weight) OVER (ORDER BY rowid) - weight) / sum(weight) OVER () AS above FROM family_names
), range(1000) AS r(i) WHERE i >= above * 1000 AND i < upto * 1000;
CREATE OR REPLACE TABLE given_slot AS
SELECT i AS slot, sex, era, character FROM (
  SELECT CASE sex WHEN 'male' THEN 1 ELSE 2 END AS sex, era, character, sum(weight) OVER w / sum(weight) OVER (PARTITION BY sex, era) AS upto,
         (sum(weight) OVER w - weight) / sum(weight) OVER (PARTITION BY sex, era) AS above
  FROM given_names WINDOW w AS (PARTITION BY sex, era ORDER BY rowid)
), range(1000) AS r(i) WHERE i >= above * 1000 AND i < upto * 1000;
CREATE OR REPLACE TABLE resident AS
WITH named AS (
  SELECT p.*, CASE WHEN year(birth) < 1970 THEN 'old' WHEN year(birth) < 1997 THEN 'mid' ELSE 'new' END AS era,
         -- Those who married in keep the name they were born with.
         slot(CASE WHEN relation IN (0, 2, 3, 4) OR (relation = 5 AND sex = 1) THEN household ELSE n END, 51, 1000) AS family,
         getvariable('division') || strftime(birth, '%Y%m%d')
         || lpad(CAST(2 * row_number() OVER (PARTITION BY birth, sex ORDER BY n) - CASE sex WHEN 1 THEN 1 ELSE 0 END AS VARCHAR), 3, '0') AS id_body
  FROM person AS p
)
SELECT p.n, f.family || a.character || CASE WHEN chance(p.n, 54) < 0.86 THEN b.character ELSE '' END AS psn_name, CAST(p.sex AS VARCHAR) AS gend, p.sex, p.birth AS brdy,
       p.id_body || resident_id_check(p.id_body) AS certno, p.household, p.relation, p.mother, p.town, p.town_name, p.village_serial, p.township_serial,
       p.moved_in, CASE WHEN e.what = 'away' THEN e.day END AS moved_out, CASE WHEN e.what = 'death' THEN e.day END AS death, e.cause, p.birth_serial,
       greatest(p.birth, coalesce(p.moved_in, getvariable('first_day')), getvariable('first_day')) AS since, coalesce(e.day, DATE '9999-01-01') AS till,
       CASE WHEN chance(p.n, 55) < 0.994 THEN '01' WHEN chance(p.n, 56) < 0.6 THEN '08' ELSE '13' END AS naty,
       ['1', '2', '3', '4'][CASE WHEN chance(p.n, 57) < 0.28 THEN 1 WHEN chance(p.n, 57) < 0.52 THEN 2 WHEN chance(p.n, 57) < 0.94 THEN 3 ELSE 4 END] AS blood_abo,
       CASE WHEN chance(p.n, 58) < rate('employees_insured') AND year(p.birth) < getvariable('first_year') - 20 THEN '310' ELSE '390' END AS hi_type,
       -- How much somebody turns to doctors: 1 on average.
       0.4 - 0.6 * ln(1 - chance(p.n, 59)) AS frailty
FROM named AS p JOIN family_slot AS f ON f.slot = p.family
JOIN given_slot AS a ON a.slot = slot(p.n, 52, 1000) AND a.sex = p.sex AND a.era = p.era
JOIN given_slot AS b ON b.slot = slot(p.n, 53, 1000) AND b.sex = p.sex AND b.era = p.era
LEFT JOIN ending AS e ON e.n = p.n
ORDER BY p.n;
DROP TABLE person;
