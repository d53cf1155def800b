WITH monthly AS (
  SELECT institution, year(day) AS y, month(day) AS m, sum(priced) AS n, sum(cost) AS cost
  FROM outpatient_day
  WHERE visit_type NOT IN ('2', '') AND priced > 0 AND day <= CAST($on AS DATE) AND recorded <= CAST($as_of AS TIMESTAMP)
  GROUP BY institution, year(day), month(day)
), yearly AS (
  SELECT t.institution, t.y, max(make_date(t.y, t.m, 1)) AS happened, sum(t.n) AS n,
    CAST(sum(t.cost) AS DOUBLE) AS cost, sum(b.n) AS base_n, CAST(sum(b.cost) AS DOUBLE) AS base_cost
  FROM monthly AS t JOIN monthly AS b ON b.institution = t.institution AND b.y = t.y - 1 AND b.m = t.m
  GROUP BY t.institution, t.y
)
SELECT institution AS unit, happened, institution, cost - n * base_cost / base_n AS numerator,
  n * base_cost / base_n AS denominator
FROM yearly WHERE base_n > 0 AND base_cost > 0
