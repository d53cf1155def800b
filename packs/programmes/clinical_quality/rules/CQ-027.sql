SELECT DISTINCT e.unit, 'started' AS field FROM encounter AS e
JOIN other_encounter AS o ON o.org = e.org AND o.patient = e.patient AND o.started = e.started
  AND o.class IS NOT DISTINCT FROM e.class AND o.id <> e.id
