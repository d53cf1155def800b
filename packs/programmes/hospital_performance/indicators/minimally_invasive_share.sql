SELECT d.id AS unit, d.discharged AS happened, d.institution, d.recorded, 1 AS denominator,
  max(CASE WHEN m.code IS NOT NULL THEN 1 ELSE 0 END) AS numerator
FROM discharge AS d JOIN discharge_operation AS o
  ON o.institution = d.institution AND o.record = d.record AND o.discharged = d.discharged
LEFT JOIN minimally_invasive AS m ON m.code = left(o.code, 5)
GROUP BY d.id, d.discharged, d.institution, d.recorded
