SELECT DISTINCT n.unit, 'code' AS field FROM observation AS n
JOIN other_observation AS o ON o.org = n.org AND o.patient = n.patient AND o.code = n.code AND o.taken = n.taken
  AND o.said = n.said AND o.id <> n.id
