-- What institutions prescribed to outpatients by day, emergency departments apart.
SELECT left(CAST(rx_time AS VARCHAR), 7) AS month, fixmedins_code AS institution, CAST(rx_time AS DATE) AS day,
  CASE WHEN dept_name LIKE '%急诊%' THEN 'EMER' ELSE 'AMB' END AS class, sum(amount) AS cost, min(_recorded_at) AS recorded
FROM prescription
WHERE rx_time IS NOT NULL AND fixmedins_code IS NOT NULL
GROUP BY left(CAST(rx_time AS VARCHAR), 7), fixmedins_code, CAST(rx_time AS DATE),
  CASE WHEN dept_name LIKE '%急诊%' THEN 'EMER' ELSE 'AMB' END
