-- Which admission somebody of a sex and age has: 1,000 slots for each; 1 and 2 are the sexes.
CREATE OR REPLACE TABLE profile_slot AS
WITH fits AS (
  SELECT a.age, s.sex, p.* EXCLUDE (sex) FROM range(0, 131) AS a(age), range(1, 3) AS s(sex), admissions AS p
  WHERE least(a.age, 92) BETWEEN p.age_low AND p.age_high AND p.sex IN (0, s.sex)
), share AS (
  SELECT *, sum(weight) OVER w / sum(weight) OVER (PARTITION BY age, sex) AS upto,
         (sum(weight) OVER w - weight) / sum(weight) OVER (PARTITION BY age, sex) AS above
  FROM fits WINDOW w AS (PARTITION BY age, sex ORDER BY profile)
)
SELECT age, sex, CAST(i AS INTEGER) AS slot, profile, dx, dx IN (SELECT condition FROM curve) AS chronic, c.name AS dx_name, c.department, days, spread, op, op_name, op_lv, hospital, m.code AS drug_code, m.name AS drug_name, q.price AS drug_price
FROM share JOIN conditions AS c ON c.code = dx JOIN medicines AS m ON m.key = drug JOIN prices AS q ON q.medicine = drug, range(1000) AS r(i)
WHERE i >= above * 1000 AND i < upto * 1000;
-- Whoever gives birth or dies in hospital has no other admission about that time.
CREATE OR REPLACE TABLE occupied AS
SELECT mother AS n, day - 45 AS low, day + 45 AS high FROM birth
UNION ALL SELECT n, death - 62, death + 31 FROM resident WHERE death IS NOT NULL;
-- What was said of stays and visits month by month, kept for the truth.
CREATE OR REPLACE TABLE stay_log (n BIGINT, serial INTEGER, adm DATE, dscg DATE, length BIGINT);
CREATE OR REPLACE TABLE month_log (month DATE, visits BIGINT, primary_visits BIGINT, prescriptions BIGINT, with_antibiotic BIGINT, outbreak_visits BIGINT);
