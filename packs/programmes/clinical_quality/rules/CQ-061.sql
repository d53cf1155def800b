SELECT DISTINCT c.unit, 'icd10' AS field FROM condition AS c
JOIN diagnosis_set AS s ON left(c.icd10, 3) BETWEEN s.low AND s.high
WHERE s.set IN ('female', 'male') AND c.sex IN ('female', 'male') AND s.set <> c.sex
