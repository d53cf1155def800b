-- Live births of the women of the city, and the infants among them that die.
CREATE OR REPLACE TABLE birth AS
WITH fertile AS (
  SELECT a.age, f.births FROM range(15, 50) AS a(age)
  JOIN fertility AS f ON f.age <= a.age AND NOT EXISTS (SELECT 1 FROM fertility AS g WHERE g.age > f.age AND g.age <= a.age)
), drawn_births AS (
  SELECT p.n AS mother, p.household, p.town, p.town_name, p.village_serial, p.township_serial, y, make_date(y, 1, 1) + slot(p.n, 10000 + y, 365) AS day
  FROM person AS p, range(getvariable('first_year'), getvariable('last_year') + 1) AS r(y)
  JOIN fertile AS f ON f.age = y - year(p.birth)
  WHERE p.sex = 2 AND chance(p.n, 12000 + y) < f.births / 1000.0
  -- Not two years in a row.
    AND NOT (y > getvariable('first_year') AND chance(p.n, 12000 + y - 1) < f.births / 1000.0)
)
SELECT b.*, 2000000000 + (b.y - 2000) * 30000000 + row_number() OVER (PARTITION BY b.y ORDER BY b.mother) AS n
FROM drawn_births AS b LEFT JOIN ending AS e ON e.n = b.mother JOIN person AS p ON p.n = b.mother
WHERE b.day >= getvariable('first_day') AND (e.day IS NULL OR e.day > b.day + 5) AND (p.moved_in IS NULL OR p.moved_in < b.day - 5);
CREATE OR REPLACE TABLE newborn AS
SELECT n, household, 2 AS relation, town, town_name, village_serial, township_serial, CASE WHEN chance(n, 39) < rate('boys') THEN 1 ELSE 2 END AS sex,
       day AS birth, CAST(NULL AS DATE) AS moved_in, mother, getvariable('obstetric')[1 + slot(mother, 43, len(getvariable('obstetric')))] AS birth_serial
FROM birth;
INSERT INTO ending
SELECT n, 'death', birth + CASE WHEN chance(n, 45) < rate('early_infant_deaths') THEN slot(n, 46, 7) ELSE 7 + slot(n, 46, 340) END, 'P07.300'
FROM newborn WHERE chance(n, 44) < rate('infant_deaths') / 1000.0;
INSERT INTO ending SELECT e.* FROM ends_of('newborn') AS e ANTI JOIN ending AS d ON d.n = e.n;
INSERT INTO person SELECT * FROM newborn;
