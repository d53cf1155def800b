-- What people of an age come for in a month: 4,000 slots for each.
CREATE OR REPLACE TABLE complaint_slot AS
WITH season AS (
  SELECT condition, CAST(substr(m, 2) AS INTEGER) AS month, factor
  FROM (UNPIVOT seasons ON * EXCLUDE (condition) INTO NAME m VALUE factor)
), weighted AS (
  SELECT c.condition, c.grp, month, weight * coalesce(s.factor, 1) AS weight
  FROM (UNPIVOT (SELECT condition, CAST(child AS DOUBLE) AS child, CAST(young AS DOUBLE) AS young, CAST(middle AS DOUBLE) AS middle, CAST(old AS DOUBLE) AS old FROM complaints)
        ON child, young, middle, old INTO NAME grp VALUE weight) AS c
  CROSS JOIN months AS m LEFT JOIN season AS s USING (condition, month)
), share AS (
  SELECT *, sum(weight) OVER w / sum(weight) OVER (PARTITION BY grp, month) AS upto,
         (sum(weight) OVER w - weight) / sum(weight) OVER (PARTITION BY grp, month) AS above
  FROM weighted WINDOW w AS (PARTITION BY grp, month ORDER BY condition)
)
SELECT month, grp, i AS slot, condition, name, department
FROM share JOIN conditions ON code = condition, range(4000) AS r(i) WHERE i >= above * 4000 AND i < upto * 4000;
-- Where they go, by why they come.
CREATE OR REPLACE TABLE tier_slot AS
WITH share AS (SELECT *, sum(share) OVER (PARTITION BY kind ORDER BY tier) AS upto FROM tiers)
SELECT kind, i AS slot, tier FROM share, range(1000) AS r(i) WHERE i / 1000.0 >= upto - share - 1e-9 AND i / 1000.0 < upto - 1e-9;
CREATE OR REPLACE TABLE visit_rate AS
SELECT a.age, v.visits, v.admissions, g.grp FROM range(0, 131) AS a(age)
JOIN visit_rates AS v ON v.age = (SELECT max(age) FROM visit_rates WHERE age <= a.age)
JOIN age_groups AS g ON g.age = (SELECT max(age) FROM age_groups WHERE age <= a.age);
