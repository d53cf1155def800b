SELECT fixmedins_code AS unit, CAST(date_trunc('month', visit_time) AS DATE) AS happened, fixmedins_code AS institution,
  sum(medfee_sumamt) AS numerator, count(medfee_sumamt) AS denominator,
  min(CASE WHEN medfee_sumamt IS NULL THEN 0 ELSE 1 END) AS complete
FROM outpatient_visit WHERE visit_type <> '2' AND _recorded_at <= CAST($as_of AS TIMESTAMP)
GROUP BY fixmedins_code, CAST(date_trunc('month', visit_time) AS DATE)
