-- Chronic diseases: who has which, since when, and who knows it. A curve says which share of an age has a disease.
CREATE OR REPLACE TABLE curve AS
SELECT condition, CASE sex WHEN 'male' THEN 1 ELSE 2 END AS sex, decade * 10 + i AS age,
       value + (coalesce(lead(value) OVER (PARTITION BY condition, sex, i ORDER BY decade), value) - value) * i / 10 AS share
FROM (UNPIVOT prevalence ON "0", "10", "20", "30", "40", "50", "60", "70", "80" INTO NAME points VALUE value)
CROSS JOIN range(10) AS r(i), LATERAL (SELECT CAST(points AS INTEGER) // 10 AS decade) AS d;
CREATE OR REPLACE TABLE onset AS
WITH rising AS (SELECT condition, sex, share, min(age) AS age FROM curve GROUP BY ALL),
disease AS (
  SELECT condition, sex, dense_rank() OVER (ORDER BY condition) AS k FROM (SELECT DISTINCT condition, sex FROM curve)
)
SELECT d.condition, d.sex, d.k, s.i AS slot, c.age
FROM (SELECT d.*, i, i / 4000.0 AS chance FROM disease AS d, range(4000) AS r(i)) AS s
JOIN disease AS d ON d.condition = s.condition AND d.sex = s.sex
ASOF JOIN rising AS c ON c.condition = s.condition AND c.sex = s.sex AND c.share > s.chance;
CREATE OR REPLACE TABLE ill AS
WITH pair AS MATERIALIZED (
  SELECT r.n, r.sex, r.brdy, r.till, d.condition, d.k, slot(r.n, 15000 + d.k, 4000) AS slot, chance(r.n, 14000 + d.k) AS part
  FROM resident AS r JOIN (SELECT DISTINCT condition, sex, k FROM onset) AS d ON d.sex = r.sex
), found AS MATERIALIZED (
  SELECT p.n, p.condition, p.k, p.till, p.brdy + CAST((o.age + p.part) * 365.2425 AS INTEGER) AS since
  FROM pair AS p JOIN onset AS o ON o.condition = p.condition AND o.sex = p.sex AND o.slot = p.slot
)
SELECT f.n, f.condition, c.name, f.k, f.since, m.card IS NOT NULL AS managed_disease, chance(f.n, 16000 + f.k) < coalesce(m.card, 1) AS known
FROM found AS f JOIN conditions AS c ON c.code = f.condition LEFT JOIN disease_management AS m ON m.disease = f.condition
WHERE f.since < least(f.till, make_date(getvariable('last_year') + 1, 1, 1))
ORDER BY f.n, f.k;
-- What somebody may be treated for, as known at the start of each year.
CREATE OR REPLACE TABLE known_ill AS
SELECT n, y, list(condition ORDER BY k) AS chronic
FROM ill, range(getvariable('first_year'), getvariable('last_year') + 1) AS r(y)
WHERE known AND since < make_date(y, 1, 1) AND condition NOT IN ('H52.100') GROUP BY n, y;
