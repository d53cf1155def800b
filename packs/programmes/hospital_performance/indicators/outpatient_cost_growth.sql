WITH monthly AS (
  SELECT fixmedins_code AS institution, year(visit_time) AS y, month(visit_time) AS m, count(*) AS n, sum(medfee_sumamt) AS cost
  FROM outpatient_visit
  WHERE visit_type <> '2' AND medfee_sumamt IS NOT NULL AND visit_time < CAST($on AS DATE) + INTERVAL 1 DAY
    AND _recorded_at <= CAST($as_of AS TIMESTAMP)
  GROUP BY fixmedins_code, year(visit_time), month(visit_time)
), yearly AS (
  SELECT t.institution, t.y, max(make_date(t.y, t.m, 1)) AS happened, sum(t.n) AS n,
    CAST(sum(t.cost) AS DOUBLE) AS cost, sum(b.n) AS base_n, CAST(sum(b.cost) AS DOUBLE) AS base_cost
  FROM monthly AS t JOIN monthly AS b ON b.institution = t.institution AND b.y = t.y - 1 AND b.m = t.m
  GROUP BY t.institution, t.y
)
SELECT institution AS unit, happened, institution, cost - n * base_cost / base_n AS numerator,
  n * base_cost / base_n AS denominator
FROM yearly WHERE base_n > 0 AND base_cost > 0
