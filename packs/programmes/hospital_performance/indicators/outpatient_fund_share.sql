SELECT fixmedins_code AS unit, CAST(date_trunc('month', visit_time) AS DATE) AS happened, fixmedins_code AS institution,
  sum(fund_pay_sumamt) AS numerator, sum(medfee_sumamt) AS denominator,
  min(CASE WHEN medfee_sumamt IS NULL OR fund_pay_sumamt IS NULL THEN 0 ELSE 1 END) AS complete
FROM outpatient_visit WHERE _recorded_at <= CAST($as_of AS TIMESTAMP)
GROUP BY fixmedins_code, CAST(date_trunc('month', visit_time) AS DATE)
