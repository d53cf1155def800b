WITH complicated AS (
  SELECT DISTINCT g.institution, g.record, g.discharged
  FROM discharge_diagnosis AS g JOIN surgical_complication AS c ON c.code = left(g.code, 3) OR c.code = left(g.code, 5)
  WHERE g.arose = 1
)
SELECT d.id AS unit, d.discharged AS happened, d.institution, d.recorded, 1 AS denominator,
  CASE WHEN c.record IS NOT NULL THEN 1 ELSE 0 END AS numerator
FROM discharge AS d LEFT JOIN complicated AS c
  ON c.institution = d.institution AND c.record = d.record AND c.discharged = d.discharged
WHERE d.level IS NOT NULL AND d.elective = 1
