SELECT DISTINCT m.unit, 'code' AS field FROM medication_request AS m
JOIN other_order AS o ON o.org = m.org AND o.patient = m.patient AND o.code = m.code AND o.ordered = m.ordered AND o.id <> m.id
