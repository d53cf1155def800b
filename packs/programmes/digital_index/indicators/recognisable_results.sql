SELECT fixmedins_code AS unit, CAST(date_trunc('month', reported_at) AS DATE) AS happened, fixmedins_code AS institution,
  count(*) AS denominator, sum(CASE WHEN hr_flag = '1' THEN 1 ELSE 0 END) AS numerator
FROM lab_result WHERE _recorded_at <= CAST($as_of AS TIMESTAMP)
GROUP BY fixmedins_code, CAST(date_trunc('month', reported_at) AS DATE)
