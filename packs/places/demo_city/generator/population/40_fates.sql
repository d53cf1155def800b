-- Who dies or moves away in which year: the first that comes ends the stay.
CREATE OR REPLACE TABLE death_rate AS
SELECT a.age, d.male, d.female, d.cause FROM range(0, 131) AS a(age)
JOIN death_rates AS d ON d.age <= a.age AND NOT EXISTS (SELECT 1 FROM death_rates AS e WHERE e.age > d.age AND e.age <= a.age);
CREATE OR REPLACE MACRO ends_of(people) AS TABLE
WITH lived AS (
  SELECT p.n, p.birth, p.moved_in, p.sex, y, greatest(0, y - year(p.birth)) AS age
  FROM query_table(people) AS p, range(getvariable('first_year'), getvariable('last_year') + 1) AS r(y)
  WHERE y >= year(p.birth)
), drawn_ends AS (
  SELECT l.n, l.birth, l.moved_in, make_date(y, 1, 1) + slot(l.n, 2000 + y, 365) AS day, 'death' AS what, d.cause
  FROM lived AS l JOIN death_rate AS d ON d.age = l.age
  WHERE l.age > 0 AND chance(l.n, 4000 + y) < CASE l.sex WHEN 1 THEN d.male ELSE d.female END / 1000.0
  UNION ALL
  SELECT l.n, l.birth, l.moved_in, make_date(y, 1, 1) + slot(l.n, 6000 + y, 365), 'away', NULL
  FROM lived AS l WHERE l.age > 0 AND chance(l.n, 8000 + y) < rate('moved_out') / 1000.0
)
SELECT n, arg_min(what, day) AS what, min(day) AS day, arg_min(cause, day) AS cause FROM drawn_ends
WHERE day >= getvariable('first_day') AND day > birth AND day > coalesce(moved_in, getvariable('first_day'))
GROUP BY n;
CREATE OR REPLACE TABLE ending AS SELECT * FROM ends_of('person');
