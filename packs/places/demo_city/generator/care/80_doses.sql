-- Doses of the national schedule: a few days after they are due, some late, some never.
CREATE OR REPLACE TABLE dose AS
WITH scheduled AS (SELECT row_number() OVER (ORDER BY month, code, dose) AS k, * FROM vaccines WHERE programme = 'national'),
due AS (
  SELECT r.n, r.brdy, r.till, r.moved_in, s.k, s.code, s.name, s.dose, s.month = 0 AS at_birth,
         CASE WHEN s.month = 0 THEN r.brdy ELSE CAST(r.brdy + to_months(s.month) AS DATE) + slot(r.n, 19000 + s.k, 12) + CASE WHEN chance(r.n, 19100) < 0.08 THEN 40 ELSE 0 END END AS day
  FROM resident AS r, scheduled AS s WHERE r.brdy >= getvariable('first_day') - 2500
)
SELECT n, k, code, name, dose, at_birth, day FROM due
WHERE day < till AND day >= coalesce(moved_in, brdy) AND chance(n, 19600) < rate('vaccinated') AND chance(n, 19700 + k) >= rate('dose_missed');
