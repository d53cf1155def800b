SELECT m.fixmedins_code AS unit, m.month AS happened, m.fixmedins_code AS institution, m.income - b.income AS numerator,
  b.income AS denominator, greatest(m._recorded_at, b._recorded_at) AS recorded
FROM institution_monthly AS m JOIN institution_monthly AS b ON b.fixmedins_code = m.fixmedins_code
  AND year(b.month) = year(m.month) - 1 AND month(b.month) = month(m.month)
WHERE m.income IS NOT NULL AND b.income IS NOT NULL
