-- Outpatient visits of institutions by day and type, with what was charged.
SELECT left(CAST(visit_time AS VARCHAR), 7) AS month, fixmedins_code AS institution, CAST(visit_time AS DATE) AS day,
  coalesce(visit_type, '') AS visit_type, count(*) AS visits,
  CAST(sum(CASE WHEN medfee_sumamt IS NULL THEN 0 ELSE 1 END) AS BIGINT) AS priced,
  sum(medfee_sumamt) AS cost, sum(fund_pay_sumamt) AS fund, min(_recorded_at) AS recorded
FROM outpatient_visit
WHERE visit_time IS NOT NULL AND fixmedins_code IS NOT NULL
GROUP BY left(CAST(visit_time AS VARCHAR), 7), fixmedins_code, CAST(visit_time AS DATE), coalesce(visit_type, '')
