SELECT id AS unit, discharged AS happened, institution, recorded, 1 AS denominator,
  CASE WHEN level IS NOT NULL THEN 1 ELSE 0 END AS numerator
FROM discharge
