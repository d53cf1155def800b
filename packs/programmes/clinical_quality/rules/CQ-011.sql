SELECT DISTINCT p.unit, 'resident_id' AS field FROM patient AS p
JOIN other_patient AS o ON o.org = p.org AND o.resident_id = p.resident_id AND o.id <> p.id
