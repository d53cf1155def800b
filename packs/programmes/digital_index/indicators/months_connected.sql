WITH months AS (
  SELECT CAST(unnest(generate_series(DATE '2021-01-01', CAST($on AS DATE), INTERVAL 1 MONTH)) AS DATE) AS month
), seen AS (
  SELECT institution, month FROM connected_month WHERE recorded <= CAST($as_of AS TIMESTAMP)
)
SELECT o.id AS unit, m.month AS happened, o.id AS institution, 1 AS denominator,
  CASE WHEN s.institution IS NOT NULL THEN 1 ELSE 0 END AS numerator
FROM organization AS o CROSS JOIN months AS m
LEFT JOIN seen AS s ON s.institution = o.id AND s.month = m.month
