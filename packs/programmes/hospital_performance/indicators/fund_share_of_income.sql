WITH money AS (
  SELECT institution, CAST(date_trunc('month', day) AS DATE) AS happened, sum(cost) AS outpatient,
    CAST(0 AS DECIMAL(18, 4)) AS inpatient, sum(fund) AS fund, min(CASE WHEN priced < visits THEN 0 ELSE 1 END) AS complete
  FROM outpatient_day WHERE recorded <= CAST($as_of AS TIMESTAMP)
  GROUP BY institution, CAST(date_trunc('month', day) AS DATE)
  UNION ALL
  SELECT institution, CAST(date_trunc('month', discharged) AS DATE), CAST(0 AS DECIMAL(18, 4)), sum(cost), sum(fund),
    min(CASE WHEN cost IS NULL THEN 0 ELSE 1 END)
  FROM discharge WHERE recorded <= CAST($as_of AS TIMESTAMP)
  GROUP BY institution, CAST(date_trunc('month', discharged) AS DATE)
)
SELECT institution AS unit, happened, institution, sum(fund) AS numerator, sum(outpatient + inpatient) AS denominator,
  min(complete) AS complete
FROM money GROUP BY institution, happened
