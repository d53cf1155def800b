SELECT DISTINCT c.unit, 'icd10' AS field FROM condition AS c
JOIN diagnosis_set AS s ON left(c.icd10, 3) BETWEEN s.low AND s.high
WHERE s.set = 'perinatal' AND date_diff('day', c.birth, c.onset) > $days
