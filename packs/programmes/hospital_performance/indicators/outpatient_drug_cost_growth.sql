WITH monthly AS (
  SELECT v.institution, v.y, v.m, v.n, coalesce(p.cost, 0) AS cost FROM (
    SELECT fixmedins_code AS institution, year(visit_time) AS y, month(visit_time) AS m, count(*) AS n FROM outpatient_visit
    WHERE visit_type <> '2' AND visit_time < CAST($on AS DATE) + INTERVAL 1 DAY AND _recorded_at <= CAST($as_of AS TIMESTAMP)
    GROUP BY fixmedins_code, year(visit_time), month(visit_time)
  ) AS v LEFT JOIN (
    SELECT r.fixmedins_code AS institution, year(o.visit_time) AS y, month(o.visit_time) AS m, sum(r.amount) AS cost
    FROM prescription AS r JOIN outpatient_visit AS o ON o.fixmedins_code = r.fixmedins_code AND o.visit_no = r.visit_no
    WHERE o.visit_type <> '2' AND o.visit_time < CAST($on AS DATE) + INTERVAL 1 DAY AND r._recorded_at <= CAST($as_of AS TIMESTAMP)
    GROUP BY r.fixmedins_code, year(o.visit_time), month(o.visit_time)
  ) AS p ON p.institution = v.institution AND p.y = v.y AND p.m = v.m
), yearly AS (
  SELECT t.institution, t.y, max(make_date(t.y, t.m, 1)) AS happened, sum(t.n) AS n,
    CAST(sum(t.cost) AS DOUBLE) AS cost, sum(b.n) AS base_n, CAST(sum(b.cost) AS DOUBLE) AS base_cost
  FROM monthly AS t JOIN monthly AS b ON b.institution = t.institution AND b.y = t.y - 1 AND b.m = t.m
  GROUP BY t.institution, t.y
)
SELECT institution AS unit, happened, institution, cost - n * base_cost / base_n AS numerator,
  n * base_cost / base_n AS denominator
FROM yearly WHERE base_n > 0 AND base_cost > 0
