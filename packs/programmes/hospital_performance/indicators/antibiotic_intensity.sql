WITH used AS (
  SELECT a.institution, a.record, a.discharged,
    sum(a.cnt * CAST(b.gram AS DECIMAL(18, 6)) / CAST(b.ddd AS DECIMAL(18, 6))) AS ddds,
    min(CASE WHEN b.code IS NULL THEN 0 ELSE 1 END) AS complete
  FROM discharge_antibiotic AS a LEFT JOIN antibacterial AS b ON b.code = a.code
  GROUP BY a.institution, a.record, a.discharged
)
SELECT d.id AS unit, d.discharged AS happened, d.institution, d.recorded, d.days AS denominator,
  coalesce(u.ddds, 0) AS numerator, coalesce(u.complete, 1) AS complete
FROM discharge AS d LEFT JOIN used AS u
  ON u.institution = d.institution AND u.record = d.record AND u.discharged = d.discharged
