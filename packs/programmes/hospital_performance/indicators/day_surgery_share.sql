SELECT id AS unit, discharged AS happened, institution, recorded, 1 AS denominator, coalesce(day_case, 0) AS numerator,
  CASE WHEN day_case IS NOT NULL THEN 1 ELSE 0 END AS complete
FROM discharge WHERE level IS NOT NULL AND elective = 1
