SELECT unit, part, row, 'measured_in' AS field FROM measured AS m
WHERE ucum IS NOT NULL AND EXISTS (FROM limits AS l WHERE l.loinc = m.loinc)
  AND NOT EXISTS (FROM limits AS l WHERE l.loinc = m.loinc AND l.ucum = m.ucum)
