SELECT DISTINCT c.unit, 'code' AS field FROM condition AS c
JOIN other_condition AS o ON o.org = c.org AND o.patient = c.patient AND o.code = c.code
  AND o.onset_written = c.onset_written AND o.encounter = coalesce(c.encounter, '') AND o.id <> c.id
