SELECT concat_ws('|', c.fixmedins_code, c.card_no) AS unit, CAST(c.diag_time AS DATE) AS happened, c.fixmedins_code AS institution,
  c._recorded_at AS recorded, 1 AS denominator,
  CASE WHEN c.report_time < c.diag_time THEN NULL
    WHEN date_diff('minute', c.diag_time, c.report_time) <= 60 * min(CASE WHEN u.code IS NOT NULL
      THEN CAST($urgent_hours AS INTEGER) ELSE CAST($hours AS INTEGER) END) THEN 1 ELSE 0 END AS numerator
FROM case_report AS c LEFT JOIN urgent_disease AS u ON u.code = left(c.disease_code, 3) OR u.code = left(c.disease_code, 5)
GROUP BY c.fixmedins_code, c.card_no, c.diag_time, c.report_time, c._recorded_at
